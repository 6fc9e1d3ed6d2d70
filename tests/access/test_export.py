"""Any list as a file: what it shows, as the spreadsheet of the reader's language takes it."""

import csv
import io
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.contrib import admin
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from openpyxl import load_workbook

from access.http.admin.export import excel_file, rows
from access.http.admin.export.csv_file import harmless
from ledger.models import LedgerEntry, Supplier
from notices.models import Notice
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser() -> Client:
    client = Client()
    client.force_login(factories.SuperuserFactory.create(username="boss"))
    return client


@pytest.fixture
def books() -> factories.Books:
    books = factories.make_books(number="100")
    books.post(text="First", day=date(2024, 1, 5))
    books.post(books.rows("1250.50", text="Rent of March"), series="B", text="Second", day=date(2024, 3, 5))
    return books


def content_of(answer: Any) -> bytes:
    assert answer.status_code == 200
    return b"".join(answer.streaming_content)


def table(browser: Client, path: str, language: str = "en") -> list[list[str]]:
    """The rows of a list's CSV."""
    answer = browser.get(f"/admin/{path}", headers={"accept-language": language})
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    text = content_of(answer).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text), delimiter="," if language == "en" else ";"))


def test_what_names_a_row_stands_before_the_columns_on_screen(browser: Client, books: factories.Books) -> None:
    headings, first, *rest = table(browser, "ledger/ledgerentry/export/csv/")
    assert headings[:5] == [
        "Company (key)",
        "Financial year (key)",
        "Series (key)",
        "Number (key)",
        "Row (key)",
    ]
    assert headings[5:] == [
        "Voucher",
        "Voucher date",
        "Row",
        "Account",
        "Text",
        "Debit",
        "Credit",
        "Cost centre",
        "Company",
    ]
    assert first[:8] == ["100", "2024-01-01", "B", "1", "1", "B 1", "2024-03-05", "1"]
    assert first[8:] == ["1910 Kassa", "Rent of March", "1250.50", "", "", "100 Company 100"]
    assert len(rest) == 3


def test_a_swedish_spreadsheet_takes_the_file_as_it_is(browser: Client, books: factories.Books) -> None:
    answer = browser.get("/admin/ledger/ledgerentry/export/csv/", headers={"accept-language": "sv"})
    text = content_of(answer).decode()
    assert text.startswith("\ufeff")
    assert ";1250,50;" in text
    assert text.count("\r\n") == 5
    assert "attachment" in answer["Content-Disposition"]
    assert "no-store" in answer["Cache-Control"]


def test_filters_search_and_order_of_the_list_hold_for_the_file(browser: Client, books: factories.Books) -> None:
    factories.make_books(number="200").post()
    of_company = f"voucher__company__id__exact={books.company.pk}"
    assert len(table(browser, f"ledger/ledgerentry/export/csv/?{of_company}")) == 5
    assert len(table(browser, f"ledger/ledgerentry/export/csv/?{of_company}&side=credit&q=B+1")) == 2
    names = [row[-5] for row in table(browser, "ledger/supplier/export/csv/?o=-2")]
    assert names == sorted(names, reverse=True)


@pytest.mark.parametrize("model", [model for model in admin.site._registry if model is not Notice], ids=str)
def test_every_list_is_exported(browser: Client, books: factories.Books, model: Any) -> None:
    path = f"/admin/{model._meta.app_label}/{model._meta.model_name}"
    page = browser.get(f"{path}/")
    assert f"{path}/export/csv/" in page.content.decode()
    assert content_of(browser.get(f"{path}/export/csv/"))
    sheet = load_workbook(io.BytesIO(content_of(browser.get(f"{path}/export/xlsx/")))).active
    assert sheet is not None
    assert sheet.freeze_panes == "A2"


