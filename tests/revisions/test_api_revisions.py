"""`GET /api/v1/revisions`: the contract, to the letter."""

import json
from decimal import Decimal
from typing import Any

import pytest
from pytest_django import Settings

from ledger.services.vouchers import Entry
from revisions import batch, fan_out
from revisions.models import OutboxItem, RevisionPage
from subscriptions.models import Subscription
from tests import factories
from tests.access.probe import errors, problem
from tests.integrators import NDJSON, Integrator, body, sequences
from tests.revisions.test_api_pending import of_company

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _unlimited(settings: Settings) -> None:
    settings.UTKORG_THROTTLE_RATES = {}


@pytest.fixture
def integrator(books: factories.Books) -> Integrator:
    return Integrator(factories.make_subscription(integration_id="EXOPEN"))


def post(books: factories.Books, rows: int = 2, *, text: str = "") -> None:
    """Post a voucher of so many rows."""
    first = Entry(account=books.cash, amount=Decimal(rows - 1), text=text)
    books.post([first, *[Entry(account=books.sales, amount=Decimal(-1))] * (rows - 1)])


def queue(books: factories.Books, *vouchers: int) -> None:
    """Post and queue vouchers of so many rows each."""
    for rows in vouchers:
        post(books, rows)
    fan_out.drain()


def test_a_batch_has_the_contracts_form(integrator: Integrator, books: factories.Books) -> None:
    books.post(books.rows("1250.00", text='Hej "där"\nrad'))
    fan_out.drain()
    found = integrator.fetch()
    rows = found.pop("rows")
    assert isinstance(found.pop("receipt"), str)
    assert found == {
        "integration_id": "EXOPEN",
        "epoch": 1,
        "has_more": False,
        "voucher_complete": True,
        "withheld": 0,
    }
    first = rows[0]
    number = books.company.number
    key = {"company": number, "financial_year": "2024-01-01", "series": "A", "number": "1", "row": 1}
    assert list(first) == [
        *("sequence", "information_type", "company", "operation", "origin"),
        *("key", "revision", "changed_at", "data"),
    ]
    assert (first["sequence"], first["information_type"], first["company"]) == (1, "ledger_entries", number)
    assert (first["operation"], first["origin"], first["key"]) == ("created", None, key)
    assert first["changed_at"].endswith("Z")
    assert first["data"] | key == first["data"]
    assert (first["data"]["amount"], first["data"]["text"]) == ("1250.00", 'Hej "där"\nrad')
    assert first["data"]["quantity"] is None


def test_a_deleted_row_has_its_key_and_no_data(integrator: Integrator, books: factories.Books) -> None:
    supplier = factories.SupplierFactory.create(company=books.company, number="007")
    supplier.delete()
    fan_out.drain()
    created, deleted = integrator.fetch()["rows"]
    assert (created["operation"], deleted["operation"]) == ("created", "deleted")
    assert deleted["key"] == {"company": books.company.number, "number": "007"}
    assert deleted["data"] is None


def test_lines_are_the_same_rows_and_last_the_object_without_rows(
    integrator: Integrator, books: factories.Books
) -> None:
    queue(books, 2, 2)
    whole = integrator.fetch(limit=3)
    *rows, last = integrator.fetch_lines(limit=3)
    assert rows == whole.pop("rows")
    assert {**last, "receipt": None} == {**whole, "receipt": None}
    assert integrator.acknowledge(last["receipt"])["acknowledged"] == 2


def test_without_rows_there_is_still_the_last_line(integrator: Integrator) -> None:
    fan_out.drain()
    integrator.fetch_all()
    (last,) = integrator.fetch_lines()
    assert (last["receipt"], last["has_more"], last["voucher_complete"]) == (None, False, True)
    assert integrator.fetch()["rows"] == []


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        ("*/*", "application/json"),
        (NDJSON, NDJSON),
        (f"application/json;q=0.5, {NDJSON}", NDJSON),
        (f"{NDJSON};q=0, */*", "application/json"),
        (f"text/html, {NDJSON};q=0.9, */*;q=0.1", NDJSON),
        ("", "application/json"),
        ("application/json", "application/json"),
    ],
)
def test_the_accept_header_chooses_the_form(integrator: Integrator, accept: str, content_type: str) -> None:
    assert integrator.get("revisions", {"Accept": accept})["Content-Type"] == content_type


