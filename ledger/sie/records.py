"""What a SIE file says, line by line, as typed records. Source: SIE 4B §11.

#DIM, #OBJEKT, the balances, #VER and its rows are records that other formats have as well.
"""

from dataclasses import dataclass
from typing import Literal, NamedTuple

from ledger.importing.records import (
    NOT_STATED,
    VALID_COMPANY_NUMBER,
    BalanceKind,
    BalanceLine,
    Dimension,
    Identity,
    Labels,
    ObjectName,
    Row,
    Stated,
    VoucherEnd,
    VoucherStart,
    Year,
)

__all__ = [
    "VALID_COMPANY_NUMBER",
    "AccountKind",
    "AccountName",
    "BalanceKind",
    "BalanceLine",
    "Dimension",
    "ObjectName",
    "Record",
    "Row",
    "SieIdentity",
    "SieType",
    "Stated",
    "VoucherEnd",
    "VoucherStart",
    "Year",
]

SieType = Literal["1", "2", "3", "4", "4I"]
_TYPES: dict[int, SieType] = {1: "1", 2: "2", 3: "3"}

LABELS = Labels(company_number="#FNR, #ORGNR", company_name="#FNAMN", account="#KONTO", year="#RAR")


@dataclass
class SieIdentity(Identity):
    """Whose books, of what kind; complete when the file is read to its end."""

    labels: Labels = LABELS
    number: Stated = NOT_STATED  # #FNR
    program: Stated = NOT_STATED
    declared_type: int = 1
    already_imported: bool = False
    has_balances: bool = False

    @property
    def sie_type(self) -> SieType:
        """The file's type; 4E and 4I both say 4, and only 4I has no balances."""
        match self.declared_type:
            case 1 | 2 | 3 as number:
                return _TYPES[number]
            case _:
                return "4" if self.has_balances else "4I"

    def _company_numbers(self) -> tuple[Stated, ...]:
        return (self.number, self.organisation_number)


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


Record = AccountName | AccountKind | Dimension | ObjectName | BalanceLine | VoucherStart | Row | VoucherEnd
