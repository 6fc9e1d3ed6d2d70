"""Svefaktura 1.0, the Swedish invoice (SFTI BasicInvoice) that came before Peppol.

Source: SFTI Basic Invoice 1.0, which builds on UBL 1.0 with names of its own. Its total with VAT has the rounding in it
and is what is to be paid.
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
    Totals,
    VatGroup,
)
from inbox.formats.nodes import LONG, Node
from inbox.formats.numbers import compact
from inbox.formats.recognising import SVEFAKTURA
from inbox.formats.signs import kind_of, signed

# What an additional document reference is of, by the code of its list
_OF_CONTRACT, _OF_PROJECT, _OF_ATTACHMENT = "CT", "AEP", "ATS"
_OF_GLN = "9"
_GLN, _SWEDISH_NUMBER = "0088", "0007"


def read(root: Node) -> Invoice:
    """The invoice of this document. Raises `UnreadableInvoice` for amounts without bounds."""
    return _Reader(root).invoice()


class _Reader:
    """Reads one document."""

    def __init__(self, root: Node) -> None:
        self.root = root
        self.type_code = root.text("InvoiceTypeCode", path="type_code")
        self.kind = kind_of(self.type_code)
        self.documents = [
            (node.attribute("identificationSchemeID"), node.text())
            for node in root.all("AdditionalDocumentReference/ID")
        ]
        # Senders write the amounts of a credit note with a minus sign or without one; either way the supplier owes.
        payable = root.one("LegalTotal").amount("TaxInclusiveTotalAmount", path="totals.payable")
        self.sign = -1 if self.kind == "credit_note" and (payable or 0) >= 0 else 1

    def invoice(self) -> Invoice:
        root = self.root
        root.once("ID", "IssueDate", "InvoiceCurrencyCode", "SellerParty", "LegalTotal")
        means = list(root.each("PaymentMeans"))
        totals = self._totals()
        return Invoice(
            format="svefaktura",
            kind=self.kind,
            type_code=self.type_code,
            specification=SVEFAKTURA,
            number=root.text("ID", path="number"),
            issue_date=root.date("IssueDate", path="issue_date"),
            due_date=next(filter(None, (node.date("DuePaymentDate", path="due_date") for node in means)), None),
            tax_point_date=root.date("TaxPointDate", path="tax_point_date"),
            period_start=self._day("InvoicingPeriod/StartDateTime", "period_start"),
            period_end=self._day("InvoicingPeriod/EndDateTime", "period_end"),
            delivery_date=self._day("Delivery/ActualDeliveryDateTime", "delivery_date"),
            currency=root.text("InvoiceCurrencyCode", path="currency").upper(),
            tax_currency=root.text("TaxCurrencyCode", path="tax_currency").upper(),
            seller=_party(root.one("SellerParty"), "seller"),
            buyer=_party(root.one("BuyerParty"), "buyer"),
            delivery=self._delivery(),
            buyer_reference=self._buyer_reference(),
            order_reference=self._order(),
            contract_reference=self._reference(_OF_CONTRACT),
            project_reference=self._reference(_OF_PROJECT),
            accounting_cost=root.text("BuyerParty/AccountingCost", path="accounting_cost"),
            preceding=tuple(
                Preceding(node.text("ID", path=f"preceding.{place}.number"))
                for place, node in enumerate(root.each("InitialInvoiceDocumentReference"))
            ),
            notes=tuple(filter(None, (note.paragraphs(path="notes") for note in root.each("Note")))),
            payments=tuple(_payment(node, f"payments.{place}") for place, node in enumerate(means)),
            payment_terms=root.paragraphs("PaymentTerms/Note", path="payment_terms"),
            lines=tuple(self._line(node, f"lines.{place}") for place, node in enumerate(root.each("InvoiceLine"))),
            allowances=tuple(self._allowances(root, "allowances")),
            vat=tuple(self._vat()),
            totals=totals,
            attachments=tuple(Attachment(id=number) for kind, number in self.documents if kind == _OF_ATTACHMENT),
        )

    def _reference(self, kind: str) -> str:
        return next((number for stated, number in self.documents if stated == kind), "")

    def _day(self, way: str, path: str) -> dt.date | None:
        return self.root.date(way, path=path)

    def _money(self, node: Node, way: str, path: str) -> Decimal | None:
        return signed(node.amount(way, path=path), self.sign)

    def _delivery(self) -> Address | None:
        node = self.root.one("Delivery/DeliveryAddress")
        return _address(node, "delivery") if node else None

    def _buyer_reference(self) -> str:
        """Who asked for it, in the buyer's words; suppliers put it in one of three places."""
        asked = [node.text(path="buyer_reference") for node in self.root.all("RequisitionistDocumentReference/ID")]
        contact = self.root.text("BuyerParty/Party/Contact/Name", path="buyer_reference")
        return ", ".join(dict.fromkeys(filter(None, asked))) or contact

    def _order(self) -> str:
        orders = self.root.all("InvoiceLine/OrderLineReference/OrderReference/BuyersID")
        return next(filter(None, (node.text(path="order_reference") for node in orders)), "")

    def _line(self, node: Node, path: str) -> Line:
        item = node.one("Item")
        category, price = item.one("TaxCategory"), item.one("BasePrice")
        quantity = node.one("InvoicedQuantity")
        return Line(
            id=node.text("ID", path=f"{path}.id"),
            name=item.text("Description", path=f"{path}.name", most=LONG),
            note=node.paragraphs("Note", path=f"{path}.note"),
            quantity=self._money(node, "InvoicedQuantity", f"{path}.quantity"),
            unit=quantity.attribute("quantityUnitCode"),
            amount=self._money(node, "LineExtensionAmount", f"{path}.amount"),
            price=price.amount("PriceAmount", path=f"{path}.price"),
            base_quantity=price.amount("BaseQuantity", path=f"{path}.base_quantity"),
            base_unit=price.one("BaseQuantity").attribute("quantityUnitCode"),
            vat_category=category.text("ID", path=f"{path}.vat_category"),
            vat_rate=category.amount("Percent", path=f"{path}.vat_rate"),
            order_line=node.text("OrderLineReference/BuyersLineID", path=f"{path}.order_line"),
            seller_item=item.text("SellersItemIdentification/ID", path=f"{path}.seller_item"),
            buyer_item=item.text("BuyersItemIdentification/ID", path=f"{path}.buyer_item"),
            standard_item=item.text("StandardItemIdentification/ID", path=f"{path}.standard_item"),
            allowances=tuple(self._allowances(node, f"{path}.allowances")),
        )

    def _allowances(self, parent: Node, path: str) -> Iterator[AllowanceCharge]:
        for place, node in enumerate(parent.each("AllowanceCharge")):
            at, reason = f"{path}.{place}", node.one("ReasonCode")
            yield AllowanceCharge(
                is_charge=node.text("ChargeIndicator").casefold() in {"true", "1"},
                amount=self._money(node, "Amount", f"{at}.amount"),
                reason=reason.attribute("name") or reason.text(path=f"{at}.reason"),
                reason_code=reason.text() if reason.attribute("name") else "",
                vat_category=node.text("TaxCategory/ID", path=f"{at}.vat_category"),
                vat_rate=node.amount("TaxCategory/Percent", path=f"{at}.vat_rate"),
            )

    def _vat(self) -> Iterator[VatGroup]:
        for place, node in enumerate(self.root.all("TaxTotal/TaxSubTotal")):
            path, category = f"vat.{place}", node.one("TaxCategory")
            yield VatGroup(
                category=category.text("ID", path=f"{path}.category"),
                rate=category.amount("Percent", path=f"{path}.rate"),
                taxable=self._money(node, "TaxableAmount", f"{path}.taxable"),
                tax=self._money(node, "TaxAmount", f"{path}.tax"),
                exemption_reason=category.text("ExemptionReason", path=f"{path}.exemption_reason", most=LONG),
            )

    def _totals(self) -> Totals:
        node = self.root.one("LegalTotal")
        payable = self._money(node, "TaxInclusiveTotalAmount", "totals.payable")
        rounding = self._money(node, "RoundOffAmount", "totals.rounding")
        return Totals(
            lines=self._money(node, "LineExtensionTotalAmount", "totals.lines"),
            without_vat=self._money(node, "TaxExclusiveTotalAmount", "totals.without_vat"),
            vat=self._money(self.root, "TaxTotal/TotalTaxAmount", "totals.vat"),
            with_vat=None if payable is None else payable - (rounding or 0),
            rounding=rounding,
            payable=payable,
        )


