"""What people decide of an invoice that came: its fields, its supplier, whether it is registered or rejected.

Each takes what the person saw (`mark_of`): where somebody else was quicker, nothing is written, and the person is told.
"""

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from history.models import ChangeKind
from history.services import note_event
from inbox import approving, replies
from inbox.accounts import KINDS, BankAccount, Difference, account_of, compare
from inbox.exceptions import AccountNotConfirmed, AlreadyHandled, ChangedMeanwhile, SupplierMissing
from inbox.learning import learn
from inbox.models import IncomingInvoice, Mail
from inbox.replies import Letter
from ledger.exceptions import DuplicateInvoice
from ledger.models import Supplier, SupplierInvoice, Voucher
from ledger.services.invoices import change_invoice, create_invoice
from ledger.services.master_data import change_row, create_row

State = IncomingInvoice.State
Status = SupplierInvoice.Status

SEEN_OF_INCOMING = ("state", "account", "confirmed_account", "is_original", "reject_reason")
SEEN_OF_INVOICE = (
    "status",
    "supplier_id",
    "voucher_id",
    "invoice_number",
    "invoice_date",
    "due_date",
    "currency",
    "amount",
    "vat_amount",
    "payment_reference",
)
# What a rejected or cancelled invoice is no duplicate of
VOID = (Status.REJECTED, Status.CANCELLED)
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
def correct(*, incoming: IncomingInvoice, fields: Fields, seen: str) -> IncomingInvoice:
    """Write what an invoice says; with that one that was to be entered is in the register.

    Raises `ChangedMeanwhile`, `AlreadyHandled`, and what the ledger's services do.
    """
    mine = _locked(incoming, seen)
    _write(mine, fields)
    return mine


@transaction.atomic
def register(*, incoming: IncomingInvoice, fields: Fields, wish: Registration, seen: str) -> IncomingInvoice:
    """Register an invoice of its supplier, which is known by what the invoice says from now on.

    Raises `SupplierMissing`, `AccountNotConfirmed`, `DuplicateInvoice`, and what `correct` does.
    """
    mine = _locked(incoming, seen)
    if wish.new_supplier is not None:
        made = Supplier(company=mine.company)
        create_row(row=made, values=wish.new_supplier)
        fields = dataclasses.replace(fields, supplier=made)
        note_event(kind=ChangeKind.CREATED, subject=made, company=mine.company, details={"name": str(made)})
    if fields.supplier is None:
        raise SupplierMissing
    # One invoice of a supplier at a time: the same two at once would not see each other.
    supplier = Supplier.objects.select_for_update(no_key=True).get(pk=fields.supplier.pk)
    fields = dataclasses.replace(fields, supplier=supplier)
    if not mine.is_original:
        _check_new(mine, fields)
    _write(mine, fields)
    _take_account(mine, supplier, wish)
    invoice = approving.locked_invoice(mine)
    change_invoice(row=invoice, values={"status": Status.REGISTERED})
    mine.supplier_invoice = invoice
    learn(incoming=mine, supplier=supplier)
    _note(mine, "status", Status.RECEIVED, Status.REGISTERED)
    return mine


@transaction.atomic
def reject(
    *, incoming: IncomingInvoice, reason: str, letter: Letter | None, seen: str, user: User | None = None
) -> IncomingInvoice:
    """Reject an invoice; whoever sent it gets the letter, if there is one.

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
def say_original(*, incoming: IncomingInvoice, seen: str) -> IncomingInvoice:
    """Say that an invoice that was taken for a duplicate is none: it waits like any other.

    Raises `ChangedMeanwhile`, `AlreadyHandled`.
    """
    mine = _locked(incoming, seen)
    if mine.state != State.DUPLICATE:
        raise AlreadyHandled
    mine.is_original, mine.state = True, State.TO_ENTER
    if values := values_said(mine):
        row = SupplierInvoice(company=mine.company)
        mine.supplier_invoice = create_invoice(row=row, values={**values, "status": Status.RECEIVED})
        mine.state = State.ENTERED
    mine.save(update_fields=["is_original", "state", "supplier_invoice"])
    _note(mine, "state", State.DUPLICATE, mine.state)
    return mine


def note_approval(*, incoming: IncomingInvoice, voucher: Voucher) -> None:
    """Write down in the audit log that an invoice was approved, within the transaction of that."""
    _note(incoming, "status", Status.REGISTERED, Status.APPROVED, voucher=str(voucher))


def values_said(incoming: IncomingInvoice) -> dict[str, Any]:
    """Return what a document with data says, by the register's fields; empty where it says too little."""
    content: Mapping[str, Any] = incoming.content or {}
    totals = content.get("totals") or {}
    try:
        amount, vat = (Decimal(totals[name]) if totals.get(name) else None for name in ("payable", "vat"))
        days = {
            name: date.fromisoformat(content[said]) if content.get(said) else None
            for name, said in (("invoice_date", "issue_date"), ("due_date", "due_date"))
        }
    except (InvalidOperation, TypeError, ValueError):
        return {}
    if amount is None or days["invoice_date"] is None:
        return {}
    references = [payment.get("reference") or "" for payment in content.get("payments") or []]
    return {
        "invoice_number": str(content.get("number") or "")[:64],
        **days,
        "currency": str(content.get("currency") or incoming.company.currency)[:3],
        "amount": amount,
        "vat_amount": vat,
        "payment_reference": next(filter(None, references), "")[:64],
    }


