"""The life of a queue: opened, cut, retired, opened again."""

import pytest

from information_types import registry
from ledger.models import Account
from revisions import fan_out, pending, queues
from revisions.models import DepartedCount, OutboxItem, Queue, QueuedCount, RetiredQueue
from subscriptions.models import Resync, Subscription
from subscriptions.services import change_parts, delete_subscription
from tests import factories
from tests.consumers import Consumer

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_cut_takes_everything_and_says_what_is_missing(consumer: Consumer, books: factories.Books) -> None:
    Resync.objects.all().delete()
    books.post()
    Account.objects.update(active=False)
    assert queues.cut(subscription=consumer.subscription) == 4
    found = pending.look(subscription=consumer.subscription)
    assert (found.total, found.head.epoch) == (0, 2)
    assert [(missing.information_type, missing.company) for missing in found.resync] == [
        ("accounts", books.company.number),
        ("ledger_entries", books.company.number),
    ]


def test_a_cut_misses_nothing_that_is_no_longer_selected(consumer: Consumer, books: factories.Books) -> None:
    other = factories.CompanyFactory.create()
    books.post()
    Account.objects.update(active=False)
    fan_out.drain()
    change_parts(subscription=consumer.subscription, information_types=[registry.get("ledger_entries")])
    Resync.objects.all().delete()
    assert queues.cut(subscription=consumer.subscription) == 4
    (missing,) = pending.look(subscription=consumer.subscription).resync
    assert missing.information_type == "ledger_entries"
    books.post()
    fan_out.drain()
    change_parts(subscription=consumer.subscription, companies=[other])
    Resync.objects.all().delete()
    assert queues.cut(subscription=consumer.subscription) == 2
    assert pending.look(subscription=consumer.subscription).resync == []


def test_sequences_go_on_after_a_cut(consumer: Consumer, books: factories.Books) -> None:
    books.post()
    queues.cut(subscription=consumer.subscription)
    books.post()
    consumer.last_sequence = 2
    assert [line["sequence"] for line in consumer.fetch_all()] == [3, 4]


def test_a_cut_of_nothing_is_nothing(consumer: Consumer) -> None:
    assert queues.cut(subscription=consumer.subscription) == 0
    assert Queue.objects.get(subscription=consumer.subscription).epoch == 1


def test_a_cut_harms_no_other_queue(consumer: Consumer, books: factories.Books) -> None:
    other = Consumer(factories.make_subscription())
    books.post()
    queues.cut(subscription=consumer.subscription)
    assert len(other.fetch_all()) == 2


def test_a_deleted_subscription_leaves_nothing_but_how_far_it_came(consumer: Consumer, books: factories.Books) -> None:
    books.post()
    fan_out.drain()
    delete_subscription(subscription=Subscription.objects.get(pk=consumer.subscription.pk))
    for model in (OutboxItem, QueuedCount, DepartedCount, Queue, Resync):
        assert not model._default_manager.exists()
    assert RetiredQueue.objects.get().last_sequence == 2


def test_an_integration_id_used_again_goes_on_with_a_higher_epoch(consumer: Consumer, books: factories.Books) -> None:
    books.post()
    fan_out.drain()
    for epoch in (2, 3):
        subscription = Subscription.objects.get()
        delete_subscription(subscription=subscription)
        again = Consumer(factories.make_subscription(integration_id=subscription.integration_id))
        again.last_sequence = RetiredQueue.objects.get().last_sequence
        assert Queue.objects.get().epoch == epoch
        assert pending.look(subscription=again.subscription).total == 0
        books.post()
        assert [line["sequence"] for line in again.fetch_all()] == [2 * epoch - 1, 2 * epoch]
