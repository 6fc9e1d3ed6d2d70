"""What the text of a PDF seems to say: shown beside the fields, taken over by a person's click alone."""

import dataclasses
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.formats import date_format

from access.http.admin.amounts import shown
from inbox.accounts import plain
from inbox.formats.numbers import normal_organisation_number
from inbox.models import IncomingInvoice
from ledger.models import Supplier

# The form's field for what was found
FIELDS = {
    "invoice_number": "invoice_number",
    "invoice_date": "invoice_date",
    "due_date": "due_date",
    "amount": "amount",
    "vat_amount": "vat_amount",
    "currency": "currency",
    "payment_reference": "payment_reference",
    "bankgiro": "account",
    "plusgiro": "account",
    "iban": "account",
}
OF_NEW_SUPPLIER = {name: f"new_{name}" for name in ("organisation_number", "bankgiro", "plusgiro", "iban")}
OF_SUPPLIER = ("organisation_number", "vat_number", "bankgiro", "plusgiro", "iban")
MOST = 2  # of a field


@dataclasses.dataclass(frozen=True)
class Suggestion:
    """A value for a field: as the field takes it, as people read it, and where in the document it was seen."""

    field: str
    value: str
    shown: str
    page: int
    excerpt: str
    certainty: str = ""


def of(incoming: IncomingInvoice, suppliers: Sequence[Supplier] = ()) -> dict[str, list[Suggestion]]:
    """Return the suggestions by the form's fields, the likeliest first."""
    found: dict[str, list[Suggestion]] = {}
    for kept in incoming.proposals:
        name = str(kept.get("field")) if isinstance(kept, Mapping) else ""
        for field in filter(None, (FIELDS.get(name), OF_NEW_SUPPLIER.get(name))):
            made = _made(field, kept)
            others = found.setdefault(field, [])
            if made is not None and len(others) < MOST and made.value not in {one.value for one in others}:
                others.append(made)
    if incoming.content is None and incoming.sender_name:
        found["new_name"] = [Suggestion("new_name", incoming.sender_name, incoming.sender_name, 1, "")]
    if suppliers:
        seen = _seen_of_supplier(incoming)
        found["supplier"] = [
            Suggestion("supplier", str(supplier.pk), str(supplier), *_where(seen, supplier))
            for supplier in suppliers[:MOST]
        ]
    return found


def _made(field: str, kept: Mapping[str, Any]) -> Suggestion | None:
    value = str(kept.get("value") or "")
    try:
        match field:
            case "invoice_date" | "due_date":
                day = date.fromisoformat(value)
                words = date_format(day, "SHORT_DATE_FORMAT")
            case "amount" | "vat_amount":
                words = value = shown(Decimal(value))
            case _:
                words = value
    except (ValueError, InvalidOperation):
        return None
    page = kept.get("page")
    where = page if isinstance(page, int) else 1
    return Suggestion(
        field, value, words, where, str(kept.get("excerpt") or "")[:160], str(kept.get("certainty") or "")
    )


def _seen_of_supplier(incoming: IncomingInvoice) -> list[tuple[str, Mapping[str, Any]]]:
    kept = [one for one in incoming.proposals if isinstance(one, Mapping) and one.get("field") in OF_SUPPLIER]
    return [(str(one.get("value") or ""), one) for one in kept]


def _where(seen: list[tuple[str, Mapping[str, Any]]], supplier: Supplier) -> tuple[int, str]:
    for value, kept in seen:
        if _digits(value) in _numbers_of(supplier):
            page = kept.get("page")
            return page if isinstance(page, int) else 1, str(kept.get("excerpt") or value)[:160]
    return 1, ""


def _numbers_of(supplier: Supplier) -> set[str]:
    accounts = (supplier.bankgiro, supplier.plusgiro, supplier.iban)
    return {_digits(number) for number in (supplier.organisation_number, *accounts) if number}


def _digits(number: str) -> str:
    """A number as it is compared: a Swedish VAT number is the organisation number with two digits more."""
    return normal_organisation_number(plain(number))
