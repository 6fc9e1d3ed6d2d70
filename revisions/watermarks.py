"""Watermarks: how far the database has come, written down outside it, so that an older one in its place is noticed.

Everything inside a database is restored with it. So the change set that was queued last is named in a file and in the
broker (each may be lost, or be another machine's), with the time at which it was made: a restored database lacks it,
also when it has grown beyond its number again. So is the audit log's last entry on a setting: a revoked key may work
again though no register has changed. A watermark is of one installation and of one epoch; that of an earlier epoch
says nothing any more.
"""

import contextlib
import dataclasses
import json
import logging
import os
import tempfile
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import redis
from django.conf import settings
from django.db import connection
from django.utils import timezone

from history.models import ChangeKind as Kind
from revisions import broker

logger = logging.getLogger(__name__)

Found = TypeVar("Found")

# A database that still replays another's log is asked nothing: it isn't there yet.
POSITION = """
    select here.epoch, greatest(here.queue_epoch, (select max(epoch) from revisions_queue),
            (select max(epoch) from revisions_retiredqueue)),
        last.id, last.changed_at, entry.id, entry.at
    from revisions_installation here
    left join lateral (
        select sets[cardinality(sets)] as set_id from revisions_numbering order by id desc limit 1
    ) numbered on true
    left join revisions_changeset last on last.id = numbered.set_id
    left join lateral (
        select id, at from history_change where kind = any(%(settings)s) order by id desc limit 1
    ) entry on true
    where here.uid = %(installation)s and not pg_is_in_recovery()
"""
IS_PAST = """
    select (
        %(change_set)s::bigint is null
        or exists (select from revisions_changeset where id = %(change_set)s and changed_at = %(changed_at)s)
        or exists (
            select from revisions_installation
            where cleaned_up_to >= %(change_set)s and cleaned_up_at >= %(changed_at)s)
    ) and (
        %(entry)s::bigint is null
        or exists (select from history_change where id = %(entry)s and at = %(entered_at)s))
"""
SEQUENCES = """
    select sequencename, last_value from pg_sequences where schemaname = current_schema() and last_value is not null
"""


# What the audit log tells of settings, keys and people; that somebody signed in or failed to is no loss
SETTINGS = [
    kind.value
    for kind in (
        Kind.CREATED,
        Kind.CHANGED,
        Kind.DELETED,
        Kind.EMPTIED,
        Kind.KEY_RESTORED,
        Kind.TOKEN_REVOKED,
        Kind.SECOND_FACTOR_ON,
        Kind.SECOND_FACTOR_OFF,
        Kind.RECOVERY_CODES_MADE,
        Kind.RECOVERY_CODE_USED,
    )
]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Position:
    """Where a database stands: its epoch, the highest of its queues', the change set that was queued last, and the last
    entry of the audit log on a setting, each with its time."""

    epoch: int
    queue_epoch: int
    change_set: int | None
    changed_at: datetime | None
    entry: int | None
    entered_at: datetime | None

    @property
    def last_change_at(self) -> datetime | None:
        """When the last change was made, of a register or of a setting."""
        return max((at for at in (self.changed_at, self.entered_at) if at), default=None)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Watermark:
    """A position, when it was written down, and the last numbers given out by each sequence by then."""

    position: Position
    marked_at: datetime
    sequences: Mapping[str, int] = dataclasses.field(default_factory=dict)

    def as_json(self) -> str:
        """What is kept of it."""
        content = {**dataclasses.asdict(self.position), "marked_at": self.marked_at, "sequences": dict(self.sequences)}
        return json.dumps(content, default=datetime.isoformat)

    @classmethod
    def from_json(cls, text: str | bytes) -> "Watermark":
        """Read it again. Raises `ValueError`, also for what was never one."""
        try:
            said: Any = json.loads(text)
            position = Position(
                epoch=int(said["epoch"]),
                queue_epoch=int(said["queue_epoch"]),
                change_set=_number(said["change_set"]),
                changed_at=_time(said["changed_at"]),
                entry=_number(said["entry"]),
                entered_at=_time(said["entered_at"]),
            )
            sequences = {str(name): int(last) for name, last in said["sequences"].items()}
            return cls(position=position, marked_at=datetime.fromisoformat(said["marked_at"]), sequences=sequences)
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"not a mark: {error!r}") from error


