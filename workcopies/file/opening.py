"""Opening a file that anybody may have made: known to be ours before anything in it is read, and read as data alone.

SQLite's own advice for files of strangers (sqlite.org/security.html) is followed, and gone beyond: its header is read
without it, its tables must be those that we make, word for word, and no statement may do anything but look at them.
"""

import os
import re
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from workcopies.exceptions import BadFile, BusyFile, DamagedFile, TamperedFile, UnknownTable
from workcopies.file import log
from workcopies.file.manifest import Manifest
from workcopies.file.tables import Table, counters, tables_by_name
from workcopies.file.writing import APPLICATION_ID, BASE, MANIFEST

# Made by SQLite itself: for AUTOINCREMENT, and by ANALYZE.
OF_SQLITE = {
    "sqlite_sequence": "CREATE TABLE sqlite_sequence(name,seq)",
    "sqlite_stat1": "CREATE TABLE sqlite_stat1(tbl,idx,stat)",
    "sqlite_stat4": "CREATE TABLE sqlite_stat4(tbl,idx,neq,nlt,ndlt,sample)",
}
LONGEST_VALUE = 64 * 2**20
LONGEST_MANIFEST = 16 * 2**20
LIMITS = {
    sqlite3.SQLITE_LIMIT_ATTACHED: 0,
    sqlite3.SQLITE_LIMIT_TRIGGER_DEPTH: 0,
    sqlite3.SQLITE_LIMIT_WORKER_THREADS: 0,
    sqlite3.SQLITE_LIMIT_LENGTH: LONGEST_VALUE,
    sqlite3.SQLITE_LIMIT_SQL_LENGTH: 100_000,
    sqlite3.SQLITE_LIMIT_COLUMN: 200,
    sqlite3.SQLITE_LIMIT_EXPR_DEPTH: 100,
}
PRAGMAS = ("trusted_schema = off", "query_only = on", "cell_size_check = on", "cache_size = -65536")
MAY = {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE}
FORBIDDEN_FUNCTIONS = {"load_extension", "fts3_tokenizer"}
# Steps of SQLite's machine: an untouched file of any size needs less than one a byte, and its schema a few thousand. A
# file whose pages lead back to each other would go on for ever.
STEPS_BETWEEN_LOOKS = 1_000
STEPS_OF_SCHEMA = 20_000
STEPS_AT_LEAST = 500_000_000
STEPS_PER_BYTE = 20

_NAME = r'"[a-z][a-z0-9_]*"'
_COLUMN = (
    rf"{_NAME} (?:integer|text|bool|date|datetime|time)(?: not null)?(?: primary key autoincrement)?"
    rf"(?: default (?:'[A-Za-z0-9]*'|-?[0-9]+))?(?: references {_NAME} \({_NAME}\) deferrable initially deferred)?"
)
_UNIQUE = rf"unique \({_NAME}(?:, {_NAME})*\)"
_TABLE = re.compile(rf"create table ({_NAME}) \({_COLUMN}(?:, {_COLUMN})*(?:, {_UNIQUE})*\)")
_INDEX = re.compile(rf"create index {_NAME} on ({_NAME}) \({_NAME}(?: desc)?(?:, {_NAME}(?: desc)?)*\)")

# How a journal ends that names another file, which SQLite would look into, and delete
NAMES_ANOTHER = bytes.fromhex("d9d505f920a163d7")


@dataclass(frozen=True)
class State:
    """What tells that a file was written to meanwhile."""

    inode: int
    size: int
    written_at: int


