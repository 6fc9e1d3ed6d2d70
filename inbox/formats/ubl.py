"""Invoices and credit notes in UBL 2: Peppol BIS Billing 3, EN 16931, EHF 3, XRechnung.

Source: the syntax binding of EN 16931 to UBL 2.1 (CEN/TS 16931-3-2) and Peppol BIS Billing 3.
"""

import re
from collections.abc import Iterator
from decimal import Decimal

from inbox.formats.exceptions import UnknownFormat
from inbox.formats.invoice import (
    Address,
    AllowanceCharge,
    Attachment,
    Identifier,
    Invoice,
    Line,
    Party,
    Payment,
    Preceding,
    Property,
    Totals,
    VatGroup,
)
from inbox.formats.nodes import LONG, Node
from inbox.formats.signs import kind_of, sign_of, signed
from ledger.importing.messages import message as _

PEPPOL = "urn:fdc:peppol.eu:2017:poacc:billing:3.0"
# Older documents have the same outermost element, but other elements and rules.
_OLDER = (
    ("OIOUBL", _("an OIOUBL invoice")),
    ("urn:www.difi.no:ehf", _("an EHF 2 invoice")),
    ("urn:www.cenbii.eu", _("an invoice in Peppol BIS 2")),
    ("urn:www.simplerinvoicing.org", _("an invoice in SI-UBL 1")),
)
_BIC = re.compile(r"[A-Z]{6}[A-Z0-9]{2}(?:[A-Z0-9]{3})?")
_OF_INVOICED_OBJECT, _OF_PROJECT = "130", "50"
_ONCE = ("ID", "IssueDate", "DueDate", "DocumentCurrencyCode", "LegalMonetaryTotal", "AccountingSupplierParty")


def read(root: Node) -> Invoice:
    """The invoice of this document. Raises `UnreadableInvoice` for an older format, and for amounts without bounds."""
    _refuse_older(root)
    return _Reader(root).invoice()


def _refuse_older(root: Node) -> None:
    stated = root.text("CustomizationID")
    for part, title in _OLDER:
        if part.casefold() in stated.casefold():
            raise UnknownFormat(_("The document is %(kind)s, which isn't read.") % {"kind": title}, line=root.line)


