"""From what an invoice says to its row in the register: once, with its supplier or none.

Everything here runs in the company's turn, which is held until the transaction's end: whoever enters the same invoice
at the same moment, from another message, by hand or over REST, comes after and sees it.
"""

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from django.contrib.auth.models import User
from django.db import connection, transaction
from django.utils import timezone

from inbox import duplicates, rules, suppliers
from inbox.duplicates import Repeat
from inbox.exceptions import AlreadyHandled, DoesNotFit
from inbox.formats import Finding, Invoice
from inbox.found import Found
from inbox.models import IncomingInvoice
from inbox.rules import finding
from ledger.exceptions import DuplicateInvoice
from ledger.importing.messages import Message
from ledger.importing.messages import message as _
from ledger.models import Company, Supplier, SupplierInvoice
from ledger.services.invoices import change_invoice, create_invoice, delete_invoice
from ledger.services.repeats import WITHOUT_EFFECT
from ledger.services.supplier_invoices import FIELDS, InvoiceContent

State = IncomingInvoice.State
Status = SupplierInvoice.Status

TURN = 0x557449  # "UtI": the first of two numbers of the advisory lock of a company's turn; the second is its id
CURRENCY = re.compile(r"[A-Z]{3}")
LONGEST_NUMBER = LONGEST_REFERENCE = 64
MOST = Decimal(10) ** 16


