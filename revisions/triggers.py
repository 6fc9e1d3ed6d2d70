"""The capture triggers, built from a type's registration.

Each is one statement-level trigger that, in the writer's own transaction, turns the statement's rows into one change
set per information type and company, and its pages of finished JSON lines. The laws in DESIGN say why each line stands.
"""

import dataclasses
from collections.abc import Iterable

import pgtrigger
from django.db.models import Model

from information_types import registry, sql
from information_types.definition import InformationType
from information_types.triggers import DatabaseTrigger

PAGE_ROWS = 500

MISSING_PARENT = "23U07"
ISOLATION = "25U01"
TRUNCATE = "23U08"

# Number the rows within their company, cut them into pages, give each company a set. A set's id is drawn at its first
# page and carried on to the others: the planner has nested loops only here, and pages joined back to their sets would
# cost the square of the companies.
_PAGES = """
                with {changed} rows as (
                    select {company_id} as company_id,
                        (row_number() over (partition by {company_id} order by {order}) - 1)::int as place,
                        {line} as line
                    from {rows} r
                    {joins}
                    where {only} and {complete}
                ),
                numbered as materialized (
                    select *, max(drawn) over (partition by company_id order by page) as id
                    from (
                        select company_id, place / {page_rows} as page, min(place) + 1 as first_row,
                            count(*)::int as row_count, string_agg(line, e'\\n' order by place) as lines,
                            case when min(place) = 0 then nextval('revisions_changeset_id_seq') end as drawn
                        from rows group by company_id, place / {page_rows}
                    ) page
                ),"""

# The same of one row, in half the time: nothing to sort or to sum.
_ONE_PAGE = """
                with {changed} numbered as materialized (
                    select {company_id} as company_id, 1 as first_row, 1 as row_count, {line} as lines,
                        nextval('revisions_changeset_id_seq') as id
                    from {rows} r
                    {joins}
                    where {only} and {complete}
                ),"""

_WRITE = """
                sets as (
                    insert into revisions_changeset
                        (id, information_type, company_id, operation, row_count, changed_at, transaction, origin_id,
                         fanned_out)
                    select id, {{number}}, company_id, '{{operation}}', {total}, clock_timestamp(),
                        pg_current_xact_id()::text::bigint,
                        nullif(current_setting('utkorg.application', true), '')::bigint, false
                    from numbered {grouped}
                ),
                pages as (
                    insert into revisions_revisionpage (change_set_id, first_row, row_count, lines)
                    select id, first_row, row_count, lines from numbered
                )
                select (select coalesce(sum(row_count), 0) from numbered),
                    (select count(*) from {{rows}} r where {{only}})
                into captured, expected;"""

_MANY = _PAGES + _WRITE.format(total="sum(row_count)", grouped="group by id, company_id order by id")
_ONE = _ONE_PAGE + _WRITE.format(total="row_count", grouped="")

_ONE_OR_MANY = f"""
            if (select count(*) from {{written}}) = 1 then{_ONE}
            else{_MANY}
            end if;"""

_ALL_CAPTURED = """
            if captured <> expected then
                raise exception '% of % rows written to {table} belong to no row that they refer to: write that first.',
                    expected - captured, expected using errcode = '{missing_parent}';
            end if;"""

DECLARATIONS = [("captured", "bigint"), ("expected", "bigint")]


def capture(model: type[Model]) -> list[DatabaseTrigger]:
    """The triggers of a captured model: insert, update, delete, and the refusal of TRUNCATE."""
    types = registry.types_of(model)
    return [
        _trigger("capture_insert", pgtrigger.Insert, "".join(_inserted(known) for known in types), new=True),
        _trigger("capture_update", pgtrigger.Update, "".join(_updated(known) for known in types), old=True, new=True),
        _trigger("capture_delete", pgtrigger.Delete, "".join(_deleted(known) for known in types), old=True),
        _no_truncate(),
    ]


def shown_in(information_type: InformationType, parent: sql.Parent) -> DatabaseTrigger:
    """The trigger of a parent row: a change that shows in the `data` of the type's rows is a change of those rows."""
    table = information_type.model._meta.db_table
    columns = ", ".join(("id", *parent.columns))
    column = sql.column_of(information_type.model, parent.foreign_key)
    changed = f"""
                    select entry.*
                    from (select {columns} from new_rows except select {columns} from old_rows) parent
                    {sql.looked_up(table, "entry", f"{column} = parent.id")}"""
    func = _read_committed() + _capture(information_type, operation="u", changed=changed, template=_MANY)
    return _trigger(f"show_in_{information_type.name}", pgtrigger.Update, func, old=True, new=True)


