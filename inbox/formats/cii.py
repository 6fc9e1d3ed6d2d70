"""Invoices in UN/CEFACT's Cross Industry Invoice, D16B: Factur-X, ZUGFeRD 2 and XRechnung.

Source: the syntax binding of EN 16931 to CII (CEN/TS 16931-3-3).
"""

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal

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

_OF_ATTACHMENT = "916"


def read(root: Node) -> Invoice:
    """The invoice of this document. Raises `UnreadableInvoice` for amounts without bounds."""
    return _Reader(root).invoice()


class _Reader:
    """Reads one document."""

    def __init__(self, root: Node) -> None:
        self.root = root
        self.document = root.one("ExchangedDocument")
        trade = root.one("SupplyChainTradeTransaction")
        self.trade = trade
        self.agreement = trade.one("ApplicableHeaderTradeAgreement")
        self.delivery = trade.one("ApplicableHeaderTradeDelivery")
        self.settlement = trade.one("ApplicableHeaderTradeSettlement")
        self.terms = self.settlement.one("SpecifiedTradePaymentTerms")
        self.type_code = self.document.text("TypeCode", path="type_code")
        self.kind = kind_of(self.type_code)
        self.sign = sign_of(self.kind)
        self.currency = self.settlement.text("InvoiceCurrencyCode", path="currency").upper()
        self.tax_currency = self.settlement.text("TaxCurrencyCode", path="tax_currency").upper()

    def invoice(self) -> Invoice:
        self._once()
        agreement, settlement = self.agreement, self.settlement
        return Invoice(
            format="cii",
            kind=self.kind,
            type_code=self.type_code,
            specification=self.root.text(
                "ExchangedDocumentContext/GuidelineSpecifiedDocumentContextParameter/ID", path="specification"
            ),
            number=self.document.text("ID", path="number"),
            issue_date=_day(self.document.one("IssueDateTime"), "issue_date"),
            due_date=_day(self.terms.one("DueDateDateTime"), "due_date"),
            tax_point_date=_day(settlement.one("ApplicableTradeTax/TaxPointDate"), "tax_point_date"),
            period_start=_day(settlement.one("BillingSpecifiedPeriod/StartDateTime"), "period_start"),
            period_end=_day(settlement.one("BillingSpecifiedPeriod/EndDateTime"), "period_end"),
            delivery_date=_day(self.delivery.one("ActualDeliverySupplyChainEvent/OccurrenceDateTime"), "delivery_date"),
            currency=self.currency,
            tax_currency=self.tax_currency,
            seller=party(agreement.one("SellerTradeParty"), "seller"),
            buyer=party(agreement.one("BuyerTradeParty"), "buyer"),
            payee=self._party(settlement, "PayeeTradeParty", "payee"),
            tax_representative=self._party(agreement, "SellerTaxRepresentativeTradeParty", "tax_representative"),
            delivery=self._delivery(),
            buyer_reference=agreement.text("BuyerReference", path="buyer_reference"),
            order_reference=agreement.text("BuyerOrderReferencedDocument/IssuerAssignedID", path="order_reference"),
            sales_order_reference=agreement.text(
                "SellerOrderReferencedDocument/IssuerAssignedID", path="sales_order_reference"
            ),
            contract_reference=agreement.text("ContractReferencedDocument/IssuerAssignedID", path="contract_reference"),
            project_reference=agreement.text("SpecifiedProcuringProject/ID", path="project_reference"),
            accounting_cost=settlement.text("ReceivableSpecifiedTradeAccountingAccount/ID", path="accounting_cost"),
            preceding=tuple(self._preceding()),
            notes=tuple(
                filter(None, (note.paragraphs(path="notes") for note in self.document.all("IncludedNote/Content")))
            ),
            payments=tuple(self._payments()),
            payment_terms=self.terms.paragraphs("Description", path="payment_terms"),
            lines=tuple(
                self._line(node, f"lines.{place}")
                for place, node in enumerate(self.trade.each("IncludedSupplyChainTradeLineItem"))
            ),
            allowances=tuple(self._allowances(settlement, "allowances", "SpecifiedTradeAllowanceCharge"))
            + tuple(self._services()),
            vat=tuple(self._vat()),
            totals=self._totals(),
            attachments=tuple(self._attachments()),
        )

    def _once(self) -> None:
        self.root.once("ExchangedDocument", "SupplyChainTradeTransaction")
        self.document.once("ID", "IssueDateTime", "TypeCode")
        self.trade.once("ApplicableHeaderTradeAgreement", "ApplicableHeaderTradeSettlement")
        self.agreement.once("SellerTradeParty")
        self.settlement.once("InvoiceCurrencyCode", "SpecifiedTradeSettlementHeaderMonetarySummation")

    def _money(self, node: Node, way: str, path: str) -> Decimal | None:
        return signed(node.amount(way, path=path), self.sign)

    def _party(self, parent: Node, name: str, path: str) -> Party | None:
        node = parent.one(name)
        return party(node, path) if node else None

    def _delivery(self) -> Address | None:
        node = self.delivery.one("ShipToTradeParty/PostalTradeAddress")
        return address(node, "delivery") if node else None

    def _preceding(self) -> Iterator[Preceding]:
        for place, node in enumerate(self.settlement.each("InvoiceReferencedDocument")):
            path = f"preceding.{place}"
            yield Preceding(
                node.text("IssuerAssignedID", path=f"{path}.number"),
                _day(node.one("FormattedIssueDateTime"), f"{path}.issue_date"),
            )

    def _payments(self) -> Iterator[Payment]:
        reference = self.settlement.text("PaymentReference", path="payments.0.reference")
        mandate = self.terms.text("DirectDebitMandateID", path="payments.0.mandate")
        means = list(self.settlement.each("SpecifiedTradeSettlementPaymentMeans"))
        for place, node in enumerate(means):
            yield payment(node, f"payments.{place}", reference, mandate)
        if not means and reference:
            yield Payment(reference=reference, mandate=mandate)

    def _line(self, node: Node, path: str) -> Line:
        product, agreement = node.one("SpecifiedTradeProduct"), node.one("SpecifiedLineTradeAgreement")
        settlement = node.one("SpecifiedLineTradeSettlement")
        net, gross = agreement.one("NetPriceProductTradePrice"), agreement.one("GrossPriceProductTradePrice")
        base = net if net.has("BasisQuantity") else gross
        delivery, tax = node.one("SpecifiedLineTradeDelivery"), settlement.one("ApplicableTradeTax")
        summation = settlement.one("SpecifiedTradeSettlementLineMonetarySummation")
        return Line(
            id=node.text("AssociatedDocumentLineDocument/LineID", path=f"{path}.id"),
            name=product.text("Name", path=f"{path}.name", most=LONG),
            description=product.paragraphs("Description", path=f"{path}.description"),
            note=node.paragraphs("AssociatedDocumentLineDocument/IncludedNote/Content", path=f"{path}.note"),
            quantity=self._money(delivery, "BilledQuantity", f"{path}.quantity"),
            unit=delivery.one("BilledQuantity").attribute("unitCode"),
            amount=self._money(summation, "LineTotalAmount", f"{path}.amount"),
            price=net.amount("ChargeAmount", path=f"{path}.price"),
            gross_price=gross.amount("ChargeAmount", path=f"{path}.gross_price"),
            price_discount=gross.amount("AppliedTradeAllowanceCharge/ActualAmount", path=f"{path}.price_discount"),
            base_quantity=base.amount("BasisQuantity", path=f"{path}.base_quantity"),
            base_unit=base.one("BasisQuantity").attribute("unitCode"),
            vat_category=tax.text("CategoryCode", path=f"{path}.vat_category"),
            vat_rate=tax.amount("RateApplicablePercent", path=f"{path}.vat_rate"),
            accounting_cost=settlement.text(
                "ReceivableSpecifiedTradeAccountingAccount/ID", path=f"{path}.accounting_cost"
            ),
            order_line=agreement.text("BuyerOrderReferencedDocument/LineID", path=f"{path}.order_line"),
            period_start=_day(settlement.one("BillingSpecifiedPeriod/StartDateTime"), f"{path}.period_start"),
            period_end=_day(settlement.one("BillingSpecifiedPeriod/EndDateTime"), f"{path}.period_end"),
            seller_item=product.text("SellerAssignedID", path=f"{path}.seller_item"),
            buyer_item=product.text("BuyerAssignedID", path=f"{path}.buyer_item"),
            standard_item=product.text("GlobalID", path=f"{path}.standard_item"),
            allowances=tuple(self._allowances(settlement, f"{path}.allowances", "SpecifiedTradeAllowanceCharge")),
            properties=tuple(
                Property(each.text("Description"), each.text("Value", most=LONG))
                for each in product.each("ApplicableProductCharacteristic")
            ),
        )

    def _allowances(self, parent: Node, path: str, name: str) -> Iterator[AllowanceCharge]:
        for place, node in enumerate(parent.each(name)):
            at = f"{path}.{place}"
            yield AllowanceCharge(
                is_charge=_is_charge(node, at),
                amount=self._money(node, "ActualAmount", f"{at}.amount"),
                base_amount=self._money(node, "BasisAmount", f"{at}.base_amount"),
                percent=node.amount("CalculationPercent", path=f"{at}.percent"),
                reason=node.text("Reason", path=f"{at}.reason", most=LONG),
                reason_code=node.text("ReasonCode", path=f"{at}.reason_code"),
                vat_category=node.text("CategoryTradeTax/CategoryCode", path=f"{at}.vat_category"),
                vat_rate=node.amount("CategoryTradeTax/RateApplicablePercent", path=f"{at}.vat_rate"),
            )

    def _services(self) -> Iterator[AllowanceCharge]:
        """Freight as the extended profile states it: a charge without an indicator."""
        first = len(self.settlement.all("SpecifiedTradeAllowanceCharge"))
        for place, node in enumerate(self.settlement.each("SpecifiedLogisticsServiceCharge"), first):
            at = f"allowances.{place}"
            yield AllowanceCharge(
                is_charge=True,
                amount=self._money(node, "AppliedAmount", f"{at}.amount"),
                reason=node.text("Description", path=f"{at}.reason", most=LONG),
                vat_category=node.text("AppliedTradeTax/CategoryCode", path=f"{at}.vat_category"),
                vat_rate=node.amount("AppliedTradeTax/RateApplicablePercent", path=f"{at}.vat_rate"),
            )

    def _vat(self) -> Iterator[VatGroup]:
        for place, node in enumerate(self.settlement.each("ApplicableTradeTax")):
            path = f"vat.{place}"
            yield VatGroup(
                category=node.text("CategoryCode", path=f"{path}.category"),
                rate=node.amount("RateApplicablePercent", path=f"{path}.rate"),
                taxable=self._money(node, "BasisAmount", f"{path}.taxable"),
                tax=self._money(node, "CalculatedAmount", f"{path}.tax"),
                exemption_reason=node.text("ExemptionReason", path=f"{path}.exemption_reason", most=LONG),
                exemption_code=node.text("ExemptionReasonCode", path=f"{path}.exemption_code"),
            )

    def _totals(self) -> Totals:
        node = self.settlement.one("SpecifiedTradeSettlementHeaderMonetarySummation")
        vat, vat_in_tax_currency = self._tax_totals(node)
        return Totals(
            lines=self._money(node, "LineTotalAmount", "totals.lines"),
            allowances=self._money(node, "AllowanceTotalAmount", "totals.allowances"),
            charges=self._money(node, "ChargeTotalAmount", "totals.charges"),
            without_vat=self._money(node, "TaxBasisTotalAmount", "totals.without_vat"),
            vat=vat,
            vat_in_tax_currency=vat_in_tax_currency,
            with_vat=self._money(node, "GrandTotalAmount", "totals.with_vat"),
            prepaid=self._money(node, "TotalPrepaidAmount", "totals.prepaid"),
            rounding=self._money(node, "RoundingAmount", "totals.rounding"),
            payable=self._money(node, "DuePayableAmount", "totals.payable"),
        )

    def _tax_totals(self, summation: Node) -> tuple[Decimal | None, Decimal | None]:
        """The VAT in the invoice's currency, and in the seller's country's."""
        own: Decimal | None = None
        other: Decimal | None = None
        for node in summation.each("TaxTotalAmount"):
            stated = node.attribute("currencyID").upper()
            if stated == self.tax_currency != self.currency:
                other = signed(node.amount("", path="totals.vat_in_tax_currency"), self.sign)
            elif own is None:
                own = signed(node.amount("", path="totals.vat"), self.sign)
        return own, other

    def _attachments(self) -> Iterator[Attachment]:
        for place, node in enumerate(self.agreement.each("AdditionalReferencedDocument")):
            enclosed = node.one("AttachmentBinaryObject")
            if node.text("TypeCode") not in {_OF_ATTACHMENT, ""} or not (enclosed or node.text("TypeCode")):
                continue
            path = f"attachments.{place}"
            texts = {
                "id": node.text("IssuerAssignedID", path=f"{path}.id"),
                "description": node.text("Name", path=f"{path}.description", most=LONG),
                "uri": node.text("URIID", path=f"{path}.uri", most=LONG),
            }
            if enclosed:
                texts |= {"name": enclosed.attribute("filename"), "media_type": enclosed.attribute("mimeCode")}
            yield Attachment.of(enclosed.embedded(), **texts) if enclosed else Attachment.elsewhere(**texts)


