"""Whatever a consistent invoice says: written as UBL it reads back equal, is faultless, and a changed sum is found."""

import datetime as dt
import json
from collections import defaultdict
from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from inbox.checks import check
from inbox.formats import (
    Address,
    AllowanceCharge,
    Attachment,
    Identifier,
    Invoice,
    Line,
    Party,
    Payment,
    Totals,
    VatGroup,
    read_xml,
)
from tests.inbox.ubl_writer import written

CENT = Decimal("0.01")
PEPPOL = "urn:cen.eu:en16931:2017#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0"
few = settings(max_examples=60, deadline=None)

amounts = st.decimals("0.01", "99999.99", places=2)
words = st.text("abcåäöÅÄÖ&<>\"'0123456789 ", min_size=1, max_size=30).map(lambda text: " ".join(text.split()) or "x")
dates = st.dates(dt.date(2000, 1, 1), dt.date(2099, 12, 31))
rates = st.sampled_from([Decimal(6), Decimal(12), Decimal(25)])


def rounded(amount: Decimal) -> Decimal:
    return amount.quantize(CENT, ROUND_HALF_UP)


@st.composite
def lines(draw: st.DrawFn, number: int, sign: int) -> Line:
    quantity, price = draw(st.integers(1, 500)), draw(amounts)
    base = draw(st.sampled_from([None, Decimal(1), Decimal(10)]))
    extra = [
        AllowanceCharge(is_charge=is_charge, amount=sign * draw(amounts), reason=draw(words))
        for is_charge in draw(st.lists(st.booleans(), max_size=2))
    ]
    more = sum((each.amount if each.is_charge else -each.amount for each in extra if each.amount), Decimal(0))
    return Line(
        id=str(number),
        name=draw(words),
        description=draw(words),
        quantity=Decimal(sign * quantity),
        unit=draw(st.sampled_from(["C62", "HUR", "KGM"])),
        price=price,
        base_quantity=base,
        amount=rounded(sign * quantity * price / (base or 1)) + more,
        vat_category="S",
        vat_rate=draw(rates),
        allowances=tuple(extra),
    )


@st.composite
def parties(draw: st.DrawFn) -> Party:
    return Party(
        name=draw(words),
        trading_name=draw(words),
        organisation_number=draw(words),
        vat_number=draw(words),
        endpoint=draw(words),
        endpoint_scheme="0088",
        identifiers=(Identifier(draw(words), "0060"),),
        address=Address((draw(words),), draw(words), draw(words), "", "FI"),
        contact=draw(words),
        email=draw(words),
    )


@st.composite
def invoices(draw: st.DrawFn) -> Invoice:
    """An invoice or credit note whose sums are right."""
    is_credit_note = draw(st.booleans())
    sign = -1 if is_credit_note else 1
    rows = tuple(draw(lines(number, sign)) for number in range(1, draw(st.integers(1, 4)) + 1))
    extra = tuple(
        AllowanceCharge(is_charge, sign * draw(amounts), None, None, draw(words), "", "S", draw(rates))
        for is_charge in draw(st.lists(st.booleans(), max_size=2))
    )
    taxable: dict[Decimal, Decimal] = defaultdict(Decimal)
    for line in rows:
        taxable[line.vat_rate or Decimal(0)] += line.amount or 0
    for each in extra:
        taxable[each.vat_rate or Decimal(0)] += (each.amount or 0) * (1 if each.is_charge else -1)
    groups = tuple(VatGroup("S", rate, base, rounded(base * rate / 100)) for rate, base in taxable.items())
    charges = sum((each.amount or Decimal(0) for each in extra if each.is_charge), Decimal(0))
    allowances = sum((each.amount or Decimal(0) for each in extra if not each.is_charge), Decimal(0))
    total = sum((line.amount or Decimal(0) for line in rows), Decimal(0))
    vat = sum((group.tax or Decimal(0) for group in groups), Decimal(0))
    prepaid, rounding = draw(st.none() | amounts), draw(st.none() | st.decimals("-0.50", "0.50", places=2))
    without = total - allowances + charges
    prepaid = None if prepaid is None else sign * prepaid
    content = draw(st.binary(max_size=40))
    return Invoice(
        format="peppol_bis3",
        kind="credit_note" if is_credit_note else "invoice",
        type_code="381" if is_credit_note else "380",
        specification=PEPPOL,
        number=draw(words),
        issue_date=draw(dates),
        due_date=draw(dates),
        currency=draw(st.sampled_from(["SEK", "NOK", "EUR"])),
        seller=draw(parties()),
        buyer=draw(parties()),
        buyer_reference=draw(words),
        order_reference=draw(words),
        notes=tuple(draw(st.lists(words, max_size=2))),
        payments=(Payment("30", "", draw(words), draw(words), draw(words), draw(words)),),
        payment_terms=draw(words),
        lines=rows,
        allowances=extra,
        vat=groups,
        totals=Totals(
            lines=total,
            allowances=allowances,
            charges=charges,
            without_vat=without,
            vat=vat,
            with_vat=without + vat,
            prepaid=prepaid,
            rounding=rounding,
            payable=without + vat - (prepaid or 0) + (rounding or 0),
        ),
        attachments=(Attachment.of(content, id=draw(words), name=draw(words), media_type="application/pdf"),),
    )


@few
@given(invoices())
def test_what_is_written_reads_back_equal(invoice: Invoice) -> None:
    assert read_xml(written(invoice)) == invoice


@few
@given(invoices())
def test_what_is_kept_comes_back_equal(invoice: Invoice) -> None:
    kept = json.loads(json.dumps(invoice.to_json()))
    assert Invoice.from_json(kept, [attachment.content for attachment in invoice.attachments]) == invoice


@few
@given(invoices())
def test_a_consistent_invoice_has_no_error(invoice: Invoice) -> None:
    assert [finding for finding in check(invoice) if finding.severity == "error"] == []


@few
@given(
    invoices(),
    st.sampled_from(
        ["lines", "allowances", "charges", "without_vat", "vat", "with_vat", "prepaid", "rounding", "payable"]
    ),
    st.decimals("0.01", "1000", places=2),
)
def test_a_changed_total_is_found(invoice: Invoice, name: str, change: Decimal) -> None:
    before = getattr(invoice.totals, name) or Decimal(0)
    changed = replace(invoice, totals=replace(invoice.totals, **{name: before + change}))
    assert any(finding.severity == "error" for finding in check(changed)), name


@few
@given(invoices(), st.decimals("1.01", "1000", places=2), st.sampled_from(["amount", "taxable", "tax"]), st.data())
def test_a_changed_line_or_vat_is_found(invoice: Invoice, change: Decimal, name: str, data: st.DataObject) -> None:
    part = "lines" if name == "amount" else "vat"
    rows = list(getattr(invoice, part))
    place = data.draw(st.integers(0, len(rows) - 1))
    rows[place] = replace(rows[place], **{name: getattr(rows[place], name) + change})
    found = check(replace(invoice, **{part: tuple(rows)}))  # type: ignore[arg-type]
    assert any(finding.severity == "error" for finding in found)
