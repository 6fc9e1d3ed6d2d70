"""Registering supplier invoices, each once."""

import dataclasses
from datetime import date
from decimal import Decimal

from django.db import transaction

from ledger.exceptions import DuplicateInvoice
from ledger.models import Supplier, SupplierInvoice, Voucher
from ledger.services.numbers import next_number
from ledger.services.vouchers import ledger_refusals

Status = SupplierInvoice.Status
SETTLED = frozenset({Status.PAID, Status.CANCELLED, Status.REJECTED})


@dataclasses.dataclass(frozen=True, kw_only=True)
class InvoiceContent:
    """What an invoice says, in its own currency; credit notes are negative."""

    invoice_number: str
    invoice_date: date
    amount: Decimal
    currency: str
    due_date: date | None = None
    vat_amount: Decimal = Decimal(0)
    balance: Decimal | None = None
    payment_reference: str = ""
    status: str = Status.REGISTERED
    voucher: Voucher | None = None


def register_supplier_invoice(*, supplier: Supplier, content: InvoiceContent) -> SupplierInvoice:
    """Register an invoice with the next number of the company.

    Without a balance all of it is to be paid, or nothing of what is settled. Raises `DuplicateInvoice`.
    """
    with ledger_refusals(), transaction.atomic():
        # One invoice of a supplier at a time: the same two at once would not see each other.
        supplier = (
            Supplier.objects.select_for_update(no_key=True, of=("self",)).select_related("company").get(pk=supplier.pk)
        )
        same = SupplierInvoice.objects.filter(supplier=supplier, invoice_number=content.invoice_number)
        if content.invoice_number and (existing := same.order_by("pk").first()) is not None:
            raise DuplicateInvoice(existing)
        invoice = SupplierInvoice(company=supplier.company, supplier=supplier)
        for field in dataclasses.fields(InvoiceContent):
            setattr(invoice, field.name, getattr(content, field.name))
        if content.balance is None:
            invoice.balance = Decimal(0) if content.status in SETTLED else content.amount
        invoice.number = next_number(company=supplier.company, register="supplier_invoices")
        invoice.save(force_insert=True)
    return invoice
