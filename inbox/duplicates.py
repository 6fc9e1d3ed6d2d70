"""The same invoice again: by the supplier's number, by the document, by the message. It never gets a second row.

Whoever makes or renumbers invoices of a company holds the company's turn (`entering.lock`), so that of two at once the
second sees the first. What is the same in the register, `ledger.services.repeats` says, for every way in.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation

from django.db.models import Case, Q, QuerySet, Value, When

from inbox import rules, suppliers
from inbox.formats import Finding, Invoice
from inbox.models import IncomingInvoice, Mail, MailFile
from inbox.rules import finding
from ledger.importing.messages import message as _
from ledger.models import Company, Supplier, SupplierInvoice
from ledger.models.invoices import plain_invoice_number
from ledger.services import repeats
from ledger.services.repeats import WITHOUT_EFFECT, normal

Status = SupplierInvoice.Status
State = IncomingInvoice.State

NUMBER, CONTENT, MESSAGE_ID, PERSON = "number", "content", "message_id", "person"
SIMILAR_FOR = timedelta(days=31)


@dataclass(frozen=True)
class Repeat:
    """What an invoice repeats: the incoming one, the register's, or both; and by what that is known."""

    by: str
    incoming: IncomingInvoice | None = None
    invoice: SupplierInvoice | None = None


def find(
    *,
    company: Company,
    supplier: Supplier | None,
    invoice_number: str,
    is_credit: bool,
    invoice: Invoice | None = None,
    leaving_out: IncomingInvoice | None = None,
) -> Repeat | None:
    """The invoice of that number which the supplier has sent before, or a seller with the same numbers of their own.

    A credit note and an invoice of the same number are two.
    """
    if not normal(invoice_number):
        return None
    if supplier is not None:
        own_row = leaving_out.supplier_invoice_id if leaving_out else None
        known = repeats.repeated(
            supplier=supplier, invoice_number=invoice_number, is_credit=is_credit, leaving_out=own_row
        )
        if known is not None:
            return Repeat(NUMBER, IncomingInvoice.objects.filter(supplier_invoice=known).first(), known)
    if invoice is None:
        return None
    theirs = (other for other in _of_same_seller(company, supplier, invoice_number, invoice) if other != leaving_out)
    same = (other for other in theirs if _is_credit(other) == is_credit)
    return next((Repeat(NUMBER, other, other.supplier_invoice) for other in same), None)


def find_document(*, company: Company, document: MailFile, invoice: Invoice | None, mail: Mail) -> Repeat | None:
    """The invoice that came with the same document, or, without data, in the same message once more."""
    number = invoice.number if invoice else ""
    originals = _originals(company).exclude(mail=mail)
    for known in originals.filter(document__digest=document.digest).order_by("pk"):
        if (known.content or {}).get("number", "") == number:
            return Repeat(CONTENT, known, known.supplier_invoice)
    if invoice is not None or not mail.message_id or mail.sent_at is None or not document.name:
        return None
    # Some programs give all their messages the same Message-ID: the date and the file's name must be the same as well.
    again = originals.filter(
        mail__message_id=mail.message_id, mail__sent_at=mail.sent_at, document__name=document.name, content=None
    )
    first = again.order_by("pk").first()
    return Repeat(MESSAGE_ID, first, first.supplier_invoice) if first is not None else None


def earlier_mail(mail: Mail) -> Mail | None:
    """The same message, come before: byte for byte, or by its Message-ID."""
    same = Q(digest=mail.digest)
    if mail.message_id:
        same |= Q(message_id=mail.message_id)
    return Mail.objects.filter(same, company=mail.company, pk__lt=mail.pk).order_by("pk").first()


