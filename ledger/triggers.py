"""What the database refuses, whoever writes: admin, REST, import, raw SQL.

Every refusal is an integrity error (SQLSTATE class 23) with a code of its own, so that `ledger.exceptions` tells them
apart without reading messages.
"""

import pgtrigger

from information_types.sql import looked_up
from information_types.triggers import DatabaseTrigger

UNBALANCED = "23U01"
PERIOD_LOCKED = "23U02"
OUTSIDE_YEAR = "23U03"
FOREIGN_COMPANY = "23U04"
NATURAL_KEY_CHANGED = "23U05"
YEARS_OVERLAP = "23U06"

OF_VOUCHER = looked_up("ledger_voucher", "voucher", "id = entry.voucher_id")

NEW = pgtrigger.Referencing(new="new_rows")
OLD = pgtrigger.Referencing(old="old_rows")
BOTH = pgtrigger.Referencing(old="old_rows", new="new_rows")


def natural_key_never_changes(*columns: str) -> DatabaseTrigger:
    """Refuse an update of the primary key or of a column of the natural key: the row is deleted and created instead."""
    changed = " or ".join(f"old.{column} is distinct from new.{column}" for column in ("id", *columns))
    return DatabaseTrigger(
        name="natural_key_never_changes",
        when=pgtrigger.Before,
        operation=pgtrigger.Update,
        level=pgtrigger.Row,
        condition=pgtrigger.Condition(changed),
        func=f"""
            raise exception 'The key of a row in % never changes ({", ".join(columns)}): delete it and create another.',
                tg_table_name using errcode = '{NATURAL_KEY_CHANGED}';
        """,
    )


def references_of_company(**tables: str) -> list[DatabaseTrigger]:
    """Refuse a row that points, by one of the given foreign keys, to a row of another company (`supplier="…table"`)."""
    check = "".join(_reference_of_company(name, table) for name, table in tables.items())
    return [
        DatabaseTrigger(
            name=f"references_of_company_{verb}",
            when=pgtrigger.After,
            operation=operation,
            level=pgtrigger.Statement,
            referencing=referencing,
            func=f"{check}\nreturn null;",
        )
        for verb, operation, referencing in (("insert", pgtrigger.Insert, NEW), ("update", pgtrigger.Update, BOTH))
    ]


def voucher_rules() -> list[DatabaseTrigger]:
    """A voucher's date lies in its year, its year is its company's, and its period is open, before and after."""
    insert = _lock_years("new_rows") + _voucher_in_its_year() + _voucher_period_open("new_rows")
    update = _lock_years("new_rows") + _voucher_in_its_year() + _voucher_period_open("old_rows", "new_rows")
    delete = _lock_years("old_rows") + _voucher_period_open("old_rows")
    return _by_statement("voucher_rules", insert=insert, update=update, delete=delete)


def ledger_entry_rules() -> list[DatabaseTrigger]:
    """A row's account and dimensions are its company's, its voucher's period is open, its voucher balances."""
    insert = _entry_period_open("new_rows") + _entry_of_company() + _note_unbalanced("select * from new_rows")
    update = (
        _entry_period_open("new_rows")
        + _entry_of_company()
        + _note_unbalanced("""
            select voucher_id, amount from new_rows
            union all
            select voucher_id, -amount from old_rows""")
    )
    delete = _entry_period_open("old_rows") + _note_unbalanced("select * from old_rows")
    return _by_statement("ledger_entry_rules", insert=insert, update=update, delete=delete)


def balance_at_commit() -> DatabaseTrigger:
    """Look at commit at each voucher that a statement left unbalanced; the first note of a voucher answers for all."""
    return DatabaseTrigger(
        name="balance_at_commit",
        when=pgtrigger.After,
        operation=pgtrigger.Insert,
        level=pgtrigger.Row,
        timing=pgtrigger.Deferred,
        declare=[("difference", "numeric"), ("label", "text")],
        func=f"""
            delete from ledger_unbalancedvoucher where voucher_id = new.voucher_id;
            if not found then
                return null;
            end if;
            select sum(amount) into difference from ledger_ledgerentry where voucher_id = new.voucher_id;
            if difference <> 0 then
                select concat_ws(' ', nullif(series, ''), number) into label
                from ledger_voucher where id = new.voucher_id;
                raise exception 'Voucher % does not sum to zero: debit less credit is %.', label, difference
                    using errcode = '{UNBALANCED}', detail = difference::text;
            end if;
            return null;
        """,
    )


