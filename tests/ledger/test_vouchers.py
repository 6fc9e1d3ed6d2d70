"""Posting, changing and deleting vouchers through the service."""

import dataclasses
from datetime import date
from decimal import Decimal

import pytest
from django.db import transaction

from ledger.exceptions import BrokenAmount, ForeignCompany, LedgerError, OutsideYear, PeriodLocked, Unbalanced
from ledger.models import FinancialYear, LedgerEntry, Voucher
from ledger.services.numbers import next_number, next_voucher_numbers
from ledger.services.vouchers import Entry, Header, change_voucher, delete_voucher, post_voucher
from tests import factories
from tests.refusals import run_sql

pytestmark = pytest.mark.django_db


@pytest.fixture
def books() -> factories.Books:
    return factories.make_books()


def row_numbers(voucher: Voucher) -> list[int]:
    return list(voucher.rows.order_by("row").values_list("row", flat=True))


def test_a_posted_voucher_has_the_next_number_of_its_series_and_rows_from_one(books: factories.Books) -> None:
    first, second, other = books.post(), books.post(), books.post(series="B")
    assert [first.number, second.number, other.number] == ["1", "2", "1"]
    assert row_numbers(first) == [1, 2]


def test_a_row_without_date_has_the_vouchers(books: factories.Books) -> None:
    voucher = books.post(books.rows(entry_date=date(2024, 2, 29)), day=date(2024, 2, 3))
    assert [row.entry_date for row in voucher.rows.order_by("row")] == [date(2024, 2, 29), date(2024, 2, 3)]


def test_numbers_start_anew_each_year(books: factories.Books) -> None:
    factories.FinancialYearFactory.create(company=books.company, first_day=date(2025, 1, 1))
    books.post()
    assert books.post(day=date(2025, 1, 1)).number == "1"


def test_a_refused_voucher_takes_no_number(books: factories.Books) -> None:
    foreign = factories.AccountFactory.create()
    with pytest.raises(ForeignCompany):
        books.post([Entry(account=foreign, amount=Decimal(1)), Entry(account=books.cash, amount=Decimal(-1))])
    assert not Voucher.objects.exists()
    assert books.post().number == "1"


def test_numbers_written_past_the_service_are_counted_on_from(books: factories.Books) -> None:
    books.post()
    Voucher.objects.create(
        company=books.company, financial_year=books.year, series="A", number="2", voucher_date=date(2024, 1, 1)
    )
    Voucher.objects.create(
        company=books.company, financial_year=books.year, series="A", number="17", voucher_date=date(2024, 1, 1)
    )
    Voucher.objects.create(
        company=books.company, financial_year=books.year, series="A", number="X9", voucher_date=date(2024, 1, 1)
    )
    assert books.post().number == "18"


def test_several_numbers_at_once_are_consecutive(books: factories.Books) -> None:
    with transaction.atomic():
        assert next_voucher_numbers(financial_year=books.year, series="L", count=3) == ["1", "2", "3"]
        assert next_voucher_numbers(financial_year=books.year, series="L") == ["4"]


def test_registers_have_running_numbers_of_their_own(books: factories.Books) -> None:
    with transaction.atomic():
        registers = ("supplier_invoices", "supplier_invoices", "customer_ledger")
        given = [next_number(company=books.company, register=register) for register in registers]
    assert given == ["1", "2", "1"]


def test_a_registers_numbers_written_past_the_service_are_counted_on_from(books: factories.Books) -> None:
    for number in ("1", "17", "X9"):
        factories.SupplierInvoiceFactory.create(company=books.company, number=number)
    with transaction.atomic():
        given = [next_number(company=books.company, register="supplier_invoices") for _time in range(2)]
    assert given == ["18", "19"]


def test_an_unbalanced_voucher_is_refused(books: factories.Books) -> None:
    with pytest.raises(Unbalanced):
        books.post([Entry(account=books.cash, amount=Decimal("0.01"))])


def test_a_voucher_without_rows_is_refused(books: factories.Books) -> None:
    with pytest.raises(LedgerError):
        post_voucher(company=books.company, series="A", header=Header(voucher_date=date(2024, 1, 1)), entries=[])


def test_a_day_without_financial_year_is_refused(books: factories.Books) -> None:
    with pytest.raises(OutsideYear):
        books.post(day=date(2023, 12, 31))


def test_a_locked_period_is_refused(books: factories.Books) -> None:
    voucher = books.post(day=date(2024, 3, 1))
    locked = books.post(day=date(2024, 1, 31))
    FinancialYear.objects.update(locked_until=date(2024, 1, 31))
    with pytest.raises(PeriodLocked):
        books.post(day=date(2024, 1, 31))
    with pytest.raises(PeriodLocked):
        delete_voucher(voucher=locked)
    with pytest.raises(PeriodLocked):
        change_voucher(
            voucher=voucher, header=Header(voucher_date=date(2024, 1, 31)), entries=factories.entries_of(voucher)
        )
    with pytest.raises(PeriodLocked):
        change_voucher(
            voucher=locked, header=Header(voucher_date=date(2024, 3, 1)), entries=factories.entries_of(locked)
        )


