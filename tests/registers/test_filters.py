"""Every field of `data` is a filter: compared with a plain look through the rows."""

from typing import Any, Final

import pytest
from django.db import models
from pytest_django import Settings

from information_types import registry
from information_types.definition import InformationType, Reference
from information_types.sql import Joins
from ledger.models import Account, DimensionValue, LedgerEntry, Supplier, SupplierInvoice, Voucher
from tests import factories
from tests.registers import make_some_of_each
from tests.registers.reader import Reader, errors_of

pytestmark = pytest.mark.django_db

TYPES = registry.all_types()
EVERY_TYPE = pytest.mark.parametrize("known", TYPES, ids=[known.name for known in TYPES])
NOT_BY_VALUE = "other_dimensions"
BOUNDED: Final = (models.DateField, models.TimeField, models.DecimalField)


@pytest.fixture(autouse=True)
def unthrottled(settings: Settings) -> None:
    settings.UTKORG_THROTTLE_RATES = {}


class Shelf:
    """A register of a company, all its rows read once; another company has the same."""

    def __init__(self, known: InformationType) -> None:
        self.known, self.reader = known, Reader()
        books = factories.make_books()
        make_some_of_each(books)
        make_some_of_each(factories.make_books())
        self.company = books.company
        self.rows = self.chosen()

    def ask(self, **query: Any) -> Any:
        """Ask for a page of the company's rows."""
        return self.reader.get(self.known.name.replace("_", "-"), company=self.company.number, limit=1000, **query)

    def chosen(self, **query: Any) -> list[dict[str, Any]]:
        """The rows that a query chooses."""
        answer = self.ask(**query)
        assert answer.status_code == 200, answer.content
        found: list[dict[str, Any]] = answer.json()["results"]
        return found


def plain_fields(known: InformationType) -> list[str]:
    return [field.name for field in known.plain_fields if field.name not in ("company", NOT_BY_VALUE)]


def as_said(value: Any) -> str:
    match value:
        case bool():
            return str(value).lower()
        case None:
            return ""
    return str(value)


@EVERY_TYPE
def test_a_field_chooses_the_rows_that_have_its_value(known: InformationType) -> None:
    shelf = Shelf(known)
    for name in plain_fields(known):
        for value in {row[name] for row in shelf.rows}:
            expected = [row for row in shelf.rows if row[name] == value]
            assert shelf.chosen(**{name: as_said(value)}) == expected, (name, value)


@EVERY_TYPE
def test_a_field_given_twice_chooses_the_rows_of_either_value(known: InformationType) -> None:
    shelf = Shelf(known)
    for name in plain_fields(known):
        both = list({row[name] for row in shelf.rows})[:2]
        expected = [row for row in shelf.rows if row[name] in both]
        assert shelf.chosen(**{name: [as_said(value) for value in both]}) == expected, (name, both)


@EVERY_TYPE
def test_dates_times_and_amounts_have_bounds_that_are_included(known: InformationType) -> None:
    shelf = Shelf(known)
    columns = {name: Joins(known.model).column(known.fields_by_name[name].path)[1] for name in plain_fields(known)}
    bounded = [name for name, column in columns.items() if isinstance(column, BOUNDED)]
    assert not any(shelf.ask(**{f"{name}_from": "1"}).status_code == 200 for name in columns.keys() - set(bounded))
    for name in bounded:
        there = [row for row in shelf.rows if row[name] is not None]
        for value in {row[name] for row in there}:
            least = [row for row in there if number(row[name]) >= number(value)]
            most = [row for row in there if number(row[name]) <= number(value)]
            assert shelf.chosen(**{f"{name}_from": value}) == least, (name, value)
            assert shelf.chosen(**{f"{name}_to": value}) == most, (name, value)


def number(value: str) -> Any:
    try:
        return float(value)
    except ValueError:
        return value


@pytest.mark.parametrize("name", ["supplier_invoices", "customer_ledger"])
def test_an_invoices_voucher_is_chosen_by_its_parts(name: str) -> None:
    known = registry.get(name)
    shelf = Shelf(known)
    (reference,) = [field for field in known.fields if isinstance(field, Reference)]
    for part in reference.fields:
        said = [row["voucher"] and row["voucher"][part.name] for row in shelf.rows]
        for value in set(said):
            expected = [row for row, one in zip(shelf.rows, said, strict=True) if one == value]
            assert shelf.chosen(**{f"voucher__{part.name}": as_said(value)}) == expected