def _party(node: Node, path: str) -> Party:
    party, contact = node.one("Party"), node.one("AccountsContact")
    contact = contact or party.one("Contact")
    number, vat, tax = _tax_numbers(party)
    return Party(
        name=party.text("PartyName/Name", path=f"{path}.name"),
        organisation_number=number,
        organisation_scheme=_SWEDISH_NUMBER if number else "",
        vat_number=vat,
        tax_registration=tax,
        identifiers=tuple(_identifier(each, path) for each in party.all("PartyIdentification/ID")),
        address=_address(party.one("Address"), f"{path}.address"),
        contact=contact.text("Name", path=f"{path}.contact"),
        phone=contact.text("Telephone", path=f"{path}.phone"),
        email=contact.text("ElectronicMail", path=f"{path}.email"),
    )


def _identifier(node: Node, path: str) -> Identifier:
    value = node.text(path=f"{path}.identifiers")
    is_gln = node.attribute("identificationSchemeAgencyID") == _OF_GLN or (value.isdigit() and len(value) == 13)
    return Identifier(value, _GLN if is_gln else "")


def _tax_numbers(party: Node) -> tuple[str, str, str]:
    """Organisation number (SWT), VAT number (VAT), and what is said of F-tax."""
    number = vat = tax = ""
    for registration in party.each("PartyTaxScheme"):
        stated = registration.text("CompanyID")
        if registration.text("TaxScheme/ID").upper() == "VAT":
            vat = vat or stated
        else:
            number = number or compact(stated)
            tax = tax or registration.text("ExemptionReason")
    return number, vat, tax


def _address(node: Node, path: str) -> Address:
    names = ("Department", "StreetName", "Postbox")
    return Address(
        lines=tuple(filter(None, (node.text(name, path=f"{path}.lines") for name in names))),
        postal_code=node.text("PostalZone", path=f"{path}.postal_code"),
        city=node.text("CityName", path=f"{path}.city"),
        country=node.text("Country/IdentificationCode", path=f"{path}.country").upper(),
    )


def _payment(node: Node, path: str) -> Payment:
    account = node.one("PayeeFinancialAccount")
    branch = account.one("FinancialInstitutionBranch")
    institution = branch.text("FinancialInstitution/ID", path=f"{path}.branch") or branch.text("ID")
    return Payment(
        means_code=node.text("PaymentMeansTypeCode", path=f"{path}.means_code"),
        reference=account.text("PaymentInstructionID", path=f"{path}.reference"),
        account=account.text("ID", path=f"{path}.account"),
        branch=institution,
        bic="" if institution in {"BGABSESS", "PGSISESS"} else institution,
    )
