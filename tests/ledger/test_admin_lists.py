"""The registers' lists: as many queries for a hundred rows as for ten, filters and searches that accountants use."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from access.http.admin import paginator
from ledger.models import (
    Balance,
    DimensionValue,
    LedgerEntry,
    OtherDimension,
    SupplierInvoice,
    Voucher,
)
from ledger.services.vouchers import Entry
from tests import factories
from tests.ledger.admin_client import signed_in, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin() -> Client:
    return signed_in()


def make_vouchers(count: int) -> None:
    for _ in range(count):
        factories.make_books().post()


def make_balances(count: int) -> None:
    for _ in range(count):
        books = factories.make_books()
        Balance.objects.create(financial_year=books.year, account=books.cash, kind=Balance.Kind.OPENING, amount=1)


def make_other_dimensions(count: int) -> None:
    for number in range(20, 20 + count):
        OtherDimension.objects.create(company=factories.CompanyFactory.create(), number=number)


MAKERS: dict[str, Callable[[int], Any]] = {
    "company": factories.CompanyFactory.create_batch,
    "financialyear": factories.FinancialYearFactory.create_batch,
    "account": factories.AccountFactory.create_batch,
    "dimensionvalue": factories.DimensionValueFactory.create_batch,
    "otherdimension": make_other_dimensions,
    "balance": make_balances,
    "voucher": make_vouchers,
    "ledgerentry": make_vouchers,
    "supplier": factories.SupplierFactory.create_batch,
    "customer": factories.CustomerFactory.create_batch,
    "supplierinvoice": factories.SupplierInvoiceFactory.create_batch,
    "customerinvoice": factories.CustomerInvoiceFactory.create_batch,
    "supplierpayment": factories.SupplierPaymentFactory.create_batch,
    "customerpayment": factories.CustomerPaymentFactory.create_batch,
}
MOST_QUERIES = 12


def queries_of(admin: Client, url: str) -> list[str]:
    """Return the queries that a page takes in a process that has just started."""
    ContentType.objects.clear_cache()
    with CaptureQueriesContext(connection) as queries:
        page = admin.get(url)
        assert page.status_code == 200
    return [query["sql"] for query in queries]


@pytest.mark.parametrize("model", MAKERS)
def test_a_list_takes_as_many_queries_for_a_hundred_rows_as_for_ten(admin: Client, model: str) -> None:
    url = f"/admin/ledger/{model}/"
    MAKERS[model](10)
    queries_of(admin, url)
    few = queries_of(admin, url)
    MAKERS[model](90)
    many = queries_of(admin, url)
    assert len(many) == len(few)
    assert len(many) <= MOST_QUERIES


@pytest.mark.parametrize("model", MAKERS)
def test_no_list_counts_the_whole_register(admin: Client, model: str) -> None:
    MAKERS[model](2)
    counts = [query for query in queries_of(admin, f"/admin/ledger/{model}/") if "COUNT(" in query.upper()]
    assert all("LIMIT" in query for query in counts)


@pytest.mark.parametrize("model", MAKERS)
def test_a_rows_page_takes_few_queries(admin: Client, model: str) -> None:
    MAKERS[model](2)
    key = admin.get(f"/admin/ledger/{model}/").context["cl"].result_list[0].pk
    assert len(queries_of(admin, f"/admin/ledger/{model}/{key}/change/")) <= MOST_QUERIES


def test_a_list_beyond_the_bound_says_that_there_are_more(admin: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paginator, "MOST_COUNTED", 5)
    factories.CompanyFactory.create_batch(6)
    assert "More than 5 companies." in text_of(admin.get("/admin/ledger/company/"))


def names_in(page: Any) -> list[str]:
    """Return the rows that a list shows."""
    return [str(row) for row in page.context["cl"].result_list]


@pytest.fixture
def books() -> factories.Books:
    books = factories.make_books(number="100")
    books.post(text="First", day=date(2024, 1, 5))
    books.post(books.rows("1250.00", text="Rent of March"), series="B", text="Second", day=date(2024, 3, 5))
    factories.make_books(number="200").post(text="Foreign")
    return books


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=1", {"A 1", "B 1"}),
        ("q=b+1", {"B 1"}),
        ("q=econ", {"B 1"}),
        ("voucher_date_from=2024-03-01&voucher_date_to=2024-03-31", {"B 1"}),
        ("year=2024", {"A 1", "B 1"}),
        ("year=2023", set()),
        ("series__icontains=B", {"B 1"}),
    ],
)
def test_vouchers_are_found(admin: Client, books: factories.Books, query: str, found: set[str]) -> None:
    page = admin.get(f"/admin/ledger/voucher/?{query}&company__id__exact={books.company.pk}")
    assert set(names_in(page)) == found


@pytest.mark.parametrize(
    ("query", "amounts"),
    [
        ("account_number=1910", ["1250.00", "100.00"]),
        ("account_number=3", ["-1250.00", "-100.00"]),
        ("account_number=1900-2999", ["1250.00", "100.00"]),
        ("amount_from=1+000,00", ["1250.00", "-1250.00"]),
        ("amount_to=100", ["100.00", "-100.00"]),
        ("amount_from=100&amount_to=100&side=credit", ["-100.00"]),
        ("side=debit", ["1250.00", "100.00"]),
        ("voucher__voucher_date_to=2024-02-01", ["100.00", "-100.00"]),
        ("year=2024&q=Rent", ["1250.00"]),
        ("q=B+1", ["1250.00", "-1250.00"]),
        ("q=3001", ["-1250.00", "-100.00"]),
    ],
)
def test_ledger_entries_are_found(admin: Client, books: factories.Books, query: str, amounts: list[str]) -> None:
    page = admin.get(f"/admin/ledger/ledgerentry/?{query}&voucher__company__id__exact={books.company.pk}")
    assert [str(row.amount) for row in page.context["cl"].result_list] == amounts


@pytest.mark.parametrize(
    "query",
    [
        "amount_from=much",
        "amount_from=1e999999999",
        "amount_from=%00",
        "voucher__voucher_date_from=yesterday",
        "voucher__voucher_date_from=%00",
        "year=x",
        "year=0000",
        "year=%00",
        "side=%00",
        "account_number=%00",
        "account_number=1-%00",
        "voucher__company__id__exact=%00",
        "voucher__company__id__exact=99999999999999999999",
        "q=%00",
        "q=99999999999999999999999",
        "p=99999",
        "o=77",
    ],
)
def test_a_filter_that_means_nothing_is_no_error(admin: Client, books: factories.Books, query: str) -> None:
    assert admin.get(f"/admin/ledger/ledgerentry/?{query}", follow=True).status_code == 200


def autocomplete(admin: Client, model: str, field: str, **query: Any) -> list[str]:
    """Return what a field of a form proposes."""
    given = {"app_label": "ledger", "model_name": model, "field_name": field, "term": "", **query}
    return [found["text"] for found in admin.get("/admin/autocomplete/", given).json()["results"]]


def test_a_rows_account_is_searched_within_the_vouchers_company(admin: Client, books: factories.Books) -> None:
    found = autocomplete(admin, "ledgerentry", "account", company=books.company.pk, term="19")
    assert found == ["1910 Kassa"]
    assert len(autocomplete(admin, "ledgerentry", "account", term="19")) == 2


def test_a_rows_cost_centre_is_searched_among_cost_centres(admin: Client, books: factories.Books) -> None:
    factories.DimensionValueFactory.create(company=books.company, code="10", name="North")
    factories.DimensionValueFactory.create(
        company=books.company, code="P1", dimension=DimensionValue.Dimension.PROJECT, name="Bridge"
    )
    assert autocomplete(admin, "ledgerentry", "cost_centre", company=books.company.pk) == ["10 North"]
    assert autocomplete(admin, "ledgerentry", "project", company=books.company.pk) == ["P1 Bridge"]


def test_a_ledger_entry_leads_to_its_voucher_and_is_changed_there_only(admin: Client, books: factories.Books) -> None:
    entry = LedgerEntry.objects.filter(voucher__company=books.company).earliest("pk")
    page = admin.get("/admin/ledger/ledgerentry/")
    assert f"/admin/ledger/voucher/{entry.voucher_id}/change/" in page.content.decode()
    assert admin.post(f"/admin/ledger/ledgerentry/{entry.pk}/change/", {"text": "x"}).status_code == 403
    assert admin.get("/admin/ledger/ledgerentry/add/").status_code == 403


@pytest.mark.parametrize(
    ("language", "amount", "day"),
    [("sv", "1\u00a0250,00", "2024-02-01"), ("nb", "1\u00a0250,00", "01.02.2024"), ("en", "1,250.00", "1 Feb 2024")],
)
def test_amounts_and_days_have_the_form_of_the_language(admin: Client, language: str, amount: str, day: str) -> None:
    factories.SupplierInvoiceFactory.create()
    page = admin.get("/admin/ledger/supplierinvoice/", headers={"accept-language": language}).content.decode()
    assert amount in page
    assert day in page


def test_the_sum_of_a_voucher_stands_in_the_list(admin: Client, books: factories.Books) -> None:
    books.post([Entry(account=books.cash, amount=Decimal(7)), Entry(account=books.sales, amount=Decimal(-7))])
    page = admin.get(f"/admin/ledger/voucher/?company__id__exact={books.company.pk}&q=A+2")
    assert "7.00" in text_of(page)
    assert Voucher.objects.count() == 4
    assert SupplierInvoice.objects.count() == 0


def test_an_empty_list_says_which_filter_to_loosen_in_few_queries(admin: Client, books: factories.Books) -> None:
    of_company = f"company__id__exact={books.company.pk}"
    url = f"/admin/ledger/voucher/?{of_company}&year=2024&series__icontains=B&voucher_date_to=2024-02&q=Second"
    assert len(queries_of(admin, url)) <= MOST_QUERIES + 4  # the page, and a savepoint with its bound
    page = admin.get(url)
    assert [chip.label for chip in page.context["cl"].chips] == [
        "Company",
        "Financial year",
        "Series",
        "Voucher date",
        "Search",
    ]
    assert [chip.label for chip in page.context["cl"].loosening] == ["Voucher date"]
    assert "There are rows without one of these" in text_of(page)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("voucher_date_from=2024-03", {"B 1"}),
        ("voucher_date_to=2024-01", {"A 1"}),
        ("voucher_date_from=2024&voucher_date_to=2024", {"A 1", "B 1"}),
        ("voucher_date_from=202403&voucher_date_to=202403", {"B 1"}),
    ],
)
def test_a_period_is_a_bound_as_a_day_is(admin: Client, books: factories.Books, query: str, found: set[str]) -> None:
    page = admin.get(f"/admin/ledger/voucher/?{query}&company__id__exact={books.company.pk}")
    assert set(names_in(page)) == found


def test_a_day_is_read_as_the_language_writes_it(admin: Client, books: factories.Books) -> None:
    url = f"/admin/ledger/voucher/?voucher_date_from=01.03.2024&company__id__exact={books.company.pk}"
    assert names_in(admin.get(url, headers={"accept-language": "nb"})) == ["B 1"]


def test_what_came_by_a_link_is_a_chip_as_well(admin: Client, books: factories.Books) -> None:
    voucher = Voucher.objects.filter(company=books.company).earliest("pk")
    page = admin.get(f"/admin/ledger/ledgerentry/?voucher__id__exact={voucher.pk}")
    (chip,) = page.context["cl"].chips
    assert (chip.label, chip.value, chip.without) == ("Voucher", "A 1", "?")
