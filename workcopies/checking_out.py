"""Checking out: what somebody may see of some companies, read at one moment and put into a file of its own.

Nothing waits for it and it waits for nothing: all is read in one snapshot, row by row, whatever is written meanwhile.
The snapshot is let go before the file is sealed; the copy is known here before its file can be seen anywhere.
"""

import errno
import os
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from uuid import uuid4

from django.contrib.auth.models import User
from django.db import connection, transaction
from django.utils import timezone

from access.belonging import company_permissions
from access.rights import Allowance, Factor, Grant, Rights
from history.models import Change
from history.services import note_event
from ledger.models import Company, FinancialYear
from revisions.installation import installation
from revisions.models import Installation
from workcopies.exceptions import CannotWrite, FileExists, NoCompany, NoRoom, NotAllowed
from workcopies.file.manifest import Manifest
from workcopies.file.tables import Table
from workcopies.file.writing import FileWriter
from workcopies.models import WorkingCopy
from workcopies.selecting import Selection, registers_for, years_of

CHECK_OUT = "workcopies.add_workingcopy"
# What whoever runs the installation may do
ALL_RIGHTS = Rights((Grant(Factor.OWNER, (Allowance(of_installation=True),)),))
# A right to a register, or to working copies, may be asked for away from the server.
WORKED_IN = ("ledger.", "timesheets.", "workcopies.")
ROWS_AT_ONCE = 2000

Watch = Callable[[int, int], None]


def check_out(
    *,
    companies: Sequence[Company],
    years: Mapping[str, Sequence[date]] | None = None,
    user: User | None,
    rights: Rights,
    name: str,
    path: Path,
    progress: Watch | None = None,
) -> WorkingCopy:
    """Make a working copy's file at `path`; returns what is known of it from now on.

    `years` are the first days of financial years by company number; without, a company's all. `user` None is whoever
    runs the installation. `progress` hears how many steps of how many are done; it must not ask the database. Raises
    `CheckOutError`.
    """
    years = check(companies=companies, years=years, rights=rights)
    copy = WorkingCopy(
        uid=uuid4(), name=name, years=as_json(years), made_by=user, made_by_name=user.get_username() if user else ""
    )

    def known(manifest: Manifest) -> None:
        made(copy, manifest)
        copy.save(force_insert=True)
        copy.companies.set(companies)

    try:
        manifest = write(copy=copy, companies=companies, rights=rights, path=path, known=known, progress=progress)
    except BaseException:
        WorkingCopy.objects.filter(uid=copy.uid).delete()
        raise
    with transaction.atomic():
        copy.rows = copy.rows_total = manifest.rows
        copy.size = path.stat().st_size
        copy.save(update_fields=["rows", "rows_total", "size"])
        note_check_out(copy)
    return copy


def check(
    *, companies: Sequence[Company], years: Mapping[str, Sequence[date]] | None, rights: Rights
) -> dict[str, tuple[date, ...]]:
    """Refuse what can't be checked out (`CheckOutError`); returns the financial years in order."""
    if not companies:
        raise NoCompany
    reach = rights.companies_with(CHECK_OUT)
    lacking = [company.number for company in companies if reach is not None and company.pk not in reach]
    if lacking:
        raise NotAllowed(lacking)
    return years_of(companies, years or {})


def write(
    *,
    copy: WorkingCopy,
    companies: Sequence[Company],
    rights: Rights,
    path: Path,
    known: Callable[[Manifest], None],
    held: Callable[[], None] | None = None,
    progress: Watch | None = None,
) -> Manifest:
    """Make the file of a copy; what is to be `known` of it is told before it is put in its place.

    `held` is called in the snapshot, before anything is read.
    """
    selection, here = _selection(copy, companies, rights), installation()
    with _writing(path) as file:
        with _snapshot():
            if held is not None:
                held()
            steps = _Steps(selection, progress)
            for table in selection.reach:
                file.write(table, steps.counted(_rows(selection, table)))
            manifest = _manifest(copy, companies, rights, here)
        known(manifest)
        return file.finish(manifest, progress=steps.add)


def made(copy: WorkingCopy, manifest: Manifest) -> None:
    """Note on a copy, unsaved, what its manifest says and that it is out."""
    copy.status, copy.made_at = WorkingCopy.Status.OUT, manifest.made_at
    copy.epoch, copy.position = manifest.epoch, manifest.position