def lock(company: Company) -> None:
    """Wait for the company's turn, and hold it until the transaction's end."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(%s, %s)", [TURN, company.pk])


def content_of(incoming: IncomingInvoice) -> Invoice | None:
    """What the document says, if it has data."""
    return None if incoming.content is None else Invoice.from_json(incoming.content)


def row_of(invoice: Invoice) -> InvoiceContent:
    """What the register is to hold of an invoice: what is to be paid, signed. Raises `DoesNotFit`."""
    if misfits := tuple(_misfits(invoice)):
        raise DoesNotFit(misfits)
    reference = invoice.payment_reference
    return InvoiceContent(
        invoice_number=invoice.number,
        invoice_date=invoice.issue_date,  # type: ignore[arg-type]  # else it wouldn't have fitted
        due_date=invoice.due_date,
        currency=invoice.currency,
        amount=_cents(_to_pay(invoice)),
        vat_amount=_cents(invoice.totals.vat),
        payment_reference=reference if len(reference) <= LONGEST_REFERENCE else "",
        status=Status.RECEIVED,
    )


@transaction.atomic
def enter(
    *, incoming: IncomingInvoice, content: InvoiceContent, supplier: Supplier | None = None, user: User | None = None
) -> SupplierInvoice:
    """Give an invoice that has none its row in the register, of status received.

    Raises `AlreadyHandled`, `DuplicateInvoice` unless a person has said that it is none, what `create_invoice` does.
    """
    lock(incoming.company)
    locked = _locked(incoming)
    if locked.state not in (State.TO_ENTER, State.DUPLICATE) or locked.supplier_invoice_id is not None:
        raise AlreadyHandled
    if (repeat := repeated(locked, content, supplier)) is not None and repeat.invoice is not None:
        raise DuplicateInvoice(repeat.invoice)
    row = register(locked, content, supplier)
    locked.state, locked.supplier_invoice, locked.invoice_number = State.ENTERED, row, content.invoice_number
    locked.duplicate_of, locked.repeats, locked.repeated_by = None, None, ""
    locked.findings = rules.renewed(locked.findings, findings_on(locked, row, supplier))
    locked.settled_by = user
    locked.save()
    return row


@transaction.atomic
def choose_supplier(
    *, incoming: IncomingInvoice, supplier: Supplier, user: User | None = None, invoice_number: str | None = None
) -> SupplierInvoice:
    """Say whose an invoice of the register is; what is odd about that is found anew, and it is remembered.

    Raises `AlreadyHandled`, `DuplicateInvoice` unless a person has said that it is none, what `change_invoice` does.
    """
    lock(incoming.company)
    locked = _locked(incoming)
    if locked.supplier_invoice is None:
        raise AlreadyHandled
    row = SupplierInvoice.objects.select_for_update(no_key=True, of=("self",)).get(pk=locked.supplier_invoice.pk)
    number = row.invoice_number if invoice_number is None else invoice_number
    Supplier.objects.select_for_update(no_key=True).get(pk=supplier.pk)
    if not locked.is_original:
        repeat = duplicates.find(
            company=locked.company,
            supplier=supplier,
            invoice_number=number,
            is_credit=row.amount < 0,
            invoice=content_of(locked),
            leaving_out=locked,
        )
        if repeat is not None and repeat.invoice is not None:
            raise DuplicateInvoice(repeat.invoice)
    values = {"supplier": supplier, "invoice_number": number}
    change_invoice(row=row, values=values, may_repeat=locked.is_original)
    locked.invoice_number = number
    if locked.found_by == "" or row.supplier_id != supplier.pk:
        locked.found_by = duplicates.PERSON
    locked.findings = rules.renewed(locked.findings, findings_on(locked, row, supplier))
    locked.settled_at, locked.settled_by = timezone.now(), user
    locked.save()
    suppliers.learn(incoming=locked, supplier=supplier)
    return row


@transaction.atomic
def mark_duplicate(*, incoming: IncomingInvoice, repeats: SupplierInvoice, user: User | None = None) -> IncomingInvoice:
    """A person says that an invoice repeats one of the register: its own row, not posted yet, goes.

    Raises `AlreadyHandled`, and `InUse` where something refers to the row.
    """
    lock(incoming.company)
    locked = _locked(incoming)
    others = SupplierInvoice.objects.select_for_update(no_key=True, of=("self",)).filter(company=locked.company)
    if not others.exclude(status__in=WITHOUT_EFFECT).filter(pk=repeats.pk).exists():
        raise AlreadyHandled
    row = locked.supplier_invoice
    if row is not None and (row.pk == repeats.pk or row.status not in (Status.RECEIVED, Status.REGISTERED)):
        raise AlreadyHandled
    if locked.state not in (State.TO_ENTER, State.ENTERED):
        raise AlreadyHandled
    link(locked, Repeat(duplicates.PERSON, IncomingInvoice.objects.filter(supplier_invoice=repeats).first(), repeats))
    locked.is_original = False
    locked.settled_at, locked.settled_by = timezone.now(), user
    locked.save()
    if row is not None:
        delete_invoice(row=row)
    return locked


@transaction.atomic
def not_a_duplicate(*, incoming: IncomingInvoice, user: User | None = None) -> IncomingInvoice:
    """A person says that an invoice repeats none: it gets its row, or is to be entered. Raises `AlreadyHandled`."""
    lock(incoming.company)
    locked = _locked(incoming)
    if locked.state != State.DUPLICATE:
        raise AlreadyHandled
    locked.is_original, locked.state = True, State.TO_ENTER
    locked.duplicate_of, locked.repeats, locked.repeated_by = None, None, ""
    locked.settled_at, locked.settled_by = timezone.now(), user
    locked.save()
    if (invoice := content_of(locked)) is not None:
        land(locked, invoice)
    return locked


def free_duplicates(*, of: IncomingInvoice) -> list[IncomingInvoice]:
    """Let what was taken for a repetition of an invoice that is rejected by now land again, in the company's turn.

    The same document once more is rejected with it: another is perhaps the right one, or that of the right sender.
    Returns those that wait now.
    """
    rows = IncomingInvoice.objects.select_for_update(no_key=True, of=("self",)).select_related("company", "mail")
    repeating = rows.filter(duplicate_of=of, state=State.DUPLICATE).exclude(repeated_by=duplicates.CONTENT)
    return [other for other in repeating.select_related("document").order_by("pk") if land_again(other) is None]


def land_again(incoming: IncomingInvoice) -> Repeat | None:
    """Let a duplicate, locked in the company's turn, land as if it came now. Returns what it repeats then."""
    incoming.state, incoming.duplicate_of, incoming.repeats, incoming.repeated_by = State.TO_ENTER, None, None, ""
    incoming.save()
    invoice = content_of(incoming)
    return None if invoice is None else land(incoming, invoice)


def land(incoming: IncomingInvoice, invoice: Invoice, known: Found | None = None) -> Repeat | None:
    """Give an invoice with data, in the company's turn, what follows from it: a row, a duplicate's links, or a wait.

    It may be unsaved; `known` is what was found for others of its message. Returns what it repeats.
    """
    match = suppliers.find(company=incoming.company, invoice=invoice, known=known)
    incoming.found_by = match.found_by
    repeat, found = None, match.findings
    try:
        content = row_of(invoice)
    except DoesNotFit as error:
        found = (*error.findings, *found)
    else:
        repeat = repeated(incoming, content, match.supplier, known)
        if repeat is None:
            row = register(incoming, content, match.supplier)
            incoming.state, incoming.supplier_invoice = State.ENTERED, row
            found = findings_on(incoming, row, match.supplier, match.findings)
        else:
            link(incoming, repeat)
    incoming.findings = rules.renewed([one for one in incoming.findings if one["rule"] != rules.DOES_NOT_FIT], found)
    incoming.save()
    return repeat