def test_an_excel_file_holds_numbers_days_and_texts(browser: Client, books: factories.Books) -> None:
    factories.SupplierInvoiceFactory.create(company=books.company, invoice_number="=1+1", amount=Decimal("-12.50"))
    book = load_workbook(io.BytesIO(content_of(browser.get("/admin/ledger/supplierinvoice/export/xlsx/"))))
    headings, values = book.worksheets[0].iter_rows()
    cells: dict[Any, Any] = dict(zip([cell.value for cell in headings], values, strict=True))
    assert cells["Company (key)"].value == "100"
    assert cells["Invoice number"].data_type == "s"
    assert cells["Invoice number"].value == "=1+1"
    assert (cells["Amount"].data_type, cells["Amount"].value) == ("n", -12.5)
    assert cells["Amount"].number_format == "#,##0.00"
    assert cells["Invoice date"].is_date
    assert cells["Status"].value == "Registered"


@pytest.mark.parametrize("text", ["=1+1", "+46 8 123", "-2", "@cmd", "\t=1", "\r=1", "＝1"])
def test_no_text_becomes_a_formula(text: str) -> None:
    assert harmless(text) == f"'{text}"


def test_amounts_and_plain_texts_stay_as_they_are(browser: Client, books: factories.Books) -> None:
    assert harmless("Rent - March") == "Rent - March"
    factories.SupplierFactory.create(company=books.company, name="=HYPERLINK(1)", number="0042")
    (row,) = table(browser, "ledger/supplier/export/csv/")[1:]
    assert "'=HYPERLINK(1)" in row
    assert "0042" in row


def test_a_file_too_long_for_excel_is_offered_as_csv(
    browser: Client, books: factories.Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(excel_file, "MOST_ROWS", 3)
    page = browser.get("/admin/ledger/ledgerentry/export/xlsx/?year=2024", follow=True)
    assert page.redirect_chain == [("/admin/ledger/ledgerentry/?year=2024", 302)]
    text = page.content.decode()
    assert "An Excel file takes at most 3 rows" in text
    assert "/admin/ledger/ledgerentry/export/csv/?year=2024" in text
    assert content_of(browser.get("/admin/ledger/ledgerentry/export/xlsx/?year=2024&side=credit"))


def test_a_long_list_is_read_in_pieces_and_takes_no_more_queries_for_a_row(
    browser: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rows, "AT_ONCE", 10)
    for _ in range(15):
        factories.make_books().post()
    with CaptureQueriesContext(connection) as queries:
        lines = table(browser, "ledger/ledgerentry/export/csv/")
    assert len(lines) == 31
    assert len([query for query in queries if 'FROM "ledger_ledgerentry"' in query["sql"]]) == 4  # the keys, 3 pieces


def test_a_row_deleted_meanwhile_is_left_out(books: factories.Books) -> None:
    ordered = LedgerEntry.objects.order_by("-amount")
    keys = rows.read_keys(ordered)
    LedgerEntry.objects.filter(voucher__series="B").delete()
    assert [entry.amount for some in rows.read_rows(ordered, keys) for entry in some] == [Decimal(100), Decimal(-100)]


def test_only_who_may_see_a_list_exports_it(books: factories.Books) -> None:
    clerk = factories.UserFactory.create(is_staff=True)
    client = Client()
    client.force_login(clerk)
    assert client.get("/admin/ledger/supplier/export/csv/").status_code == 403
    factories.give(clerk, "ledger.view_supplier")
    assert len(table(client, "ledger/supplier/export/csv/")) == 1 + Supplier.objects.count()
    assert client.get("/admin/ledger/customer/export/csv/").status_code == 403
    assert client.post("/admin/ledger/supplier/export/csv/").status_code == 403


def test_a_filter_that_means_nothing_leads_back_to_the_list(browser: Client) -> None:
    assert browser.get("/admin/ledger/supplier/export/csv/?nothing=1").status_code == 302
    assert browser.get("/admin/ledger/supplier/export/csv/?q=%00").status_code in {200, 302}
