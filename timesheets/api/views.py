"""`/api/public/v1/Time`: parse, ask, pass what the database wrote through."""

from typing import ClassVar

from django.http import HttpResponse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from rest_framework.request import Request

from access.http.problems import Problem
from access.http.tokens import TokenScope
from timesheets.api import cursor, openapi
from timesheets.api.login import USE
from timesheets.api.parameters import TimeBody, TimeQuery, wish_of
from timesheets.time_api import MOST_DAYS, MOST_RECORDS, Hours, Wish, all_hours, page_of_hours

READ = (USE, "timesheets.view_timetransaction")


@method_decorator(cache_control(no_store=True), name="dispatch")
class TimeTransactions(TokenScope):
    """Hours of a company and period."""

    required_permissions = {"GET": READ, "POST": READ}
    throttle_scope = "time"
    problem_codes: ClassVar = dict.fromkeys(("GET", "POST"), ("period_too_long", "too_many_records"))

    @openapi.hours_by_query
    def get(self, request: Request) -> HttpResponse:
        """By a query."""
        values = TimeQuery.read(request)
        return self._answer(wish_of(values), values.get("cursor"))

    @openapi.hours_by_body
    def post(self, request: Request) -> HttpResponse:
        """By a body, for addresses get long."""
        values = TimeBody.read(request)
        return self._answer(wish_of(values), values.get("cursor"))

    def _answer(self, wish: Wish, place: str | None) -> HttpResponse:
        _check_period(wish)
        if place is None:
            found = all_hours(wish, companies=self.companies)
        else:
            found = page_of_hours(wish, companies=self.companies, after=cursor.after(place, wish))
        if found is None:
            found = self._refused(wish)
        if found.count > MOST_RECORDS:
            raise _too_many(found.count)
        following = {"X-Next-Cursor": cursor.at(found.last, wish)} if found.is_more and found.last else {}
        return HttpResponse(f"[{found.rows}]".encode(), content_type="application/json", headers=following)

    def _refused(self, wish: Wish) -> Hours:
        self.refuse_company(wish.client)
        return Hours(count=0, rows="")


def _check_period(wish: Wish) -> None:
    days = (wish.last - wish.first).days + 1
    if days > MOST_DAYS:
        raise Problem(
            "period_too_long",
            _("The period is %(count)s days long; at most %(limit)s are answered at once.")
            % {"count": days, "limit": MOST_DAYS},
            count=days,
            limit=MOST_DAYS,
            hint=_("Ask for one month after the other. fromDate and toDate are both included."),
        )


def _too_many(count: int) -> Problem:
    return Problem(
        "too_many_records",
        _("There are %(count)s records; at most %(limit)s are answered at once.")
        % {"count": count, "limit": MOST_RECORDS},
        count=count,
        limit=MOST_RECORDS,
        hint=_("Choose a shorter period or more filters, or page through them: begin with an empty cursor."),
    )