def years_do_not_overlap() -> DatabaseTrigger:
    """Two financial years of a company never share a day."""
    return DatabaseTrigger(
        name="years_do_not_overlap",
        when=pgtrigger.After,
        operation=pgtrigger.Insert | pgtrigger.Update,
        level=pgtrigger.Row,
        func=f"""
            perform 1 from ledger_company where id = new.company_id for no key update;
            if exists (
                select from ledger_financialyear other
                where other.company_id = new.company_id and other.id <> new.id
                  and other.first_day <= new.last_day and other.last_day >= new.first_day
            ) then
                raise exception 'The financial year % to % overlaps another of the company.',
                    new.first_day, new.last_day using errcode = '{YEARS_OVERLAP}';
            end if;
            if exists (
                select from ledger_voucher
                where financial_year_id = new.id and voucher_date not between new.first_day and new.last_day
            ) then
                raise exception 'The financial year % to % would leave vouchers outside.',
                    new.first_day, new.last_day using errcode = '{OUTSIDE_YEAR}';
            end if;
            return null;
        """,
    )


def _by_statement(name: str, *, insert: str, update: str, delete: str) -> list[DatabaseTrigger]:
    parts = (
        ("insert", pgtrigger.Insert, NEW, insert),
        ("update", pgtrigger.Update, BOTH, update),
        ("delete", pgtrigger.Delete, OLD, delete),
    )
    return [
        DatabaseTrigger(
            name=f"{name}_{verb}",
            when=pgtrigger.After,
            operation=operation,
            level=pgtrigger.Statement,
            referencing=referencing,
            declare=[("wrong", "record")],
            func=f"{func}\nreturn null;",
        )
        for verb, operation, referencing, func in parts
    ]


def _lock_years(rows: str) -> str:
    # A period is locked by an update of its year, which waits for those who post in it, and they for it.
    return f"""
            perform 1 from ledger_financialyear
            where id = any(array(select financial_year_id from {rows})) order by id for share;"""


def _voucher_in_its_year() -> str:
    return f"""
            select voucher.voucher_date, year.first_day, year.last_day, voucher.company_id <> year.company_id as foreign
            into wrong
            from new_rows voucher {looked_up("ledger_financialyear", "year", "id = voucher.financial_year_id")}
            where voucher.voucher_date not between year.first_day and year.last_day
               or voucher.company_id <> year.company_id
            limit 1;
            if wrong.foreign then
                raise exception 'A voucher and its financial year are of different companies.'
                    using errcode = '{FOREIGN_COMPANY}';
            elsif found then
                raise exception 'The date % is outside the financial year % to %.',
                    wrong.voucher_date, wrong.first_day, wrong.last_day using errcode = '{OUTSIDE_YEAR}';
            end if;"""


def _voucher_period_open(*tables: str) -> str:
    return "".join(_period_open(f"{rows} voucher") for rows in tables)


def _entry_period_open(rows: str) -> str:
    vouchers = f"(select distinct voucher_id from {rows}) entry {OF_VOUCHER}"
    lock = f"""
            perform 1 from ledger_financialyear where id = any(array(select voucher.financial_year_id from {vouchers}))
            order by id for share;"""
    return lock + _period_open(vouchers)


def _period_open(vouchers: str) -> str:
    return f"""
            select voucher.voucher_date, year.locked_until into wrong
            from {vouchers} {looked_up("ledger_financialyear", "year", "id = voucher.financial_year_id")}
            where voucher.voucher_date <= year.locked_until
            limit 1;
            if found then
                raise exception 'The period of % is locked: the year is locked until %.',
                    wrong.voucher_date, wrong.locked_until using errcode = '{PERIOD_LOCKED}';
            end if;"""


DIMENSIONS = ("cost_centre", "project", "object", "management_area")


def _entry_of_company() -> str:
    # All in one look: five would each find every row's voucher again, as dear as the capture.
    wrong = {column: _wrong_dimension(column, number) for number, column in enumerate(DIMENSIONS, 1)}
    joins = "".join(
        f"""
            left join ledger_dimensionvalue {column} on {column}.id = entry.{column}_id"""
        for column in DIMENSIONS
    )
    found = " ".join(f"when {condition} then '{column}'" for column, condition in wrong.items())
    return f"""
            select case when account.company_id <> voucher.company_id then 'account' {found} end as reference
            into wrong
            from new_rows entry
            {OF_VOUCHER}
            left join ledger_account account on account.id = entry.account_id{joins}
            where account.company_id <> voucher.company_id or {" or ".join(wrong.values())}
            limit 1;
            if found then
                raise exception 'A row''s % is of another company or dimension than it should be.', wrong.reference
                    using errcode = '{FOREIGN_COMPANY}';
            end if;"""


def _wrong_dimension(column: str, number: int) -> str:
    return f"{column}.company_id <> voucher.company_id or {column}.dimension <> {number}"


def _reference_of_company(name: str, table: str) -> str:
    return f"""
            if exists (
                select from new_rows changed {looked_up(table, "target", f"id = changed.{name}_id")}
                where target.company_id <> changed.company_id
            ) then
                raise exception 'The {name} is of another company.' using errcode = '{FOREIGN_COMPANY}';
            end if;"""


def _note_unbalanced(rows: str) -> str:
    # Sums what the statement changed, without reading the register: who was balanced and changed by zero still is.
    return f"""
            insert into ledger_unbalancedvoucher (voucher_id)
            select voucher_id from ({rows}) changed group by voucher_id having sum(amount) <> 0;"""
