"""Numbers with a check digit: a mistyped one is paid to somebody else, or to nobody. All warnings."""

import re
from collections.abc import Iterator

from stdnum import ean, iban, luhn
from stdnum.eu import vat as eu_vat
from stdnum.no import kontonr, mva
from stdnum.no import orgnr as norwegian
from stdnum.se import orgnr as swedish

from inbox.checks.rules import note, warning
from inbox.formats.findings import Finding
from inbox.formats.invoice import Identifier, Invoice, Party, Payment
from inbox.formats.numbers import compact, digits
from ledger.importing.messages import message as _

GLN, SWEDISH, NORWEGIAN = "0088", "0007", "0192"
_KID = re.compile(r"[0-9]{1,24}[0-9-]")
_REFERENCE = re.compile(r"[0-9]{2,25}")

_WRONG = _("The check digit is wrong: the number is mistyped.")


def findings(invoice: Invoice) -> Iterator[Finding]:
    """Numbers that can't be right."""
    for name, party in (("seller", invoice.seller), ("buyer", invoice.buyer), ("payee", invoice.payee)):
        if party is not None:
            yield from _party(party, name)
    for place, payment in enumerate(invoice.payments):
        yield from _account(payment, f"payments.{place}.account")
        yield from _reference(payment, f"payments.{place}.reference")


def is_kid(reference: str) -> bool:
    """Whether a reference is a Norwegian KID: up to 25 digits, the last by MOD10 or MOD11 (where 10 is a hyphen)."""
    return bool(_KID.fullmatch(reference)) and (_by_mod10(reference) or _by_mod11(reference))


def _by_mod10(reference: str) -> bool:
    return reference.isdigit() and luhn.is_valid(reference)


def _by_mod11(reference: str) -> bool:
    weighted = sum(int(digit) * (2 + place % 6) for place, digit in enumerate(reversed(reference[:-1])))
    control = (11 - weighted % 11) % 11
    return reference[-1] == ("-" if control == 10 else str(control))


def _party(party: Party, name: str) -> Iterator[Finding]:
    stated = Identifier(party.organisation_number, party.organisation_scheme)
    is_told_elsewhere = name == "seller" and party.address.country == "SE"
    if not is_told_elsewhere:
        yield from _identifier(stated, f"{name}.organisation_number", party.address.country)
    yield from _identifier(Identifier(party.endpoint, party.endpoint_scheme), f"{name}.endpoint")
    for place, identifier in enumerate(party.identifiers):
        yield from _identifier(identifier, f"{name}.identifiers.{place}")
    number = compact(party.vat_number)
    # Sellers' Norwegian numbers are NO-R-001's.
    if number and not _is_vat(number) and not (name == "seller" and number.startswith("NO")):
        yield warning("UTK-VAT-NUMBER", f"{name}.vat_number", party.vat_number, _("This can't be a VAT number."))


def _identifier(identifier: Identifier, path: str, country: str = "") -> Iterator[Finding]:
    value, scheme = compact(identifier.value), identifier.scheme
    if not value:
        return
    if scheme == GLN and not (len(value) == 13 and ean.is_valid(value)):
        told = _("This can't be a location number (GLN).")
        yield warning("PEPPOL-COMMON-R040", path, identifier.value, told)
    elif (scheme == NORWEGIAN or (not scheme and country == "NO")) and not norwegian.is_valid(value):
        told = _("This can't be a Norwegian organisation number.")
        yield warning("PEPPOL-COMMON-R041", path, identifier.value, told)
    elif (scheme == SWEDISH or (not scheme and country == "SE")) and not swedish.is_valid(value):
        told = _("This can't be a Swedish organisation number.")
        yield warning("PEPPOL-COMMON-R049", path, identifier.value, told)


def _is_vat(number: str) -> bool:
    """Whether this may be a VAT number; those of countries that aren't known here are let be."""
    if number.startswith("NO"):
        return bool(mva.is_valid(number))
    country = number[:2].lower().replace("el", "gr")
    return country not in eu_vat.MEMBER_STATES or bool(eu_vat.is_valid(number))


def _account(payment: Payment, path: str) -> Iterator[Finding]:
    number = payment.normal_account
    match payment.account_kind:
        case "bankgiro" if not (len(digits(number)) in {7, 8} and luhn.is_valid(digits(number))):
            yield warning("UTK-BANKGIRO", path, payment.account, _WRONG)
        case "plusgiro" if not (2 <= len(digits(number)) <= 8 and luhn.is_valid(digits(number))):
            yield warning("UTK-PLUSGIRO", path, payment.account, _WRONG)
        case "iban" if not iban.is_valid(number):
            yield warning("UTK-IBAN", path, payment.account, _WRONG)
        case "other" if len(number) == 11 and number.isdigit() and not kontonr.is_valid(number):
            told = _("The number has as many digits as a Norwegian account, but not its check digit.")
            yield note("UTK-ACCOUNT", path, payment.account, told)


def _reference(payment: Payment, path: str) -> Iterator[Finding]:
    reference = payment.reference.replace(" ", "")
    if payment.account_kind in {"bankgiro", "plusgiro"}:
        if _REFERENCE.fullmatch(reference) and not luhn.is_valid(reference):
            told = _("The check digit isn't that of an OCR number: it is a plain message, or it is mistyped.")
            yield note("UTK-OCR", path, payment.reference, told)
    elif _is_norwegian(payment) and _KID.fullmatch(reference) and not is_kid(reference):
        yield warning("UTK-KID", path, payment.reference, _("This is no KID: its check digit is wrong."))


def _is_norwegian(payment: Payment) -> bool:
    kind = payment.account_kind
    return kind == "norwegian" or (kind == "iban" and payment.normal_account.startswith("NO"))
