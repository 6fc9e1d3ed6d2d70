"""Posting an invoice, and taking that back: its status and its voucher go together or not at all."""

from collections.abc import Sequence
from datetime import date

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from inbox.exceptions import AlreadyHandled, NotRegistered
from inbox.models import IncomingInvoice
from ledger.exceptions import Posted
from ledger.models import SupplierInvoice, Voucher
from ledger.services.invoices import change_invoice
from ledger.services.repeats import is_in_force, posted_by
from ledger.services.reversals import reverse_voucher
from ledger.services.vouchers import Entry, Header, post_voucher

Status = SupplierInvoice.Status


@transaction.atomic
def approve(
    *,
    incoming: IncomingInvoice,
    series: str,
    voucher_date: date,
    voucher_text: str,
    entries: Sequence[Entry],
    user: User | None = None,
) -> Voucher:
    """Post the voucher of a registered invoice, which is approved by it.

    Raises `NotRegistered`, `AlreadyHandled`, `Posted` where a voucher that was taken back is in force again, and what
    `post_voucher` does; then nothing is written.
    """
    invoice = locked_invoice(incoming)
    if invoice.status == Status.RECEIVED:
        raise NotRegistered
    if invoice.status != Status.REGISTERED or invoice.voucher_id is not None:
        raise AlreadyHandled
    if incoming.posted_before is not None and is_in_force(incoming.posted_before):
        raise Posted(invoice, incoming.posted_before)
    voucher = post_voucher(
        company=invoice.company,
        series=series,
        header=Header(voucher_date=voucher_date, text=voucher_text, registered_on=timezone.localdate()),
        entries=entries,
    )
    change_invoice(row=invoice, values={"status": Status.APPROVED, "voucher": voucher})
    _settle(incoming, user)
    return voucher


@transaction.atomic
def take_back_approval(*, incoming: IncomingInvoice, user: User | None = None) -> Voucher | None:
    """Take an approved invoice's voucher back by another; the invoice is registered again. Returns the reversal.

    None where somebody had reversed it before. What was posted is proposed again. Raises `AlreadyHandled` for one that
    isn't approved, and what `reverse_voucher` does.
    """
    invoice = locked_invoice(incoming)
    if invoice.status != Status.APPROVED or invoice.voucher is None:
        raise AlreadyHandled
    incoming.posted_before = invoice.voucher
    reversal = None if posted_by(invoice) is None else reverse_voucher(voucher=invoice.voucher)
    change_invoice(row=invoice, values={"status": Status.REGISTERED, "voucher": None})
    _settle(incoming, user)
    return reversal


def locked_invoice(incoming: IncomingInvoice) -> SupplierInvoice:
    """The register's invoice as it is, which nobody else changes before the transaction's end.

    Its incoming invoice is locked before it, as everybody does.
    """
    IncomingInvoice.objects.select_for_update(no_key=True).filter(pk=incoming.pk).first()
    locked = SupplierInvoice.objects.select_for_update(no_key=True, of=("self",)).select_related("company", "voucher")
    if (
        incoming.supplier_invoice_id is None
        or (invoice := locked.filter(pk=incoming.supplier_invoice_id).first()) is None
    ):
        raise AlreadyHandled
    return invoice


def _settle(incoming: IncomingInvoice, user: User | None) -> None:
    incoming.settled_at, incoming.settled_by = timezone.now(), user
    incoming.save(update_fields=["settled_at", "settled_by", "posted_before"])
