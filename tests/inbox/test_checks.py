"""Each rule by an invoice that breaks it and nothing else: rule, field and value are told."""

import re
from dataclasses import replace
from decimal import Decimal
from functools import reduce
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.utils import translation

from inbox.checks import check
from inbox.checks.check_digits import is_kid
from inbox.formats import AllowanceCharge, Finding, Identifier, Invoice, Line, VatGroup, read_xml
from inbox.formats.numbers import account_kind, normal_organisation_number
from inbox.rendering import rendered
from tests.inbox.invoices import SHIPPED

SWEDISH, NORWEGIAN, GERMAN = "swedish-bankgiro.xml", "norwegian-kid.xml", "german-cii.xml"
Change = dict[str, Any]


def changed(name: str, **changes: Any) -> Invoice:
    """A faultless invoice with values put at places, written with two underscores for a dot."""
    invoice = read_xml((SHIPPED / name).read_bytes())
    return reduce(lambda done, each: put(done, each[0].split("__"), each[1]), changes.items(), invoice)


def put(part: Any, way: list[str], value: Any) -> Any:
    name, *rest = way
    if isinstance(part, tuple):
        place = int(name)
        new = put(part[place], rest, value) if rest else value
        return (*part[:place], new, *part[place + 1 :])
    return replace(part, **{name: put(getattr(part, name), rest, value) if rest else value})


def broken(name: str, **changes: Any) -> set[tuple[str, str, str]]:
    return {(found.severity, found.rule, found.path) for found in check(changed(name, **changes))}


