"""Each batch is written down once, with its key, its times and what became of it."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from pytest_django import Settings

from revisions import queues
from revisions.models import BatchLog, Departure, LastFetch, Removal
from subscriptions.models import Subscription
from subscriptions.services import delete_subscription
from tests import factories
from tests.integrators import Integrator, body
from tests.refusals import run_sql
from tests.revisions.test_api_revisions import queue

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _unlimited(settings: Settings) -> None:
    settings.UTKORG_THROTTLE_RATES = {}


@pytest.fixture
def integrator(books: factories.Books) -> Integrator:
    return Integrator(factories.make_subscription(integration_id="EXOPEN"))


def test_a_fetch_is_written_down_with_its_key(integrator: Integrator, books: factories.Books) -> None:
    queue(books, 2, 2)
    integrator.fetch(limit=2)
    batch = BatchLog.objects.get()
    assert (batch.first_sequence, batch.last_sequence, batch.rows, batch.times) == (1, 2, 2, 1)
    assert (batch.epoch, batch.kinds, batch.key_name, batch.how) == (1, None, "A key", None)


def test_the_same_batch_again_moves_the_last_time(integrator: Integrator, books: factories.Books) -> None:
    queue(books, 2)
    for _time in range(3):
        integrator.fetch()
    batch = BatchLog.objects.get()
    assert batch.times == 3
    assert batch.first_fetched_at is not None
    assert batch.last_fetched_at is not None
    assert batch.first_fetched_at < batch.last_fetched_at


def test_another_key_is_another_line(integrator: Integrator, books: factories.Books) -> None:
    queue(books, 2)
    application = Subscription.objects.get().application
    _key, text = factories.make_key(application=application, name="Another")
    integrator.fetch()
    receipt = Integrator(Subscription.objects.get(), key=text).fetch()["receipt"]
    integrator.acknowledge(receipt)
    lines = BatchLog.objects.order_by("id")
    assert [batch.key_name for batch in lines] == ["A key", "Another"]
    assert [batch.acknowledged_by for batch in lines] == ["A key", "A key"]


def test_what_a_filter_left_out_is_told(integrator: Integrator, books: factories.Books) -> None:
    queue(books, 2)
    factories.SupplierFactory.create(company=books.company)
    queue(books, 2)
    integrator.fetch()
    integrator.fetch(information_type="ledger_entries")
    assert [batch.kinds for batch in BatchLog.objects.order_by("id")] == [None, [[12, books.company.pk]]]


def test_a_receipt_is_written_down_once(integrator: Integrator, books: factories.Books) -> None:
    queue(books, 2)
    receipt = integrator.fetch()["receipt"]
    integrator.acknowledge(receipt)
    batch = BatchLog.objects.get()
    assert (batch.acknowledged_rows, batch.acknowledged_by, batch.how) == (2, "A key", "receipt")
    assert Departure.objects.get().acknowledged_at == batch.acknowledged_at
    integrator.acknowledge(receipt)
    assert BatchLog.objects.get().acknowledged_at == batch.acknowledged_at


def test_a_receipt_is_written_down_though_its_fetch_was_not(integrator: Integrator, books: factories.Books) -> None:
    queue(books, 2)
    receipt = integrator.fetch()["receipt"]
    BatchLog.objects.all().delete()
    integrator.acknowledge(receipt)
    batch = BatchLog.objects.get()
    assert (batch.first_fetched_at, batch.times, batch.acknowledged_rows, batch.how) == (None, 0, 2, "receipt")


def test_take_is_a_fetch_and_its_end(integrator: Integrator, books: factories.Books) -> None:
    queue(books, 2)
    body(integrator.post("revisions/take"))
    batch = BatchLog.objects.get()
    assert (batch.times, batch.acknowledged_rows, batch.acknowledged_by, batch.how) == (1, 2, "A key", "take")


def test_an_empty_fetch_is_a_fetch_too(integrator: Integrator) -> None:
    integrator.fetch()
    assert not BatchLog.objects.exists()
    last = LastFetch.objects.get()
    assert (last.subscription.integration_id, last.rows, last.key_name) == ("EXOPEN", 0, "A key")
    integrator.fetch()
    assert LastFetch.objects.get().fetched_at == last.fetched_at


@contextmanager
def no_log() -> Iterator[None]:
    run_sql("alter table revisions_batchlog rename to elsewhere")
    yield
    run_sql("alter table elsewhere rename to revisions_batchlog")


@pytest.mark.django_db(transaction=True)
def test_a_fetch_that_cannot_be_written_down_is_a_fetch(integrator: Integrator, books: factories.Books) -> None:
    queue(books, 2)
    with no_log():
        found = integrator.fetch()
    assert len(found["rows"]) == 2


def test_what_is_cut_is_written_down_with_who_and_why(integrator: Integrator, books: factories.Books) -> None:
    queue(books, 2, 2)
    integrator.acknowledge(integrator.fetch(limit=2)["receipt"])
    user = factories.UserFactory.create(username="anna")
    queues.cut(subscription=Subscription.objects.get(), why=Removal.Reason.OVERFLOW, by=user)
    removal = Removal.objects.get()
    assert (removal.first_sequence, removal.last_sequence, removal.rows, removal.epoch) == (3, 4, 2, 1)
    assert (removal.reason, removal.by_name, removal.integration_id) == ("overflow", "anna", "EXOPEN")


def test_a_deleted_subscription_leaves_word_of_what_was_queued(integrator: Integrator, books: factories.Books) -> None:
    queue(books, 2)
    delete_subscription(subscription=Subscription.objects.get())
    removal = Removal.objects.get()
    assert (removal.reason, removal.first_sequence, removal.last_sequence) == ("deleted", 1, 2)
