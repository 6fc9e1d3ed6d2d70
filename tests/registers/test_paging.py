"""Pages go on where the one before ended, whatever is written meanwhile."""

import random
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from ledger.models import Account, Supplier, Voucher
from ledger.services.vouchers import delete_voucher
from tests import factories
from tests.registers.reader import Reader, errors_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def unthrottled(settings: Settings) -> None:
    settings.UTKORG_THROTTLE_RATES = {}


def walk(reader: Reader, path: str, **query: Any) -> Iterator[list[dict[str, Any]]]:
    """Page by page; whoever iterates may write between."""
    page = reader.page(path, **query)
    yield page["results"]
    while page["next"]:
        page = reader.follow(page["next"])
        yield page["results"]


@pytest.mark.parametrize("seed", range(8))
def test_a_row_that_was_there_all_the_time_is_read_once_beside_any_writes(seed: int) -> None:
    dice = random.Random(seed)
    company = factories.CompanyFactory.create()
    numbers = dice.sample(range(1000), 60)
    for number in numbers[:30]:
        factories.SupplierFactory.create(company=company, number=str(number))
    lasting = {str(number) for number in numbers[:20]}
    coming, going = [str(number) for number in numbers[30:]], [str(number) for number in numbers[20:30]]
    read: list[str] = []
    for rows in walk(Reader(), "suppliers", company=company.number, limit=4):
        read += [row["number"] for row in rows]
        for _time in range(3):
            factories.SupplierFactory.create(company=company, number=coming.pop()) if coming else None
        if going:
            Supplier.objects.get(company=company, number=going.pop()).delete()
        Supplier.objects.filter(company=company, number=dice.choice(sorted(lasting))).update(name=str(dice.random()))
    assert len(read) == len(set(read))
    assert lasting <= set(read)


def test_vouchers_that_come_and_go_leave_the_pages_of_the_others() -> None:
    books = factories.make_books()
    vouchers = [books.post() for _time in range(6)]
    read = []
    for rows in walk(Reader(), "ledger-entries", company=books.company.number, limit=3):
        read += [(row["number"], row["row"]) for row in rows]
        if len(read) == 3:
            delete_voucher(voucher=vouchers[1])
            delete_voucher(voucher=vouchers[4])
            books.post()
    there = [(voucher.number, row) for voucher in Voucher.objects.order_by("pk") for row in (1, 2)]
    assert [one for one in read if one[0] != vouchers[1].number] == there


def test_the_pages_beside_one_that_was_emptied_are_the_ones_that_are_left() -> None:
    company = factories.CompanyFactory.create()
    for number in "abcdef":
        factories.SupplierFactory.create(company=company, number=number)
    reader = Reader()
    first = reader.page("suppliers", company=company.number, limit=3)
    Supplier.objects.filter(number__in="def").delete()
    second = reader.follow(first["next"])
    assert (second["results"], second["next"]) == ([], None)
    assert [row["number"] for row in reader.follow(second["previous"])["results"]] == ["a", "b", "c"]
    Supplier.objects.filter(number__in="abc").delete()
    factories.SupplierFactory.create(company=company, number="x")
    back = reader.follow(second["previous"])
    assert (back["results"], back["previous"]) == ([], None)
    assert [row["number"] for row in reader.follow(back["next"])["results"]] == ["x"]


def test_the_first_page_has_none_before_and_the_last_none_after() -> None:
    company = factories.CompanyFactory.create()
    for number in "abcd":
        factories.SupplierFactory.create(company=company, number=number)
    reader = Reader()
    first = reader.page("suppliers", company=company.number, limit=2)
    last = reader.follow(first["next"])
    assert (first["previous"], last["next"]) == (None, None)
    assert reader.follow(last["previous"]) == first
    assert reader.page("suppliers", company=company.number, limit=4)["next"] is None


def test_a_page_keeps_its_query_in_an_absolute_address() -> None:
    books = factories.make_books()
    for _time in range(3):
        books.post()
    page = Reader().page("ledger-entries", company=books.company.number, limit=1, account="1910", fields="row,account")
    address = urlsplit(page["next"])
    assert (address.scheme, address.netloc, address.path) == ("http", "testserver", "/api/v1/ledger-entries")
    query = parse_qs(address.query)
    assert query.pop("cursor")
    assert query == {
        "company": [books.company.number],
        "limit": ["1"],
        "account": ["1910"],
        "fields": ["row,account"],
    }
    assert Reader().follow(page["next"])["results"] == [{"row": 1, "account": "1910"}]


def test_a_cursor_is_of_one_query_and_of_nobody_elses_making() -> None:
    books, other = factories.make_books(), factories.make_books()
    company = books.company.number
    reader = Reader()
    cursor = parse_qs(urlsplit(reader.page("accounts", company=company, limit=1)["next"]).query)["cursor"][0]
    foreign = {"cursor": "foreign_cursor"}
    assert errors_of(reader.get("accounts", company=other.company.number, cursor=cursor)) == foreign
    assert errors_of(reader.get("accounts", company=company, active="true", cursor=cursor)) == foreign
    assert errors_of(reader.get("cost-centres", company=company, cursor=cursor)) == foreign
    for forged in (cursor[:-1], cursor[1:], f"{cursor}x", "", "ä", cursor.replace(".", ":"), "e30.abc"):
        assert errors_of(reader.get("accounts", company=company, cursor=forged)).keys() == {"cursor"}, forged
    rows = reader.rows("accounts", company=company, cursor=cursor, limit=7, fields="number")
    assert rows == [{"number": "3001"}]


@pytest.mark.parametrize("path", ["accounts", "ledger-entries"])
def test_a_page_takes_as_many_queries_whatever_it_holds(path: str) -> None:
    books = factories.make_books()
    for _time in range(4):
        books.post()
    reader = Reader()
    counts = set()
    for query in ({"limit": 1}, {"limit": 100}, {"limit": 1000, "changed_since": "2000-01-01", "account_type": ""}):
        if path == "ledger-entries":
            query.pop("account_type", None)
        reader.page(path, company=books.company.number)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            reader.page(path, company=books.company.number, **query)
        counts.add(len(queries))
    assert len(counts) == 1
    assert counts.pop() <= 10


def test_rows_of_other_companies_are_not_among_them() -> None:
    books, other = factories.make_books(), factories.make_books()
    books.post()
    other.post()
    everything = Reader().all("ledger-entries", company=books.company.number, limit=1)
    assert {row["company"] for row in everything} == {books.company.number}
    assert len(everything) == 2
    assert Account.objects.count() == 4
