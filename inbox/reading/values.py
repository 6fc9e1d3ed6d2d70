"""Values as they are written in a text: amounts, dates, numbers with check digits. Each parser gives what it finds.

A parser gives value, what speaks for it beside its label, and how sure it is.
"""

import datetime as dt
import re
from collections.abc import Callable, Iterator

from stdnum import iban, luhn
from stdnum.eu import vat as eu_vat
from stdnum.no import orgnr as norwegian
from stdnum.se import orgnr as swedish

from inbox.reading.results import Certainty

Found = tuple[str, str, Certainty]
Parser = Callable[[str], Iterator[Found]]

AMOUNT = re.compile(
    r"(?<![\w.,-])(-?\s?(?:\d{1,3}(?:[ .,'’]\d{3})+[.,]\d{2}|\d+[.,]\d{2}|\d{1,3}(?: \d{3})+|\d+))(?![\w]|[.,]\d)"
)
ISO_DATE = re.compile(r"(?<!\d)(20\d\d)[-./](\d{1,2})[-./](\d{1,2})(?!\d)")
SHORT_DATE = re.compile(r"(?<!\d)(20\d\d)(\d\d)(\d\d)(?!\d)")
EUROPEAN_DATE = re.compile(r"(?<!\d)(\d{1,2})[-./](\d{1,2})[-./](20\d\d|\d\d)(?!\d)")
WORDED_DATE = re.compile(
    r"(?<!\d)(\d{1,2})\.?\s+([a-zåäöæø]{3,9})\.?\s+(20\d\d)(?!\d)|([a-z]{3,9})\s+(\d{1,2}),?\s+(20\d\d)", re.I
)
MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan januari januar january",
            "feb februari februar february",
            "mar mars march mrs",
            "apr april",
            "maj mai may",
            "jun juni june",
            "jul juli july",
            "aug augusti august",
            "sep sept september",
            "okt oct oktober october",
            "nov november",
            "dec des december desember",
        ),
        1,
    )
    for name in names.split()
}
NUMBER = re.compile(r"(?<![\w/-])([A-Z]{0,6}[-/]?\d[\w/-]{0,24})(?![\w])")
CURRENCY = re.compile(r"(?<![A-Za-z])(SEK|NOK|DKK|EUR|USD|GBP|CHF|PLN)(?![A-Za-z])")
ORGANISATION = re.compile(r"(?<![\d-])(\d{6}-?\d{4}|\d{3} ?\d{3} ?\d{3})(?![\d-])")
VAT_COUNTRIES = "SE|NO|DK|FI|DE|GB|NL|PL|EE|LV|LT|IE|FR|ES|IT|BE|AT"
VAT_NUMBER = re.compile(
    rf"(?<![A-Za-z0-9])((?:{VAT_COUNTRIES})[ -]?[0-9A-Z][0-9A-Z .-]{{6,14}}\d(?: ?MVA)?)(?![0-9A-Za-z])"
)
BANKGIRO = re.compile(r"(?<![\d-])(\d{3,4}-\d{4})(?![\d-])")
PLUSGIRO = re.compile(r"(?<![\d-])(\d{1,3}(?: ?\d{2,3}){0,2} ?\d{0,2}-\d)(?![\d-])")
NORWEGIAN_ACCOUNT = re.compile(r"(?<!\d)(\d{4}[ .]?\d{2}[ .]?\d{5})(?!\d)")
IBAN = re.compile(r"(?<![A-Za-z0-9])([A-Z]{2}\d{2}(?: ?[0-9A-Z]{4}){2,7}(?: ?[0-9A-Z]{1,4})?)(?![0-9A-Za-z])")
REFERENCE = re.compile(r"(?<![\d-])(\d(?:[ ]?\d){1,24})(?![\d-])")


def amounts(text: str) -> Iterator[Found]:
    """Amounts as they are written in the north: "1 250,00", "1.250,00", "1,250.00", "1250"."""
    for found in AMOUNT.finditer(text):
        raw = re.sub(r"[\s'’]", "", found[1])
        whole, decimals = raw, "00"
        if len(raw) > 3 and raw[-3] in ".,":
            whole, decimals = raw[:-3], raw[-2:]
        digits = re.sub(r"[.,]", "", whole)
        if 0 < len(digits.lstrip("-")) <= 12:
            yield (
                f"{int(digits) if digits.strip('-') else 0}.{decimals}" if digits != "-0" else f"-0.{decimals}",
                "",
                ("high" if "," in raw or "." in raw else "low"),
            )


