"""Registering supplier invoices, each once."""

import dataclasses
from datetime import date
from decimal import Decimal

from ledger.models import Supplier, SupplierInvoice, Voucher
from ledger.services.invoices import create_invoice

Status = SupplierInvoice.Status


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


FIELDS = tuple(field.name for field in dataclasses.fields(InvoiceContent))


def register_supplier_invoice(*, supplier: Supplier, content: InvoiceContent) -> SupplierInvoice:
    """Register an invoice with the next number of the company.

    Without a balance all of it is to be paid, or nothing of what is settled. Raises `DuplicateInvoice`.
    """
    return create_invoice(
        row=SupplierInvoice(company=supplier.company),
        values={"supplier": supplier, **{name: getattr(content, name) for name in FIELDS}},
    )
