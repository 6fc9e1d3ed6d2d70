"""Why a message is in quarantine: a code, and values where its text has some; told in the reader's language."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from inbox.reading_texts import text_of

UNKNOWN_COMPANY, COMPANY_INACTIVE = "unknown_company", "company_inactive"
NO_INVOICE, BOUNCE, AUTOMATIC = "no_invoice", "bounce", "automatic"
VIRUS, NOT_SCANNED = "virus", "not_scanned"
BROKEN_OFF, CONTENT_MISSING, CONTENT_CHANGED = "broken_off", "content_missing", "content_changed"

TEXTS = {
    UNKNOWN_COMPANY: _("Nobody could tell which company the message is for."),
    COMPANY_INACTIVE: _("The company is inactive."),
    NO_INVOICE: _("There is no invoice in the message."),
    BOUNCE: _("The message says that a message couldn't be delivered."),
    AUTOMATIC: _("A program answered by itself, for example because somebody is away."),
    VIRUS: _("The virus scanner found %(name)s in it."),
    NOT_SCANNED: _("It is larger than the virus scanner takes."),
    BROKEN_OFF: _("Reading it was broken off again and again."),
    CONTENT_MISSING: _("The message isn't in the storage of messages. Is the storage there, and is it the right one?"),
    CONTENT_CHANGED: _("The message was changed in the storage after it came."),
}


def kept(code: str, **values: str) -> dict[str, Any]:
    """A reason as it is stored."""
    return {"code": code, "values": values} if values else {"code": code}


def told(reason: Mapping[str, Any] | None) -> str:
    """What a stored reason says, in the language in force."""
    if not reason:
        return ""
    text = TEXTS.get(reason["code"])
    if text is None:
        return str(text_of(reason["code"]))
    return str(str(text) % reason.get("values", {}))
