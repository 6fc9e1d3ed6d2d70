"""An invoice as it was sent, whatever the format: texts, dates and exact amounts.

Texts that are missing are empty, dates and amounts None. Amounts are in the invoice's currency and signed: in a credit
note all amounts and quantities are negative where the document has them positive; prices stay as they are.
"""

import datetime as dt
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any, Literal

from inbox.formats import numbers
from inbox.formats.as_json import from_json, to_json
from inbox.formats.findings import Finding

Kind = Literal["invoice", "credit_note"]
GLN = "0088"


@dataclass(frozen=True, slots=True)
class Identifier:
    """A number that somebody goes by, and the list that it is of (ISO 6523: 0088 GLN, 0007 Swedish, 0192 Norwegian)."""

    value: str
    scheme: str = ""


@dataclass(frozen=True, slots=True)
class Address:
    lines: tuple[str, ...] = ()
    postal_code: str = ""
    city: str = ""
    subdivision: str = ""
    country: str = ""


@dataclass(frozen=True, slots=True)
class Party:
    """Seller, buyer, payee or tax representative."""

    name: str = ""
    trading_name: str = ""
    organisation_number: str = ""
    organisation_scheme: str = ""
    vat_number: str = ""
    tax_registration: str = ""
    legal_form: str = ""
    endpoint: str = ""
    endpoint_scheme: str = ""
    identifiers: tuple[Identifier, ...] = ()
    address: Address = Address()
    contact: str = ""
    phone: str = ""
    email: str = ""

    @property
    def display_name(self) -> str:
        """The name that people know it by."""
        return self.name or self.trading_name

    @property
    def gln(self) -> str:
        """Its location number (GLN), wherever it is stated."""
        stated = (*self.identifiers, Identifier(self.endpoint, self.endpoint_scheme))
        return next((number.value for number in stated if number.scheme == GLN), "")


@dataclass(frozen=True, slots=True)
class Payment:
    """A way to pay. `branch` is as written: a BIC, SE:BANKGIRO, SE:PLUSGIRO, or a clearing number."""

    means_code: str = ""
    means_text: str = ""
    reference: str = ""
    account: str = ""
    account_name: str = ""
    branch: str = ""
    bic: str = ""
    mandate: str = ""
    payer_account: str = ""

    @property
    def account_kind(self) -> numbers.AccountKind:
        """What kind of account it is to."""
        return numbers.account_kind(self.account, self.branch, self.means_code)

    @property
    def normal_account(self) -> str:
        """The account as it is compared: without blanks and hyphens."""
        return numbers.normal_account(self.account)


@dataclass(frozen=True, slots=True)
class AllowanceCharge:
    """Something off (allowance) or on (charge), both with amounts above zero."""

    is_charge: bool = False
    amount: Decimal | None = None
    base_amount: Decimal | None = None
    percent: Decimal | None = None
    reason: str = ""
    reason_code: str = ""
    vat_category: str = ""
    vat_rate: Decimal | None = None


@dataclass(frozen=True, slots=True)
class VatGroup:
    """The VAT of one category and rate."""

    category: str = ""
    rate: Decimal | None = None
    taxable: Decimal | None = None
    tax: Decimal | None = None
    exemption_reason: str = ""
    exemption_code: str = ""


@dataclass(frozen=True, slots=True)
class Property:
    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Line:
    id: str = ""
    name: str = ""
    description: str = ""
    note: str = ""
    quantity: Decimal | None = None
    unit: str = ""
    amount: Decimal | None = None
    price: Decimal | None = None
    gross_price: Decimal | None = None
    price_discount: Decimal | None = None
    base_quantity: Decimal | None = None
    base_unit: str = ""
    vat_category: str = ""
    vat_rate: Decimal | None = None
    accounting_cost: str = ""
    order_line: str = ""
    period_start: dt.date | None = None
    period_end: dt.date | None = None
    seller_item: str = ""
    buyer_item: str = ""
    standard_item: str = ""
    allowances: tuple[AllowanceCharge, ...] = ()
    properties: tuple[Property, ...] = ()