def _day(node: Node, path: str) -> dt.date | None:
    """A date in one of CII's many wrappings: 20240131 in a DateTimeString of format 102."""
    for name in ("DateTimeString", "DateString"):
        if node.has(name):
            return node.plain_date(name, path=path)
    return node.date("DateTime", path=path)


def _is_charge(node: Node, path: str) -> bool:
    stated = node.text("ChargeIndicator/Indicator").casefold()
    if stated not in {"true", "false", "1", "0"}:
        told = _("It isn't said whether this is an allowance or a charge; it is read as an allowance.")
        node.remark("error", "PEPPOL-EN16931-R043", path, stated, told)
    return stated in {"true", "1"}


def party(node: Node, path: str) -> Party:
    """A party; `path` is its place in the invoice."""
    number = node.one("SpecifiedLegalOrganization/ID")
    endpoint = node.one("URIUniversalCommunication/URIID")
    contact = node.one("DefinedTradeContact")
    vat, other = _tax_numbers(node)
    return Party(
        name=node.text("Name", path=f"{path}.name"),
        trading_name=node.text("SpecifiedLegalOrganization/TradingBusinessName", path=f"{path}.trading_name"),
        organisation_number=number.text(path=f"{path}.organisation_number"),
        organisation_scheme=number.attribute("schemeID"),
        vat_number=vat,
        tax_registration=other,
        legal_form=node.text("Description", path=f"{path}.legal_form", most=LONG),
        endpoint=endpoint.text(path=f"{path}.endpoint"),
        endpoint_scheme=endpoint.attribute("schemeID"),
        identifiers=tuple(
            Identifier(each.text(path=f"{path}.identifiers"), each.attribute("schemeID"))
            for each in (*node.each("ID"), *node.each("GlobalID"))
        ),
        address=address(node.one("PostalTradeAddress"), f"{path}.address"),
        contact=contact.text("PersonName", path=f"{path}.contact")
        or contact.text("DepartmentName", path=f"{path}.contact"),
        phone=contact.text("TelephoneUniversalCommunication/CompleteNumber", path=f"{path}.phone"),
        email=contact.text("EmailURIUniversalCommunication/URIID", path=f"{path}.email"),
    )