def _number(said: Any) -> int | None:
    return None if said is None else int(said)


def _time(said: Any) -> datetime | None:
    return None if said is None else datetime.fromisoformat(said)


def are_kept() -> bool:
    """Whether this process keeps marks at all."""
    return bool(settings.UTKORG_MARK_FOLDER)


def position_of(installation: UUID) -> Position | None:
    """Where the database stands; None of a standby, and of another installation's."""
    with connection.cursor() as cursor:
        cursor.execute(POSITION, {"installation": installation, "settings": SETTINGS})
        row = cursor.fetchone()
    names = [field.name for field in dataclasses.fields(Position)]
    return None if row is None else Position(**dict(zip(names, row, strict=True)))


def mark_of(position: Position) -> Watermark:
    """A mark of where the database stands now."""
    with connection.cursor() as cursor:
        cursor.execute(SEQUENCES)
        return Watermark(position=position, marked_at=timezone.now(), sequences=dict(cursor.fetchall()))


def is_lost(mark: Watermark, position: Position) -> bool:
    """Whether what a mark names is not in the past of the database, which stands at a position."""
    if mark.position.epoch != position.epoch:
        return mark.position.epoch > position.epoch
    if mark.position == position:
        return False
    with connection.cursor() as cursor:
        cursor.execute(IS_PAST, dataclasses.asdict(mark.position))
        (is_past,) = cursor.fetchone()
    return not is_past


def read(installation: UUID) -> dict[str, Watermark | None]:
    """The mark in each place that can be reached; None where there is none yet, or nothing that is one."""
    return {
        name: mark for name, place in PLACES.items() for mark in _reaching(name, partial(_read, place, installation))
    }


def write(installation: UUID, mark: Watermark, *, places: Iterable[str]) -> None:
    """Write it down in these places. One that couldn't be read before isn't one of them: what stands there may tell of
    a lost database."""
    text = mark.as_json()
    for name in places:
        _reaching(name, partial(PLACES[name].write, installation, text))


class File:
    """A file in a folder outside the database's, replaced as a whole."""

    def read(self, installation: UUID) -> str | bytes | None:
        """What stands there."""
        path = self.path(installation)
        return path.read_bytes() if path.exists() else None

    def write(self, installation: UUID, text: str) -> None:
        """Replace it, so that a crash leaves the old one or the new."""
        path = self.path(installation)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        number, draft = tempfile.mkstemp(dir=path.parent, prefix=".mark-")
        try:
            with os.fdopen(number, "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            Path(draft).replace(path)
        except OSError:
            with contextlib.suppress(OSError):
                Path(draft).unlink()
            raise
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    @staticmethod
    def path(installation: UUID) -> Path:
        """Where it is."""
        return Path(settings.UTKORG_MARK_FOLDER) / f"{installation}.json"


class Broker:
    """A value in the broker, which all hosts share."""

    def read(self, installation: UUID) -> str | bytes | None:
        """What stands there."""
        found: bytes | None = broker.client().get(self.key(installation))  # type: ignore[assignment]
        return found

    def write(self, installation: UUID, text: str) -> None:
        """Replace it."""
        broker.client().set(self.key(installation), text)

    @staticmethod
    def key(installation: UUID) -> str:
        """Its name."""
        return f"utkorg:mark:{installation}"


PLACES: dict[str, File | Broker] = {"file": File(), "broker": Broker()}
_out_of_reach: set[str] = set()


def _read(place: File | Broker, installation: UUID) -> Watermark | None:
    text = place.read(installation)
    if text is None:
        return None
    try:
        return Watermark.from_json(text)
    except ValueError as error:
        logger.warning("What stands in the place of a mark is none and is replaced: %s", error)
        return None


def _reaching(name: str, ask: Callable[[], Found]) -> list[Found]:
    """What asking a place gives, if it can be asked. That it can't is told once, until it can again."""
    try:
        found = ask()
    except (OSError, redis.RedisError) as error:
        if name not in _out_of_reach:
            logger.warning("The mark of how far the database came can't be kept in the %s: %s", name, error)
        _out_of_reach.add(name)
        return []
    _out_of_reach.discard(name)
    return [found]
