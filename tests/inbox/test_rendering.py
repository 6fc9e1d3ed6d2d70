"""An invoice as people read it: all of it, nothing of the sender's as HTML, and what was found at its field."""

import re
from dataclasses import replace
from decimal import Decimal

import pytest
from django.utils import translation

from inbox.checks import check
from inbox.formats import Attachment, Invoice, Line, read_xml
from inbox.rendering import rendered
from tests.inbox.invoices import SHIPPED, Known, content, each_known

SCRIPT = '<script>alert(1)</script><img src="https://evil.example/x" onerror=alert(1)><a href="javascript:x">'


def words_of(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).replace("\u00a0", " ").split())


def norwegian() -> Invoice:
    return read_xml((SHIPPED / "ehf3-norway.xml").read_bytes())


def test_an_invoice_is_shown_in_the_readers_language() -> None:
    with translation.override("sv"):
        shown = words_of(rendered(norwegian()))
    assert "Faktura EHF" not in shown
    for told in (
        *("Faktura Peppol BIS Billing 3 TOSL108", "Att betala 802,00 NOK", "The Sellercompany ASA"),
        *("Förfallodatum 2013-07-20", "IBAN NO9386011117947", "Laptop computer", "1 273,00", "Öresavrundning 0,22"),
        *("Hours-spent.csv", "http://www.suppliersite.eu/sheet001.html"),
    ):
        assert told in shown.replace("\u202f", " "), told
    with translation.override("nb"):
        assert "Å betale 802,00 NOK" in words_of(rendered(norwegian()))


def test_a_credit_note_says_that_the_supplier_owes() -> None:
    invoice = replace(norwegian(), kind="credit_note")
    owed = replace(invoice, totals=replace(invoice.totals, payable=Decimal("-802.00")))
    with translation.override("sv"):
        shown = words_of(rendered(owed))
    assert "Kreditfaktura" in shown
    assert "Leverantören är skyldig dig detta." in shown


def test_what_the_sender_wrote_is_never_html() -> None:
    invoice = norwegian()
    hostile = replace(
        invoice,
        number=SCRIPT,
        notes=(SCRIPT,),
        payment_terms=SCRIPT,
        seller=replace(invoice.seller, name=SCRIPT, email=SCRIPT),
        lines=(Line(name=SCRIPT, description=SCRIPT, unit=SCRIPT, vat_category=SCRIPT),),
        attachments=(Attachment(name=SCRIPT, uri="javascript:alert(1)"),),
        payments=(replace(invoice.payments[0], account=SCRIPT, reference=SCRIPT),),
    )
    shown = rendered(hostile, check(hostile))
    assert not re.search(r"<\s*(?:script|img|a|iframe|style|link|form|object|svg)\b", shown, re.IGNORECASE)
    assert not re.search(r"<[^>]*\s(?:style|href|src|on\w+)\s*=", shown, re.IGNORECASE)
    assert "&lt;script&gt;" in shown


@each_known
def test_each_finding_stands_once_in_a_real_invoice(told: Known) -> None:
    invoice = read_xml(content(told.file))
    findings = check(invoice)
    places = re.findall(r'id="finding-(\d+)"', rendered(invoice, findings))
    assert sorted(map(int, places)) == list(range(len(findings)))


def test_a_wrong_sum_is_marked_where_it_stands() -> None:
    invoice = norwegian()
    wrong = replace(invoice, totals=replace(invoice.totals, with_vat=Decimal("1801.79")))
    shown = rendered(wrong, check(wrong))
    assert re.search(r'invoice-marked is-error">1,801.79</dd>\s*<dd class="invoice-finding is-error"', shown)


@pytest.mark.parametrize("count", [500, 501, 2000])
def test_a_long_invoice_is_shown_with_its_first_five_hundred_lines(count: int) -> None:
    shown = rendered(replace(norwegian(), lines=tuple(Line(id=str(place), name="Paper") for place in range(count))))
    assert shown.count("Paper") == 500
    more = f"{count - 500:,}" if count > 500 else ""
    assert bool(re.search(rf"{more} more lines? (?:is|are) in the file", shown)) == (count > 500)
