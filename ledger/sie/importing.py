"""The service that stores a SIE file, as a whole or not at all."""

import contextlib
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, Literal, NamedTuple

from django.db import DataError, IntegrityError, InterfaceError, OperationalError, transaction
from django.utils.translation import gettext_lazy as _

from ledger.exceptions import LedgerError
from ledger.models import Company, FinancialYear
from ledger.services.vouchers import ledger_refusals
from ledger.sie.balances import store_balances
from ledger.sie.chart import Chart, store_accounts, store_objects
from ledger.sie.company import find_company, open_years
from ledger.sie.exceptions import BrokenOffError, RefusedError, SieError, UnreadableError
from ledger.sie.merging import count_others, merge_vouchers
from ledger.sie.reading import SieReader
from ledger.sie.records import BalanceLine, Row, VoucherEnd, VoucherStart
from ledger.sie.report import Changes, ImportReport, balance_report
from ledger.sie.staging import Staging
from ledger.sie.targets import find_targets

PROGRESS_LINES = 20_000


class Progress(NamedTuple):
    """How far an import has come: lines read, or vouchers stored; `total` is None while it isn't known."""

    stage: Literal["reading", "storing"]
    done: int
    total: int | None


def import_sie_file(
    *,
    source: Path | BinaryIO,
    name: str,
    company_number: str | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> ImportReport:
    """Store a SIE file of type 1, 2, 3, 4 or 4I in the registers, in one transaction.

    What is there already and doesn't differ isn't written, so the same file again changes nothing. `name` is the file's
    name in messages. Raises `SieError` with file and line; then nothing is stored.
    """
    try:
        with _opened(source) as stream, _refusals(), transaction.atomic():
            return Import(SieReader(stream, name), progress or _nobody).run(company_number)
    except SieError as error:
        raise error.at(name, 1) from error.__cause__


class Import:
    """One file on its way: read to its end first, then stored in the order in which things refer to each other."""

    def __init__(self, reader: SieReader, progress: Callable[[Progress], None]) -> None:
        self._reader = reader
        self._progress = progress
        self._identity = reader.identity
        self._chart = Chart()
        self._staging = Staging()

    def run(self, company_number: str | None) -> ImportReport:
        """Read and store the file, and tell what came of it."""
        self._read()
        company = find_company(identity=self._identity, number=company_number, warnings=self._reader.warnings)
        years = open_years(company=company, identity=self._identity, warnings=self._reader.warnings)
        # A file of another program's vouchers brings what is missing; only the books themselves rename.
        is_books = self._identity.sie_type != "4I"
        store_accounts(company=company, chart=self._chart, may_rename=is_books)
        mapped = store_objects(company=company, chart=self._chart, may_rename=is_books)
        if self._staging.balances:
            store_balances(company=company, years=years, warnings=self._reader.warnings)
        changes = self._store_vouchers(company, mapped) if self._staging.vouchers else Changes()
        return self._report(company, years.get(0), changes)

    def _read(self) -> None:
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
                case _:
                    self._chart.add(record)
            if self._reader.line % PROGRESS_LINES == 0:
                self._progress(Progress("reading", self._reader.line, None))
        self._staging.complete()

    def _store_vouchers(self, company: Company, mapped: dict[int, int]) -> Changes:
        find_targets(company=company, mapped=mapped)
        return merge_vouchers(
            company=company,
            chunks=self._staging.chunks,
            progress=lambda chunk: self._progress(Progress("storing", chunk[1], self._staging.vouchers)),
        )

    def _report(self, company: Company, year: FinancialYear | None, changes: Changes) -> ImportReport:
        is_export = self._identity.sie_type == "4" and self._staging.vouchers > 0 and year is not None
        return ImportReport(
            file=self._reader.name,
            sie_type=self._identity.sie_type,
            company=company.number,
            company_name=company.name,
            accounts=self._chart.account_lines,
            objects=self._chart.object_lines,
            vouchers=self._staging.vouchers,
            rows=self._staging.rows,
            balances=self._staging.balances,
            changes=changes,
            others_kept=count_others(year) if is_export and year else 0,
            warnings=self._reader.warnings.as_tuple(),
            balance_report=balance_report(year) if is_export and year else None,
        )


@contextlib.contextmanager
def _opened(source: Path | BinaryIO) -> Iterator[BinaryIO]:
    """A stream that can be read twice."""
    with contextlib.ExitStack() as opened:
        try:
            yield _seekable(source, opened)
        except OSError as error:
            raise UnreadableError(_("The file can't be read: %(error)s.") % {"error": error.strerror}) from error


def _seekable(source: Path | BinaryIO, opened: contextlib.ExitStack) -> BinaryIO:
    if isinstance(source, Path):
        source = opened.enter_context(source.open("rb"))
    if source.seekable():
        return source
    copy = opened.enter_context(tempfile.TemporaryFile())  # noqa: SIM115 (the stack closes it)
    shutil.copyfileobj(source, copy)
    return copy


@contextlib.contextmanager
def _refusals() -> Iterator[None]:
    """Turn what the database refuses, at commit at the latest, into an error of the file."""
    try:
        with ledger_refusals():
            yield
    except LedgerError as error:
        raise RefusedError(str(error)) from error
    except (IntegrityError, DataError) as error:
        raise RefusedError(_("The database refuses the file: %(error)s.") % {"error": _first_line(error)}) from error
    except (OperationalError, InterfaceError) as error:
        raise BrokenOffError(_("The database broke off: %(error)s.") % {"error": _first_line(error)}) from error


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0].rstrip(".")


def _nobody(_progress: Progress) -> None:
    """Nobody wants to know."""