def test_a_further_dimension_is_chosen_by_its_number_and_code() -> None:
    shelf = Shelf(registry.get("ledger_entries"))
    assert [row["other_dimensions"] for row in shelf.chosen(other_dimensions="7:121")] == [{"7": "121"}]
    assert shelf.chosen(other_dimensions="7:12") == []
    assert shelf.chosen(other_dimensions="") == [row for row in shelf.rows if row["other_dimensions"] is None]
    assert shelf.chosen(other_dimensions=["7:121", ""]) == shelf.rows


def test_an_empty_series_is_a_series() -> None:
    books = factories.make_books()
    books.post(series="")
    books.post(series="A")
    found = Reader().rows("ledger-entries", company=books.company.number, series="")
    assert {row["series"] for row in found} == {""}
    assert len(found) == 2


def test_filters_narrow_each_other() -> None:
    shelf = Shelf(registry.get("ledger_entries"))
    (row,) = shelf.chosen(account="1910", cost_centre=[r["cost_centre"] for r in shelf.rows if r["cost_centre"]])
    assert (row["account"], row["amount"]) == ("1910", "12.30")
    assert shelf.chosen(account="1910", amount_to="-1") == []
    assert shelf.chosen(financial_year="2024-01-01", series="A", number="1", row="1") == [row]


WRONG: dict[str, list[tuple[dict[str, Any], dict[str, str]]]] = {
    "accounts": [
        ({"active": "yes"}, {"active": "invalid"}),
        ({"active": ""}, {"active": "invalid"}),
        ({"account_type": ["asset", "assets"]}, {"account_type": "invalid_choice"}),
        ({"number": "1\0"}, {"number": "null_characters_not_allowed"}),
        ({"changed_since": "yesterday"}, {"changed_since": "invalid"}),
        ({"changed_since": "2024-01-31T12:00:00"}, {"changed_since": "invalid"}),
        ({"changed_since": ""}, {"changed_since": "invalid"}),
        ({"changed_since": ["2024-01-31", "2024-02-01"]}, {"changed_since": "repeated"}),
        ({"limit": ["1", "2"]}, {"limit": "repeated"}),
        ({"limit": "1001"}, {"limit": "max_value"}),
        ({"fields": ""}, {"fields": "blank"}),
        ({"fields": "number,number2"}, {"fields": "unknown_field"}),
        ({"cursor": "abc"}, {"cursor": "invalid_cursor"}),
        ({"number_from": "1"}, {"number_from": "unknown_parameter"}),
        (
            {"active": "yes", "nmae": "x", "limit": "0"},
            {"active": "invalid", "nmae": "unknown_parameter", "limit": "min_value"},
        ),
    ],
    "ledger_entries": [
        ({"voucher_date": "2024-02-30"}, {"voucher_date": "invalid"}),
        ({"voucher_date_from": "20240101"}, {"voucher_date_from": "invalid"}),
        ({"voucher_date_from": ["2024-01-01", "2024-02-01"]}, {"voucher_date_from": "repeated"}),
        ({"voucher_date_from": ""}, {"voucher_date_from": "invalid"}),
        ({"amount": "1 250,00"}, {"amount": "invalid"}),
        ({"amount_from": "1e5", "row": "x"}, {"amount_from": "invalid", "row": "invalid"}),
        ({"row": "99999999999999999999"}, {"row": "invalid"}),
        ({"other_dimensions": "7"}, {"other_dimensions": "invalid"}),
    ],
    "companies": [({"company": "100"}, {"company": "unknown_parameter"})],
}


@pytest.mark.parametrize(
    ("name", "query", "errors"),
    [(name, query, errors) for name, cases in WRONG.items() for query, errors in cases],
    ids=str,
)
def test_what_a_filter_cannot_be_is_refused(name: str, query: dict[str, Any], errors: dict[str, str]) -> None:
    company = {} if name == "companies" else {"company": factories.make_books().company.number}
    assert errors_of(Reader().get(name.replace("_", "-"), **{**company, **query})) == errors


