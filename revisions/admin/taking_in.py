"""Taking in again what a restored database lacks: what it would be, asking, and following it to its report."""

from collections import Counter
from collections.abc import Sequence
from typing import Any, cast

from django.contrib import messages
from django.contrib.admin import site
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from access.scope import may_everywhere
from inbox.storage import Envelope
from journal.lost import LostWrite
from revisions.models import TakenIn, TakingIn
from revisions.taking_in.lacking import Lacking, lacking
from revisions.taking_in.running import described
from revisions.taking_in.services import UnderWay, ask_for, start

VIEW, CHANGE = "subscriptions.view_subscription", "subscriptions.change_subscription"
MOST_LISTED = 50
ITEMS_OF_A_PAGE = 100
What, Outcome = TakingIn.What, TakenIn.Outcome

# In the order of what somebody has to look at
OUTCOMES = (Outcome.REFUSED, Outcome.MOVED, Outcome.ANSWERED, Outcome.TAKEN_IN)


def shown(found: Lacking) -> dict[str, Any]:
    """What the template needs of it."""
    lists: dict[str, Sequence[LostWrite | Envelope]] = {
        "writes": found.writes.lost,
        "uncertain": found.writes.perhaps,
        "mails": found.mails,
    }
    return {
        "since": found.since,
        "is_empty": found.is_empty,
        "gaps": found.writes.gaps,
        "spoiled": found.writes.spoiled,
        "both": bool(found.writes.lost and found.mails),
        **{
            name: {
                "count": len(lost),
                "first": described(lost[0])[2],
                "last": described(lost[-1])[2],
                "rows": [described(one) for one in lost[:MOST_LISTED]],
                "more": max(0, len(lost) - MOST_LISTED),
            }
            if lost
            else None
            for name, lost in lists.items()
        },
    }


def last() -> TakingIn | None:
    """What was asked for last."""
    return TakingIn.objects.first()


@require_http_methods(["GET", "HEAD", "POST"])
def take_in(request: HttpRequest) -> HttpResponse:
    """Say what will be done; POST has it done."""
    if not may_everywhere(request.user, CHANGE):
        raise PermissionDenied
    what = request.POST.get("what") or request.GET.get("what")
    if what not in What.values:
        raise Http404
    if request.method == "POST":
        return _ask(request, what)
    found = lacking()
    context = {
        **site.each_context(request),
        "title": _("Take in again"),
        "what": what,
        "writes": 0 if what == What.MAILS else len(found.writes.lost),
        "uncertain": 0 if what == What.MAILS else len(found.writes.perhaps),
        "mails": 0 if what == What.WRITES else len(found.mails),
        "back_url": reverse("restored"),
    }
    return TemplateResponse(request, "admin/revisions/take_in.html", context)


def _ask(request: HttpRequest, what: str) -> HttpResponse:
    user = cast(User, request.user)
    try:
        asked = ask_for(
            what=what, user=user, name=user.get_username(), with_uncertain=bool(request.POST.get("uncertain"))
        )
    except UnderWay as error:
        messages.error(request, str(error))
        return HttpResponseRedirect(reverse("restored"))
    start(asked)
    return HttpResponseRedirect(reverse("taken_in", args=[asked.pk]))


@require_safe
def report(request: HttpRequest, pk: int) -> HttpResponse:
    """How far it has come, and what became of each."""
    taking_in = _find(request, pk)
    outcome = request.GET.get("outcome")
    items = taking_in.items.filter(outcome=outcome) if outcome in Outcome.values else taking_in.items.all()
    page = Paginator(items, ITEMS_OF_A_PAGE).get_page(request.GET.get("page"))
    return TemplateResponse(request, "admin/revisions/taken_in.html", _context(request, taking_in) | {"page": page})


@require_safe
def progress(request: HttpRequest, pk: int) -> HttpResponse:
    """The part of the page that moves; once it is over the page as a whole is loaded again."""
    taking_in = _find(request, pk)
    answer = TemplateResponse(request, "admin/revisions/taken_in_progress.html", _context(request, taking_in))
    if not taking_in.is_working:
        answer["HX-Refresh"] = "true"
    return answer


def _find(request: HttpRequest, pk: int) -> TakingIn:
    if not may_everywhere(request.user, VIEW):
        raise PermissionDenied
    found = TakingIn.objects.filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def _context(request: HttpRequest, taking_in: TakingIn) -> dict[str, Any]:
    counts = Counter(dict(taking_in.items.order_by().values_list("outcome").annotate(Count("pk"))))
    done = counts.total()
    return {
        **site.each_context(request),
        "title": _("Taken in again"),
        "taking_in": taking_in,
        "done": done,
        "percent": done * 100 // taking_in.total if taking_in.total else 0,
        "counts": [(outcome.value, outcome.label, counts[outcome]) for outcome in OUTCOMES if counts[outcome]],
        "refused": counts[Outcome.REFUSED],
        "moved": counts[Outcome.MOVED],
        "mails": taking_in.items.filter(kind=TakenIn.Kind.MAIL, outcome=Outcome.TAKEN_IN).exists(),
        "outcome": request.GET.get("outcome", ""),
    }
