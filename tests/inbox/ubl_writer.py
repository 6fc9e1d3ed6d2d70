"""An `Invoice` written as UBL, so that tests can read it back."""

import base64
import datetime as dt
from collections.abc import Iterator
from decimal import Decimal

from lxml import etree
from lxml.builder import ElementMaker

from inbox.formats import AllowanceCharge, Attachment, Invoice, Line, Party, Payment

_UBL = "urn:oasis:names:specification:ubl:schema:xsd:"
_CAC, _CBC = f"{_UBL}CommonAggregateComponents-2", f"{_UBL}CommonBasicComponents-2"
CAC, CBC = ElementMaker(namespace=_CAC), ElementMaker(namespace=_CBC)

Part = etree._Element | None


def written(invoice: Invoice) -> bytes:
    """The invoice as a document; a credit note's amounts are written positive, as the format has them."""
    return etree.tostring(_Writer(invoice).document(), xml_declaration=True, encoding="utf-8")


class _Writer:
    def __init__(self, invoice: Invoice) -> None:
        self.invoice = invoice
        self.sign = -1 if invoice.is_credit_note else 1
        self.name = "CreditNote" if invoice.is_credit_note else "Invoice"

    def document(self) -> etree._Element:
        invoice = self.invoice
        root = etree.Element(f"{{{_UBL}{self.name}-2}}{self.name}", nsmap={None: f"{_UBL}{self.name}-2"})
        root.extend(
            part
            for part in (
                text("CustomizationID", invoice.specification),
                text("ID", invoice.number),
                text("IssueDate", invoice.issue_date),
                text("DueDate", invoice.due_date),
                text(f"{self.name}TypeCode", invoice.type_code),
                *(text("Note", note) for note in invoice.notes),
                text("DocumentCurrencyCode", invoice.currency),
                text("BuyerReference", invoice.buyer_reference),
                group("OrderReference", text("ID", invoice.order_reference)),
                *(document(each) for each in invoice.attachments),
                group("AccountingSupplierParty", party(invoice.seller)),
                group("AccountingCustomerParty", party(invoice.buyer)),
                *(payment(each) for each in invoice.payments),
                group("PaymentTerms", text("Note", invoice.payment_terms)),
                *(self.allowance(each) for each in invoice.allowances),
                self.tax(),
                self.totals(),
                *(self.line(each) for each in invoice.lines),
            )
            if part is not None
        )
        return root

    def money(self, name: str, amount: Decimal | None) -> Part:
        if amount is None:
            return None
        return CBC(name, f"{amount * self.sign:f}", currencyID=self.invoice.currency)

    def tax(self) -> Part:
        subtotals = [
            group(
                "TaxSubtotal",
                self.money("TaxableAmount", each.taxable),
                self.money("TaxAmount", each.tax),
                category("TaxCategory", each.category, each.rate, each.exemption_reason),
            )
            for each in self.invoice.vat
        ]
        return group("TaxTotal", self.money("TaxAmount", self.invoice.totals.vat), *subtotals)

    def totals(self) -> Part:
        totals = self.invoice.totals
        return group(
            "LegalMonetaryTotal",
            self.money("LineExtensionAmount", totals.lines),
            self.money("TaxExclusiveAmount", totals.without_vat),
            self.money("TaxInclusiveAmount", totals.with_vat),
            self.money("AllowanceTotalAmount", totals.allowances),
            self.money("ChargeTotalAmount", totals.charges),
            self.money("PrepaidAmount", totals.prepaid),
            self.money("PayableRoundingAmount", totals.rounding),
            self.money("PayableAmount", totals.payable),
        )

    def allowance(self, each: AllowanceCharge) -> Part:
        return group(
            "AllowanceCharge",
            text("ChargeIndicator", "true" if each.is_charge else "false"),
            text("AllowanceChargeReason", each.reason),
            text("MultiplierFactorNumeric", each.percent),
            self.money("Amount", each.amount),
            self.money("BaseAmount", each.base_amount),
            category("TaxCategory", each.vat_category, each.vat_rate) if each.vat_category else None,
        )

    def line(self, line: Line) -> Part:
        quantity = CBC(
            "CreditedQuantity" if self.invoice.is_credit_note else "InvoicedQuantity",
            f"{(line.quantity or 0) * self.sign:f}",
            unitCode=line.unit,
        )
        return group(
            f"{self.name}Line",
            text("ID", line.id),
            quantity,
            self.money("LineExtensionAmount", line.amount),
            *(self.allowance(each) for each in line.allowances),
            group(
                "Item",
                text("Description", line.description),
                text("Name", line.name),
                category("ClassifiedTaxCategory", line.vat_category, line.vat_rate),
            ),
            group("Price", text("PriceAmount", line.price), text("BaseQuantity", line.base_quantity)),
        )


def text(name: str, value: str | dt.date | Decimal | None, **attributes: str) -> Part:
    if value in {None, ""}:
        return None
    told = f"{value:f}" if isinstance(value, Decimal) else str(value)
    return CBC(name, told, **{key: each for key, each in attributes.items() if each})


def group(name: str, *parts: Part) -> Part:
    kept = [part for part in parts if part is not None]
    return CAC(name, *kept) if kept else None


def category(name: str, code: str, rate: Decimal | None, reason: str = "") -> Part:
    scheme = group("TaxScheme", text("ID", "VAT"))
    return group(name, text("ID", code), text("Percent", rate), text("TaxExemptionReason", reason), scheme)


def party(party: Party) -> Part:
    return group("Party", *_party(party))


def _party(party: Party) -> Iterator[Part]:
    yield text("EndpointID", party.endpoint, schemeID=party.endpoint_scheme)
    for each in party.identifiers:
        yield group("PartyIdentification", text("ID", each.value, schemeID=each.scheme))
    yield group("PartyName", text("Name", party.trading_name))
    yield group(
        "PostalAddress",
        text("StreetName", (party.address.lines or ("",))[0]),
        text("CityName", party.address.city),
        text("PostalZone", party.address.postal_code),
        group("Country", text("IdentificationCode", party.address.country)),
    )
    for scheme, number in (("VAT", party.vat_number), ("TAX", party.tax_registration)):
        if number:
            yield group("PartyTaxScheme", text("CompanyID", number), group("TaxScheme", text("ID", scheme)))
    yield group(
        "PartyLegalEntity",
        text("RegistrationName", party.name),
        text("CompanyID", party.organisation_number, schemeID=party.organisation_scheme),
    )
    yield group("Contact", text("Name", party.contact), text("ElectronicMail", party.email))


def payment(each: Payment) -> Part:
    return group(
        "PaymentMeans",
        text("PaymentMeansCode", each.means_code),
        text("PaymentID", each.reference),
        group(
            "PayeeFinancialAccount",
            text("ID", each.account),
            text("Name", each.account_name),
            group("FinancialInstitutionBranch", text("ID", each.branch)),
        ),
    )


def document(each: Attachment) -> Part:
    content = base64.b64encode(each.content).decode()
    enclosed = CBC("EmbeddedDocumentBinaryObject", content, mimeCode=each.media_type, filename=each.name)
    return group("AdditionalDocumentReference", text("ID", each.id), group("Attachment", enclosed))
