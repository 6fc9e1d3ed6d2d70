"""The three-way merge of one document: pure, over plain data.

Each side is compared with its own base. At first both bases are the document as it was checked out; after the same copy
was checked in they are what each side had then (`Landed`): a voucher made in the copy has its real number on the
server, and what somebody chose in a conflict is nobody's change any more.
"""

import dataclasses
import json
from collections.abc import Iterator, Mapping
from enum import StrEnum

from workcopies.documents.document import Document, Fields
from workcopies.documents.kinds import Json


class Verdict(StrEnum):
    """Who changed a document, and whether that goes together."""

    NOTHING = "nothing"
    MINE = "mine"
    THEIRS = "theirs"
    SAME = "same"
    MERGED = "merged"
    CONFLICT = "conflict"


@dataclasses.dataclass(frozen=True)
class Difference:
    """A value in which the sides differ; None as well where there is none."""

    base: Json
    mine: Json
    theirs: Json

    def as_json(self) -> dict[str, Json]:
        """The difference as reports have it."""
        return dataclasses.asdict(self)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Outcome:
    """What becomes of a document, all of it in the server's terms: its key, its row numbers.

    `result` is what the server is to hold, None for nothing; in a conflict it is what both agree on, with theirs where
    they don't. `mine` is what the copy asks for. `fields` are the values that differ in a conflict, by name.
    """

    verdict: Verdict
    base: Document | None
    mine: Document | None
    theirs: Document | None
    result: Document | None
    fields: Mapping[str, Difference] = dataclasses.field(default_factory=dict)

    @property
    def operation(self) -> str | None:
        """What has to be done on the server: `create`, `change`, `delete`, or nothing."""
        if self.verdict not in {Verdict.MINE, Verdict.MERGED}:
            return None
        if self.result is None:
            return "delete"
        return "create" if self.theirs is None else "change"


def merge(
    base_mine: Document | None, mine: Document | None, base_theirs: Document | None, theirs: Document | None
) -> Outcome:
    """Merge what the copy has with what the server has; None is a document that isn't there."""
    by_me, by_them = not _same(base_mine, mine), not _same(base_theirs, theirs)
    # The server may know fields that a file of an older version doesn't.
    wanted = _wanted(base_mine, mine, base_theirs if by_them else theirs)
    base = base_theirs or base_mine
    # Where only one side had it when they last agreed, a change of the other is a new one of both.
    by_them = by_them or (base_mine is None) != (base_theirs is None)

    def outcome(verdict: Verdict, result: Document | None, fields: Mapping[str, Difference] | None = None) -> Outcome:
        return Outcome(verdict=verdict, base=base, mine=wanted, theirs=theirs, result=result, fields=fields or {})

    if not by_me:
        return outcome(Verdict.NOTHING if _same(base_theirs, theirs) else Verdict.THEIRS, theirs)
    if _same(wanted, theirs):
        return outcome(Verdict.SAME, theirs)
    if not by_them:
        return outcome(Verdict.MINE, wanted)
    if base is None or wanted is None or theirs is None or theirs.kind.is_unit:
        return outcome(Verdict.CONFLICT, theirs, _differences(base, wanted, theirs))
    fields, differing = _merged_fields(base.fields, wanted.fields, theirs.fields)
    result = dataclasses.replace(theirs, fields=fields)
    if differing:
        return outcome(Verdict.CONFLICT, result, differing)
    return outcome(Verdict.THEIRS if _same(result, theirs) else Verdict.MERGED, result)


def asked(outcome: Outcome) -> Outcome:
    """The same where nobody knows whether the copy means what it says: what it would write is a conflict."""
    if outcome.operation is None:
        return outcome
    differing = _differences(outcome.base, outcome.mine, outcome.theirs)
    return dataclasses.replace(outcome, verdict=Verdict.CONFLICT, result=outcome.theirs, fields=differing)


def _same(one: Document | None, other: Document | None) -> bool:
    if one is None or other is None:
        return one is other
    return one.says_as(other)