def test_another_form_is_not_acceptable(integrator: Integrator) -> None:
    problem(integrator.get("revisions", {"Accept": "text/csv"}), 406, "not_acceptable")
    # A refusal comes as a problem, whatever was asked for.
    problem(integrator.get("revisions", {"Accept": NDJSON}, integration_id="NOBODY"), 404, "not_found")


def test_the_stored_text_is_passed_through_unparsed(integrator: Integrator, books: factories.Books) -> None:
    queue(books, 2)
    page = RevisionPage.objects.get(change_set_id=OutboxItem.objects.get().change_set_id)
    RevisionPage.objects.filter(pk=page.pk).update(lines=page.lines.replace('"amount":"1.00"', '"amount":  "1.00"'))
    answer = integrator.get("revisions", {"Accept": NDJSON})
    assert b'"amount":  "1.00"' in answer.content


def test_the_same_request_gives_the_same_rows_until_they_are_acknowledged(
    integrator: Integrator, books: factories.Books
) -> None:
    queue(books, 2, 2, 2)
    first = integrator.fetch(limit=4)
    queue(books, 2)
    assert integrator.fetch(limit=4)["rows"] == first["rows"]
    integrator.acknowledge(first["receipt"])
    assert sequences(integrator.fetch(limit=4)) == [5, 6, 7, 8]


def test_two_clients_that_fetch_at_once_both_get_the_rows(integrator: Integrator, books: factories.Books) -> None:
    queue(books, 2)
    other = Integrator(Subscription.objects.get())
    mine, theirs = integrator.fetch(), other.fetch()
    assert mine["rows"] == theirs["rows"] != []
    assert integrator.acknowledge(mine["receipt"])["acknowledged"] == 2
    assert other.acknowledge(theirs["receipt"])["acknowledged"] == 0


@pytest.mark.parametrize(
    ("vouchers", "limit", "expected"),
    [
        ((2, 3, 4), 9, (9, False)),
        ((2, 3, 4), 10, (9, False)),
        ((2, 3, 4), 8, (5, True)),
        ((2, 3, 4), 5, (5, True)),
        ((2, 3, 4), 4, (2, True)),
        ((2, 3, 4), 2, (2, True)),
        ((2, 3, 4), 1, (2, True)),
        ((7, 2), 3, (7, True)),
        ((7,), 3, (7, False)),
    ],
)
def test_a_batch_ends_where_a_voucher_ends(
    integrator: Integrator, books: factories.Books, vouchers: tuple[int, ...], limit: int, expected: tuple[int, bool]
) -> None:
    queue(books, *vouchers)
    found = integrator.fetch(limit=limit)
    assert (len(found["rows"]), found["has_more"]) == expected
    assert found["voucher_complete"]


def test_a_voucher_larger_than_any_batch_is_cut_and_says_so(
    integrator: Integrator, books: factories.Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch, "MAX_ROWS", 20)
    queue(books, 25, 2)
    first = integrator.fetch(limit=3)
    assert (len(first["rows"]), first["has_more"], first["voucher_complete"]) == (20, True, False)
    integrator.acknowledge(first["receipt"])
    rest = integrator.fetch(limit=7)
    assert (sequences(rest), rest["voucher_complete"]) == ([*range(21, 28)], True)


def test_sequences_are_dense_over_batches(integrator: Integrator, books: factories.Books) -> None:
    queue(books, *range(2, 9))
    assert [row["sequence"] for row in integrator.fetch_all(limit=10)] == [*range(1, 36)]


def test_a_filter_leaves_the_others_queued(integrator: Integrator, books: factories.Books) -> None:
    other = factories.make_books()
    fan_out.drain()
    integrator.fetch_all()
    for one in (books, other):
        factories.SupplierFactory.create(company=one.company)
        factories.CustomerFactory.create(company=one.company)
        queue(one, 2)
    mine, theirs = books.company.number, other.company.number

    def kinds(**query: Any) -> list[tuple[str, str]]:
        return [(row["information_type"], row["company"]) for row in integrator.fetch(**query)["rows"]]

    assert kinds(information_type="suppliers") == [("suppliers", mine), ("suppliers", theirs)]
    assert kinds(information_type=["suppliers", "customers"], company=theirs) == [
        ("suppliers", theirs),
        ("customers", theirs),
    ]
    assert len(kinds(company=[mine, theirs])) == 8
    found = integrator.fetch(information_type="customers", limit=1)
    assert found["has_more"]
    assert integrator.acknowledge(found["receipt"]) == {"acknowledged": 1, "remaining": 7}
    assert kinds() == [
        ("suppliers", mine),
        *[("ledger_entries", mine)] * 2,
        ("suppliers", theirs),
        ("customers", theirs),
        *[("ledger_entries", theirs)] * 2,
    ]


