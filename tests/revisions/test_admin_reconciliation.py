"""Reconciliation in the admin: the register's lines, and beside them the figures that an integration has."""

import json
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from revisions import comparing, fan_out
from revisions.exceptions import CannotReconcile
from subscriptions.models import Subscription
from tests import factories
from tests.ledger.admin_client import signed_in, text_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def admin() -> Client:
    return signed_in()


@pytest.fixture
def subscription(books: factories.Books) -> Subscription:
    """A subscription of the books, with two months."""
    made = factories.make_subscription(companies=[books.company])
    books.post(day=date(2024, 1, 31))
    books.post(day=date(2024, 2, 1))
    return made


def url_of(subscription: Subscription, name: str = "ledger_entries", **query: Any) -> str:
    chosen = "&".join(f"{field}={value}" for field, value in {"information_type": name, **query}.items())
    return f"/admin/subscriptions/subscription/{subscription.pk}/reconciliation/?{chosen}"


def table(*lines: tuple[Any, ...]) -> str:
    return "\n".join("\t".join(map(str, line)) for line in lines)


def states(page: Any) -> list[tuple[str, str | None, str]]:
    return [(line.company, line.period, str(line.state[0])) for line in page.context["lines"]]


def test_the_subscriptions_page_leads_to_it(admin: Client, subscription: Subscription) -> None:
    page = admin.get(f"/admin/subscriptions/subscription/{subscription.pk}/change/")
    address = url_of(subscription).partition("?")[0]
    assert address in page.content.decode()
    blank = admin.get(address)
    assert blank.status_code == 200
    assert "figures" not in blank.context


def test_the_registers_lines_are_shown(admin: Client, subscription: Subscription, books: factories.Books) -> None:
    page = admin.get(url_of(subscription))
    number = books.company.number
    assert [(line.company, line.period) for line in page.context["lines"]] == [(number, "2024-01"), (number, "2024-02")]
    assert [[cell[1] for cell in line.cells] for line in page.context["lines"]] == [["2", "100.00", "-100.00"]] * 2
    assert "4 rows" in text_of(page)
    one = admin.get(url_of(subscription, company=books.company.pk, period_from="2024-02", period_to="2024-02"))
    assert [line.period for line in one.context["lines"]] == ["2024-02"]


def test_months_chosen_field_by_field_are_understood(admin: Client, subscription: Subscription) -> None:
    page = admin.get(url_of(subscription, period_from_month="02", period_from_year="2024"))
    assert [line.period for line in page.context["lines"]] == ["2024-02"]
    wrong = admin.get(url_of(subscription, period_from="2024-13"))
    assert "A month has the form YYYY-MM." in text_of(wrong)
    late = admin.get(url_of(subscription, period_from="2024-02", period_to="2024-01"))
    assert "The end comes before the start." in text_of(late)


def test_a_type_without_date_takes_no_months(admin: Client, subscription: Subscription, books: factories.Books) -> None:
    page = admin.get(url_of(subscription, "accounts", period_from="2024-01"))
    assert [(line.company, line.period) for line in page.context["lines"]] == [(books.company.number, None)]


def test_nothing_in_the_register_is_said(admin: Client, subscription: Subscription) -> None:
    assert "The register has no rows of this choice." in text_of(admin.get(url_of(subscription, "suppliers")))


def test_the_integrations_figures_are_compared_line_by_line(
    admin: Client, subscription: Subscription, books: factories.Books
) -> None:
    number, url = books.company.number, url_of(subscription)
    books.post(day=date(2024, 4, 1))
    pasted = table(
        (number, "2024-01", 2, "100,00", "100,00"),
        (number, "2024-02", 2, "100.01", "-100.00"),
        (number, "2024-03", 7),
        ("999", "2024-01", 7),
    )
    page = admin.post(url, {"figures": pasted})
    assert states(page) == [
        (number, "2024-02", "Differs"),
        (number, "2024-03", "Not in the register"),
        (number, "2024-04", "Missing at the integration"),
    ]
    february = page.context["lines"][0]
    assert [cell[1:] for cell in february.cells] == [("2", None), ("100.00", "100.01"), ("-100.00", None)]
    assert [line.transfer_url is None for line in page.context["lines"]] == [False, True, False]
    assert "3 months of 4 differ" in text_of(page)
    assert "1 pasted line is of another company" in text_of(page)