def note_check_out(copy: WorkingCopy) -> None:
    """Write into the history that data were taken out."""
    companies = list(copy.companies.order_by("number"))
    note_event(
        kind=Change.Kind.EXPORTED,
        subject=copy,
        company=companies[0] if len(companies) == 1 else None,
        details={"companies": ", ".join(company.number for company in companies), "rows": copy.rows},
    )


def days_of(copy: WorkingCopy) -> dict[str, tuple[date, ...]]:
    """The financial years that a copy is limited to, by company number."""
    return {number: tuple(map(date.fromisoformat, days)) for number, days in copy.years.items()}


class _Steps:
    """Counts the rows, each read once and sealed once."""

    def __init__(self, selection: Selection, progress: Watch | None) -> None:
        self._tell = progress
        self._done = 0
        self._total = 2 * sum(_count(selection, table) for table in selection.reach) if progress else 0

    def add(self, rows: int) -> None:
        """Count rows, and tell."""
        self._done += rows
        if self._tell is not None:
            self._tell(self._done, self._total)

    def counted(self, rows: Iterator[tuple[str | None, ...]]) -> Iterator[tuple[str | None, ...]]:
        """Yield the rows, telling of every so many."""
        self.add(0)
        uncounted = 0
        for uncounted, row in enumerate(rows, start=1):
            yield row
            if uncounted % ROWS_AT_ONCE == 0:
                self.add(ROWS_AT_ONCE)
        self.add(uncounted % ROWS_AT_ONCE)


@contextmanager
def _snapshot() -> Iterator[None]:
    """All that is read within is of one moment."""
    is_ours = not connection.in_atomic_block
    with transaction.atomic(durable=True):
        if is_ours:  # a test's own transaction, the only one that is let through here, has read before
            with connection.cursor() as cursor:
                cursor.execute("set transaction isolation level repeatable read, read only")
        yield


@contextmanager
def _writing(path: Path) -> Iterator[FileWriter]:
    """A writer to a place where nothing is; what the disk refuses is told in our words."""
    if path.exists():
        raise FileExists(path)
    try:
        with FileWriter(path) as file:
            yield file
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise NoRoom from error
        raise CannotWrite(path, os.strerror(error.errno or errno.EIO)) from error
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode == sqlite3.SQLITE_FULL:
            raise NoRoom from error
        raise CannotWrite(path, str(error)) from error


def _selection(copy: WorkingCopy, companies: Sequence[Company], rights: Rights) -> Selection:
    days = days_of(copy)
    return Selection(
        reach=registers_for(companies, rights),
        limited=frozenset(company.pk for company in companies if company.number in days),
        years=frozenset(
            pk
            for company in companies
            for pk in FinancialYear.objects.filter(
                company=company, first_day__in=days.get(company.number, ())
            ).values_list("pk", flat=True)
        ),
    )


def _rows(selection: Selection, table: Table) -> Iterator[tuple[str | None, ...]]:
    """A table's rows as they come, all values as text: SQLite makes numbers of those of its number columns."""
    columns = ", ".join(column.on_server for column in table.columns)
    statement, parameters = selection.query(table, columns)
    copying = f'copy ({statement} order by "id") to stdout'
    with connection.cursor() as cursor, connection.wrap_database_errors, cursor.copy(copying, parameters) as copy:
        yield from copy.rows()


def _count(selection: Selection, table: Table) -> int:
    statement, parameters = selection.query(table, "count(*)")
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return int(cursor.fetchone()[0])


def _manifest(copy: WorkingCopy, companies: Sequence[Company], rights: Rights, here: Installation) -> Manifest:
    known = sorted(name for name in company_permissions() if name.startswith(WORKED_IN))
    return Manifest(
        uid=str(copy.uid),
        installation=str(here.uid),
        epoch=here.epoch,
        position=_position(),
        snapshot=_snapshot_name(),
        user=copy.made_by_name,
        made_at=timezone.now(),
        companies=tuple(company.number for company in companies),
        name=copy.name,
        years=days_of(copy),
        rights={company.number: tuple(rights.permissions_for(company.pk, known)) for company in companies},
    )


def _position() -> int:
    """The highest change set of the snapshot; another of a lower number may still be written."""
    with connection.cursor() as cursor:
        cursor.execute("select coalesce(max(id), 0) from revisions_changeset")
        return int(cursor.fetchone()[0])


def _snapshot_name() -> str:
    with connection.cursor() as cursor:
        cursor.execute("select pg_current_snapshot()::text")
        return str(cursor.fetchone()[0])


def as_json(years: Mapping[str, Sequence[date]]) -> dict[str, list[str]]:
    return {number: [day.isoformat() for day in days] for number, days in years.items()}
