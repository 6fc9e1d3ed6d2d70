"""Mails, PDFs, pictures and zips as suppliers send them, made for tests byte by byte."""

import base64
import io
import zipfile
from collections.abc import Mapping, Sequence

import pikepdf
from PIL import Image, ImageDraw

CRLF = b"\r\n"
BOUNDARY = "=_part_of_a_test"


def part(
    content: bytes,
    media_type: str = "application/octet-stream",
    name: str = "",
    *,
    encoding: str = "base64",
    disposition: str = "attachment",
    fields: Mapping[str, str] | None = None,
) -> bytes:
    """A part of a message with its own head."""
    head = {"Content-Type": f'{media_type}; name="{name}"' if name else media_type}
    if encoding:
        head["Content-Transfer-Encoding"] = encoding
    if disposition:
        head["Content-Disposition"] = f'{disposition}; filename="{name}"' if name else disposition
    body = base64.encodebytes(content).replace(b"\n", CRLF) if encoding == "base64" else content
    return head_of(head | dict(fields or {})) + CRLF + body


def text(words: str = "Hej! Här kommer en faktura.", kind: str = "plain", charset: str = "utf-8") -> bytes:
    """A part with text."""
    content = words.encode(charset, "replace")
    return part(content, f"text/{kind}; charset={charset}", encoding="8bit", disposition="")


def head_of(fields: Mapping[str, str]) -> bytes:
    """Fields as lines."""
    return b"".join(f"{name}: {value}\r\n".encode() for name, value in fields.items())


def multipart(*parts: bytes, kind: str = "mixed", boundary: str = BOUNDARY, closed: bool = True) -> bytes:
    """Head and body of a multipart of these parts."""
    delimiter = f"--{boundary}".encode()
    body = b"".join(delimiter + CRLF + each + CRLF for each in parts)
    end = delimiter + b"--" + CRLF if closed else b""
    return head_of({"Content-Type": f'multipart/{kind}; boundary="{boundary}"'}) + CRLF + body + end


def mail(*parts: bytes, fields: Mapping[str, str] | None = None, whole: bytes = b"") -> bytes:
    """A mail from a supplier with these parts, or with `whole` as the head and body of its content."""
    head = {
        "Message-ID": "<1234@supplier.example>",
        "Date": "Sat, 21 Nov 2026 10:00:00 +0100",
        "From": "Kontorsvaror AB <faktura@supplier.example>",
        "To": "fakturor@books.example",
        "Subject": "Faktura 1001",
        "MIME-Version": "1.0",
    }
    return head_of(head | dict(fields or {})) + (whole or multipart(*parts))


def zipped(files: Mapping[str, bytes], *, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip of these files."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as file:
        for name, content in files.items():
            file.writestr(name, content)
    return out.getvalue()


def pdf(lines: Sequence[str] = (), files: Mapping[str, bytes] | None = None, *, pages: int = 1) -> bytes:
    """A PDF with lines of text on its first page, and files in it."""
    out = io.BytesIO()
    with pikepdf.new() as made:
        font = pikepdf.Dictionary(
            Type=pikepdf.Name.Font,
            Subtype=pikepdf.Name.Type1,
            BaseFont=pikepdf.Name.Helvetica,
            Encoding=pikepdf.Name.WinAnsiEncoding,
        )
        for number in range(pages):
            page = made.add_blank_page(page_size=(595, 842))
            page.Resources = pikepdf.Dictionary(Font=pikepdf.Dictionary(F1=font))
            page.Contents = made.make_stream(_lines(lines if number == 0 else (f"Sida {number + 1}",)))
        for name, content in (files or {}).items():
            made.attachments[name] = pikepdf.AttachedFileSpec(
                made,
                content,
                filename=name,
                relationship=pikepdf.Name.Alternative,  # type: ignore[call-arg]
            )
        made.save(out)
    return out.getvalue()


def _lines(lines: Sequence[str]) -> bytes:
    drawn = [b"BT /F1 11 Tf 14 TL 50 780 Td"]
    for line in lines:
        raw = line.encode("cp1252").replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)")
        drawn.append(b"(" + raw + b") Tj T*")
    return b"\n".join([*drawn, b"ET"])


def picture(kind: str = "PNG", size: tuple[int, int] = (900, 1200), mode: str = "RGB") -> bytes:
    """A picture."""
    out = io.BytesIO()
    made = Image.new(mode, size, 255 if mode in {"1", "L"} else "white")
    ImageDraw.Draw(made).line((0, 0, *size), fill=0 if mode in {"1", "L"} else "black", width=3)
    made.save(out, kind)
    return out.getvalue()


