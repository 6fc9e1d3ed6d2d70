"""What people are told of keys, in the language in force: in messages and in letters."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from access.models import KeyLetter
from notices import kinds
from notices.letters import Words, link_to

MESSAGES: Mapping[str, str] = {
    KeyLetter.Kind.EXPIRES: "access.key_expires",
    KeyLetter.Kind.REPLACED_USED: "access.replaced_key_used",
}


def register() -> None:
    """Add the kinds of messages; called when the app is ready."""
    kinds.register(
        MESSAGES[KeyLetter.Kind.EXPIRES], lambda said: kinds.Words(_expires_subject(said), " ".join(_expires(said)[1:]))
    )
    kinds.register(
        MESSAGES[KeyLetter.Kind.REPLACED_USED],
        lambda said: kinds.Words(_replaced_subject(said), " ".join((_use(said), *_replaced(said)[1:]))),
    )


def of(letter: KeyLetter) -> Words:
    """The words of a letter."""
    content = letter.content
    if letter.kind == KeyLetter.Kind.EXPIRES:
        subject, paragraphs, facts = _expires_subject(content), _expires(content), [_expiry_fact(content)]
    else:
        subject, paragraphs, facts = _replaced_subject(content), _replaced(content), _use_facts(content)
    return Words(
        subject=f"Utkorg: {subject}",
        paragraphs=paragraphs,
        facts=[*facts, *_facts(content)],
        link=_("Open the key"),
        url=link_to(reverse("admin:access_apikey_change", args=[content["pk"]])),
        reason=_("You get this because you own the key or administer the users where it belongs."),
    )


def _facts(content: Mapping[str, Any]) -> list[tuple[str, str]]:
    facts = [
        (_("Key"), f"{content['key']} ({content['public_id']})"),
        (_("Application"), content["application"]),
        (_("Owner"), content["owner"]),
    ]
    return [*facts, (_("Belongs to"), content["place"])] if content["place"] else facts


def _expires_subject(content: Mapping[str, Any]) -> str:
    text = _("The key %(key)s of %(application)s expires on %(time)s")
    return text % {**content, "time": _day(content["expires_at"])}


def _expires(content: Mapping[str, Any]) -> list[str]:
    return [
        _expires_subject(content) + ".",
        _("From then on the integration is refused and fetches nothing. What it would fetch stays in the queue."),
        _("Give the key more time, or restore it and give the integration the new one."),
    ]


def _expiry_fact(content: Mapping[str, Any]) -> tuple[str, str]:
    return capfirst(_("expires")), _time(content["expires_at"])


def _replaced_subject(content: Mapping[str, Any]) -> str:
    return _("The old key of %(key)s was used") % content


def _replaced(content: Mapping[str, Any]) -> list[str]:
    first = _("Somebody used the key %(key)s of %(application)s as it was before it was restored, and was refused.")
    return [
        first % content,
        _("If the integration still has its old key, give it the new one."),
        _("If you don't know the address, the old key has come into wrong hands; it opens nothing any more."),
    ]


def _use(content: Mapping[str, Any]) -> str:
    told = {"time": _time(content["used_at"]), "address": content["address"] or "–"}
    return _("%(time)s, from the address %(address)s; it was refused.") % told


def _use_facts(content: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [
        (_("Time"), _time(content["used_at"])),
        (_("Address"), content["address"] or "–"),
        (_("Restored"), _time(content["replaced_at"])),
    ]


def _day(moment: str) -> str:
    return date_format(timezone.localtime(datetime.fromisoformat(moment)), "DATE_FORMAT")


def _time(moment: str) -> str:
    return date_format(timezone.localtime(datetime.fromisoformat(moment)), "DATETIME_FORMAT")