class _Reader:
    """Reads one document."""

    def __init__(self, root: Node) -> None:
        self.root = root
        is_credit_note = root.name == "CreditNote"
        self.type_code = root.text("CreditNoteTypeCode" if is_credit_note else "InvoiceTypeCode", path="type_code")
        self.kind = kind_of(self.type_code, is_credit_note=is_credit_note)
        self.sign = sign_of(self.kind)
        self.line_name = "CreditNoteLine" if is_credit_note else "InvoiceLine"
        self.quantity_name = "CreditedQuantity" if is_credit_note else "InvoicedQuantity"
        self.currency = root.text("DocumentCurrencyCode", path="currency").upper()
        self.tax_currency = root.text("TaxCurrencyCode", path="tax_currency").upper()

    def invoice(self) -> Invoice:
        root = self.root
        root.once(*_ONCE)
        self._remark_other_currencies()
        specification = root.text("CustomizationID", path="specification")
        return Invoice(
            format="peppol_bis3" if PEPPOL in specification else "ubl",
            kind=self.kind,
            type_code=self.type_code,
            specification=specification,
            number=root.text("ID", path="number"),
            issue_date=root.date("IssueDate", path="issue_date"),
            due_date=root.date("DueDate", path="due_date") or root.date("PaymentMeans/PaymentDueDate", path="due_date"),
            tax_point_date=root.date("TaxPointDate", path="tax_point_date"),
            period_start=root.date("InvoicePeriod/StartDate", path="period_start"),
            period_end=root.date("InvoicePeriod/EndDate", path="period_end"),
            delivery_date=root.date("Delivery/ActualDeliveryDate", path="delivery_date"),
            currency=self.currency,
            tax_currency=self.tax_currency,
            seller=party(root.one("AccountingSupplierParty/Party"), "seller"),
            buyer=party(root.one("AccountingCustomerParty/Party"), "buyer"),
            payee=party(root.one("PayeeParty"), "payee") if root.has("PayeeParty") else None,
            tax_representative=self._tax_representative(),
            delivery=self._delivery(),
            buyer_reference=root.text("BuyerReference", path="buyer_reference"),
            order_reference=root.text("OrderReference/ID", path="order_reference"),
            sales_order_reference=root.text("OrderReference/SalesOrderID", path="sales_order_reference"),
            contract_reference=root.text("ContractDocumentReference/ID", path="contract_reference"),
            project_reference=self._project(),
            accounting_cost=root.text("AccountingCost", path="accounting_cost"),
            preceding=tuple(self._preceding()),
            notes=tuple(filter(None, (note.paragraphs(path="notes") for note in root.each("Note")))),
            payments=tuple(payment(node, place) for place, node in enumerate(root.each("PaymentMeans"))),
            payment_terms="\n".join(
                filter(None, (node.paragraphs("Note", path="payment_terms") for node in root.each("PaymentTerms")))
            ),
            lines=tuple(self._line(node, f"lines.{place}") for place, node in enumerate(root.each(self.line_name))),
            allowances=tuple(self._allowances(root, "allowances")),
            vat=tuple(self._vat()),
            totals=self._totals(),
            attachments=tuple(self._attachments()),
        )

    def _remark_other_currencies(self) -> None:
        """Amounts in one document that aren't all in its currency add up to nothing that means anything."""
        if self.root.element is None:
            return
        seen: set[str] = set()
        for element in self.root.element.iter("{*}*"):
            stated = str(element.get("currencyID") or "").strip().upper()
            if not stated or stated == self.currency or stated in seen or self._is_vat_in_tax_currency(element, stated):
                continue
            seen.add(stated)
            Node(element, self.root.remarks).remark(
                "error",
                "PEPPOL-EN16931-R051",
                "currency",
                stated,
                _("The amount is in another currency than the invoice."),
            )

    def _is_vat_in_tax_currency(self, element: object, stated: str) -> bool:
        return stated == self.tax_currency and Node(element, self.root.remarks).name == "TaxAmount"  # type: ignore[arg-type]

    def _money(self, node: Node, way: str, path: str) -> Decimal | None:
        return signed(node.amount(way, path=path), self.sign)

    def _tax_representative(self) -> Party | None:
        node = self.root.one("TaxRepresentativeParty")
        return party(node, "tax_representative") if node else None

    def _delivery(self) -> Address | None:
        node = self.root.one("Delivery/DeliveryLocation/Address")
        return address(node, "delivery") if node else None

    def _project(self) -> str:
        if stated := self.root.text("ProjectReference/ID", path="project_reference"):
            return stated
        documents = self.root.each("AdditionalDocumentReference")
        return next((node.text("ID") for node in documents if node.text("DocumentTypeCode") == _OF_PROJECT), "")

    def _preceding(self) -> Iterator[Preceding]:
        for place, node in enumerate(self.root.all("BillingReference/InvoiceDocumentReference")):
            path = f"preceding.{place}"
            yield Preceding(node.text("ID", path=f"{path}.number"), node.date("IssueDate", path=f"{path}.issue_date"))

    def _line(self, node: Node, path: str) -> Line:
        item, price = node.one("Item"), node.one("Price")
        category = item.one("ClassifiedTaxCategory")
        quantity = node.one(self.quantity_name)
        return Line(
            id=node.text("ID", path=f"{path}.id"),
            name=item.text("Name", path=f"{path}.name", most=LONG),
            description=item.paragraphs("Description", path=f"{path}.description"),
            note=node.paragraphs("Note", path=f"{path}.note"),
            quantity=self._money(node, self.quantity_name, f"{path}.quantity"),
            unit=quantity.attribute("unitCode"),
            amount=self._money(node, "LineExtensionAmount", f"{path}.amount"),
            price=price.amount("PriceAmount", path=f"{path}.price"),
            gross_price=price.amount("AllowanceCharge/BaseAmount", path=f"{path}.gross_price"),
            price_discount=price.amount("AllowanceCharge/Amount", path=f"{path}.price_discount"),
            base_quantity=price.amount("BaseQuantity", path=f"{path}.base_quantity"),
            base_unit=price.one("BaseQuantity").attribute("unitCode"),
            vat_category=category.text("ID", path=f"{path}.vat_category"),
            vat_rate=category.amount("Percent", path=f"{path}.vat_rate"),
            accounting_cost=node.text("AccountingCost", path=f"{path}.accounting_cost"),
            order_line=node.text("OrderLineReference/LineID", path=f"{path}.order_line"),
            period_start=node.date("InvoicePeriod/StartDate", path=f"{path}.period_start"),
            period_end=node.date("InvoicePeriod/EndDate", path=f"{path}.period_end"),
            seller_item=item.text("SellersItemIdentification/ID", path=f"{path}.seller_item"),
            buyer_item=item.text("BuyersItemIdentification/ID", path=f"{path}.buyer_item"),
            standard_item=item.text("StandardItemIdentification/ID", path=f"{path}.standard_item"),
            allowances=tuple(self._allowances(node, f"{path}.allowances")),
            properties=tuple(
                Property(node.text("Name"), node.text("Value", most=LONG))
                for node in item.each("AdditionalItemProperty")
            ),
        )

    def _allowances(self, parent: Node, path: str) -> Iterator[AllowanceCharge]:
        for place, node in enumerate(parent.each("AllowanceCharge")):
            at = f"{path}.{place}"
            yield AllowanceCharge(
                is_charge=_is_charge(node, at),
                amount=self._money(node, "Amount", f"{at}.amount"),
                base_amount=self._money(node, "BaseAmount", f"{at}.base_amount"),
                percent=node.amount("MultiplierFactorNumeric", path=f"{at}.percent"),
                reason=node.text("AllowanceChargeReason", path=f"{at}.reason", most=LONG),
                reason_code=node.text("AllowanceChargeReasonCode", path=f"{at}.reason_code"),
                vat_category=node.text("TaxCategory/ID", path=f"{at}.vat_category"),
                vat_rate=node.amount("TaxCategory/Percent", path=f"{at}.vat_rate"),
            )

    def _vat(self) -> Iterator[VatGroup]:
        for place, node in enumerate(self.root.all("TaxTotal/TaxSubtotal")):
            path, category = f"vat.{place}", node.one("TaxCategory")
            yield VatGroup(
                category=category.text("ID", path=f"{path}.category"),
                rate=category.amount("Percent", path=f"{path}.rate"),
                taxable=self._money(node, "TaxableAmount", f"{path}.taxable"),
                tax=self._money(node, "TaxAmount", f"{path}.tax"),
                exemption_reason=category.text("TaxExemptionReason", path=f"{path}.exemption_reason", most=LONG),
                exemption_code=category.text("TaxExemptionReasonCode", path=f"{path}.exemption_code"),
            )

    def _totals(self) -> Totals:
        node = self.root.one("LegalMonetaryTotal")
        vat, vat_in_tax_currency = self._tax_totals()
        return Totals(
            lines=self._money(node, "LineExtensionAmount", "totals.lines"),
            allowances=self._money(node, "AllowanceTotalAmount", "totals.allowances"),
            charges=self._money(node, "ChargeTotalAmount", "totals.charges"),
            without_vat=self._money(node, "TaxExclusiveAmount", "totals.without_vat"),
            vat=vat,
            vat_in_tax_currency=vat_in_tax_currency,
            with_vat=self._money(node, "TaxInclusiveAmount", "totals.with_vat"),
            prepaid=self._money(node, "PrepaidAmount", "totals.prepaid"),
            rounding=self._money(node, "PayableRoundingAmount", "totals.rounding"),
            payable=self._money(node, "PayableAmount", "totals.payable"),
        )

    def _tax_totals(self) -> tuple[Decimal | None, Decimal | None]:
        """The VAT in the invoice's currency, and in the seller's country's."""
        own: Decimal | None = None
        other: Decimal | None = None
        for node in self.root.each("TaxTotal"):
            stated = node.one("TaxAmount").attribute("currencyID").upper()
            if stated == self.tax_currency != self.currency:
                other = self._money(node, "TaxAmount", "totals.vat_in_tax_currency") if other is None else other
            elif own is None:
                own = self._money(node, "TaxAmount", "totals.vat")
        return own, other

    def _attachments(self) -> Iterator[Attachment]:
        for place, node in enumerate(self.root.each("AdditionalDocumentReference")):
            if node.text("DocumentTypeCode") in {_OF_INVOICED_OBJECT, _OF_PROJECT}:
                continue
            path, enclosed = f"attachments.{place}", node.one("Attachment/EmbeddedDocumentBinaryObject")
            texts = {
                "id": node.text("ID", path=f"{path}.id"),
                "description": node.text("DocumentDescription", path=f"{path}.description", most=LONG),
                "uri": node.text("Attachment/ExternalReference/URI", path=f"{path}.uri", most=LONG),
            }
            if enclosed:
                texts |= {"name": enclosed.attribute("filename"), "media_type": enclosed.attribute("mimeCode")}
            yield Attachment.of(enclosed.embedded(), **texts) if enclosed else Attachment.elsewhere(**texts)


