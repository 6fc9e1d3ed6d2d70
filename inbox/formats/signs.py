"""Which documents are credit notes, and the sign that their amounts get."""

from decimal import Decimal

from inbox.formats.invoice import Kind

# Of UNTDID 1001: documents by which the supplier owes
CREDIT_NOTES = frozenset(["81", "83", "261", "262", "296", "308", "381", "396", "420", "458", "502", "503", "532"])


def kind_of(type_code: str, *, is_credit_note: bool = False) -> Kind:
    """What a document is, by its type code or by its outermost element."""
    return "credit_note" if is_credit_note or type_code in CREDIT_NOTES else "invoice"


def sign_of(kind: Kind) -> int:
    """What the document's amounts are multiplied with."""
    return -1 if kind == "credit_note" else 1


def signed(amount: Decimal | None, sign: int) -> Decimal | None:
    """An amount with its sign; zero stays without."""
    return -amount if amount and sign < 0 else amount
