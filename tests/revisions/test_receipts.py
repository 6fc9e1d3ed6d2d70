"""Receipts delete exactly the rows of their batch, once, for their integration."""

import pytest

from information_types import registry
from ledger.models import Account
from revisions import batch, fan_out, pending, queues, receipts
from revisions.exceptions import EpochChanged, InvalidReceipt
from revisions.models import Queue
from subscriptions.models import Subscription
from subscriptions.services import delete_subscription
from tests import factories
from tests.consumers import Consumer
from tests.refusals import run_sql

pytestmark = pytest.mark.django_db(transaction=True)


def fetch(consumer: Consumer, limit: int, choice: batch.Choice | None = None) -> tuple[list[int], str]:
    """Sequences of a batch, and its receipt."""
    choice = choice or batch.Choice()
    found = batch.read(subscription=consumer.subscription, choice=choice, limit=limit)
    epoch = Queue.objects.get(subscription=consumer.subscription).epoch
    receipt = receipts.issue(subscription=consumer.subscription, epoch=epoch, batch=found, choice=choice)
    return [row.sequence for row in found.rows], receipt or ""


def acknowledge(consumer: Consumer, receipt: str) -> receipts.Acknowledged:
    return receipts.acknowledge(subscription=consumer.subscription, receipt=receipt)


@pytest.fixture
def ten(consumer: Consumer, books: factories.Books) -> Consumer:
    """A consumer with ten accounts queued, in one set."""
    Account.objects.bulk_create(Account(company=books.company, number=f"{n}", name="x") for n in range(10))
    fan_out.drain()
    return consumer


def test_a_receipt_deletes_its_batch_and_nothing_else(ten: Consumer) -> None:
    _rows, receipt = fetch(ten, 4)
    assert acknowledge(ten, receipt) == receipts.Acknowledged(4, 6)
    assert fetch(ten, 100)[0] == [5, 6, 7, 8, 9, 10]


def test_a_receipt_sent_again_does_nothing(ten: Consumer) -> None:
    _rows, receipt = fetch(ten, 4)
    acknowledge(ten, receipt)
    assert acknowledge(ten, receipt) == receipts.Acknowledged(0, 6)


def test_an_empty_batch_has_no_receipt(consumer: Consumer) -> None:
    assert fetch(consumer, 10) == ([], "")


@pytest.mark.parametrize(("first", "second", "counts"), [(4, 7, (4, 3)), (7, 4, (7, 0))])
def test_overlapping_receipts_count_each_row_once(
    ten: Consumer, first: int, second: int, counts: tuple[int, int]
) -> None:
    one, other = fetch(ten, first)[1], fetch(ten, second)[1]
    assert (acknowledge(ten, one).acknowledged, acknowledge(ten, other).acknowledged) == counts
    assert fetch(ten, 100)[0] == [8, 9, 10]


def test_a_receipt_leaves_what_was_queued_after_its_batch(ten: Consumer, books: factories.Books) -> None:
    _rows, receipt = fetch(ten, 100)
    books.post()
    fan_out.drain()
    assert acknowledge(ten, receipt) == receipts.Acknowledged(10, 2)


def test_a_receipt_of_a_filtered_batch_leaves_what_was_left_out(ten: Consumer, books: factories.Books) -> None:
    books.post()
    factories.AccountFactory.create(company=books.company)
    fan_out.drain()
    accounts = batch.Choice(types=frozenset({registry.get("accounts").number}))
    rows, receipt = fetch(ten, 100, accounts)
    assert rows == [*range(1, 11), 13]
    assert acknowledge(ten, receipt).acknowledged == 11
    assert fetch(ten, 100)[0] == [11, 12]


def test_a_receipt_leaves_what_the_key_could_not_read(ten: Consumer) -> None:
    factories.AccountFactory.create()
    fan_out.drain()
    readable = batch.Choice(readable=frozenset(Account.objects.filter(number="1").values_list("company", flat=True)))
    rows, receipt = fetch(ten, 100, readable)
    assert rows == list(range(1, 11))
    acknowledge(ten, receipt)
    assert fetch(ten, 100)[0] == [11]


def test_one_integrations_receipt_harms_no_other(ten: Consumer) -> None:
    other = Consumer(factories.make_subscription())
    Account.objects.update(active=False)
    fan_out.drain()
    _rows, receipt = fetch(ten, 100)
    with pytest.raises(InvalidReceipt):
        acknowledge(other, receipt)
    acknowledge(ten, receipt)
    assert len(fetch(other, 100)[0]) == 12


@pytest.mark.parametrize("receipt", ["", "x", "eyJ9:1:2", "a:b:c:d", "\x00", "1" * 5000])
def test_a_forged_receipt_is_refused(ten: Consumer, receipt: str) -> None:
    with pytest.raises(InvalidReceipt):
        acknowledge(ten, receipt)


def test_a_changed_receipt_is_refused(ten: Consumer) -> None:
    _rows, receipt = fetch(ten, 4)
    for place in range(0, len(receipt), 7):
        other = "A" if receipt[place] != "A" else "B"
        with pytest.raises(InvalidReceipt):
            acknowledge(ten, receipt[:place] + other + receipt[place + 1 :])
    assert len(fetch(ten, 100)[0]) == 10


def test_a_receipt_of_before_a_cut_is_refused(ten: Consumer, books: factories.Books) -> None:
    _rows, receipt = fetch(ten, 4)
    queues.cut(subscription=ten.subscription)
    books.post()
    fan_out.drain()
    with pytest.raises(EpochChanged):
        acknowledge(ten, receipt)
    assert fetch(ten, 100)[0] == [11, 12]


def test_a_receipt_of_before_a_deletion_is_refused(ten: Consumer) -> None:
    _rows, receipt = fetch(ten, 4)
    name = ten.subscription.integration_id
    delete_subscription(subscription=Subscription.objects.get(pk=ten.subscription.pk))
    again = Consumer(factories.make_subscription(integration_id=name))
    with pytest.raises(EpochChanged):
        acknowledge(again, receipt)


def test_a_receipt_of_a_database_since_restored_is_refused(ten: Consumer, books: factories.Books) -> None:
    """The same sequences, given to other rows after the restored backup."""
    Account.objects.update(active=False)
    fan_out.drain()
    assert acknowledge(ten, fetch(ten, 10)[1]).acknowledged == 10
    _rows, receipt = fetch(ten, 100)
    run_sql("delete from revisions_outboxitem where first_sequence > 10")
    run_sql("update revisions_queue set last_sequence = 10")
    with pytest.raises(EpochChanged):
        acknowledge(ten, receipt)
    for _ in range(10):
        books.post()
    fan_out.drain()
    with pytest.raises(EpochChanged):
        acknowledge(ten, receipt)


def test_take_fetches_and_deletes(ten: Consumer) -> None:
    found, epoch = receipts.take(subscription=ten.subscription, choice=batch.Choice(), limit=4, after=0)
    assert ([row.sequence for row in found.rows], epoch) == ([1, 2, 3, 4], 1)
    assert fetch(ten, 100)[0] == [5, 6, 7, 8, 9, 10]


def test_take_with_a_filter_leaves_what_was_left_out(ten: Consumer, books: factories.Books) -> None:
    books.post()
    factories.AccountFactory.create(company=books.company)
    fan_out.drain()
    accounts = batch.Choice(types=frozenset({registry.get("accounts").number}))
    receipts.take(subscription=ten.subscription, choice=accounts, limit=100, after=None)
    assert fetch(ten, 100)[0] == [11, 12]
    assert pending.look(subscription=ten.subscription).total == 2
