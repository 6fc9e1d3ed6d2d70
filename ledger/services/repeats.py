"""The same invoice of a supplier again, and what keeps one from being booked twice: one rule for every way in.

Invoices that were rejected or cancelled are none that another can repeat: the supplier sends the corrected one under
the same number. A credit note and an invoice of the same number are two.
"""

import re
from typing import NamedTuple

from django.db.models import QuerySet

from ledger.exceptions import DuplicateInvoice, Posted
from ledger.models import Supplier, SupplierInvoice, Voucher
from ledger.models.invoices import plain_invoice_number

Status = SupplierInvoice.Status

WITHOUT_EFFECT = (Status.REJECTED, Status.CANCELLED)


class Identity(NamedTuple):
    """What one invoice of a supplier has, and no other that counts."""

    supplier: int
    number: str
    is_credit: bool


def normal(invoice_number: str) -> str:
    """An invoice number as `plain_invoice_number` has the database compare it, but for letters that few know.

    What is asked of the database, the database makes plain itself: ß and such it may take otherwise.
    """
    return re.sub(r"\s", "", invoice_number).upper()


def of_number(
    *, supplier: Supplier, invoice_number: str, leaving_out: int | None = None
) -> "QuerySet[SupplierInvoice]":
    """A supplier's invoices of a number, the oldest first, rejected ones and credit notes among them."""
    others = SupplierInvoice.objects.filter(supplier=supplier)
    if leaving_out is not None:
        others = others.exclude(pk=leaving_out)
    same = others.alias(normal=plain_invoice_number()).filter(normal=plain_invoice_number(invoice_number))
    return same.order_by("pk")


def repeated(
    *, supplier: Supplier, invoice_number: str, is_credit: bool, leaving_out: int | None = None
) -> SupplierInvoice | None:
    """The supplier's invoice that one of that number would repeat."""
    if not normal(invoice_number):
        return None
    same = of_number(supplier=supplier, invoice_number=invoice_number, leaving_out=leaving_out)
    counting = same.exclude(status__in=WITHOUT_EFFECT)
    return next((invoice for invoice in counting if (invoice.amount < 0) == is_credit), None)


def identity_of(invoice: SupplierInvoice) -> Identity | None:
    """What others mustn't repeat of an invoice; None where it is of no supplier or number, or doesn't count."""
    number = normal(invoice.invoice_number)
    if invoice.supplier_id is None or not number or invoice.status in WITHOUT_EFFECT:
        return None
    return Identity(invoice.supplier_id, number, invoice.amount < 0)


def check_new_to_supplier(invoice: SupplierInvoice) -> None:
    """Raise `DuplicateInvoice` where the supplier has another invoice of the number, and both count."""
    if (identity := identity_of(invoice)) is None:
        return
    # One invoice of a supplier at a time: the same two at once would not see each other.
    supplier = Supplier.objects.select_for_update(no_key=True).get(pk=identity.supplier)
    existing = repeated(
        supplier=supplier,
        invoice_number=invoice.invoice_number,
        is_credit=identity.is_credit,
        leaving_out=invoice.pk,
    )
    if existing is not None:
        raise DuplicateInvoice(existing)


def posted_by(invoice: SupplierInvoice) -> Voucher | None:
    """The voucher that an invoice is posted by; None where it is reversed."""
    if invoice.voucher_id is None:
        return None
    # A working copy may lack it.
    voucher = Voucher.objects.filter(pk=invoice.voucher_id).select_related("company", "financial_year").first()
    return voucher if voucher is not None and is_in_force(voucher) else None


def check_not_posted(invoice: SupplierInvoice) -> None:
    """Raise `Posted` for an invoice whose voucher is in force: without the invoice nobody would know of it."""
    if (voucher := posted_by(invoice)) is not None:
        raise Posted(invoice, voucher)


def is_in_force(voucher: Voucher) -> bool:
    """Whether a voucher isn't reversed, or its reversal was reversed in turn."""
    reversal = voucher.reversal
    return reversal is None or not is_in_force(reversal)
