"""Amounts, dates and texts of fields. Source: SIE 4B §5.7 and §11."""

import datetime as dt
import re
from decimal import Decimal
from functools import lru_cache

from ledger.importing.messages import message as _
from ledger.sie.exceptions import BrokenValueError, quoted

_AMOUNT = re.compile(r"[+-]?(?:[0-9]{1,16}(?:\.[0-9]{0,2})?|\.[0-9]{1,2})")
_QUANTITY = re.compile(r"[+-]?(?:[0-9]{1,13}(?:\.[0-9]*)?|\.[0-9]+)")
_DATE = re.compile(r"[0-9]{8}")
_PERIOD = re.compile(r"[0-9]{4}(?:0[1-9]|1[0-2])")
_QUANTITY_STEP = Decimal("0.0001")


def parse_amount(text: str) -> Decimal:
    """Return an amount, debit positive: at most 16 digits before a full stop and 2 after it."""
    if not _AMOUNT.fullmatch(text):
        raise BrokenValueError(
            _("%(text)s is no amount.") % {"text": quoted(text)},
            advice=_("An amount has a full stop, at most two decimals and no blanks: -1250.50."),
        )
    return Decimal(text)


def parse_quantity(text: str) -> Decimal | None:
    """Return a quantity with all the decimals that it is written with, or None for an empty field."""
    if not text:
        return None
    if not _QUANTITY.fullmatch(text):
        raise BrokenValueError(_("%(text)s is no quantity.") % {"text": quoted(text)})
    return Decimal(text)


def is_finer_than_kept(quantity: Decimal) -> bool:
    """Whether a quantity has more than the 4 decimals that are kept, and so is rounded."""
    return quantity != quantity.quantize(_QUANTITY_STEP)


@lru_cache(maxsize=4096)
def parse_date(text: str) -> dt.date:
    """Return a date written YYYYMMDD."""
    try:
        if _DATE.fullmatch(text):
            return dt.date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError as error:
        raise _no_date(text) from error
    raise _no_date(text)


def parse_period(text: str) -> str:
    """Return a month written YYYYMM."""
    if not _PERIOD.fullmatch(text):
        raise BrokenValueError(_("%(text)s is no period (YYYYMM).") % {"text": quoted(text)})
    return text


def parse_text(text: str, limit: int) -> str:
    """Return a text of at most so many characters."""
    if len(text) > limit:
        raise BrokenValueError(
            _("A text has %(length)d characters, %(limit)d are kept.") % {"length": len(text), "limit": limit},
            advice=_("Shorten it in the bookkeeping program, and export the file again."),
        )
    return text


def _no_date(text: str) -> BrokenValueError:
    return BrokenValueError(_("%(text)s is no date (YYYYMMDD).") % {"text": quoted(text)})
