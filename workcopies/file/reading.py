"""Reading a working copy as data: its tables must be exactly those that we make, and its base what was signed."""

import json
import os
import sqlite3
import stat
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from workcopies.exceptions import BadFile, BusyFile, DamagedFile, TamperedFile, UnknownTable
from workcopies.file.manifest import Digest, Manifest, check_origin, check_signature
from workcopies.file.tables import Table, all_tables, counters, tables_by_name
from workcopies.file.writing import APPLICATION_ID, BASE, MANIFEST, lines_sql

Values = tuple[Any, ...]
Watch = Callable[[int], None]

# Made by SQLite itself: for AUTOINCREMENT, for keys, and by ANALYZE.
OF_SQLITE = ("sqlite_sequence", "sqlite_stat")
LONGEST_VALUE = 64 * 2**20
LONGEST_PAGE = 32 * 2**20


@dataclass(frozen=True)
class RowChange:
    """A row that the copy made, changed or deleted: what it was in the base and what it is, by `table.compared`."""

    table: Table
    id: int
    base: Values | None
    mine: Values | None


class WorkingFile:
    """A working copy, opened for reading only. Use `open_file`."""

    def __init__(self, connection: sqlite3.Connection, manifest: Manifest, tables: Iterable[Table]) -> None:
        self._connection = connection
        self.manifest = manifest
        found = {table.name: table for table in tables}
        self.tables = tuple(found[table.name] for table in all_tables() if table.name in found)

    def query(self, statement: str, values: "tuple[Any, ...] | list[Any]" = ()) -> Iterator[Values]:
        """Yield the rows of a query over the copy's tables. Raises `DamagedFile`."""
        with _damage():
            yield from self._connection.execute(statement, values)

    def changes(self, table: Table, *, progress: Watch | None = None) -> Iterator[RowChange]:
        """Yield what the copy changed of a table since its base, by id, reading both once.

        Raises `TamperedFile` at the end where the base isn't what was signed: nothing may be kept before.
        """
        promised, digest, pages, beyond = self.manifest.tables[table.name], Digest(), 0, -(2**63)
        statement = "select page, first_id, last_id, rows, lines from utkorg_base where table_name = ? order by page"
        for page, first_id, last_id, rows, lines in self.query(statement, [table.name]):
            if page != pages + 1 or not isinstance(lines, bytes) or not beyond < first_id <= last_id:
                raise TamperedFile
            digest.add(page, first_id, last_id, rows, lines)
            yield from self._page_changes(table, _unpacked(lines), beyond, last_id)
            pages, beyond = page, last_id
            if progress is not None:
                progress(rows)
        yield from self._page_changes(table, "", beyond, 2**63 - 1)
        if pages != promised.pages or str(digest) != promised.digest:
            raise TamperedFile

    def base_row(self, table: Table, row_id: int) -> Values | None:
        """Return a row as it was in the base."""
        statement = "select lines from utkorg_base where table_name = ? and first_id <= ? and last_id >= ? limit 1"
        for (lines,) in self.query(statement, [table.name, row_id, row_id]):
            return _rows(_unpacked(lines)).get(row_id)
        return None

    def _page_changes(self, table: Table, was: str, beyond: int, last_id: int) -> Iterator[RowChange]:
        """Yield the changes of the rows of a page, whose text tells at once where there is none."""
        ((now,),) = self.query(lines_sql(table), [beyond, last_id])
        if (now or "") == was:
            return
        base, mine = _rows(was), _rows(now or "")
        for row_id in sorted(base.keys() | mine.keys()):
            before, after = base.get(row_id), mine.get(row_id)
            if before != after:
                yield RowChange(table, row_id, before, after)


@contextmanager
def open_file(path: Path, *, installation: str | None) -> Iterator[WorkingFile]:
    """Open a working copy for reading, once it is known to be one that an installation (its uid) signed.

    With None nobody can tell whether it was signed: so it is worked in, away from the server. Raises `BadFile` and what
    derives from it: not ours, cut off, tampered with, of another installation, of a later version, in use.
    """
    connection = _connect(path)
    try:
        with _damage():
            manifest = _manifest(connection, installation)
            file = WorkingFile(connection, manifest, _tables(connection, manifest))
        yield file
    finally:
        connection.close()


