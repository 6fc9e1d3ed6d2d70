"""Writing writes down: before they are committed, and what became of them after."""

import base64
import logging
from collections.abc import Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.utils import timezone

from journal import files, gaps
from journal.lines import as_line
from journal.models import Write
from journal.uids import first_uid_of, uid_at

logger = logging.getLogger(__name__)

LOWEST_REFUSAL, LOWEST_FAILURE = 400, 500

# Rows of the database stay longer than the files, so that no write of a file is taken for lost.
ROWS_OUTLIVE_FILES = timedelta(days=2)

# The uid of the write that is being taken in again
_again: ContextVar[UUID | None] = ContextVar("taken_in_again", default=None)


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A request that writes, as it can be made again: by a key, known by its public id, or by a user."""

    key: str | None
    user: str | None
    who: str
    method: str
    path: str
    host: str
    is_secure: bool
    content_type: str
    body: bytes = field(repr=False)
    headers: dict[str, str] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """What is written down of it."""
        said: dict[str, Any] = {
            "key": self.key,
            "user": self.user,
            "who": self.who,
            "method": self.method,
            "path": self.path,
            "host": self.host,
            "secure": self.is_secure,
            "type": self.content_type,
            "headers": self.headers,
        }
        try:
            said["body"] = self.body.decode()
        except UnicodeDecodeError:
            said["base64"] = base64.b64encode(self.body).decode()
        return said

    @classmethod
    def from_json(cls, said: dict[str, Any]) -> "Asked":
        """Read it again."""
        text = said.get("body")
        return cls(
            key=said["key"],
            user=said["user"],
            who=said["who"],
            method=said["method"],
            path=said["path"],
            host=said["host"],
            is_secure=said["secure"],
            content_type=said["type"],
            headers=dict(said["headers"]),
            body=base64.b64decode(said["base64"]) if text is None else text.encode(),
        )


@dataclass(kw_only=True)
class Begun:
    """A write of this process that is under way; `path` is None where it isn't in a file."""

    uid: UUID
    path: Path | None
    is_again: bool = False
    error: OSError | None = None


class taking_in_again:  # noqa: N801 (read as a verb in `with`)
    """What is written within is the write of this uid, which was lost."""

    def __init__(self, uid: UUID) -> None:
        self._uid = uid

    def __enter__(self) -> None:
        self._token = _again.set(self._uid)

    def __exit__(self, *_error: object) -> None:
        _again.reset(self._token)


def is_again() -> bool:
    """Whether what is being done was done before, and lost."""
    return _again.get() is not None


def new_uid() -> UUID | None:
    """Name a write before it is written down, for whoever refers to it outside; None where no journal is kept."""
    again = _again.get()
    if again is not None:
        return again
    return uid_at(timezone.now()) if files.is_kept() else None


def begin(asked: Asked, *, uid: UUID | None = None) -> Begun | None:
    """Write down what is about to be committed, in its transaction; None where no journal is kept.

    `uid` is the name that it has already.
    """
    again = _again.get()
    if again is not None:
        # Whoever takes the same write in at the same time has to wait here, and fails then.
        Write.objects.create(uid=again, is_again=True)
        return Begun(uid=again, path=None, is_again=True)
    if not files.is_kept():
        return None
    if not connection.in_atomic_block:
        raise RuntimeError("Call this inside the transaction that writes.")
    now = timezone.now()
    begun = Begun(uid=uid or uid_at(now), path=files.path_of(now))
    Write.objects.create(uid=begun.uid)
    try:
        _append(begun, {"begun": str(begun.uid), "at": now.isoformat(), **asked.as_json()}, durably=False)
    except OSError as error:
        begun.path, begun.error = None, error
        gaps.of_this_process.widen(error, at=now)
    return begun


def end(begun: Begun, *, status: int, gave: Sequence[str]) -> None:
    """Write down what became of it, after its transaction: done, or refused as late as at the commit.

    The disk has it when this returns, so that whoever is told that it is done can rely on it. Of a failure nobody
    knows whether it was committed; then nothing is said. `gave` are the addresses of the rows that it made.
    """
    now = timezone.now()
    if begun.is_again:
        Write.objects.filter(uid=begun.uid).update(gave=list(gave))
    if begun.path is not None and status < LOWEST_FAILURE:
        word = "done" if status < LOWEST_REFUSAL else "undone"
        said = {word: str(begun.uid), "at": now.isoformat(), "status": status, "gave": list(gave)}
        try:
            _append(begun, said, durably=True)
        except OSError as error:
            begun.error = error
            gaps.of_this_process.widen(error, at=now)
    if begun.error is not None:
        gaps.of_this_process.tell(begun.error, at=now)


def note_again(uid: UUID, *, gave: Sequence[str]) -> None:
    """Write down that a lost write is done again, with other addresses perhaps; for the next time that it is lost."""
    if not files.is_kept():
        return
    now = timezone.now()
    said = {"done": str(uid), "at": now.isoformat(), "status": 200, "gave": list(gave), "again": True}
    try:
        _append(Begun(uid=uid, path=files.path_of(now)), said, durably=True)
    except OSError as error:
        gaps.of_this_process.widen(error, at=now)
        gaps.of_this_process.tell(error, at=now)


def remove_old(*, at: datetime | None = None) -> int:
    """Remove what is older than the setting says, the files before the rows; returns how many files."""
    at = at or timezone.now()
    removed = files.remove_old(at=at)
    oldest = at - timedelta(days=settings.UTKORG_JOURNAL_DAYS) - ROWS_OUTLIVE_FILES
    Write.objects.filter(uid__lt=first_uid_of(oldest)).delete()
    return removed


def _append(begun: Begun, said: dict[str, Any], *, durably: bool) -> None:
    if begun.path is None:
        return
    missed = gaps.of_this_process.missed()
    if missed is None:
        files.append(begun.path, as_line(said), durably=durably)
        return
    files.append(begun.path, as_line(missed) + as_line(said), durably=durably)
    gaps.of_this_process.close(missed)
