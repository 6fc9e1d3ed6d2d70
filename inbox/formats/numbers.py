"""Numbers that people write with blanks, hyphens and dots, in the form in which they are compared."""

import re
from typing import Literal

from stdnum.no import kontonr

AccountKind = Literal["bankgiro", "plusgiro", "iban", "norwegian", "other", ""]

BANKGIRO = {"SE:BANKGIRO", "BGABSESS"}
PLUSGIRO = {"SE:PLUSGIRO", "PGSISESS"}
# Codes of UNTDID 4461 by which Swedish invoices named their giros before SE:BANKGIRO and SE:PLUSGIRO
_CODE_OF_BANKGIRO, _CODE_OF_PLUSGIRO = "56", "50"

_SEPARATORS = re.compile(r"[\s.\-–/]+")
_IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}")
_NORWEGIAN = re.compile(r"[0-9]{11}")
_SWEDISH_WITH_CENTURY = re.compile(r"16([0-9]{10})")
_SWEDISH_VAT = re.compile(r"SE([0-9]{10})01")


def digits(text: str) -> str:
    """Only the digits of a number."""
    return "".join(character for character in text if character in "0123456789")


def compact(text: str) -> str:
    """A number without blanks, dots, hyphens and slashes, in capitals."""
    return _SEPARATORS.sub("", text).upper()


def account_kind(account: str, branch: str = "", means_code: str = "") -> AccountKind:
    """What kind of account a payment is to: by its branch, else by how it looks."""
    plain, giro = compact(account), branch.strip().upper()
    if not plain:
        return ""
    if giro in BANKGIRO or (means_code == _CODE_OF_BANKGIRO and plain.isdigit()):
        return "bankgiro"
    if giro in PLUSGIRO or (means_code == _CODE_OF_PLUSGIRO and plain.isdigit()):
        return "plusgiro"
    if _IBAN.fullmatch(plain):
        return "iban"
    return "norwegian" if _NORWEGIAN.fullmatch(plain) and kontonr.is_valid(plain) else "other"


def normal_account(account: str) -> str:
    """An account as it is compared."""
    return compact(account)


def written(account: str, kind: str) -> str:
    """An account as people write one of its kind; as it stands where it has another form."""
    plain = compact(account)
    if kind == "bankgiro" and plain.isdecimal() and 7 <= len(plain) <= 8:
        return f"{plain[:-4]}-{plain[-4:]}"
    if kind == "plusgiro" and plain.isdecimal() and 2 <= len(plain) <= 8:
        return f"{plain[:-1]}-{plain[-1]}"
    if kind == "iban" and _IBAN.fullmatch(plain):
        return " ".join(plain[place : place + 4] for place in range(0, len(plain), 4))
    return account


def normal_vat(number: str) -> str:
    """A VAT number as it is compared."""
    return compact(number)


def normal_organisation_number(number: str) -> str:
    """An organisation number as it is compared: a Swedish one without its century, both without what VAT adds."""
    plain = compact(number)
    for pattern in (_SWEDISH_WITH_CENTURY, _SWEDISH_VAT):
        if found := pattern.fullmatch(plain):
            return found[1]
    return plain.removeprefix("NO").removesuffix("MVA") if plain.endswith("MVA") else plain