def duplicate_in_register(incoming: IncomingInvoice, fields: Fields) -> SupplierInvoice | None:
    """Return the supplier's invoice of the same number, if there is another that counts."""
    if fields.supplier is None or not fields.invoice_number:
        return None
    same = SupplierInvoice.objects.filter(supplier=fields.supplier, invoice_number=fields.invoice_number)
    own = Q(pk=incoming.supplier_invoice_id) if incoming.supplier_invoice_id else Q(pk=None)
    return same.exclude(own).exclude(status__in=VOID).order_by("pk").first()


def account_to_keep(account: BankAccount, supplier: Supplier | None) -> str:
    """Return the supplier's field that an account would be kept in; empty where there is none for it."""
    if account.kind in KINDS and compare(account, supplier) in {Difference.NEW, Difference.CHANGED}:
        return account.kind
    return ""


def _locked(incoming: IncomingInvoice, seen: str) -> IncomingInvoice:
    # The invoice that came first, then the register's: everybody who takes both takes them in this order.
    mine = (
        IncomingInvoice.objects.select_for_update(no_key=True, of=("self",))
        .select_related("company", "mail", "supplier_invoice__supplier", "supplier_invoice__voucher")
        .get(pk=incoming.pk)
    )
    if mine.supplier_invoice_id is not None:
        mine.supplier_invoice = approving.locked_invoice(mine)
    if mark_of(mine) != seen:
        raise ChangedMeanwhile
    return mine


def _write(mine: IncomingInvoice, fields: Fields) -> None:
    if not is_open(mine):
        raise AlreadyHandled
    values = {
        field.name: getattr(fields, field.name) for field in dataclasses.fields(fields) if field.name != "account"
    }
    before = _standing(mine)
    if mine.supplier_invoice is None:
        row = SupplierInvoice(company=mine.company)
        mine.supplier_invoice = create_invoice(row=row, values={**values, "status": Status.RECEIVED})
        mine.state = State.ENTERED
        _note(mine, "status", before, Status.RECEIVED)
    else:
        invoice = mine.supplier_invoice
        told = {name: [_told(getattr(invoice, name)), _told(value)] for name, value in values.items()}
        change_invoice(row=invoice, values={**values, "balance": fields.amount})
        if changed := {name: pair for name, pair in told.items() if pair[0] != pair[1]}:
            note_event(kind=ChangeKind.CHANGED, subject=mine, company=mine.company, details=changed)
    mine.invoice_number = fields.invoice_number
    if fields.account != account_of(mine).number:
        mine.account = fields.account
    mine.save(update_fields=["supplier_invoice", "state", "invoice_number", "account"])


def _check_new(mine: IncomingInvoice, fields: Fields) -> None:
    if (existing := duplicate_in_register(mine, fields)) is not None:
        raise DuplicateInvoice(existing)


def _take_account(mine: IncomingInvoice, supplier: Supplier, wish: Registration) -> None:
    account = account_of(mine)
    if compare(account, supplier) == Difference.CHANGED and mine.confirmed_account != account.plain:
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
        change_invoice(row=invoice, values={"status": Status.RECEIVED, "balance": invoice.amount})
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


def sender_of(mail: Mail) -> str:
    """Return who sent a message, as people are told."""
    return mail.sender or mail.envelope_sender
