"""Invoices that came, made without a mail server: what the desk's pages are tried and looked at with."""

from datetime import date
from decimal import Decimal
from email.message import EmailMessage
from typing import Any
from xml.sax.saxutils import escape

from inbox import storage
from inbox.checks import check
from inbox.formats import read_xml
from inbox.models import IncomingInvoice, Mail, MailFile
from ledger.models import Company, Supplier, SupplierInvoice
from ledger.services.invoices import create_invoice

NAMES = {
    "invoice": "urn:oasis:names:specification:ubl:schema:xsd:Invoice-2",
    "cac": "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2",
    "cbc": "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2",
}
BIS = "urn:cen.eu:en16931:2017#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0"
PROFILE = "urn:fdc:peppol.eu:2017:poacc:billing:01:1.0"


def ubl(
    *,
    number: str = "F-1001",
    seller: str = "Kontorsmaterial i Väst AB",
    organisation_number: str = "5560360793",
    bankgiro: str = "5050-1055",
    net: Decimal = Decimal("1000.00"),
    vat: Decimal | None = None,
    issued: date = date(2024, 2, 3),
    due: date = date(2024, 3, 4),
    reference: str = "1001234564",
    note: str = "",
) -> bytes:
    """A Swedish invoice of one line, as Peppol carries it."""
    number, seller, note = map(escape, (number, seller, note))
    tax = net * Decimal("0.25") if vat is None else vat
    total = net + tax
    payments = f"""
        <cac:PaymentMeans><cbc:PaymentMeansCode>30</cbc:PaymentMeansCode><cbc:PaymentID>{reference}</cbc:PaymentID>
            <cac:PayeeFinancialAccount><cbc:ID>{bankgiro.replace("-", "")}</cbc:ID>
                <cac:FinancialInstitutionBranch><cbc:ID>SE:BANKGIRO</cbc:ID></cac:FinancialInstitutionBranch>
            </cac:PayeeFinancialAccount></cac:PaymentMeans>"""
    xml = f"""<?xml version="1.0" encoding="UTF-8"?>
    <Invoice xmlns="{NAMES["invoice"]}" xmlns:cac="{NAMES["cac"]}" xmlns:cbc="{NAMES["cbc"]}">
        <cbc:CustomizationID>{BIS}</cbc:CustomizationID><cbc:ProfileID>{PROFILE}</cbc:ProfileID>
        <cbc:ID>{number}</cbc:ID><cbc:IssueDate>{issued}</cbc:IssueDate><cbc:DueDate>{due}</cbc:DueDate>
        <cbc:InvoiceTypeCode>380</cbc:InvoiceTypeCode>{f"<cbc:Note>{note}</cbc:Note>" if note else ""}
        <cbc:DocumentCurrencyCode>SEK</cbc:DocumentCurrencyCode><cbc:BuyerReference>Eva Lind</cbc:BuyerReference>
        <cac:AccountingSupplierParty><cac:Party>
            <cbc:EndpointID schemeID="0007">{organisation_number}</cbc:EndpointID>
            <cac:PartyName><cbc:Name>{seller}</cbc:Name></cac:PartyName>
            <cac:PostalAddress><cbc:StreetName>Storgatan 1</cbc:StreetName><cbc:CityName>Borås</cbc:CityName>
                <cbc:PostalZone>50331</cbc:PostalZone>
                <cac:Country><cbc:IdentificationCode>SE</cbc:IdentificationCode></cac:Country></cac:PostalAddress>
            <cac:PartyTaxScheme><cbc:CompanyID>SE{organisation_number}01</cbc:CompanyID>
                <cac:TaxScheme><cbc:ID>VAT</cbc:ID></cac:TaxScheme></cac:PartyTaxScheme>
            <cac:PartyTaxScheme><cbc:CompanyID>Godkänd för F-skatt</cbc:CompanyID>
                <cac:TaxScheme><cbc:ID>TAX</cbc:ID></cac:TaxScheme></cac:PartyTaxScheme>
            <cac:PartyLegalEntity><cbc:RegistrationName>{seller}</cbc:RegistrationName>
                <cbc:CompanyID schemeID="0007">{organisation_number}</cbc:CompanyID></cac:PartyLegalEntity>
        </cac:Party></cac:AccountingSupplierParty>
        <cac:AccountingCustomerParty><cac:Party>
            <cbc:EndpointID schemeID="0007">5565555553</cbc:EndpointID>
            <cac:PostalAddress><cac:Country><cbc:IdentificationCode>SE</cbc:IdentificationCode></cac:Country>
            </cac:PostalAddress>
            <cac:PartyLegalEntity><cbc:RegistrationName>Testföretaget AB</cbc:RegistrationName></cac:PartyLegalEntity>
        </cac:Party></cac:AccountingCustomerParty>{payments}
        <cac:TaxTotal><cbc:TaxAmount currencyID="SEK">{tax:.2f}</cbc:TaxAmount>
            <cac:TaxSubtotal><cbc:TaxableAmount currencyID="SEK">{net:.2f}</cbc:TaxableAmount>
                <cbc:TaxAmount currencyID="SEK">{tax:.2f}</cbc:TaxAmount>
                <cac:TaxCategory><cbc:ID>S</cbc:ID><cbc:Percent>25</cbc:Percent>
                    <cac:TaxScheme><cbc:ID>VAT</cbc:ID></cac:TaxScheme></cac:TaxCategory></cac:TaxSubtotal></cac:TaxTotal>
        <cac:LegalMonetaryTotal>
            <cbc:LineExtensionAmount currencyID="SEK">{net:.2f}</cbc:LineExtensionAmount>
            <cbc:TaxExclusiveAmount currencyID="SEK">{net:.2f}</cbc:TaxExclusiveAmount>
            <cbc:TaxInclusiveAmount currencyID="SEK">{total:.2f}</cbc:TaxInclusiveAmount>
            <cbc:PayableAmount currencyID="SEK">{total:.2f}</cbc:PayableAmount></cac:LegalMonetaryTotal>
        <cac:InvoiceLine><cbc:ID>1</cbc:ID><cbc:InvoicedQuantity unitCode="C62">10</cbc:InvoicedQuantity>
            <cbc:LineExtensionAmount currencyID="SEK">{net:.2f}</cbc:LineExtensionAmount>
            <cac:Item><cbc:Name>Kopieringspapper A4</cbc:Name>
                <cac:ClassifiedTaxCategory><cbc:ID>S</cbc:ID><cbc:Percent>25</cbc:Percent>
                    <cac:TaxScheme><cbc:ID>VAT</cbc:ID></cac:TaxScheme></cac:ClassifiedTaxCategory></cac:Item>
            <cac:Price><cbc:PriceAmount currencyID="SEK">{net / 10:.2f}</cbc:PriceAmount></cac:Price></cac:InvoiceLine>
    </Invoice>"""
    return xml.encode()


