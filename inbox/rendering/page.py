"""From an `Invoice` and its findings to what the template shows."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from inbox.formats.findings import Finding
from inbox.formats.invoice import Address, AllowanceCharge, Attachment, Invoice, Line, Party, Payment
from inbox.rendering import words
from inbox.rendering.marks import Mark, Marks

# A table that nobody reads to its end; the file itself has them all.
MOST_LINES = 500


@dataclass(frozen=True, slots=True)
class Field:
    """A value with its label and what was found of it."""

    label: str
    value: str
    marks: tuple[Mark, ...] = ()
    is_amount: bool = False

    @property
    def severity(self) -> str:
        """The worst of what was found."""
        severities = {mark.finding.severity for mark in self.marks}
        return next((severity for severity in ("error", "warning", "note") if severity in severities), "")


@dataclass(frozen=True, slots=True)
class Section:
    """Some fields under a heading."""

    heading: str
    fields: tuple[Field, ...]
    lines: tuple[str, ...] = ()
    marks: tuple[Mark, ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table; `texts` stand below the description."""

    cells: tuple[Field, ...]
    texts: tuple[str, ...] = ()
    marks: tuple[Mark, ...] = ()

    @property
    def all_marks(self) -> tuple[Mark, ...]:
        """What was found of the row and its cells: it stands below them, as wide as the table."""
        return (*(mark for cell in self.cells for mark in cell.marks), *self.marks)

    @property
    def width(self) -> int:
        """How many columns stand from the description on."""
        return len([cell for cell in self.cells if cell.label != _("Line")])


def rendered(invoice: Invoice, findings: Sequence[Finding] = ()) -> SafeString:
    """The invoice as a fragment of HTML, in the language in force; its style sheet is `inbox/invoice.css`."""
    return render_to_string("inbox/invoice.html", {"page": Page(invoice, Marks(findings))})


class Page:
    """What the template shows, each part in the order in which it is shown."""

    def __init__(self, invoice: Invoice, marks: Marks) -> None:
        self.title = _("Credit note") if invoice.is_credit_note else _("Invoice")
        self.format = words.FORMATS.get(invoice.format, invoice.format)
        self.number = Field(_("Invoice number"), invoice.number, marks.at("number", "type_code"))
        self.payable = Field(
            _("To pay"), words.amount(invoice.payable, invoice.currency), marks.at("totals.payable"), is_amount=True
        )
        self.is_owed = (invoice.payable or 0) < 0
        self.parties = tuple(_parties(invoice, marks))
        self.facts = tuple(_facts(invoice, marks))
        self.lines = tuple(_lines(invoice.lines[:MOST_LINES], marks))
        self.more_lines = max(0, len(invoice.lines) - MOST_LINES)
        self.more_lines_told = words.quantity(Decimal(self.more_lines))
        self.line_marks = marks.under("lines")
        self.allowances = tuple(_allowances(invoice.allowances, marks))
        self.vat = tuple(_vat(invoice, marks))
        self.vat_marks = marks.under("vat")
        self.totals = tuple(_totals(invoice, marks))
        self.payments = tuple(_payments(invoice, marks))
        self.terms = Field(_("Payment terms"), invoice.payment_terms, marks.at("payment_terms"))
        self.notes = Section(_("Notes"), (), invoice.notes, marks.under("notes"))
        self.attachments = tuple(_attachment(each) for each in invoice.attachments)
        self.attachment_marks = marks.under("attachments")
        # Made last, shown first
        self.marks = marks.rest()


def _filled(fields: Iterable[Field]) -> tuple[Field, ...]:
    return tuple(field for field in fields if field.value or field.marks)


def _parties(invoice: Invoice, marks: Marks) -> Iterator[Section]:
    parties = (
        (_("Seller"), "seller", invoice.seller),
        (_("Buyer"), "buyer", invoice.buyer),
        (_("Payee"), "payee", invoice.payee),
        (_("Tax representative"), "tax_representative", invoice.tax_representative),
    )
    for heading, path, party in parties:
        if party is not None:
            yield _party(heading, path, party, marks)
    if invoice.delivery is not None:
        yield Section(_("Delivered to"), (), tuple(_address(invoice.delivery)), marks.under("delivery"))


