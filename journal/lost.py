"""What the journal tells of writes that this database lacks."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any
from uuid import UUID

from django.utils import timezone

from journal import files
from journal.lines import Line, read, read_at
from journal.models import Write
from journal.services import Asked

# A write that was begun so recently may still be under way.
UNDER_WAY = timedelta(minutes=1)
AT_ONCE = 5_000
CONTENT = ("key", "user", "method", "path", "body", "base64")


@dataclass(kw_only=True, slots=True)
class LostWrite:
    """A write that the database lacks; its body stays in the file. `gave` are the addresses that it gave its rows."""

    uid: UUID
    at: datetime
    who: str
    key: str | None
    method: str
    address: str
    path: Path
    offset: int
    gave: Sequence[str] = ()
    # When the same was sent again and done, which this database has
    sent_again_at: datetime | None = None

    def asked(self) -> Asked:
        """The request itself, read again. Raises `ValueError` if it isn't there any more."""
        return Asked.from_json(read_at(self.path, self.offset))


@dataclass(frozen=True, kw_only=True, slots=True)
class Given:
    """That a write which was lost once gave rows these addresses, at some time."""

    at: datetime
    uid: UUID
    gave: Sequence[str]


@dataclass(frozen=True, kw_only=True)
class Gap:
    """Writes that are not in the journal."""

    since: datetime
    until: datetime
    count: int


@dataclass(kw_only=True)
class Found:
    """What was found: the writes that are lost, in their order; those of which nobody knows whether they were ever
    done; what the journal itself lacks; where the rows of writes that were ever lost have been, and are now; which of
    the writes that were asked about stand in it, whatever became of them."""

    lost: list[LostWrite] = field(default_factory=list)
    perhaps: list[LostWrite] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    spoiled: int = 0
    given: list[Given] = field(default_factory=list)
    now: dict[UUID, Sequence[str]] = field(default_factory=dict)
    written_down: set[UUID] = field(default_factory=set)
    _by_content: dict[int, list[LostWrite]] = field(default_factory=dict, repr=False, compare=False)


def look(*, since: date | None = None, about: Collection[UUID] = ()) -> Found:
    """Compare the journal with the database, from the files of a day on; `about` are writes to look for in it."""
    found = Found()
    at = timezone.now()
    for file in files.kept(at=at, since=since):
        day = _Day(file.path)
        day.add_to(found, under_way_since=at - UNDER_WAY)
        found.written_down |= day.has(about)
    found.lost.sort(key=_turn)
    found.perhaps.sort(key=_turn)
    found.given.sort(key=lambda given: given.at)
    return found


def known(uids: Sequence[UUID]) -> dict[UUID, Write]:
    """Those of the writes that the database has."""
    return {write.uid: write for some in _parts(uids) for write in Write.objects.filter(uid__in=some)}


def _turn(lost: LostWrite) -> tuple[datetime, UUID]:
    return lost.at, lost.uid


class _Day:
    """A day's file, read once."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._begun: dict[UUID, LostWrite] = {}
        self._contents: dict[UUID, int] = {}
        self._ended: dict[UUID, str] = {}
        self._given: list[Given] = []
        self._gaps: list[Gap] = []
        self._spoiled = 0
        for line in read(path):
            if line is None:
                self._spoiled += 1
            else:
                self._take(line)

    def add_to(self, found: Found, *, under_way_since: datetime) -> None:
        """Say what of it the database lacks."""
        found.gaps += self._gaps
        found.spoiled += self._spoiled
        here = known([*self._begun, *{given.uid for given in self._given}])
        for uid, write in self._begun.items():
            end = self._ended.get(uid)
            alike = found._by_content.setdefault(self._contents[uid], []) if end != "undone" else []
            if uid in here:
                _note_sent_again(alike, write.at)
            elif end == "done":
                found.lost.append(write)
                alike.append(write)
            elif end is None and write.at < under_way_since:
                found.perhaps.append(write)
                alike.append(write)
        for given in self._given:
            row = here.get(given.uid)
            if row is None or row.is_again:
                found.given.append(given)
            if row is not None and row.is_again:
                found.now[given.uid] = row.gave

    def has(self, uids: Collection[UUID]) -> set[UUID]:
        """Those of the writes that stand in it."""
        return {uid for uid in uids if uid in self._begun} | {it.uid for it in self._given}.intersection(uids)

    def _take(self, line: Line) -> None:
        said = line.said
        at = datetime.fromisoformat(said["at"])
        if "begun" in said:
            uid = UUID(said["begun"])
            self._contents[uid] = hash(tuple(str(said.get(name)) for name in CONTENT))
            self._begun[uid] = LostWrite(
                uid=uid,
                at=at,
                who=said["who"],
                key=said["key"],
                method=said["method"],
                address=said["path"],
                path=self._path,
                offset=line.offset,
            )
        elif "gap" in said:
            self._gaps.append(Gap(since=datetime.fromisoformat(said["since"]), until=at, count=said["gap"]))
        else:
            self._end(said, at)

    def _end(self, said: dict[str, Any], at: datetime) -> None:
        word = "done" if "done" in said else "undone"
        uid = UUID(said[word])
        if word == "done":
            self._given.append(Given(at=at, uid=uid, gave=said["gave"]))
        if said.get("again"):
            return
        self._ended[uid] = word
        if uid in self._begun:
            self._begun[uid].gave = said.get("gave", ())
        else:
            self._spoiled += 1


def _note_sent_again(alike: list[LostWrite], at: datetime) -> None:
    """One request that is here stands for one that is lost."""
    for write in alike:
        if write.sent_again_at is None and write.at < at:
            write.sent_again_at = at
            return


def _parts(uids: Sequence[UUID]) -> Iterator[list[UUID]]:
    rest = iter(uids)
    while part := list(islice(rest, AT_ONCE)):
        yield part
