"""What codes are called, and numbers and dates as the reader's language writes them."""

import datetime as dt
from decimal import Decimal

from django.utils.formats import date_format, number_format
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

FORMATS = {
    "peppol_bis3": "Peppol BIS Billing 3",
    "ubl": "UBL 2 (EN 16931)",
    "cii": "UN/CEFACT CII",
    "svefaktura": "Svefaktura 1.0",
}
CATEGORIES: dict[str, str | Promise] = {
    "S": _("standard rate"),
    "Z": _("zero rate"),
    "E": _("exempt from VAT"),
    "AE": _("reverse charge"),
    "K": _("trade within the EU"),
    "G": _("export outside the EU"),
    "O": _("outside the scope of VAT"),
    "L": "IGIC",
    "M": "IPSI",
}
_PIECES, _HOURS, _DAYS, _MONTHS = _("pcs"), _("hours"), _("days"), _("months")
# Of UN/ECE recommendation 20, and codes of older invoices
UNITS: dict[str, str | Promise] = {
    **dict.fromkeys(("C62", "EA", "H87", "PCE", "NAR", "XPP", "ST"), _PIECES),
    "HUR": _HOURS,
    "DAY": _DAYS,
    "MON": _MONTHS,
    "KGM": "kg",
    "GRM": "g",
    "TNE": "t",
    "LTR": "l",
    "MTR": "m",
    "KMT": "km",
    "MTK": "m²",
    "MTQ": "m³",
    "KWH": "kWh",
    "P1": "%",
}
ACCOUNTS: dict[str, str | Promise] = {
    "bankgiro": "Bankgiro",
    "plusgiro": "Plusgiro",
    "iban": "IBAN",
    "norwegian": _("Account"),
    "other": _("Account"),
}
# Of UNTDID 4461, those that suppliers use
MEANS: dict[str, str | Promise] = {
    "1": _("not said"),
    "10": _("cash"),
    "20": _("cheque"),
    "30": _("credit transfer"),
    "31": _("debit transfer"),
    "42": _("transfer to a bank account"),
    "48": _("card"),
    "49": _("direct debit"),
    "50": "plusgiro",
    "54": _("credit card"),
    "55": _("debit card"),
    "56": "bankgiro",
    "57": _("standing agreement"),
    "58": _("SEPA credit transfer"),
    "59": _("SEPA direct debit"),
    "68": _("online payment service"),
    "97": _("set off between partners"),
}
_SHOWN_DECIMALS = 2


def amount(value: Decimal | None, currency: str = "") -> str:
    """An amount with two decimals, more if it has more."""
    if value is None:
        return ""
    told = _number(value, max(_SHOWN_DECIMALS, decimals(value)))
    return f"{told}\u00a0{currency}" if currency else told


def quantity(value: Decimal | None, unit: str = "") -> str:
    """A number with the decimals that it needs, and its unit."""
    if value is None:
        return ""
    told, name = _number(value, decimals(value)), str(UNITS.get(unit, unit))
    return f"{told}\u00a0{name}" if name else told


def percent(value: Decimal | None) -> str:
    """A rate."""
    return "" if value is None else f"{_number(value, decimals(value))}\u00a0%"


def means(code: str) -> str:
    """How something is paid, with the code that rules speak of."""
    return f"{capfirst(str(MEANS[code]))} ({code})" if code in MEANS else code


def day(value: dt.date | None) -> str:
    """A date."""
    return "" if value is None else date_format(value, "SHORT_DATE_FORMAT")


def period(start: dt.date | None, end: dt.date | None) -> str:
    """A period, which may be open."""
    return f"{day(start)} – {day(end)}".strip() if start or end else ""


def decimals(value: Decimal) -> int:
    """How many decimals a number needs."""
    exponent = value.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def _number(value: Decimal, places: int) -> str:
    return str(number_format(value, places, use_l10n=True, force_grouping=True))
