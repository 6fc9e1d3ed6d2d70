"""Who gets what, and in which order."""

from datetime import date

import pytest

from ledger.models import Account, Company
from revisions import fan_out
from revisions.models import ChangeSet, OutboxItem
from tests import factories
from tests.consumers import Consumer

pytestmark = pytest.mark.django_db(transaction=True)


def companies_of(consumer: Consumer) -> set[str]:
    return {line["company"] for line in consumer.fetch_all()}


@pytest.fixture
def three() -> list[Company]:
    return [factories.CompanyFactory.create(number=number) for number in ("A", "B", "C")]


def change_all(companies: list[Company]) -> None:
    Account.objects.bulk_create(Account(company=company, number="1", name="x") for company in companies)


def test_no_companies_means_all(three: list[Company]) -> None:
    consumer = Consumer(factories.make_subscription())
    change_all(three)
    assert companies_of(consumer) == {"A", "B", "C"}


def test_chosen_companies_only(three: list[Company]) -> None:
    consumer = Consumer(factories.make_subscription(companies=three[:2]))
    change_all(three)
    assert companies_of(consumer) == {"A", "B"}


def test_a_negative_selection_is_all_but_the_chosen(three: list[Company]) -> None:
    consumer = Consumer(factories.make_subscription(companies=three[:2], negative_selection=True))
    change_all([*three, factories.CompanyFactory.create(number="D")])
    assert companies_of(consumer) == {"C", "D"}


def test_chosen_types_only(books: factories.Books) -> None:
    consumer = Consumer(factories.make_subscription("suppliers", "ledger_entries"))
    factories.SupplierFactory.create(company=books.company)
    factories.CustomerFactory.create(company=books.company)
    books.post()
    assert [line["information_type"] for line in consumer.fetch_all()] == ["suppliers"] + ["ledger_entries"] * 2


def test_an_inactive_subscription_gets_nothing_new(books: factories.Books) -> None:
    consumer = Consumer(factories.make_subscription(active=False))
    books.post()
    assert consumer.fetch_all() == []


def test_each_integration_has_sequences_of_its_own(books: factories.Books) -> None:
    everything, entries = (
        Consumer(factories.make_subscription()),
        Consumer(factories.make_subscription("ledger_entries")),
    )
    factories.AccountFactory.create(company=books.company)
    books.post()
    assert [line["sequence"] for line in everything.fetch_all()] == [1, 2, 3]
    assert [line["sequence"] for line in entries.fetch_all()] == [1, 2]


def test_what_nobody_wants_is_passed_over(books: factories.Books) -> None:
    books.post()
    assert fan_out.drain() == set()
    assert not OutboxItem.objects.exists()
    assert not ChangeSet.objects.filter(fanned_out=False).exists()


def test_drain_tells_who_got_rows(books: factories.Books) -> None:
    entries = factories.make_subscription("ledger_entries")
    factories.make_subscription("suppliers")
    books.post()
    assert fan_out.drain() == {entries.pk}
    assert fan_out.drain() == set()


def test_a_bulk_is_one_item_a_subscription(books: factories.Books) -> None:
    consumer = Consumer(factories.make_subscription())
    Account.objects.bulk_create(Account(company=books.company, number=f"B{n}", name="x") for n in range(5000))
    fan_out.drain()
    assert OutboxItem.objects.filter(subscription_id=consumer.subscription.pk).count() == 1
    assert len(consumer.fetch_all()) == 5000


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 1000])
def test_a_pass_of_any_size_queues_the_same(books: factories.Books, limit: int) -> None:
    consumer = Consumer(factories.make_subscription())
    for number in range(10):
        books.post(day=date(2024, 1, 1 + number), text=str(number))
    fan_out.drain(limit=limit)
    lines = consumer.fetch_all()
    assert [line["data"]["voucher_text"] for line in lines] == [str(number) for number in range(10) for _ in (1, 2)]
