"""Customers and suppliers. Source: schema 1.30, CompanyStructure and PartyInfoStructure."""

import re
from typing import Literal

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from ledger.importing.messages import message as _
from ledger.importing.records import NAME_LENGTH, NUMBER_LENGTH
from ledger.importing.remarks import Remarks
from ledger.saft.nodes import Node
from ledger.saft.records import Partner, organisation_number

# The address that letters go to comes first.
ADDRESSES = ("PostalAddress", "BillingAddress", "", "StreetAddress", "ShipToAddress", "ShipFromAddress")
MOST_DAYS = 32_767
_NORWEGIAN_ACCOUNT = re.compile(r"[0-9]{11}")
_BIC = re.compile(r"[A-Z0-9]{4,11}")


def partner(node: Node, kind: Literal["customer", "supplier"], remarks: Remarks) -> Partner:
    """A customer or supplier; texts that are too long for the register are cut, with a remark."""
    party = Party(node, remarks)
    address, info = party.address(), node.child("PartyInfo")
    terms = info.child("PaymentTerms") if info else None
    days = terms.number("Days") if terms and not terms.number("Months") else None
    status = info.text("Status") if info else ""
    iban, bic = party.bank_account() if kind == "supplier" else ("", "")
    return Partner(
        line=node.line,
        kind=kind,
        number=node.filled("CustomerID" if kind == "customer" else "SupplierID", NUMBER_LENGTH),
        name=party.cut(node, "Name", NAME_LENGTH) or node.filled("Name", NAME_LENGTH),
        organisation_number=party.organisation_number(),
        email=party.email(),
        phone=party.contact("Telephone", 50) or party.contact("MobilePhone", 50),
        address=party.street(address)[:200] if address else "",
        postal_code=party.cut(address, "PostalCode", 20),
        city=party.cut(address, "City", 100),
        country=party.code(address, "Country", 2),
        currency=party.code(info, "CurrencyCode", 3),
        payment_terms_days=days if days is not None and days <= MOST_DAYS else None,
        active={"Active": True, "Observation": True, "Passive": False}.get(status),
        iban=iban,
        bic=bic,
    )


class Party:
    """One party's address, contact and bank account, as far as the register has a place for them."""

    def __init__(self, node: Node, remarks: Remarks) -> None:
        self._node = node
        self._remarks = remarks

    def cut(self, node: Node | None, name: str, limit: int) -> str:
        """A text, cut where it is too long for the register."""
        text = node.text(name) if node else ""
        if len(text) > limit:
            self._remarks.add(
                self._node.line,
                _("%(element)s has more than %(limit)d characters; the rest is left out.")
                % {"element": name, "limit": limit},
            )
        return text[:limit]

    def code(self, node: Node | None, name: str, length: int) -> str:
        """A code of so many letters, in capitals; empty for anything else."""
        text = node.text(name).upper() if node else ""
        return text if len(text) == length and text.isascii() and text.isalpha() else ""

    def organisation_number(self) -> str:
        """The register's number, else that of the VAT registration."""
        tax = self._node.child("TaxRegistration")
        text = self._node.text("RegistrationNumber") or (tax.text("TaxRegistrationNumber") if tax else "")
        return organisation_number(text)[:32]

    def address(self) -> Node | None:
        """The address to keep, of those that there are."""
        found = {address.text("AddressType"): address for address in reversed(list(self._node.children("Address")))}
        return next((found[kind] for kind in ADDRESSES if kind in found), None)

    def street(self, address: Node) -> str:
        """Street and number."""
        return f"{address.text('StreetName')} {address.text('Number')}".strip() or address.text(
            "AdditionalAddressDetail"
        )

    def contact(self, name: str, limit: int) -> str:
        """What the first contact says."""
        return self.cut(next(self._node.children("Contact"), None), name, limit)

    def email(self) -> str:
        """The contact's address, if it is one."""
        text = self.contact("Email", 254)
        try:
            validate_email(text)
        except ValidationError:
            if text:
                self._remarks.add(self._node.line, _("An e-mail address that is none is left out."))
            return ""
        return text

    def bank_account(self) -> tuple[str, str]:
        """IBAN and BIC of the first bank account; a Norwegian account number of eleven digits has an IBAN."""
        account = next(self._node.children("BankAccount"), None)
        if account is None:
            return "", ""
        number = re.sub(r"[\s.]", "", account.text("IBANNumber")) or self._norwegian(account)
        bic = account.text("BIC").upper()
        return number[:34], bic if _BIC.fullmatch(bic) else ""

    def _norwegian(self, account: Node) -> str:
        number = re.sub(r"[\s.]", "", account.text("BankAccountNumber"))
        if _NORWEGIAN_ACCOUNT.fullmatch(number):
            return norwegian_iban(number)
        if number:
            self._remarks.add(
                account.line, _("A bank account that is neither an IBAN nor a Norwegian number is left out.")
            )
        return ""


def norwegian_iban(number: str) -> str:
    """The IBAN of a Norwegian account number. Source: ISO 13616 (N is 23, O is 24)."""
    return f"NO{98 - int(f'{number}232400') % 97:02}{number}"
