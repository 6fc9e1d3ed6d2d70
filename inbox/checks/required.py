"""What has to be there (BR-02 to BR-26, BR-CO-04, -18, -25, -26), and dates that can't be."""

import re
from collections.abc import Iterator

from inbox.checks.rules import error, follows_standard, is_reduced, of_standard, warning
from inbox.formats.findings import Finding
from inbox.formats.invoice import Invoice, Line
from ledger.importing.messages import message as _

_CURRENCY = re.compile(r"[A-Z]{3}")
# Without these nothing can be registered.
_ALWAYS = (
    ("BR-02", "number", _("The invoice number is missing.")),
    ("BR-03", "issue_date", _("The invoice date is missing.")),
    ("BR-05", "currency", _("The currency is missing.")),
)
_OF_STANDARD = (
    ("BR-04", "type_code", _("It isn't said what kind of document this is.")),
    ("BR-12", "totals.lines", _("The total of the lines is missing.")),
    ("BR-13", "totals.without_vat", _("The total without VAT is missing.")),
    ("BR-14", "totals.with_vat", _("The total with VAT is missing.")),
)
_OF_LINE = (
    ("BR-21", "id", _("The line has no number.")),
    ("BR-22", "quantity", _("The quantity is missing.")),
    ("BR-24", "amount", _("The amount is missing.")),
    ("BR-25", "name", _("It isn't said what the line is for.")),
    ("BR-26", "price", _("The price is missing.")),
    ("BR-CO-04", "vat_category", _("The VAT category is missing.")),
)


def findings(invoice: Invoice) -> Iterator[Finding]:
    """What is missing or can't be."""
    for rule, name, told in _ALWAYS:
        if not getattr(invoice, name):
            yield error(rule, name, "", told)
    if invoice.totals.payable is None:
        yield error("BR-15", "totals.payable", "", _("It isn't said what is to be paid."))
    if not invoice.seller.display_name:
        yield error("BR-06", "seller.name", "", _("The seller's name is missing."))
    if not invoice.buyer.display_name:
        yield of_standard(invoice, "BR-07", "buyer.name", "", _("The buyer's name is missing."))
    for rule, path, told in _OF_STANDARD:
        if follows_standard(invoice) and not _is_stated(invoice, path):
            yield error(rule, path, "", told)
    yield from _parts(invoice)
    yield from _dates(invoice)
    yield from _currency(invoice)
    for place, line in enumerate(invoice.lines):
        yield from _line(invoice, line, f"lines.{place}")


def _is_stated(invoice: Invoice, path: str) -> bool:
    value: object = invoice
    for name in path.split("."):
        value = getattr(value, name)
    return value not in {None, ""}


def _parts(invoice: Invoice) -> Iterator[Finding]:
    seller = invoice.seller
    if not invoice.lines and not is_reduced(invoice):
        yield of_standard(invoice, "BR-16", "lines", "", _("There are no lines."))
    if not invoice.vat and follows_standard(invoice):
        yield error("BR-CO-18", "vat", "", _("The VAT by rate is missing."))
    if not (seller.organisation_number or seller.vat_number or seller.identifiers or seller.tax_registration):
        told = _("No number says who the seller is.")
        yield of_standard(invoice, "BR-CO-26", "seller.organisation_number", "", told)
    if invoice.tax_currency and invoice.tax_currency != invoice.currency and _lacks_vat_in_tax_currency(invoice):
        told = _("The VAT in %(currency)s is missing.") % {"currency": invoice.tax_currency}
        yield warning("BR-53", "totals.vat_in_tax_currency", "", told)


def _lacks_vat_in_tax_currency(invoice: Invoice) -> bool:
    return invoice.totals.vat_in_tax_currency is None


def _dates(invoice: Invoice) -> Iterator[Finding]:
    due, issued = invoice.due_date, invoice.issue_date
    if (invoice.payable or 0) > 0 and not due and not invoice.payment_terms:
        told = _("Neither a due date nor terms of payment are stated.")
        yield of_standard(invoice, "BR-CO-25", "due_date", "", told)
    if due and issued and due < issued:
        yield warning("UTK-DUE-DATE", "due_date", due, _("The invoice is due before it was issued."))
    if invoice.is_credit_note and (invoice.payable or 0) > 0:
        told = _("A credit note with a total below zero makes you owe it. Ask the supplier whether it was meant so.")
        yield warning("UTK-CREDIT-NOTE", "totals.payable", invoice.payable, told)
    start, end = invoice.period_start, invoice.period_end
    if start and end and end < start:
        yield warning("BR-29", "period_end", end, _("The period ends before it begins."))


def _currency(invoice: Invoice) -> Iterator[Finding]:
    for rule, path in (("BR-CL-04", "currency"), ("BR-CL-05", "tax_currency")):
        stated: str = getattr(invoice, path)
        if stated and not _CURRENCY.fullmatch(stated):
            told = _("%(currency)s is no currency.") % {"currency": stated[:20]}
            yield error(rule, path, stated, told)


def _line(invoice: Invoice, line: Line, path: str) -> Iterator[Finding]:
    for rule, name, told in _OF_LINE:
        if getattr(line, name) in {None, ""}:
            yield of_standard(invoice, rule, f"{path}.{name}", "", told)
