"""The mark by which another system tells that it has taken over hours."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db import connection, transaction
from django.db.models import F

from ledger.models import Company
from timesheets.exceptions import BrokenStatus
from timesheets.models import TimeTransaction
from timesheets.services.cleaning import Refused, text
from timesheets.services.registering import new_correlation_id
from timesheets.triggers import CLOCK

# Row locks in the order that everybody takes. What waited for another writer is read as that one left it.
FIND = """
    select row.id, row.uid, category.number, row.record_state_key
    from unnest(%s::bigint[], %s::bigint[]) wanted (uid, number)
    join timesheets_timecategory category on category.company_id = %s and category.number = wanted.number
    join timesheets_timetransaction row
        on row.company_id = category.company_id and row.uid = wanted.uid and row.time_category_id = category.id
    order by row.id
    for update of row
"""


@dataclass(frozen=True, kw_only=True)
class Mark:
    """One row to be marked; with `record_state_key` only if it is in that state."""

    uid: int
    time_category: int
    record_state_key: str | None = None


@dataclass(frozen=True, kw_only=True)
class Conflict:
    """A row that isn't in the state that was named, and its state now; None: there is no such row."""

    uid: int
    time_category: int
    record_state_key: str | None


@dataclass(kw_only=True)
class Marked:
    """How many rows are marked, and those that aren't, in the order that they were named."""

    updated: int = 0
    conflicts: list[Conflict] = field(default_factory=list)


def set_external_status(
    *,
    company: Company,
    code: str,
    transactions: Sequence[Mark],
    all_or_nothing: bool = True,
    correlation_id: str = "",
) -> Marked:
    """Mark rows by compare-and-set; an empty code takes the mark away.

    With `all_or_nothing`, one conflict leaves all as they are. A row named twice counts once, and with two states one
    of which is wrong it is a conflict. Raises `BrokenStatus`.
    """
    code = _read(code)
    wanted = list(dict.fromkeys((mark.uid, mark.time_category) for mark in transactions))
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(FIND, [[uid for uid, _number in wanted], [number for _uid, number in wanted], company.pk])
            found = {(uid, number): (key, state) for key, uid, number, state in cursor.fetchall()}
        conflicts = _conflicts(transactions, {name: state for name, (_key, state) in found.items()})
        wrong = {(conflict.uid, conflict.time_category) for conflict in conflicts}
        if conflicts and all_or_nothing:
            return Marked(conflicts=conflicts)
        keys = [key for name, (key, _state) in found.items() if name not in wrong]
        _mark(keys, code, correlation_id or new_correlation_id())
    return Marked(updated=len(keys), conflicts=conflicts)


def _read(code: str) -> str:
    try:
        return text(64)(code)
    except Refused as error:
        raise BrokenStatus from error


def _conflicts(transactions: Sequence[Mark], states: dict[tuple[int, int], str]) -> list[Conflict]:
    wrong: dict[tuple[int, int], Conflict] = {}
    for mark in transactions:
        name = mark.uid, mark.time_category
        state = states.get(name)
        if state is None or mark.record_state_key not in (None, state):
            wrong[name] = Conflict(uid=mark.uid, time_category=mark.time_category, record_state_key=state)
    return list(wrong.values())


def _mark(keys: Sequence[int], code: str, correlation_id: str) -> None:
    rows = TimeTransaction.objects.filter(pk__in=keys)
    if code:
        # The same mark on hours that didn't change since writes nothing.
        rows = rows.exclude(external_status_code=code, external_status_set_on__gte=F("last_updated_on"))
    else:
        rows = rows.exclude(external_status_code="", external_status_set_on=None)
    rows.update(
        external_status_code=code, external_status_set_on=CLOCK if code else None, correlation_id=correlation_id
    )