WRONG: list[tuple[str, str, Change]] = [
    ("BR-02", "number", {"number": ""}),
    ("BR-03", "issue_date", {"issue_date": None}),
    ("BR-04", "type_code", {"type_code": ""}),
    ("BR-05", "currency", {"currency": ""}),
    ("BR-06", "seller.name", {"seller__name": "", "seller__trading_name": ""}),
    ("BR-07", "buyer.name", {"buyer__name": "", "buyer__trading_name": ""}),
    ("BR-12", "totals.lines", {"totals__lines": None}),
    ("BR-13", "totals.without_vat", {"totals__without_vat": None}),
    ("BR-14", "totals.with_vat", {"totals__with_vat": None}),
    ("BR-15", "totals.payable", {"totals__payable": None}),
    ("BR-16", "lines", {"lines": ()}),
    ("BR-21", "lines.0.id", {"lines__0__id": ""}),
    ("BR-22", "lines.0.quantity", {"lines__0__quantity": None}),
    ("BR-24", "lines.0.amount", {"lines__0__amount": None}),
    ("BR-25", "lines.0.name", {"lines__0__name": ""}),
    ("BR-26", "lines.1.price", {"lines__1__price": None}),
    ("BR-31", "allowances.1.amount", {"allowances": (AllowanceCharge(), AllowanceCharge())}),
    ("BR-36", "allowances.0.amount", {"allowances__0__amount": None}),
    ("BR-41", "lines.1.allowances.0.amount", {"lines__1__allowances__0__amount": None}),
    ("BR-CL-04", "currency", {"currency": "kr"}),
    ("BR-CO-04", "lines.0.vat_category", {"lines__0__vat_category": ""}),
    ("BR-CO-10", "totals.lines", {"lines__0__amount": Decimal("1074.01")}),
    ("BR-CO-11", "totals.allowances", {"totals__allowances": Decimal(1)}),
    ("BR-CO-12", "totals.charges", {"totals__charges": None}),
    ("BR-CO-13", "totals.without_vat", {"totals__without_vat": Decimal("2499.01")}),
    ("BR-CO-14", "totals.vat", {"totals__vat": None}),
    ("BR-CO-15", "totals.with_vat", {"totals__with_vat": Decimal("2984.12")}),
    ("BR-CO-16", "totals.payable", {"totals__payable": Decimal("2984.13")}),
    ("BR-CO-16", "totals.payable", {"totals__prepaid": Decimal(100)}),
    ("BR-CO-17", "vat.1.tax", {"vat__1__tax": Decimal("357.25")}),
    ("BR-CO-18", "vat", {"vat": ()}),
    ("BR-CO-25", "due_date", {"due_date": None, "payment_terms": ""}),
    ("BR-DEC-18", "totals.payable", {"totals__payable": Decimal("2984.001")}),
    ("BR-S-01", "vat", {"lines__0__vat_rate": Decimal(6)}),
    ("BR-S-08", "vat.0.taxable", {"vat__0__taxable": Decimal(1075)}),
    ("BR-CL-17", "vat.0.category", {"vat__0__category": "X"}),
    ("BR-AE-09", "vat.0.tax", {"vat__0": VatGroup("AE", Decimal(0), Decimal(1074), Decimal(1), "reverse")}),
    ("BR-E-05", "vat.0.rate", {"vat__0": VatGroup("E", Decimal(12), Decimal(1074), Decimal(0), "free")}),
    ("PEPPOL-EN16931-R120", "lines.0.amount", {"lines__0__price": Decimal("89.60")}),
    ("PEPPOL-EN16931-R040", "lines.1.allowances.0.amount", {"lines__1__allowances__0__percent": Decimal(11)}),
]
ODD: list[tuple[str, str, str, Change]] = [
    (SWEDISH, "BR-29", "period_end", {"period_start": "new", "period_end": "old"}),
    (SWEDISH, "BR-30", "lines.0.period_end", {"lines__0__period_start": "new", "lines__0__period_end": "old"}),
    (SWEDISH, "BR-27", "lines.0.price", {"lines__0__price": Decimal(-1)}),
    (SWEDISH, "BR-E-10", "vat.0.exemption_reason", {"vat__0": VatGroup("E", Decimal(0), Decimal(1074), Decimal(0))}),
    (SWEDISH, "BR-38", "allowances.0.reason", {"allowances__0__reason": "", "allowances__0__reason_code": ""}),
    (SWEDISH, "PEPPOL-EN16931-R003", "buyer_reference", {"buyer_reference": "", "order_reference": ""}),
    (SWEDISH, "PEPPOL-EN16931-R010", "buyer.endpoint", {"buyer__endpoint": ""}),
    (
        SWEDISH,
        "PEPPOL-EN16931-R041",
        "lines.1.allowances.0.base_amount",
        {"lines__1__allowances__0__base_amount": None},
    ),
    (GERMAN, "PEPPOL-EN16931-R046", "lines.0.price", {"lines__0__price_discount": Decimal(21)}),
    (GERMAN, "PEPPOL-EN16931-R120", "lines.0.amount", {"lines__0__quantity": Decimal(4)}),
    (SWEDISH, "SE-R-001", "seller.vat_number", {"seller__vat_number": "SE55999999000"}),
    (SWEDISH, "SE-R-002", "seller.vat_number", {"seller__vat_number": "SE55999999ABCD"}),
    (SWEDISH, "SE-R-003", "seller.organisation_number", {"seller__organisation_number": "559999-9900"}),
    (SWEDISH, "SE-R-004", "seller.organisation_number", {"seller__organisation_number": "16559999990"}),
    (SWEDISH, "SE-R-005", "seller.tax_registration", {"seller__tax_registration": "F-skatt"}),
    (SWEDISH, "SE-R-006", "vat.0.rate", {"vat__0__rate": Decimal(10)}),
    (SWEDISH, "SE-R-006", "lines.0.vat_rate", {"lines__0__vat_rate": Decimal(10)}),
    (SWEDISH, "SE-R-007", "payments.0.account", {"payments__0__branch": "SE:PLUSGIRO", "payments__0__account": "12-6"}),
    (SWEDISH, "SE-R-008", "payments.0.account", {"payments__0__account": "5012-345"}),
    (SWEDISH, "SE-R-009", "payments.0.account", {"payments__0__account": "501234567"}),
    (
        SWEDISH,
        "SE-R-010",
        "payments.0.account",
        {"payments__0__branch": "SE:PLUSGIRO", "payments__0__account": "1" * 9},
    ),
    (SWEDISH, "SE-R-011", "payments.0.means_code", {"payments__0__means_code": "56"}),
    (SWEDISH, "SE-R-012", "payments.0.means_code", {"payments__0__means_code": "31"}),
    (SWEDISH, "SE-R-013", "seller.organisation_number", {"seller__organisation_number": "5599999901"}),
    (NORWEGIAN, "NO-R-001", "seller.vat_number", {"seller__vat_number": "NO999000119MVA"}),
    (NORWEGIAN, "PEPPOL-COMMON-R041", "seller.endpoint", {"seller__endpoint": "999000119"}),
    (
        SWEDISH,
        "PEPPOL-COMMON-R040",
        "buyer.identifiers.0",
        {"buyer__identifiers": (Identifier("7350012345670", "0088"),)},
    ),
    (SWEDISH, "PEPPOL-COMMON-R049", "buyer.organisation_number", {"buyer__organisation_number": "5599999919"}),
    (GERMAN, "UTK-VAT-NUMBER", "seller.vat_number", {"seller__vat_number": "DE123456789"}),
    (GERMAN, "UTK-IBAN", "payments.0.account", {"payments__0__account": "DE88 3704 0044 0532 0130 00"}),
    (SWEDISH, "UTK-BANKGIRO", "payments.0.account", {"payments__0__account": "50123455"}),
    (
        SWEDISH,
        "UTK-PLUSGIRO",
        "payments.0.account",
        {"payments__0__account": "1234567", "payments__0__branch": "SE:PLUSGIRO"},
    ),
    (NORWEGIAN, "UTK-KID", "payments.0.reference", {"payments__0__reference": "00100420248"}),
    (SWEDISH, "UTK-DUE-DATE", "due_date", {"due_date": "old"}),
    (SWEDISH, "UTK-VAT-TWICE", "vat.1.category", {"vat__1__rate": Decimal(12)}),
    (SWEDISH, "UTK-VAT-BASE", "vat", {"totals__without_vat": Decimal(2500)}),
]
NOTED: list[tuple[str, str, str, Change]] = [
    (SWEDISH, "UTK-OCR", "payments.0.reference", {"payments__0__reference": "202401171"}),
    (NORWEGIAN, "UTK-ACCOUNT", "payments.0.account", {"payments__0__account": "15030012303"}),
    (NORWEGIAN, "NO-R-002", "seller.tax_registration", {"seller__tax_registration": ""}),
]


