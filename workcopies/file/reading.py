"""Reading a working copy as data: its tables must be exactly those that we make, and its base what was signed."""

import json
import sqlite3
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workcopies.exceptions import BusyFile, DamagedFile, TamperedFile
from workcopies.file.log import Mark
from workcopies.file.manifest import Digest, Manifest, read_signed
from workcopies.file.opening import authorize, checked_tables, connected, damage, has_log, manifest_texts, state_of
from workcopies.file.tables import Table, all_tables
from workcopies.file.writing import ROWS_PER_PAGE, lines_sql

Values = tuple[Any, ...]
Watch = Callable[[int], None]

LONGEST_PAGE = 32 * 2**20
# Rows that are read at once where the base has none
ROWS_AT_ONCE = 5_000


@dataclass(frozen=True)
class RowChange:
    """A row that the copy made, changed or deleted: what it was in the base and what it is, by `table.compared`."""

    table: Table
    id: int
    base: Values | None
    mine: Values | None


class WorkingFile:
    """A working copy, opened for reading only. Use `open_file`."""

    def __init__(
        self,
        path: Path,
        connection: sqlite3.Connection,
        manifest: Manifest,
        tables: Iterable[Table],
        *,
        has_log: bool,
    ) -> None:
        self._path = path
        self._state = state_of(path)
        self._connection = connection
        self.manifest = manifest
        self.has_log = has_log
        found = {table.name: table for table in tables}
        self.tables = tuple(found[table.name] for table in all_tables() if table.name in found)

    @property
    def mark(self) -> Mark | None:
        """The state that the file is in; None where it has no log, or one that tells nothing: places start at 1, and
        none is left out."""
        if not self.has_log:
            return None
        every = "select place, mark, (select count(*) from utkorg_writes) from utkorg_writes"
        for place, mark, count in self.query(f"{every} order by place desc limit 1"):
            return Mark(place, mark) if count == place and _is_whole(mark) else None
        return Mark(0, None)

    def goes_on_from(self, state: Mark) -> bool:
        """Whether the file was in a state once, and holds all that was written until then."""
        if not self.has_log:
            return False
        found = list(self.query("select mark from utkorg_writes where place = ?", [state.place]))
        return found == ([(state.mark,)] if state.place else [])

    def made(self, register: str, row_id: int) -> int | None:
        """The mark of a row that was made in the copy; None where none is known."""
        if not self.has_log:
            return None
        statement = "select mark from utkorg_made where register = ? and row_id = ?"
        return next((mark for (mark,) in self.query(statement, [register, row_id]) if _is_whole(mark)), None)

    def query(self, statement: str, values: "tuple[Any, ...] | list[Any]" = ()) -> Iterator[Values]:
        """Yield the rows of a query over the copy's tables. Raises `DamagedFile`."""
        with damage():
            yield from self._connection.execute(statement, values)

    def changes(self, table: Table, *, progress: Watch | None = None) -> Iterator[RowChange]:
        """Yield what the copy changed of a table since its base, by id, reading both once.

        Raises `TamperedFile` at the end where the base isn't what was signed, `DamagedFile` where rows are missing
        because the file is broken, `BusyFile` if it was written to meanwhile: nothing may be kept before.
        """
        beyond, is_less = -(2**63), False
        for last_id, rows, text in self._pages(table):
            for change in self._page_changes(table, text, beyond, last_id):
                is_less = is_less or change.mine is None
                yield change
            beyond = last_id
            if progress is not None:
                progress(rows)
        yield from self._new(table, beyond)
        if is_less:
            self._check_whole()
        if state_of(self._path) != self._state:
            raise BusyFile

    def rows(self, table: Table, condition: str, values: "tuple[Any, ...] | list[Any]" = ()) -> Iterator[Values]:
        """Yield rows by `table.compared` as `changes` has them; what is no value of a register's comes as bytes."""
        columns = ", ".join(f'"{column.name}"' for column in table.compared)
        for row in self.query(f'select {columns} from "{table.name}" where {condition}', values):
            yield tuple(repr(value) if isinstance(value, float) else value for value in row)

    def base_row(self, table: Table, row_id: int) -> Values | None:
        """Return a row as it was in the base."""
        statement = "select lines from utkorg_base where table_name = ? and first_id <= ? and last_id >= ? limit 1"
        for (lines,) in self.query(statement, [table.name, row_id, row_id]):
            return _rows(_unpacked(lines, LONGEST_PAGE).split("\n")).get(row_id)
        return None

    def _pages(self, table: Table) -> Iterator[tuple[int, int, str]]:
        """Yield the base's pages: the last id of each, how many rows it has, and their text."""
        promised = self.manifest.tables[table.name]
        digest, pages, left, beyond = Digest(), 0, promised.size, -(2**63)
        statement = "select page, first_id, last_id, rows, lines from utkorg_base where table_name = ? order by page"
        for page, first_id, last_id, rows, lines in self.query(statement, [table.name]):
            numbers = (page, first_id, last_id, rows)
            if not isinstance(lines, bytes) or not all(isinstance(number, int) for number in numbers):
                raise TamperedFile
            pages += 1
            if page != pages or pages > promised.pages or not beyond < first_id <= last_id:
                raise TamperedFile
            if not 0 < rows <= ROWS_PER_PAGE:
                raise TamperedFile
            digest.add(page, first_id, last_id, rows, lines)
            text = _unpacked(lines, min(left, LONGEST_PAGE))
            yield last_id, rows, text
            left -= len(text.encode())
            beyond = last_id
        if pages != promised.pages or left or str(digest) != promised.digest:
            raise TamperedFile

    def _page_changes(self, table: Table, was: str, beyond: int, last_id: int) -> Iterator[RowChange]:
        """Yield the changes of the rows of a page, whose text tells at once where there is none."""
        now = self._text(table, beyond, last_id)
        if now == was:
            return
        base, mine = self._both(table, was, now, beyond, last_id)
        for row_id in sorted(base.keys() | mine.keys()):
            before, after = base.get(row_id), mine.get(row_id)
            if before != after:
                yield RowChange(table, row_id, before, after)

    def _text(self, table: Table, beyond: int, last_id: int) -> str | None:
        """The rows of a page as text; None where one of them holds what can't be written so."""
        try:
            ((text,),) = self.query(lines_sql(table), [beyond, last_id])
        except DamagedFile as error:
            if getattr(error.__cause__, "sqlite_errorcode", None) != sqlite3.SQLITE_ERROR:
                raise
            return None  # bytes, which JSON doesn't know
        if isinstance(text, bytes):
            return None  # some of it is no text
        return text or ""

    def _both(
        self, table: Table, was: str, now: str | None, beyond: int, last_id: int
    ) -> tuple[dict[int, Values], dict[int, Values]]:
        """The rows of a page as they were and as they are; those whose text is the same may be missing in both."""
        if now is not None:
            with suppress(DamagedFile):  # an infinite number, which SQLite writes as nobody reads it
                before, after = set(was.split("\n")), set(now.split("\n"))
                return _rows(before - after), _rows(after - before)
        found = self.rows(table, '"id" > ? and "id" <= ?', [beyond, last_id])
        return _rows(was.split("\n")), {row[0]: row for row in found}

    def _new(self, table: Table, beyond: int) -> Iterator[RowChange]:
        """Yield the rows beyond the base's last, some at a time."""
        some = f'select "id" from "{table.name}" where "id" > ? order by "id" limit {ROWS_AT_ONCE}'
        while True:
            ((last_id,),) = self.query(f"select max(id) from ({some})", [beyond])
            if last_id is None:
                return
            if last_id <= beyond:
                raise DamagedFile
            yield from self._page_changes(table, "", beyond, last_id)
            beyond = last_id

    def _check_whole(self) -> None:
        """Raise `DamagedFile` unless rows are missing because they were deleted."""
        with damage():
            self._connection.set_authorizer(None)
            ((said, *_rest), *_more) = self._connection.execute("pragma quick_check(1)").fetchall()
            self._connection.set_authorizer(authorize)
        if said != "ok":
            raise DamagedFile