def test_a_filter_that_nothing_fits_gives_nothing(integrator: Integrator, books: factories.Books) -> None:
    queue(books, 2)
    found = integrator.fetch(information_type="projects")
    assert (found["rows"], found["receipt"], found["has_more"], found["withheld"]) == ([], None, False, 0)


def test_rows_of_companies_that_the_key_may_not_read_are_withheld(
    integrator: Integrator, books: factories.Books
) -> None:
    limited = of_company(integrator, factories.CompanyFactory.create())
    queue(books, 2)
    found = limited.fetch()
    assert (found["rows"], found["withheld"]) == ([], 2)
    problem(limited.get("revisions", company=books.company.number), 404, "not_found")


def test_after_is_the_last_sequence_held(integrator: Integrator, books: factories.Books) -> None:
    queue(books, 2, 2)
    assert sequences(integrator.fetch(after=0, limit=2)) == [1, 2]
    integrator.acknowledge(integrator.fetch(limit=2)["receipt"])
    assert sequences(integrator.fetch(after=2)) == [3, 4]
    for held in (0, 1, 3, 10**15):
        found = problem(integrator.get("revisions", after=held), 409, "out_of_step")
        assert found["expected"] == 2
    integrator.fetch_all()
    assert integrator.fetch(after=4)["rows"] == []
    assert problem(integrator.get("revisions", after=5), 409, "out_of_step")["expected"] == 4


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"limit": 0}, ("limit", "min_value")),
        ({"limit": 5001}, ("limit", "max_value")),
        ({"limit": "1_000"}, ("limit", "invalid")),
        ({"limit": "٣"}, ("limit", "invalid")),
        ({"limit": [1, 2]}, ("limit", "repeated")),
        ({"after": -1}, ("after", "min_value")),
        ({"after": 0, "information_type": "accounts"}, ("after", "filtered")),
        ({"after": 0, "company": "1"}, ("after", "filtered")),
        ({"information_type": "time"}, ("information_type.0", "invalid_choice")),
        ({"information_type": ["accounts", "nothing"]}, ("information_type.1", "invalid_choice")),
        ({"information_types": "accounts"}, ("information_types", "unknown_parameter")),
    ],
)
def test_a_wrong_parameter_is_named(integrator: Integrator, query: Any, expected: tuple[str, str]) -> None:
    assert errors(integrator.get("revisions", **query)) == [expected]


def test_an_unknown_company_is_not_found(integrator: Integrator, books: factories.Books) -> None:
    problem(integrator.get("revisions", company="nobody"), 404, "not_found")
    problem(integrator.get("revisions", company=[books.company.number, "nobody"]), 404, "not_found")


def test_an_integration_of_another_application_looks_like_none(integrator: Integrator) -> None:
    other = factories.make_subscription()
    foreign = integrator.get("revisions", integration_id=other.integration_id)
    problem(foreign, 404, "not_found")
    assert foreign.content == integrator.get("revisions", integration_id="NOBODY").content


def test_each_integration_fetches_for_itself(integrator: Integrator, books: factories.Books) -> None:
    other = Integrator(factories.make_subscription("ledger_entries"))
    queue(books, 2)
    assert sequences(integrator.fetch()) == sequences(other.fetch()) == [1, 2]
    assert [row["revision"] for row in integrator.fetch()["rows"]] == [row["revision"] for row in other.fetch()["rows"]]
    assert len(integrator.fetch_all()) == 2
    assert len(other.fetch()["rows"]) == 2


def test_answers_are_stored_nowhere_and_name_their_request(integrator: Integrator) -> None:
    answer = integrator.get("revisions")
    assert answer["Cache-Control"] == "no-store"
    assert answer["X-Request-Id"]
    assert json.loads(answer.content) == body(answer)


def test_twenty_fetches_a_second_are_let_through(integrator: Integrator, settings: Settings) -> None:
    settings.UTKORG_THROTTLE_RATES = {"revisions": "20/h"}
    assert {integrator.get("revisions").status_code for _ in range(20)} == {200}
    problem(integrator.get("revisions"), 429, "throttled")