@pytest.mark.parametrize("query", [{"row": "999999999999999999"}, {"amount": "123456789012345678.123456"}], ids=str)
def test_a_value_that_no_row_can_have_finds_none(query: dict[str, str]) -> None:
    books = factories.make_books()
    books.post()
    assert Reader().rows("ledger-entries", company=books.company.number, **query) == []


# changed_since


def test_what_was_written_since_is_chosen() -> None:
    books = factories.make_books()
    reader = Reader()
    sales = Account.objects.get(pk=books.sales.pk)

    def changed(since: Any) -> set[str]:
        rows = reader.rows("accounts", company=books.company.number, changed_since=since.isoformat())
        return {row["number"] for row in rows}

    before = min(sales.changed_at, Account.objects.get(pk=books.cash.pk).changed_at)
    assert changed(before) == {"1910", "3001"}
    Account.objects.filter(pk=books.sales.pk).update(name="Other")
    after = Account.objects.get(pk=books.sales.pk).changed_at
    assert after > before
    assert changed(after) == {"3001"}
    for never in ("2999-12-31", "2999-12-31T00:00:00Z", "2999-12-31T00:00:00+01:00", "2999-12-31T00:00:00 01:00"):
        assert reader.rows("accounts", company=books.company.number, changed_since=never) == []
    assert len(reader.rows("accounts", company=books.company.number, changed_since="2000-01-01")) == 2


def test_a_vouchers_rows_are_changed_with_what_they_show_of_it() -> None:
    books = factories.make_books()
    first, second = books.post(), books.post()
    since = Voucher.objects.get(pk=second.pk).changed_at
    since = max([since, *LedgerEntry.objects.values_list("changed_at", flat=True)])
    reader = Reader()

    def changed() -> list[tuple[str, int]]:
        later = reader.rows("ledger-entries", company=books.company.number, changed_since=since.isoformat())
        return [(row["number"], row["row"]) for row in later if (row["number"], row["row"]) != (second.number, 2)]

    assert changed() == []
    LedgerEntry.objects.filter(voucher=second, row=1).update(text="Other")
    assert changed() == [(second.number, 1)]
    Voucher.objects.filter(pk=first.pk).update(text="Other")
    assert changed() == [(first.number, 1), (first.number, 2), (second.number, 1)]


def test_a_payment_is_changed_with_its_invoices_supplier() -> None:
    books = factories.make_books()
    payment = factories.SupplierPaymentFactory.create(company=books.company)
    factories.SupplierPaymentFactory.create(company=books.company)
    other = factories.SupplierFactory.create(company=books.company)
    SupplierInvoice.objects.filter(pk=payment.invoice.pk).update(supplier=other)
    since = SupplierInvoice.objects.get(pk=payment.invoice.pk).changed_at
    rows = Reader().rows("supplier-payments", company=books.company.number, changed_since=since.isoformat())
    assert [(row["number"], row["supplier"]) for row in rows] == [(payment.number, other.number)]


def test_nothing_but_a_change_moves_the_time_of_the_last_change() -> None:
    supplier = factories.SupplierFactory.create()
    supplier.refresh_from_db()
    made = supplier.changed_at
    supplier.save()
    Supplier.objects.update(name=supplier.name, changed_at="2001-01-01T00:00:00Z")
    supplier.refresh_from_db()
    assert supplier.changed_at == made
    supplier.name, supplier.changed_at = "Other", None
    supplier.save()
    supplier.refresh_from_db()
    assert supplier.changed_at > made


@EVERY_TYPE
def test_every_row_that_shows_in_data_knows_when_it_was_changed(known: InformationType) -> None:
    """So that a register that is registered one day is asked by `changed_since` as well."""
    make_some_of_each(factories.make_books())
    row = known.model._default_manager.filter(**known.only).first()
    assert row is not None
    assert row.changed_at.tzinfo is not None  # type: ignore[attr-defined]


def test_a_dimension_value_of_another_dimension_is_none_of_a_register() -> None:
    value = factories.DimensionValueFactory.create(dimension=DimensionValue.Dimension.PROJECT)
    reader = Reader()
    assert reader.rows("cost-centres", company=value.company.number) == []
    assert reader.get(f"cost-centres/{value.company.number}/{value.code}").status_code == 404
    assert reader.get(f"projects/{value.company.number}/{value.code}").status_code == 200