@contextmanager
def open_file(path: Path, *, installation: str | None) -> Iterator[WorkingFile]:
    """Open a working copy for reading, once it is known to be one that an installation (its uid) signed.

    With None nobody can tell whether it was signed: so it is worked in, away from the server. Raises `BadFile` and what
    derives from it: not ours, cut off, tampered with, of another installation, of a later version, in use.
    """
    with connected(path) as (connection, steps):
        with damage():
            manifest = read_signed(*manifest_texts(connection), installation=installation)
            tables = list(checked_tables(connection, manifest))
            is_logged = has_log(connection, manifest)
        steps.grant()
        yield WorkingFile(path, connection, manifest, tables, has_log=is_logged)


def _unpacked(lines: bytes, most: int) -> str:
    unpacker = zlib.decompressobj()
    try:
        text = unpacker.decompress(lines, most + 1)
        if not unpacker.eof or len(text) > most:
            raise TamperedFile
        return text.decode()
    except (zlib.error, ValueError) as error:
        raise TamperedFile from error


def _is_whole(value: object) -> bool:
    return isinstance(value, int)


def _rows(lines: Iterable[str]) -> dict[int, Values]:
    try:
        # Floats as text: money is read from what stands there.
        rows = [tuple(json.loads(line, parse_float=str)) for line in lines if line]
        return {row[0]: row for row in rows}
    except (ValueError, TypeError, LookupError, RecursionError) as error:
        raise DamagedFile from error
