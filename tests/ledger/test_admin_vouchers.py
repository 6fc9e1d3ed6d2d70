"""A voucher with its rows on one page, posted by the service."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from ledger.admin.vouchers import MOST_ROWS
from ledger.models import DimensionValue, LedgerEntry, Voucher
from ledger.services.vouchers import Entry, change_voucher
from tests import factories
from tests.ledger.admin_client import (
    as_shown,
    balanced,
    errors_of,
    row_errors_of,
    rows_errors_of,
    signed_in,
    text_of,
    voucher_form,
)

pytestmark = pytest.mark.django_db
VOUCHERS = "/admin/ledger/voucher/"


@pytest.fixture
def admin() -> Client:
    return signed_in()


@pytest.fixture
def books() -> factories.Books:
    return factories.make_books()


def change_url(voucher: Voucher) -> str:
    """Return the address of a voucher's page."""
    return f"{VOUCHERS}{voucher.pk}/change/"


def test_a_voucher_is_posted_with_the_next_number_of_its_series(admin: Client, books: factories.Books) -> None:
    books.post()
    page = admin.post(f"{VOUCHERS}add/", voucher_form(books, balanced(books)))
    assert page.status_code == 302
    voucher = Voucher.objects.get(text="Sale")
    assert (voucher.number, voucher.financial_year) == ("2", books.year)
    amounts = voucher.rows.order_by("row").values_list("row", "amount")
    assert list(amounts) == [(1, Decimal("1250.50")), (2, Decimal("-1250.50"))]
    assert LogEntry.objects.get().object_id == str(voucher.pk)


@pytest.mark.parametrize("typed", ["1250.50", "1250,50", "1 250,50", "1\u00a0250,50", "1,250.50", "1.250,50"])
def test_an_amount_may_be_typed_as_accountants_write_it(admin: Client, books: factories.Books, typed: str) -> None:
    admin.post(f"{VOUCHERS}add/", voucher_form(books, balanced(books, typed)))
    assert LedgerEntry.objects.get(row=1).amount == Decimal("1250.50")


def test_an_unbalanced_voucher_is_refused_at_its_rows(admin: Client, books: factories.Books) -> None:
    rows = balanced(books)
    rows[1]["credit"] = "1250,49"
    page = admin.post(f"{VOUCHERS}add/", voucher_form(books, rows))
    assert rows_errors_of(page) == ["The voucher does not sum to zero: debit and credit must be the same."]
    assert not Voucher.objects.exists()
    assert 'value="1250,49"' in page.content.decode()


@pytest.mark.parametrize(
    ("row", "field"),
    [
        ({"debit": "1", "credit": "1"}, "credit"),
        ({"debit": "", "credit": ""}, "debit"),
        ({"debit": "twelve"}, "debit"),
        ({"debit": "1.234"}, "debit"),
        ({"account": ""}, "account"),
        ({"account": "999999"}, "account"),
    ],
)
def test_a_mistake_in_a_row_is_shown_at_its_field(
    admin: Client, books: factories.Books, row: dict[str, str], field: str
) -> None:
    first, second = balanced(books)
    page = admin.post(f"{VOUCHERS}add/", voucher_form(books, [{**first, "text": "x", **row}, second]))
    assert list(row_errors_of(page)[0]) == [field]


def test_what_is_of_another_company_or_dimension_is_refused_at_its_field(admin: Client, books: factories.Books) -> None:
    foreign = factories.make_books()
    project = factories.DimensionValueFactory.create(company=books.company, dimension=DimensionValue.Dimension.PROJECT)
    first, second = balanced(books)
    rows = [{**first, "account": foreign.cash.pk, "cost_centre": project.pk}, second]
    page = admin.post(f"{VOUCHERS}add/", voucher_form(books, rows))
    assert row_errors_of(page)[0] == {
        "account": ["It is of another company."],
        "cost_centre": ["It is of another dimension."],
    }


def test_a_locked_period_is_refused_at_the_date(admin: Client, books: factories.Books) -> None:
    books.year.locked_until = date(2024, 2, 29)
    books.year.save()
    page = admin.post(f"{VOUCHERS}add/", voucher_form(books, balanced(books)))
    assert list(errors_of(page)) == ["voucher_date"]
    assert "locked" in errors_of(page)["voucher_date"][0]
    assert not Voucher.objects.exists()


def test_a_date_without_a_financial_year_is_refused_at_the_date(admin: Client, books: factories.Books) -> None:
    page = admin.post(f"{VOUCHERS}add/", voucher_form(books, balanced(books), voucher_date="2030-01-01"))
    assert list(errors_of(page)) == ["voucher_date"]


def test_rows_are_changed_added_and_deleted_and_keep_their_numbers(admin: Client, books: factories.Books) -> None:
    voucher = books.post()
    first, second = as_shown(voucher)
    rows = [{**first, "debit": "60"}, {**second, "DELETE": "on"}, {"account": books.sales.pk, "credit": "60"}]
    page = admin.post(change_url(voucher), voucher_form(books, rows, initial=2))
    assert page.status_code == 302
    assert list(voucher.rows.order_by("row").values_list("row", "amount")) == [(1, Decimal(60)), (3, Decimal(-60))]


