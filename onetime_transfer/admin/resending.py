"""The page that sends reported rows again: says what goes, asks, and does it."""

from collections import Counter
from collections.abc import Sequence
from typing import cast

from django.contrib import messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from access import scope
from access.http.admin.question import Question, ask, ids_in, way_back
from onetime_transfer import resending
from onetime_transfer.admin.forms import REQUEST
from revisions.feedback import ANSWERABLE
from revisions.models import Feedback

VIEW = "revisions.view_feedback"
MOST_NAMED = 10


def send(request: HttpRequest) -> HttpResponse:
    """Ask, then send the rows of the chosen reports again."""
    if not (request.user.has_perm(REQUEST) and request.user.has_perm(VIEW)):
        raise PermissionDenied
    known = scope.visible(Feedback.objects.filter(pk__in=ids_in(request), state__in=ANSWERABLE), request.user)
    found = scope.within(known, request.user, REQUEST).select_related("subscription", "company")
    chosen = list(found.order_by("subscription__integration_id", "-pk"))
    if request.method == "POST":
        return _send(request, chosen)
    return ask(request, _question(request, chosen), Feedback)


def _question(request: HttpRequest, chosen: Sequence[Feedback]) -> Question:
    back_url = way_back(request, Feedback)
    if not chosen:
        return Question(
            title=_("There is nothing to do."),
            lead=[_("What you chose is answered already, or you may not send it again.")],
            back_url=back_url,
        )
    title = ngettext("Send %(count)s row again?", "Send %(count)s rows again?", len(chosen))
    of_units = any(report.type.unit for report in chosen)
    few = len(chosen) <= MOST_NAMED
    named = [f"{report}, {report.company}" for report in chosen]
    counts = Counter(str(report.subscription) for report in chosen)
    return Question(
        title=title % {"count": _grouped(len(chosen))},
        lead=[
            _(
                "Each row goes as it stands now to the end of the outbox of the integration that reported it, and to "
                "nobody else: as transferred, or as deleted if it is gone. It works for an inactive subscription too."
            ),
            *_refusals(chosen),
        ],
        headings=[_("Row")] if few else [_("Subscription"), _("Rows")],
        lines=[(name, []) for name in named] if few else [(name, [count]) for name, count in counts.items()],
        asks=_("Of a ledger entry, what is to be sent?") if of_units else "",
        choices=[
            ("whole", _("The whole voucher, so that the integration gets all of its rows together")),
            ("alone", _("That row alone")),
        ]
        if of_units
        else (),
        button=_("Send again"),
        back_url=back_url,
    )


def _refusals(chosen: Sequence[Feedback]) -> list[str]:
    """Why some of them can't go, where they are few enough to be asked."""
    refused = Counter(refusal for report in chosen[:MOST_NAMED] if (refusal := resending.refusal_of(report)))
    return [_("Not sent: %(why)s") % {"why": why} for why in refused]


def _send(request: HttpRequest, chosen: Sequence[Feedback]) -> HttpResponse:
    sent = resending.send_again(
        reports=[report.pk for report in chosen],
        whole=request.POST.get("choice") != "alone",
        by=cast(User, request.user),
    )
    if sent.reports:
        text = ngettext(
            "%(rows)s row is queued again for the integration.",
            "%(rows)s rows are queued again for the integration.",
            sent.rows,
        )
        messages.success(request, text % {"rows": _grouped(sent.rows)})
    for why, count in sent.refusals.items():
        text = ngettext("%(count)s row isn't sent: %(why)s", "%(count)s rows aren't sent: %(why)s", count)
        messages.error(request, text % {"count": _grouped(count), "why": why})
    if not sent.reports and not sent.refusals:
        messages.warning(request, _("There was nothing to do: what you chose is answered already."))
    return HttpResponseRedirect(way_back(request, Feedback))


def _grouped(count: int) -> str:
    return str(number_format(count, force_grouping=True))
