"""The SQL that reads a register in the order of its natural key, chunk by chunk, and writes it as change sets.

A register is walked along its unique index, segment by segment (a company, or for vouchers a financial year), so that
a chunk reads its own rows only. What isn't split (a voucher) is walked by its own table.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django.db import connection
from django.db.models import Model, UniqueConstraint

from information_types import sql
from information_types.definition import InformationType, Parameter
from ledger.models import Company
from revisions import fan_out
from revisions.triggers import PAGE_ROWS

# One statement, one snapshot: what is committed is fanned out, and the rows are read and written as pages.
CHUNK = """
with {drain},
    chunk as materialized (
        select id, (row_number() over ())::int as place, segment, {names}
        from (
            (select id, {segment} as segment, {names} from {table} u
             where {segment} = %(segment)s and ({names}) > ({after}) and {conditions}
             order by {names} limit %(units)s)
            union all
            (select found.* from unnest(%(later)s::bigint[]) with ordinality later (id, place)
             cross join lateral (
                select id, {segment} as segment, {names} from {table} u
                where {segment} = later.id and {conditions}
                order by {names} limit %(units)s) found)
        ) walked
        limit %(units)s
    ),
    lines as (
        select {company_id} as company_id,
            (row_number() over (partition by {company_id} order by r.walk_place, {order}) - 1)::int as place,
            {data} as line
        from (select register.*, chunk.place as walk_place from chunk join {register} register on {of_unit}) r
        {joins}
        where {only}
    ),
    built as materialized (
        select company_id, min(place) + 1 as first_row, count(*)::int as row_count,
            string_agg(line, e'\\n' order by place) as lines
        from lines group by company_id, place / {page_rows}
    ),
    transferred as (
        insert into revisions_changeset
            (information_type, company_id, operation, row_count, changed_at, transaction, origin_id, fanned_out)
        select {number}, company_id, 't', sum(row_count), clock_timestamp(),
            pg_current_xact_id()::text::bigint, null, true
        from built group by company_id order by company_id
        returning id, company_id, row_count
    ),
    pages as (
        insert into revisions_revisionpage (change_set_id, first_row, row_count, lines)
        select transferred.id, first_row, built.row_count, lines from built join transferred using (company_id)
    )
select (select json_agg(json_build_array(id, company_id, row_count) order by id) from transferred),
    (select json_build_array(segment, {names}) from chunk order by place desc limit 1),
    array(select distinct subscription_id from matched)
