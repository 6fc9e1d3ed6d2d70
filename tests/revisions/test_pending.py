"""`pending` answers from counters, which always are what is queued."""

import dataclasses

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ledger.models import Account
from revisions import batch, fan_out, pending, queues, receipts
from subscriptions.models import Resync
from subscriptions.services import change_subscription, wish_of
from tests import factories
from tests.consumers import Consumer

pytestmark = pytest.mark.django_db(transaction=True)


def take(consumer: Consumer, limit: int) -> None:
    receipts.take(subscription=consumer.subscription, choice=batch.Choice(), limit=limit, after=None)


def test_an_empty_queue_has_nothing_pending(consumer: Consumer) -> None:
    found = pending.look(subscription=consumer.subscription)
    assert (found.total, found.withheld, found.oldest, found.kinds) == (0, 0, None, [])


def test_pending_counts_by_type_and_company(consumer: Consumer, books: factories.Books) -> None:
    other = factories.make_books()
    books.post()
    fan_out.drain()
    found = pending.look(subscription=consumer.subscription)
    assert [(kind.information_type, kind.company, kind.rows) for kind in found.kinds] == [
        ("accounts", other.company.number, 2),
        ("ledger_entries", books.company.number, 2),
    ]
    assert found.total == 4
    assert found.oldest == min(kind.oldest for kind in found.kinds)


def test_counters_follow_receipts_row_by_row(consumer: Consumer, books: factories.Books) -> None:
    for _ in range(3):
        books.post()
    Account.objects.update(active=False)
    fan_out.drain()
    for left in (6, 4, 2, 1, 0):
        take(consumer, 2 if left > 1 else 1)
        assert pending.look(subscription=consumer.subscription).total == left


def test_rows_of_unreadable_companies_are_withheld(consumer: Consumer, books: factories.Books) -> None:
    factories.make_books()
    books.post()
    fan_out.drain()
    found = pending.look(subscription=consumer.subscription, readable=frozenset({books.company.pk}))
    assert (found.total, found.withheld) == (2, 2)
    assert {missing.company for missing in found.resync} == {books.company.number}


def test_the_head_moves_with_everything_that_shows(consumer: Consumer, books: factories.Books) -> None:
    subscription = consumer.subscription
    Resync.objects.all().delete()
    heads = [pending.head(subscription)]
    books.post()
    fan_out.drain()
    heads.append(pending.head(subscription))
    take(consumer, 10)
    heads.append(pending.head(subscription))
    change_subscription(subscription=subscription, wish=dataclasses.replace(wish_of(subscription), active=False))
    heads.append(pending.head(subscription))
    books.post()
    change_subscription(subscription=subscription, wish=dataclasses.replace(wish_of(subscription), active=True))
    heads.append(pending.head(subscription))
    queues.cut(subscription=subscription)
    heads.append(pending.head(subscription))
    assert len(set(heads[:-1])) == 5
    assert heads[-1] == heads[-2]  # there was nothing to cut


def test_pending_takes_a_handful_of_queries_however_many_kinds(consumer: Consumer, books: factories.Books) -> None:
    for _ in range(20):
        factories.make_books().post()
    fan_out.drain()
    with CaptureQueriesContext(connection) as queries:
        assert len(pending.look(subscription=consumer.subscription).kinds) == 40
    assert len(queries) <= 4