@dataclass(frozen=True, slots=True)
class Totals:
    lines: Decimal | None = None
    allowances: Decimal | None = None
    charges: Decimal | None = None
    without_vat: Decimal | None = None
    vat: Decimal | None = None
    vat_in_tax_currency: Decimal | None = None
    with_vat: Decimal | None = None
    prepaid: Decimal | None = None
    rounding: Decimal | None = None
    payable: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file inside the invoice, or (`uri`) the address of one, which is never fetched.

    Name and media type are what the sender claims. Kept as JSON it refers to its content by size and digest.
    """

    id: str = ""
    description: str = ""
    name: str = ""
    media_type: str = ""
    uri: str = ""
    size: int = 0
    sha256: str = ""
    content: bytes = field(default=b"", repr=False, metadata={"by_reference": True})

    @classmethod
    def of(cls, content: bytes, **texts: str) -> "Attachment":
        """An attachment with its content."""
        digest = hashlib.sha256(content).hexdigest()
        return replace(cls.elsewhere(**texts), size=len(content), sha256=digest, content=content)

    @classmethod
    def elsewhere(
        cls,
        *,
        id: str = "",  # noqa: A002
        description: str = "",
        name: str = "",
        media_type: str = "",
        uri: str = "",
    ) -> "Attachment":
        """What the document names without enclosing it."""
        return cls(id, description, name, media_type, uri)

    @property
    def is_enclosed(self) -> bool:
        """Whether the document holds it."""
        return bool(self.sha256)


@dataclass(frozen=True, slots=True)
class Preceding:
    """An earlier invoice that this one refers to, most often what a credit note credits."""

    number: str = ""
    issue_date: dt.date | None = None


@dataclass(frozen=True, slots=True)
class Invoice:
    format: str
    kind: Kind = "invoice"
    type_code: str = ""
    specification: str = ""

    number: str = ""
    issue_date: dt.date | None = None
    due_date: dt.date | None = None
    tax_point_date: dt.date | None = None
    period_start: dt.date | None = None
    period_end: dt.date | None = None
    delivery_date: dt.date | None = None
    currency: str = ""
    tax_currency: str = ""

    seller: Party = Party()
    buyer: Party = Party()
    payee: Party | None = None
    tax_representative: Party | None = None
    delivery: Address | None = None

    buyer_reference: str = ""
    order_reference: str = ""
    sales_order_reference: str = ""
    contract_reference: str = ""
    project_reference: str = ""
    accounting_cost: str = ""
    preceding: tuple[Preceding, ...] = ()
    notes: tuple[str, ...] = ()

    payments: tuple[Payment, ...] = ()
    payment_terms: str = ""

    lines: tuple[Line, ...] = ()
    allowances: tuple[AllowanceCharge, ...] = ()
    vat: tuple[VatGroup, ...] = ()
    totals: Totals = Totals()
    attachments: tuple[Attachment, ...] = ()
    remarks: tuple[Finding, ...] = ()

    @property
    def is_credit_note(self) -> bool:
        """Whether the supplier owes."""
        return self.kind == "credit_note"

    @property
    def payable(self) -> Decimal | None:
        """What is to be paid: negative when the supplier owes."""
        return self.totals.payable

    @property
    def payment_reference(self) -> str:
        """The reference to pay with: OCR, KID, or another text."""
        return next((payment.reference for payment in self.payments if payment.reference), "")

    def to_json(self) -> dict[str, Any]:
        """The invoice as it is stored, without what is empty and without the attachments' contents."""
        kept: dict[str, Any] = to_json(self)
        return kept

    @classmethod
    def from_json(cls, kept: Mapping[str, Any], contents: Sequence[bytes] = ()) -> "Invoice":
        """The invoice that was stored; `contents` are those of its attachments, in order."""
        return from_json(cls, _with_contents(kept, contents))


def _with_contents(kept: Mapping[str, Any], contents: Sequence[bytes]) -> Mapping[str, Any]:
    if not contents:
        return kept
    attachments = [
        {**attachment, "content": content}
        for attachment, content in zip(kept.get("attachments", ()), contents, strict=True)
    ]
    return {**kept, "attachments": attachments}
