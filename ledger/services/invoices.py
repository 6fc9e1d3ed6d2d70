"""Registering, changing and deleting invoices and payments of all kinds; their numbers are given here."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, TypeVar

from django.db import transaction

from information_types import registry
from ledger.exceptions import DuplicateInvoice
from ledger.models import CustomerInvoice, Supplier, SupplierInvoice
from ledger.models.invoices import Invoice, Numbered, Payment
from ledger.services.checks import check_references, check_values
from ledger.services.master_data import change_row, delete_row, insert, set_values
from ledger.services.numbers import next_number
from ledger.services.vouchers import ledger_refusals

SETTLED = frozenset(
    {
        SupplierInvoice.Status.PAID,
        SupplierInvoice.Status.CANCELLED,
        SupplierInvoice.Status.REJECTED,
        CustomerInvoice.Status.PAID,
        CustomerInvoice.Status.CANCELLED,
    }
)

AnyInvoice = TypeVar("AnyInvoice", bound=Invoice)
AnyPayment = TypeVar("AnyPayment", bound=Payment)


def create_invoice(*, row: AnyInvoice, values: Mapping[str, Any], refuse_duplicate: bool = False) -> AnyInvoice:
    """Register an invoice of `row`'s company, with the next number.

    Without a balance all of it is to be paid, or nothing of what is settled. Raises `ForeignCompany`,
    `DuplicateInvoice` if that is asked for, and Django's `ValidationError` for values that can't be.
    """
    with ledger_refusals(), transaction.atomic():
        set_values(row, _filled(row, {"balance": None, **values}))
        if refuse_duplicate and isinstance(row, SupplierInvoice):
            _check_new_to_supplier(row)
        _store(row)
    return row


def change_invoice(*, row: AnyInvoice, values: Mapping[str, Any]) -> AnyInvoice:
    """Give an invoice, best locked, the values. Raises what `change_row` does."""
    with ledger_refusals(), transaction.atomic():
        change_row(row=row, values=_filled(row, values))
    return row


def delete_invoice(*, row: Invoice) -> None:
    """Delete an invoice; raises `InUse` where it has payments."""
    delete_row(row=row)


def create_payment(*, row: AnyPayment, values: Mapping[str, Any]) -> AnyPayment:
    """Register a payment of `row`'s company, with the next number. Raises what `create_invoice` does."""
    with ledger_refusals(), transaction.atomic():
        set_values(row, values)
        _store(row)
    return row


def change_payment(*, row: AnyPayment, values: Mapping[str, Any]) -> AnyPayment:
    """Give a payment, best locked, the values. Raises what `change_row` does."""
    with ledger_refusals(), transaction.atomic():
        change_row(row=row, values=values)
    return row


def delete_payment(*, row: Payment) -> None:
    """Delete a payment."""
    delete_row(row=row)


def _filled(row: Any, values: Mapping[str, Any]) -> dict[str, Any]:
    """The values, with what follows from the others where nothing is said."""
    filled = dict(values)
    if "vat_amount" in filled and filled["vat_amount"] is None:
        filled["vat_amount"] = Decimal(0)
    if "balance" in filled and filled["balance"] is None:
        is_settled = filled.get("status", row.status) in SETTLED
        filled["balance"] = Decimal(0) if is_settled else filled.get("amount", row.amount)
    return filled


def _check_new_to_supplier(row: SupplierInvoice) -> None:
    if row.supplier_id is None or not row.invoice_number:
        return
    # One invoice of a supplier at a time: the same two at once would not see each other.
    Supplier.objects.select_for_update(no_key=True).get(pk=row.supplier_id)
    same = SupplierInvoice.objects.filter(supplier=row.supplier_id, invoice_number=row.invoice_number)
    if (existing := same.order_by("pk").first()) is not None:
        raise DuplicateInvoice(existing)


def _store(row: Numbered) -> None:
    names = {field.name for field in row._meta.fields if not field.primary_key}
    check_values(row, names)
    check_references(row, names)
    (known,) = registry.types_of(type(row))
    row.number = next_number(company=row.company, register=known.name)
    insert(row)
