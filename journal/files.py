"""The files of the journal: one for each day and host, appended to by every process there."""

import os
import re
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from django.conf import settings

NAME = re.compile(r"(\d{4}-\d{2}-\d{2})\.[0-9A-Za-z_-]+\.journal")


@dataclass(frozen=True, order=True)
class DayFile:
    """The file of a day and host."""

    day: date
    path: Path


def is_kept() -> bool:
    """Whether this process keeps a journal at all."""
    return bool(settings.UTKORG_JOURNAL_FOLDER)


def folder() -> Path:
    """Where the files are."""
    return Path(settings.UTKORG_JOURNAL_FOLDER)


def path_of(moment: datetime) -> Path:
    """This host's file of a moment's day. Hosts may share the folder: each has files of its own, since several can't
    append to one over a network."""
    host = re.sub(r"[^0-9A-Za-z_-]", "-", socket.gethostname())[:64] or "host"
    return folder() / f"{moment.astimezone(UTC).date()}.{host}.journal"


def append(path: Path, line: bytes, *, durably: bool) -> None:
    """Add a line by one write, which no other process's can part. Raises `OSError`, also where it found no room.

    `durably`: once this returns, neither it nor any line before it is lost to a crash of the machine.
    """
    number = _open(path)
    try:
        if os.write(number, line) < len(line):
            raise OSError(f"{path} took only a part of a line: the disk is full.")
        if durably:
            os.fdatasync(number)
    finally:
        os.close(number)


def kept(*, at: datetime, since: date | None = None) -> list[DayFile]:
    """The files within the days of the setting, the oldest first; those of earlier days than `since` aren't looked
    at."""
    oldest = max(_oldest_day(at), since or date.min)
    return sorted(found for found in _all() if found.day >= oldest)


def remove_old(*, at: datetime) -> int:
    """Remove the files of days beyond those of the setting; returns how many."""
    stale = [found for found in _all() if found.day < _oldest_day(at)]
    for found in stale:
        found.path.unlink(missing_ok=True)
    return len(stale)


def _oldest_day(at: datetime) -> date:
    return at.astimezone(UTC).date() - timedelta(days=settings.UTKORG_JOURNAL_DAYS)


def _all() -> Iterator[DayFile]:
    if not is_kept() or not folder().is_dir():
        return
    for path in folder().iterdir():
        named = NAME.fullmatch(path.name)
        if named:
            yield DayFile(day=date.fromisoformat(named[1]), path=path)


def _open(path: Path) -> int:
    flags = os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC
    try:
        return os.open(path, flags)
    except FileNotFoundError:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        number = os.open(path, flags | os.O_CREAT, mode=0o600)
        _keep_name(path.parent)
        return number


def _keep_name(parent: Path) -> None:
    number = os.open(parent, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
