"""Texts, amounts and dates as they stand in documents: cleaned, exact, and never more than a register can hold."""

import datetime as dt
import re
import unicodedata
from decimal import Decimal

# What the registers hold of an amount: 18 digits, two of them decimals
MOST = Decimal(10) ** 16
_NUMBER = re.compile(r"[+-]?(?:[0-9]{1,30}(?:\.[0-9]{0,20})?|\.[0-9]{1,20})")
_DATE = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:T[0-9:.]{1,18})?(?:Z|[+-][0-9]{2}:[0-9]{2})?")
_PLAIN_DATE = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})")
FIRST_YEAR, LAST_YEAR = 1900, 2199

_LINE_ENDS = re.compile(r"\r\n?|[\u0085\u2028\u2029]")
_BLANKS = re.compile(r"[^\S\n]+")
_MANY_LINES = re.compile(r"\n{3,}")
# Joiners belong to scripts and to pictures; whatever else is invisible or turns the text round has no place in a field.
_KEPT = {"\n", "\u200c", "\u200d"}
_DROPPED_CATEGORIES = {"Cc", "Cf", "Cn", "Co", "Cs"}
_SOFT_HYPHEN = "\u00ad"


class BadValue(ValueError):
    """A text that is no number or date."""


class TooLarge(BadValue):
    """A number beyond what any register holds."""


def cleaned(text: str) -> tuple[str, bool]:
    """A text without what can't be seen, and whether something was taken out of it."""
    plain = _LINE_ENDS.sub("\n", text).replace("\t", " ").replace(_SOFT_HYPHEN, "")
    seen = "".join(character for character in plain if _is_seen(character))
    tidy = "\n".join(_BLANKS.sub(" ", line).strip() for line in unicodedata.normalize("NFC", seen).split("\n"))
    return _MANY_LINES.sub("\n\n", tidy).strip(), len(seen) != len(plain)


def _is_seen(character: str) -> bool:
    return character in _KEPT or (character.isascii() and character >= " ") or not _is_dropped(character)


def _is_dropped(character: str) -> bool:
    return unicodedata.category(character) in _DROPPED_CATEGORIES


def number(text: str) -> Decimal:
    """A number written as XML has it: digits and a point, no exponent, no blanks, no words."""
    if not _NUMBER.fullmatch(text):
        raise BadValue(text)
    value = Decimal(text)
    if abs(value) >= MOST:
        raise TooLarge(text)
    return value


def date(text: str) -> dt.date:
    """A date written as YYYY-MM-DD, whatever time and time zone follow it."""
    found = _DATE.fullmatch(text)
    if not found:
        raise BadValue(text)
    return _day(found[1])


def plain_date(text: str) -> dt.date:
    """A date written as YYYYMMDD."""
    found = _PLAIN_DATE.fullmatch(text)
    if not found:
        raise BadValue(text)
    return _day("-".join(found.groups()))


def _day(text: str) -> dt.date:
    try:
        day = dt.date.fromisoformat(text)
    except ValueError:
        raise BadValue(text) from None
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise BadValue(text)
    return day
