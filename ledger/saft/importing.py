"""The service that stores a SAF-T file, as a whole or not at all."""

from dataclasses import replace
from functools import partial
from typing import BinaryIO, Literal

from django.db import connection

from ledger.importing.company import FoundCompany
from ledger.importing.messages import message as _
from ledger.importing.records import BalanceLine, Row, VoucherEnd, Year
from ledger.importing.report import BalanceReport, Changes, ImportReport, staged_balance_report
from ledger.importing.running import Import, Progress, Watch, run_import
from ledger.models import Account, Company, FinancialYear
from ledger.saft.account_types import type_of_class
from ledger.saft.analyses import Analyses
from ledger.saft.partners import Partners
from ledger.saft.reading import SaftReader
from ledger.saft.records import Analysis, Line, Partner, SaftAccount, SaftIdentity, Transaction
from ledger.saft.years import voucher_date, years_of

# The opening balance of a selection that begins within a year is no opening balance of that year.
WITHIN_YEAR = 1
FORGET_OPENING = "delete from import_balance where year = %s"
ON_BALANCE_SHEET = {Account.Type.ASSET, Account.Type.LIABILITY}


class SaftImport(Import):
    """A SAF-T file on its way. Its company is known from the header on: analysis types are the company's."""

    format = "SAF-T"

    def __init__(self, stream: BinaryIO, name: str, progress: Watch) -> None:
        super().__init__(name, progress)
        self._reader = SaftReader(stream, name, self._has_read)
        self.warnings = self._reader.remarks
        self._chart.type_of = type_of_class
        self._analyses = Analyses(self._chart)
        self._partners = Partners()
        self._company: FoundCompany | None = None
        self._years: list[Year] = []
        self._opening_year = 0

    @property
    def identity(self) -> SaftIdentity:
        return self._reader.identity

    @property
    def version(self) -> str:
        return self.identity.version

    @property
    def _is_whole_year(self) -> bool:
        return self._opening_year != WITHIN_YEAR and self._staging.vouchers > 0

    def _has_read(self, share: float) -> None:
        self._progress(Progress("reading", self._staging.rows, None, share))

    def _read(self) -> None:
        for record in self._reader:
            match record:
                case Line():
                    self._add_line(record)
                case Transaction():
                    self._staging.start()
                    self._day = record.start.voucher_date
                    self._booked_on = voucher_date(record, self._years, self.warnings)
                case VoucherEnd():
                    booked = record.start._replace(voucher_date=self._booked_on)
                    self._staging.end(record._replace(start=booked))
                case SaftAccount():
                    self._add_account(record)
                case Partner():
                    self._partners.add(record)
                case Analysis():
                    self._analyses.declare(record)
                case SaftIdentity():
                    self._begin()

    def _begin(self) -> None:
        self._company = super()._find_company()
        self._analyses.of_company(self._company.company)
        selection = self.identity.selection
        if selection is None:
            return
        self._years = self.identity.years = years_of(self._company.company, selection)
        self._opening_year = self._years[0].number
        if selection.first_day != self._years[0].first_day:
            self._opening_year = WITHIN_YEAR
        if (selection.first_day, selection.last_day) != (self._years[0].first_day, self._years[-1].last_day):
            self.warnings.add(
                selection.line,
                _("The file holds a part of the financial year only: %(first)s–%(last)s.")
                % {"first": selection.first_day, "last": selection.last_day},
            )

    def _find_company(self) -> FoundCompany:
        return self._company or super()._find_company()

    def _add_line(self, line: Line) -> None:
        self._chart.use(line.account, line.line)
        if line.customer or line.supplier:
            self._analyses.name_partners()
        self._staging.add_row(
            Row(
                line=line.line,
                account=line.account,
                objects=self._analyses.objects(line.analyses, line.customer, line.supplier),
                amount=line.amount,
                entry_date=line.entry_date or self._day,
                text=line.text,
                quantity=line.quantity,
                signature="",
            )
        )

    def _add_account(self, account: SaftAccount) -> None:
        self._chart.add_account(account.number, account.name)
        if account.is_typed and account.account_type is not None:
            self._chart.types[account.number] = account.account_type
        kind: Literal["UB", "RES"] = "UB" if account.account_type in ON_BALANCE_SHEET else "RES"
        opening = BalanceLine(account.line, "IB", self._opening_year, None, account.number, (), account.opening, None)
        if account.opening:
            self._staging.add_balance(opening)
        self._staging.add_balance(opening._replace(kind=kind, year=0, amount=account.closing))

    def _store_partners(self, company: Company) -> Changes:
        stored = self._partners.store(company=company)
        return Changes(partners_created=stored.created, partners_changed=stored.changed)

    def _staged_balances(self, company: Company, _years: dict[int, FinancialYear]) -> BalanceReport | None:
        selection, report = self.identity.selection, None
        if selection is not None and self._staging.balances and self._staging.vouchers:
            report = staged_balance_report(
                company=company,
                first_day=selection.first_day,
                last_day=selection.last_day,
                opening_year=self._opening_year,
            )
        with connection.cursor() as cursor:
            cursor.execute(FORGET_OPENING, [WITHIN_YEAR])
        return report

    def _report(self, found: FoundCompany, years: dict[int, FinancialYear], changes: Changes) -> ImportReport:
        report = super()._report(found, years, changes)
        return replace(report, customers=self._partners.customers, suppliers=self._partners.suppliers)


# Stores a SAF-T Financial file of Norway; see `run_import`.
import_saft_file = partial(run_import, SaftImport)
