"""The three sides of a document beside each other, as a page shows them: what differs, and who did what."""

import dataclasses
from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import cached_property
from typing import Any, TypeAlias

from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from access.http.admin import amounts
from workcopies.admin.columns import TYPED_OF_ROWS, Column, Columns, Names
from workcopies.choosing import ROWS, WHOLE, ChangedBy, Choice, Part, Side, fields_and_rows, parts_of
from workcopies.documents.document import Document

Row: TypeAlias = Mapping[str, Any]
Four: TypeAlias = tuple[Row | None, Row | None, Row | None, Row | None]

AMOUNT = "amount"
# What of a row is told only where it isn't the same everywhere: of little interest otherwise.
SELDOM = ("entry_date", "signature", "other_dimensions")

CHANGES: Mapping[ChangedBy, tuple[str, str | Promise]] = {
    ChangedBy.NOBODY: ("remove", _("unchanged")),
    ChangedBy.MINE: ("edit_document", _("changed in the copy only")),
    ChangedBy.THEIRS: ("cloud", _("changed here only")),
    ChangedBy.SAME: ("done_all", _("changed alike on both sides")),
    ChangedBy.BOTH: ("call_split", _("changed differently on both sides")),
}
ADDED: Mapping[ChangedBy, tuple[str, str | Promise]] = {
    ChangedBy.MINE: ("add", _("added in the copy")),
    ChangedBy.THEIRS: ("add", _("added here")),
    ChangedBy.SAME: ("done_all", _("added alike on both sides")),
    ChangedBy.BOTH: ("call_split", _("a row was added on each side")),
}
DELETED_BY_MINE = ("delete", _("deleted in the copy, changed here"))
DELETED_BY_THEIRS = ("delete", _("deleted here, changed in the copy"))
DELETED: Mapping[ChangedBy, tuple[str, str | Promise]] = {
    ChangedBy.MINE: ("delete", _("deleted in the copy")),
    ChangedBy.THEIRS: ("delete", _("deleted here")),
    ChangedBy.SAME: ("delete", _("deleted on both sides")),
}
SIDES: Mapping[Side, str | Promise] = {
    Side.MINE: pgettext_lazy("side of a conflict", "mine"),
    Side.THEIRS: pgettext_lazy("side of a conflict", "theirs"),
    Side.BOTH: pgettext_lazy("side of a conflict", "both rows"),
    Side.OTHER: pgettext_lazy("side of a conflict", "edited"),
}


@dataclasses.dataclass(frozen=True)
class Cell:
    """A value of one side; `note` is what a code stands for."""

    text: str
    note: str = ""
    is_changed: bool = False
    is_amount: bool = False

    @property
    def whole(self) -> str:
        """In a sentence."""
        return f"{self.text} {self.note}".strip() or "–"


@dataclasses.dataclass(frozen=True)
class Line:
    """One field: its word, and its value on each side, and as it became."""

    word: str
    base: Cell
    mine: Cell
    theirs: Cell
    result: Cell

    @property
    def differs(self) -> bool:
        """Whether a side has another value than the base."""
        return self.mine.is_changed or self.theirs.is_changed


@dataclasses.dataclass(frozen=True)
class Sums:
    """Debit and credit of a voucher's rows."""

    debit: Decimal = Decimal(0)
    credit: Decimal = Decimal(0)

    @property
    def difference(self) -> Decimal:
        """What they lack of being the same."""
        return self.debit - self.credit

    @property
    def shown(self) -> tuple[str, str, str]:
        """All three."""
        return amounts.shown(self.debit), amounts.shown(self.credit), amounts.shown(self.difference)


