"""What intake finds odd about an invoice, beside what `inbox.checks` does: its supplier, bank account and likes."""

from collections.abc import Iterable, Mapping
from typing import Any

from inbox.formats import Finding
from inbox.formats.findings import Severity
from ledger.importing.messages import Message

BANK_ACCOUNT_CHANGED = "bank_account_changed"
BANK_ACCOUNT_ADDED = "bank_account_added"
BANK_ACCOUNT_NEW = "bank_account_new"
BANK_ACCOUNT_DIFFERS = "bank_account_differs"  # from those of all suppliers that it may be of
SUPPLIER_AMBIGUOUS = "supplier_ambiguous"
SUPPLIER_DIFFERS = "supplier_differs"
SUPPLIER_INACTIVE = "supplier_inactive"
SUPPLIER_UNKNOWN = "supplier_unknown"
DOES_NOT_FIT = "does_not_fit"
REPEATS_REJECTED = "repeats_rejected"
SIMILAR_INVOICE = "similar_invoice"
UNREAD_FILE = "unread_file"
UNOPENED_DOCUMENT = "unopened_document"
BUYER_DIFFERS = "buyer_differs"

# Those that are looked for again when a person has chosen the supplier
OF_SUPPLIER = frozenset(
    {
        BANK_ACCOUNT_CHANGED,
        BANK_ACCOUNT_ADDED,
        BANK_ACCOUNT_NEW,
        BANK_ACCOUNT_DIFFERS,
        SUPPLIER_AMBIGUOUS,
        SUPPLIER_DIFFERS,
        SUPPLIER_INACTIVE,
        SUPPLIER_UNKNOWN,
        REPEATS_REJECTED,
        SIMILAR_INVOICE,
    }
)
INTAKE = OF_SUPPLIER | {DOES_NOT_FIT, UNREAD_FILE, UNOPENED_DOCUMENT, BUYER_DIFFERS}


def finding(severity: Severity, rule: str, path: str, message: Message, *, value: object = "") -> Finding:
    """One of our own."""
    return Finding(severity, rule, path, str(value), message)


def renewed(kept: Iterable[Mapping[str, Any]], found: Iterable[Finding]) -> list[Mapping[str, Any]]:
    """An invoice's stored findings, with those that depend on its supplier made anew: ours first, they are few."""
    return [*(one.to_json() for one in found), *(one for one in kept if one["rule"] not in OF_SUPPLIER)]
