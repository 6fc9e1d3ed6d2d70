"""Opening a file to work in it: one program at a time, whatever the last one left behind, and never what isn't ours."""

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.utils.translation import gettext_lazy as _

from workcopies.exceptions import BadFile, BusyFile
from workcopies.file.manifest import Manifest
from workcopies.file.opening import check_beside
from workcopies.file.reading import open_file
from workcopies.file.writing import APPLICATION_ID


class Missing(BadFile):
    """There is no such file, or it can't be read."""

    code = "no_file"

    def __init__(self, path: Path) -> None:
        super().__init__(_("There is no file %(path)s that can be read.") % {"path": path})


class OpenElsewhere(BusyFile):
    """Another `work` has the file open."""

    message = _("The file is open already: close the other “work” first.")


@dataclass(frozen=True)
class Opened:
    """A working copy that is worked in."""

    path: Path
    manifest: Manifest
    is_read_only: bool

    @property
    def holder(self) -> str:
        """Who checked it out; a command on the server may name nobody."""
        return self.manifest.user or str(_("the operator"))

    @property
    def address(self) -> str:
        """How Django's database is to name the file."""
        mode = "ro" if self.is_read_only else "rw"
        return f"{self.path.as_uri()}?mode={mode}"


@contextmanager
def opened(path: Path) -> Iterator[Opened]:
    """Keep a file to this process; a save that was broken off is taken back first.

    Raises `BadFile` and what derives from it.
    """
    path = path.resolve()
    with _kept(path) as is_writable:
        if is_writable:
            _recover(path)
        with open_file(path, installation=None) as file:
            found = Opened(path, file.manifest, is_read_only=not is_writable)
        try:
            yield found
        finally:
            if is_writable:
                _recover(path)


@contextmanager
def _kept(path: Path) -> Iterator[bool]:
    """Lock the file as long as this runs; tells whether it can be written.

    The descriptor stays open until then: closing it would let go of SQLite's own locks as well.
    """
    if not path.is_file():
        raise Missing(path)
    try:
        is_writable = os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)
        descriptor = os.open(path, os.O_RDWR if is_writable else os.O_RDONLY)
    except OSError as error:
        raise Missing(path) from error
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise OpenElsewhere from error
        yield is_writable
    finally:
        os.close(descriptor)


def _recover(path: Path) -> None:
    """Let SQLite take back what was broken off, and put into the one file whatever a log beside it holds."""
    with path.open("rb") as file:
        if int.from_bytes(file.read(72)[68:], "big") != APPLICATION_ID:
            return  # what it is, reading it tells
    check_beside(path)
    try:
        with closing(sqlite3.connect(path, isolation_level=None, timeout=1)) as connection:
            connection.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
            connection.execute("pragma trusted_schema = off")
            connection.execute("pragma journal_mode = delete").fetchall()
            connection.execute("select count(*) from sqlite_schema").fetchall()
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
            raise BusyFile from error
    except sqlite3.DatabaseError:
        return  # damaged: reading it tells
