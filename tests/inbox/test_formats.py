"""Invoices of every format that is read, each with what it says; they are written for the tests and shipped."""

import datetime as dt
from decimal import Decimal

import pytest

from inbox.checks import check
from inbox.formats import Identifier, Invoice, Preceding, read_xml
from tests.inbox.invoices import SHIPPED

OURS = ("swedish-bankgiro.xml", "swedish-creditnote.xml", "norwegian-kid.xml", "german-cii.xml", "svefaktura.xml")
PDF = b"%PDF-1.4\n%small enough for a test\n%%EOF\n"


def shipped(name: str) -> Invoice:
    return read_xml((SHIPPED / name).read_bytes())


@pytest.mark.parametrize("name", OURS)
def test_an_invoice_without_fault_has_no_finding(name: str) -> None:
    assert check(shipped(name)) == ()


def test_a_swedish_invoice_with_bankgiro_freight_discount_and_rounding() -> None:
    invoice = shipped("swedish-bankgiro.xml")
    assert (invoice.format, invoice.kind, invoice.number) == ("peppol_bis3", "invoice", "20240117")
    assert (invoice.issue_date, invoice.due_date) == (dt.date(2024, 1, 17), dt.date(2024, 2, 16))
    seller = invoice.seller
    assert (seller.name, seller.organisation_number, seller.vat_number, seller.tax_registration) == (
        *("Norrskens Kafferosteri AB", "5599999900", "SE559999990001", "Godkänd för F-skatt"),
    )
    assert (seller.endpoint_scheme, seller.endpoint, seller.email) == (
        *("0007", "5599999900", "elin@kafferosteriet.example"),
    )
    assert (seller.address.lines, seller.address.city, seller.address.country) == (("Rostargatan 8",), "Umeå", "SE")
    (payment,) = invoice.payments
    assert (payment.account_kind, payment.normal_account, payment.reference) == ("bankgiro", "50123454", "202401170")
    assert invoice.payment_reference == "202401170"
    coffee, service = invoice.lines
    assert (coffee.quantity, coffee.unit, coffee.price, coffee.amount) == (
        Decimal(12),
        "C62",
        Decimal("89.50"),
        Decimal(1074),
    )
    (discount,) = service.allowances
    assert (discount.is_charge, discount.percent, discount.base_amount, discount.amount) == (
        False,
        Decimal(10),
        Decimal(1450),
        Decimal(145),
    )
    (freight,) = invoice.allowances
    assert (freight.is_charge, freight.amount, freight.vat_rate) == (True, Decimal(120), Decimal(25))
    totals = invoice.totals
    assert (totals.lines, totals.charges, totals.without_vat, totals.vat) == (
        Decimal(2379),
        Decimal(120),
        Decimal(2499),
        Decimal("485.13"),
    )
    assert (totals.with_vat, totals.rounding, totals.payable) == (Decimal("2984.13"), Decimal("-0.13"), Decimal(2984))
    (attachment,) = invoice.attachments
    assert (attachment.name, attachment.media_type, attachment.content, attachment.size) == (
        *("följesedel-77.pdf", "application/pdf", PDF, len(PDF)),
    )


def test_a_credit_note_has_negative_amounts_and_names_what_it_credits() -> None:
    invoice = shipped("swedish-creditnote.xml")
    assert invoice.is_credit_note
    assert (invoice.payable, invoice.totals.vat, invoice.totals.rounding) == (Decimal(-625), Decimal(-125), None)
    (line,) = invoice.lines
    assert (line.quantity, line.price, line.amount) == (Decimal(-1), Decimal(500), Decimal(-500))
    assert invoice.vat[0].taxable == -500
    assert invoice.preceding == (Preceding("20240117", dt.date(2024, 1, 17)),)


def test_a_negative_invoice_stays_negative_and_a_credit_note_below_zero_is_a_debt() -> None:
    content = (SHIPPED / "swedish-creditnote.xml").read_bytes()
    as_invoice = (
        content.replace(b"CreditNote", b"Invoice").replace(b"CreditedQ", b"InvoicedQ").replace(b">381<", b">380<")
    )
    assert read_xml(as_invoice.replace(b">625.00<", b">-625.00<")).payable == -625
    assert read_xml(content.replace(b">625.00<", b">-625.00<")).payable == 625
    found = check(read_xml(content.replace(b">625.00<", b">-625.00<")))
    assert ("warning", "UTK-CREDIT-NOTE") in {(finding.severity, finding.rule) for finding in found}
    # Some senders write a credit note as an invoice whose type says so.
    assert read_xml(as_invoice.replace(b">380<", b">381<")).payable == -625


def test_a_norwegian_invoice_with_kid() -> None:
    invoice = shipped("norwegian-kid.xml")
    (payment,) = invoice.payments
    assert (payment.account_kind, payment.account, payment.reference) == ("norwegian", "15030012302", "00100420249")
    assert (invoice.period_start, invoice.period_end) == (dt.date(2024, 3, 1), dt.date(2024, 3, 31))
    assert (invoice.currency, invoice.payable) == ("NOK", Decimal("11718.75"))


