"""Approving hours and withdrawing it: each asks first, of one row or of all that a list shows."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.contrib.admin import site
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q, QuerySet, Sum
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from access.http.admin.amounts import shown
from access.http.admin.question import MOST_AT_ONCE, ids_in, with_ids
from access.scope import within
from timesheets.exceptions import HoursChanged
from timesheets.models import LEVELS, TimeTransaction
from timesheets.services.approving import approve, state_of, withdraw_approval

APPROVE = "timesheets.approve_timetransaction"
MOST_APPROVED = 50_000
CONFIRMED = "confirmed"


@dataclass(frozen=True)
class Level:
    """A level, and of how many of the rows it is approved."""

    number: int
    approved: int
    waiting: int
    is_chosen: bool


def rows_of(request: HttpRequest) -> QuerySet[TimeTransaction]:
    """The rows that an address names, those of which the user may approve; 404 for none."""
    if not request.user.has_perm(APPROVE):
        raise PermissionDenied
    found = within(TimeTransaction.objects.filter(pk__in=ids_in(request)), request.user, APPROVE)
    if not found.exists():
        raise Http404
    return found


def approving(request: HttpRequest, rows: QuerySet[TimeTransaction], *, back_url: str) -> HttpResponse:
    """Ask at which level, then approve."""
    return _page(request, rows, back_url=back_url, withdraws=False)


def withdrawing(request: HttpRequest, rows: QuerySet[TimeTransaction], *, back_url: str) -> HttpResponse:
    """Ask of which level, then withdraw the approval."""
    return _page(request, rows, back_url=back_url, withdraws=True)


def _page(request: HttpRequest, rows: QuerySet[TimeTransaction], *, back_url: str, withdraws: bool) -> HttpResponse:
    rows = TimeTransaction.objects.filter(pk__in=rows.order_by().values("pk"))
    figures = _figures(rows)
    if figures["rows"] > MOST_APPROVED:
        text = _("More than %(most)s rows are chosen. Narrow the list with a filter first.")
        messages.error(request, text % {"most": number_format(MOST_APPROVED, force_grouping=True)})
        return HttpResponseRedirect(back_url)
    if request.method == "POST" and CONFIRMED in request.POST and figures["rows"]:
        try:
            return _do(request, rows, back_url, withdraws=withdraws)
        except HoursChanged as error:
            messages.error(request, str(error))
    asked = request.POST.get("level") or request.GET.get("level") or ""
    context: dict[str, Any] = {
        **site.each_context(request),
        "title": _("Withdraw approval?") if withdraws else _("Approve hours?"),
        "opts": TimeTransaction._meta,
        "withdraws": withdraws,
        "figures": figures,
        "hours": shown(figures["hours"] or Decimal(0)),
        "levels": _levels(figures, asked, withdraws=withdraws),
        "state": state_of(rows),
        "back_url": back_url,
        "sent": _sent(request),
        "employees": list(rows.order_by("employee_id").values_list("employee_id", "employee").distinct()[:6]),
    }
    return TemplateResponse(request, "admin/timesheets/approving.html", context)


def _figures(rows: QuerySet[TimeTransaction]) -> dict[str, Any]:
    approved = {
        f"level_{n}": Count("pk", filter=Q(**{f"approved_level_{name}": 1})) for n, name in enumerate(LEVELS, 1)
    }
    return rows.order_by().aggregate(
        rows=Count("pk"),
        hours=Sum("quantity"),
        employees=Count("employee_id", distinct=True),
        registrations=Count("uid", distinct=True),
        **approved,
    )


def _levels(figures: dict[str, Any], asked: str, *, withdraws: bool) -> Sequence[Level]:
    approved = [figures[f"level_{number}"] for number in range(1, len(LEVELS) + 1)]
    open_ = [number for number, count in enumerate(approved, 1) if (count if withdraws else count < figures["rows"])]
    chosen = int(asked) if asked in {"1", "2", "3", "4"} else (open_ or [1])[0]
    return [Level(n, count, figures["rows"] - count, n == chosen) for n, count in enumerate(approved, 1)]


def _sent(request: HttpRequest) -> list[tuple[str, str]]:
    """What chose the rows in a list, to be sent again with the answer."""
    names = ("action", "select_across", ACTION_CHECKBOX_NAME)
    return [(name, value) for name in names for value in request.POST.getlist(name)]


def _do(request: HttpRequest, rows: QuerySet[TimeTransaction], back_url: str, *, withdraws: bool) -> HttpResponse:
    level = int(request.POST.get("level", "") if request.POST.get("level", "").isdecimal() else 0)
    state = request.POST.get("state", "")
    keys = _of_level(rows, level, 1 if withdraws else None)
    if withdraws:
        done = withdraw_approval(rows=rows, level=level, state=state)
        text = ngettext(
            "The approval of %(count)s row at level %(level)s is withdrawn.",
            "The approval of %(count)s rows at level %(level)s is withdrawn.",
            done.changed,
        )
    else:
        done = approve(rows=rows, level=level, by=request.user.get_username(), state=state)
        text = ngettext(
            "%(count)s row is approved at level %(level)s.",
            "%(count)s rows are approved at level %(level)s.",
            done.changed,
        )
    told = text % {"count": number_format(done.changed, force_grouping=True), "level": level}
    if done.already:
        told += " " + _("It was so already: %(count)s.") % {"count": number_format(done.already, force_grouping=True)}
    messages.success(request, _with_undo(told, keys, level, withdraws=withdraws) if done.changed else told)
    return HttpResponseRedirect(back_url)


def _of_level(rows: QuerySet[TimeTransaction], level: int, value: int | None) -> Sequence[int]:
    """Those that are going to be changed, which is what can be undone; one too many where they are many."""
    if level not in range(1, len(LEVELS) + 1):
        return []
    found = rows.filter(**{f"approved_level_{LEVELS[level - 1]}": value})
    return list(found.values_list("pk", flat=True)[: MOST_AT_ONCE + 1])


def _with_undo(told: str, keys: Sequence[int], level: int, *, withdraws: bool) -> str:
    if len(keys) > MOST_AT_ONCE:
        return told
    name = "approve" if withdraws else "withdraw"
    address = f"{with_ids(reverse(f'admin:timesheets_timetransaction_{name}'), keys)}&level={level}"
    return format_html('{} <a class="row-link" href="{}">{}</a>', told, address, _("Undo"))


def sums(rows: QuerySet[TimeTransaction], most: int) -> dict[str, Any] | None:
    """What the hours of a list add up to; None where there are too many to add."""
    found = rows.order_by()[: most + 1].aggregate(
        rows=Count("pk"), hours=Sum("quantity"), employees=Count("employee_id", distinct=True)
    )
    if found["rows"] > most:
        return None
    return {**found, "hours": shown(found["hours"] or Decimal(0))}