class _Steps:
    """Counts what SQLite does, and stops it when that is more than a file can need."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._left = STEPS_OF_SCHEMA // STEPS_BETWEEN_LOOKS

    def grant(self) -> None:
        """The schema is known to be ours: now its rows."""
        self._left = (STEPS_AT_LEAST + STEPS_PER_BYTE * self._size) // STEPS_BETWEEN_LOOKS

    def __call__(self) -> bool:
        self._left -= 1
        return self._left < 0


@contextmanager
def connected(path: Path) -> Iterator[tuple[sqlite3.Connection, "_Steps"]]:
    """Connect to a file for reading; what stands beside it isn't looked at. Raises `BadFile` and what derives from it.

    Until the steps are granted no more can be done than to read the file's schema and manifest.
    """
    path, size = check_header(path)
    # `immutable`: no other file is looked for or made beside it.
    address = f"file:{quote(os.fsencode(path))}?mode=ro&immutable=1"
    with damage():
        connection = sqlite3.connect(address, uri=True, isolation_level=None, check_same_thread=False)
    try:
        steps = _Steps(size)
        with damage():
            for category, limit in LIMITS.items():
                connection.setlimit(category, limit)
            connection.text_factory = _text
            connection.set_progress_handler(steps, STEPS_BETWEEN_LOOKS)
            for pragma in PRAGMAS:
                connection.execute(f"pragma {pragma}")
            connection.set_authorizer(authorize)
        yield connection, steps
    finally:
        connection.close()


def check_header(path: Path) -> tuple[Path, int]:
    """Check the first 100 bytes, which say how long a file is; return where it is, and its size.

    Source: sqlite.org/fileformat.html §1.3. Raises `BadFile`, `DamagedFile`, `BusyFile`.
    """
    try:
        path = path.resolve(strict=True)
        with open(path, "rb", opener=_regular) as file:
            head, size = file.read(100), os.fstat(file.fileno()).st_size
    except (OSError, ValueError, RuntimeError) as error:
        raise BadFile from error
    if len(head) < 100 or not head.startswith(b"SQLite format 3\0"):
        raise BadFile
    if int.from_bytes(head[68:72], "big") != APPLICATION_ID:
        raise BadFile
    if head[18:20] != b"\1\1" or any(path.with_name(path.name + end).exists() for end in ("-journal", "-wal")):
        raise BusyFile  # another program keeps a log in a file beside this one, or was stopped while it did
    page_size = int.from_bytes(head[16:18], "big")
    if size != (65536 if page_size == 1 else page_size) * int.from_bytes(head[28:32], "big"):
        raise DamagedFile
    if int.from_bytes(head[56:60], "big") != 1:
        raise BadFile  # its texts aren't in UTF-8
    return path, size


def check_beside(path: Path) -> None:
    """Raise `TamperedFile` where a log beside a file would lead SQLite to other files, if it took back what it says.

    A journal may name one more, which is deleted with it; ours never do. Anything else than a file may be a way to one.
    """
    for ending in ("-journal", "-wal", "-shm"):
        beside = path.with_name(path.name + ending)
        try:
            is_file = stat.S_ISREG(beside.lstat().st_mode)
            end = beside.read_bytes()[-len(NAMES_ANOTHER) :] if is_file and ending == "-journal" else b""
        except FileNotFoundError:
            continue
        if not is_file or end == NAMES_ANOTHER:
            raise TamperedFile


def state_of(path: Path) -> State:
    """The state of a file as it is now."""
    found = path.stat()
    return State(found.st_ino, found.st_size, found.st_mtime_ns)


def manifest_texts(connection: sqlite3.Connection) -> tuple[str, str]:
    """The manifest's text and its signature, of a file whose tables for them are ours. Raises `BadFile`."""
    ours = {"utkorg_manifest": as_kept(MANIFEST), "utkorg_base": as_kept(BASE)}
    found = connection.execute("select name, sql from sqlite_schema where name in ('utkorg_manifest', 'utkorg_base')")
    if dict(found.fetchmany(3)) != ours:
        raise BadFile
    statement = "select content, signature from utkorg_manifest where length(content) <= ? and length(signature) < 1000"
    match connection.execute(statement, [LONGEST_MANIFEST]).fetchmany(2):
        case [(str(content), str(signature))]:
            return content, signature
        case _:
            raise BadFile


