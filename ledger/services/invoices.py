"""Registering, changing and deleting invoices and payments of all kinds; their numbers are given here."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, TypeVar

from django.db import transaction

from information_types import registry
from ledger.models import CustomerInvoice, SupplierInvoice
from ledger.models.invoices import Invoice, Numbered, Payment
from ledger.services.checks import check_references, check_values
from ledger.services.master_data import change_row, delete_row, insert, set_values
from ledger.services.numbers import next_number
from ledger.services.repeats import WITHOUT_EFFECT, check_new_to_supplier, check_not_posted, identity_of
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


def create_invoice(*, row: AnyInvoice, values: Mapping[str, Any], may_repeat: bool = False) -> AnyInvoice:
    """Register an invoice of `row`'s company, with the next number.

    Without a balance all of it is to be paid, or nothing of what is settled. Raises `ForeignCompany`,
    `DuplicateInvoice` unless somebody has said that it `may_repeat` another, and Django's `ValidationError` for values
    that can't be.
    """
    with ledger_refusals(), transaction.atomic():
        set_values(row, _filled(row, {"balance": None, **values}))
        _check(row)
        if isinstance(row, SupplierInvoice) and not may_repeat:
            check_new_to_supplier(row)
        _store(row)
    return row


def change_invoice(*, row: AnyInvoice, values: Mapping[str, Any], may_repeat: bool = False) -> AnyInvoice:
    """Give an invoice, best locked, the values.

    Raises what `change_row` does, `DuplicateInvoice` where a supplier's invoice becomes one that is there already, and
    `Posted` where it would lose its voucher, to none or another, or its effect, but not its voucher's.
    """
    with ledger_refusals(), transaction.atomic():
        if isinstance(row, SupplierInvoice):
            _change_supplier_invoice(row, values, may_repeat=may_repeat)
        else:
            change_row(row=row, values=_filled(row, values))
    return row


def delete_invoice(*, row: Invoice) -> None:
    """Delete an invoice; raises `InUse` where it has payments, `Posted` where a voucher in force has posted it."""
    with ledger_refusals(), transaction.atomic():
        if isinstance(row, SupplierInvoice):
            check_not_posted(SupplierInvoice.objects.select_for_update(of=("self",)).get(pk=row.pk))
        delete_row(row=row)


def create_payment(*, row: AnyPayment, values: Mapping[str, Any]) -> AnyPayment:
    """Register a payment of `row`'s company, with the next number. Raises what `create_invoice` does."""
    with ledger_refusals(), transaction.atomic():
        set_values(row, values)
        _check(row)
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


def _change_supplier_invoice(row: SupplierInvoice, values: Mapping[str, Any], *, may_repeat: bool) -> None:
    filled = _filled(row, values)
    # What is handed in may hold what was refused before.
    stored = SupplierInvoice.objects.get(pk=row.pk)
    loses_voucher = "voucher" in filled and getattr(filled["voucher"], "pk", None) != stored.voucher_id
    loses_effect = filled.get("status") in WITHOUT_EFFECT and stored.status not in WITHOUT_EFFECT
    if loses_voucher or loses_effect:
        check_not_posted(stored)
    before = identity_of(stored)
    change_row(row=row, values=filled)
    for name in filled:
        setattr(stored, name, getattr(row, name))
    if not may_repeat and identity_of(stored) not in (None, before):
        check_new_to_supplier(stored)


def _check(row: Numbered) -> None:
    names = {field.name for field in row._meta.fields if not field.primary_key}
    check_values(row, names)
    check_references(row, names)


def _store(row: Numbered) -> None:
    (known,) = registry.types_of(type(row))
    row.number = next_number(company=row.company, register=known.name)
    insert(row, savepoint=False)  # the caller has one