def _party(heading: str, path: str, party: Party, marks: Marks) -> Section:
    endpoint = f"{party.endpoint_scheme}:{party.endpoint}" if party.endpoint_scheme else party.endpoint
    name = Field(_("Name"), party.display_name, marks.at(f"{path}.name"))
    others = (
        ("trading_name", _("Also known as"), party.trading_name if party.trading_name != party.name else ""),
        ("organisation_number", _("Organisation number"), party.organisation_number),
        ("vat_number", _("VAT no."), party.vat_number),
        ("tax_registration", _("Tax registration"), party.tax_registration),
        ("endpoint", _("Peppol ID"), endpoint),
        ("identifiers", _("Other numbers"), ", ".join(each.value for each in party.identifiers)),
        ("contact", _("Contact"), party.contact),
        ("phone", _("Phone"), party.phone),
        ("email", _("E-mail"), party.email),
        ("legal_form", _("About the company"), party.legal_form),
    )
    fields = [Field(label, value, marks.under(f"{path}.{attribute}")) for attribute, label, value in others]
    return Section(heading, (name, *_filled(fields)), tuple(_address(party.address)), marks.under(path))


def _address(address: Address) -> Iterator[str]:
    yield from address.lines
    place = " ".join(filter(None, (address.postal_code, address.city)))
    yield from filter(None, (place, address.subdivision, address.country))


def _facts(invoice: Invoice, marks: Marks) -> tuple[Field, ...]:
    preceding = ", ".join(
        f"{each.number} ({words.day(each.issue_date)})" if each.issue_date else each.number
        for each in invoice.preceding
    )
    period = words.period(invoice.period_start, invoice.period_end)
    facts = (
        Field(_("Invoice date"), words.day(invoice.issue_date), marks.at("issue_date")),
        Field(capfirst(_("due date")), words.day(invoice.due_date), marks.at("due_date")),
        Field(_("Currency"), invoice.currency, marks.at("currency", "tax_currency")),
        Field(_("Tax point date"), words.day(invoice.tax_point_date), marks.at("tax_point_date")),
        Field(_("Period"), period, marks.at("period_start", "period_end")),
        Field(_("Delivery date"), words.day(invoice.delivery_date), marks.at("delivery_date")),
        Field(_("Your reference"), invoice.buyer_reference, marks.at("buyer_reference")),
        Field(_("Order number"), invoice.order_reference, marks.at("order_reference")),
        Field(_("Seller's order number"), invoice.sales_order_reference, marks.at("sales_order_reference")),
        Field(_("Contract"), invoice.contract_reference, marks.at("contract_reference")),
        Field(_("Project"), invoice.project_reference, marks.at("project_reference")),
        Field(_("Buyer's posting reference"), invoice.accounting_cost, marks.at("accounting_cost")),
        Field(_("Earlier invoice"), preceding, marks.under("preceding")),
    )
    return _filled(facts)


def _lines(lines: Sequence[Line], marks: Marks) -> Iterator[Row]:
    for place, line in enumerate(lines):
        path = f"lines.{place}"
        price = words.amount(line.price)
        if line.base_quantity not in {None, Decimal(1)}:
            price = f"{price} / {words.quantity(line.base_quantity, line.base_unit or line.unit)}"
        quantity = words.quantity(line.quantity, line.unit)
        cells = (
            Field("", line.name, marks.at(f"{path}.name")),
            Field(_("Quantity"), quantity, marks.at(f"{path}.quantity"), is_amount=True),
            Field(_("Price"), price, marks.at(f"{path}.price"), is_amount=True),
            Field(_("VAT"), _rate(line.vat_category, line.vat_rate), marks.at(f"{path}.vat_rate"), is_amount=True),
            Field(_("Amount"), words.amount(line.amount), marks.at(f"{path}.amount"), is_amount=True),
        )
        yield Row((Field(_("Line"), line.id), *cells), tuple(_texts(line)), marks.under(path))


def _texts(line: Line) -> Iterator[str]:
    """What stands below a line's name."""
    if line.description != line.name:
        yield from filter(None, (line.description,))
    yield from filter(None, (line.note,))
    items = (
        (_("Item"), line.seller_item),
        (_("Our item"), line.buyer_item),
        (_("Item number (GTIN)"), line.standard_item),
        (_("Order line"), line.order_line),
        (_("Buyer's posting reference"), line.accounting_cost),
        (_("Period"), words.period(line.period_start, line.period_end)),
    )
    told = [f"{label}: {value}" for label, value in items if value]
    told += [f"{each.name}: {each.value}" for each in line.properties]
    yield from filter(None, (" · ".join(told),))
    for each in line.allowances:
        yield _told_allowance(each)


def _told_allowance(each: AllowanceCharge) -> str:
    kind = _("Charge") if each.is_charge else _("Allowance")
    reason = each.reason or each.reason_code
    share = f" ({_share(each)})" if each.percent is not None else ""
    return f"{kind}{f': {reason}' if reason else ''}{share} {words.amount(_effect(each))}"


def _share(each: AllowanceCharge) -> str:
    if each.base_amount is None:
        return words.percent(each.percent)
    of = _("%(percent)s of %(amount)s")
    return of % {"percent": words.percent(each.percent), "amount": words.amount(each.base_amount)}


