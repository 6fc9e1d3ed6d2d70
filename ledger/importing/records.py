"""What a file says, thing by thing, whatever its format; amounts are debit positive."""

import datetime as dt
import re
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal, NamedTuple

BalanceKind = Literal["IB", "UB", "RES", "OIB", "OUB", "PSALDO", "PBUDGET"]
Objects = tuple[tuple[int, str], ...]  # dimension and code

VALID_COMPANY_NUMBER = re.compile(r"[A-Za-z0-9._-]{1,32}")

NAME_LENGTH = 200
NUMBER_LENGTH = 32
CODE_LENGTH = 64
TEXT_LENGTH = 500
SIGNATURE_LENGTH = 100


class Stated(NamedTuple):
    """A text of the file and the line that states it."""

    text: str = ""
    line: int = 1


NOT_STATED = Stated()


class Year(NamedTuple):
    """A financial year; `number` is 0 for the file's own year, -1 for the one before."""

    line: int
    number: int
    first_day: dt.date
    last_day: dt.date


class Labels(NamedTuple):
    """What a format calls the things that messages name."""

    company_number: str
    company_name: str
    account: str
    year: str


@dataclass
class Identity:
    """Whose books; complete when the file is read to its end."""

    labels: Labels
    organisation_number: Stated = NOT_STATED
    name: Stated = NOT_STATED
    currency: Stated = NOT_STATED
    time_zone: str = ""
    years: list[Year] = field(default_factory=list)

    @property
    def company_number(self) -> Stated | None:
        """The number that the file gives its company, if it is one."""
        return next(filter(_is_number, self._company_numbers()), None)

    def _company_numbers(self) -> tuple[Stated, ...]:
        """What the file may mean by it, best first."""
        return (self.organisation_number,)


def _is_number(stated: Stated) -> bool:
    return VALID_COMPANY_NUMBER.fullmatch(stated.text) is not None


class Dimension(NamedTuple):
    """A dimension, perhaps part of another."""

    line: int
    number: int
    name: str
    parent: int | None


class ObjectName(NamedTuple):
    """An object of a dimension; what the file doesn't say of it is None."""

    line: int
    dimension: int
    code: str
    name: str
    active: bool | None = None
    valid_from: dt.date | None = None
    valid_to: dt.date | None = None


class BalanceLine(NamedTuple):
    """A balance of a year; PSALDO is the period's change."""

    line: int
    kind: BalanceKind
    year: int
    period: str | None
    account: str
    objects: Objects
    amount: Decimal
    quantity: Decimal | None


class VoucherStart(NamedTuple):
    """A voucher; without a number it is given one."""

    line: int
    series: str
    number: str
    voucher_date: dt.date
    text: str
    registered_on: dt.date | None
    signature: str


class Row(NamedTuple):
    """A row of the voucher that started before it."""

    line: int
    account: str
    objects: Objects
    amount: Decimal
    entry_date: dt.date
    text: str
    quantity: Decimal | None
    signature: str


class VoucherEnd(NamedTuple):
    """The voucher is whole and sums to zero."""

    line: int
    start: VoucherStart
    rows: int