def _tax_numbers(node: Node) -> tuple[str, str]:
    """The VAT number (VA), and the local tax number (FC)."""
    stated = [(each.one("ID").attribute("schemeID"), each.text("ID")) for each in node.each("SpecifiedTaxRegistration")]
    vat = next((number for scheme, number in stated if scheme == "VA"), "")
    return vat, next((number for scheme, number in stated if scheme != "VA"), "")


def address(node: Node, path: str) -> Address:
    """A postal address."""
    lines = (node.text(name, path=f"{path}.lines") for name in ("LineOne", "LineTwo", "LineThree"))
    return Address(
        lines=tuple(filter(None, lines)),
        postal_code=node.text("PostcodeCode", path=f"{path}.postal_code"),
        city=node.text("CityName", path=f"{path}.city"),
        subdivision=node.text("CountrySubDivisionName", path=f"{path}.subdivision"),
        country=node.text("CountryID", path=f"{path}.country").upper(),
    )


def payment(node: Node, path: str, reference: str, mandate: str) -> Payment:
    """A way to pay."""
    account = node.one("PayeePartyCreditorFinancialAccount")
    bic = node.text("PayeeSpecifiedCreditorFinancialInstitution/BICID", path=f"{path}.bic")
    return Payment(
        means_code=node.text("TypeCode", path=f"{path}.means_code"),
        means_text=node.text("Information", path=f"{path}.means_text"),
        reference=reference,
        account=account.text("IBANID", path=f"{path}.account") or account.text("ProprietaryID", path=f"{path}.account"),
        account_name=account.text("AccountName", path=f"{path}.account_name"),
        branch=bic,
        bic=bic,
        mandate=mandate,
        payer_account=node.text("PayerPartyDebtorFinancialAccount/IBANID", path=f"{path}.payer_account"),
    )