def pdf(*lines: str) -> bytes:
    """A PDF of one page with some lines of text."""
    text = "\n".join(f"({line.translate({40: '', 41: '', 92: ''})}) Tj T*" for line in lines)
    stream = f"BT /F1 14 Tf 60 780 Td 22 TL\n{text}\nET".encode("cp1252", "replace")
    fonts = b"<< /Font << /F1 5 0 R >> >>"
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources %s >>" % fonts,
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    made, places = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, start=1):
        places.append(len(made))
        made += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    head = b"xref\n0 %d\n0000000000 65535 f \n%s" % (len(objects) + 1, table)
    return made + head + b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF" % (len(objects) + 1, len(made))


def message(
    *attached: tuple[str, str, bytes],
    sender: str = "Kontorsmaterial i Väst AB <faktura@kontorsmaterial.se>",
    subject: str = "Faktura F-1001",
    text: str = "Hej! Här kommer vår faktura.",
    headers: dict[str, str] | None = None,
) -> bytes:
    """A message with files: their names, kinds and contents."""
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = sender, "faktura@example.com", subject
    made["Message-ID"] = "<1001@kontorsmaterial.se>"
    for name, value in (headers or {}).items():
        made[name] = value
    made.set_content(text)
    for name, kind, content in attached:
        main, _slash, sub = kind.partition("/")
        made.add_attachment(content, maintype=main, subtype=sub, filename=name)
    return made.as_bytes()


def make_mail(company: Company | None, *attached: tuple[str, str, bytes], **fields: Any) -> Mail:
    """A message that was read, with its files in the storage."""
    headers = fields.pop("headers", None)
    values = {
        "sender": "Kontorsmaterial i Väst AB <faktura@kontorsmaterial.se>",
        "subject": "Faktura F-1001",
        "text": "Hej! Här kommer vår faktura.",
        **fields,
    }
    said = {name: values[name] for name in ("sender", "subject", "text")}
    content = message(*attached, headers=headers, **said) if "<" in said["sender"] else b"From: x\r\n\r\n"
    mail = Mail.objects.create(
        company=company,
        digest=storage.keep(content),
        size=len(content),
        recipient="faktura@example.com",
        envelope_sender=fields.get("envelope_sender", "faktura@kontorsmaterial.se"),
        message_id="1001@kontorsmaterial.se",
        status=Mail.Status.READ,
        **{name: value for name, value in values.items() if name != "envelope_sender"},
    )
    for part, (name, kind, body) in enumerate(attached, start=2):
        MailFile.objects.create(
            mail=mail, part=str(part), name=name, media_type=kind, size=len(body), digest=storage.keep(body)
        )
    return mail


