"""The service that stores a SIE file, as a whole or not at all."""

from pathlib import Path
from typing import BinaryIO

from ledger.importing.company import FoundCompany
from ledger.importing.records import BalanceLine, Row, VoucherEnd, VoucherStart
from ledger.importing.report import BalanceReport, Changes, ImportReport
from ledger.importing.running import Conclude, Import, Progress, Watch, kept_beside, run_import, year_report
from ledger.models import Account, FinancialYear
from ledger.sie.reading import SieReader
from ledger.sie.records import AccountKind, AccountName, SieIdentity

__all__ = ["Progress", "import_sie_file"]

PROGRESS_LINES = 20_000
LETTERS = {
    "T": Account.Type.ASSET,
    "S": Account.Type.LIABILITY,
    "I": Account.Type.INCOME,
    "K": Account.Type.EXPENSE,
}
BAS_CLASSES = {
    "1": Account.Type.ASSET,
    "2": Account.Type.LIABILITY,
    "3": Account.Type.INCOME,
    **dict.fromkeys("4567", Account.Type.EXPENSE),
}


def import_sie_file(
    *,
    source: Path | BinaryIO,
    name: str,
    company_number: str | None = None,
    progress: Watch | None = None,
    is_preview: bool = False,
    conclude: Conclude | None = None,
) -> ImportReport:
    """Store a SIE file of type 1, 2, 3, 4 or 4I in the registers, in one transaction.

    What is there already and doesn't differ isn't written, so the same file again changes nothing. `name` is the file's
    name in messages. A preview tells what would change, and changes nothing. Raises `FileError` with file and line;
    then nothing is stored.
    """
    return run_import(
        SieImport,
        source=source,
        name=name,
        company_number=company_number,
        progress=progress,
        is_preview=is_preview,
        conclude=conclude,
    )


class SieImport(Import):
    """A SIE file on its way."""

    def __init__(self, stream: BinaryIO, name: str, progress: Watch) -> None:
        super().__init__(name, progress)
        self._reader = SieReader(stream, name)
        self.warnings = self._reader.warnings
        self._chart.type_of = lambda number: BAS_CLASSES.get(number[0])

    @property
    def identity(self) -> SieIdentity:
        return self._reader.identity

    @property
    def _is_export(self) -> bool:
        return self.identity.sie_type == "4" and self._staging.vouchers > 0

    def _read(self) -> None:
        try:
            for record in self._reader:
                match record:
                    case Row():
                        self._chart.use(record.account, record.line)
                        self._staging.add_row(record)
                    case VoucherStart():
                        self._staging.start()
                    case VoucherEnd():
                        self._staging.end(record)
                    case BalanceLine():
                        self._staging.add_balance(record)
                    case AccountName():
                        self._chart.add_account(record.number, record.name)
                    case AccountKind():
                        if record.letter in LETTERS:
                            self._chart.types[record.number] = LETTERS[record.letter]
                    case _:
                        self._chart.add(record)
                if self._reader.line % PROGRESS_LINES == 0:
                    self._progress(Progress("reading", self._reader.line, None, self._reader.share))
        finally:
            self.encoding = self._reader.encoding
        self.may_rename = self.identity.sie_type != "4I"

    def _stored_balances(self, years: dict[int, FinancialYear]) -> BalanceReport | None:
        return year_report(years) if self._is_export else None

    def _report(self, found: FoundCompany, years: dict[int, FinancialYear], changes: Changes) -> ImportReport:
        is_export = self._is_export and 0 in years
        return ImportReport(
            file=self.name,
            format="SIE",
            version=self.identity.sie_type,
            company=found.company.number,
            company_name=found.company.name,
            company_is_new=found.is_new,
            years=tuple(sorted((year.first_day, year.last_day) for year in years.values())),
            accounts=self._chart.account_lines,
            objects=self._chart.object_lines,
            vouchers=self._staging.vouchers,
            rows=self._staging.rows,
            balances=self._staging.balances,
            changes=changes,
            others_kept=kept_beside(years) if is_export else 0,
            warnings=self.warnings.as_tuple(),
            balance_report=self._balance_report if is_export else None,
        )
