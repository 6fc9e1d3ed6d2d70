"""`GET /api/v1/pending?wait=`: against a live server, with real commits and the real broker."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from django.db import connection
from pytest_django import Settings

from access.models import ApiKey
from access.services import revoke_key
from revisions import fan_out, news, tasks
from subscriptions.models import Subscription
from subscriptions.services import delete_subscription
from tests import factories
from tests.connections import wait_until
from tests.live import Server, live_server

pytestmark = pytest.mark.django_db(transaction=True)


class Waiting:
    """A client of the live server, and what it needs to know of the installation."""

    def __init__(self, server: Server, books: factories.Books) -> None:
        self.server, self.books = server, books
        self.subscription = factories.make_subscription(integration_id="EXOPEN")
        self.key, text = factories.make_key(application=self.subscription.application)
        self.client = httpx.Client(
            base_url=f"{server.url}/api/v1",
            headers={"Authorization": f"Bearer {text}"},
            limits=httpx.Limits(max_connections=None),
            timeout=40,
        )
        self.threads = ThreadPoolExecutor(max_workers=64)

    def look(self, **query: Any) -> httpx.Response:
        """Ask, in this thread."""
        return self.client.get("pending", params={"integration_id": "EXOPEN", **query})

    def start(self, count: int = 1, headers: dict[str, str] | None = None, **query: Any) -> list[Any]:
        """Let so many clients wait, and return when they do."""
        query = {"integration_id": "EXOPEN", "wait": 30, **query}
        before = self.server.waiting()
        started = [self.threads.submit(self.client.get, "pending", params=query, headers=headers) for _ in range(count)]
        wait_until(lambda: self.server.waiting() == before + count)
        return started


@pytest.fixture
def waiting(books: factories.Books, settings: Settings) -> Iterator[Waiting]:
    settings.UTKORG_THROTTLE_RATES = {}
    fan_out.drain()
    with live_server() as server:
        client = Waiting(server, books)
        yield client
        client.client.close()
        client.threads.shutdown()


def connections_in_use() -> int:
    """How many sessions of this database there are beside the test's own."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select count(*) from pg_stat_activity "
            "where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'"
        )
        (count,) = cursor.fetchone()
    return int(count)


@pytest.mark.serial
def test_who_waits_is_answered_as_soon_as_a_row_is_queued(waiting: Waiting) -> None:
    (answer,) = waiting.start()
    assert not answer.done()
    waiting.books.post()
    began = time.monotonic()
    tasks.fan_out_changes()
    found = answer.result(timeout=5)
    assert (found.status_code, found.json()["total"]) == (200, 2)
    assert time.monotonic() - began < 0.9, "the news came, not the look each second"


def test_with_the_etag_it_waits_until_the_answer_differs(waiting: Waiting) -> None:
    waiting.books.post()
    tasks.fan_out_changes()
    etag = waiting.look().headers["ETag"]
    (answer,) = waiting.start(headers={"If-None-Match": etag})
    waiting.books.post()
    tasks.fan_out_changes()
    found = answer.result(timeout=5)
    assert (found.status_code, found.json()["total"]) == (200, 4)
    assert found.headers["ETag"] != etag


@pytest.mark.serial
def test_after_the_time_it_answers_as_it_would_without(waiting: Waiting) -> None:
    began = time.monotonic()
    found = waiting.look(wait=1)
    assert (found.status_code, found.json()["total"]) == (200, 0)
    assert 0.95 < time.monotonic() - began < 3
    again = waiting.client.get(
        "pending", params={"integration_id": "EXOPEN", "wait": 1}, headers={"If-None-Match": found.headers["ETag"]}
    )
    assert (again.status_code, again.content) == (304, b"")


def test_another_integrations_rows_wake_nobody_here(waiting: Waiting) -> None:
    other = factories.make_subscription()
    (answer,) = waiting.start(wait=2)
    news.publish([other.pk])
    assert answer.result(timeout=5).json()["total"] == 0


