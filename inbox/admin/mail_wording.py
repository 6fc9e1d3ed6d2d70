"""What people call a message that came and what is known of it: a stranger's texts, as text alone."""

import dataclasses
import re
from collections.abc import Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from history.models import Change
from inbox import reasons
from inbox.models import Mail

Status = Mail.Status
LABELS = {
    Status.WAITING: "info",
    Status.READING: "info",
    Status.READ: "success",
    Status.QUARANTINED: "warning",
    Status.REMOVED: "default",
}
DECIDED: dict[str, Any] = {
    Status.WAITING: _("Released from quarantine"),
    Status.REMOVED: _("Removed from quarantine"),
    Status.QUARANTINED: _("Taken back into quarantine"),
}
# What is released in bulk by nobody: each such message takes a page of its own, and a second yes
DANGEROUS = frozenset({reasons.VIRUS})
TYPES: dict[str, str | Promise] = {
    "application/pdf": "PDF",
    "application/xml": "XML",
    "application/zip": "ZIP",
    "text/xml": "XML",
    "text/html": "HTML",
    "text/csv": "CSV",
    "text/plain": _("Text"),
}
UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")


def visible(text: str) -> str:
    """A text of a stranger's without what isn't seen, or turns round what is."""
    return UNSEEN.sub("\N{REPLACEMENT CHARACTER}", text.replace("\r\n", "\n"))


@dataclasses.dataclass(frozen=True)
class Remark:
    """What is odd about a message or one of its files, and the same for whoever knows the format."""

    text: str
    detail: str = ""


def remark_of(kept: Any, names: Mapping[str, str]) -> Remark:
    """A remark on the message or on one of its files, which is named."""
    if not isinstance(kept, dict) or "code" not in kept:
        return Remark(visible(str(kept)))
    place = kept.get("path") or ""
    text = reasons.told(kept)
    named = f"{names.get(place) or place}: {text}" if place else text
    return Remark(visible(named), visible(str(kept.get("detail") or "")))


def decision_of(entry: Change) -> str:
    """What somebody has decided about a message, in a few words."""
    _before, after = entry.changes.get("status") or ("", "")
    told = str(DECIDED.get(after, ""))
    company = entry.changes.get("company")
    return gettext("%(done)s, to %(company)s") % {"done": told, "company": company[1]} if company else told


def type_of(media_type: str) -> str:
    """What people call a file of a type."""
    if media_type.startswith("image/"):
        return gettext("Picture")
    return str(TYPES.get(media_type, media_type))


def line_of(mail: Mail) -> str:
    """A message in one line."""
    sender = visible(mail.sender or mail.envelope_sender) or gettext("(no sender)")
    return f"{visible(mail.subject) or gettext('(no subject)')} – {sender}"


def is_dangerous(mail: Mail) -> bool:
    """Whether it means harm, as far as anybody knows."""
    return bool(mail.reason) and mail.reason.get("code") in DANGEROUS
