"""The way of any file: read to its end first, then stored in the order in which things refer to each other."""

import abc
import contextlib
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO, ClassVar, Literal, NamedTuple

from django.db import DataError, IntegrityError, InterfaceError, OperationalError, transaction

from ledger.exceptions import LedgerError
from ledger.importing.balances import store_balances
from ledger.importing.chart import Chart, store_accounts, store_objects
from ledger.importing.company import Check, FoundCompany, anybody, find_company, open_years
from ledger.importing.exceptions import BrokenOffError, FileError, RefusedError, UnreadableError
from ledger.importing.excerpts import line_of
from ledger.importing.merging import compare_vouchers, count_others, merge_vouchers
from ledger.importing.messages import message as _
from ledger.importing.records import Identity
from ledger.importing.remarks import Remarks
from ledger.importing.report import BalanceReport, Changes, Format, ImportReport, balance_report, staged_balance_report
from ledger.importing.staging import Staging
from ledger.importing.targets import find_targets
from ledger.models import Company, FinancialYear
from ledger.services.vouchers import ledger_refusals


class Progress(NamedTuple):
    """How far an import has come: lines read, or vouchers stored; `total` is None while it isn't known.

    `share` is the part of the stage that is done, 0 to 1.
    """

    stage: Literal["reading", "storing"]
    done: int
    total: int | None
    share: float = 0.0


Watch = Callable[[Progress], None]
Conclude = Callable[[ImportReport], None]


def nobody(_progress: Progress) -> None:
    """Nobody wants to know."""


def nothing(_report: ImportReport) -> None:
    """Nothing more is to be done."""


class Import(abc.ABC):
    """One file on its way. A format says how it is read, and what it states."""

    format: ClassVar[Format]
    may_rename = True  # a file of another program's vouchers brings what is missing; only the books themselves rename

    def __init__(self, name: str, progress: Watch) -> None:
        self.name = name
        self.encoding = "utf-8"
        self.warnings = Remarks()
        self._progress = progress
        self._asked_number: str | None = None
        self._balance_report: BalanceReport | None = None
        self._chart = Chart()
        self._staging = Staging()
        self.check_company: Check = anybody

    @property
    @abc.abstractmethod
    def identity(self) -> Identity:
        """Whose books, as far as they are read."""

    @abc.abstractmethod
    def _read(self) -> None:
        """Read the file to its end, into chart and staging."""

    @property
    @abc.abstractmethod
    def version(self) -> str:
        """Of the format: what a SIE file calls its type."""

    @property
    @abc.abstractmethod
    def _is_whole_year(self) -> bool:
        """Whether the file has all vouchers of its own year, so that any other stands beside them."""

    def run(self, company_number: str | None, *, is_preview: bool) -> ImportReport:
        """Read and store the file, and tell what came of it; a preview leaves the vouchers as they are."""
        self._progress(Progress("reading", 0, None))
        self._asked_number = company_number
        self._read()
        self._staging.complete()
        found = self._find_company()
        company, identity = found.company, self.identity
        years = open_years(company=company, identity=identity, warnings=self.warnings)
        accounts = store_accounts(
            company=company, chart=self._chart, labels=identity.labels, may_rename=self.may_rename
        )
        mapped = store_objects(company=company, chart=self._chart, may_rename=self.may_rename)
        changes = replace(self._store_partners(company), accounts_created=accounts)
        self._balance_report = self._staged_balances(company, years)
        if self._staging.balances:
            store_balances(company=company, years=years, labels=identity.labels, warnings=self.warnings)
        if self._staging.vouchers:
            changes = self._store_vouchers(company, mapped, changes, is_preview=is_preview)
        if not is_preview:
            self._balance_report = self._stored_balances(years) or self._balance_report
        return self._report(found, years, changes)

    def _report(self, found: FoundCompany, years: dict[int, FinancialYear], changes: Changes) -> ImportReport:
        return ImportReport(
            file=self.name,
            format=self.format,
            version=self.version,
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
            others_kept=kept_beside(years) if self._is_whole_year else 0,
            warnings=self.warnings.as_tuple(),
            balance_report=self._balance_report,
        )

    def _find_company(self) -> FoundCompany:
        number, check = self._asked_number, self.check_company
        return find_company(identity=self.identity, number=number, warnings=self.warnings, check=check)

    def _store_partners(self, _company: Company) -> Changes:
        """Store customers and suppliers, where the format has them."""
        return Changes()

    def _staged_balances(self, company: Company, years: dict[int, FinancialYear]) -> BalanceReport | None:
        """Opening + vouchers = closing, by what the file itself states."""
        year = years.get(0)
        if year is None or not self._staging.balances or not self._staging.vouchers:
            return None
        return staged_balance_report(company=company, first_day=year.first_day, last_day=year.last_day)

    def _stored_balances(self, _years: dict[int, FinancialYear]) -> BalanceReport | None:
        """The same of the registers, once the file is stored; None where the file's own is what counts."""
        return None

    def _store_vouchers(
        self, company: Company, mapped: dict[int, int], changes: Changes, *, is_preview: bool
    ) -> Changes:
        find_targets(company=company, mapped=mapped)
        if is_preview:
            vouchers = compare_vouchers()
        else:
            vouchers = merge_vouchers(
                company=company, chunks=self._staging.chunks, progress=lambda chunk: self._stored(chunk[1])
            )
        return replace(
            vouchers,
            accounts_created=changes.accounts_created,
            partners_created=changes.partners_created,
            partners_changed=changes.partners_changed,
        )

    def _stored(self, vouchers: int) -> None:
        total = self._staging.vouchers
        self._progress(Progress("storing", vouchers, total, vouchers / total))


def run_import(
    make: Callable[[BinaryIO, str, Watch], Import],
    *,
    source: Path | BinaryIO,
    name: str,
    company_number: str | None = None,
    progress: Watch | None = None,
    is_preview: bool = False,
    conclude: Conclude | None = None,
    check_company: Check = anybody,
) -> ImportReport:
    """Store a file in the registers, in one transaction; `conclude` is called in it, when all is stored.

    What is there already and doesn't differ isn't written, so the same file again changes nothing. `name` is the file's
    name in messages. A preview tells what would change, and changes nothing. Raises `FileError` with file and line;
    then nothing is stored.
    """
    with _opened(source, name) as stream:
        runs: list[Import] = []
        try:
            with _refusals(), transaction.atomic():
                runs.append(make(stream, name, progress or nobody))
                runs[0].check_company = check_company
                report = runs[0].run(company_number, is_preview=is_preview)
                transaction.set_rollback(is_preview)
                (conclude if conclude and not is_preview else nothing)(report)
        except FileError as error:
            encoding = runs[0].encoding if runs else "utf-8"
            error.excerpt = error.excerpt or line_of(stream, error.line, encoding)
            raise error.at(name, 1) from error.__cause__
    return report


@contextlib.contextmanager
def _opened(source: Path | BinaryIO, name: str) -> Iterator[BinaryIO]:
    """A stream that can be read twice."""
    with contextlib.ExitStack() as opened:
        try:
            yield _seekable(source, opened)
        except OSError as error:
            unreadable = UnreadableError(_("The file can't be read: %(error)s.") % {"error": error.strerror})
            raise unreadable.at(name, 1) from error


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


def year_report(years: dict[int, FinancialYear]) -> BalanceReport | None:
    """Opening + vouchers = closing of the file's own year, by the registers."""
    return balance_report(years[0]) if 0 in years else None


def kept_beside(years: dict[int, FinancialYear]) -> int:
    """How many vouchers of the file's own year stand beside the file's."""
    return count_others(years[0]) if 0 in years else 0
