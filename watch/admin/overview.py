"""The admin's first page: what needs a person, then every subscription, then rows in and out over time."""

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from access import scope
from access.models import ApiKey
from subscriptions.models import Subscription
from watch import history, lines, needs, signs
from watch.admin.live import etag_of, is_shown, labelled
from watch.history import History
from watch.lines import Line
from watch.signs import Signs

MOST_SHOWN = 100
VIEW = "subscriptions.view_subscription"


def add_overview(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """What the first page shows, to who may see subscriptions."""
    if not request.user.has_perm(VIEW):
        rights = scope.rights_of_request(request.user)
        return context | {"is_nobodys": rights.visible == frozenset()}
    return context | read(request)


@require_safe
def live(request: HttpRequest) -> HttpResponse:
    """The part of the first page that lives."""
    if not request.user.has_perm(VIEW):
        raise PermissionDenied
    companies = scope.rights_of_request(request.user).companies_with(VIEW)
    reach = None if companies is None else sorted(companies)
    etag = etag_of((signs.version(), request.GET.urlencode(), request.user.pk, get_language(), reach))
    if is_shown(request, etag):
        return labelled(HttpResponseNotModified(), etag)
    return labelled(render(request, "admin/watch/overview.html", read(request)), etag)


def read(request: HttpRequest) -> dict[str, Any]:
    """Everything the page shows, as it is asked for: a search and an order of the subscriptions."""
    text, order = request.GET.get("q", "").strip(), request.GET.get("order", "need")
    mine = scope.visible(Subscription.objects.all(), request.user)
    every = lines.read(mine)
    seen = signs.look()
    found = lines.sorted_by(lines.matching(every, text), order)
    return {
        "overview": True,
        "lines": found[:MOST_SHOWN],
        "found": len(found),
        "subscriptions": len(every),
        "queued": sum(line.backlog.rows for line in every),
        "most_shown": MOST_SHOWN,
        "q": text,
        "order": order if order in lines.ORDERS else "need",
        "signs": seen,
        "needs": needs.of(lines.sorted_by(every, "need"), seen, user=request.user),
        "steps": _steps(request, every, seen),
        "history": _history(request, every),
    }


def _history(request: HttpRequest, every: Sequence[Line]) -> History:
    if scope.may_everywhere(request.user, VIEW):
        return history.read()
    return history.read_together([line.subscription.pk for line in every])


def _steps(request: HttpRequest, every: Sequence[Line], seen: Signs) -> dict[str, bool] | None:
    """Which of the steps to the first delivery are done; None when it was made, or is somebody else's to make."""
    if scope.may_everywhere(request.user, VIEW):
        steps = {"companies": seen.has_companies, "subscription": bool(every), "key": seen.has_keys}
        return None if seen.has_delivered else steps
    may_all = all(map(request.user.has_perm, ("subscriptions.add_subscription", "access.add_apikey")))
    if not may_all or any(line.fetched_at for line in every):
        return None
    has_companies = scope.rights_of_request(request.user).may("ledger.view_company")
    keys = scope.visible(ApiKey.objects.unrevoked(), request.user)
    return {"companies": has_companies, "subscription": bool(every), "key": keys.exists()}
