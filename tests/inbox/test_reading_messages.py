"""A message is taken apart: its head, its text, its files, and which of them may be invoices."""

import base64
import binascii
import datetime as dt

from inbox.reading.message import read_document, read_message
from inbox.reading.results import Address, ReadMessage
from tests.inbox.writing import head_of, mail, multipart, part, pdf, picture, text, ubl, zipped


def roles(read: ReadMessage) -> dict[str, str]:
    """Role and reason of each part by its path."""
    return {found.path: " ".join(filter(None, (found.role, found.reason))) for found in read.parts}


def codes(read: ReadMessage) -> list[str]:
    """What wasn't read."""
    return [problem.code for problem in read.problems]


def test_a_mail_with_an_xml_invoice_and_its_pdf_is_one_invoice_with_an_attachment() -> None:
    read = read_message(
        mail(text(), part(ubl(), "application/xml", "1001.xml"), part(pdf(["Faktura 1001"]), name="a.pdf"))
    )
    assert read.headers.message_id == "1234@supplier.example"
    assert read.headers.subject == "Faktura 1001"
    assert read.headers.sender == Address("Kontorsvaror AB", "faktura@supplier.example")
    assert read.headers.date == dt.datetime(2026, 11, 21, 9, tzinfo=dt.UTC)
    assert (read.headers.kind, read.refused, read.problems) == ("message", "", ())
    assert read.text == "Hej! Här kommer en faktura."
    assert roles(read) == {"1": "body", "2": "invoice", "3": "attachment"}
    [found] = read.candidates
    assert (found.kind, found.document, found.data, found.attachments) == ("xml", "2", "2", ("3",))
    assert found.invoice is not None
    assert found.invoice.number == "1001"
    assert read.content("2") == ubl()


def test_a_pdf_of_another_number_beside_an_xml_is_an_invoice_of_its_own() -> None:
    other = pdf(["Elfirman Ljus AB", "FAKTURA", "Fakturanummer: 20417", "Att betala 1 250,00"])
    same = pdf(["Kontorsvaror AB", "FAKTURA", "Fakturanummer: F-1001"])
    terms = pdf(["Villkor för faktura", "Betalning inom 30 dagar"])
    read = read_message(mail(text(), part(ubl(), "application/xml", "a.xml"), part(other), part(same), part(terms)))
    assert [(found.kind, found.document, found.attachments) for found in read.candidates] == [
        ("xml", "2", ("4", "5")),
        ("pdf", "3", ()),
    ]


def test_a_simple_mail_that_is_nothing_but_a_pdf_is_read() -> None:
    head = {"Content-Type": "application/pdf", "Content-Transfer-Encoding": "base64"}
    read = read_message(mail(whole=head_of(head) + b"\r\n" + base64.encodebytes(pdf(["Faktura 7"]))))
    assert [(found.kind, found.document) for found in read.candidates] == [("pdf", "1")]


def test_xml_in_the_body_of_a_mail_is_an_invoice() -> None:
    read = read_message(mail(whole=b"Content-Type: text/plain\r\n\r\n" + ubl()))
    assert [found.kind for found in read.candidates] == ["xml"]


def test_data_in_a_pdf_is_read_and_its_other_files_are_attachments() -> None:
    document = pdf(["Faktura 1001"], {"factur-x.xml": ubl(), "tid.csv": b"a;b\n1;2\n"})
    read = read_message(mail(text(), part(document, "application/pdf", "faktura.pdf")))
    [found] = read.candidates
    assert (found.kind, found.document, found.data) == ("pdf_data", "2", "2/1")
    assert found.attachments == ("2/2",)
    assert found.invoice is not None
    assert found.invoice.number == "1001"


def test_a_pdf_with_data_beside_the_same_invoice_is_its_attachment_and_another_number_an_invoice_of_its_own() -> None:
    same = part(pdf((), {"factur-x.xml": ubl("1001")}), "application/pdf", "a.pdf")
    other = part(pdf((), {"factur-x.xml": ubl("1002")}), "application/pdf", "b.pdf")
    read = read_message(mail(part(ubl("1001"), "text/xml", "a.xml"), same, other))
    assert [(found.kind, found.document, found.attachments) for found in read.candidates] == [
        ("xml", "1", ("2",)),
        ("pdf_data", "3", ()),
    ]