def _is_charge(node: Node, path: str) -> bool:
    stated = node.text("ChargeIndicator").casefold()
    if stated not in {"true", "false", "1", "0"}:
        told = _("It isn't said whether this is an allowance or a charge; it is read as an allowance.")
        node.remark("error", "PEPPOL-EN16931-R043", path, stated, told)
    return stated in {"true", "1"}


def party(node: Node, path: str) -> Party:
    """A party; `path` is its place in the invoice."""
    name, trading_name = (
        node.text("PartyLegalEntity/RegistrationName", path=f"{path}.name"),
        node.text("PartyName/Name", path=f"{path}.trading_name"),
    )
    number = node.one("PartyLegalEntity/CompanyID")
    vat, others = _tax_numbers(node)
    endpoint = node.one("EndpointID")
    return Party(
        name=name or trading_name,
        trading_name=trading_name if name else "",
        organisation_number=number.text(path=f"{path}.organisation_number"),
        organisation_scheme=number.attribute("schemeID"),
        vat_number=vat,
        tax_registration=others,
        legal_form=node.text("PartyLegalEntity/CompanyLegalForm", path=f"{path}.legal_form", most=LONG),
        endpoint=endpoint.text(path=f"{path}.endpoint"),
        endpoint_scheme=endpoint.attribute("schemeID"),
        identifiers=tuple(
            Identifier(number.text(path=f"{path}.identifiers"), number.attribute("schemeID"))
            for number in node.all("PartyIdentification/ID")
        ),
        address=address(node.one("PostalAddress"), f"{path}.address"),
        contact=node.text("Contact/Name", path=f"{path}.contact"),
        phone=node.text("Contact/Telephone", path=f"{path}.phone"),
        email=node.text("Contact/ElectronicMail", path=f"{path}.email"),
    )


