"""The staged vouchers into the register: new ones whole, known ones just where they differ, piece by piece.

A statement writes whole vouchers of some 10 000 rows, ordered by voucher and row: large enough for speed, small enough
for the transition tables of the statement-level triggers.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from django.db import connection
from django.db.backends.utils import CursorWrapper

from ledger.importing.exceptions import PeriodLockedError
from ledger.importing.messages import message as _
from ledger.importing.report import Changes
from ledger.importing.targets import COLUMNS, columns_of, give_numbers
from ledger.models import Company, FinancialYear

# Known vouchers whose texts, dates or rows are others than in the file. Rows are compared by their place first, which
# costs no sorting by content and finds most vouchers unchanged.
FIND_CHANGED = f"""
    drop table if exists pg_temp.import_changed;
    create temp table import_changed on commit drop as
    with in_register as (
        select target.position, {columns_of("entry")},
            row_number() over (partition by target.position order by entry.row)::int as ordinal
        from import_target target join ledger_ledgerentry entry on entry.voucher_id = target.voucher_id
        where target.state = 'known'
    ),
    in_file as (
        select entry.* from import_target target join import_entry entry using (position) where target.state = 'known'
    )
    select position from in_register full join in_file using (position, ordinal)
    where ({columns_of("in_register")}) is distinct from ({columns_of("in_file")})
    union
    select target.position
    from import_target target
    join import_voucher staged using (position)
    join ledger_voucher voucher on voucher.id = target.voucher_id
    where target.state = 'known'
      and (voucher.voucher_date, voucher.text, voucher.registered_on, voucher.signature)
          is distinct from (staged.voucher_date, staged.text, staged.registered_on, staged.signature);
    analyze import_changed;
"""
# Which row of the register each row of a changed voucher is: the same row, else one on the same account, else a new
# one. `ordinal` is null for rows that go, `row` for rows that come.
PAIR_ROWS = f"""
    drop table if exists pg_temp.import_pair;
    create temp table import_pair on commit drop as
    with in_file as (
        select *, row_number() over (partition by position, content order by ordinal) as nth
        from (
            select entry.position, entry.ordinal, entry.account_id, row({columns_of("entry")})::text as content
            from import_changed join import_entry entry using (position)
        ) entry
    ),
    in_register as (
        select *, row_number() over (partition by position, content order by row) as nth
        from (
            select target.position, entry.row, entry.account_id, row({columns_of("entry")})::text as content
            from import_changed join import_target target using (position)
            join ledger_ledgerentry entry on entry.voucher_id = target.voucher_id
        ) entry
    ),
    same as (
        select position, in_file.ordinal, in_register.row
        from in_file join in_register using (position, content, nth)
    ),
    left_in_file as (
        select position, ordinal, account_id,
            row_number() over (partition by position, account_id order by ordinal) as nth
        from in_file where not exists (
            select from same where same.position = in_file.position and same.ordinal = in_file.ordinal)
    ),
    left_in_register as (
        select position, row, account_id, row_number() over (partition by position, account_id order by row) as nth
        from in_register where not exists (
            select from same where same.position = in_register.position and same.row = in_register.row)
    )
    select position, left_in_file.ordinal, left_in_register.row
    from left_in_file full join left_in_register using (position, account_id, nth);
    create index on import_pair (position);
    analyze import_pair;
"""
LOCKED = """
    select target.line, staged.voucher_date, year.locked_until
    from import_target target
    join import_voucher staged using (position)
    join ledger_financialyear year on year.id = target.financial_year_id
    left join ledger_voucher known on known.id = target.voucher_id
    where (target.state in ('new', 'unnumbered') or target.position in (select position from import_changed))
      and least(staged.voucher_date, known.voucher_date) <= year.locked_until
    order by target.line limit 1
"""
IN_CHUNK = "target.position between %(first)s and %(last)s"
# Said of both sides of the join: the planner doesn't conclude from one to the other.
ENTRIES_IN_CHUNK = f"{IN_CHUNK} and entry.position between %(first)s and %(last)s"

INSERT_VOUCHERS = f"""
    insert into ledger_voucher
        (id, company_id, financial_year_id, series, number, voucher_date, text, registered_on, signature, last_row,
        fingerprint)
    select target.voucher_id, %(company)s, target.financial_year_id, target.series, target.number, staged.voucher_date,
        staged.text, staged.registered_on, staged.signature, staged.rows, target.fingerprint
    from import_target target join import_voucher staged using (position)
    where target.state = %(state)s and {IN_CHUNK}
    order by target.position
