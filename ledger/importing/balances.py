"""The balances that a file states, kept per financial year, account, kind, period and objects."""

from collections.abc import Mapping
from typing import Any

from django.db import connection
from django.db.backends.utils import CursorWrapper

from ledger.importing.messages import counted as ngettext
from ledger.importing.records import Labels
from ledger.importing.remarks import Remarks
from ledger.models import Company, FinancialYear

UNKNOWN_YEARS = (
    "select year, min(line), count(*) from import_balance where year <> all(%(numbers)s) group by 1 order by 2"
)
UNKNOWN_ACCOUNTS = """
    select balance.account, min(balance.line), count(*)
    from import_balance balance
    where not exists (
        select from ledger_account account
        where account.company_id = %(company)s and account.number = balance.account
    )
    group by 1 order by 2
"""
RESOLVE = """
    drop table if exists pg_temp.import_stated;
    create temp table import_stated on commit drop as
    select year.id as financial_year_id, account.id as account_id, balance.kind, balance.period, balance.objects,
        sum(balance.amount) as amount, sum(balance.quantity) as quantity, max(balance.line) as line, count(*) as lines
    from import_balance balance
    join unnest(%(numbers)s::int[], %(years)s::bigint[]) as year (number, id) on year.number = balance.year
    join ledger_account account on account.company_id = %(company)s and account.number = balance.account
    group by year.id, account.id, balance.kind, balance.period, balance.objects
"""
STATED_TWICE = "select min(line), count(*) from import_stated where lines > 1 having count(*) > 0"
# A file replaces what an earlier one said of the same kind and year, with and without objects each for themselves: a
# file of type 2 knows nothing of objects, and takes none away.
DELETE_STALE = """
    delete from ledger_balance balance
    where (financial_year_id, kind, objects = '{}') in (
        select distinct financial_year_id, kind, objects = '{}' from import_stated
    )
    and not exists (
        select from import_stated stated
        where stated.financial_year_id = balance.financial_year_id and stated.account_id = balance.account_id
          and stated.kind = balance.kind and stated.period is not distinct from balance.period
          and stated.objects = balance.objects
    )
"""
STORE = """
    insert into ledger_balance as balance (financial_year_id, account_id, kind, period, objects, amount, quantity)
    select financial_year_id, account_id, kind, period, objects, amount, quantity from import_stated
    on conflict (financial_year_id, account_id, kind, period, objects)
    do update set amount = excluded.amount, quantity = excluded.quantity
    where (balance.amount, balance.quantity) is distinct from (excluded.amount, excluded.quantity)
"""


def store_balances(*, company: Company, years: Mapping[int, FinancialYear], labels: Labels, warnings: Remarks) -> None:
    """Store the staged balances; what has no year or account in the file is left out with a warning."""
    parameters: dict[str, Any] = {
        "company": company.pk,
        "numbers": list(years),
        "years": [year.pk for year in years.values()],
    }
    with connection.cursor() as cursor:
        _warn_of_unknown(cursor, parameters, labels, warnings)
        cursor.execute(RESOLVE, parameters)
        _warn_of_repeated(cursor, warnings)
        cursor.execute(DELETE_STALE)
        cursor.execute(STORE)


def _warn_of_unknown(cursor: CursorWrapper, parameters: Mapping[str, Any], labels: Labels, warnings: Remarks) -> None:
    cursor.execute(UNKNOWN_YEARS, parameters)
    for number, line, count in cursor.fetchall():
        text = ngettext(
            "%(count)d balance of year %(year)d is left out: the file doesn't state that year (%(label)s).",
            "%(count)d balances of year %(year)d are left out: the file doesn't state that year (%(label)s).",
            count,
        )
        warnings.add(line, text % {"count": count, "year": number, "label": labels.year})
    cursor.execute(UNKNOWN_ACCOUNTS, parameters)
    for account, line, count in cursor.fetchall():
        text = ngettext(
            "%(count)d balance of account %(account)s is left out: it isn't declared (%(label)s).",
            "%(count)d balances of account %(account)s are left out: it isn't declared (%(label)s).",
            count,
        )
        warnings.add(line, text % {"count": count, "account": account, "label": labels.account})


def _warn_of_repeated(cursor: CursorWrapper, warnings: Remarks) -> None:
    cursor.execute(STATED_TWICE)
    for line, count in cursor.fetchall():
        text = ngettext(
            "%(count)d balance is stated several times; it is added up.",
            "%(count)d balances are stated several times; they are added up.",
            count,
        )
        warnings.add(line, text % {"count": count})
