"""Batches: the oldest rows, whole vouchers, the same until they are acknowledged."""

import json
from collections.abc import Sequence
from decimal import Decimal

import pytest
from django.db import transaction

from information_types import registry
from ledger.models import Account
from ledger.services.vouchers import Entry
from revisions import batch, fan_out
from revisions.exceptions import OutOfStep
from tests import factories
from tests.consumers import Consumer

pytestmark = pytest.mark.django_db(transaction=True)


def read(
    consumer: Consumer, limit: int, *types: str, companies: Sequence[int] | None = None, **choice: frozenset[int]
) -> batch.Batch:
    chosen = batch.Choice(
        types=frozenset(registry.get(name).number for name in types) if types else None,
        companies=None if companies is None else frozenset(companies),
        **choice,
    )
    return batch.read(subscription=consumer.subscription, choice=chosen, limit=limit)


def sequences(found: batch.Batch) -> list[int]:
    return [row.sequence for row in found.rows]


def large_voucher(books: factories.Books, rows: int) -> None:
    half = [Entry(account=books.cash, amount=Decimal(1)), Entry(account=books.sales, amount=Decimal(-1))]
    books.post(half * (rows // 2))


def test_a_batch_ends_where_a_voucher_ends(consumer: Consumer, books: factories.Books) -> None:
    for _ in range(3):
        books.post()
    fan_out.drain()
    assert [len(read(consumer, limit).rows) for limit in (2, 3, 4, 5, 6, 7)] == [2, 2, 4, 4, 6, 6]
    assert [read(consumer, limit).has_more for limit in (2, 5, 6, 7)] == [True, True, False, False]


def test_a_first_voucher_larger_than_the_limit_comes_whole(consumer: Consumer, books: factories.Books) -> None:
    large_voucher(books, 30)
    books.post()
    fan_out.drain()
    found = read(consumer, 7)
    assert (len(found.rows), found.whole, found.has_more) == (30, True, True)


@pytest.mark.parametrize("rows", [5000, 5002, 10_002])
def test_a_voucher_of_more_than_5000_rows_is_cut(consumer: Consumer, books: factories.Books, rows: int) -> None:
    large_voucher(books, rows)
    fan_out.drain()
    found = read(consumer, 1000)
    assert (len(found.rows), found.whole, found.has_more) == (5000, rows <= 5000, rows > 5000)
    lines = consumer.fetch_all()
    assert [line["key"]["row"] for line in lines] == list(range(1, rows + 1))


def test_a_voucher_saved_row_by_row_is_one_piece(consumer: Consumer, books: factories.Books) -> None:
    books.post()
    with transaction.atomic():
        voucher = books.post()
        for row in voucher.rows.order_by("row"):
            row.text = "x"
            row.save()
    fan_out.drain()
    assert [len(read(consumer, limit).rows) for limit in (2, 3, 5, 6)] == [2, 2, 2, 6]


def test_the_same_voucher_of_two_transactions_may_be_parted(consumer: Consumer, books: factories.Books) -> None:
    voucher = books.post()
    voucher.text = "New"
    voucher.save()
    fan_out.drain()
    assert sequences(read(consumer, 3)) == [1, 2]


def test_other_registers_are_cut_at_the_limit(consumer: Consumer, books: factories.Books) -> None:
    Account.objects.update(active=False)
    fan_out.drain()
    assert sequences(read(consumer, 1)) == [1]


def test_a_batch_stays_the_same_until_it_is_acknowledged(consumer: Consumer, books: factories.Books) -> None:
    books.post()
    fan_out.drain()
    first = read(consumer, 100)
    Account.objects.update(active=False)
    assert read(consumer, 100) == first
    fan_out.drain()
    assert read(consumer, 2).rows == first.rows


def test_a_filter_chooses_and_leaves_the_rest_queued(consumer: Consumer, books: factories.Books) -> None:
    books.post()
    Account.objects.update(active=False)
    books.post()
    fan_out.drain()
    assert sequences(read(consumer, 100, "accounts")) == [3, 4]
    assert sequences(read(consumer, 100, "ledger_entries")) == [1, 2, 5, 6]
    assert sequences(read(consumer, 3, "ledger_entries")) == [1, 2]
    assert read(consumer, 100, "suppliers").rows == []
    assert sequences(read(consumer, 100)) == [1, 2, 3, 4, 5, 6]


def test_a_filter_of_companies_chooses(consumer: Consumer, books: factories.Books) -> None:
    other = factories.make_books()
    books.post()
    other.post()
    fan_out.drain()
    assert {row.company_id for row in read(consumer, 100, companies=[other.company.pk]).rows} == {other.company.pk}


def test_a_filter_of_very_many_companies_is_read_the_same(consumer: Consumer, books: factories.Books) -> None:
    companies = [factories.CompanyFactory.create() for _ in range(batch.LATERAL_KINDS + 20)]
    Account.objects.bulk_create(Account(company=company, number="1", name="x") for company in companies)
    fan_out.drain()
    chosen = [company.pk for company in companies[:-5]]
    found = read(consumer, 1000, companies=chosen)
    assert [row.company_id for row in found.rows] == sorted(chosen)


def test_rows_of_unreadable_companies_are_withheld_and_counted(consumer: Consumer, books: factories.Books) -> None:
    other = factories.make_books()
    books.post()
    other.post()
    fan_out.drain()
    found = read(consumer, 100, readable=frozenset({books.company.pk}))
    assert ({row.company_id for row in found.rows}, found.withheld) == ({books.company.pk}, 4)
    assert read(consumer, 100, readable=frozenset()).withheld == 6


def test_after_says_where_the_consumer_stands(consumer: Consumer, books: factories.Books) -> None:
    books.post()
    consumer.fetch_all()
    books.post()
    fan_out.drain()
    choice = batch.Choice()
    assert batch.read(subscription=consumer.subscription, choice=choice, limit=9, after=2).rows
    for wrong in (0, 1, 3, 4):
        with pytest.raises(OutOfStep) as caught:
            batch.read(subscription=consumer.subscription, choice=choice, limit=9, after=wrong)
        assert caught.value.expected == 2
    consumer.fetch_all()
    assert batch.read(subscription=consumer.subscription, choice=choice, limit=9, after=4).rows == []


def test_a_row_carries_what_the_contract_says(consumer: Consumer, books: factories.Books) -> None:
    voucher = books.post(text="Kaffe")
    fan_out.drain()
    line = json.loads(read(consumer, 2).rows[1].json)
    assert list(line) == [
        "sequence",
        "information_type",
        "company",
        "operation",
        "origin",
        "key",
        "revision",
        "changed_at",
        "data",
    ]
    change_set, row = line["revision"].split(".")
    assert (int(change_set), row) == (read(consumer, 2).rows[1].change_set_id, "2")
    assert line["changed_at"].endswith("Z")
    assert line["key"] == {
        "company": books.company.number,
        "financial_year": "2024-01-01",
        "series": "A",
        "number": voucher.number,
        "row": 2,
    }


def test_a_revision_is_named_the_same_for_every_integration(consumer: Consumer, books: factories.Books) -> None:
    other = Consumer(factories.make_subscription("ledger_entries"))
    Account.objects.update(active=False)
    books.post()
    mine, others = consumer.fetch_all(), other.fetch_all()
    assert [line["revision"] for line in others] == [line["revision"] for line in mine[2:]]
    assert [line["sequence"] for line in others] == [1, 2]


def test_batches_of_any_size_give_the_same_rows(books: factories.Books) -> None:
    consumers = [Consumer(factories.make_subscription()) for _ in range(4)]
    Account.objects.bulk_create(Account(company=books.company, number=f"{n}", name="x") for n in range(1300))
    for _ in range(5):
        books.post()
    sizes = (1, 499, 501, 5000)
    told = [consumer.fetch_all(limit=size) for consumer, size in zip(consumers, sizes, strict=True)]
    assert all(lines == told[0] for lines in told)
    assert len(told[0]) == 1310
