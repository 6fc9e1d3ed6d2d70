"""Taking vouchers back by others."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from ledger.exceptions import AlreadyReversed, InUse, OutsideYear, PeriodLocked
from ledger.models import FinancialYear, Voucher
from ledger.services.reversals import reverse_voucher
from ledger.services.vouchers import delete_voucher
from tests import factories
from tests.refusals import run_sql

pytestmark = pytest.mark.django_db


@pytest.fixture
def books() -> factories.Books:
    return factories.make_books()


def lock(books: factories.Books, until: date) -> None:
    FinancialYear.objects.filter(pk=books.year.pk).update(locked_until=until)


def open_year(books: factories.Books, year: int) -> FinancialYear:
    opened: FinancialYear = factories.FinancialYearFactory.create(company=books.company, first_day=date(year, 1, 1))
    return opened


def test_a_reversal_has_every_row_with_its_signs_turned(books: factories.Books) -> None:
    voucher = books.post(
        books.rows(
            "12.30",
            quantity=Decimal("1.5"),
            text="Row",
            cost_centre=factories.DimensionValueFactory.create(company=books.company),
            other_dimensions={"7": "121"},
        ),
        text="Sale",
    )
    reversal = reverse_voucher(voucher=voucher)
    (own, own_other), (turned, other) = voucher.rows.order_by("row"), reversal.rows.order_by("row")
    assert (turned.amount, turned.quantity, other.amount) == (Decimal("-12.30"), Decimal("-1.5"), Decimal("12.30"))
    for name in ("account", "text", "cost_centre", "other_dimensions"):
        assert getattr(turned, name) == getattr(own, name)
    assert other.account == own_other.account
    assert (reversal.series, reversal.number, reversal.voucher_date) == ("A", "2", voucher.voucher_date)
    assert (reversal.text, reversal.registered_on) == ("Reversal of A 1: Sale", timezone.localdate())


def test_both_know_of_each_other(books: factories.Books) -> None:
    voucher = books.post()
    reversal = reverse_voucher(voucher=voucher, text="", series="B")
    assert (str(reversal), reversal.text) == ("B 1", "")
    assert (reversal.reverses, voucher.reversal) == (voucher, reversal)
    assert reversal.reversal is None


def test_a_voucher_is_reversed_once(books: factories.Books) -> None:
    voucher = books.post()
    reversal = reverse_voucher(voucher=voucher)
    with pytest.raises(AlreadyReversed) as refused:
        reverse_voucher(voucher=voucher)
    assert refused.value.reversal == reversal
    again = reverse_voucher(voucher=reversal)
    assert again.rows.get(row=1).amount == voucher.rows.get(row=1).amount


def test_the_day_is_the_vouchers_own_where_it_is_open(books: factories.Books) -> None:
    assert reverse_voucher(voucher=books.post(day=date(2024, 2, 3))).voucher_date == date(2024, 2, 3)


def test_after_a_locked_day_it_is_today(books: factories.Books) -> None:
    voucher = books.post()
    lock(books, date(2024, 2, 29))
    today = timezone.localdate()
    open_year(books, today.year)
    assert reverse_voucher(voucher=voucher).voucher_date == today


def test_it_is_the_first_open_day_where_today_is_in_no_year(books: factories.Books) -> None:
    voucher = books.post()
    lock(books, date(2024, 2, 29))
    assert reverse_voucher(voucher=voucher).voucher_date == date(2024, 3, 1)
    another = books.post(day=date(2024, 3, 1))
    lock(books, date(2024, 12, 31))
    with pytest.raises(PeriodLocked):
        reverse_voucher(voucher=another)
    open_year(books, 2025)
    assert reverse_voucher(voucher=another).voucher_date == date(2025, 1, 1)


def test_a_day_that_is_asked_for_must_be_open(books: factories.Books) -> None:
    voucher = books.post()
    lock(books, date(2024, 2, 29))
    with pytest.raises(PeriodLocked):
        reverse_voucher(voucher=voucher, voucher_date=date(2024, 2, 29))
    with pytest.raises(OutsideYear):
        reverse_voucher(voucher=voucher, voucher_date=date(2031, 1, 1))
    assert Voucher.objects.count() == 1


def test_what_is_reversed_is_deleted_after_its_reversal_alone(books: factories.Books) -> None:
    voucher = books.post()
    reversal = reverse_voucher(voucher=voucher)
    with pytest.raises(InUse):
        delete_voucher(voucher=voucher)
    delete_voucher(voucher=reversal)
    assert reverse_voucher(voucher=voucher).number == "3"


def test_the_database_refuses_a_second_reversal_and_one_of_another_companys(books: factories.Books) -> None:
    voucher, other = books.post(), books.post()
    foreign = factories.make_books().post()
    reverse_voucher(voucher=voucher)
    for reversed_one in (voucher, foreign, other):
        with pytest.raises(IntegrityError), transaction.atomic():
            run_sql("update ledger_voucher set reverses_id = %s where id = %s", reversed_one.pk, other.pk)


def test_a_long_text_is_cut(books: factories.Books) -> None:
    voucher = books.post(text="x" * 500)
    assert len(reverse_voucher(voucher=voucher).text) == 500