def repeated(
    incoming: IncomingInvoice, content: InvoiceContent, supplier: Supplier | None, known: Found | None = None
) -> Repeat | None:
    """What an invoice that is about to get its row repeats; nothing where a person has said that."""
    if incoming.is_original:
        return None
    known = known or Found()
    if supplier is not None:
        known.lock(supplier)
    invoice = content_of(incoming)
    if incoming.document is not None and known.may_have_come(incoming.document.digest):
        same = duplicates.find_document(
            company=incoming.company, document=incoming.document, invoice=invoice, mail=incoming.mail
        )
        if same is not None and same.incoming != incoming:
            return same
    return duplicates.find(
        company=incoming.company,
        supplier=supplier,
        invoice_number=content.invoice_number,
        is_credit=content.amount < 0,
        invoice=invoice,
        leaving_out=incoming,
    )


def link(incoming: IncomingInvoice, repeat: Repeat) -> None:
    """Say, unsaved, what an invoice repeats."""
    incoming.state, incoming.supplier_invoice = State.DUPLICATE, None
    incoming.duplicate_of, incoming.repeats, incoming.repeated_by = repeat.incoming, repeat.invoice, repeat.by


def findings_on(
    incoming: IncomingInvoice, row: SupplierInvoice, supplier: Supplier | None, others: tuple[Finding, ...] = ()
) -> tuple[Finding, ...]:
    """What intake says of an invoice with its row."""
    if supplier is None:
        return others
    invoice = content_of(incoming)
    accounts = suppliers.account_findings(supplier=supplier, invoice=invoice) if invoice else ()
    likes = duplicates.remarks(
        supplier=supplier,
        invoice_number=row.invoice_number,
        amount=row.amount,
        currency=row.currency,
        invoice_date=row.invoice_date,
        pk=row.pk,
    )
    return (*accounts, *others, *likes)


def register(incoming: IncomingInvoice, content: InvoiceContent, supplier: Supplier | None) -> SupplierInvoice:
    """Make the row, with the next number of the company."""
    values: dict[str, Any] = {"supplier": supplier, **{name: getattr(content, name) for name in FIELDS}}
    row = SupplierInvoice(company=incoming.company)
    return create_invoice(row=row, values=values, may_repeat=incoming.is_original)


def _locked(incoming: IncomingInvoice) -> IncomingInvoice:
    rows = IncomingInvoice.objects.select_for_update(no_key=True, of=("self",))
    return rows.select_related("company", "mail", "document", "supplier_invoice").get(pk=incoming.pk)


def _misfits(invoice: Invoice) -> Iterator[Finding]:
    """What keeps an invoice out of the register."""
    if not invoice.number.strip():
        yield _misfit("number", _("The invoice has no number."))
    elif len(invoice.number) > LONGEST_NUMBER:
        text = _("The invoice number is longer than the %(longest)s characters that the register holds.")
        yield _misfit("number", text % {"longest": LONGEST_NUMBER}, invoice.number)
    if invoice.issue_date is None:
        yield _misfit("issue_date", _("The invoice has no date."))
    if not CURRENCY.fullmatch(invoice.currency):
        yield _misfit("currency", _("The invoice's currency isn't known."), invoice.currency)
    for path, amount in (("totals.payable", _to_pay(invoice)), ("totals.vat", invoice.totals.vat)):
        if amount is None and path == "totals.payable":
            yield _misfit(path, _("The invoice says no amount to pay."))
        elif amount is not None and (abs(amount) >= MOST or amount != round(amount, 2)):
            yield _misfit(path, _("The register holds amounts of at most 16 digits and two decimals."), amount)


def _misfit(path: str, text: Message, value: object = "") -> Finding:
    return finding("error", rules.DOES_NOT_FIT, path, text, value=value)


def _to_pay(invoice: Invoice) -> Decimal | None:
    return invoice.totals.with_vat if invoice.payable is None else invoice.payable


def _cents(amount: Decimal | None) -> Decimal:
    return Decimal(0) if amount is None else round(amount, 2)
