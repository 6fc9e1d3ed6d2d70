"""What the checks share: exact amounts, rounding, and how strict a format is."""

from decimal import ROUND_HALF_UP, Context, Decimal

from inbox.formats.exceptions import quoted
from inbox.formats.findings import Finding, Severity
from inbox.formats.invoice import Invoice
from ledger.importing.messages import Message

ZERO = Decimal(0)
CENT = Decimal("0.01")
# Wide enough for the product of the largest numbers that a document can hold
_WIDE = Context(prec=100)
# Profiles of Factur-X that leave out lines, and more, on purpose
_REDUCED = ("minimum", "basicwl")


def error(rule: str, path: str, value: object, message: Message) -> Finding:
    """Something is wrong."""
    return _finding("error", rule, path, value, message)


def warning(rule: str, path: str, value: object, message: Message) -> Finding:
    """Something should be looked at."""
    return _finding("warning", rule, path, value, message)


def note(rule: str, path: str, value: object, message: Message) -> Finding:
    """Something worth to know."""
    return _finding("note", rule, path, value, message)


def of_standard(invoice: Invoice, rule: str, path: str, value: object, message: Message) -> Finding:
    """A rule of EN 16931 is broken: an error where the document claims to follow it, else a warning."""
    severity: Severity = "error" if follows_standard(invoice) else "warning"
    return _finding(severity, rule, path, value, message)


def follows_standard(invoice: Invoice) -> bool:
    """Whether the document is one of EN 16931, with all that this asks for."""
    return invoice.format != "svefaktura" and not is_reduced(invoice)


def is_reduced(invoice: Invoice) -> bool:
    """Whether the document is of a profile that leaves the lines out."""
    return invoice.format == "cii" and invoice.specification.rpartition(":")[2].casefold() in _REDUCED


def rounded(amount: Decimal) -> Decimal:
    """An amount with two decimals, halves away from zero."""
    return amount.quantize(CENT, ROUND_HALF_UP, _WIDE)


def total(amounts: "list[Decimal | None]") -> Decimal:
    """The sum of what is stated."""
    return sum((amount for amount in amounts if amount is not None), ZERO)


def _finding(severity: Severity, rule: str, path: str, value: object, message: Message) -> Finding:
    return Finding(severity, rule, path, quoted("" if value is None else str(value)), message)
