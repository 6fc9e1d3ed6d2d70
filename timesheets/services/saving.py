"""One registration as a whole: the hours of an employee in one or several categories, as a form has them."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from django.db import transaction

from ledger.models import Company
from timesheets.exceptions import HoursChanged, HoursRefused
from timesheets.models import TimeTransaction
from timesheets.services.approving import state_of
from timesheets.services.cleaning import WRITABLE
from timesheets.services.deleting import delete_hours
from timesheets.services.numbers import lock_registrations
from timesheets.services.registering import Outcome, Registered, change_hours, new_correlation_id, register_hours


@dataclass(frozen=True, kw_only=True)
class Line:
    """The hours of one category of a registration."""

    time_category: int
    quantity: Decimal


@dataclass(frozen=True, kw_only=True)
class Saved:
    """A registration's number, and what became of its rows."""

    uid: int
    rows: Sequence[Registered]
    deleted: int = 0

    @property
    def approvals_withdrawn(self) -> int:
        """Of how many rows the approval was withdrawn."""
        return sum(row.approvals_withdrawn for row in self.rows)

    @property
    def is_changed(self) -> bool:
        """Whether anything was written."""
        return bool(self.deleted) or any(row.outcome is not Outcome.UNCHANGED for row in self.rows)


def save_registration(
    *,
    company: Company,
    common: Mapping[str, Any],
    lines: Sequence[Line],
    uid: int | None = None,
    state: str | None = None,
    may_delete_approved: bool = False,
) -> Saved:
    """Make a registration as asked: of one that is there, categories left out are deleted and new ones added.

    `common` is written to all of its rows; of one that is there, only what it names. Raises `HoursRefused` (rows are
    the lines), `HoursChanged` if it isn't in `state` any more, `HoursApproved`.
    """
    correlation_id = new_correlation_id()
    with transaction.atomic():
        lock_registrations(company)
        rows = TimeTransaction.objects.filter(company=company, uid=uid) if uid else TimeTransaction.objects.none()
        known = {row.time_category.number: row for row in rows.select_related("time_category").order_by("pk")}
        if uid is not None and (not known or state not in (None, state_of(rows))):
            raise HoursChanged
        kept = {line.time_category for line in lines}
        left_out = [row.pk for number, row in known.items() if number not in kept]
        deleted = (
            delete_hours(rows=rows.filter(pk__in=left_out), may_delete_approved=may_delete_approved) if left_out else 0
        )
        saved = _change(company, common, lines, known, correlation_id)
        saved += _add(company, common, lines, known, uid=uid, correlation_id=correlation_id)
    return Saved(uid=saved[0].uid or 0, rows=saved, deleted=deleted)


def _change(
    company: Company,
    common: Mapping[str, Any],
    lines: Sequence[Line],
    known: Mapping[int, TimeTransaction],
    correlation_id: str,
) -> list[Registered]:
    places = [place for place, line in enumerate(lines) if line.time_category in known]
    rows = {known[lines[place].time_category].pk: {**common, "quantity": lines[place].quantity} for place in places}
    with _told_of(places):
        return change_hours(company=company, rows=rows, correlation_id=correlation_id) if rows else []


def _add(
    company: Company,
    common: Mapping[str, Any],
    lines: Sequence[Line],
    known: Mapping[int, TimeTransaction],
    *,
    uid: int | None,
    correlation_id: str,
) -> list[Registered]:
    places = [place for place, line in enumerate(lines) if line.time_category not in known]
    like = next(iter(known.values()), None)
    base: dict[str, Any] = {name: getattr(like, name) for name in WRITABLE} if like else {"registration": "one"}
    if uid is not None:
        base["uid"] = uid
    rows = [
        {**base, **common, "time_category": lines[place].time_category, "quantity": lines[place].quantity}
        for place in places
    ]
    with _told_of(places):
        return register_hours(company=company, rows=rows, correlation_id=correlation_id) if rows else []


@contextmanager
def _told_of(places: Sequence[int]) -> Iterator[None]:
    """Tell of the lines what is wrong of the rows made of them."""
    try:
        yield
    except HoursRefused as error:
        raise HoursRefused([replace(one, row=places[one.row]) for one in error.errors]) from error
