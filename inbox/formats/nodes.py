"""An element's values by the way to them; what is odd about a value is remarked, with its line."""

import base64
import binascii
import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TypeVar

from lxml import etree

from inbox.formats import values
from inbox.formats.exceptions import BrokenInvoice, quoted
from inbox.formats.findings import Finding, Severity
from ledger.importing.messages import Message
from ledger.importing.messages import message as _

T = TypeVar("T")

SHORT, LONG = 300, 5000
MOST_REMARKS = 200


@dataclass(slots=True)
class Remarks:
    """What is noticed while one document is read."""

    found: list[Finding] = field(default_factory=list)

    def add(self, severity: Severity, rule: str, path: str, value: str, message: Message) -> None:
        """Note something; of a document that is odd all through, the first two hundred things are enough."""
        if len(self.found) < MOST_REMARKS:
            self.found.append(Finding(severity, rule, path, quoted(value), message))


class Node:
    """One element, or none. Children are known by their local names: the root's namespace says which format it is."""

    __slots__ = ("element", "remarks")

    def __init__(self, element: etree._Element | None, remarks: Remarks) -> None:
        self.element = element
        self.remarks = remarks

    def __bool__(self) -> bool:
        return self.element is not None

    @property
    def name(self) -> str:
        """The element's local name."""
        return "" if self.element is None else etree.QName(self.element).localname

    @property
    def line(self) -> int:
        """The line that it begins on."""
        return 0 if self.element is None else self.element.sourceline or 0

    @property
    def content(self) -> str:
        """Its own text, as it is written."""
        return "" if self.element is None else self.element.text or ""

    def attribute(self, name: str) -> str:
        """An attribute, cleaned and short."""
        if self.element is None:
            return ""
        return values.cleaned(str(self.element.get(name) or ""))[0][:SHORT]

    def each(self, name: str) -> "Iterator[Node]":
        """The children of this name."""
        if self.element is not None:
            for child in self.element.iterchildren(f"{{*}}{name}"):
                yield Node(child, self.remarks)

    def one(self, way: str) -> "Node":
        """The first element on this way ("Party/PartyName/Name")."""
        node = self
        for name in way.split("/"):
            node = next(node.each(name), NOTHING)
        return Node(node.element, self.remarks)

    def all(self, way: str) -> "list[Node]":
        """All elements on this way."""
        nodes = [self]
        for name in way.split("/"):
            nodes = [child for node in nodes for child in node.each(name)]
        return nodes

    def has(self, way: str) -> bool:
        """Whether there is such an element, be it empty."""
        return bool(self.one(way))

    def once(self, *names: str) -> None:
        """Note which of these children stand twice: the first is read, but another program may read the last."""
        for name in names:
            for second in list(self.each(name))[1:2]:
                told = _("It stands more than once; the first is read.")
                second.remark("error", "UTK-TWICE", "", second.text(), told)

    def text(self, way: str = "", *, path: str = "", most: int = SHORT) -> str:
        """The text at the end of this way, in one line, without what can't be seen."""
        return " ".join(self.paragraphs(way, path=path, most=most).split())

    def paragraphs(self, way: str = "", *, path: str = "", most: int = LONG) -> str:
        """The text at the end of this way, with its lines."""
        node = self.one(way) if way else self
        text, is_changed = values.cleaned(node.content)
        if is_changed:
            node.remark("warning", "UTK-TEXT", path, text, _("Characters that can't be seen are taken out."))
        if len(text) > most:
            told = _("The text is cut: it has %(length)s characters, and %(most)s are kept.")
            node.remark("warning", "UTK-TEXT-LENGTH", path, text, told % {"length": len(text), "most": most})
        return text[:most].rstrip()

    def amount(self, way: str, *, path: str) -> Decimal | None:
        """The number at the end of this way; None where there is none, and where it can't be read."""
        return self._value(way, path, values.number, _("%(value)s is no number."))

    def date(self, way: str, *, path: str) -> dt.date | None:
        """The date (YYYY-MM-DD) at the end of this way."""
        return self._value(way, path, values.date, _("%(value)s is no date."))

    def plain_date(self, way: str, *, path: str) -> dt.date | None:
        """The date (YYYYMMDD) at the end of this way."""
        return self._value(way, path, values.plain_date, _("%(value)s is no date."))

    def embedded(self) -> bytes:
        """The file that the element holds in base64; nothing of it when it is damaged."""
        try:
            return base64.b64decode("".join(self.content.split()), validate=True)
        except (binascii.Error, ValueError):
            self.remark("warning", "UTK-ATTACHMENT", "", self.attribute("filename"), _("The attachment is damaged."))
            return b""

    def remark(self, severity: Severity, rule: str, path: str, value: str, message: Message) -> None:
        """Note something about this element."""
        told = _("Line %(line)s, %(element)s: %(message)s")
        told %= {"line": self.line, "element": self.name, "message": message}
        self.remarks.add(severity, rule, path, value, told)

    def _value(self, way: str, path: str, read: "Callable[[str], T]", told: Message) -> "T | None":
        node = self.one(way) if way else self
        text = node.content.strip()
        if not text:
            return None
        try:
            return read(text)
        except values.TooLarge:
            told = _("%(value)s is more than any register holds.") % {"value": quoted(text)}
            raise BrokenInvoice(told, line=node.line, field=node.name) from None
        except values.BadValue:
            node.remark("error", "UTK-VALUE", path, text, told % {"value": quoted(text)})
            return None


NOTHING = Node(None, Remarks())