def test_several_invoices_in_one_message_each_get_the_pdf_that_names_them() -> None:
    read = read_message(
        mail(
            part(ubl("10011"), "text/xml", "x.xml"),
            part(ubl("10012"), "text/xml", "y.xml"),
            part(pdf(["Faktura nr 10012"]), "application/pdf", "scan.pdf"),
            part(pdf(["Annat"]), "application/pdf", "Faktura_10011.pdf"),
            part(b"Villkor", "text/plain", "villkor.txt"),
        )
    )
    assert [found.attachments for found in read.candidates] == [("4", "5"), ("3", "5")]


def test_the_same_file_twice_is_one_invoice() -> None:
    read = read_message(mail(part(ubl(), name="a.xml"), part(zipped({"a.xml": ubl()}), name="a.zip")))
    assert len(read.candidates) == 1


def test_pdfs_without_data_are_invoices_and_readable_terms_beside_one_are_not() -> None:
    terms = part(pdf(["Allmänna villkor"]), "application/pdf", "villkor.pdf")
    scanned = part(pdf(), "application/pdf", "scan.pdf")
    read = read_message(mail(part(pdf(["FAKTURA", "Fakturanummer 5"]), name="f.pdf"), terms, scanned))
    assert [(found.document, found.attachments) for found in read.candidates] == [("1", ("2",)), ("3", ("2",))]


def test_pictures_are_invoices_only_alone_and_logos_never() -> None:
    html = text('<p>Hej</p><img src="cid:logo@x">', "html")
    logo = part(
        picture(size=(300, 200)), "image/png", "logo.png", disposition="inline", fields={"Content-ID": "<logo@x>"}
    )
    photo = part(picture("JPEG"), "image/jpeg", "IMG_1.jpg")
    read = read_message(mail(html, logo, photo))
    assert [(found.kind, found.document) for found in read.candidates] == [("picture", "3")]
    assert roles(read)["2"] == "logo small_picture"
    beside = read_message(mail(html, logo, photo, part(pdf(["Faktura"]), name="f.pdf")))
    assert [(found.kind, found.document, found.attachments) for found in beside.candidates] == [("pdf", "4", ("3",))]


def test_files_in_an_xml_invoice_are_its_attachments_and_programs_among_them_are_left() -> None:
    read = read_document(ubl(embedded={"bild.pdf": pdf(["x"]), "run.exe": b"MZ" + bytes(50)}), "a.xml")
    [found] = read.candidates
    assert found.attachments == ("1/1",)
    assert roles(read) == {"1": "invoice", "1/1": "attachment", "1/2": "ignored executable"}
    assert len(read.files) == 2


def test_a_forwarded_mail_is_opened_and_its_sender_noted() -> None:
    parts = multipart(text("Originalet"), part(ubl(), name="a.xml"), boundary="inner")
    inner = mail(whole=parts, fields={"Subject": "Original", "From": "a@b.example"})
    read = read_message(mail(text("Se nedan"), part(inner, "message/rfc822", encoding="", disposition="")))
    [found] = read.candidates
    assert found.document == "2.1.2"
    assert found.forwarded_from == Address("", "a@b.example")
    assert [(each.path, each.subject) for each in read.forwarded] == [("2", "Original")]
    assert "Originalet" in read.text


def test_a_message_attached_as_a_file_is_opened_as_well() -> None:
    inner = mail(whole=multipart(part(ubl(), name="a.xml"), boundary="inner"))
    read = read_message(mail(part(inner, "application/octet-stream", "Faktura.eml")))
    assert [found.document for found in read.candidates] == ["1.1.1"]


def test_the_sender_of_a_quoted_message_is_noted() -> None:
    words = (
        "Hej\n\n-----Ursprungligt meddelande-----\nFrån: Lev AB <lev@b.example>\nSkickat: i går\nÄmne: Faktura 9\n\nHej"
    )
    read = read_message(mail(text(words), part(pdf(["Faktura"]), name="f.pdf")))
    assert [(each.path, each.sender, each.subject) for each in read.forwarded] == [
        ("", Address("Lev AB", "lev@b.example"), "Faktura 9")
    ]
    assert read.candidates[0].forwarded_from == Address("Lev AB", "lev@b.example")


