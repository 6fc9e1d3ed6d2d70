"""A document of three sides, part by part: who changed what, and what comes of choosing among them.

Plain data in and out. A part is a field (`name`) or a whole row (`rows.3`); where one side has deleted the document,
there is but one part, all of it (``""``).
"""

import dataclasses
import enum
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from workcopies.documents.document import Document

ROWS = "rows"
WHOLE = ""


class Side(enum.StrEnum):
    """Whose value is taken; `BOTH` keeps two rows that were added under one number, `OTHER` is neither's."""

    MINE = "mine"
    THEIRS = "theirs"
    BOTH = "both"
    OTHER = "other"


class ChangedBy(enum.StrEnum):
    """Who has another value than the base; `SAME` is both, and the same one."""

    NOBODY = "nobody"
    MINE = "mine"
    THEIRS = "theirs"
    SAME = "same"
    BOTH = "both"


@dataclasses.dataclass(frozen=True)
class Choice:
    """What is taken for a part; `value` for what is neither's (None: no such row)."""

    side: Side
    value: Any = None

    def as_json(self) -> dict[str, Any]:
        """As it is kept."""
        return {"side": str(self.side)} | ({"value": self.value} if self.side is Side.OTHER else {})

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> "Choice":
        """As it was kept."""
        return cls(Side(kept["side"]), kept.get("value"))


@dataclasses.dataclass(frozen=True)
class Part:
    """A field, a row or the whole, as each side has it."""

    path: str
    base: Any
    mine: Any
    theirs: Any

    @property
    def changed_by(self) -> ChangedBy:
        """Who changed it."""
        match self.mine != self.base, self.theirs != self.base:
            case False, False:
                return ChangedBy.NOBODY
            case True, False:
                return ChangedBy.MINE
            case False, True:
                return ChangedBy.THEIRS
        return ChangedBy.SAME if self.mine == self.theirs else ChangedBy.BOTH

    @property
    def is_row(self) -> bool:
        """Whether it is a row of a voucher."""
        return self.path.startswith(f"{ROWS}.")

    @property
    def number(self) -> int:
        """The row's number."""
        return int(self.path.removeprefix(f"{ROWS}."))

    @property
    def may_be_both(self) -> bool:
        """Whether both have added a row under the same number: neither need give way to the other."""
        return self.is_row and self.base is None and self.changed_by is ChangedBy.BOTH

    @property
    def proposed(self) -> Side | None:
        """What is taken where nobody chooses; None where somebody has to."""
        match self.changed_by:
            case ChangedBy.BOTH:
                return None
            case ChangedBy.MINE:
                return Side.MINE
        return Side.THEIRS


def parts_of(base: Document | None, mine: Document | None, theirs: Document | None) -> list[Part]:
    """The parts of a document, fields first; one where a side has none, for then there is nothing to put together."""
    if mine is None or theirs is None:
        return [Part(WHOLE, base, mine, theirs)]
    return list(fields_and_rows(base, mine, theirs))


def fields_and_rows(base: Document | None, mine: Document | None, theirs: Document | None) -> Iterator[Part]:
    """Yield what a document consists of, on any of its sides."""
    sides = (base, mine, theirs)
    for name in _names(side.fields for side in (theirs, mine, base) if side):
        # A file of an older version lacks fields; it hasn't changed them.
        yield Part(name, *(side.fields.get(name, _known(name, theirs, base)) if side else None for side in sides))
    rows = [_rows(side) for side in sides]
    for number in sorted(_names(rows)):
        yield Part(f"{ROWS}.{number}", *(side.get(number) for side in rows))


def undecided(parts: Sequence[Part], choices: Mapping[str, Choice]) -> list[str]:
    """The parts for which somebody has still to choose."""
    return [part.path for part in parts if part.path not in choices and part.proposed is None]


def put_together(parts: Sequence[Part], choices: Mapping[str, Choice], *, of: Document) -> Document | None:
    """The document that the choices make, for the place of another; what nobody chose for is taken as proposed.

    A row that is kept beside another, or that is neither side's, gets the next number.
    """
    if parts[0].path == WHOLE:
        chosen: Document | None = _value(parts[0], choices[WHOLE])
        return chosen
    fields: dict[str, Any] = {}
    rows: dict[int, Any] = {}
    beside = []
    for part in parts:
        choice = choices.get(part.path) or Choice(part.proposed or Side.THEIRS)
        value = _value(part, choice)
        if not part.is_row:
            fields[part.path] = value
        elif value is not None:
            rows[part.number] = value
        if choice.side is Side.BOTH:
            beside.append(part.mine)
    known = {part.path for part in parts}
    beside += [choice.value for path, choice in choices.items() if path not in known and choice.value is not None]
    last = max((part.number for part in parts if part.is_row), default=0)
    rows |= dict(enumerate(beside, start=last + 1))
    return dataclasses.replace(of, fields=fields, rows=None if of.rows is None else rows)


def _value(part: Part, choice: Choice) -> Any:
    match choice.side:
        case Side.MINE:
            return part.mine
        case Side.OTHER:
            return choice.value
    return part.theirs


def _rows(document: Document | None) -> Mapping[int, Any]:
    return (document.rows if document else None) or {}


def _known(name: str, *sides: Document | None) -> Any:
    return next((side.fields[name] for side in sides if side and name in side.fields), None)


def _names(sides: Any) -> list[Any]:
    return list(dict.fromkeys(name for side in sides for name in side))
