"""One box for everything: what is typed, what it means, and what it costs."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from ledger.models import Company
from tests import factories

pytestmark = pytest.mark.django_db
MOST_QUERIES = 12


@pytest.fixture
def browser() -> Client:
    client = Client()
    client.force_login(factories.SuperuserFactory.create())
    return client


@pytest.fixture
def books() -> factories.Books:
    books = factories.make_books(number="100")
    Company.objects.filter(pk=books.company.pk).update(name="Bagarns AB", organisation_number="556677-8899")
    books.company.refresh_from_db()
    for _ in range(17):
        books.post(text="Rent")
    books.post(series="B")
    factories.SupplierFactory.create(
        company=books.company, number="7001", name="Elbolaget", organisation_number="5560360793"
    )
    factories.CustomerFactory.create(company=books.company, number="8001", name="Elsa")
    factories.SupplierInvoiceFactory.create(company=books.company, invoice_number="F-77", payment_reference="123457")
    factories.make_subscription(integration_id="EXOPEN", name="The books")
    return books


def found(browser: Client, text: str) -> dict[str, list[str]]:
    """What is found, by kind."""
    page = browser.get("/admin/find/", {"q": text}, headers={"HX-Request": "true"})
    assert page.status_code == 200
    return {group.label: [thing.title for thing in group.found] for group in page.context["groups"]}


@pytest.mark.parametrize(
    ("text", "kind", "titles"),
    [
        ("100", "Companies", ["100 Bagarns AB"]),
        ("bag", "Companies", ["100 Bagarns AB"]),
        ("5566778899", "Companies", ["100 Bagarns AB"]),
        ("556677-8899", "Companies", ["100 Bagarns AB"]),
        ("A 17", "Vouchers", ["A 17"]),
        ("a17", "Vouchers", ["A 17"]),
        ("A17 2024", "Vouchers", ["A 17"]),
        ("17", "Vouchers", ["A 17"]),
        ("1", "Vouchers", ["B 1", "A 1"]),
        ("elb", "Suppliers", ["7001 Elbolaget"]),
        ("7001", "Suppliers", ["7001 Elbolaget"]),
        ("556036-0793", "Suppliers", ["7001 Elbolaget"]),
        ("ELSA", "Customers", ["8001 Elsa"]),
        ("123 457", "Supplier invoices", None),
        ("F-77", "Supplier invoices", None),
        ("exo", "Subscriptions", ["EXOPEN The books"]),
        ("BOOKS", "Subscriptions", ["EXOPEN The books"]),
        ("vouch", "Pages", ["Vouchers"]),
        ("1 250,00", "Amounts", ["Ledger entries of 1 250,00"]),
    ],
)
def test_it_is_found(browser: Client, books: Any, text: str, kind: str, titles: list[str] | None) -> None:
    things = found(browser, text)
    assert kind in things
    assert titles is None or things[kind] == titles


@pytest.mark.parametrize("text", ["A 17 2023", "Q 17", "zzz", "%", "_", "\0", "x" * 500, "'; --", ""])
def test_what_is_nothing_is_no_error(browser: Client, books: Any, text: str) -> None:
    assert found(browser, text) == {}


@pytest.mark.parametrize("text", ["100", "A 17", "elb", "F-77"])
def test_it_takes_few_queries_whoever_asks(books: Any, text: str) -> None:
    clerk = factories.UserFactory.create(is_staff=True)
    kinds = ("company", "voucher", "supplier", "customer", "supplierinvoice", "customerinvoice")
    factories.give(clerk, *(f"ledger.view_{kind}" for kind in kinds), "subscriptions.view_subscription")
    client = Client()
    client.force_login(clerk)
    with CaptureQueriesContext(connection) as queries:
        found(client, text)
    assert len(queries) <= MOST_QUERIES


def test_nobody_finds_what_they_may_not_see(books: Any) -> None:
    clerk = factories.UserFactory.create(is_staff=True)
    client = Client()
    client.force_login(clerk)
    assert found(client, "100") == {}
    factories.give(clerk, "ledger.view_company", company=factories.CompanyFactory.create(number="900"))
    assert found(client, "100") == {}
    factories.give(clerk, "ledger.view_company")
    assert list(found(client, "100")) == ["Companies"]


def test_without_its_script_it_is_a_page(browser: Client, books: Any) -> None:
    page = browser.get("/admin/find/?q=elbolaget").content.decode()
    assert "Elbolaget" in page
    assert "<h1" in page
    assert Client().get("/admin/find/?q=x").status_code == 302


@pytest.mark.parametrize(
    ("table", "condition"),
    [
        ("ledger_voucher", "number = '17' order by id desc limit 6"),
        ("ledger_supplier", "upper(name::text) like 'EL%' limit 6"),
        ("ledger_customer", "organisation_number in ('5560360793', '556036-0793') limit 6"),
        ("ledger_supplierinvoice", "payment_reference = '123457' limit 6"),
    ],
)
def test_an_index_serves_it(table: str, condition: str) -> None:
    with connection.cursor() as cursor:
        # Of a table of few rows each other way costs as little, by whatever statistics a test before has left.
        for other_way in ("seqscan", "sort", "bitmapscan"):
            cursor.execute(f"set local enable_{other_way} = off")
        # The same goes for reading it whole in the order of its keys.
        cursor.execute(f"alter table {table} drop constraint {table}_pkey cascade")
        cursor.execute(f"explain select * from {table} where {condition}")
        plan = " ".join(line for (line,) in cursor.fetchall())
    assert "Index Cond" in plan
    assert "Seq Scan" not in plan
    assert "Sort" not in plan