"""
INSERT_ENTRIES = f"""
    insert into ledger_ledgerentry (voucher_id, row, {", ".join(COLUMNS)})
    select target.voucher_id, entry.ordinal, {columns_of("entry")}
    from import_target target join import_entry entry using (position)
    where target.state = %(state)s and {ENTRIES_IN_CHUNK}
    order by target.position, entry.ordinal
"""
# The voucher's lock first, then its rows: capture and the posting service take them in the same order.
# Compared a second time once they are locked: somebody may have changed one between. Who changes one of the others now
# comes after the import.
LOCK_CHANGED = """
    select id from ledger_voucher where id = any(array(
        select target.voucher_id from import_target target join import_changed using (position)))
    order by id for no key update
"""
REMEMBER_LOCKED = """
    drop table if exists pg_temp.import_locked;
    create temp table import_locked on commit drop as select position from import_changed
"""
KEEP_LOCKED = "delete from import_changed where position not in (select position from import_locked)"
UPDATE_VOUCHERS = f"""
    update ledger_voucher voucher
    set voucher_date = staged.voucher_date, text = staged.text, registered_on = staged.registered_on,
        signature = staged.signature
    from import_changed
    join import_target target using (position)
    join import_voucher staged using (position)
    where voucher.id = target.voucher_id and {IN_CHUNK}
      and (voucher.voucher_date, voucher.text, voucher.registered_on, voucher.signature)
          is distinct from (staged.voucher_date, staged.text, staged.registered_on, staged.signature)
"""
# Before rows are deleted, so that the highest number ever given is known even where a program wrote past us.
ADD_ENTRIES = f"""
    insert into ledger_ledgerentry (voucher_id, row, {", ".join(COLUMNS)})
    select target.voucher_id,
        greatest(voucher.last_row, (select max(row) from ledger_ledgerentry where voucher_id = voucher.id))
            + row_number() over (partition by target.position order by pair.ordinal),
        {columns_of("entry")}
    from import_pair pair
    join import_target target using (position)
    join ledger_voucher voucher on voucher.id = target.voucher_id
    join import_entry entry on entry.position = pair.position and entry.ordinal = pair.ordinal
    where pair.row is null and {ENTRIES_IN_CHUNK}
    order by target.voucher_id, pair.ordinal
"""
NOTE_LAST_ROW = f"""
    update ledger_voucher voucher set last_row = highest.row
    from (
        select target.voucher_id, max(entry.row) as row
        from import_changed join import_target target using (position)
        join ledger_ledgerentry entry on entry.voucher_id = target.voucher_id
        where {IN_CHUNK} group by target.voucher_id
    ) highest
    where voucher.id = highest.voucher_id and voucher.last_row < highest.row
"""
CHANGE_ENTRIES = f"""
    update ledger_ledgerentry entry
    set {", ".join(f"{column} = staged.{column}" for column in COLUMNS)}
    from import_pair pair
    join import_target target using (position)
    join import_entry staged on staged.position = pair.position and staged.ordinal = pair.ordinal
    where entry.voucher_id = target.voucher_id and entry.row = pair.row
      and {IN_CHUNK} and staged.position between %(first)s and %(last)s
"""
DELETE_ENTRIES = f"""
    delete from ledger_ledgerentry entry
    using import_pair pair join import_target target using (position)
    where pair.ordinal is null and entry.voucher_id = target.voucher_id and entry.row = pair.row and {IN_CHUNK}
"""
COUNTS = """
    select count(*) filter (where state in ('new', 'unnumbered')), (select count(*) from import_changed),
        count(*) filter (where state in ('known', 'recognised'))
    from import_target
"""
NOT_IN_FILE = """
    select count(*) from ledger_voucher voucher
    where financial_year_id = %s and not exists (select from import_target where voucher_id = voucher.id)