def dates(text: str) -> Iterator[Found]:
    """Dates in the ways that they are written."""
    for found in ISO_DATE.finditer(text):
        yield from _date(found[1], found[2], found[3], "high")
    for found in EUROPEAN_DATE.finditer(text):
        year = found[3] if len(found[3]) == 4 else f"20{found[3]}"
        yield from _date(year, found[2], found[1], "high" if "." in found[0] else "medium")
    for found in WORDED_DATE.finditer(text):
        day, month, year = (found[1], found[2], found[3]) if found[1] else (found[5], found[4], found[6])
        if number := MONTHS.get(month.lower()):
            yield from _date(year, str(number), day, "high")
    for found in SHORT_DATE.finditer(text):
        yield from _date(found[1], found[2], found[3], "medium")


def _date(year: str, month: str, day: str, certainty: Certainty) -> Iterator[Found]:
    try:
        yield dt.date(int(year), int(month), int(day)).isoformat(), "", certainty
    except ValueError:
        return


def numbers(text: str) -> Iterator[Found]:
    """An invoice's number: letters and digits, no date and no amount."""
    for found in NUMBER.finditer(text):
        value = found[1].strip(" -/")
        if not ISO_DATE.fullmatch(value) and not re.match(r"[.,]\d\d(?!\d)", text[found.end() :]):
            yield value, "", "high" if len(value) >= 3 else "low"


def currencies(text: str) -> Iterator[Found]:
    """A currency by its code."""
    for found in CURRENCY.finditer(text):
        yield found[1], "", "medium"


def organisation_numbers(text: str) -> Iterator[Found]:
    """Swedish and Norwegian organisation numbers with a right check digit."""
    for found in ORGANISATION.finditer(text):
        digits = re.sub(r"\D", "", found[1])
        right = swedish.is_valid(digits) if len(digits) == 10 else norwegian.is_valid(digits)
        yield digits, "check digit" if right else "", "high" if right else "low"


def vat_numbers(text: str) -> Iterator[Found]:
    """VAT numbers with their country, and Norway's with MVA."""
    for found in VAT_NUMBER.finditer(text):
        value = re.sub(r"[ .-]", "", found[1])
        bare = value.removeprefix("NO").removesuffix("MVA")
        right = norwegian.is_valid(bare) if value.startswith("NO") else eu_vat.is_valid(value)
        if right:
            yield value, "check digit", "high"


def bankgiro(text: str) -> Iterator[Found]:
    """Bankgiro numbers: their last digit is Luhn's."""
    for found in BANKGIRO.finditer(text):
        if luhn.is_valid(found[1].replace("-", "")):
            yield found[1], "check digit", "high"


def plusgiro(text: str) -> Iterator[Found]:
    """Plusgiro numbers: their last digit is Luhn's."""
    for found in PLUSGIRO.finditer(text):
        digits = re.sub(r"\D", "", found[1])
        if 2 <= len(digits) <= 8 and luhn.is_valid(digits):
            yield f"{digits[:-1]}-{digits[-1]}", "check digit", "high"


def ibans(text: str) -> Iterator[Found]:
    """IBANs with right check digits."""
    for found in IBAN.finditer(text):
        words = found[1].split(" ")
        for count in range(len(words), 0, -1):  # what follows may be another word in capitals
            value = "".join(words[:count])
            if iban.is_valid(value):
                yield value, "check digit", "high"
                break


def norwegian_accounts(text: str) -> Iterator[Found]:
    """Norwegian bank accounts (eleven digits with a check digit), told as their IBAN."""
    for found in NORWEGIAN_ACCOUNT.finditer(text):
        digits = re.sub(r"\D", "", found[1])
        weights = (5, 4, 3, 2, 7, 6, 5, 4, 3, 2)
        check = 11 - sum(int(digit) * weight for digit, weight in zip(digits, weights, strict=False)) % 11
        if check % 11 == int(digits[-1]):
            yield f"NO{98 - int(digits + '232400') % 97:02d}{digits}", "check digit", "high"


def references(text: str) -> Iterator[Found]:
    """OCR and KID numbers."""
    for found in REFERENCE.finditer(text):
        digits = found[1].replace(" ", "")
        if len(digits) >= 2:
            right = luhn.is_valid(digits)
            yield digits, "check digit" if right else "", "high" if right else "medium"