@pytest.mark.parametrize(("rule", "path", "change"), WRONG, ids=[f"{rule}-{path}" for rule, path, _change in WRONG])
def test_what_is_wrong_is_an_error(rule: str, path: str, change: Change) -> None:
    assert ("error", rule, path) in broken(SWEDISH, **change)


@pytest.mark.parametrize(("name", "rule", "path", "change"), ODD, ids=[f"{each[1]}-{each[2]}" for each in ODD])
def test_what_is_odd_is_a_warning(name: str, rule: str, path: str, change: Change) -> None:
    issued = changed(name).issue_date
    assert issued is not None
    days = {"new": issued, "old": issued.replace(year=issued.year - 1)}
    dated = {place: days.get(value, value) if isinstance(value, str) else value for place, value in change.items()}
    assert ("warning", rule, path) in broken(name, **dated)


@pytest.mark.parametrize(("name", "rule", "path", "change"), NOTED, ids=[each[1] for each in NOTED])
def test_what_is_worth_to_know_is_a_note(name: str, rule: str, path: str, change: Change) -> None:
    assert broken(name, **change) == {("note", rule, path)}


def test_a_finding_names_rule_field_and_value_in_the_readers_language_whenever_it_is_told() -> None:
    (found,) = check(changed(SWEDISH, totals__payable=Decimal("2984.13")))
    assert (found.rule, found.field, found.value) == ("BR-CO-16", "BT-115", "2984.13")
    kept = Finding.from_json(found.to_json())
    assert kept == found
    with translation.override("sv"):
        told = str(kept.message).replace("\u00a0", " ")
    assert told == "Med förskott och öresavrundning återstår 2 984,00 att betala, men 2 984,13 är angivet."