def _effect(each: AllowanceCharge) -> Decimal | None:
    """What it does to the sum."""
    return each.amount if each.is_charge or not each.amount else -each.amount


def _allowances(allowances: Sequence[AllowanceCharge], marks: Marks) -> Iterator[Row]:
    for place, each in enumerate(allowances):
        kind = _("Charge") if each.is_charge else _("Allowance")
        reason = each.reason or each.reason_code
        cells = (
            Field("", f"{kind}: {reason}" if reason else kind),
            Field(_("Share"), _share(each) if each.percent is not None else "", is_amount=True),
            Field(_("VAT"), _rate(each.vat_category, each.vat_rate), is_amount=True),
            Field(_("Amount"), words.amount(_effect(each)), is_amount=True),
        )
        yield Row(cells, (), marks.under(f"allowances.{place}"))


def _rate(category: str, rate: Decimal | None) -> str:
    """A rate; where there is none, why."""
    if rate:
        return words.percent(rate)
    return str(words.CATEGORIES.get(category, category)) or words.percent(rate)


def _vat(invoice: Invoice, marks: Marks) -> Iterator[Row]:
    for place, group in enumerate(invoice.vat):
        path = f"vat.{place}"
        name = str(words.CATEGORIES.get(group.category, group.category))
        reason = " ".join(filter(None, (group.exemption_reason, group.exemption_code)))
        cells = (
            Field("", name[:1].upper() + name[1:], marks.at(f"{path}.category", f"{path}.exemption_reason")),
            Field(_("Rate"), words.percent(group.rate), marks.at(f"{path}.rate"), is_amount=True),
            Field(_("Taxable"), words.amount(group.taxable), marks.at(f"{path}.taxable"), is_amount=True),
            Field(_("VAT"), words.amount(group.tax), marks.at(f"{path}.tax"), is_amount=True),
        )
        yield Row(cells, (reason,) if reason else (), marks.under(path))


def _totals(invoice: Invoice, marks: Marks) -> tuple[Field, ...]:
    stated = invoice.totals
    less = -stated.allowances if stated.allowances else stated.allowances
    prepaid = -stated.prepaid if stated.prepaid else stated.prepaid
    told = (
        ("lines", _("Lines"), stated.lines, ""),
        ("allowances", _("Allowances"), less or None, ""),
        ("charges", _("Charges"), stated.charges or None, ""),
        ("without_vat", _("Total without VAT"), stated.without_vat, ""),
        ("vat", _("VAT"), stated.vat, ""),
        ("vat_in_tax_currency", _("VAT in the seller's currency"), stated.vat_in_tax_currency, invoice.tax_currency),
        ("with_vat", _("Total with VAT"), stated.with_vat, ""),
        ("prepaid", _("Prepaid"), prepaid or None, ""),
        ("rounding", pgettext("of an invoice's total", "Rounding"), stated.rounding or None, ""),
    )
    fields = [
        Field(label, words.amount(amount, currency), marks.at(f"totals.{name}"), is_amount=True)
        for name, label, amount, currency in told
    ]
    return _filled(fields)


def _payments(invoice: Invoice, marks: Marks) -> Iterator[Section]:
    for place, payment in enumerate(invoice.payments):
        path = f"payments.{place}"
        fields = _filled(_payment(payment, path, marks))
        if fields:
            yield Section(_("Payment"), fields, (), marks.under(path))


def _payment(payment: Payment, path: str, marks: Marks) -> Iterator[Field]:
    label = str(words.ACCOUNTS.get(payment.account_kind, _("Account")))
    yield Field(label, payment.account, marks.at(f"{path}.account"))
    yield Field(_("Payment reference"), payment.reference, marks.at(f"{path}.reference"))
    yield Field(_("Account holder"), payment.account_name, marks.at(f"{path}.account_name"))
    yield Field("BIC", payment.bic, marks.at(f"{path}.bic"))
    if payment.branch != payment.bic and payment.account_kind not in {"bankgiro", "plusgiro"}:
        yield Field(_("Bank branch"), payment.branch, marks.at(f"{path}.branch"))
    means = " – ".join(filter(None, (words.means(payment.means_code), payment.means_text)))
    yield Field(_("Means of payment"), means, marks.at(f"{path}.means_code", f"{path}.means_text"))
    yield Field(_("Direct debit mandate"), payment.mandate, marks.at(f"{path}.mandate"))


def _attachment(each: Attachment) -> Field:
    name = " – ".join(filter(None, (each.name or each.uri or each.id, each.description)))
    if each.is_enclosed:
        return Field(_("Enclosed file"), name)
    return Field(_("Elsewhere, not fetched") if each.uri else _("Named only"), name)
