"""Looking into a queue, a page at a time, without reading more of it than the page shows."""

import json
from collections.abc import Iterator
from itertools import pairwise

import pytest
from django.db import connection

from information_types import registry
from ledger.models import Account
from revisions import browsing, fan_out
from revisions.batch import Choice
from revisions.browsing import Page, extent_of, read_page, read_row
from subscriptions.models import Subscription
from tests import factories
from tests.consumers import Consumer

pytestmark = pytest.mark.django_db(transaction=True)

EVERYTHING = Choice()


def fresh(consumer: Consumer) -> Subscription:
    return Subscription.objects.select_related("queue", "departure").get(pk=consumer.subscription.pk)


def look(consumer: Consumer, place: int = 1, *, rows: int = 3, choice: Choice = EVERYTHING) -> Page:
    return read_page(subscription=consumer.subscription, choice=choice, place=place, rows=rows)


def sequences(page: Page) -> list[int]:
    return [row.sequence for row in page.rows]


def walk(consumer: Consumer, *, rows: int, choice: Choice = EVERYTHING) -> Iterator[Page]:
    place: int | None = 1
    while place is not None:
        page = look(consumer, place, rows=rows, choice=choice)
        yield page
        place = page.next


def chosen(*types: str, companies: list[int] | None = None, readable: list[int] | None = None) -> Choice:
    return Choice(
        types=frozenset(registry.get(name).number for name in types) if types else None,
        companies=None if companies is None else frozenset(companies),
        readable=None if readable is None else frozenset(readable),
    )


@pytest.fixture
def filled(consumer: Consumer, books: factories.Books) -> Consumer:
    """Ten rows: two of a voucher, four accounts in one run, two vouchers."""
    books.post()
    Account.objects.bulk_create(Account(company=books.company, number=f"{n}", name="x") for n in range(1, 5))
    books.post()
    books.post()
    fan_out.drain()
    return consumer


@pytest.mark.parametrize("rows", [1, 2, 3, 4, 7, 10, 11])
def test_pages_follow_each_other_without_gap_and_lead_back(filled: Consumer, rows: int) -> None:
    pages = list(walk(filled, rows=rows))
    assert [sequence for page in pages for sequence in sequences(page)] == list(range(1, 11))
    assert pages[0].previous is None
    for before, page in pairwise(pages):
        assert page.previous is not None
        assert look(filled, page.previous, rows=rows).rows == before.rows


def test_a_page_starts_anywhere_within_a_run(filled: Consumer) -> None:
    assert sequences(look(filled, 4)) == [4, 5, 6]
    assert (look(filled, 4).previous, look(filled, 4).next) == (1, 7)
    assert look(filled, 2).previous == 1
    assert sequences(look(filled, 11)) == []
    assert look(filled, 11).previous == 8


def test_a_row_is_as_the_integration_gets_it(filled: Consumer) -> None:
    seen = [row.json for row in look(filled, rows=100).rows]
    assert [json.loads(line) for line in seen] == filled.fetch_all()
    assert look(filled).rows == []


def test_what_was_acknowledged_is_left_out(filled: Consumer) -> None:
    filled.fetch(limit=4)
    extent = extent_of(fresh(filled))
    assert (extent.first, extent.last, extent.rows) == (5, 10, 6)
    assert sequences(look(filled)) == [5, 6, 7]
    assert look(filled).previous is None


def test_an_empty_queue_has_no_first(consumer: Consumer) -> None:
    extent = extent_of(fresh(consumer))
    assert (extent.first, extent.last, extent.rows) == (None, 0, 0)
    assert look(consumer) == Page(rows=[], previous=None, next=None)


def test_some_types_are_paged_through_alike(filled: Consumer) -> None:
    accounts, entries = chosen("accounts"), chosen("ledger_entries")
    assert [sequences(page) for page in walk(filled, rows=3, choice=accounts)] == [[3, 4, 5], [6]]
    pages = list(walk(filled, rows=4, choice=entries))
    assert [sequences(page) for page in pages] == [[1, 2, 7, 8], [9, 10]]
    assert pages[1].previous == 1
    assert sequences(look(filled, 4, choice=entries)) == [7, 8, 9]
    assert look(filled, choice=chosen("suppliers")).rows == []


