"""What letters say, in the language in force; one text for the plain and the HTML form."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from information_types import registry
from notices.letters import Words, link_to
from watch.models import Letter

CUT_LIMITS = ("cut_rows", "cut_hours", "grace_hours")


def of(letter: Letter) -> Words:
    """The words of a letter."""
    content = letter.content
    match letter.kind:
        case Letter.Kind.WARNED:
            return _words(content, _warned_subject(content), _warned(content), _facts(content))
        case Letter.Kind.CLEARED:
            subject = _("%(subscription)s: the queue is below its limits again") % _named(content)
            return _words(content, subject, _cleared(content), _facts(content))
        case _:
            return _words(content, _cut_subject(content), _cut(content), _lost(content))


def grouped(number: int) -> str:
    """A count in the form of the language."""
    return str(number_format(number, force_grouping=True))


def rows(number: int) -> str:
    """So many rows."""
    return ngettext("%(count)s row", "%(count)s rows", number) % {"count": grouped(number)}


def hours(number: int) -> str:
    """So many hours, as days where they are whole."""
    if number % 24 == 0 and number > 24:
        return ngettext("%(count)s day", "%(count)s days", number // 24) % {"count": grouped(number // 24)}
    return ngettext("%(count)s hour", "%(count)s hours", number) % {"count": grouped(number)}


def limits(row_limit: int | None, hour_limit: int | None) -> list[str]:
    """Limits as parts of a sentence that begins with 'when'."""
    found = []
    if row_limit is not None:
        found.append(_("there are more than %(rows)s") % {"rows": rows(row_limit)})
    if hour_limit is not None:
        found.append(_("the oldest row is older than %(age)s") % {"age": hours(hour_limit)})
    return found


def any_of(parts: Sequence[str]) -> str:
    """Parts of a sentence, one of which is enough."""
    return _(" or ").join(parts)


def cut_conditions(content: Mapping[str, Any]) -> list[str]:
    """When a queue is cut, as parts of a sentence that begins with 'when'."""
    found = limits(content["cut_rows"], content["cut_hours"])
    if content["grace_hours"] is not None:
        found.append(_("the warning is %(age)s old") % {"age": hours(content["grace_hours"])})
    return found


def _words(content: Mapping[str, Any], subject: str, paragraphs: Sequence[str], facts: Sequence[Any]) -> Words:
    return Words(
        subject=f"Utkorg: {subject}",
        paragraphs=paragraphs,
        facts=facts,
        link=_("Open the subscription"),
        url=link_to(reverse("admin:subscriptions_subscription_change", args=[content["subscription"]])),
        reason=_("You get this because you were chosen in the subscription's backlog policy."),
    )


def _named(content: Mapping[str, Any]) -> dict[str, str]:
    return {
        "subscription": content["integration_id"],
        "name": content["name"],
        "rows": rows(content["rows"]),
    }


def _facts(content: Mapping[str, Any]) -> list[tuple[str, str]]:
    facts = [(_("Rows in the queue"), grouped(content["rows"]))]
    if content["oldest"]:
        oldest = timezone.localtime(datetime.fromisoformat(content["oldest"]))
        facts.append((_("Oldest row"), date_format(oldest, "DATETIME_FORMAT")))
    if conditions := limits(content["warn_rows"], content["warn_hours"]):
        facts.append((_("Limit"), _("when %(conditions)s") % {"conditions": any_of(conditions)}))
    return facts


def _warned_subject(content: Mapping[str, Any]) -> str:
    text = ngettext(
        "%(subscription)s: %(count)s row waits to be fetched",
        "%(subscription)s: %(count)s rows wait to be fetched",
        content["rows"],
    )
    return text % {"subscription": content["integration_id"], "count": grouped(content["rows"])}


def _warned(content: Mapping[str, Any]) -> list[str]:
    first = _("The queue of %(subscription)s (%(name)s) is over its limit: nobody fetches it, or not fast enough.")
    paragraphs = [first % _named(content)]
    if conditions := cut_conditions(content):
        text = _("If that goes on, the queue is emptied when %(conditions)s. You are told when that happens.")
        paragraphs.append(text % {"conditions": any_of(conditions)})
    else:
        paragraphs.append(_("Nothing is thrown away: the rows stay in the queue until they are fetched."))
    paragraphs.append(_("Ask the integrator to fetch. Make the subscription inactive if nobody uses it any more."))
    return paragraphs


def _cleared(content: Mapping[str, Any]) -> list[str]:
    return [
        _("The queue of %(subscription)s (%(name)s) is below its limits again.") % _named(content),
        _("You need to do nothing."),
    ]


def _cut_subject(content: Mapping[str, Any]) -> str:
    return _("%(subscription)s: the queue was cut, %(rows)s") % _named(content)


def _cut(content: Mapping[str, Any]) -> list[str]:
    first = _(
        "The queue of %(subscription)s (%(name)s) was still over its limit after the warning and was cut: %(rows)s."
    )
    return [
        first % _named(content),
        _("The integration doesn't get these rows. The registers still hold what they were copies of."),
        _("A one-off transfer brings it all again; the subscription's page starts one for each line."),
    ]


def _lost(content: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [(capfirst(str(registry.get(kind["type"]).label)), _lost_of(kind)) for kind in content["kinds"]]


def _lost_of(kind: Mapping[str, Any]) -> str:
    named, count = ", ".join(kind["numbers"]), kind["companies"]
    if (more := count - len(kind["numbers"])) > 0:
        named = _("%(companies)s and %(count)s more") % {"companies": named, "count": grouped(more)}
    text = ngettext("%(rows)s of company %(companies)s", "%(rows)s of companies %(companies)s", count)
    return text % {"rows": rows(kind["rows"]), "companies": named}