def test_a_row_that_somebody_else_added_or_deleted_meanwhile_is_not_lost(admin: Client, books: factories.Books) -> None:
    voucher = books.post()
    shown = as_shown(voucher)
    change_voucher(voucher=voucher, header=factories.header_of(voucher), entries=books.rows("5.00"))
    page = admin.post(change_url(voucher), voucher_form(books, shown, initial=2, text="Overwritten"))
    assert "Somebody else has added or deleted rows" in rows_errors_of(page)[0]
    voucher.refresh_from_db()
    assert voucher.text == ""
    added = [*factories.entries_of(voucher), *books.rows("1.00")]
    shown = as_shown(voucher)
    change_voucher(voucher=voucher, header=factories.header_of(voucher), entries=added)
    page = admin.post(change_url(voucher), voucher_form(books, shown, initial=2))
    assert rows_errors_of(page)
    assert voucher.rows.count() == 4


def test_what_the_page_does_not_show_of_a_row_stays(admin: Client, books: factories.Books) -> None:
    entries = books.rows(other_dimensions={"7": "121"}, signature="ML", entry_date=date(2024, 2, 4))
    voucher = books.post(entries)
    admin.post(change_url(voucher), voucher_form(books, as_shown(voucher), initial=2, text="Changed"))
    row = voucher.rows.get(row=1)
    assert (row.other_dimensions, row.signature, row.entry_date) == ({"7": "121"}, "ML", date(2024, 2, 4))
    voucher.refresh_from_db()
    assert voucher.text == "Changed"


def test_company_year_series_and_number_never_change(admin: Client, books: factories.Books) -> None:
    voucher = books.post()
    other = factories.make_books()
    form = voucher_form(books, as_shown(voucher), initial=2, company=other.company.pk, series="B", number="99")
    admin.post(change_url(voucher), form)
    voucher.refresh_from_db()
    assert (voucher.company, voucher.series, voucher.number) == (books.company, "A", "1")


def test_deleting_asks_first_and_is_refused_in_a_locked_period(admin: Client, books: factories.Books) -> None:
    voucher = books.post()
    url = f"{VOUCHERS}{voucher.pk}/delete/"
    assert "Are you sure" in text_of(admin.get(url))
    books.year.locked_until = date(2024, 12, 31)
    books.year.save()
    page = admin.post(url, {"post": "yes"}, follow=True)
    assert "The period is locked" in text_of(page)
    assert Voucher.objects.exists()


def test_of_several_vouchers_none_is_deleted_when_one_is_refused(admin: Client, books: factories.Books) -> None:
    vouchers = [books.post(day=day) for day in (date(2024, 6, 1), date(2024, 2, 1))]
    books.year.locked_until = date(2024, 3, 31)
    books.year.save()
    chosen = {"action": "delete_selected", "_selected_action": [voucher.pk for voucher in vouchers], "post": "yes"}
    page = admin.post(VOUCHERS, chosen, follow=True)
    assert "The period is locked" in text_of(page)
    assert Voucher.objects.count() == 2
    assert not LogEntry.objects.exists()
    books.year.locked_until = None
    books.year.save()
    admin.post(VOUCHERS, chosen)
    assert not Voucher.objects.exists()


def test_a_voucher_of_very_many_rows_shows_its_header_and_leads_to_them(admin: Client, books: factories.Books) -> None:
    entries = [Entry(account=books.cash, amount=Decimal(1)) for _ in range(MOST_ROWS)]
    voucher = books.post([*entries, Entry(account=books.sales, amount=Decimal(-MOST_ROWS))])
    page = admin.get(change_url(voucher))
    assert "too many for this page" in text_of(page)
    assert "rows-TOTAL_FORMS" not in page.content.decode()
    header = {"voucher_date": "2024-05-05", "text": "Moved", "registered_on": "", "signature": ""}
    assert admin.post(change_url(voucher), header).status_code == 302
    voucher.refresh_from_db()
    assert (voucher.text, voucher.rows.count()) == ("Moved", MOST_ROWS + 1)


def queries_of(admin: Client, url: str) -> int:
    """Return how many queries a page takes."""
    with CaptureQueriesContext(connection) as queries:
        assert admin.get(url).status_code == 200
    return len(queries)


def test_a_page_with_many_rows_takes_no_more_queries_than_one_with_few(admin: Client, books: factories.Books) -> None:
    centres = factories.DimensionValueFactory.create_batch(50, company=books.company)

    def posted(rows: int) -> Voucher:
        entries = [Entry(account=books.cash, amount=Decimal(1), cost_centre=centre) for centre in centres[:rows]]
        return books.post([*entries, Entry(account=books.sales, amount=Decimal(-rows))])

    few, many = posted(2), posted(50)
    queries_of(admin, change_url(few))
    assert queries_of(admin, change_url(many)) == queries_of(admin, change_url(few))


def test_saving_many_rows_takes_no_more_queries_than_few(admin: Client, books: factories.Books) -> None:
    def saved(rows: int) -> int:
        typed: list[dict[str, Any]] = [{"account": books.cash.pk, "debit": "1"} for _ in range(rows)]
        form = voucher_form(books, [*typed, {"account": books.sales.pk, "credit": str(rows)}])
        with CaptureQueriesContext(connection) as queries:
            assert admin.post(f"{VOUCHERS}add/", form).status_code == 302
        return len(queries)

    saved(2)
    assert saved(60) == saved(3)
