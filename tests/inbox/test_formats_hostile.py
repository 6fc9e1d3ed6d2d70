"""Documents that were made to harm their reader, and such as nobody can read: refused, each with its reason."""

import resource
from collections.abc import Callable
from pathlib import Path

import pytest

from inbox.formats import (
    BrokenInvoice,
    HostileXml,
    NotXml,
    SeveralInvoices,
    UnknownFormat,
    UnreadableInvoice,
    read_all,
    read_xml,
    recognise,
    trees,
)
from ledger.importing.messages import restored
from tests.inbox.invoices import SHIPPED

UBL = "urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"
CII = "urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100"
ENVELOPE = "http://www.unece.org/cefact/namespaces/StandardBusinessDocumentHeader"
MB = 1024 * 1024


def invoice(inner: str = "<ID>1</ID>", head: str = "") -> bytes:
    return f'{head}<Invoice xmlns="{UBL}">{inner}</Invoice>'.encode()


def laughs() -> bytes:
    entities = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    return invoice("<ID>&l9;</ID>", f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY l0 "ha">{entities}]>')


HOSTILE: dict[str, Callable[[], bytes]] = {
    "entities in entities": laughs,
    "an entity of a file": lambda: invoice("<ID>&x;</ID>", '<!DOCTYPE x [<!ENTITY x SYSTEM "file:///etc/passwd">]>'),
    "an entity of the network": lambda: invoice("<ID>&x;</ID>", '<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd">'),
    "a parameter entity": lambda: invoice(head='<!DOCTYPE x [<!ENTITY % x SYSTEM "http://127.0.0.1:9/"> %x;]>'),
    "a small doctype": lambda: invoice(head="<!doctype Invoice>"),
    "a doctype in UTF-16": lambda: (
        invoice(head='<?xml version="1.0" encoding="utf-16"?><!DOCTYPE x>').decode().encode("utf-16")
    ),
    "a text of 100 MB": lambda: invoice(f"<Note>{'x' * (100 * MB)}</Note>"),
    "a text of 20 MB": lambda: invoice(f"<Note>{'x' * (20 * MB)}</Note>"),
    "ten thousand deep": lambda: invoice("<a>" * 10_000 + "</a>" * 10_000),
    "a million elements": lambda: invoice("<a/>" * 1_000_000),
    "elements just beyond the bound": lambda: invoice("<a/>" * trees.MOST_ELEMENTS),
    "a million attributes": lambda: invoice("<a " + " ".join(f"a{n}='1'" for n in range(1_000_000)) + "/>"),
    "a name of a megabyte": lambda: invoice(f"<{'a' * MB}/>"),
    "a million namespaces": lambda: invoice("<a " + " ".join(f"xmlns:a{n}='u'" for n in range(500_000)) + "/>"),
}
BROKEN: dict[str, bytes] = {
    "nothing": b"",
    "blanks": b" \n\t ",
    "no XML": b"%PDF-1.7 not an invoice",
    "text": b"Hello",
    "cut off": (SHIPPED / "ehf3-norway.xml").read_bytes()[:5000],
    "two documents": invoice() + invoice(),
    "bytes of another encoding": b'<?xml version="1.0" encoding="utf-8"?>' + "<a>Å</a>".encode("latin-1"),
    "an encoding that is none": b'<?xml version="1.0" encoding="klingon"?><a/>',
    "an encoding that hides": b'<?xml version="1.0" encoding="utf-7"?><a/>',
    "UTF-16 that is UTF-8": b'<?xml version="1.0" encoding="utf-16"?><Invoice/>',
    "control characters": invoice("<ID>\x00\x01</ID>"),
    "a character reference to nothing": invoice("<ID>&#0;</ID>"),
    "an entity that isn't declared": invoice("<ID>&nbsp;</ID>"),
    "JSON": b'{"invoice": 1}',
}
OTHERS = {
    "ZUGFeRD 1.0": b'<r:CrossIndustryDocument xmlns:r="urn:ferd:CrossIndustryDocument:invoice:1p0"/>',
    "EHF 2": invoice(
        "<CustomizationID>urn:www.cenbii.eu:transaction#urn:www.difi.no:ehf:faktura:ver2.0</CustomizationID>"
    ),
    "Peppol BIS 2": invoice("<CustomizationID>urn:www.cenbii.eu:transaction:biitrns010:ver2.0</CustomizationID>"),
    "OIOUBL": invoice("<CustomizationID>OIOUBL-2.02</CustomizationID>"),
    "Finvoice": b'<Finvoice Version="3.0"/>',
    "ObjectEnvelope": b'<ObjectEnvelope xmlns="urn:sfti:documents:ObjectEnvelope:1:0"/>',
    "UBL": b'<Order xmlns="urn:oasis:names:specification:ubl:schema:xsd:Order-2"/>',
    "SAF-T": b'<AuditFile xmlns="urn:StandardAuditFile-Taxation-Financial:NO"/>',
    "ISO 20022": b'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.001.001.03"/>',
    "no invoice": f'<StandardBusinessDocument xmlns="{ENVELOPE}"/>'.encode(),
    "Rechnung (urn:x)": b'<Rechnung xmlns="urn:x"/>',
}