UBL = """<?xml version="1.0" encoding="UTF-8"?>
<Invoice xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"
 xmlns:cac="urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"
 xmlns:cbc="urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2">
<cbc:CustomizationID>urn:cen.eu:en16931:2017#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0</cbc:CustomizationID>
<cbc:ProfileID>urn:fdc:peppol.eu:2017:poacc:billing:01:1.0</cbc:ProfileID>
<cbc:ID>{number}</cbc:ID><cbc:IssueDate>2026-11-02</cbc:IssueDate><cbc:DueDate>2026-12-02</cbc:DueDate>
<cbc:InvoiceTypeCode>380</cbc:InvoiceTypeCode><cbc:DocumentCurrencyCode>SEK</cbc:DocumentCurrencyCode>
{files}
<cac:AccountingSupplierParty><cac:Party>
<cac:PartyName><cbc:Name>Kontorsvaror AB</cbc:Name></cac:PartyName>
<cac:PostalAddress><cbc:CityName>Göteborg</cbc:CityName><cac:Country><cbc:IdentificationCode>SE</cbc:IdentificationCode>
</cac:Country></cac:PostalAddress>
<cac:PartyTaxScheme><cbc:CompanyID>SE556036079301</cbc:CompanyID><cac:TaxScheme><cbc:ID>VAT</cbc:ID></cac:TaxScheme>
</cac:PartyTaxScheme>
<cac:PartyLegalEntity><cbc:RegistrationName>Kontorsvaror AB</cbc:RegistrationName>
<cbc:CompanyID schemeID="0007">5560360793</cbc:CompanyID></cac:PartyLegalEntity></cac:Party>
</cac:AccountingSupplierParty>
<cac:AccountingCustomerParty><cac:Party><cac:PartyLegalEntity><cbc:RegistrationName>Vi AB</cbc:RegistrationName>
</cac:PartyLegalEntity></cac:Party></cac:AccountingCustomerParty>
<cac:TaxTotal><cbc:TaxAmount currencyID="SEK">250.00</cbc:TaxAmount><cac:TaxSubtotal>
<cbc:TaxableAmount currencyID="SEK">1000.00</cbc:TaxableAmount><cbc:TaxAmount currencyID="SEK">250.00</cbc:TaxAmount>
<cac:TaxCategory><cbc:ID>S</cbc:ID><cbc:Percent>25</cbc:Percent><cac:TaxScheme><cbc:ID>VAT</cbc:ID></cac:TaxScheme>
</cac:TaxCategory></cac:TaxSubtotal></cac:TaxTotal>
<cac:LegalMonetaryTotal><cbc:LineExtensionAmount currencyID="SEK">1000.00</cbc:LineExtensionAmount>
<cbc:TaxExclusiveAmount currencyID="SEK">1000.00</cbc:TaxExclusiveAmount>
<cbc:TaxInclusiveAmount currencyID="SEK">1250.00</cbc:TaxInclusiveAmount>
<cbc:PayableAmount currencyID="SEK">1250.00</cbc:PayableAmount></cac:LegalMonetaryTotal>
<cac:InvoiceLine><cbc:ID>1</cbc:ID><cbc:InvoicedQuantity unitCode="EA">10</cbc:InvoicedQuantity>
<cbc:LineExtensionAmount currencyID="SEK">1000.00</cbc:LineExtensionAmount>
<cac:Item><cbc:Name>Papper</cbc:Name><cac:ClassifiedTaxCategory><cbc:ID>S</cbc:ID><cbc:Percent>25</cbc:Percent>
<cac:TaxScheme><cbc:ID>VAT</cbc:ID></cac:TaxScheme></cac:ClassifiedTaxCategory></cac:Item>
<cac:Price><cbc:PriceAmount currencyID="SEK">100.00</cbc:PriceAmount></cac:Price></cac:InvoiceLine>
</Invoice>
"""
EMBEDDED = """<cac:AdditionalDocumentReference><cbc:ID>{number}</cbc:ID><cac:Attachment>
<cbc:EmbeddedDocumentBinaryObject mimeCode="application/pdf"
 filename="{name}">{content}</cbc:EmbeddedDocumentBinaryObject>
</cac:Attachment></cac:AdditionalDocumentReference>"""


def ubl(number: str = "1001", embedded: Mapping[str, bytes] | None = None) -> bytes:
    """A UBL invoice of 1 250 SEK with this number, and files in it."""
    files = "".join(
        EMBEDDED.format(number=place, name=name, content=base64.b64encode(content).decode())
        for place, (name, content) in enumerate((embedded or {}).items(), 1)
    )
    return UBL.format(number=number, files=files).encode()
