"""Peppol's rules for Swedish suppliers, SE-R-001 to SE-R-013: all warnings here.

Source: the validation artefacts of Peppol BIS Billing 3.
"""

from collections.abc import Iterator
from decimal import Decimal

from stdnum import luhn

from inbox.checks.rules import warning
from inbox.formats.findings import Finding
from inbox.formats.invoice import Invoice, Payment
from ledger.importing.messages import message as _

RATES = {Decimal(6), Decimal(12), Decimal(25)}
F_TAX = "GODKÄND FÖR F-SKATT"
BANKGIRO, PLUSGIRO = "SE:BANKGIRO", "SE:PLUSGIRO"
_CREDIT_TRANSFER, _DEBIT_TRANSFER = "30", "31"
_GIROS = {"50", "56"}


def findings(invoice: Invoice) -> Iterator[Finding]:
    """What a Swedish supplier should have written otherwise."""
    if invoice.seller.address.country != "SE":
        return
    is_vat_swedish = invoice.seller.vat_number[:2] == "SE"
    if is_vat_swedish:
        yield from _vat_number(invoice)
        yield from _rates(invoice)
    if invoice.seller.organisation_number:
        yield from _organisation_number(invoice)
    if invoice.format != "svefaktura":
        for place, payment in enumerate(invoice.payments):
            yield from _payment(invoice, payment, f"payments.{place}")


def _vat_number(invoice: Invoice) -> Iterator[Finding]:
    path, number = "seller.vat_number", invoice.seller.vat_number
    if len(number) != 14:
        yield warning("SE-R-001", path, number, _("A Swedish VAT number has 14 characters."))
    if not _is_numeric(number[2:14]):
        told = _("The 12 characters after SE in a Swedish VAT number are digits.")
        yield warning("SE-R-002", path, number, told)


def _organisation_number(invoice: Invoice) -> Iterator[Finding]:
    path, number = "seller.organisation_number", invoice.seller.organisation_number
    is_numeric = _is_numeric(number)
    if not is_numeric:
        yield warning("SE-R-003", path, number, _("A Swedish organisation number is written with digits alone."))
    if len(number) != 10:
        yield warning("SE-R-004", path, number, _("A Swedish organisation number has 10 digits."))
    if not (is_numeric and luhn.is_valid(number)):
        yield warning("SE-R-013", path, number, _("The check digit of the Swedish organisation number is wrong."))
    stated = invoice.seller.tax_registration
    if stated and stated.upper() != F_TAX and invoice.format != "svefaktura":
        told = _("A Swedish supplier's tax registration reads “Godkänd för F-skatt”.")
        yield warning("SE-R-005", "seller.tax_registration", stated, told)


def _rates(invoice: Invoice) -> Iterator[Finding]:
    told = _("Swedish VAT is 6, 12 or 25 percent.")
    for place, group in enumerate(invoice.vat):
        if group.category == "S" and group.rate not in RATES:
            yield warning("SE-R-006", f"vat.{place}.rate", group.rate, told)
    for name in ("allowances", "lines"):
        for place, each in enumerate(getattr(invoice, name)):
            if each.vat_category == "S" and each.vat_rate not in RATES:
                yield warning("SE-R-006", f"{name}.{place}.vat_rate", each.vat_rate, told)


def _payment(invoice: Invoice, payment: Payment, path: str) -> Iterator[Finding]:
    account, path_of_account = payment.account, f"{path}.account"
    is_transfer = payment.means_code == _CREDIT_TRANSFER
    if is_transfer and account and payment.branch == PLUSGIRO:
        if not _is_numeric(account):
            yield warning("SE-R-007", path_of_account, account, _("A plusgiro number is written with digits alone."))
        if not 2 <= len(account) <= 8:
            yield warning("SE-R-010", path_of_account, account, _("A plusgiro number has 2 to 8 digits."))
    if is_transfer and account and payment.branch == BANKGIRO:
        if not _is_numeric(account):
            yield warning("SE-R-008", path_of_account, account, _("A bankgiro number is written with digits alone."))
        if len(account) not in {7, 8}:
            yield warning("SE-R-009", path_of_account, account, _("A bankgiro number has 7 or 8 digits."))
    if payment.means_code in _GIROS:
        told = _("Bankgiro and plusgiro are stated by code 30 and SE:BANKGIRO or SE:PLUSGIRO.")
        yield warning("SE-R-011", f"{path}.means_code", payment.means_code, told)
    if payment.means_code == _DEBIT_TRANSFER and invoice.buyer.address.country == "SE":
        told = _("Between Swedish companies a credit transfer is stated by code 30.")
        yield warning("SE-R-012", f"{path}.means_code", payment.means_code, told)


def _is_numeric(text: str) -> bool:
    return text.isascii() and text.isdigit()
