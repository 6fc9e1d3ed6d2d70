"""Numbers in a working copy: provisional, and never given twice."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from pytest_django import Settings

from ledger.models import SupplierInvoice, Voucher
from ledger.services import rows
from ledger.services.numbers import is_provisional
from ledger.services.vouchers import delete_voucher
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _working_copy(settings: Settings) -> None:
    settings.UTKORG_WORKING_COPY = True


@pytest.fixture
def books() -> factories.Books:
    return factories.make_books()


def registered(books: factories.Books) -> Any:
    values = {"invoice_date": date(2024, 2, 1), "amount": Decimal(1)}
    return rows.create(row=SupplierInvoice(company=books.company), values=values)


def test_each_series_and_each_register_counts_for_itself(books: factories.Books) -> None:
    numbers = [books.post(series=series).number for series in ("A", "A", "B", "A")]
    assert numbers == ["P1", "P2", "P1", "P3"]
    assert [registered(books).number for _time in range(2)] == ["P1", "P2"]


def test_what_came_from_the_server_is_not_counted_on_from(books: factories.Books) -> None:
    Voucher.objects.create(
        company=books.company, financial_year=books.year, series="A", number="17", voucher_date=date(2024, 2, 1)
    )
    assert books.post().number == "P1"


def test_a_number_is_never_given_twice_even_if_its_row_is_deleted(books: factories.Books) -> None:
    books.post()
    delete_voucher(voucher=books.post())
    assert books.post().number == "P3"
    rows.delete(row=registered(books))
    assert registered(books).number == "P2"


def test_numbers_that_another_program_wrote_are_counted_on_from(books: factories.Books) -> None:
    for number in ("P4", "Px", "P"):
        Voucher.objects.create(
            company=books.company, financial_year=books.year, series="A", number=number, voucher_date=date(2024, 2, 1)
        )
    assert books.post().number == "P5"


@pytest.mark.parametrize(
    ("number", "told"), [("P1", True), ("17", False), ("P", False), ("PA1", False), ("P1\n", False)]
)
def test_a_provisional_number_is_told_by_its_form(number: str, told: bool) -> None:
    assert is_provisional(number) is told