def _connect(path: Path) -> sqlite3.Connection:
    _check_header(path)
    if any(path.with_name(path.name + ending).exists() for ending in ("-journal", "-wal")):
        raise BusyFile
    # `immutable`: no other file is looked for or made beside it.
    address = f"file:{quote(str(path.resolve()))}?mode=ro&immutable=1"
    connection = sqlite3.connect(address, uri=True, isolation_level=None, check_same_thread=False)
    connection.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LONGEST_VALUE)
    connection.setlimit(sqlite3.SQLITE_LIMIT_TRIGGER_DEPTH, 0)
    connection.execute("pragma trusted_schema = off")
    connection.execute("pragma query_only = on")
    connection.execute("pragma cell_size_check = on")
    connection.execute("pragma cache_size = -65536")
    return connection


def _check_header(path: Path) -> None:
    """The first 100 bytes of a SQLite file say how long it is. Source: sqlite.org/fileformat.html §1.3."""
    try:
        with open(path, "rb", opener=_regular) as file:
            head, size = file.read(100), os.fstat(file.fileno()).st_size
    except OSError as error:
        raise BadFile from error
    if len(head) < 100 or not head.startswith(b"SQLite format 3\0"):
        raise BadFile
    page_size = int.from_bytes(head[16:18], "big")
    page_size = 65536 if page_size == 1 else page_size
    if int.from_bytes(head[68:72], "big") != APPLICATION_ID:
        raise BadFile
    if head[18] != 1 or head[19] != 1:
        raise BusyFile  # another program keeps its log in a file beside this one
    if size != page_size * int.from_bytes(head[28:32], "big"):
        raise DamagedFile


def _regular(name: str, flags: int) -> int:
    # A pipe would be waited for.
    descriptor = os.open(name, flags | os.O_NONBLOCK)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError("no file")
    return descriptor


def _manifest(connection: sqlite3.Connection, installation: str | None) -> Manifest:
    ours = {"utkorg_manifest": _as_kept(MANIFEST), "utkorg_base": _as_kept(BASE)}
    if dict(connection.execute("select name, sql from sqlite_schema where name like 'utkorg%'")) != ours:
        raise BadFile
    match connection.execute("select content, signature from utkorg_manifest").fetchmany(2):
        case [(str(content), str(signature))]:
            manifest = Manifest.from_text(content)
        case _:
            raise BadFile
    if installation is not None:
        check_origin(manifest, installation=installation)
        check_signature(content, signature)
    return manifest


def _tables(connection: sqlite3.Connection, manifest: Manifest) -> Iterator[Table]:
    """Yield the tables of the file; raises `TamperedFile` where it holds anything but what was made at check-out."""
    wanted = {_as_kept(MANIFEST), _as_kept(BASE), *(_as_kept(table.statements[0]) for table in counters())}
    wanted.update(_as_kept(statement) for base in manifest.tables.values() for statement in base.statements)
    for name, kind, sql in connection.execute("select name, type, sql from sqlite_schema"):
        if kind in {"table", "index"} and sql in wanted:
            wanted.discard(sql)
        elif not (name.startswith(OF_SQLITE) or (sql is None and name.startswith("sqlite_autoindex_"))):
            raise TamperedFile
    if wanted:
        raise TamperedFile
    known = tables_by_name()
    for name, base in manifest.tables.items():
        if name not in known:
            raise UnknownTable(name)
        yield known[name].with_columns(base.columns)


def _as_kept(statement: str) -> str:
    """A statement as SQLite keeps it."""
    return statement.replace("create table", "CREATE TABLE", 1).replace("create index", "CREATE INDEX", 1)


def _unpacked(lines: bytes) -> str:
    unpacker = zlib.decompressobj()
    try:
        text = unpacker.decompress(lines, LONGEST_PAGE)
    except zlib.error as error:
        raise TamperedFile from error
    if not unpacker.eof:
        raise TamperedFile
    return text.decode()


def _rows(lines: str) -> dict[int, Values]:
    # Floats as text: money is read from what stands there.
    return {row[0]: tuple(row) for row in (json.loads(line, parse_float=str) for line in lines.split("\n") if line)}


@contextmanager
def _damage() -> Iterator[None]:
    try:
        yield
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
            raise BusyFile from error
        raise DamagedFile from error
    except (sqlite3.Error, UnicodeDecodeError, ValueError) as error:
        raise DamagedFile from error