@dataclasses.dataclass(frozen=True)
class Block:
    """A part of the document: a field with one line, or a row with its fields."""

    part: Part
    lines: Sequence[Line]
    title: str
    result: Any
    choice: Choice | None

    @property
    def sign(self) -> tuple[str, str | Promise]:
        """An icon, and in words who did what."""
        part = self.part
        if part.is_row or part.path == WHOLE:
            if part.base is None:
                return ADDED.get(part.changed_by, CHANGES[part.changed_by])
            if part.mine is None and part.changed_by is ChangedBy.BOTH:
                return DELETED_BY_MINE
            if part.theirs is None and part.changed_by is ChangedBy.BOTH:
                return DELETED_BY_THEIRS
            if part.mine is None or part.theirs is None:
                return DELETED[part.changed_by]
        return CHANGES[part.changed_by]

    @property
    def is_conflict(self) -> bool:
        """Whether somebody has to choose."""
        return self.part.changed_by is ChangedBy.BOTH

    @property
    def is_changed(self) -> bool:
        """Whether any side changed it."""
        return self.part.changed_by is not ChangedBy.NOBODY

    @property
    def is_chosen(self) -> bool:
        """Whether there is anything to choose: the two sides aren't the same."""
        return self.part.changed_by not in {ChangedBy.NOBODY, ChangedBy.SAME}

    @property
    def chosen_word(self) -> str | Promise:
        """Whose it became."""
        if self.choice is None:
            side = self.part.proposed
            return SIDES[side] if side and self.is_chosen else ""
        return SIDES[self.choice.side]

    @property
    def is_beside(self) -> bool:
        """Whether it is a row that no side has under this number."""
        part = self.part
        return part.is_row and part.base is None and part.mine is None and part.theirs is None

    @property
    def told_result(self) -> str:
        """What it becomes, in a sentence."""
        return f"{self._named}: {self._told('result', self.result)}{self._whose}"

    @property
    def told_not_taken(self) -> list[str]:
        """The values of both sides that it doesn't become."""
        found = []
        for side in (Side.MINE, Side.THEIRS):
            value = getattr(self.part, side)
            is_kept_beside = self.choice is not None and self.choice.side is Side.BOTH
            if value != self.result and not self.is_beside and not is_kept_beside:
                found.append(f"{self._named}, {SIDES[side]}: {self._told(side, value)}")
        return found

    @property
    def _named(self) -> str:
        return gettext("Row %(number)s") % {"number": self.part.number} if self.part.is_row else self.title

    @property
    def _whose(self) -> str:
        word = self.chosen_word
        return f" ({word})" if word else ""

    def _told(self, side: str, value: Any) -> str:
        if self.part.is_row and value is None:
            return gettext("no such row")
        cells = [cell.whole for line in self.lines if (cell := getattr(line, side)).text]
        return ", ".join(cells) or "–"

    def hundredths(self, side: str) -> str:
        """A row's amount on a side, for the page's script; empty for none."""
        row = getattr(self.part, side)
        return "" if not row else str(int(Decimal(row.get(AMOUNT) or 0) * 100))

    @property
    def hundredths_of_mine(self) -> str:
        """That of mine."""
        return self.hundredths("mine")

    @property
    def hundredths_of_theirs(self) -> str:
        """That of theirs."""
        return self.hundredths("theirs")