def candidates(*, incoming: IncomingInvoice, most: int) -> "QuerySet[SupplierInvoice]":
    """The register's invoices that an invoice may repeat, by its number or amount as it says or seems to say them.

    Those of the number first, then the latest.
    """
    row, content = incoming.supplier_invoice, incoming.content
    seeming = [(one.get("field"), str(one.get("value") or "")) for one in incoming.proposals]
    numbers = {incoming.invoice_number} | {value for field, value in seeming if field == "invoice_number"}
    written = {form for number in numbers if normal(number) for form in (number, normal(number))}
    payable = row.amount if row is not None else Invoice.from_json(content).payable if content else None
    amounts = {payable} | {_amount(value) for field, value in seeming if field == "amount"}
    is_same = Q(invoice_number__in=written)
    others = SupplierInvoice.objects.filter(is_same | Q(amount__in=amounts - {None}), company=incoming.company_id)
    known = (others.exclude(pk=row.pk) if row else others).exclude(status__in=WITHOUT_EFFECT)
    by_number = Case(When(is_same, then=0), default=1) if written else Value(1)
    return known.select_related("supplier").order_by(by_number, "-pk")[:most]


def remarks(
    *,
    supplier: Supplier,
    invoice_number: str,
    amount: Decimal,
    currency: str,
    invoice_date: date,
    pk: int | None = None,
) -> tuple[Finding, ...]:
    """What is to be said of a supplier's other invoices beside this one."""
    found = []
    others = SupplierInvoice.objects.filter(~Q(pk=pk), supplier=supplier)
    same = repeats.of_number(supplier=supplier, invoice_number=invoice_number, leaving_out=pk)
    same = same.filter(status__in=WITHOUT_EFFECT)[:1]
    if same:
        text = _("Invoice %(invoice_number)s of the supplier was here before, as %(number)s, and is %(status)s.")
        values = {
            "invoice_number": invoice_number,
            "number": same[0].number,
            "status": STATUSES[Status(same[0].status)],
        }
        found.append(finding("warning", rules.REPEATS_REJECTED, "number", text % values, value=invoice_number))
    near = (invoice_date - SIMILAR_FOR, invoice_date + SIMILAR_FOR)
    alike = others.filter(amount=amount, currency=currency, invoice_date__range=near).exclude(status__in=WITHOUT_EFFECT)
    for other in alike.order_by("-invoice_date", "-pk")[:1]:
        if normal(other.invoice_number) != normal(invoice_number):
            text = _(
                "The supplier's invoice %(invoice_number)s of %(date)s, number %(number)s here, is of the same amount."
            )
            values = {"invoice_number": other.invoice_number, "date": other.invoice_date, "number": other.number}
            found.append(finding("note", rules.SIMILAR_INVOICE, "totals.payable", text % values, value=amount))
    return tuple(found)


STATUSES = {Status.REJECTED: _("rejected"), Status.CANCELLED: _("cancelled")}


def _of_same_seller(
    company: Company, supplier: Supplier | None, invoice_number: str, invoice: Invoice
) -> Iterator[IncomingInvoice]:
    mine = _identity(invoice)
    same = _originals(company).exclude(content=None).alias(normal=plain_invoice_number())
    for known in same.filter(normal=plain_invoice_number(invoice_number)).order_by("pk"):
        row = known.supplier_invoice
        if row is not None and supplier is not None and row.supplier_id not in (None, supplier.pk):
            continue  # a person has said that it is somebody else's
        if not mine.isdisjoint(_identity(Invoice.from_json(known.content or {}))):
            yield known


def _originals(company: Company) -> "QuerySet[IncomingInvoice]":
    """What can be repeated: what waits to be entered, and what is in the register and counts there."""
    rejected = Q(supplier_invoice__status__in=WITHOUT_EFFECT)
    kept = IncomingInvoice.objects.filter(company=company, state__in=(State.TO_ENTER, State.ENTERED)).exclude(rejected)
    return kept.select_related("supplier_invoice")


def _identity(invoice: Invoice) -> set[tuple[str, str]]:
    """What tells a seller from another: numbers of their own, or else their name."""
    stated = suppliers.stated_by_party(invoice.seller)
    numbers = {(scheme, value) for scheme, values in stated.items() for value in values}
    name = normal(invoice.seller.display_name)
    return numbers or ({("name", name)} if name else set())


def _amount(text: str) -> Decimal | None:
    try:
        found = Decimal(text)
    except InvalidOperation:
        return None
    return found if found.is_finite() else None


def _is_credit(incoming: IncomingInvoice) -> bool:
    row = incoming.supplier_invoice
    amount = row.amount if row is not None else Invoice.from_json(incoming.content or {}).payable
    return amount is not None and amount < 0
