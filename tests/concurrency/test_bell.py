"""The bell: once per transaction, once per pass, and never in a writer's way. Here, because all share one broker."""

import dataclasses
import time
from collections.abc import Iterator
from typing import Any

import pytest
from celery import current_app
from django.core.cache import cache
from django.db import transaction
from django.test import override_settings

from ledger.models import Account
from revisions import bell
from revisions.tasks import fan_out_changes, sweep
from tests import factories
from tests.consumers import Consumer

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.serial]


def rung() -> int:
    """How many passes are asked for."""
    with current_app.connection_for_read() as broker:
        channel: Any = broker.default_channel
        return int(channel.client.llen("bell"))


@pytest.fixture(autouse=True)
def silence() -> Iterator[None]:
    """No bell hangs and none is asked for, before and after."""
    _silence()
    yield
    _silence()


def _silence() -> None:
    bell._Broker.left_alone_until = 0.0
    cache.delete(bell.BELL)
    with current_app.connection_for_read() as broker:
        channel: Any = broker.default_channel
        channel.client.delete("bell")


def test_a_transaction_rings_once_at_its_commit(books: factories.Books) -> None:
    _silence()
    with transaction.atomic():
        for _ in range(3):
            books.post()
        assert rung() == 0
    assert rung() == 1


def test_many_transactions_ring_for_one_pass(books: factories.Books) -> None:
    for _ in range(5):
        books.post()
    assert rung() == 1


def test_after_a_pass_the_next_writer_rings_again(books: factories.Books) -> None:
    _silence()
    books.post()
    fan_out_changes()
    books.post()
    assert rung() == 2


def test_what_is_rolled_back_rings_for_nobody(books: factories.Books) -> None:
    _silence()
    with transaction.atomic():
        books.post()
        transaction.set_rollback(True)
    assert rung() == 0


def test_a_rolled_back_savepoint_does_not_silence_what_follows(books: factories.Books) -> None:
    _silence()
    with transaction.atomic():
        savepoint = transaction.savepoint()
        books.post()
        transaction.savepoint_rollback(savepoint)
        books.post()
    assert rung() == 1


def test_a_deletion_rings(books: factories.Books) -> None:
    account = factories.AccountFactory.create(company=books.company)
    _silence()
    account.delete()
    assert rung() == 1


def test_the_sweep_finds_what_rang_for_nobody(consumer: Consumer, books: factories.Books) -> None:
    Account.objects.update(active=False)
    assert rung() <= 1
    sweep()
    assert len(consumer.fetch()) == 2


@dataclasses.dataclass
class Stopwatch:
    seconds: float = 0.0

    def __enter__(self) -> "Stopwatch":
        self.begun = time.monotonic()
        return self

    def __exit__(self, *_error: object) -> None:
        self.seconds = time.monotonic() - self.begun


def test_without_a_broker_saving_goes_on_and_the_broker_is_left_alone(
    consumer: Consumer, books: factories.Books
) -> None:
    nowhere = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": "unix:///nowhere/valkey.sock",
        }
    }
    with override_settings(CACHES=nowhere), Stopwatch() as watch:
        for _ in range(20):
            books.post()
    assert watch.seconds < 3
    assert bell._Broker.left_alone_until > 0
    assert len(consumer.fetch_all()) == 40