@pytest.mark.parametrize("document", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_document_is_refused_in_little_memory(document: Callable[[], bytes]) -> None:
    content = document()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(HostileXml) as refusal:
        read_xml(content)
    assert str(refusal.value.reason)
    # Far above what it takes (below 100 MB), and far below what harms
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 400 * 1024


@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN)
def test_what_is_no_whole_xml_is_refused_with_its_reason(content: bytes) -> None:
    with pytest.raises(NotXml) as refusal:
        read_xml(content)
    kept = refusal.value.as_json()
    assert str(restored(kept["reason"])) == str(refusal.value.reason)


@pytest.mark.parametrize(("named", "content"), OTHERS.items(), ids=OTHERS)
def test_a_document_of_another_kind_is_named(named: str, content: bytes) -> None:
    with pytest.raises(UnknownFormat, match=named.replace("(", r"\(").replace(")", r"\)")):
        read_xml(content)


def test_what_a_document_is_is_seen_by_its_outermost_element() -> None:
    assert recognise(b"no XML") is None
    known = recognise(invoice())
    assert known is not None
    assert (known.format, known.is_read) == ("ubl", True)
    cut = recognise(f'<x:CrossIndustryInvoice xmlns:x="{CII}"><broken'.encode())
    assert cut is not None
    assert cut.format == "cii"
    other = recognise(b"<html><body>")
    assert other is not None
    assert (other.is_read, str(other.title)) == (False, "a web page")
    page = recognise(b'<?xml version="1.0"?><!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0//EN" "x"><html/>')
    assert page is not None
    assert (page.is_read, str(page.title)) == (False, "a web page")
    with pytest.raises(HostileXml):
        recognise(laughs())


@pytest.mark.parametrize("amount", ["99999999999999999", "1" * 30, "-10000000000000000"])
def test_an_amount_that_no_register_holds_is_refused_with_line_and_field(amount: str) -> None:
    with pytest.raises(BrokenInvoice) as refusal:
        read_xml(invoice(f"<LegalMonetaryTotal>\n<PayableAmount>{amount}</PayableAmount></LegalMonetaryTotal>"))
    assert (refusal.value.line, refusal.value.field) == (2, "PayableAmount")


@pytest.mark.parametrize(
    "amount",
    ["1e999999999", "NaN", "Infinity", "1 000,00", "1,5", "0x10", "١٢", "1" * 31, "1.5.5", "--1", "1." + "0" * 21],
)
def test_an_amount_that_is_none_is_remarked_and_left_out(amount: str) -> None:
    read = read_xml(invoice(f"<LegalMonetaryTotal><PayableAmount>{amount}</PayableAmount></LegalMonetaryTotal>"))
    assert read.payable is None
    (remark,) = read.remarks
    assert (remark.severity, remark.rule, remark.field, remark.value) == ("error", "UTK-VALUE", "BT-115", amount[:60])


@pytest.mark.parametrize(
    "date", ["2024-02-30", "0001-01-01", "9999-12-31", "31.12.2024", "2024-1-1", "20240131", "x" * 99]
)
def test_a_date_that_is_none_is_remarked_and_left_out(date: str) -> None:
    read = read_xml(invoice(f"<IssueDate>{date}</IssueDate>"))
    assert read.issue_date is None
    assert [(remark.rule, remark.path) for remark in read.remarks] == [("UTK-VALUE", "issue_date")]


@pytest.mark.parametrize(
    "date", ["2024-01-31", "2024-01-31Z", "2024-01-31+01:00", " 2024-01-31\n", "2024-01-31T00:00:00"]
)
def test_a_date_may_have_a_time_zone(date: str) -> None:
    assert str(read_xml(invoice(f"<IssueDate>{date}</IssueDate>")).issue_date) == "2024-01-31"


