"""A voucher's rows: the common form of #TRANS by one regular expression, every other form field by field.

Source: SIE 4B §11 (#TRANS, #RTRANS, #BTRANS).
"""

import datetime as dt
import re
from collections import Counter
from decimal import Decimal

from ledger.importing.records import NUMBER_LENGTH, SIGNATURE_LENGTH, TEXT_LENGTH, Objects
from ledger.sie.fields import Fields
from ledger.sie.lines import parse_objects
from ledger.sie.records import Row
from ledger.sie.values import parse_amount, parse_date, parse_quantity, parse_text

_FIELD = r'("[^"\\]*+"|[^ \t"\\{}]++)'
_NEXT = rf"(?:[ \t]++{_FIELD})?+"
_COMMON = re.compile(
    rf"[ \t]*+#TRANS[ \t]++{_FIELD}[ \t]*+\{{([^{{}}]*+)\}}[ \t]*+{_FIELD}{_NEXT}{_NEXT}{_NEXT}{_NEXT}[ \t]*+"
)


def common_row(text: str, line: int, voucher_date: dt.date) -> Row | None:
    """Return the row of a #TRANS line without escapes, or None for any other line, which `any_row` then reads."""
    match = _COMMON.fullmatch(text)
    if match is None:
        return None
    account, objects, amount, date, row_text, quantity, signature = match.groups("")
    account, date = account.strip('"'), date.strip('"')
    if not account:
        return None
    return Row(
        line,
        account if len(account) <= NUMBER_LENGTH else parse_text(account, NUMBER_LENGTH),
        parse_objects(objects),
        parse_amount(amount.strip('"')),
        parse_date(date) if date else voucher_date,
        parse_text(row_text.strip('"'), TEXT_LENGTH),
        parse_quantity(quantity.strip('"')) if quantity else None,
        parse_text(signature.strip('"'), SIGNATURE_LENGTH) if signature else "",
    )


def any_row(fields: Fields, line: int, voucher_date: dt.date) -> Row:
    """Return the row of a #TRANS, #RTRANS or #BTRANS: account, objects, amount, date, text, quantity, signature."""
    return Row(
        line,
        account=fields.filled("kontonr", NUMBER_LENGTH),
        objects=fields.objects(),
        amount=fields.amount("belopp"),
        entry_date=fields.optional_date() or voucher_date,
        text=fields.optional(TEXT_LENGTH),
        quantity=fields.quantity(),
        signature=fields.optional(SIGNATURE_LENGTH),
    )


class AddedRows:
    """The rows of a voucher that were added later (#RTRANS), each until the #TRANS that repeats it for older readers.

    The standard wants that one at once; programs also write all added rows first and repeat them then.
    """

    def __init__(self) -> None:
        self._waiting: Counter[tuple[str, Objects, Decimal]] = Counter()

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def add(self, row: Row) -> None:
        """Note an #RTRANS."""
        self._waiting[_said(row)] += 1

    def repeats(self, row: Row) -> bool:
        """Whether a #TRANS repeats an added row, which is then no longer waited for."""
        said = _said(row)
        if said not in self._waiting:
            return False
        self._waiting -= Counter([said])  # drops what has come to zero
        return True


def _said(row: Row) -> tuple[str, Objects, Decimal]:
    return row.account, row.objects, row.amount
