"""The pages of a queue: what waits, in order, and one row as the integration gets it."""

import json
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from ledger.models import Account
from revisions import fan_out
from subscriptions.models import Subscription
from tests import factories
from tests.consumers import Consumer
from tests.ledger.admin_client import signed_in, text_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def admin() -> Client:
    return signed_in()


def outbox_of(subscription: Subscription) -> str:
    return f"/admin/subscriptions/subscription/{subscription.pk}/outbox/"


def sequences(page: Any) -> list[int]:
    return [line.row.sequence for line in page.context["lines"]]


def fill(books: factories.Books, accounts: int) -> None:
    Account.objects.bulk_create(
        Account(company=books.company, number=f"{number}", name="x") for number in range(2000, 2000 + accounts)
    )
    fan_out.drain()


def test_pages_lead_to_each_other(admin: Client, consumer: Consumer, books: factories.Books) -> None:
    fill(books, 120)
    first = admin.get(outbox_of(consumer.subscription))
    assert sequences(first) == list(range(1, 51))
    assert first.context["first_url"] is None
    assert "120 rows wait, sequence 1 to 120." in text_of(first)
    second = admin.get(first.context["next_url"])
    assert sequences(second) == list(range(51, 101))
    assert sequences(admin.get(second.context["previous_url"])) == sequences(first)
    last = admin.get(second.context["next_url"])
    assert (sequences(last), last.context["next_url"]) == (list(range(101, 121)), None)
    assert sequences(admin.get(last.context["first_url"])) == sequences(first)


def test_a_sequence_is_gone_to(admin: Client, consumer: Consumer, books: factories.Books) -> None:
    fill(books, 120)
    url = outbox_of(consumer.subscription)
    assert sequences(admin.get(url, {"sequence": "77"}))[0] == 77
    assert "Nothing waits from here on." in text_of(admin.get(url, {"sequence": "500"}))
    wrong = admin.get(url, {"sequence": "x"})
    assert list(wrong.context["form"].errors) == ["sequence"]
    assert sequences(wrong)[0] == 1


def test_types_and_companies_are_chosen(admin: Client, consumer: Consumer, books: factories.Books) -> None:
    books.post()
    fill(books, 3)
    other = factories.make_books()
    fan_out.drain()
    url = outbox_of(consumer.subscription)
    assert sequences(admin.get(url, {"type": "accounts"})) == [3, 4, 5, 6, 7]
    chosen: dict[str, Any] = {"type": "accounts", "company": other.company.pk}
    page = admin.get(url, chosen)
    assert sequences(page) == [6, 7]
    assert "Nothing of what you chose waits" in text_of(admin.get(url, {"type": "suppliers"}))


def test_a_page_tells_what_happened_to_which_row(admin: Client, consumer: Consumer, books: factories.Books) -> None:
    voucher = books.post()
    fan_out.drain()
    text = text_of(admin.get(outbox_of(consumer.subscription)))
    assert f"number {voucher.number} row 2 Created" in text
    assert f"{books.company.number} {books.company.name}" in text


def test_an_empty_outbox_says_so(admin: Client, consumer: Consumer) -> None:
    assert "Nothing waits in this outbox" in text_of(admin.get(outbox_of(consumer.subscription)))


def test_one_row_is_shown_as_the_integration_gets_it(admin: Client, consumer: Consumer, books: factories.Books) -> None:
    books.post(text="Kaffe <b>åt</b> alla")
    fan_out.drain()
    page = admin.get(f"{outbox_of(consumer.subscription)}2/")
    shown = page.context["line"].json
    assert "<b>" not in page.content.decode().partition("<pre")[2].partition("</pre>")[0]
    assert json.loads(shown) == consumer.fetch_all()[1]
    assert list(json.loads(shown))[:2] == ["sequence", "information_type"]
    gone = admin.get(f"{outbox_of(consumer.subscription)}2/")
    assert "Sequence 2 isn't in the outbox" in text_of(gone)


def test_the_list_and_the_page_of_subscriptions_lead_there(admin: Client, consumer: Consumer) -> None:
    url = outbox_of(consumer.subscription)
    assert url in admin.get("/admin/subscriptions/subscription/").content.decode()
    assert url in admin.get(f"/admin/subscriptions/subscription/{consumer.subscription.pk}/change/").content.decode()


def test_only_who_may_see_subscriptions_looks(consumer: Consumer) -> None:
    clerk = factories.UserFactory.create(is_staff=True)
    client = Client()
    client.force_login(clerk)
    url = outbox_of(consumer.subscription)
    assert client.get(url).status_code == 403
    factories.give(clerk, "subscriptions.view_subscription")
    assert client.get(url).status_code == 200
    assert client.post(url).status_code == 405
    assert client.get("/admin/subscriptions/subscription/999999/outbox/").status_code == 404
    assert Client().get(url).status_code == 302


@pytest.mark.parametrize("choice", [{}, {"type": "accounts"}, {"sequence": "60", "type": "accounts"}])
def test_a_page_takes_few_queries(
    admin: Client, consumer: Consumer, books: factories.Books, choice: dict[str, str]
) -> None:
    fill(books, 120)
    with CaptureQueriesContext(connection) as queries:
        admin.get(outbox_of(consumer.subscription), choice)
    assert len(queries) <= 12
