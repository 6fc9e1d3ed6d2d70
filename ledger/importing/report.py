"""What an import did, and whether the books add up afterwards."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

from django.db import connection

from ledger.importing.remarks import Remark
from ledger.models import Company, FinancialYear

# Closing is #UB for balance accounts, #RES for the others; what the file doesn't state is zero.
SUMS = """
    with opening as (
        select account_id, sum(amount) as amount from ledger_balance
        where financial_year_id = %(year)s and kind = 'IB' group by account_id
    ),
    closing as (
        select account_id, sum(amount) as amount from ledger_balance
        where financial_year_id = %(year)s and kind in ('UB', 'RES') group by account_id
    ),
    turnover as (
        select entry.account_id, sum(entry.amount) as amount
        from ledger_voucher voucher join ledger_ledgerentry entry on entry.voucher_id = voucher.id
        where voucher.financial_year_id = %(year)s group by entry.account_id
    )
    select account.number, account.name, coalesce(opening.amount, 0), coalesce(turnover.amount, 0),
        coalesce(closing.amount, 0)
    from opening
    full join turnover using (account_id)
    full join closing using (account_id)
    join ledger_account account on account.id = account_id
    order by account.number
"""
STAGED_SUMS = """
    with opening as (
        select account, sum(amount) as amount from import_balance
        where year = %(opening_year)s and kind = 'IB' group by account
    ),
    closing as (
        select account, sum(amount) as amount from import_balance
        where year = 0 and kind in ('UB', 'RES') group by account
    ),
    turnover as (
        select account, sum(amount) as amount from import_row group by account
    )
    select account, ledger_account.name, coalesce(opening.amount, 0), coalesce(turnover.amount, 0),
        coalesce(closing.amount, 0)
    from opening
    full join turnover using (account)
    full join closing using (account)
    join ledger_account on company_id = %(company)s and number = account
    order by account
"""

Format = Literal["SIE", "SAF-T"]


@dataclass(frozen=True, kw_only=True)
class AccountBalance:
    """One account in one financial year, in the company's currency, debit positive."""

    account: str
    name: str
    opening: Decimal
    vouchers: Decimal
    closing: Decimal

    @property
    def difference(self) -> Decimal:
        """What opening balance and vouchers make too much; zero where the closing balance agrees."""
        return self.opening + self.vouchers - self.closing


@dataclass(frozen=True, kw_only=True)
class BalanceReport:
    """Opening + vouchers = closing, account by account."""

    first_day: dt.date
    last_day: dt.date
    accounts: tuple[AccountBalance, ...]

    @property
    def differences(self) -> tuple[AccountBalance, ...]:
        """The accounts whose closing balance is another than opening balance and vouchers make."""
        return tuple(balance for balance in self.accounts if balance.difference)


@dataclass(frozen=True, kw_only=True)
class Changes:
    """How the registers differ from before; partners are customers and suppliers."""

    accounts_created: int = 0
    partners_created: int = 0
    partners_changed: int = 0
    vouchers_created: int = 0
    vouchers_changed: int = 0
    vouchers_unchanged: int = 0
    rows_created: int = 0
    rows_changed: int = 0
    rows_deleted: int = 0


@dataclass(frozen=True, kw_only=True)
class ImportReport:
    """What a file held, what of it was new, and how its balances fit.

    `version` is the type of a SIE file and the version of a SAF-T file. `accounts`, `objects`, `vouchers`, `rows` and
    `balances` count what the file states. `others_kept` counts the vouchers of the exported year that the file doesn't
    hold: they stay, since bookkeeping never takes a voucher away and an export may hold a part of the year.
    `balance_report` is None for a file without both balances and vouchers.
    """

    file: str
    format: Format
    version: str
    company: str
    company_name: str
    company_is_new: bool
    years: tuple[tuple[dt.date, dt.date], ...]
    accounts: int
    objects: int
    vouchers: int
    rows: int
    balances: int
    changes: Changes
    others_kept: int
    warnings: tuple[Remark, ...]
    balance_report: BalanceReport | None
    customers: int = 0
    suppliers: int = 0


def balance_report(year: FinancialYear) -> BalanceReport:
    """Compare opening balance and vouchers with the closing balance that the file states, for each account."""
    return _compare(SUMS, {"year": year.pk}, year.first_day, year.last_day)


def staged_balance_report(
    *, company: Company, first_day: dt.date, last_day: dt.date, opening_year: int = 0
) -> BalanceReport:
    """Compare what the file itself states, before anything of it is stored."""
    return _compare(STAGED_SUMS, {"company": company.pk, "opening_year": opening_year}, first_day, last_day)


def _compare(query: str, parameters: dict[str, Any], first_day: dt.date, last_day: dt.date) -> BalanceReport:
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        accounts = tuple(
            AccountBalance(account=number, name=name, opening=opening, vouchers=vouchers, closing=closing)
            for number, name, opening, vouchers, closing in cursor.fetchall()
        )
    return BalanceReport(first_day=first_day, last_day=last_day, accounts=accounts)