def test_a_whole_unit_between_calculating_by_line_and_by_total_is_let_be() -> None:
    assert broken(SWEDISH, vat__1__tax=Decimal("357.24"), totals__vat=Decimal("486.12")) == {
        ("error", "BR-CO-15", "totals.with_vat")
    }


def test_an_invoice_that_is_wrong_in_every_line_is_told_of_with_bounds() -> None:
    assert len(check(changed(SWEDISH, lines=tuple(Line() for _each in range(5000))))) == 500


def test_the_largest_numbers_that_are_read_can_be_checked_and_shown() -> None:
    most, least = Decimal("9999999999999999." + "9" * 20), Decimal("0." + "0" * 19 + "1")
    line = Line("1", "x", quantity=most, price=most, base_quantity=least, amount=most, vat_category="S", vat_rate=most)
    group = VatGroup("S", most, most, -most)
    extra = AllowanceCharge(True, most, most, most, "x", "x", "S", most)
    invoice = changed(SWEDISH, lines=(line,), vat=(group,), allowances=(extra, replace(extra, percent=least)))
    found = check(replace(invoice, totals=replace(invoice.totals, payable=most, rounding=-most, lines=least)))
    assert {"PEPPOL-EN16931-R120", "PEPPOL-EN16931-R040", "BR-CO-17"} <= {each.rule for each in found}
    assert "9,999" in rendered(invoice, found)


def test_the_worst_comes_first() -> None:
    found = check(changed(SWEDISH, number="", payments__0__reference="202401171", seller__tax_registration="x"))
    assert [each.severity for each in found] == ["error", "warning", "note"]


@pytest.mark.parametrize(
    ("reference", "is_right"),
    [
        ("00100420249", True),
        ("00100420248", False),
        ("1234567-", False),
        # MOD11: the weights 2 to 7 from the right give a control digit of 10, which is written as a hyphen.
        ("17-", False),
        ("10-", False),
        ("6-", True),
        ("", False),
        ("1" * 26, False),
    ],
)
def test_a_kid_has_a_control_digit_by_mod10_or_mod11(reference: str, is_right: bool) -> None:
    assert is_kid(reference) == is_right


@pytest.mark.parametrize(
    ("account", "branch", "code", "kind"),
    [
        ("5012-3454", "SE:BANKGIRO", "30", "bankgiro"),
        ("5012-3454", "BGABSESS", "1", "bankgiro"),
        ("50123454", "", "56", "bankgiro"),
        ("123456-6", "SE:PLUSGIRO", "30", "plusgiro"),
        ("DE89 3704 0044 0532 0130 00", "", "58", "iban"),
        ("1503.00.12302", "", "30", "norwegian"),
        ("15030012303", "", "30", "other"),
        ("", "SE:BANKGIRO", "30", ""),
    ],
)
def test_the_kind_of_an_account_is_seen(account: str, branch: str, code: str, kind: str) -> None:
    assert account_kind(account, branch, code) == kind


@pytest.mark.parametrize("number", ["559999-9900", "16559999-9900", "SE559999990001", "5599999900"])
def test_an_organisation_number_is_compared_without_what_is_written_around_it(number: str) -> None:
    assert normal_organisation_number(number) == "5599999900"


def test_every_rule_stands_in_the_integrators_guide() -> None:
    root = Path(settings.BASE_DIR)
    code = "".join(file.read_text(encoding="utf-8") for file in root.glob("inbox/[cf]*/*.py"))
    rules = set(re.findall(r'"((?:BR|PEPPOL|SE-R|NO-R|UTK)-[A-Z0-9-]+)"', code))
    guide = (root / "docs" / "integrators.md").read_text(encoding="utf-8")
    families = {f"BR-CO-{number}" for number in range(10, 17)}
    assert len(rules) > 50
    assert {rule for rule in rules - families if f"`{rule}`" not in guide} == set()