def test_a_differing_month_leads_to_a_transfer_of_just_that(
    admin: Client, subscription: Subscription, books: factories.Books
) -> None:
    page = admin.post(url_of(subscription), {"figures": table((books.company.number, "2024-01", 3))})
    link = page.context["lines"][0].transfer_url
    form = admin.get(link).context["form"]
    assert form.initial == {
        "subscription": str(subscription.pk),
        "company": str(books.company.pk),
        "information_type": "ledger_entries",
        "period_from": "2024-01",
        "period_to": "2024-01",
    }
    factories.SupplierInvoiceFactory.create(company=books.company, invoice_date=date(2024, 2, 3))
    invoices = admin.post(
        url_of(subscription, "supplier_invoices"), {"figures": table((books.company.number, "2024-02", 3))}
    )
    initial = admin.get(invoices.context["lines"][0].transfer_url).context["form"].initial
    assert (initial["date_from"], initial["date_to"]) == ("2024-02-01", "2024-02-29")


def test_the_apis_own_answer_agrees(admin: Client, subscription: Subscription) -> None:
    _key, text = factories.make_key(application=subscription.application)
    answer = Client(headers={"Authorization": f"Bearer {text}"}).get(
        "/api/v1/reconciliation",
        {"integration_id": subscription.integration_id, "information_type": "ledger_entries"},
    )
    page = admin.post(url_of(subscription), {"figures": answer.content.decode()})
    assert "Everything agrees" in text_of(page)
    assert page.context["lines"] == []


def test_what_is_on_its_way_is_told(admin: Client, subscription: Subscription) -> None:
    fan_out.drain()
    text = text_of(admin.get(url_of(subscription)))
    assert "4 rows are still on their way" in text
    assert "needs a one-off transfer" in text


def test_what_can_not_be_read_is_told_with_its_place(admin: Client, subscription: Subscription) -> None:
    page = admin.post(url_of(subscription), {"figures": "100;2024-01;två"})
    assert "Line 1: a company and a number of rows are needed." in text_of(page)
    assert "4 rows" in text_of(page)


def test_who_may_not_look_at_the_subscription_does_not_find_it(subscription: Subscription) -> None:
    stranger = factories.UserFactory.create(is_staff=True)
    other = factories.CompanyFactory.create()
    factories.give(stranger, "subscriptions.view_subscription", company=other)
    client = Client()
    client.force_login(stranger)
    assert client.get(url_of(subscription)).status_code == 404


def test_a_company_that_the_subscription_is_not_of_is_refused(admin: Client, subscription: Subscription) -> None:
    other = factories.CompanyFactory.create()
    assert "The company isn't in the subscription." in text_of(admin.get(url_of(subscription, company=other.pk)))


def test_it_takes_few_queries(admin: Client, subscription: Subscription) -> None:
    admin.get("/admin/")
    with CaptureQueriesContext(
        connection,
    ) as queries:
        admin.post(url_of(subscription), {"figures": "100\t2024-01\t3"})
    told = [query["sql"] for query in queries if query["sql"].lstrip().lower().startswith(("select", "with"))]
    assert len(told) <= 12, told


# What is pasted


def given(text: str) -> dict[comparing.Place, comparing.Given]:
    return dict(comparing.read(text))


def test_lines_are_read_in_the_forms_that_spreadsheets_give_them() -> None:
    line = comparing.Given(1250, Decimal("1250.50"), Decimal("-1250.50"), "00ff00ff00ff00ff")
    place = ("007", "2024-01")
    assert given("007\t2024-01\t1 250\t1 250,50\t−1 250,50\t00FF00FF00FF00FF") == {place: line}
    assert given('"007";"202401";1250;1.250,50;-1.250,50;00ff00ff00ff00ff\n\n') == {place: line}
    assert given("Hash\tRows\tCompany\tPeriod\n\t3\t007\t2024-01") == {place: comparing.Given(3)}
    assert given("007;;3;–;–") == {("007", None): comparing.Given(3)}


def test_json_is_read_as_the_apis_answer_or_a_list_of_its_lines() -> None:
    line = {"period": "2024-01", "rows": 2, "debit": "1.00", "credit": None, "hash": "00ff00ff00ff00ff"}
    found = {("007", "2024-01"): comparing.Given(2, Decimal("1.00"), None, "00ff00ff00ff00ff")}
    assert given(json.dumps({"companies": [{"company": "007", "periods": [line]}]})) == found
    assert given(json.dumps([{"company": "007", **line}])) == found


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{", "whole JSON"),
        ("[1]", "nor a list of its lines"),
        ('{"rows": []}', "nor a list of its lines"),
        ("007;2024-01", "a number of rows"),
        ("007;2024-01;-1", "a number of rows"),
        ("007;2024-01;1;x", "x is no amount"),
        ("007;2024-01;1;NaN", "NaN is no amount"),
        ("007;januari;1", "januari is no month"),
        ("007;2024-01;1\n007;2024-01;2", "Line 2: this company and month stands there twice"),
    ],
)
def test_what_is_no_figures_is_refused(text: str, told: str) -> None:
    with pytest.raises(CannotReconcile) as refused:
        comparing.read(text)
    assert told in str(refused.value)
