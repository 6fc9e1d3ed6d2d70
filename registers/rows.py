"""Rows of a register as finished JSON, by the SQL that capture and transfers write them with."""

import dataclasses
from collections.abc import Collection, Sequence
from typing import Any

from django.core.exceptions import EmptyResultSet, ObjectDoesNotExist
from django.db import connection
from django.db.models import Model, QuerySet

from information_types.sql import ROOT, Joins, line_sql
from registers.register import Register

# One statement, one snapshot: the rows of a page are shown as they were chosen.
SHOWN = """
with page ({columns}) as materialized ({chosen})
select {line}, {order}
from page join {table} {root} on {root}.{primary_key} = page.id
{joins}
order by {ordering}
"""


@dataclasses.dataclass(frozen=True)
class Row:
    """A row's `data`, or some fields of it, as JSON; and where it stands in the register's order."""

    line: str
    place: tuple[Any, ...]


def read(
    register: Register,
    chosen: "QuerySet[Any]",
    *,
    limit: int,
    backwards: bool = False,
    fields: Collection[str] | None = None,
) -> list[Row]:
    """Return the first of the chosen rows in the register's order, or its last; of each all fields, or those named."""
    direction = "desc" if backwards else "asc"
    places_only = chosen.order_by(*in_order(register, backwards=backwards)).values_list("pk", *register.order)[:limit]
    try:
        query, values = places_only.query.get_compiler(connection=connection).as_sql()
    except EmptyResultSet:
        return []
    joins = Joins(register.model)
    places = [f"place_{number}" for number, _name in enumerate(register.order)]
    statement = SHOWN.format(
        columns=", ".join(["id", *places]),
        chosen=query,
        line=_line(register, joins, fields),
        order=", ".join(f"page.{place}" for place in places),
        table=register.model._meta.db_table,
        root=ROOT,
        primary_key=register.model._meta.pk.column,
        joins=joins,
        ordering=", ".join(f"page.{place} {direction}" for place in places),
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return [Row(line, tuple(place)) for line, *place in cursor.fetchall()]


def in_order(register: Register, *, backwards: bool) -> list[str]:
    """Return the columns that a register's rows are ordered by, from its beginning or its end."""
    return [f"-{name}" if backwards else name for name in register.order]


def read_one(register: Register, chosen: "QuerySet[Any]", *, fields: Collection[str] | None = None) -> str | None:
    """Return the JSON of the first of the chosen rows; None where there is none."""
    rows = read(register, chosen, limit=1, fields=fields)
    return rows[0].line if rows else None


def read_row(register: Register, row: Model) -> str:
    """Return the JSON of a row as the database has it now; raises ObjectDoesNotExist."""
    line = read_one(register, register.rows().filter(pk=row.pk))
    if line is None:
        raise ObjectDoesNotExist
    return line


def _line(register: Register, joins: Joins, names: Collection[str] | None) -> str:
    fields: Sequence[Any] = [field for field in register.fields if names is None or field.name in names]
    derived = [f'{one.sql()} as "{name}"' for name, one in register.derived.items() if names is None or name in names]
    return line_sql(joins, fields, key=register.key, further=derived)
