"""Invoices as a supplier's program writes them, and the messages that they come in."""

from decimal import Decimal
from email.message import EmailMessage
from email.policy import SMTP
from itertools import count

from inbox import receiving, worker
from inbox.models import IncomingInvoice, Mail
from ledger.models import Company

PAPPER = "5560360793"
UBL = "urn:oasis:names:specification:ubl:schema:xsd"
NUMBERS = count(1)


def invoice_xml(  # what tests vary, each by its name
    number: str = "1001",
    *,
    net: str = "1000.00",
    date: str = "2026-11-20",
    currency: str = "SEK",
    name: str = "Papper & Penna AB",
    organisation: str = PAPPER,
    vat: str | None = None,
    endpoint: str = "",
    bankgiro: str = "5050-1055",
    iban: str = "",
    is_credit: bool = False,
) -> bytes:
    """A Peppol invoice or credit note with one line at 25 % VAT; `bankgiro` and `iban` may be empty."""
    kind = "CreditNote" if is_credit else "Invoice"
    tax, total = Decimal(net) * Decimal("0.25"), Decimal(net) * Decimal("1.25")
    vat_number = f"SE{organisation}01" if vat is None and organisation else vat
    due = "" if is_credit else "<cbc:DueDate>2026-12-20</cbc:DueDate>"
    accounts = [(bankgiro, "SE:BANKGIRO"), (iban, "")]
    quantity = "CreditedQuantity" if is_credit else "InvoicedQuantity"
    scheme = "<cac:TaxScheme><cbc:ID>VAT</cbc:ID></cac:TaxScheme>"
    amounts = {"LineExtensionAmount": Decimal(net), "TaxExclusiveAmount": Decimal(net), "TaxInclusiveAmount": total}
    amounts |= {"PayableAmount": total}
    sums = "".join(f'<cbc:{tag} currencyID="{currency}">{sum_:.2f}</cbc:{tag}>' for tag, sum_ in amounts.items())
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<{kind} xmlns="{UBL}:{kind}-2" xmlns:cac="{UBL}:CommonAggregateComponents-2"
 xmlns:cbc="{UBL}:CommonBasicComponents-2">
<cbc:CustomizationID>urn:cen.eu:en16931:2017#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0</cbc:CustomizationID>
<cbc:ProfileID>urn:fdc:peppol.eu:2017:poacc:billing:01:1.0</cbc:ProfileID>
<cbc:ID>{number}</cbc:ID><cbc:IssueDate>{date}</cbc:IssueDate>{due}
<cbc:{kind}TypeCode>{381 if is_credit else 380}</cbc:{kind}TypeCode>
<cbc:DocumentCurrencyCode>{currency}</cbc:DocumentCurrencyCode><cbc:BuyerReference>Ekonomi</cbc:BuyerReference>
<cac:AccountingSupplierParty><cac:Party>
{f'<cbc:EndpointID schemeID="0007">{endpoint}</cbc:EndpointID>' if endpoint else ""}
<cac:PostalAddress><cbc:StreetName>Storgatan 1</cbc:StreetName><cbc:CityName>Falun</cbc:CityName>
<cbc:PostalZone>79130</cbc:PostalZone><cac:Country><cbc:IdentificationCode>SE</cbc:IdentificationCode></cac:Country>
</cac:PostalAddress>
{f"<cac:PartyTaxScheme><cbc:CompanyID>{vat_number}</cbc:CompanyID>{scheme}</cac:PartyTaxScheme>" if vat_number else ""}
<cac:PartyLegalEntity><cbc:RegistrationName>{name.replace("&", "&amp;")}</cbc:RegistrationName>
{f"<cbc:CompanyID>{organisation}</cbc:CompanyID>" if organisation else ""}</cac:PartyLegalEntity>
</cac:Party></cac:AccountingSupplierParty>
<cac:AccountingCustomerParty><cac:Party><cac:PartyLegalEntity><cbc:RegistrationName>Vi AB</cbc:RegistrationName>
</cac:PartyLegalEntity></cac:Party></cac:AccountingCustomerParty>
{"".join(_payment(account, branch) for account, branch in accounts if account)}
<cac:TaxTotal><cbc:TaxAmount currencyID="{currency}">{tax:.2f}</cbc:TaxAmount><cac:TaxSubtotal>
<cbc:TaxableAmount currencyID="{currency}">{net}</cbc:TaxableAmount>
<cbc:TaxAmount currencyID="{currency}">{tax:.2f}</cbc:TaxAmount>
<cac:TaxCategory><cbc:ID>S</cbc:ID><cbc:Percent>25</cbc:Percent>{
        scheme
    }</cac:TaxCategory></cac:TaxSubtotal></cac:TaxTotal>
<cac:LegalMonetaryTotal>{sums}</cac:LegalMonetaryTotal>
<cac:{kind}Line><cbc:ID>1</cbc:ID><cbc:{quantity} unitCode="C62">1</cbc:{quantity}>
<cbc:LineExtensionAmount currencyID="{currency}">{net}</cbc:LineExtensionAmount>
<cac:Item><cbc:Name>Papper</cbc:Name><cac:ClassifiedTaxCategory><cbc:ID>S</cbc:ID><cbc:Percent>25</cbc:Percent>{scheme}
</cac:ClassifiedTaxCategory></cac:Item><cac:Price><cbc:PriceAmount currencyID="{currency}">{net}</cbc:PriceAmount>
</cac:Price></cac:{kind}Line></{kind}>""".encode()


def message(*files: tuple[str, bytes], text: str = "Här kommer en faktura.", **headers: str) -> bytes:
    """A message with files, by their names; each has a Message-ID of its own unless that is said."""
    mail = EmailMessage(SMTP)
    mail["From"] = "Papper & Penna <faktura@papper.example>"
    mail["To"] = "fakturor@vi.example"
    mail["Subject"] = "Faktura"
    mail["Date"] = "Sat, 21 Nov 2026 10:00:00 +0100"
    mail["Message-ID"] = f"<{next(NUMBERS)}@papper.example>"
    for name, value in headers.items():
        del mail[name.replace("_", "-")]
        mail[name.replace("_", "-")] = value
    mail.set_content(text)
    for name, content in files:
        main, sub = {"xml": ("application", "xml"), "pdf": ("application", "pdf")}[name.rpartition(".")[2]]
        mail.add_attachment(content, maintype=main, subtype=sub, filename=name)
    return mail.as_bytes()


def receive(content: bytes, company: Company | None, source: str = Mail.Source.SMTP) -> Mail:
    """Take a message in, and have it read."""
    mail = receiving.receive(content=content, company=company, source=source, sender="faktura@papper.example")
    worker.run(mail_id=mail.pk)
    mail.refresh_from_db()
    return mail


def send(company: Company, *files: tuple[str, bytes], **headers: str) -> list[IncomingInvoice]:
    """Send files to a company in one message; what they became."""
    return list(receive(message(*files, **headers), company).invoices.order_by("position"))


def _payment(account: str, branch: str) -> str:
    of_branch = f"<cac:FinancialInstitutionBranch><cbc:ID>{branch}</cbc:ID></cac:FinancialInstitutionBranch>"
    return (
        "<cac:PaymentMeans><cbc:PaymentMeansCode>30</cbc:PaymentMeansCode><cbc:PaymentID>12345</cbc:PaymentID>"
        f"<cac:PayeeFinancialAccount><cbc:ID>{account}</cbc:ID>{of_branch if branch else ''}"
        "</cac:PayeeFinancialAccount></cac:PaymentMeans>"
    )
