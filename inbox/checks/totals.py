"""The document's totals: BR-CO-10 to BR-CO-16 of EN 16931, and how many decimals they have (BR-DEC)."""

from collections.abc import Iterator
from decimal import Decimal

from inbox.checks.rules import ZERO, follows_standard, of_standard, rounded, total, warning
from inbox.formats.findings import Finding
from inbox.formats.invoice import Invoice
from ledger.importing.messages import Message
from ledger.importing.messages import message as _

_DECIMALS = {"lines": 9, "allowances": 10, "charges": 11, "without_vat": 12, "vat": 13, "vat_in_tax_currency": 15}
_DECIMALS |= {"with_vat": 14, "prepaid": 16, "rounding": 17, "payable": 18}

_LINES = _("The lines add up to %(calculated)s, but their total is stated as %(stated)s.")
_ALLOWANCES = _("The allowances add up to %(calculated)s, but their total is stated as %(stated)s.")
_CHARGES = _("The charges add up to %(calculated)s, but their total is stated as %(stated)s.")
_WITHOUT_VAT = _("Lines, allowances and charges make %(calculated)s, but the total without VAT is %(stated)s.")
_VAT = _("The VAT of all rates is %(calculated)s, but the VAT is stated as %(stated)s.")
_WITH_VAT = _("Total without VAT and VAT make %(calculated)s, but the total with VAT is %(stated)s.")
_PAYABLE = _("With what is prepaid and rounded, %(calculated)s is left to pay, but %(stated)s is stated.")
_MANY_DECIMALS = _("The amount has more than two decimals.")


def findings(invoice: Invoice) -> Iterator[Finding]:
    """What doesn't add up."""
    stated = invoice.totals
    if invoice.lines:
        yield from _differs(invoice, "BR-CO-10", "lines", total([line.amount for line in invoice.lines]), _LINES)
    allowances, charges = _sides(invoice)
    if follows_standard(invoice):
        yield from _differs(invoice, "BR-CO-11", "allowances", allowances, _ALLOWANCES)
        yield from _differs(invoice, "BR-CO-12", "charges", charges, _CHARGES)
    if stated.lines is not None:
        less = allowances if stated.allowances is None else stated.allowances
        more = charges if stated.charges is None else stated.charges
        yield from _differs(invoice, "BR-CO-13", "without_vat", stated.lines - less + more, _WITHOUT_VAT)
    if invoice.vat:
        yield from _differs(invoice, "BR-CO-14", "vat", total([group.tax for group in invoice.vat]), _VAT)
    if stated.without_vat is not None:
        yield from _differs(invoice, "BR-CO-15", "with_vat", stated.without_vat + (stated.vat or ZERO), _WITH_VAT)
    if stated.with_vat is not None:
        left = stated.with_vat - (stated.prepaid or ZERO) + (stated.rounding or ZERO)
        yield from _differs(invoice, "BR-CO-16", "payable", left, _PAYABLE)
    yield from _decimals(invoice)


def _sides(invoice: Invoice) -> tuple[Decimal, Decimal]:
    """The document's allowances and charges."""
    charges = total([each.amount for each in invoice.allowances if each.is_charge])
    return total([each.amount for each in invoice.allowances]) - charges, charges


def _differs(invoice: Invoice, rule: str, name: str, calculated: Decimal, told: Message) -> Iterator[Finding]:
    """A finding if a total isn't what it should be; one that may be left out counts as zero."""
    stated: Decimal | None = getattr(invoice.totals, name)
    if rounded(stated or ZERO) == rounded(calculated) or (stated is None and not _is_missed(name)):
        return
    values = {"calculated": rounded(calculated), "stated": stated or ZERO}
    yield of_standard(invoice, rule, f"totals.{name}", stated, told % values)


def _is_missed(name: str) -> bool:
    """Whether a total that isn't stated is a finding here; `required` tells of those that must always be there."""
    return name in {"allowances", "charges", "vat"}


def _decimals(invoice: Invoice) -> Iterator[Finding]:
    for name, number in _DECIMALS.items():
        amount: Decimal | None = getattr(invoice.totals, name)
        if amount is not None and amount != rounded(amount):
            yield of_standard(invoice, f"BR-DEC-{number:02}", f"totals.{name}", amount, _MANY_DECIMALS)
    for place, line in enumerate(invoice.lines):
        if line.amount is not None and line.amount != rounded(line.amount):
            yield warning("BR-DEC-23", f"lines.{place}.amount", line.amount, _MANY_DECIMALS)
