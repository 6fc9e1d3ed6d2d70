"""What a SAF-T file says, record by record; amounts are debit positive."""

import datetime as dt
import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, NamedTuple

from ledger.importing.records import NOT_STATED, Identity, Labels, Stated, VoucherEnd, VoucherStart
from ledger.models import Account

LABELS = Labels(
    company_number="RegistrationNumber",
    company_name="Company/Name",
    account="GeneralLedgerAccounts",
    year="SelectionCriteria",
)
_NORWEGIAN_NUMBER = re.compile(r"(?:NO)?((?:\s*[0-9]){9})\s*(?:MVA)?", re.IGNORECASE)


class Selection(NamedTuple):
    """The days that the file is about."""

    line: int
    first_day: dt.date
    last_day: dt.date


@dataclass
class SaftIdentity(Identity):
    """Whose books, in which version; complete when the header is read."""

    labels: Labels = LABELS
    version: str = ""
    selection: Selection | None = None

    def _company_numbers(self) -> tuple[Stated, ...]:
        digits = organisation_number(self.organisation_number.text)
        return (self.organisation_number, self.organisation_number._replace(text=digits))


def organisation_number(text: str) -> str:
    """A Norwegian organisation number's nine digits, without what stands around them; any other text as it is."""
    match = _NORWEGIAN_NUMBER.fullmatch(text)
    return re.sub(r"\s", "", match[1]) if match else text


class SaftAccount(NamedTuple):
    """An account with its balances at both ends of the selection; the type is None where its category has both signs.

    `is_typed` tells whether the file states it, or it is concluded from the account's number.
    """

    line: int
    number: str
    name: str
    account_type: Account.Type | None
    is_typed: bool
    opening: Decimal
    closing: Decimal


class Partner(NamedTuple):
    """A customer or supplier; what the file doesn't say is empty, or None."""

    line: int
    kind: Literal["customer", "supplier"]
    number: str
    name: str
    organisation_number: str
    email: str
    phone: str
    address: str
    postal_code: str
    city: str
    country: str
    currency: str
    payment_terms_days: int | None
    active: bool | None
    iban: str
    bic: str


class Analysis(NamedTuple):
    """An object of an analysis type."""

    line: int
    type: str
    type_name: str
    code: str
    name: str
    active: bool | None
    valid_from: dt.date | None
    valid_to: dt.date | None


class Line(NamedTuple):
    """A row; `analyses` are pairs of type and code, each type once."""

    line: int
    account: str
    analyses: tuple[tuple[str, str], ...]
    customer: str
    supplier: str
    amount: Decimal
    entry_date: dt.date | None
    text: str
    quantity: Decimal | None


class Transaction(NamedTuple):
    """A voucher that begins, and the period that it is booked in."""

    start: VoucherStart
    period: int | None
    period_year: int | None


Record = SaftIdentity | SaftAccount | Partner | Analysis | Transaction | Line | VoucherEnd

__all__ = [
    "LABELS",
    "NOT_STATED",
    "Analysis",
    "Line",
    "Partner",
    "Record",
    "SaftAccount",
    "SaftIdentity",
    "Selection",
    "Stated",
    "Transaction",
    "organisation_number",
]