def stays(hops: Iterable[sql.Hop]) -> DatabaseTrigger:
    """The trigger of a row that others' `data` is read over: at once, and not only at commit, it goes after them.

    Else another row could stand under its id at commit, shown by rows that were never captured again.
    """
    left = " union all ".join(
        "select 1 from old_rows "
        + sql.looked_up(hop.model._meta.db_table, "left_behind", f"{hop.column} = old_rows.id")
        for hop in hops
    )
    func = f"""
            if exists ({left}) then
                raise exception 'A row of % that others refer to can''t be deleted before them.', tg_table_name
                    using errcode = '{MISSING_PARENT}';
            end if;"""
    return _trigger("stays_while_referred_to", pgtrigger.Delete, func, old=True)


def _inserted(information_type: InformationType) -> str:
    return _lock_parents(information_type, "new_rows") + _capture(information_type, operation="c")


def _updated(information_type: InformationType) -> str:
    # Pairs old and new by value, since hash joins are off: a row of the type that isn't among the old is a change.
    values = ", ".join(("id", *sql.own_values(information_type), *information_type.only))
    changed = f"select {values} from new_rows except select {values} from old_rows"
    return _lock_parents(information_type, "new_rows", "old_rows") + _capture(
        information_type, operation="u", changed=changed
    )


def _deleted(information_type: InformationType) -> str:
    parts = sql.row_sql(information_type, looked_up=True)
    gone = dataclasses.replace(parts, joins=sql.key_joins(information_type), data=parts.key, complete="true")
    capture_keys = _render(information_type, gone, operation="d", written="old_rows")
    return _lock_parents(information_type, "old_rows") + capture_keys


def _capture(information_type: InformationType, *, template: str = _ONE_OR_MANY, **parts: str) -> str:
    return _render(information_type, sql.row_sql(information_type, looked_up=True), template=template, **parts)


def _render(
    information_type: InformationType,
    parts: sql.RowSql,
    *,
    operation: str,
    written: str = "new_rows",
    changed: str | None = None,
    template: str = _ONE_OR_MANY,
) -> str:
    return (template + _ALL_CAPTURED).format(
        number=information_type.number,
        table=information_type.model._meta.db_table,
        company_id=parts.company_id,
        order=parts.order,
        only=parts.only,
        complete=parts.complete,
        operation=operation,
        written=written,
        changed=f"changed as materialized ({changed}),\n" if changed else "",
        rows="changed" if changed else written,
        line=parts.data,
        joins=parts.joins,
        page_rows=PAGE_ROWS,
        missing_parent=MISSING_PARENT,
    )


def _lock_parents(information_type: InformationType, *tables: str) -> str:
    # Two writers, one on a parent and one on its row, would each copy the other's old value: the row's writer locks
    # the parent before it reads, in a statement of its own, and draws the set's id after it. Free for own parents.
    locks = ""
    for parent in sql.parents(information_type):
        column = sql.column_of(information_type.model, parent.foreign_key)
        ids = " union ".join(f"select {column} from {rows}" for rows in tables)
        locks += f"""
            perform 1 from {parent.model._meta.db_table}
            where id = any(array({ids})) and xmin <> pg_current_xact_id()::xid
            order by id for no key update;"""
    return _read_committed() + locks if locks else ""


def _read_committed() -> str:
    # In another isolation level the read after the lock would still see the old parent.
    return f"""
            if current_setting('transaction_isolation') <> 'read committed' then
                raise exception 'Write to % in READ COMMITTED: in % a copy could miss what others change meanwhile.',
                    tg_table_name, current_setting('transaction_isolation') using errcode = '{ISOLATION}';
            end if;"""


def _trigger(
    name: str, operation: pgtrigger.Operation, func: str, *, old: bool = False, new: bool = False
) -> DatabaseTrigger:
    referencing = pgtrigger.Referencing(old="old_rows" if old else None, new="new_rows" if new else None)
    return DatabaseTrigger(
        name=name,
        when=pgtrigger.After,
        operation=operation,
        level=pgtrigger.Statement,
        referencing=referencing,
        declare=DECLARATIONS,
        func=f"{func}\nreturn null;",
    )


def _no_truncate() -> DatabaseTrigger:
    return DatabaseTrigger(
        name="no_truncate",
        when=pgtrigger.Before,
        operation=pgtrigger.Truncate,
        level=pgtrigger.Statement,
        func=f"""
            if current_setting('utkorg.allow_truncate', true) is distinct from 'on' then
                raise exception 'TRUNCATE of % would tell no integration: delete the rows instead.', tg_table_name
                    using errcode = '{TRUNCATE}';
            end if;
            return null;
        """,
    )
