"""What people decide of an invoice that came: its fields, its supplier, whether it is registered or rejected.

Each takes what the person saw (`mark_of`): where somebody else was quicker, nothing is written, and the person is told.
"""

import dataclasses
import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from history.models import ChangeKind
from history.services import note_event
from inbox import approving, entering, replies
from inbox.accounts import KINDS, BankAccount, Difference, account_of, accounts_of, compare
from inbox.exceptions import AccountNotConfirmed, AlreadyHandled, ChangedMeanwhile, SupplierMissing
from inbox.models import IncomingInvoice
from inbox.replies import Letter
from ledger.models import Supplier, SupplierInvoice, Voucher
from ledger.services.invoices import change_invoice
from ledger.services.master_data import change_row, create_row
from ledger.services.supplier_invoices import InvoiceContent
from ledger.services.vouchers import Entry

State = IncomingInvoice.State
Status = SupplierInvoice.Status

OF_ROW = (
    "invoice_number",
    "invoice_date",
    "due_date",
    "currency",
    "amount",
    "vat_amount",
    "payment_reference",
)
SEEN_OF_INCOMING = ("state", "account", "confirmed_account", "is_original", "reject_reason")
SEEN_OF_INVOICE = ("status", "supplier_id", "voucher_id", *OF_ROW)
WAITING = (Status.RECEIVED, Status.REGISTERED)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Fields:
    """What an invoice says, as somebody has entered or corrected it; a credit note is negative."""

    invoice_number: str
    invoice_date: date
    amount: Decimal
    currency: str
    supplier: Supplier | None = None
    due_date: date | None = None
    vat_amount: Decimal = Decimal(0)
    payment_reference: str = ""
    account: str = ""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Registration:
    """What is decided when an invoice is registered, beside its fields.

    `new_supplier` are the fields of a supplier to make, `confirms_account` that the account is right though the
    supplier has another, `keeps_account` that it is the supplier's from now on.
    """

    new_supplier: Mapping[str, Any] | None = None
    confirms_account: bool = False
    keeps_account: bool = False


def mark_of(incoming: IncomingInvoice) -> str:
    """Return what tells one state of an invoice from another, as a page has seen it."""
    invoice = incoming.supplier_invoice
    seen = [getattr(incoming, name) for name in SEEN_OF_INCOMING]
    seen += [getattr(invoice, name) for name in SEEN_OF_INVOICE] if invoice else []
    return hashlib.sha256(json.dumps(seen, default=str).encode()).hexdigest()[:24]


def is_waiting(incoming: IncomingInvoice) -> bool:
    """Tell whether an invoice is in the queue."""
    invoice = incoming.supplier_invoice
    if incoming.state == State.TO_ENTER:
        return True
    return incoming.state == State.ENTERED and invoice is not None and invoice.status in WAITING


def is_open(incoming: IncomingInvoice) -> bool:
    """Tell whether its fields may be corrected."""
    invoice = incoming.supplier_invoice
    if incoming.state == State.TO_ENTER:
        return True
    return incoming.state == State.ENTERED and invoice is not None and invoice.status == Status.RECEIVED


@transaction.atomic
def correct(*, incoming: IncomingInvoice, fields: Fields, seen: str, user: User | None = None) -> IncomingInvoice:
    """Write what an invoice says; with that one that was to be entered is in the register.

    Raises `ChangedMeanwhile`, `AlreadyHandled`, `DuplicateInvoice`, and what the ledger's services do.
    """
    mine = _locked(incoming, seen)
    _write(mine, fields, user)
    return mine


@transaction.atomic
def register(
    *, incoming: IncomingInvoice, fields: Fields, wish: Registration, seen: str, user: User | None = None
) -> IncomingInvoice:
    """Register an invoice of its supplier, who is known by what the invoice says from now on.

    Raises `SupplierMissing`, `AccountNotConfirmed`, and what `correct` does.
    """
    mine = _locked(incoming, seen)
    if wish.new_supplier is not None:
        made = Supplier(company=mine.company)
        create_row(row=made, values=wish.new_supplier)
        fields = dataclasses.replace(fields, supplier=made)
        note_event(kind=ChangeKind.CREATED, subject=made, company=mine.company, details={"name": str(made)})
    if fields.supplier is None:
        raise SupplierMissing
    _write(mine, fields, user)
    entering.choose_supplier(incoming=mine, supplier=fields.supplier, user=user)
    _take_account(mine, Supplier.objects.select_for_update(no_key=True).get(pk=fields.supplier.pk), wish)
    invoice = approving.locked_invoice(mine)
    change_invoice(row=invoice, values={"status": Status.REGISTERED})
    mine = _again(mine)
    _note(mine, "status", Status.RECEIVED, Status.REGISTERED)
    return mine


