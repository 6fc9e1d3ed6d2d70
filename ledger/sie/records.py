"""What a SIE file says, line by line, as typed records. Source: SIE 4B §11."""

import datetime as dt
import re
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal, NamedTuple

from ledger.sie.lines import Objects

BalanceKind = Literal["IB", "UB", "RES", "OIB", "OUB", "PSALDO", "PBUDGET"]
SieType = Literal["1", "2", "3", "4", "4I"]

VALID_COMPANY_NUMBER = re.compile(r"[A-Za-z0-9._-]{1,32}")


class Stated(NamedTuple):
    """A text of the file and the line that states it."""

    text: str = ""
    line: int = 1


NOT_STATED = Stated()


@dataclass
class Identity:
    """Whose books, of what kind; complete when the file is read to its end."""

    number: Stated = NOT_STATED  # #FNR
    organisation_number: Stated = NOT_STATED  # #ORGNR
    name: Stated = NOT_STATED  # #FNAMN
    program: Stated = NOT_STATED
    currency: Stated = NOT_STATED
    declared_type: int = 1
    already_imported: bool = False
    has_balances: bool = False
    years: list["Year"] = field(default_factory=list)

    @property
    def sie_type(self) -> SieType:
        """The file's type; 4E and 4I both say 4, and only 4I has no balances."""
        match self.declared_type:
            case 1 | 2 | 3 as number:
                return _TYPES[number]
            case _:
                return "4" if self.has_balances else "4I"

    @property
    def company_number(self) -> Stated | None:
        """The number that the file gives its company: #FNR where that is a valid number, else #ORGNR."""
        for stated in (self.number, self.organisation_number):
            if VALID_COMPANY_NUMBER.fullmatch(stated.text):
                return stated
        return None


_TYPES: dict[int, SieType] = {1: "1", 2: "2", 3: "3"}


class Year(NamedTuple):
    """#RAR: a financial year; `number` is 0 for the file's own year, -1 for the one before."""

    line: int
    number: int
    first_day: dt.date
    last_day: dt.date


class AccountName(NamedTuple):
    """#KONTO."""

    line: int
    number: str
    name: str


class AccountKind(NamedTuple):
    """#KTYP: `letter` is T (asset), S (liability), I (income) or K (expense)."""

    line: int
    number: str
    letter: str


class Dimension(NamedTuple):
    """#DIM, or #UNDERDIM with the dimension that it is part of."""

    line: int
    number: int
    name: str
    parent: int | None


class ObjectName(NamedTuple):
    """#OBJEKT: an object of a dimension."""

    line: int
    dimension: int
    code: str
    name: str


class BalanceLine(NamedTuple):
    """#IB, #UB, #RES, #OIB, #OUB, #PSALDO or #PBUDGET; the amount is debit positive, #PSALDO is the period's change."""

    line: int
    kind: BalanceKind
    year: int
    period: str | None
    account: str
    objects: Objects
    amount: Decimal
    quantity: Decimal | None


class VoucherStart(NamedTuple):
    """#VER; series and number may be empty in a file of type 4I."""

    line: int
    series: str
    number: str
    voucher_date: dt.date
    text: str
    registered_on: dt.date | None
    signature: str


class Row(NamedTuple):
    """#TRANS (or an #RTRANS alone), of the voucher that started before it; the amount is debit positive."""

    line: int
    account: str
    objects: Objects
    amount: Decimal
    entry_date: dt.date
    text: str
    quantity: Decimal | None
    signature: str


class VoucherEnd(NamedTuple):
    """The closing brace: the voucher is whole and sums to zero."""

    line: int
    start: VoucherStart
    rows: int


Record = AccountName | AccountKind | Dimension | ObjectName | BalanceLine | VoucherStart | Row | VoucherEnd
