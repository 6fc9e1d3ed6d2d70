"""`/api/public/v1/Time`: parse, ask, pass what the database wrote through."""

from typing import Any, ClassVar

from django.db import transaction
from django.http import HttpResponse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from rest_framework.request import Request
from rest_framework.response import Response

from access.http.journaling import JournaledView
from access.http.problems import Problem
from access.http.tokens import TokenScope
from access.origin import write_as
from timesheets.api import cursor, openapi
from timesheets.api.login import USE
from timesheets.api.parameters import TimeBody, TimeQuery, wish_of
from timesheets.api.status import StatusBody
from timesheets.services.marking import Mark, set_external_status
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


@method_decorator(cache_control(no_store=True), name="dispatch")
class ExternalStatus(JournaledView, TokenScope):
    """The mark of hours that another system has taken over.

    Whoever may fetch hours for another system may mark them: the mark is the exporter's own and changes no hours, for
    which an exporter needs no right.
    """

    required_permissions = {"POST": READ}
    throttle_scope = "time"
    problem_codes: ClassVar = {"POST": ("records_changed",)}

    @openapi.set_status
    def post(self, request: Request) -> Response:
        """Mark them."""
        wanted = StatusBody.read(request)
        company = self.company(wanted["clientId"])
        with transaction.atomic():
            if self.key is not None:
                write_as(self.key.application)
            marked = set_external_status(
                company=company,
                code=wanted["externalStatusCode"],
                transactions=[
                    Mark(
                        uid=one["uid"], time_category=one["timeCategoryId"], record_state_key=one.get("recordStateKey")
                    )
                    for one in wanted["transactions"]
                ],
                all_or_nothing=wanted["allOrNothing"],
            )
            if marked.updated:
                self.note_write()
        conflicts = [
            {"uid": one.uid, "timeCategoryId": one.time_category, "recordStateKey": one.record_state_key}
            for one in marked.conflicts
        ]
        if conflicts and wanted["allOrNothing"]:
            raise Problem("records_changed", _("Some rows are not in the state that was named."), **_set(0, conflicts))
        return Response(_set(marked.updated, conflicts))


def _set(updated: int, conflicts: list[dict[str, Any]]) -> dict[str, Any]:
    return {"updated": updated, "conflicts": conflicts}


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