@pytest.mark.parametrize("stretch", [2, 1000])
def test_very_many_companies_are_paged_through_alike(
    consumer: Consumer, books: factories.Books, monkeypatch: pytest.MonkeyPatch, stretch: int
) -> None:
    monkeypatch.setattr(browsing, "STRETCH", stretch)
    monkeypatch.setattr(browsing, "MERGED_KINDS", 3)
    companies = [factories.CompanyFactory.create() for _ in range(7)]
    for _ in range(3):
        Account.objects.bulk_create(
            Account(company=company, number=f"{Account.objects.count()}{company.number}", name="x")
            for company in companies
        )
        books.post()
    fan_out.drain()
    accounts = chosen("accounts")
    everything = [row for row in look(consumer, rows=100).rows if row.information_type == 1]
    for rows in (1, 4, 20, 21, 22):
        pages = list(walk(consumer, rows=rows, choice=accounts))
        assert [row for page in pages for row in page.rows] == everything
        for before, page in pairwise(pages):
            assert page.previous is not None
            assert look(consumer, page.previous, rows=rows, choice=accounts).rows == before.rows


def test_companies_out_of_reach_are_never_shown(consumer: Consumer, books: factories.Books) -> None:
    other = factories.make_books()
    books.post()
    other.post()
    fan_out.drain()
    mine = chosen(readable=[books.company.pk])
    assert {row.company_id for row in look(consumer, rows=9, choice=mine).rows} == {books.company.pk}
    assert look(consumer, rows=9, choice=chosen(companies=[other.company.pk], readable=[books.company.pk])).rows == []
    assert read_row(subscription=consumer.subscription, choice=mine, sequence=1) is None
    assert read_row(subscription=consumer.subscription, choice=mine, sequence=3) is not None


def test_one_row_is_found_by_its_sequence_while_it_waits(filled: Consumer) -> None:
    for sequence in (1, 5, 10):
        row = read_row(subscription=filled.subscription, choice=EVERYTHING, sequence=sequence)
        assert row is not None
        assert row.sequence == sequence
    assert read_row(subscription=filled.subscription, choice=EVERYTHING, sequence=11) is None
    filled.fetch(limit=4)
    assert read_row(subscription=filled.subscription, choice=EVERYTHING, sequence=4) is None


def long_queue(subscription: Subscription, company: int, *, items: int, kinds: int) -> None:
    """A queue of many runs, of the kinds in turn, upon one change set."""
    with connection.cursor() as cursor:
        cursor.execute(
            """insert into revisions_outboxitem (subscription_id, first_sequence, change_set_id, first_row, last_row,
                   information_type, company_id)
               select %(subscription)s, last_sequence + n, (select max(id) from revisions_changeset), 1, 1, 12,
                   %(company)s + n %% %(kinds)s
               from generate_series(1, %(items)s) n, revisions_queue where subscription_id = %(subscription)s""",
            {"subscription": subscription.pk, "company": company, "items": items, "kinds": kinds},
        )
        cursor.execute("analyze revisions_outboxitem")


@pytest.mark.parametrize("kinds", [None, [0], [0, 1, 2], list(range(50))])
def test_of_a_long_queue_only_the_page_is_read(filled: Consumer, kinds: list[int] | None) -> None:
    long_queue(filled.subscription, 1_000, items=50_000, kinds=50)
    chosen_kinds = None if kinds is None else [(12, 1_000 + kind) for kind in kinds]
    look = browsing._Look(filled.subscription, chosen_kinds)
    given = look._parameters(25_000, 51)
    runs = browsing._FROM.format(is_chosen=look._is_chosen, following=look._merged(">"))
    for query in (runs, browsing._BEFORE.format(preceding=look._merged("<"))):
        with connection.cursor() as cursor:
            cursor.execute(f"explain (analyze, format json) {query}", given)
            (plan,) = cursor.fetchone()
        assert read_by(plan[0]["Plan"]) <= 2 * 51 + len(kinds or [0]) + 2


def read_by(plan: dict[str, object]) -> float:
    """How many rows of the queue a plan has read."""
    parts = plan.get("Plans", [])
    assert isinstance(parts, list)
    own = 0.0
    if plan.get("Relation Name") == "revisions_outboxitem":
        own = float(str(plan["Actual Rows"])) * float(str(plan["Actual Loops"]))
        own += float(str(plan.get("Rows Removed by Filter", 0)))
    return own + sum(read_by(part) for part in parts)
