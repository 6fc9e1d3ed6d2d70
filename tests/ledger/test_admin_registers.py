"""The registers' forms: keys that never change, our own numbers, and refusals that come back as messages."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.db.models import Model
from django.test import Client
from django.test.utils import CaptureQueriesContext

from access.http.admin import deletion
from ledger.models import (
    Account,
    Company,
    CustomerInvoice,
    CustomerPayment,
    FinancialYear,
    OtherDimension,
    Supplier,
    SupplierInvoice,
    SupplierPayment,
)
from tests import factories
from tests.ledger.admin_client import errors_of, signed_in, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin() -> Client:
    return signed_in()


@pytest.fixture
def books() -> factories.Books:
    return factories.make_books()


def url_of(model: type[Model], page: str) -> str:
    """Return the address of a register's page."""
    return f"/admin/ledger/{model._meta.model_name}/{page}"


def test_a_company_is_made_and_keeps_its_number(admin: Client) -> None:
    form = {"number": "0042", "name": "AB", "currency": "SEK", "time_zone": "Europe/Stockholm", "active": "on"}
    admin.post(url_of(Company, "add/"), form)
    company = Company.objects.get(number="0042")
    admin.post(url_of(Company, f"{company.pk}/change/"), {**form, "number": "43", "name": "New name"})
    company.refresh_from_db()
    assert (company.number, company.name) == ("0042", "New name")


@pytest.mark.parametrize(
    ("wrong", "field"),
    [({"number": "å"}, "number"), ({"currency": "kr"}, "currency"), ({"time_zone": "Mars"}, "time_zone")],
)
def test_a_mistake_is_shown_at_its_field(admin: Client, wrong: dict[str, str], field: str) -> None:
    form = {"number": "1", "name": "AB", "currency": "SEK", "time_zone": "Europe/Stockholm"}
    assert list(errors_of(admin.post(url_of(Company, "add/"), {**form, **wrong}))) == [field]


def test_a_period_is_locked_and_unlocked_in_its_year(admin: Client, books: factories.Books) -> None:
    url = url_of(FinancialYear, f"{books.year.pk}/change/")
    for locked_until in ("2024-06-30", ""):
        admin.post(url, {"last_day": "2024-12-31", "locked_until": locked_until})
        books.year.refresh_from_db()
        assert str(books.year.locked_until or "") == locked_until


def test_a_year_that_overlaps_another_is_refused_at_its_first_day(admin: Client, books: factories.Books) -> None:
    form = {"company": books.company.pk, "first_day": "2024-07-01", "last_day": "2025-06-30"}
    page = admin.post(url_of(FinancialYear, "add/"), form)
    assert errors_of(page) == {"first_day": ["The financial year overlaps another year of the company."]}


def test_a_year_cannot_leave_its_vouchers_outside(admin: Client, books: factories.Books) -> None:
    books.post(day=date(2024, 11, 1))
    page = admin.post(url_of(FinancialYear, f"{books.year.pk}/change/"), {"last_day": "2024-06-30"})
    assert page.status_code == 200
    assert "in no financial year" in text_of(page)


def test_the_same_account_twice_is_said_in_the_form(admin: Client, books: factories.Books) -> None:
    form = {"company": books.company.pk, "number": "1910", "name": "Again"}
    page = admin.post(url_of(Account, "add/"), form)
    assert page.status_code == 200
    assert errors_of(page)


def test_an_account_keeps_company_and_number(admin: Client, books: factories.Books) -> None:
    other = factories.CompanyFactory.create()
    form = {"company": other.pk, "number": "9999", "name": "Cash", "active": "on"}
    admin.post(url_of(Account, f"{books.cash.pk}/change/"), form)
    books.cash.refresh_from_db()
    assert (books.cash.company, books.cash.number, books.cash.name) == (books.company, "1910", "Cash")


def test_a_further_dimension_is_mapped_to_object_or_management_area(admin: Client, books: factories.Books) -> None:
    other = OtherDimension.objects.create(company=books.company, number=7, name="Staff")
    form = {"name": "Staff", "dimension": "3", "values-TOTAL_FORMS": 0, "values-INITIAL_FORMS": 0}
    assert admin.post(url_of(OtherDimension, f"{other.pk}/change/"), form).status_code == 302
    other.refresh_from_db()
    assert other.dimension == 3


# Deleting


def test_an_account_in_use_is_not_deleted_and_the_page_says_why(admin: Client, books: factories.Books) -> None:
    books.post()
    url = url_of(Account, f"{books.cash.pk}/delete/")
    assert "1 ledger entry refers to it." in text_of(admin.get(url))
    admin.post(url, {"post": "yes"})
    chosen = {"action": "delete_selected", "_selected_action": [books.cash.pk], "post": "yes"}
    admin.post(url_of(Account, ""), chosen)
    assert Account.objects.filter(pk=books.cash.pk).exists()


def test_what_is_in_the_way_is_not_read_row_by_row(admin: Client, books: factories.Books) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            admin.get(url_of(Account, f"{books.cash.pk}/delete/"))
        return len(captured)

    books.post()
    few = queries()
    for _ in range(30):
        books.post()
    assert queries() == few


def test_too_many_rows_at_once_are_refused(
    admin: Client, books: factories.Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deletion, "MOST_AT_ONCE", 3)
    suppliers = factories.SupplierFactory.create_batch(4, company=books.company)
    chosen = {"action": "delete_selected", "_selected_action": [row.pk for row in suppliers]}
    assert "More than 3 rows are chosen" in text_of(admin.post(url_of(Supplier, ""), chosen))
    admin.post(url_of(Supplier, ""), {**chosen, "post": "yes"})
    assert Supplier.objects.count() == 4


