"""What an import did, and whether the books add up afterwards."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from django.db import connection

from ledger.models import FinancialYear
from ledger.sie.records import SieType
from ledger.sie.remarks import Remark

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
    """How the register of vouchers differs from before."""

    vouchers_created: int = 0
    vouchers_changed: int = 0
    vouchers_unchanged: int = 0
    rows_created: int = 0
    rows_changed: int = 0
    rows_deleted: int = 0


@dataclass(frozen=True, kw_only=True)
class ImportReport:
    """What a file held, what of it was new, and how its balances fit.

    `accounts`, `objects`, `vouchers`, `rows` and `balances` count the file's lines. `others_kept` counts the vouchers
    of the exported year that the file doesn't hold: they stay, since bookkeeping never takes a voucher away and an
    export may hold a part of the year. `balance_report` is None for a file without both balances and vouchers.
    """

    file: str
    sie_type: SieType
    company: str
    company_name: str
    accounts: int
    objects: int
    vouchers: int
    rows: int
    balances: int
    changes: Changes
    others_kept: int
    warnings: tuple[Remark, ...]
    balance_report: BalanceReport | None


def balance_report(year: FinancialYear) -> BalanceReport:
    """Compare opening balance and vouchers with the closing balance that the file states, for each account."""
    with connection.cursor() as cursor:
        cursor.execute(SUMS, {"year": year.pk})
        accounts = tuple(
            AccountBalance(account=number, name=name, opening=opening, vouchers=vouchers, closing=closing)
            for number, name, opening, vouchers, closing in cursor.fetchall()
        )
    return BalanceReport(first_day=year.first_day, last_day=year.last_day, accounts=accounts)