def _tax_numbers(node: Node) -> tuple[str, str]:
    """The VAT number, and what else is registered for taxes ("Godkänd för F-skatt", "Foretaksregisteret")."""
    vat = other = ""
    for registration in node.each("PartyTaxScheme"):
        stated = registration.text("CompanyID")
        if registration.text("TaxScheme/ID").upper() == "VAT":
            vat = vat or stated
        else:
            other = other or stated
    return vat, other


def address(node: Node, path: str) -> Address:
    """A postal address."""
    lines = [*node.all("StreetName"), *node.all("AdditionalStreetName"), *node.all("AddressLine/Line")]
    return Address(
        lines=tuple(filter(None, (line.text(path=f"{path}.lines") for line in lines))),
        postal_code=node.text("PostalZone", path=f"{path}.postal_code"),
        city=node.text("CityName", path=f"{path}.city"),
        subdivision=node.text("CountrySubentity", path=f"{path}.subdivision"),
        country=node.text("Country/IdentificationCode", path=f"{path}.country").upper(),
    )


def payment(node: Node, place: int) -> Payment:
    """A way to pay."""
    path, code = f"payments.{place}", node.one("PaymentMeansCode")
    account = node.one("PayeeFinancialAccount")
    branch = account.text("FinancialInstitutionBranch/ID", path=f"{path}.branch")
    return Payment(
        means_code=code.text(path=f"{path}.means_code"),
        means_text=code.attribute("name"),
        reference=" ".join(filter(None, (each.text(path=f"{path}.reference") for each in node.each("PaymentID")))),
        account=account.text("ID", path=f"{path}.account"),
        account_name=account.text("Name", path=f"{path}.account_name"),
        branch=branch,
        bic=branch if _BIC.fullmatch(branch) else "",
        mandate=node.text("PaymentMandate/ID", path=f"{path}.mandate"),
        payer_account=node.text("PaymentMandate/PayerFinancialAccount/ID", path=f"{path}.payer_account"),
    )