def test_a_flat_zip_is_opened_and_an_archive_in_it_is_not() -> None:
    packed = zipped({"mapp/a.xml": ubl(), "mapp/a.pdf": pdf(["1001"]), "mer.zip": zipped({"b.xml": ubl("2")})})
    read = read_message(mail(part(packed, "application/zip", "fakturor.zip")))
    [found] = read.candidates
    assert (found.document, found.attachments) == ("1/1", ("1/2",))
    assert roles(read)["1/3"] == "refused nested_archive"
    assert read.part("1/1").file_name == "a.xml"
    assert read.part("1/1").container == "1"


def test_other_archives_are_refused_and_the_rest_of_the_message_is_read() -> None:
    for beginning in (b"7z\xbc\xaf\x27\x1c", b"Rar!\x1a\x07\x00", b"\x1f\x8b\x08", bytes(257) + b"ustar\x0000"):
        read = read_message(mail(part(beginning + bytes(600), name="a.bin"), part(ubl(), name="a.xml")))
        assert codes(read) == ["archive_refused"]
        assert len(read.candidates) == 1


def test_office_documents_are_attachments_and_macros_are_left() -> None:
    plain = zipped({"[Content_Types].xml": b"<a/>", "xl/workbook.xml": b"<a/>"})
    macros = zipped({"[Content_Types].xml": b"<a/>", "xl/workbook.xml": b"<a/>", "xl/vbaProject.bin": b"x"})
    read = read_message(mail(part(ubl(), name="a.xml"), part(plain, name="a.xlsx"), part(macros, name="b.xlsx")))
    assert roles(read) == {"1": "invoice", "2": "attachment", "3": "ignored macros"}


def test_encrypted_and_wrapped_mails_say_what_they_are() -> None:
    enveloped = part(
        b"0\x80\x06\x09*\x86H\x86\xf7\x0d\x01\x07\x03",
        'application/pkcs7-mime; smime-type="enveloped-data"',
        "smime.p7m",
    )
    assert read_message(mail(enveloped)).refused == "encrypted_mail"
    pgp = multipart(
        part(b"Version: 1", "application/pgp-encrypted", encoding="", disposition=""),
        part(b"-----BEGIN PGP MESSAGE-----\n", "application/octet-stream", encoding="", disposition=""),
        kind="encrypted",
    )
    assert read_message(mail(whole=pgp)).refused == "encrypted_mail"
    assert (
        read_message(mail(part(b"\x78\x9f\x3e\x22" + bytes(99), "application/ms-tnef", "winmail.dat"))).refused
        == "winmail_dat"
    )


def test_a_signed_mail_is_read_and_its_signature_kept() -> None:
    inner = multipart(text(), part(ubl(), name="a.xml"), boundary="inner")
    signature = part(b"0\x82\x01\x00", "application/pkcs7-signature", "smime.p7s")
    read = read_message(mail(whole=multipart(inner, signature, kind="signed")))
    assert [found.document for found in read.candidates] == ["1.2"]
    assert roles(read)["2"] == "signature"
    assert read.content("2") == b"0\x82\x01\x00"


def test_a_mail_inside_of_its_signature_is_read() -> None:
    def der(tag: int, content: bytes) -> bytes:
        size = len(content)
        length = bytes([size]) if size < 128 else bytes([0x83]) + size.to_bytes(3, "big")
        return bytes([tag]) + length + content

    signed = bytes.fromhex("06092a864886f70d010702")
    data = bytes.fromhex("06092a864886f70d010701")
    inner = multipart(part(ubl(), name="a.xml"), boundary="inner")
    content = der(0x30, data + der(0xA0, der(0x04, inner)))
    wrapped = der(0x30, signed + der(0xA0, der(0x30, der(0x02, b"\x01") + der(0x31, b"") + content)))
    read = read_message(mail(whole=part(wrapped, "application/pkcs7-mime; smime-type=signed-data", "smime.p7m")))
    assert [found.kind for found in read.candidates] == ["xml"]


def test_names_and_subjects_are_made_harmless() -> None:
    named = {
        "../../etc/passwd.pdf": "passwd.pdf",
        "C:\\temp\\faktura.pdf": "faktura.pdf",
        "=?utf-8?B?ZmFrdHVyYV/DpS5wZGY=?=": "faktura_å.pdf",
        "faktura\u202efdp.exe": "fakturafdp.exe",
        "a" * 400 + ".pdf": "a" * 146 + ".pdf",
        "CON.pdf": "_CON.pdf",
        "a\tb.pdf": "a b.pdf",
    }
    for given, cleaned in named.items():
        read = read_message(mail(part(pdf(), "application/pdf", given.replace("\\", "\\\\"))))
        assert read.parts[0].file_name == cleaned, given
    spliced = (
        "=?utf-8?Q?Faktura=0D=0ABcc:_x@y.example?= =?utf-8?b?w6U?= =?utf-8?q?=C3?= =?utf-8?q?=A4?= =?nonsense?q?=E5?="
    )
    assert (
        read_message(mail(text(), fields={"Subject": spliced})).headers.subject
        == "Faktura Bcc: x@y.example" + "åä" + "å"
    )


