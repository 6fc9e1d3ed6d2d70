"""The VAT by category and rate: BR-CO-17, and BR-S-…, BR-Z-…, BR-E-… and their like of EN 16931."""

from collections.abc import Iterator
from decimal import Decimal

from inbox.checks.rules import ZERO, follows_standard, of_standard, rounded, total, warning
from inbox.formats.findings import Finding
from inbox.formats.invoice import Invoice, VatGroup
from ledger.importing.messages import message as _

# What the rules of each category are called
NAMES = {"S": "S", "Z": "Z", "E": "E", "AE": "AE", "K": "IC", "G": "G", "O": "O", "L": "AF", "M": "AG"}
WITH_RATE = {"S", "L", "M"}
NEEDS_REASON = {"E", "AE", "K", "G", "O"}
# The standard lets VAT be calculated by line or by total, so that a whole unit of the currency may come between.
TOLERANCE = Decimal(1)

Key = tuple[str, Decimal]


def findings(invoice: Invoice) -> Iterator[Finding]:
    """What is wrong with the VAT."""
    expected = _expected(invoice)
    for place, group in enumerate(invoice.vat):
        path = f"vat.{place}"
        yield from _tax(invoice, group, path)
        yield from _category(invoice, group, path)
        if invoice.lines and follows_standard(invoice):
            yield from _taxable(invoice, group, path, expected.get(_key(group.category, group.rate), ZERO))
    yield from _twice(invoice)
    yield from _without_group(invoice, expected)
    yield from _base(invoice)


def _key(category: str, rate: Decimal | None) -> Key:
    return category, (rate or ZERO) if category in WITH_RATE else ZERO


def _expected(invoice: Invoice) -> dict[Key, Decimal]:
    """What is taxed by category and rate, by the lines and the document's allowances and charges."""
    sums: dict[Key, Decimal] = {}
    for line in invoice.lines:
        key = _key(line.vat_category, line.vat_rate)
        sums[key] = sums.get(key, ZERO) + (line.amount or ZERO)
    for each in invoice.allowances:
        key = _key(each.vat_category, each.vat_rate)
        amount = each.amount or ZERO
        sums[key] = sums.get(key, ZERO) + (amount if each.is_charge else -amount)
    return sums


def _tax(invoice: Invoice, group: VatGroup, path: str) -> Iterator[Finding]:
    if group.taxable is None or group.tax is None:
        return
    if group.category not in WITH_RATE and group.category in NAMES:
        if group.tax:
            told = _("There is no VAT on what is of category %(category)s, but %(stated)s is stated.")
            values = {"category": group.category, "stated": group.tax}
            yield of_standard(invoice, f"BR-{NAMES[group.category]}-09", f"{path}.tax", group.tax, told % values)
        return
    calculated = rounded(group.taxable * (group.rate or ZERO) / 100)
    if abs(calculated - group.tax) >= TOLERANCE:
        told = _("%(rate)s %% of %(taxable)s is %(calculated)s, but the VAT is stated as %(stated)s.")
        values = {"taxable": group.taxable, "calculated": calculated, "stated": group.tax, "rate": _plain(group.rate)}
        yield of_standard(invoice, "BR-CO-17", f"{path}.tax", group.tax, told % values)


def _taxable(invoice: Invoice, group: VatGroup, path: str, calculated: Decimal) -> Iterator[Finding]:
    stated = group.taxable or ZERO
    allowed = TOLERANCE if group.category in WITH_RATE else Decimal("0.005")
    if abs(stated - calculated) >= allowed:
        told = _("By lines, allowances and charges %(calculated)s is taxed at this rate, but %(stated)s is stated.")
        rule = f"BR-{NAMES.get(group.category, group.category or 'S')}-08"
        values = {"calculated": calculated, "stated": stated}
        yield of_standard(invoice, rule, f"{path}.taxable", group.taxable, told % values)


def _category(invoice: Invoice, group: VatGroup, path: str) -> Iterator[Finding]:
    name = NAMES.get(group.category)
    if name is None:
        told = _("%(category)s is no VAT category.") % {"category": group.category or "–"}
        yield of_standard(invoice, "BR-CL-17", f"{path}.category", group.category, told)
        return
    if group.category == "S" and not group.rate:
        yield warning("BR-S-05", f"{path}.rate", group.rate, _("The standard category has a rate above zero."))
    if group.category not in WITH_RATE and group.rate:
        told = _("Category %(category)s has no rate but zero.") % {"category": group.category}
        yield of_standard(invoice, f"BR-{name}-05", f"{path}.rate", group.rate, told)
    if group.category in NEEDS_REASON and not (group.exemption_reason or group.exemption_code):
        told = _("It isn't said why there is no VAT.")
        yield warning(f"BR-{name}-10", f"{path}.exemption_reason", "", told)


def _twice(invoice: Invoice) -> Iterator[Finding]:
    seen: set[Key] = set()
    for place, group in enumerate(invoice.vat):
        key = _key(group.category, group.rate)
        if key in seen:
            told = _("The same category and rate stand twice in the VAT breakdown.")
            yield warning("UTK-VAT-TWICE", f"vat.{place}.category", group.category, told)
        seen.add(key)


def _without_group(invoice: Invoice, expected: dict[Key, Decimal]) -> Iterator[Finding]:
    """Lines of a category and rate that the VAT breakdown lacks."""
    if not invoice.vat:
        return
    stated = {_key(group.category, group.rate) for group in invoice.vat}
    for category, rate in expected:
        if (category, rate) not in stated and category:
            told = _("There are lines or allowances of category %(category)s at %(rate)s %%, but no VAT of that rate.")
            values = {"category": category, "rate": _plain(rate)}
            yield of_standard(invoice, f"BR-{NAMES.get(category, category)}-01", "vat", category, told % values)


def _base(invoice: Invoice) -> Iterator[Finding]:
    """What is taxed at all rates together is the total without VAT; cents come from rounding by rate."""
    stated = invoice.totals.without_vat
    if stated is None or not invoice.vat:
        return
    taxed = total([group.taxable for group in invoice.vat])
    if abs(taxed - stated) > Decimal("0.05") * len(invoice.vat):
        told = _("%(taxed)s is taxed at all rates together, but the total without VAT is %(stated)s.")
        yield warning("UTK-VAT-BASE", "vat", taxed, told % {"taxed": taxed, "stated": stated})


def _plain(rate: Decimal | None) -> str:
    return f"{(rate or ZERO).normalize():f}"