def checked_tables(connection: sqlite3.Connection, manifest: Manifest) -> Iterator[Table]:
    """Yield the tables of a file; raises `TamperedFile` where it holds anything but what was made at check-out.

    Its log may be missing, in whole or in part: whether it is there, `has_log` tells.
    """
    wanted = {as_kept(MANIFEST), as_kept(BASE), *(as_kept(table.statements[0]) for table in counters())}
    wanted.update(as_kept(statement) for statement in _statements(manifest))
    of_log = _log(manifest)
    for kind, name, sql in connection.execute("select type, name, sql from sqlite_schema"):
        if kind in {"table", "index"} and sql in wanted:
            wanted.discard(sql)
        elif of_log.get(sql) == (kind, name):
            del of_log[sql]
        elif kind == "index":
            # Of a key; one that belongs to no table's key is refused by SQLite.
            if sql is not None or not str(name).startswith("sqlite_autoindex_"):
                raise TamperedFile
        elif kind != "table" or sql is None or sql != OF_SQLITE.get(name):
            raise TamperedFile
    if wanted:
        raise TamperedFile
    known = tables_by_name()
    for name, base in manifest.tables.items():
        if name not in known:
            raise UnknownTable(name)
        yield known[name].with_columns(base.columns)


def has_log(connection: sqlite3.Connection, manifest: Manifest) -> bool:
    """Whether a file's log is there and whole, so that each write has left its mark; of a file that was checked."""
    found = {sql: (kind, name) for kind, name, sql in connection.execute("select type, name, sql from sqlite_schema")}
    return all(found.get(sql) == one for sql, one in _log(manifest).items())


def _log(manifest: Manifest) -> dict[str, tuple[str, str]]:
    """The log's SQL, and of each its kind and its name."""
    statements = [*log.tables(), *log.triggers(manifest.tables)]
    return {as_kept(statement): (statement.split()[1], _named(statement)) for statement in statements}


def _named(statement: str) -> str:
    return statement.split()[2].strip('"')


def _statements(manifest: Manifest) -> Iterator[str]:
    """The statements that made the tables, each one table of plain columns, or an index of it: no more is run.

    A signature tells as much, but a copy that is worked in offline has none that can be checked.
    """
    for name, base in manifest.tables.items():
        first, *others = base.statements or ("",)
        if (found := _TABLE.fullmatch(first)) is None or found[1] != f'"{name}"':
            raise TamperedFile
        for statement in others:
            if (found := _INDEX.fullmatch(statement)) is None or found[1] != f'"{name}"':
                raise TamperedFile
        yield from base.statements


def as_kept(statement: str) -> str:
    """A statement as SQLite keeps it."""
    kind = statement.split()[1]
    return statement.replace(f"create {kind}", f"CREATE {kind.upper()}", 1)


@contextmanager
def damage() -> Iterator[None]:
    """Tell what SQLite and Python say of a broken file in the words of working copies."""
    try:
        yield
    except sqlite3.Error as error:
        if getattr(error, "sqlite_errorcode", None) in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
            raise BusyFile from error
        raise DamagedFile from error
    except (ValueError, OverflowError, MemoryError, RecursionError) as error:
        raise DamagedFile from error


def authorize(action: int, _first: str | None, second: str | None, *_rest: str | None) -> int:
    """Whether a statement may be prepared: for SQLite, whatever may have put it there."""
    if action not in MAY or (action == sqlite3.SQLITE_FUNCTION and second in FORBIDDEN_FUNCTIONS):
        return sqlite3.SQLITE_DENY
    return sqlite3.SQLITE_OK


def _text(content: bytes) -> str | bytes:
    """Text, or the bytes of what is none."""
    try:
        return content.decode()
    except UnicodeDecodeError:
        return content


def _regular(name: str, flags: int) -> int:
    # A pipe would be waited for.
    descriptor = os.open(name, flags | os.O_NONBLOCK)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError("no file")
    return descriptor