"""
# The plans inside the registers' triggers follow the tables' statistics. Where autovacuum looks at a table that holds
# nothing but this import's uncommitted rows, it notes "no rows", and each statement then reads the table over and over.
# So the first piece into registers that are smaller than the file tells the truth, and keeps others from telling until
# commit. Who finds the tables taken by another import leaves it to that one.
IS_SMALL = (
    "select sum(reltuples) < %s from pg_class where oid in ('ledger_voucher'::regclass, 'ledger_ledgerentry'::regclass)"
)
LOOK_AGAIN = "analyze (skip_locked) ledger_voucher, ledger_ledgerentry"

Chunk = tuple[int, int]


def compare_vouchers() -> Changes:
    """Find what differs between the staged vouchers and the register, without writing anything.

    The vouchers that differ are held until the transaction's end. Raises `PeriodLockedError`.
    """
    with connection.cursor() as cursor:
        _find_changed(cursor)
        _refuse_locked(cursor)
        return _count_vouchers(cursor)


def merge_vouchers(*, company: Company, chunks: Sequence[Chunk], progress: Callable[[Chunk], None]) -> Changes:
    """Write what differs between the staged vouchers and the register; `progress` hears of each piece done.

    Raises `PeriodLockedError` before anything is written.
    """
    changes = compare_vouchers()
    with connection.cursor() as cursor:
        cursor.execute(PAIR_ROWS)
        if changes.vouchers_changed:
            changes = _change_known(cursor, chunks, changes, progress)
        rows = 0
        if changes.vouchers_created:
            rows = _insert(cursor, company, chunks, "new", progress)
            if give_numbers():
                rows += _insert(cursor, company, chunks, "unnumbered", progress)
    return replace(changes, rows_created=changes.rows_created + rows)


def count_others(year: FinancialYear) -> int:
    """How many vouchers of a year the file doesn't hold."""
    with connection.cursor() as cursor:
        cursor.execute(NOT_IN_FILE, [year.pk])
        return int(cursor.fetchone()[0])


def _find_changed(cursor: CursorWrapper) -> None:
    cursor.execute(FIND_CHANGED)
    cursor.execute(LOCK_CHANGED)
    if cursor.rowcount:
        cursor.execute(REMEMBER_LOCKED)
        cursor.execute(FIND_CHANGED)
        cursor.execute(KEEP_LOCKED)


def _refuse_locked(cursor: CursorWrapper) -> None:
    cursor.execute(LOCKED)
    for line, date, locked_until in cursor.fetchall():
        raise PeriodLockedError(
            _("The voucher of %(date)s is in a locked period (until %(locked)s).")
            % {"date": date, "locked": locked_until},
            line=line,
            advice=_("Unlock the period in the financial year, or leave the voucher out."),
        )


def _count_vouchers(cursor: CursorWrapper) -> Changes:
    cursor.execute(COUNTS)
    created, changed, found = cursor.fetchone()
    return Changes(vouchers_created=created, vouchers_changed=changed, vouchers_unchanged=found - changed)


def _change_known(
    cursor: CursorWrapper, chunks: Sequence[Chunk], changes: Changes, progress: Callable[[Chunk], None]
) -> Changes:
    created = changed = deleted = 0
    for first, last in chunks:
        parameters = {"first": first, "last": last}
        cursor.execute(UPDATE_VOUCHERS, parameters)
        created += _rows_of(cursor, ADD_ENTRIES, parameters)
        cursor.execute(NOTE_LAST_ROW, parameters)
        changed += _rows_of(cursor, CHANGE_ENTRIES, parameters)
        deleted += _rows_of(cursor, DELETE_ENTRIES, parameters)
        progress((first, last))
    return replace(changes, rows_created=created, rows_changed=changed, rows_deleted=deleted)


def _insert(
    cursor: CursorWrapper, company: Company, chunks: Sequence[Chunk], state: str, progress: Callable[[Chunk], None]
) -> int:
    rows = 0
    for first, last in chunks:
        parameters: dict[str, Any] = {"first": first, "last": last, "state": state, "company": company.pk}
        cursor.execute(INSERT_VOUCHERS, parameters)
        rows += _rows_of(cursor, INSERT_ENTRIES, parameters)
        if first == 1 and len(chunks) > 1:
            _keep_statistics_true(cursor, rows * len(chunks))
        progress((first, last))
    return rows


def _keep_statistics_true(cursor: CursorWrapper, expected_rows: int) -> None:
    cursor.execute(IS_SMALL, [expected_rows])
    if cursor.fetchone()[0]:
        cursor.execute(LOOK_AGAIN)


def _rows_of(cursor: CursorWrapper, statement: str, parameters: Mapping[str, Any]) -> int:
    cursor.execute(statement, parameters)
    return int(cursor.rowcount)