def make_incoming(
    company: Company,
    *,
    supplier: Supplier | None = None,
    status: str = "received",
    xml: bytes | None = None,
    fields: dict[str, Any] | None = None,
    mail: dict[str, Any] | None = None,
    attached: tuple[tuple[str, str, bytes], ...] = (),
    **values: Any,
) -> IncomingInvoice:
    """An invoice with data, in the register."""
    content = ubl() if xml is None else xml
    invoice = read_xml(content)
    made = make_mail(company, ("faktura.xml", "application/xml", content), *attached, **(mail or {}))
    document, *others = made.files.order_by("pk")
    said = {
        "supplier": supplier,
        "status": status,
        "invoice_number": invoice.number,
        "invoice_date": invoice.issue_date,
        "due_date": invoice.due_date,
        "currency": invoice.currency,
        "amount": invoice.payable,
        "vat_amount": invoice.totals.vat,
        "payment_reference": invoice.payment_reference,
    }
    row = create_invoice(row=SupplierInvoice(company=company), values={**said, **(fields or {})})
    incoming = IncomingInvoice.objects.create(
        company=company,
        mail=made,
        document=document,
        **{
            "format": invoice.format,
            "content": invoice.to_json(),
            "findings": [finding.to_json() for finding in check(invoice)],
            "invoice_number": invoice.number,
            "sender_name": invoice.seller.name,
            "state": IncomingInvoice.State.ENTERED,
            "supplier_invoice": row,
            **values,
        },
    )
    incoming.attachments.set(others)
    return incoming


def make_to_enter(company: Company, *, proposals: list[dict[str, Any]] | None = None, **values: Any) -> IncomingInvoice:
    """A PDF without data, which a person enters."""
    lines = (
        "Elfirman Ljus AB",
        "Faktura 20417",
        "Fakturadatum 2024-02-05",
        "Att betala 1 250,00 SEK",
        "Bankgiro 991-2346",
    )
    mail = make_mail(
        company,
        ("Faktura 20417.pdf", "application/pdf", pdf(*lines)),
        sender="Elfirman Ljus AB <ekonomi@elfirman.example>",
        subject="Faktura 20417",
    )
    return IncomingInvoice.objects.create(
        company=company,
        mail=mail,
        document=mail.files.get(),
        **{
            "format": "pdf",
            "sender_name": "Elfirman Ljus AB",
            "state": IncomingInvoice.State.TO_ENTER,
            "proposals": PROPOSALS if proposals is None else proposals,
            **values,
        },
    )


def make_duplicate(first: IncomingInvoice, **values: Any) -> IncomingInvoice:
    """The same invoice, come once more."""
    mail = make_mail(first.company, ("faktura.xml", "application/xml", b"<Invoice/>"))
    return IncomingInvoice.objects.create(
        company=first.company,
        mail=mail,
        document=mail.files.get(),
        format=first.format,
        content=first.content,
        **{
            "invoice_number": first.invoice_number,
            "sender_name": first.sender_name,
            "state": IncomingInvoice.State.DUPLICATE,
            "duplicate_of": first,
            "repeats": first.supplier_invoice,
            "repeated_by": "number",
            **values,
        },
    )


def make_desk(company: Company) -> dict[str, int]:
    """Invoices in every state, with the key of one of each."""
    papers = _supplier(company, "9001", "Kontorsmaterial i Väst AB", "5560360793", "5050-1055")
    cleaners = _supplier(company, "9002", "Städ & Fönster i Borås AB", "5560125790", "123-4567")
    changed = ubl(
        number="77812", seller=cleaners.name, organisation_number="5560125790", bankgiro="991-2346", net=Decimal(4800)
    )
    unknown = ubl(number="A-55", seller="Nya Byggvaror i Sverige AB", vat=Decimal(300))
    attached = (("F-1001.pdf", "application/pdf", pdf("Kontorsmaterial i Väst AB", "Faktura F-1001")),)
    approved = make_incoming(company, supplier=papers, status="approved", xml=ubl(number="F-0999"))
    made = {
        "approved": approved,
        "rejected": make_incoming(
            company,
            supplier=papers,
            status="rejected",
            xml=ubl(number="F-0998"),
            state=IncomingInvoice.State.REJECTED,
            reject_reason="Vi har inte beställt detta.",
        ),
        "duplicate": make_duplicate(approved),
        "received": make_incoming(company, supplier=papers, attached=attached, found_by="organisation_number"),
        "changed": make_incoming(company, supplier=cleaners, xml=changed, found_by="organisation_number"),
        "unknown": make_incoming(company, xml=unknown),
        "to_enter": make_to_enter(company),
        "registered": make_incoming(company, supplier=papers, status="registered", xml=ubl(number="F-1002")),
    }
    return {f"incoming_{name}": incoming.pk for name, incoming in made.items()}


def _supplier(company: Company, number: str, name: str, organisation_number: str, bankgiro: str) -> Supplier:
    return Supplier.objects.create(
        company=company, number=number, name=name, organisation_number=organisation_number, bankgiro=bankgiro
    )


PROPOSALS: list[dict[str, Any]] = [
    {"field": "invoice_number", "value": "20417", "certainty": "high", "page": 1, "excerpt": "Faktura 20417"},
    {
        "field": "invoice_date",
        "value": "2024-02-05",
        "certainty": "high",
        "page": 1,
        "excerpt": "Fakturadatum 2024-02-05",
    },
    {"field": "amount", "value": "1250.00", "certainty": "high", "page": 1, "excerpt": "Att betala 1 250,00 SEK"},
    {"field": "currency", "value": "SEK", "certainty": "medium", "page": 1, "excerpt": "1 250,00 SEK"},
    {"field": "bankgiro", "value": "991-2346", "certainty": "medium", "page": 1, "excerpt": "Bankgiro 991-2346"},
]