@transaction.atomic
def reject(
    *, incoming: IncomingInvoice, reason: str, letter: Letter | None, seen: str, user: User | None = None
) -> IncomingInvoice:
    """Reject an invoice; whoever sent it gets the letter, if there is one. What seemed to repeat it waits instead.

    Raises `ChangedMeanwhile`, `AlreadyHandled`, `NothingToReply`.
    """
    mine = _locked(incoming, seen)
    if not is_waiting(mine):
        raise AlreadyHandled
    before = _standing(mine)
    if mine.supplier_invoice is not None:
        invoice = approving.locked_invoice(mine)
        change_invoice(row=invoice, values={"status": Status.REJECTED, "balance": Decimal(0)})
        mine.supplier_invoice = invoice
    mine.state, mine.reject_reason = State.REJECTED, reason
    mine.settled_at, mine.settled_by = timezone.now(), user
    mine.save(update_fields=["state", "reject_reason", "settled_at", "settled_by"])
    if letter is not None:
        replies.write(incoming=mine, letter=letter, user=user)
    _note(mine, "status", before, Status.REJECTED, reject_reason=reason)
    for other in entering.free_duplicates(of=mine):
        _note(other, "state", State.DUPLICATE, other.state)
    return mine


@transaction.atomic
def take_back(*, incoming: IncomingInvoice, seen: str, user: User | None = None) -> Voucher | None:
    """Take the last step back: rejected and registered ones wait again, an approved one's voucher is reversed.

    Returns the voucher that reverses another. Raises `ChangedMeanwhile`, `AlreadyHandled`, and what
    `take_back_approval` does.
    """
    mine = _locked(incoming, seen)
    before = _standing(mine)
    reversal = None
    if mine.state == State.REJECTED:
        _wait_again(mine)
    elif before == Status.REGISTERED:
        invoice = approving.locked_invoice(mine)
        change_invoice(row=invoice, values={"status": Status.RECEIVED})
        mine.supplier_invoice = invoice
    elif before == Status.APPROVED:
        reversal = approving.take_back_approval(incoming=mine, user=user)
        mine.supplier_invoice = approving.locked_invoice(mine)
    else:
        raise AlreadyHandled
    _note(mine, "status", before, _standing(mine))
    return reversal


@transaction.atomic
def say_original(*, incoming: IncomingInvoice, seen: str, user: User | None = None) -> IncomingInvoice:
    """Say that an invoice that was taken for a duplicate is none: it waits like any other.

    Raises `ChangedMeanwhile`, `AlreadyHandled`.
    """
    mine = entering.not_a_duplicate(incoming=_locked(incoming, seen), user=user)
    _note(mine, "state", State.DUPLICATE, mine.state)
    return mine


@transaction.atomic
def mark_duplicate(
    *, incoming: IncomingInvoice, repeats: SupplierInvoice, seen: str, user: User | None = None
) -> IncomingInvoice:
    """Say that an invoice that waits repeats one of the register: it is linked to that, and its own row goes.

    Raises `ChangedMeanwhile`, `AlreadyHandled`, and what `delete_invoice` does.
    """
    mine = _locked(incoming, seen)
    if not is_waiting(mine):
        raise AlreadyHandled
    before = _standing(mine)
    marked = entering.mark_duplicate(incoming=mine, repeats=repeats, user=user)
    _note(marked, "state", before, marked.state, repeats=repeats.number)
    return marked


@transaction.atomic
def approve(
    *,
    incoming: IncomingInvoice,
    series: str,
    voucher_date: date,
    voucher_text: str,
    entries: Sequence[Entry],
    seen: str,
    user: User | None = None,
) -> Voucher:
    """Post the voucher of a registered invoice. Raises `ChangedMeanwhile`, and what `approving.approve` does."""
    mine = _locked(incoming, seen)
    voucher = approving.approve(
        incoming=mine,
        series=series,
        voucher_date=voucher_date,
        voucher_text=voucher_text,
        entries=entries,
        user=user,
    )
    _note(mine, "status", Status.REGISTERED, Status.APPROVED, voucher=str(voucher))
    return voucher


def said(incoming: IncomingInvoice) -> dict[str, Any]:
    """Return what a document with data says, by the register's fields, as far as it says it."""
    invoice = entering.content_of(incoming)
    if invoice is None:
        return {}
    found = {
        "invoice_number": invoice.number[:64],
        "invoice_date": invoice.issue_date,
        "due_date": invoice.due_date,
        "currency": invoice.currency[:3],
        "amount": invoice.totals.with_vat if invoice.payable is None else invoice.payable,
        "vat_amount": invoice.totals.vat,
        "payment_reference": invoice.payment_reference[:64],
    }
    return {name: value for name, value in found.items() if value not in (None, "")}


def account_to_keep(account: BankAccount, supplier: Supplier | None) -> str:
    """Return the supplier's field that an account would be kept in; empty where there is none for it."""
    if account.kind in KINDS and compare([account], supplier) in {Difference.NEW, Difference.CHANGED}:
        return account.kind
    return ""


