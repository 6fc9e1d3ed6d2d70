"""The service that stores a SIE file, as a whole or not at all."""

from functools import partial
from typing import BinaryIO

from ledger.importing.records import BalanceLine, Row, VoucherEnd, VoucherStart
from ledger.importing.report import BalanceReport
from ledger.importing.running import Import, Progress, Watch, run_import, year_report
from ledger.models import Account, Company, FinancialYear
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


class SieImport(Import):
    """A SIE file on its way."""

    format = "SIE"

    def __init__(self, stream: BinaryIO, name: str, progress: Watch) -> None:
        super().__init__(name, progress)
        self._reader = SieReader(stream, name)
        self.warnings = self._reader.warnings
        self._chart.type_of = lambda number: BAS_CLASSES.get(number[0])

    @property
    def identity(self) -> SieIdentity:
        return self._reader.identity

    @property
    def version(self) -> str:
        return self.identity.sie_type

    @property
    def _is_whole_year(self) -> bool:
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

    def _staged_balances(self, company: Company, years: dict[int, FinancialYear]) -> BalanceReport | None:
        return super()._staged_balances(company, years) if self._is_whole_year else None

    def _stored_balances(self, years: dict[int, FinancialYear]) -> BalanceReport | None:
        return year_report(years) if self._is_whole_year else None


# Stores a SIE file of type 1, 2, 3, 4 or 4I; see `run_import`.
import_sie_file = partial(run_import, SieImport)
