"""The lines and what comes off and on: prices, percentages and periods (PEPPOL-EN16931-R040 to R121)."""

from collections.abc import Iterator
from decimal import Decimal

from inbox.checks.rules import ZERO, error, of_standard, rounded, total, warning
from inbox.formats.findings import Finding
from inbox.formats.invoice import AllowanceCharge, Invoice, Line
from ledger.importing.messages import message as _

SLACK = Decimal("0.02")


def findings(invoice: Invoice) -> Iterator[Finding]:
    """What is wrong with the lines, allowances and charges."""
    for place, each in enumerate(invoice.allowances):
        yield from _allowance(invoice, each, f"allowances.{place}")
    for place, line in enumerate(invoice.lines):
        path = f"lines.{place}"
        yield from _amount(invoice, line, path)
        yield from _price(line, path)
        yield from _period(invoice, line, path)
        for number, each in enumerate(line.allowances):
            yield from _allowance(invoice, each, f"{path}.allowances.{number}")


def _amount(invoice: Invoice, line: Line, path: str) -> Iterator[Finding]:
    if line.amount is None or line.price is None:
        return
    quantity = Decimal(1) if line.quantity is None else line.quantity
    charges = total([each.amount for each in line.allowances if each.is_charge])
    allowances = total([each.amount for each in line.allowances]) - charges
    calculated = quantity * line.price / (line.base_quantity or Decimal(1)) + charges - allowances
    if abs(calculated - line.amount) > SLACK:
        told = _("Quantity times price, with allowances and charges, is %(calculated)s, but %(stated)s is stated.")
        values = {"calculated": rounded(calculated), "stated": line.amount}
        # The European standard alone doesn't ask for it: prices of three decimals are told with two.
        make = error if invoice.format == "peppol_bis3" else warning
        yield make("PEPPOL-EN16931-R120", f"{path}.amount", line.amount, told % values)


def _price(line: Line, path: str) -> Iterator[Finding]:
    if line.base_quantity is not None and line.base_quantity <= 0:
        told = _("The price is for a quantity of zero or less.")
        yield warning("PEPPOL-EN16931-R121", f"{path}.base_quantity", line.base_quantity, told)
    if line.price is not None and line.price < 0:
        yield warning("BR-27", f"{path}.price", line.price, _("The price is below zero."))
    gross, price = line.gross_price, line.price
    if gross is None or price is None:
        return
    if gross < 0:
        yield warning("BR-28", f"{path}.gross_price", gross, _("The price is below zero."))
    if line.price_discount is not None and gross - line.price_discount != price:
        told = _("The price before its discount, less the discount, isn't the price.")
        yield warning("PEPPOL-EN16931-R046", f"{path}.price", price, told)


def _period(invoice: Invoice, line: Line, path: str) -> Iterator[Finding]:
    start, end = line.period_start, line.period_end
    if start and end and end < start:
        yield warning("BR-30", f"{path}.period_end", end, _("The period ends before it begins."))
    outside = _("The line's period lies outside the invoice's.")
    if start and invoice.period_start and start < invoice.period_start:
        yield warning("PEPPOL-EN16931-R110", f"{path}.period_start", start, outside)
    if end and invoice.period_end and end > invoice.period_end:
        yield warning("PEPPOL-EN16931-R111", f"{path}.period_end", end, outside)


def _allowance(invoice: Invoice, each: AllowanceCharge, path: str) -> Iterator[Finding]:
    if each.amount is None:
        yield of_standard(invoice, _rule(each, path, "amount"), f"{path}.amount", "", _("The amount is missing."))
    if not each.reason and not each.reason_code:
        told = _("It isn't said what the allowance or charge is for.")
        yield warning(_rule(each, path, "reason"), f"{path}.reason", "", told)
    if each.percent is not None and each.base_amount is None:
        told = _("It isn't said what the percentage is of.")
        yield warning("PEPPOL-EN16931-R041", f"{path}.base_amount", "", told)
    if each.percent is None or each.base_amount is None:
        return
    calculated = each.base_amount * each.percent / 100
    if abs(calculated - (each.amount or ZERO)) > SLACK:
        told = _("The percentage of %(base)s is %(calculated)s, but %(stated)s is stated.")
        values = {"base": each.base_amount, "calculated": rounded(calculated), "stated": each.amount or ZERO}
        make = error if invoice.format == "peppol_bis3" else warning
        yield make("PEPPOL-EN16931-R040", f"{path}.amount", each.amount, told % values)


def _rule(each: AllowanceCharge, path: str, what: str) -> str:
    """What the standard calls the rule that an allowance or charge, of the document or a line, has this."""
    number = {"amount": 31, "reason": 33}[what] + (5 if each.is_charge else 0)
    return f"BR-{number + (10 if path.startswith('lines.') else 0)}"