def _locked(incoming: IncomingInvoice, seen: str) -> IncomingInvoice:
    # The company's turn first, then the invoice that came, then the register's: intake takes them in this order too.
    entering.lock(incoming.company)
    mine = _again(incoming)
    if mine.supplier_invoice_id is not None:
        mine.supplier_invoice = approving.locked_invoice(mine)
    if mark_of(mine) != seen:
        raise ChangedMeanwhile
    return mine


def _again(incoming: IncomingInvoice) -> IncomingInvoice:
    """The invoice as it is now, locked."""
    rows = IncomingInvoice.objects.select_for_update(no_key=True, of=("self",))
    related = ("company", "mail", "document", "supplier_invoice__supplier", "supplier_invoice__voucher")
    return rows.select_related(*related).get(pk=incoming.pk)


def _write(mine: IncomingInvoice, fields: Fields, user: User | None) -> None:
    if not is_open(mine):
        raise AlreadyHandled
    values = {name: getattr(fields, name) for name in OF_ROW}
    if mine.supplier_invoice is None:
        _enter(mine, values, fields.supplier, user)
    else:
        _change(mine, mine.supplier_invoice, {**values, "supplier": fields.supplier}, user)
    mine.invoice_number = fields.invoice_number
    if fields.account != account_of(mine).number:
        mine.account = fields.account
    mine.save(update_fields=["invoice_number", "account"])


def _enter(mine: IncomingInvoice, values: Mapping[str, Any], supplier: Supplier | None, user: User | None) -> None:
    before = _standing(mine)
    if mine.state == State.ENTERED:  # its row was deleted in the register
        mine.state = State.TO_ENTER
        mine.save(update_fields=["state"])
    content = InvoiceContent(**values, status=Status.RECEIVED)
    mine.supplier_invoice = entering.enter(incoming=mine, content=content, supplier=supplier, user=user)
    mine.state = State.ENTERED
    _note(mine, "status", before, Status.RECEIVED)


def _change(mine: IncomingInvoice, row: SupplierInvoice, values: Mapping[str, Any], user: User | None) -> None:
    told = {name: [_told(getattr(row, name)), _told(value)] for name, value in values.items()}
    supplier = values["supplier"]
    is_another = supplier is not None and supplier.pk != row.supplier_id
    own = {name: value for name, value in values.items() if name != "supplier" or supplier is None}
    change_invoice(row=row, values={**own, "balance": values["amount"]}, may_repeat=mine.is_original)
    if is_another:
        entering.choose_supplier(incoming=mine, supplier=supplier, user=user)
    if changed := {name: pair for name, pair in told.items() if pair[0] != pair[1]}:
        note_event(kind=ChangeKind.CHANGED, subject=mine, company=mine.company, details=changed)


def _take_account(mine: IncomingInvoice, supplier: Supplier, wish: Registration) -> None:
    account = account_of(mine)
    if compare(accounts_of(mine), supplier) == Difference.CHANGED and mine.confirmed_account != account.plain:
        if not wish.confirms_account:
            raise AccountNotConfirmed
        mine.confirmed_account = account.plain
        mine.save(update_fields=["confirmed_account"])
        known = [getattr(supplier, kind) for kind in KINDS if getattr(supplier, kind)]
        _note(mine, "confirmed_account", ", ".join(known), account.number)
    if wish.keeps_account and (kind := account_to_keep(account, supplier)):
        before = getattr(supplier, kind)
        change_row(row=supplier, values={kind: account.number})
        details = {kind: [before, account.number]}
        note_event(kind=ChangeKind.CHANGED, subject=supplier, company=mine.company, details=details)


def _wait_again(mine: IncomingInvoice) -> None:
    if mine.supplier_invoice is not None:
        invoice = approving.locked_invoice(mine)
        values = {"status": Status.RECEIVED, "balance": invoice.amount}
        change_invoice(row=invoice, values=values, may_repeat=mine.is_original)
        mine.supplier_invoice = invoice
    mine.state = State.ENTERED if mine.supplier_invoice else State.TO_ENTER
    mine.reject_reason, mine.settled_at, mine.settled_by = "", None, None
    mine.save(update_fields=["state", "reject_reason", "settled_at", "settled_by"])
    replies.withdraw(incoming=mine)


def _standing(mine: IncomingInvoice) -> str:
    """How far an invoice has got, in one word."""
    if mine.state == State.ENTERED and mine.supplier_invoice is not None:
        return mine.supplier_invoice.status
    return mine.state


def _note(mine: IncomingInvoice, field: str, before: str, after: str, **further: str) -> None:
    note_event(kind=ChangeKind.CHANGED, subject=mine, company=mine.company, details={field: [before, after], **further})


def _told(value: Any) -> str:
    return "" if value is None else str(value)