def test_a_german_invoice_in_cii() -> None:
    invoice = shipped("german-cii.xml")
    assert (invoice.format, invoice.number, invoice.due_date) == ("cii", "RE-2024-0815", dt.date(2024, 3, 19))
    assert (invoice.seller.vat_number, invoice.seller.endpoint_scheme) == ("DE123456788", "EM")
    assert (invoice.buyer.name, invoice.buyer.address.postal_code) == ("Björkbackens Redovisning AB", "852 30")
    (line,) = invoice.lines
    assert (line.gross_price, line.price_discount, line.price) == (Decimal("269.90"), Decimal(20), Decimal("249.90"))
    assert (line.description, line.seller_item, line.standard_item) == (
        "Höhenverstellbar, schwarz",
        "ST-7",
        "4006381333931",
    )
    assert (invoice.payments[0].account_kind, invoice.payments[0].bic) == ("iban", "COBADEFFXXX")
    assert (invoice.totals.vat, invoice.payable) == (Decimal("142.44"), Decimal("892.14"))
    assert (invoice.delivery_date, invoice.order_reference) == (dt.date(2024, 3, 1), "B-2024-9")
    assert [attachment.content for attachment in invoice.attachments] == [PDF]


def test_a_credit_note_in_cii_has_negative_amounts() -> None:
    content = (SHIPPED / "german-cii.xml").read_bytes().replace(b"<ram:TypeCode>380<", b"<ram:TypeCode>381<")
    invoice = read_xml(content)
    assert (invoice.kind, invoice.payable, invoice.lines[0].quantity) == (
        "credit_note",
        Decimal("-892.14"),
        Decimal(-3),
    )
    assert check(invoice) == ()


@pytest.mark.parametrize("profile", ["minimum", "basicwl"])
def test_a_profile_without_lines_isnt_blamed_for_lacking_them(profile: str) -> None:
    content = (SHIPPED / "german-cii.xml").read_text(encoding="utf-8").replace("en16931:2017", f"x:{profile}")
    start, end = content.index("<ram:IncludedSupply"), content.index("<ram:ApplicableHeaderTradeAgreement")
    found = check(read_xml((content[:start] + content[end:]).encode()))
    assert [finding for finding in found if finding.severity == "error"] == []
    assert "BR-16" not in {finding.rule for finding in found}


def test_a_svefaktura_of_another_encoding_with_rounding() -> None:
    invoice = shipped("svefaktura.xml")
    assert (invoice.format, invoice.number, invoice.due_date) == ("svefaktura", "7788", dt.date(2024, 6, 1))
    assert (invoice.seller.name, invoice.seller.organisation_number) == ("Rent & Snyggt i Ådalen AB", "5599999900")
    assert invoice.seller.identifiers == (Identifier("7350012345679", "0088"),)
    assert invoice.seller.gln == "7350012345679"
    assert (invoice.payments[0].account_kind, invoice.payments[0].account) == ("plusgiro", "1234566")
    assert (invoice.payment_reference, invoice.buyer_reference, invoice.contract_reference) == (
        *("202401170", "Sara Lind", "A-2023-41"),
    )
    totals = invoice.totals
    assert (totals.with_vat, totals.rounding, totals.payable) == (Decimal("21124.50"), Decimal("0.50"), Decimal(21125))
    assert (invoice.lines[0].name, invoice.lines[0].unit) == ("Storstädning, april", "HUR")


@pytest.mark.parametrize("sign", ["", "-"])
def test_a_credited_svefaktura_is_negative_with_and_without_a_minus_sign(sign: str) -> None:
    text = (SHIPPED / "svefaktura.xml").read_text(encoding="iso-8859-1").replace(">380<", ">381<")
    for amount in ("4224.90", "16899.60", "21125.00", "0.50", "20<"):
        text = text.replace(f">{amount}", f">{sign}{amount}")
    invoice = read_xml(text.encode("iso-8859-1"))
    assert (invoice.kind, invoice.payable, invoice.lines[0].amount) == (
        "credit_note",
        Decimal(-21125),
        Decimal("-16899.60"),
    )
    assert check(invoice) == ()


def test_a_svefaktura_in_its_envelope_brings_its_attachments() -> None:
    namespace = "http://www.unece.org/cefact/namespaces/StandardBusinessDocumentHeader"
    inner = (SHIPPED / "svefaktura.xml").read_text(encoding="iso-8859-1").partition("?>")[2]
    files = (
        '<ObjectEnvelope xmlns="urn:sfti:documents:ObjectEnvelope:1:0"><EncodedObject><ObjectID>1</ObjectID>'
        '<EncodedData mimeCode="application/pdf" filename="a.pdf"> SGVq\n </EncodedData>'
        "</EncodedObject></ObjectEnvelope>"
    )
    envelope = f'<S:StandardBusinessDocument xmlns:S="{namespace}">{inner}{files}</S:StandardBusinessDocument>'
    invoice = read_xml(envelope.encode())
    assert invoice.number == "7788"
    assert [(file.name, file.content) for file in invoice.attachments] == [("a.pdf", b"Hej")]