def test_what_turns_or_hides_a_text_is_taken_out_and_remarked() -> None:
    read = read_xml(invoice("<ID>F\u202e001\u200b\u2066x</ID><Note>first\r\n\r\n\r\n\r\nsecond\tpart</Note>"))
    assert read.number == "F001x"
    assert read.notes == ("first\n\nsecond part",)
    assert [(remark.rule, remark.path) for remark in read.remarks] == [("UTK-TEXT", "number")]


def test_a_long_text_is_cut_and_remarked() -> None:
    read = read_xml(invoice(f"<ID>{'7' * 1000}</ID>"))
    assert len(read.number) == 300
    assert [remark.rule for remark in read.remarks] == ["UTK-TEXT-LENGTH"]


def test_what_stands_twice_is_remarked() -> None:
    read = read_xml(invoice("<ID>1</ID><ID>2</ID>"))
    assert read.number == "1"
    assert [(remark.severity, remark.rule) for remark in read.remarks] == [("error", "UTK-TWICE")]


def test_an_amount_of_another_currency_is_an_error() -> None:
    amounts = '<LegalMonetaryTotal><PayableAmount currencyID="EUR">1</PayableAmount></LegalMonetaryTotal>'
    read = read_xml(invoice(f"<DocumentCurrencyCode>SEK</DocumentCurrencyCode>{amounts}"))
    assert [(remark.rule, remark.value) for remark in read.remarks] == [("PEPPOL-EN16931-R051", "EUR")]


def test_nothing_is_included_run_or_fetched(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("secret", encoding="utf-8")
    include = f'<ID xmlns:xi="http://www.w3.org/2001/XInclude"><xi:include href="{secret}" parse="text"/></ID>'
    style = f'<?xml-stylesheet type="text/xsl" href="{secret}"?>'
    read = read_xml(invoice(f"{include}<Note>a<?php system('x') ?>b<!-- c -->d</Note>", style))
    assert read.number == ""
    assert read.notes[0].startswith("a")
    assert "secret" not in str(read.to_json())


def test_damaged_base64_is_remarked_and_the_invoice_read() -> None:
    name = "EmbeddedDocumentBinaryObject"
    enclosed = f'<{name} mimeCode="application/pdf" filename="../../x.pdf">%%%</{name}>'
    document = f"<AdditionalDocumentReference><Attachment>{enclosed}</Attachment></AdditionalDocumentReference>"
    read = read_xml(invoice(document))
    assert (read.attachments[0].size, read.attachments[0].name) == (0, "../../x.pdf")
    assert [remark.rule for remark in read.remarks] == ["UTK-ATTACHMENT"]


def test_an_envelope_is_opened_and_may_hold_several() -> None:
    header = "<StandardBusinessDocumentHeader><x/></StandardBusinessDocumentHeader>"

    def envelope(*documents: bytes) -> bytes:
        inner = header + b"".join(documents).decode()
        return f'<StandardBusinessDocument xmlns="{ENVELOPE}">{inner}</StandardBusinessDocument>'.encode()

    assert read_xml(envelope(invoice())).number == "1"
    both = envelope(invoice(), invoice("<ID>2</ID>"))
    assert [each.number for each in read_all(both)] == ["1", "2"]
    with pytest.raises(SeveralInvoices):
        read_xml(both)
    with pytest.raises(UnreadableInvoice, match="envelope"):
        read_xml(envelope(envelope(invoice())))


def test_blanks_and_a_byte_order_mark_before_the_document_do_no_harm() -> None:
    assert read_xml(b"\n  " + invoice(head='<?xml version="1.0"?>')).number == "1"
    assert read_xml(b"\xef\xbb\xbf" + invoice(head='<?xml version="1.0" encoding="UTF-8"?>')).number == "1"
    sixteen = invoice(head='<?xml version="1.0" encoding="UTF-16"?>').decode().encode("utf-16")
    assert read_xml(sixteen).number == "1"


def test_a_big_invoice_is_within_the_bounds() -> None:
    line = "<ID>1</ID><LineExtensionAmount>1.00</LineExtensionAmount><Item><Name>x</Name></Item>"
    read = read_xml(invoice(f"<InvoiceLine>{line}</InvoiceLine>" * 3_000))
    assert len(read.lines) == 3_000
    assert trees.MOST_ELEMENTS >= 10_000 * 30