"""

CHOSEN = "from {source} where u.{segment} = any(%(segments)s) and {conditions} and {only}"
COUNT = f"select count(*) {CHOSEN}"
COUNT_BY_SEGMENT = f"""
with chosen as (select u.{{segment}} as segment {CHOSEN} limit %(most)s)
select segment, count(*) from chosen group by segment
"""
# Of the walked table alone: statistics guess a join badly.
PLAN = "explain (format json) select from {table} u where {chosen} and {conditions}"
ROWS_PER_UNIT = """
select register.reltuples / unit.reltuples from pg_class register, pg_class unit
where register.oid = %s::regclass and unit.oid = %s::regclass and unit.reltuples > 0 and register.reltuples > 0
"""
SPAN = "select min({column}), max({column}) from {table} u where u.{segment} = any(%(segments)s) and {conditions}"


@dataclasses.dataclass(frozen=True)
class Written:
    """What a chunk wrote: (change set, company, rows) each, where the walk stands, and whom the fan-out reached."""

    sets: Sequence[tuple[int, int, int]]
    position: Sequence[Any] | None
    reached: Sequence[int]


class Walk:
    """The walk through one type's register, as chosen by a transfer's parameters."""

    def __init__(self, information_type: InformationType, parameters: Mapping[str, Any]) -> None:
        self.type = information_type
        self._model = _walked(information_type)
        self._segment, *self._names = _unique_key(self._model)
        chosen = information_type.parameters_by_name()
        conditions = [self._condition(chosen[name], value) for name, value in parameters.items()]
        self._conditions = [text for text, _value in conditions if text]
        self._values = dict(value for _text, value in conditions if value)

    def write(self, *, companies: Sequence[int], position: Sequence[Any] | None, units: int) -> Written:
        """Fan out and write the next `units` (rows, or vouchers with their rows) after a position, in one statement."""
        segments = self._segments(companies)
        current, *after = position or [0, *[None] * len(self._names)]  # nothing is greater than null
        later = [segment for segment in segments if segment > current]
        parameters = {"segment": current, "later": later, "units": units, **self._values}
        parameters |= {f"after{place}": value for place, value in enumerate(after)}
        with connection.cursor() as cursor:
            cursor.execute(self._chunk_sql(), parameters)
            sets, stands, reached = cursor.fetchone()
        return Written([tuple(found) for found in sets or ()], stands, reached)

    def count(self, *, companies: Sequence[int]) -> int:
        """How many rows the walk would write now."""
        query = COUNT.format(**self._parts())
        with connection.cursor() as cursor:
            cursor.execute(query, {"segments": self._segments(companies), **self._values})
            (rows,) = cursor.fetchone()
        return int(rows)

    def count_up_to(self, most: int, *, companies: Sequence[int]) -> dict[int, int]:
        """The same for each company, until that many rows are counted in all."""
        query = COUNT_BY_SEGMENT.format(**self._parts())
        owners = self._owners(companies)
        counts = dict.fromkeys(companies, 0)
        with connection.cursor() as cursor:
            cursor.execute(query, {"segments": sorted(owners), "most": most, **self._values})
            for segment, rows in cursor.fetchall():
                counts[owners[segment]] += rows
        return counts

    def planned(self, *, companies: Sequence[int] | None) -> int:
        """How many rows the database expects, from its statistics alone; of all companies where none are given."""
        parts = self._parts()
        chosen = "true" if companies is None else f"u.{parts['segment']} = any(%(segments)s)"
        segments = [] if companies is None else self._segments(companies)
        with connection.cursor() as cursor:
            cursor.execute(PLAN.format(chosen=chosen, **parts), {"segments": segments, **self._values})
            (found,) = cursor.fetchone()
        return round(int(found[0]["Plan"]["Plan Rows"]) * self._rows_per_unit())

    def span(self, parameter: Parameter, *, companies: Sequence[int]) -> tuple[date | None, date | None]:
        """The first and the last day that a parameter's column holds."""
        query = SPAN.format(**self._parts(), column=self._column(parameter))
        with connection.cursor() as cursor:
            cursor.execute(query, {"segments": self._segments(companies), **self._values})
            first, last = cursor.fetchone()
        return first, last

    def _chunk_sql(self) -> str:
        row = sql.row_sql(self.type)
        return CHUNK.format(
            drain=fan_out.DRAIN,
            after=", ".join(f"%(after{place})s" for place in range(len(self._names))),
            company_id=row.company_id,
            order=row.order,
            data=row.data,
            joins=row.joins,
            number=self.type.number,
            page_rows=PAGE_ROWS,
            **{**self._parts(), "only": row.only, "of_unit": self._of_unit("chunk")},
        )

    def _parts(self) -> dict[str, str]:
        return {
            "table": self._model._meta.db_table,
            "register": self.type.model._meta.db_table,
            "source": self._source(),
            "segment": sql.column_of(self._model, self._segment),
            "names": ", ".join(sql.column_of(self._model, name) for name in self._names),
            "conditions": " and ".join([*self._conditions, *self._only("u")]) or "true",
            "of_unit": self._of_unit("u"),
            "only": " and ".join(self._only("register" if self.type.unit else "u")) or "true",
        }

    def _source(self) -> str:
        table = f"{self._model._meta.db_table} u"
        if self.type.unit is None:
            return table
        return f"{self.type.model._meta.db_table} register join {table} on {self._of_unit('u')}"

    def _of_unit(self, unit: str) -> str:
        if self.type.unit is None:
            return f"register.id = {unit}.id"
        return f"register.{sql.column_of(self.type.model, self.type.unit)} = {unit}.id"

    def _only(self, alias: str) -> list[str]:
        if self.type.unit is not None and alias == "u":
            return []
        return [f"{alias}.{name} = {value}" for name, value in self.type.only.items()]

    def _rows_per_unit(self) -> float:
        if self.type.unit is None:
            return 1.0
        with connection.cursor() as cursor:
            cursor.execute(ROWS_PER_UNIT, [self.type.model._meta.db_table, self._model._meta.db_table])
            found = cursor.fetchone()
        return float(found[0]) if found else 1.0

    def _segments(self, companies: Sequence[int]) -> list[int]:
        return sorted(self._owners(companies))

    def _owners(self, companies: Sequence[int]) -> dict[int, int]:
        """Each segment's company."""
        target = sql.target_of(self._model, self._segment)
        if target is Company:
            return {company: company for company in companies}
        return dict(target._default_manager.filter(company__in=companies).values_list("pk", "company"))

    def _condition(self, parameter: Parameter, value: Any) -> tuple[str, tuple[str, Any] | None]:
        column = self._column(parameter)
        match parameter.kind:
            case "flag":
                return (column if value else ""), None
            case "month_from":
                return f"{column} >= %({parameter.name})s", (parameter.name, date.fromisoformat(f"{value}-01"))
            case "month_to":
                return f"{column} < %({parameter.name})s", (parameter.name, _next_month(value))
            case "date_from":
                return f"{column} >= %({parameter.name})s", (parameter.name, date.fromisoformat(value))
            case "date_to":
                return f"{column} <= %({parameter.name})s", (parameter.name, date.fromisoformat(value))

    def _column(self, parameter: Parameter) -> str:
        return f"u.{sql.column_of(self._model, parameter.path.rpartition('__')[2])}"


def _walked(information_type: InformationType) -> type[Model]:
    if information_type.unit is None:
        return information_type.model
    return sql.target_of(information_type.model, information_type.unit)


def _unique_key(model: type[Model]) -> tuple[str, ...]:
    """The fields of the unique index that holds the natural key: the walk's order, its first field the segment."""
    natural_key = set(sql.natural_key(model))
    for constraint in model._meta.constraints:
        if isinstance(constraint, UniqueConstraint) and natural_key >= set(constraint.fields):
            return tuple(constraint.fields)
    raise TypeError(f"{model.__name__} has no unique constraint of its natural key.")


def _next_month(month: str) -> date:
    first = date.fromisoformat(f"{month}-01")
    return date(first.year + first.month // 12, first.month % 12 + 1, 1)
