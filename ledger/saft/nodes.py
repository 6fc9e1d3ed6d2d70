"""An element's values, by name: texts without blanks at their ends, amounts, dates, all with the place in messages."""

import datetime as dt
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import lru_cache

from lxml import etree

from ledger.importing.exceptions import BrokenValueError, quoted
from ledger.importing.messages import Message
from ledger.importing.messages import message as _
from ledger.saft.exceptions import MissingElementError
from ledger.saft.parsing import NS

_AMOUNT = re.compile(r"[+-]?(?:[0-9]{1,16}(?:\.[0-9]*)?|\.[0-9]+)")
_QUANTITY = re.compile(r"[+-]?(?:[0-9]{1,13}(?:\.[0-9]*)?|\.[0-9]+)")
_DATE = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:T.*|Z|[+-][0-9]{2}:[0-9]{2})?")
PLAIN_CODE = re.compile(r"[^\s]{1,9}")
_CENT = Decimal("0.01")
_SKIP = len(NS)


class Node:
    """One element with its children by name; of a name that repeats, the last."""

    def __init__(self, element: etree._Element, ids: Mapping[str, str] | None = None) -> None:
        self._element = element
        self._children = {child.tag[_SKIP:]: child for child in element if isinstance(child.tag, str)}
        self._ids = ids or {}

    @property
    def line(self) -> int:
        """The line that the element begins on."""
        return self._element.sourceline or 1

    @property
    def place(self) -> str:
        """The way to the element from the outermost one."""
        return place_of(self._element, self._ids)

    def has(self, name: str) -> bool:
        """Whether there is such a child."""
        return name in self._children

    def child(self, name: str) -> "Node | None":
        """The child of this name."""
        element = self._children.get(name)
        return None if element is None else Node(element, self._ids)

    def needed(self, name: str) -> "Node":
        """The child of this name, which must be there."""
        child = self.child(name)
        if child is None:
            raise self._missing(name)
        return child

    def children(self, name: str) -> "Iterator[Node]":
        """All children of this name."""
        return (Node(element, self._ids) for element in self._element.iterchildren(NS + name))

    def text(self, name: str) -> str:
        """A child's text on one line; empty where there is none."""
        element = self._children.get(name)
        return "" if element is None else " ".join((element.text or "").split())

    def filled(self, name: str, limit: int) -> str:
        """A child's text that must be there, and that is kept whole or not at all."""
        text = self.text(name)
        if not text:
            raise self._missing(name)
        return self.short(name, limit, text)

    def short(self, name: str, limit: int, text: str | None = None) -> str:
        """A child's text that is kept whole or not at all."""
        text = self.text(name) if text is None else text
        if len(text) > limit:
            raise self._broken(
                name,
                _("%(text)s has %(length)d characters, %(limit)d are kept.")
                % {"text": quoted(text), "length": len(text), "limit": limit},
            )
        return text

    def date(self, name: str) -> dt.date | None:
        """A child's date; None where there is none."""
        text = self.text(name)
        try:
            return parse_date(text) if text else None
        except ValueError as error:
            raise self._broken(name, _("%(text)s is no date (YYYY-MM-DD).") % {"text": quoted(text)}) from error

    def needed_date(self, name: str) -> dt.date:
        """A child's date, which must be there."""
        date = self.date(name)
        if date is None:
            raise self._missing(name)
        return date

    def amount(self, name: str) -> Decimal | None:
        """A child's amount; None where there is none."""
        text = self.text(name)
        if not text:
            return None
        amount = parse_amount(text)
        if amount is None:
            raise self._broken(name, _("%(text)s is no amount with at most two decimals.") % {"text": quoted(text)})
        return amount

    def needed_amount(self, name: str) -> Decimal:
        """A child's amount, which must be there."""
        amount = self.amount(name)
        if amount is None:
            raise self._missing(name)
        return amount

    def inner_amount(self, name: str, inner: str) -> Decimal:
        """An amount within a child, both of which must be there."""
        text = self._children[name].findtext(NS + inner) or ""
        return parse_amount(text) or self.needed(name).needed_amount(inner)

    def pairs(self, name: str, first: str, second: str) -> tuple[tuple[str, str], ...] | None:
        """The two texts of each child of a name; None where one of them isn't plain and short, and has to be looked at.

        Most are, and a large file has millions.
        """
        found = []
        for child in self._element.iterchildren(NS + name):
            pair = (child.findtext(NS + first) or "", child.findtext(NS + second) or "")
            if not all(PLAIN_CODE.fullmatch(text) for text in pair):
                return None
            found.append(pair)
        return tuple(found)

    def quantity(self, name: str) -> Decimal | None:
        """A child's quantity with all its decimals; None where there is none."""
        text = self.text(name)
        if text and not _QUANTITY.fullmatch(text):
            raise self._broken(name, _("%(text)s is no quantity.") % {"text": quoted(text)})
        return Decimal(text) if text else None

    def number(self, name: str) -> int | None:
        """A child's whole number; None where there is none."""
        text = self.text(name)
        if text and not (text.isascii() and text.isdecimal() and len(text) <= 9):
            raise self._broken(name, _("%(text)s is no whole number.") % {"text": quoted(text)})
        return int(text) if text else None

    def needed_number(self, name: str) -> int:
        """A child's whole number, which must be there."""
        number = self.number(name)
        if number is None:
            raise self._missing(name)
        return number

    def _missing(self, name: str) -> MissingElementError:
        return MissingElementError(
            _("%(element)s is missing or empty.") % {"element": name}, line=self.line, place=self.place
        )

    def _broken(self, name: str, reason: Message) -> BrokenValueError:
        line = self._children[name].sourceline or self.line
        return BrokenValueError(reason, line=line, place=f"{self.place}/{name}")


@lru_cache(maxsize=16_384)
def parse_amount(text: str) -> Decimal | None:
    """Return an amount with two decimals; None for anything else."""
    amount = Decimal(text) if _AMOUNT.fullmatch(text) else None
    return amount.quantize(_CENT) if amount is not None and amount == amount.quantize(_CENT) else None


@lru_cache(maxsize=4096)
def parse_date(text: str) -> dt.date:
    """Return a date written as XML Schema does, its time left out. Raises `ValueError`."""
    match = _DATE.fullmatch(text)
    if match is None:
        raise ValueError(text)
    return dt.date.fromisoformat(match[1])


def place_of(element: etree._Element, ids: Mapping[str, str]) -> str:
    """The way to an element, with the ids of those on it that are known."""
    names = [etree.QName(step).localname for step in (*reversed(list(element.iterancestors())), element)]
    return "".join(f"/{name}[{ids[name]}]" if name in ids else f"/{name}" for name in names)