def test_a_deleted_row_leaves_its_number_unused_for_ever(books: factories.Books) -> None:
    voucher = books.post()
    first, second = factories.entries_of(voucher)
    new = Entry(account=books.sales, amount=second.amount)
    change_voucher(voucher=voucher, header=factories.header_of(voucher), entries=[first, new])
    assert row_numbers(voucher) == [1, 3]
    kept, newest = factories.entries_of(voucher)
    change_voucher(
        voucher=voucher, header=factories.header_of(voucher), entries=[kept, dataclasses.replace(newest, row=None)]
    )
    assert row_numbers(voucher) == [1, 4]


def test_rows_written_past_the_service_keep_their_numbers(books: factories.Books) -> None:
    voucher = books.post()
    run_sql("update ledger_voucher set last_row = 0 where id = %s", voucher.pk)
    entries = [*factories.entries_of(voucher), Entry(account=books.cash, amount=Decimal(0))]
    change_voucher(voucher=voucher, header=factories.header_of(voucher), entries=entries)
    assert row_numbers(voucher) == [1, 2, 3]


@pytest.mark.parametrize("amount", ["1.005", "NaN", "Infinity", "1e16", "1e40"])
def test_an_amount_that_would_be_stored_otherwise_is_refused(books: factories.Books, amount: str) -> None:
    entries = [Entry(account=books.cash, amount=Decimal(amount)), Entry(account=books.cash, amount=-Decimal(amount))]
    with pytest.raises(BrokenAmount):
        books.post(entries)
    assert not LedgerEntry.objects.exists()


def test_a_voucher_stays_in_its_year(books: factories.Books) -> None:
    voucher = books.post()
    factories.FinancialYearFactory.create(
        company=books.company, first_day=date(2025, 1, 1), last_day=date(2025, 12, 31)
    )
    header = dataclasses.replace(factories.header_of(voucher), voucher_date=date(2025, 2, 1))
    with pytest.raises(OutsideYear, match="stays in its financial year"):
        change_voucher(voucher=voucher, header=header, entries=factories.entries_of(voucher))


def test_a_row_that_the_voucher_does_not_have_is_refused(books: factories.Books) -> None:
    voucher = books.post()
    strange = Entry(row=9, account=books.cash, amount=Decimal(0))
    with pytest.raises(LedgerError):
        change_voucher(
            voucher=voucher,
            header=factories.header_of(voucher),
            entries=[*factories.entries_of(voucher), strange],
        )
    assert row_numbers(voucher) == [1, 2]


def test_a_row_named_twice_is_refused(books: factories.Books) -> None:
    voucher = books.post()
    first, second = factories.entries_of(voucher)
    with pytest.raises(LedgerError):
        change_voucher(
            voucher=voucher,
            header=factories.header_of(voucher),
            entries=[first, dataclasses.replace(first, amount=Decimal(0)), second],
        )


def test_a_change_sets_header_and_rows_as_asked(books: factories.Books) -> None:
    voucher = books.post(text="Before")
    first, second = factories.entries_of(voucher)
    centre = factories.DimensionValueFactory.create(company=books.company)
    change_voucher(
        voucher=voucher,
        header=Header(voucher_date=date(2024, 4, 1), text="After", signature="AB", registered_on=date(2024, 4, 2)),
        entries=[
            dataclasses.replace(first, amount=Decimal("7.50"), cost_centre=centre, other_dimensions={"7": "121"}),
            dataclasses.replace(second, amount=Decimal("-7.50"), quantity=Decimal("1.5")),
        ],
    )
    voucher.refresh_from_db()
    assert (voucher.text, voucher.signature, voucher.voucher_date) == ("After", "AB", date(2024, 4, 1))
    one, two = voucher.rows.order_by("row")
    assert (one.amount, one.cost_centre, one.other_dimensions) == (Decimal("7.50"), centre, {"7": "121"})
    assert two.quantity == Decimal("1.5")


def test_a_deleted_voucher_takes_its_rows_along(books: factories.Books) -> None:
    voucher = books.post()
    delete_voucher(voucher=voucher)
    assert not LedgerEntry.objects.exists()


def test_a_refusal_by_the_database_becomes_the_ledgers(books: factories.Books) -> None:
    value = factories.DimensionValueFactory.create(company=books.company, dimension=2)
    with pytest.raises(ForeignCompany):
        books.post(books.rows(cost_centre=value))