def test_names_in_pieces_are_joined() -> None:
    fields = {"Content-Disposition": "attachment; filename*0*=utf-8''r%C3%A4k; filename*1*=ning; filename*2=\".pdf\""}
    read = read_message(mail(part(pdf(), "application/pdf", disposition="", fields=fields)))
    assert read.parts[0].file_name == "räkning.pdf"


def test_who_speaks_is_told_by_the_marks_of_robots() -> None:
    told = {
        "bounce": {"Return-Path": "<>", "From": "MAILER-DAEMON@x.example"},
        "out_of_office": {"Auto-Submitted": "auto-replied"},
        "automatic": {"Auto-Submitted": "auto-generated"},
        "bulk": {"List-Id": "<a.b>"},
        "message": {"Auto-Submitted": "no"},
    }
    for kind, fields in told.items():
        assert read_message(mail(text(), fields=fields)).headers.kind == kind
    assert read_message(mail(text(), fields={"Return-Path": "<>"})).headers.return_path == ""
    assert read_message(mail(text(), fields={"Subject": "Autosvar: semester"})).headers.kind == "out_of_office"


def test_html_is_read_as_text_only() -> None:
    html = "<html><head><style>p{}</style></head><body><p>Hej <b>du</b></p><script>alert(1)</script><p>Då</p>"
    read = read_message(mail(text(html, "html")))
    assert read.text == "Hej du\nDå"


def test_a_broken_transfer_or_charset_is_read_as_far_as_it_goes_and_told() -> None:
    broken = base64.b64encode(ubl()).replace(b"A", b"A*!\r\n", 3)
    raw = head_of({"Content-Type": "application/xml", "Content-Transfer-Encoding": "base64"}) + b"\r\n" + broken
    read = read_message(
        mail(raw, part("Å".encode("latin-1"), "text/plain; charset=klingon", encoding="8bit", disposition=""))
    )
    assert sorted(codes(read)) == ["broken_charset", "broken_transfer"]
    assert read.text == "Å"
    assert len(read.candidates) == 1


def test_a_uuencoded_file_and_an_mbox_line_of_old_programs_are_read() -> None:

    content = ubl()
    lines = b"".join(binascii.b2a_uu(content[at : at + 45]) for at in range(0, len(content), 45))
    body = b"Hej\nbegin 644 a.xml\n" + lines + b"`\nend\nslut\n"
    read = read_message(b"From supplier Sat Nov 21\r\n" + mail(whole=b"Content-Type: text/plain\r\n\r\n" + body))
    assert [(found.kind, found.document) for found in read.candidates] == [("xml", "1/1")]
    assert read.text == "Hej\nslut"
    assert read.headers.subject == "Faktura 1001"


def test_too_many_parts_too_deep_and_endless_heads_are_refused_with_the_head_kept() -> None:
    many = read_message(mail(*[part(b"x", "text/plain", encoding="") for _ in range(10_000)]))
    assert (many.refused, many.headers.subject, many.candidates) == ("too_many_parts", "Faktura 1001", ())
    nested = text()
    for level in range(50):
        nested = multipart(nested, boundary=f"b{level}")
    assert read_message(mail(whole=nested)).refused == "too_deep"
    endless = read_message(b"From: a@b.example\r\nSubject: a\r\n" + b" x" * 10**6)
    assert (endless.refused, endless.headers.sender) == ("endless_headers", Address("", "a@b.example"))
    forwarded = mail(part(ubl(), name="a.xml"))
    for _ in range(7):
        forwarded = mail(whole=b"Content-Type: message/rfc822\r\n\r\n" + forwarded)
    assert "forwarded_too_deep" in codes(read_message(forwarded))


def test_a_message_that_is_no_mail_at_all_gives_nothing_and_breaks_nothing() -> None:
    for content in (b"", b"\x00" * 1000, b"\n\n\n", b"hej", bytes(range(256)) * 20):
        read = read_message(content)
        assert read.candidates == ()
