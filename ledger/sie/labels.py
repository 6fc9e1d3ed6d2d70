"""The records of single labels. Source: SIE 4B §11."""

from typing import get_args

from ledger.importing.messages import message as _
from ledger.importing.records import CODE_LENGTH, NAME_LENGTH, NUMBER_LENGTH, SIGNATURE_LENGTH, TEXT_LENGTH
from ledger.sie.exceptions import BrokenValueError
from ledger.sie.fields import Fields
from ledger.sie.records import (
    AccountKind,
    AccountName,
    BalanceKind,
    BalanceLine,
    Dimension,
    ObjectName,
    VoucherStart,
    Year,
)
from ledger.sie.values import parse_period

KINDS: dict[str, BalanceKind] = {f"#{kind}": kind for kind in get_args(BalanceKind)}
PER_OBJECT = {"OIB", "OUB", "PSALDO", "PBUDGET"}
PER_PERIOD = {"PSALDO", "PBUDGET"}
LETTERS = {"T", "S", "I", "K"}  # asset, liability, income, expense
ROWS = {"#TRANS", "#RTRANS", "#BTRANS"}


def year(fields: Fields, line: int) -> Year:
    """#RAR number first-day last-day."""
    found = Year(line, fields.number("årsnr"), fields.date("start"), fields.date("slut"))
    if found.last_day < found.first_day:
        raise BrokenValueError(_("The financial year ends before it starts."))
    return found


def account_name(fields: Fields, line: int) -> AccountName:
    """#KONTO number name."""
    return AccountName(line, fields.filled("kontonr", NUMBER_LENGTH), fields.optional(NAME_LENGTH))


def account_kind(fields: Fields, line: int) -> AccountKind:
    """#KTYP number letter."""
    return AccountKind(line, fields.filled("kontonr", NUMBER_LENGTH), fields.text("kontotyp").upper())


def dimension(fields: Fields, line: int) -> Dimension:
    """#DIM number name."""
    return Dimension(line, fields.dimension("dimensionsnr"), fields.optional(NAME_LENGTH), None)


def sub_dimension(fields: Fields, line: int) -> Dimension:
    """#UNDERDIM number name parent."""
    number, name = fields.dimension("dimensionsnr"), fields.text("namn", NAME_LENGTH)
    return Dimension(line, number, name, fields.dimension("superdimension"))


def object_name(fields: Fields, line: int) -> ObjectName:
    """#OBJEKT dimension code name."""
    number, code = fields.dimension("dimensionsnr"), fields.text("objektnr", CODE_LENGTH)
    return ObjectName(line, number, code, fields.optional(NAME_LENGTH))


def balance(fields: Fields, line: int) -> BalanceLine:
    """#IB, #UB, #RES year account amount quantity; the others also with a period or objects."""
    kind = KINDS[fields.label]
    return BalanceLine(
        line,
        kind,
        year=fields.number("årsnr"),
        period=parse_period(fields.text("period")) if kind in PER_PERIOD else None,
        account=fields.filled("konto", NUMBER_LENGTH),
        objects=fields.objects() if kind in PER_OBJECT else (),
        amount=fields.amount("saldo"),
        quantity=fields.quantity(),
    )


def voucher(fields: Fields, line: int) -> VoucherStart:
    """#VER series number date text registered-on signature."""
    return VoucherStart(
        line,
        series=fields.text("serie", NUMBER_LENGTH),
        number=fields.text("vernr", NUMBER_LENGTH),
        voucher_date=fields.date("verdatum"),
        text=fields.optional(TEXT_LENGTH),
        registered_on=fields.optional_date(),
        signature=fields.optional(SIGNATURE_LENGTH),
    )
