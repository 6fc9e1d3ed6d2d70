"""Why a document isn't read, each with a stable `code`."""

from typing import Any, ClassVar

from ledger.importing.messages import Message

QUOTED_LENGTH = 60


def quoted(text: str) -> str:
    """A text of the sender's as a message shows it: never long, and visible when it is empty."""
    return (text if len(text) <= QUOTED_LENGTH else f"{text[:QUOTED_LENGTH]}…") or '""'


class UnreadableInvoice(Exception):
    """A document that is no invoice that can be read: `reason`, and `line` and `field` where they are known."""

    code: ClassVar[str] = "unreadable"

    def __init__(self, reason: Message, *, line: int = 0, field: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.line = line
        self.field = field

    def __str__(self) -> str:
        place = ", ".join(filter(None, (f"{self.line}" if self.line else "", self.field)))
        return f"{place}: {self.reason}" if place else str(self.reason)

    def as_json(self) -> dict[str, Any]:
        """The refusal as it is stored, with all its languages."""
        return {"code": self.code, "reason": self.reason.as_json(), "line": self.line, "field": self.field}


class NotXml(UnreadableInvoice):
    """The bytes are no whole XML."""

    code = "not_xml"


class HostileXml(UnreadableInvoice):
    """The XML holds what no invoice needs and what harms its reader."""

    code = "hostile_xml"


class UnknownFormat(UnreadableInvoice):
    """XML of another kind; the reason names it."""

    code = "unknown_format"


class BrokenInvoice(UnreadableInvoice):
    """An invoice with a value that no register can hold."""

    code = "broken_invoice"


class SeveralInvoices(UnreadableInvoice):
    """More than one invoice where one was asked for."""

    code = "several_invoices"
