"""Pages of a register by where its rows stand in an order that never changes.

A page begins after a place, whether a row still stands there or not: what is written between two pages neither repeats
a row nor leaves out one that was there all the time, and the thousandth page costs what the first does.
"""

import dataclasses
from collections.abc import Collection
from datetime import datetime
from typing import Any, Literal

from django.db.models import F, Q, QuerySet
from django.db.models.expressions import Col
from django.db.models.fields.tuple_lookups import (
    Tuple,
    TupleGreaterThan,
    TupleGreaterThanOrEqual,
    TupleLessThan,
    TupleLessThanOrEqual,
)
from django.db.models.lookups import GreaterThanOrEqual, LessThanOrEqual

from information_types import sql
from registers.register import Register
from registers.rows import Row, in_order, read

Side = Literal["after", "from", "before", "until"]

BACKWARDS: frozenset[Side] = frozenset({"before", "until"})
SINGLE = {"after": "gt", "from": "gte", "before": "lt", "until": "lte"}
SEVERAL: dict[Side, Any] = {
    "after": TupleGreaterThan,
    "from": TupleGreaterThanOrEqual,
    "before": TupleLessThan,
    "until": TupleLessThanOrEqual,
}


@dataclasses.dataclass(frozen=True)
class Cursor:
    """From where a page is read, and which way."""

    side: Side
    place: tuple[Any, ...]

    @property
    def is_backwards(self) -> bool:
        """Whether the page ends there rather than begins."""
        return self.side in BACKWARDS


@dataclasses.dataclass(frozen=True)
class Page:
    """Some rows in order, and where the pages beside them are read from."""

    rows: list[Row]
    previous: Cursor | None
    next: Cursor | None


def read_page(
    register: Register,
    chosen: "QuerySet[Any]",
    *,
    cursor: Cursor | None,
    limit: int,
    since: datetime | None = None,
    fields: Collection[str] | None = None,
) -> Page:
    """Return at most `limit` of the chosen rows from the cursor on, or of those that were changed since a time."""
    backwards = cursor is not None and cursor.is_backwards
    if cursor is not None:
        chosen = _beyond(register, chosen, cursor)
    if since is not None:
        chosen = _changed(register, chosen, since, most=limit + 1, backwards=backwards)
    found = read(register, chosen, limit=limit + 1, backwards=backwards, fields=fields)
    rows, more = found[:limit], len(found) > limit
    if backwards:
        rows.reverse()
    if not rows:
        return _empty(cursor)
    first, last = Cursor("before", rows[0].place), Cursor("after", rows[-1].place)
    has_previous, has_next = (more, True) if backwards else (cursor is not None, more)
    return Page(rows, first if has_previous else None, last if has_next else None)


def _changed(
    register: Register, chosen: "QuerySet[Any]", since: datetime, *, most: int, backwards: bool
) -> "QuerySet[Any]":
    """Return the first of the rows that were changed since, or that show what was changed of another row.

    One look for each table that a change may be in, each in order and as short as the page: a condition that joins two
    tables with "or" is served by no index, and all that was changed may be the whole register.
    """
    parents = sql.parents(register.information_type) if register.information_type else ()
    columns = ["changed_at", *(f"{one.foreign_key}__changed_at" for one in parents)]
    conditions = [Q(**{f"{column}__gte": since}) for column in columns]
    if register.changed_elsewhere:
        conditions.append(register.changed_elsewhere(since))
    if len(conditions) == 1:
        return chosen.filter(conditions[0])
    ordered = chosen.order_by(*in_order(register, backwards=backwards)).values("pk")
    first, *others = (ordered.filter(condition)[:most] for condition in conditions)
    return register.rows().filter(pk__in=first.union(*others, all=True))


def _empty(cursor: Cursor | None) -> Page:
    """Nothing is left on this side of the cursor: what there is stands on the other."""
    if cursor is None:
        return Page([], None, None)
    if cursor.is_backwards:
        return Page([], None, Cursor("from" if cursor.side == "before" else "after", cursor.place))
    return Page([], Cursor("until" if cursor.side == "after" else "before", cursor.place), None)


def _beyond(register: Register, chosen: "QuerySet[Any]", cursor: Cursor) -> "QuerySet[Any]":
    if len(register.order) == 1:
        return chosen.filter(**{f"{register.order[0]}__{SINGLE[cursor.side]}": cursor.place[0]})
    columns = Tuple(*map(F, register.order))
    beyond = chosen.filter(SEVERAL[cursor.side](columns, cursor.place))
    unit = register.information_type and register.information_type.unit
    return _of_units(register, beyond, unit, cursor) if unit else beyond


def _of_units(register: Register, chosen: "QuerySet[Any]", unit: str, cursor: Cursor) -> "QuerySet[Any]":
    """Say of the joined unit too that it stands beyond the cursor.

    The planner draws no such conclusion, and would walk all vouchers of the company before the cursor's. A look-up by
    the unit's key would be taken for the row's own column: hence the joined table's by name.
    """
    key = sql.target_of(register.model, unit)._meta.pk
    for alias, table in chosen.query.alias_map.items():
        if table.table_name == key.model._meta.db_table and chosen.query.alias_refcount[alias]:
            lookup = LessThanOrEqual if cursor.is_backwards else GreaterThanOrEqual
            return chosen.filter(lookup(Col(alias, key), cursor.place[0]))
    return chosen