def test_news_that_is_lost_costs_a_second(waiting: Waiting) -> None:
    (answer,) = waiting.start()
    waiting.books.post()
    fan_out.drain()
    assert answer.result(timeout=3).json()["total"] == 2


def test_with_the_broker_away_it_looks_each_second(waiting: Waiting, settings: Settings) -> None:
    waiting.server.stop()
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": "unix:///nowhere/valkey.sock"}}
    with live_server() as server:
        waiting.server = server
        waiting.client.base_url = httpx.URL(f"{server.url}/api/v1")
        (answer,) = waiting.start()
        waiting.books.post()
        fan_out.drain()
        assert answer.result(timeout=3).json()["total"] == 2


def test_who_waits_holds_no_database_connection_and_leaves_the_server_to_others(waiting: Waiting) -> None:
    answers = waiting.start(count=50)
    wait_until(lambda: connections_in_use() <= 2, seconds=5)
    assert waiting.look().status_code == 200
    waiting.books.post()
    tasks.fan_out_changes()
    assert [answer.result(timeout=20).json()["total"] for answer in answers] == [2] * 50
    assert waiting.server.waiting() == 0


def test_a_client_that_goes_away_waits_no_longer(waiting: Waiting) -> None:
    with pytest.raises(httpx.ReadTimeout):
        waiting.client.get("pending", params={"integration_id": "EXOPEN", "wait": 30}, timeout=0.5)
    wait_until(lambda: waiting.server.waiting() == 0, seconds=5)


def test_a_key_revoked_meanwhile_is_told_nothing(waiting: Waiting) -> None:
    (answer,) = waiting.start()
    revoke_key(key=ApiKey.objects.get(pk=waiting.key.pk))
    waiting.books.post()
    tasks.fan_out_changes()
    assert answer.result(timeout=5).status_code == 401


def test_a_subscription_deleted_meanwhile_is_not_found(waiting: Waiting) -> None:
    (answer,) = waiting.start()
    delete_subscription(subscription=Subscription.objects.get(pk=waiting.subscription.pk))
    assert answer.result(timeout=5).status_code == 404


def test_a_wait_counts_as_one_request(waiting: Waiting, settings: Settings) -> None:
    settings.UTKORG_THROTTLE_RATES = {"pending": "2/h"}
    (answer,) = waiting.start()
    waiting.books.post()
    tasks.fan_out_changes()
    assert answer.result(timeout=5).status_code == 200
    assert waiting.look().status_code == 200
    assert waiting.look().status_code == 429


def test_a_right_lost_meanwhile_is_felt_and_what_is_left_is_waited_for(waiting: Waiting) -> None:
    owner = factories.UserFactory.create()
    lost, left = waiting.books.company, factories.CompanyFactory.create()
    rights = [factories.give(owner, "subscriptions.fetch_outbox", company=company) for company in (lost, left)]
    _key, text = factories.make_key(owner=owner, application=waiting.subscription.application)
    (answer,) = waiting.start(headers={"Authorization": f"Bearer {text}"})
    rights[0].delete()
    waiting.books.post()
    tasks.fan_out_changes()
    assert waiting.look().json()["total"] == 2
    factories.SupplierFactory.create(company=left)
    tasks.fan_out_changes()
    found = answer.result(timeout=5).json()
    assert (found["total"], found["withheld"]) == (1, 2)


def test_who_lost_every_right_meanwhile_is_told_nothing(waiting: Waiting) -> None:
    owner = factories.UserFactory.create()
    membership = factories.give(owner, "subscriptions.fetch_outbox", company=waiting.books.company)
    _key, text = factories.make_key(owner=owner, application=waiting.subscription.application)
    (answer,) = waiting.start(headers={"Authorization": f"Bearer {text}"})
    membership.delete()
    waiting.books.post()
    tasks.fan_out_changes()
    assert answer.result(timeout=5).status_code == 404