def test_rows_without_anything_in_the_way_are_deleted_together(admin: Client, books: factories.Books) -> None:
    suppliers = factories.SupplierFactory.create_batch(2, company=books.company)
    chosen = {"action": "delete_selected", "_selected_action": [row.pk for row in suppliers], "post": "yes"}
    assert "2" in text_of(admin.post(url_of(Supplier, ""), chosen, follow=True))
    assert not Supplier.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_what_the_database_refuses_at_commit_is_a_message_too(admin: Client, books: factories.Books) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            create function refuse_at_commit() returns trigger language plpgsql as
                $$ begin raise exception 'no' using errcode = '23U02'; end $$;
            create constraint trigger refuse_at_commit after update or delete on ledger_supplier
                deferrable initially deferred for each row execute function refuse_at_commit();
            """
        )
    try:
        supplier = factories.SupplierFactory.create(company=books.company)
        page = admin.post(url_of(Supplier, f"{supplier.pk}/change/"), {"name": "New"})
        assert page.status_code == 200
        assert "The period is locked" in text_of(page)
        page = admin.post(url_of(Supplier, f"{supplier.pk}/delete/"), {"post": "yes"}, follow=True)
        assert "The period is locked" in text_of(page)
        supplier.refresh_from_db()
        assert supplier.name != "New"
    finally:
        with connection.cursor() as cursor:
            cursor.execute("drop function refuse_at_commit cascade")


# Invoices and payments


def invoice_form(books: factories.Books, **fields: Any) -> dict[str, Any]:
    """Return the form of an invoice, filled in."""
    usual = {"invoice_date": "2024-02-01", "currency": "SEK", "amount": "1 250,00", "vat_amount": "250"}
    return {"company": books.company.pk, "invoice_number": "F1", **usual, **fields}


def test_invoices_get_our_own_running_numbers(admin: Client, books: factories.Books) -> None:
    supplier = factories.SupplierFactory.create(company=books.company)
    form = invoice_form(books, supplier=supplier.pk, status="registered")
    for number in ("F1", "F2"):
        again = {**form, "invoice_number": number}
        assert admin.post(url_of(SupplierInvoice, "add/"), again).status_code == 302
    told = "Invoice F1 of the supplier is there already, as number 1."
    page = admin.post(url_of(SupplierInvoice, "add/"), {**form, "invoice_number": "f 1"})
    assert errors_of(page) == {"invoice_number": [told]}
    other = factories.SupplierFactory.create()
    admin.post(url_of(SupplierInvoice, "add/"), {**form, "company": other.company.pk, "supplier": other.pk})
    numbers = SupplierInvoice.objects.order_by("pk").values_list("company", "number")
    assert list(numbers) == [(books.company.pk, "1"), (books.company.pk, "2"), (other.company.pk, "1")]


@pytest.mark.parametrize(("status", "balance"), [("open", "1250.00"), ("paid", "0.00")])
def test_a_balance_left_empty_is_what_is_to_be_paid(
    admin: Client, books: factories.Books, status: str, balance: str
) -> None:
    customer = factories.CustomerFactory.create(company=books.company)
    admin.post(url_of(CustomerInvoice, "add/"), invoice_form(books, customer=customer.pk, status=status))
    assert CustomerInvoice.objects.get().balance == Decimal(balance)


def test_what_an_invoice_refers_to_is_of_its_company(admin: Client, books: factories.Books) -> None:
    foreign = factories.SupplierFactory.create()
    voucher = factories.make_books().post()
    form = invoice_form(books, supplier=foreign.pk, voucher=voucher.pk, status="registered")
    page = admin.post(url_of(SupplierInvoice, "add/"), form)
    assert errors_of(page) == {
        "supplier": ["It is of another company."],
        "voucher": ["It is of another company."],
    }


@pytest.mark.parametrize(
    ("model", "invoices"),
    [
        (SupplierPayment, factories.SupplierInvoiceFactory),
        (CustomerPayment, factories.CustomerInvoiceFactory),
    ],
)
def test_payments_get_our_own_running_numbers(admin: Client, model: type[Model], invoices: Any) -> None:
    invoice = invoices.create()
    form = {
        "company": invoice.company.pk,
        "invoice": invoice.pk,
        "payment_date": "2024-03-01",
        "amount": "1.250,00",
        "currency": "SEK",
    }
    assert admin.post(url_of(model, "add/"), form).status_code == 302
    payment: Any = model._default_manager.get()
    assert (payment.number, payment.amount) == ("1", Decimal("1250.00"))


def test_who_may_only_look_changes_nothing(books: factories.Books) -> None:
    reader = factories.UserFactory.create(is_staff=True)
    factories.give(reader, "ledger.view_account", "ledger.view_voucher", "ledger.view_company")
    client = Client()
    client.force_login(reader)
    voucher = books.post()
    assert client.get(f"/admin/ledger/voucher/{voucher.pk}/change/").status_code == 200
    assert client.get("/admin/ledger/supplier/").status_code == 403
    assert client.get("/admin/ledger/company/import-sie/").status_code == 403
    assert client.post(url_of(Account, f"{books.cash.pk}/change/"), {"name": "x"}).status_code == 403
    assert client.post(f"/admin/ledger/voucher/{voucher.pk}/change/", {"text": "x"}).status_code == 403