class Sides:
    """A document of three sides; `result` and `choices` are what it became, once it is resolved."""

    def __init__(
        self,
        columns: Columns,
        names: Names,
        *,
        base: Document | None,
        mine: Document | None,
        theirs: Document | None,
        result: Document | None = None,
        choices: Mapping[str, Choice] | None = None,
    ) -> None:
        self.columns, self.names = columns, names
        self.base, self.mine, self.theirs, self.result = base, mine, theirs, result
        self.choices = choices or {}
        self.parts = parts_of(base, mine, theirs)

    @property
    def is_whole(self) -> bool:
        """Whether one side has deleted the document, so that it is kept or deleted as a whole."""
        return self.parts[0].path == WHOLE

    @property
    def has_rows(self) -> bool:
        """Whether it is a voucher, with rows."""
        return self.columns.kind.rows is not None

    @cached_property
    def whole(self) -> Block:
        """The document as one part, of which one side is missing."""
        return Block(self.parts[0], [], "", self.result, self.choices.get(WHOLE))

    @cached_property
    def fields(self) -> list[Block]:
        """The fields of the document itself."""
        return [self._field(part) for part in fields_and_rows(*self._sides) if not part.is_row]

    @cached_property
    def rows(self) -> list[Block]:
        """The rows of a voucher, with those of the result that no side had."""
        found = [self._row(part) for part in fields_and_rows(*self._sides) if part.is_row]
        known = {block.part.number for block in found}
        beside = [Part(f"{ROWS}.{number}", None, None, None) for number in _rows(self.result) if number not in known]
        return found + [self._row(part) for part in beside]

    @property
    def blocks(self) -> list[Block]:
        """All that there is to choose among."""
        return [self.whole] if self.is_whole else [*self.fields, *self.rows]

    @property
    def sums(self) -> dict[str, Sums]:
        """Debit and credit of every side."""
        named = {"base": self.base, "mine": self.mine, "theirs": self.theirs, "result": self.result}
        return {name: sums_of(document) for name, document in named.items()}

    @property
    def _sides(self) -> tuple[Document | None, Document | None, Document | None]:
        """All three; a side that has deleted the document has changed no part of it."""
        return self.base, self.mine or self.base, self.theirs or self.base

    def _field(self, part: Part) -> Block:
        result = self.result.fields.get(part.path) if self.result else None
        line = self._line(self.columns.of(part.path), part.base, part.mine, part.theirs, result)
        return Block(part, [line], line.word, result, self.choices.get(part.path))

    def _row(self, part: Part) -> Block:
        result = _rows(self.result).get(part.number)
        sides: Four = (part.base, part.mine, part.theirs, result)
        lines = [self._line_of_row(name, sides) for name in self._told_of(sides)]
        return Block(part, lines, str(part.number), result, self.choices.get(part.path))

    def _told_of(self, sides: Sequence[Row | None]) -> list[str]:
        there = [side for side in sides if side is not None]
        told = []
        for name in dict.fromkeys((*TYPED_OF_ROWS, *_names(*there))):
            values = [side.get(name) for side in there]
            if name in SELDOM and all(value == values[0] for value in values):
                continue
            if any(value or value == 0 for value in values):
                told.append(name)
        return told

    def _line_of_row(self, name: str, sides: Four) -> Line:
        # Of a row that is new, or gone, there is nothing to mark in particular.
        is_marked = all(side is not None for side in sides[:3])
        base, mine, theirs, result = ((side or {}).get(name) for side in sides)
        return self._line(self.columns.of_row(name), base, mine, theirs, result, is_marked=is_marked, is_row=True)

    def _line(
        self,
        column: Column,
        base: Any,
        mine: Any,
        theirs: Any,
        result: Any,
        *,
        is_marked: bool = True,
        is_row: bool = False,
    ) -> Line:
        def cell(value: Any, *, is_changed: bool = False) -> Cell:
            return self._cell(column, value, is_row=is_row, is_changed=is_marked and is_changed)

        return Line(
            word=column.word,
            base=cell(base),
            mine=cell(mine, is_changed=mine != base),
            theirs=cell(theirs, is_changed=theirs != base),
            result=cell(result),
        )

    def _cell(self, column: Column, value: Any, *, is_row: bool, is_changed: bool) -> Cell:
        if is_row and column.name == AMOUNT and value is not None:
            return Cell(amount_of_row(Decimal(value)), is_changed=is_changed, is_amount=True)
        note = self.names.get((column.name, str(value)), "") if column.target is not None else ""
        return Cell(column.shown(value), note, is_changed, column.is_amount)


def amount_of_row(amount: Decimal) -> str:
    """A row's amount, as debit or as credit."""
    side = _("debit") if amount >= 0 else _("credit")
    return f"{capfirst(side)} {amounts.shown(abs(amount))}"


def sums_of(document: Document | None) -> Sums:
    """Debit and credit of a voucher's rows."""
    found = [Decimal(row.get(AMOUNT) or 0) for row in _rows(document).values()]
    return Sums(sum((a for a in found if a > 0), Decimal(0)), -sum((a for a in found if a < 0), Decimal(0)))


def _rows(document: Document | None) -> Mapping[int, Row]:
    return (document.rows if document else None) or {}


def _names(*rows: Row) -> list[str]:
    return list(dict.fromkeys(name for row in rows for name in row))