def _wanted(base_mine: Document | None, mine: Document | None, base_theirs: Document | None) -> Document | None:
    """What the copy asks for in the server's terms: its own changes, made to what the server had."""
    if mine is None or base_mine is None or base_theirs is None:
        return mine
    rows = _wanted_rows(base_mine, mine, base_theirs)
    fields = _wanted_fields(base_mine.fields, mine.fields, base_theirs.fields)
    return Document(base_theirs.register, base_theirs.key, fields, rows)


def _wanted_fields(base: Fields, mine: Fields, theirs: Fields) -> Fields:
    changed = {name: value for name, value in mine.items() if name not in base or base[name] != value}
    return {**theirs, **{name: value for name, value in mine.items() if name not in theirs}, **changed}


def _wanted_rows(base_mine: Document, mine: Document, base_theirs: Document) -> Mapping[int, Fields] | None:
    if mine.rows is None or base_mine.rows is None or base_theirs.rows is None:
        return base_theirs.rows
    there = dict(_counterparts(base_mine.rows, base_theirs.rows))
    gone = {there[number] for number in base_mine.rows.keys() - mine.rows.keys() if number in there}
    wanted = {number: row for number, row in base_theirs.rows.items() if number not in gone}
    new: dict[int, Fields] = {}
    for number, row in sorted(mine.rows.items()):
        if number in there:
            wanted[there[number]] = _wanted_fields(base_mine.rows[number], row, base_theirs.rows[there[number]])
        elif number not in base_mine.rows or not _alike(base_mine.rows[number], row):
            new[number] = row
    return {**wanted, **dict(_numbered(new, taken={*base_theirs.rows, *wanted}))}


def _counterparts(mine: Mapping[int, Fields], theirs: Mapping[int, Fields]) -> Iterator[tuple[int, int]]:
    """Yield the numbers that rows have in the copy and on the server: rows made in a copy may have got others.

    The same number and the same content first, then the same content, then the same number.
    """
    same = {number for number, row in mine.items() if number in theirs and _alike(row, theirs[number])}
    yield from ((number, number) for number in same)
    by_content: dict[str, list[int]] = {}
    for number in sorted(theirs.keys() - same, reverse=True):
        by_content.setdefault(_text(theirs[number], mine), []).append(number)
    waiting, left = set(mine) - same, set(theirs) - same
    for number in sorted(waiting):
        if found := by_content.get(_text(mine[number], mine)):
            left.discard(found[-1])
            waiting.discard(number)
            yield number, found.pop()
    yield from ((number, number) for number in sorted(waiting & left))


def _text(row: Fields, known: Mapping[int, Fields]) -> str:
    names = next(iter(known.values()), {}).keys()
    return json.dumps([row[name] for name in sorted(names & row.keys())], sort_keys=True)


def _numbered(rows: Mapping[int, Fields], *, taken: set[int]) -> Iterator[tuple[int, Fields]]:
    """Yield new rows with numbers that no row of the server has."""
    for number, row in sorted(rows.items()):
        free = max(taken) + 1 if number in taken else number
        taken.add(free)
        yield free, row


def _merged_fields(base: Fields, mine: Fields, theirs: Fields) -> tuple[Fields, dict[str, Difference]]:
    merged, differing = dict(theirs), {}
    for name in mine.keys() & theirs.keys():
        was = base.get(name)
        if mine[name] in (was, theirs[name]):
            continue
        if theirs[name] == was:
            merged[name] = mine[name]
        else:
            differing[name] = Difference(was, mine[name], theirs[name])
    return merged, dict(sorted(differing.items()))


def _differences(base: Document | None, mine: Document | None, theirs: Document | None) -> dict[str, Difference]:
    was, ours, others = (document.flat() if document else {} for document in (base, mine, theirs))
    return {
        name: Difference(was.get(name), ours.get(name), others.get(name))
        for name in dict.fromkeys((*was, *ours, *others))
        if ours.get(name) != others.get(name)
    }


def _alike(one: Fields, other: Fields) -> bool:
    return all(one[name] == other[name] for name in one.keys() & other.keys())
