"""The page that tells where a row went."""

import dataclasses
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import translation
from pytest_django import Settings

from information_types import registry
from ledger.models import Supplier
from revisions import fan_out, queues
from revisions.admin.story import events_of
from revisions.models import ChangeSet
from revisions.trace import Delivery, Outcome, Revision, WhyNot
from subscriptions.models import Subscription
from subscriptions.services import change_parts
from tests import factories
from tests.integrators import Integrator
from tests.ledger.admin_client import signed_in, text_of

pytestmark = pytest.mark.django_db

TRACE = "/admin/trace/"
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _unlimited(settings: Settings) -> None:
    settings.UTKORG_THROTTLE_RATES = {}


@pytest.fixture
def admin() -> Client:
    return signed_in()


@pytest.fixture
def exopen(books: factories.Books) -> Subscription:
    return factories.make_subscription(integration_id="EXOPEN")


def search(admin: Client, books: factories.Books, known: str = "ledger_entries", **key: Any) -> Any:
    values = {f"key-{name}": value for name, value in key.items()}
    return admin.get(TRACE, {"type": known, "company": books.company.pk, **values})


# The story, without a database


def revision(name: str, /, *, row: int = 1, operation: str = "u", deliveries: Any = (), **data: Any) -> Revision:
    key = {"company": "100", "number": str(row)}
    return Revision(
        name=name,
        information_type=registry.get("suppliers"),
        company_id=1,
        company="100",
        operation=ChangeSet.Operation(operation),
        changed_at=NOON,
        origin=None,
        key=key,
        data={**key, **data} if operation != "d" else None,
        deliveries=deliveries,
    )


def delivery(outcome: Outcome, sequence: int | None = None, **more: Any) -> Delivery:
    known = {"subscription_id": 1, "integration_id": "EXOPEN", "name": "Exopen", "deleted": False}
    return Delivery(outcome=outcome, sequence=sequence, **{**known, **more})


def test_what_a_statement_changed_is_one_event_told_once() -> None:
    acknowledged = [delivery(Outcome.ACKNOWLEDGED, sequence, left_at=NOON) for sequence in (17, 18, 20)]
    (event,) = events_of([revision(f"5.{row}", row=row, deliveries=[acknowledged[row - 1]]) for row in (1, 2, 3)])
    (way,) = event.ways
    assert (len(event.rows), way.sequences, way.still_waits) == (3, [(17, 18), (20, 20)], False)


def test_rows_that_went_different_ways_are_told_apart() -> None:
    gone, waits = delivery(Outcome.ACKNOWLEDGED, 17), delivery(Outcome.WAITING, 18)
    (event,) = events_of([revision("5.1", deliveries=[gone]), revision("5.2", row=2, deliveries=[waits])])
    assert [(way.outcome, way.sequences) for way in event.ways] == [
        (Outcome.ACKNOWLEDGED, [(17, 17)]),
        (Outcome.WAITING, [(18, 18)]),
    ]


def test_who_was_not_sent_it_is_told_by_reason() -> None:
    inactive = delivery(Outcome.NOT_SENT, why_not=WhyNot.INACTIVE)
    other = dataclasses.replace(inactive, subscription_id=2, integration_id="FORTE")
    never = dataclasses.replace(inactive, subscription_id=3, why_not=WhyNot.TYPE)
    rows = [revision(f"5.{row}", row=row, deliveries=[inactive, other, never]) for row in (1, 2)]
    (event,) = events_of(rows)
    assert [(refusal.why, len(refusal.deliveries)) for refusal in event.refusals] == [
        (WhyNot.INACTIVE, 2),
        (WhyNot.TYPE, 1),
    ]
    assert (event.ways, event.not_sent_to) == ([], 3)


def test_a_change_is_marked_against_the_version_before() -> None:
    with translation.override("en"):
        versions = [revision("9.1", name="Ny", city=None), revision("5.1", operation="c", name="Gammal")]
        newest, first = events_of(versions)
    (row,) = newest.rows
    assert row.differences is not None
    assert [(found.word, found.before, found.after) for found in row.differences] == [("Name", "Gammal", "Ny")]
    assert [line.text for line in row.lines if line.is_marked] == ['  "name": "Ny",']
    assert first.rows[0].differences is None
    assert not [line for line in first.rows[0].lines if line.is_marked]


def test_values_are_written_as_people_write_them() -> None:
    before: dict[str, Any] = {"active": True, "payment_terms_days": 30, "email": None}
    after: dict[str, Any] = {"active": False, "payment_terms_days": 10, "email": "a@example.com"}
    entry: dict[str, Any] = {"entry_date": "2024-02-03", "amount": "-1250.50", "quantity": None}
    entries = registry.get("ledger_entries")
    old, new = (
        dataclasses.replace(revision(name, **more), information_type=entries, key=dict.fromkeys(entries.key, "1"))
        for name, more in (("5.1", entry), ("9.1", entry | {"amount": "99.00", "entry_date": "2024-12-31"}))
    )
    with translation.override("sv"):
        shown = [
            [(found.before, found.after) for found in events_of(rows)[0].rows[0].differences or ()]
            for rows in ([revision("9.1", **after), revision("5.1", **before)], [new, old])
        ]
    assert shown == [
        [("Ja", "Nej"), ("30", "10"), ("–", "a@example.com")],
        [("2024-02-03", "2024-12-31"), ("-1\u00a0250,50", "99,00")],
    ]


def test_rows_are_not_compared_with_each_other() -> None:
    newest, _first = events_of([revision("9.1", row=2, name="Ny"), revision("5.1", operation="c", name="Gammal")])
    assert newest.rows[0].differences is None


def test_many_ways_are_told_in_numbers_first() -> None:
    ways = [delivery(Outcome.WAITING, 5, subscription_id=pk) for pk in range(11)]
    (event,) = events_of([revision("5.1", deliveries=[*ways, delivery(Outcome.TAKEN, 6, subscription_id=20)])])
    assert event.is_wide
    assert event.tally == [(Outcome.WAITING.label, 11), (Outcome.TAKEN.label, 1)]


# The page


def test_a_voucher_is_followed_to_its_receipt(admin: Client, exopen: Subscription, books: factories.Books) -> None:
    integrator = Integrator(exopen)
    voucher = books.post(text="Kaffe")
    fan_out.drain()
    page = search(admin, books, series="A", number=voucher.number, financial_year="2024")
    assert "In the queue, never fetched" in text_of(page)
    integrator.acknowledge(integrator.fetch()["receipt"])
    page = search(admin, books, number=f"A {voucher.number}")
    (event,) = page.context["events"]
    assert [(way.outcome, way.sequences) for way in event.ways] == [(Outcome.ACKNOWLEDGED, [(1, 2)])]
    text = text_of(page)
    assert "EXOPEN" in text
    assert "sequence 1–2" in text
    assert "with the key A key" in text
    assert "This installation can trace since" in text


def test_each_version_is_compared_with_the_one_before(
    admin: Client, exopen: Subscription, books: factories.Books
) -> None:
    supplier = factories.SupplierFactory.create(company=books.company, number="2001", name="Gammal")
    Supplier.objects.filter(pk=supplier.pk).update(name="<b>Ny</b>")
    fan_out.drain()
    page = search(admin, books, "suppliers", number="2001")
    assert [event.operation for event in page.context["events"]] == ["changed", "created"]
    assert "Name Gammal → <b>Ny</b>" in text_of(page)
    assert "<b>Ny" not in page.content.decode()


def test_why_it_was_not_sent_is_said_in_words(admin: Client, exopen: Subscription, books: factories.Books) -> None:
    change_parts(subscription=exopen, active=False)
    voucher = books.post()
    fan_out.drain()
    text = text_of(search(admin, books, number=voucher.number))
    assert "Not sent to 1 integration EXOPEN" in text
    assert "The subscription was inactive then." in text


def test_what_was_cut_says_so_and_offers_a_transfer(
    admin: Client, exopen: Subscription, books: factories.Books
) -> None:
    voucher = books.post()
    fan_out.drain()
    queues.cut(subscription=exopen, by=factories.UserFactory.create(username="kalle"))
    page = search(admin, books, number=voucher.number)
    assert "The queue was purged, by kalle" in text_of(page)
    assert "/admin/onetime_transfer/transfer/add/?subscription=" in page.content.decode()


def test_a_sequence_and_a_revision_lead_to_the_row(admin: Client, exopen: Subscription, books: factories.Books) -> None:
    books.post()
    fan_out.drain()
    by_sequence = admin.get(TRACE, {"subscription": exopen.pk, "sequence": 2}, follow=True)
    (event,) = by_sequence.context["events"]
    name = event.rows[0].revision.name
    by_revision = admin.get(TRACE, {"revision": name})
    assert [row.revision.name for row in by_revision.context["events"][0].rows] == [name]
    whole = admin.get(by_sequence.context["row_url"])
    assert [row.revision.name for row in whole.context["events"][0].rows] == [name]


@pytest.mark.parametrize(
    ("asked", "wrong"),
    [
        ({"revision": "x"}, "revision"),
        ({"subscription": "0", "sequence": "1"}, "subscription"),
        ({"subscription": "1", "sequence": "x"}, "sequence"),
        ({"type": "ledger_entries", "key-number": "1"}, "company"),
        ({"type": "ledger_entries", "key-series": "A"}, "key-number"),
        ({"type": "nothing", "key-number": "1"}, "type"),
    ],
)
def test_a_mistake_is_shown_at_its_field(admin: Client, asked: dict[str, str], wrong: str) -> None:
    page = admin.get(TRACE, asked)
    assert wrong in page.context["form"].errors
    assert page.context["found"] is None


def test_a_financial_year_is_found_by_its_year_or_first_day(
    admin: Client, exopen: Subscription, books: factories.Books
) -> None:
    voucher = books.post()
    fan_out.drain()
    for year in ("2024", "2024-01-01"):
        assert search(admin, books, number=voucher.number, financial_year=year).context["events"]
    wrong = search(admin, books, number=voucher.number, financial_year="1999")
    assert list(wrong.context["form"].errors) == ["key-financial_year"]


def test_nothing_found_says_what_may_be_the_reason(admin: Client, books: factories.Books) -> None:
    text = text_of(search(admin, books, number="17"))
    assert "No change was found" in text
    assert "Capitals and leading zeros count." in text
    assert "No change was found" in text_of(admin.get(TRACE, {"revision": "999999.1"}))


def test_it_asks_for_nothing_at_first(admin: Client) -> None:
    for by in ("row", "sequence", "revision"):
        page = admin.get(TRACE, {"by": by})
        assert (page.status_code, page.context["found"], dict(page.context["form"].errors)) == (200, None, {})


def test_older_changes_are_on_further_pages(admin: Client, exopen: Subscription, books: factories.Books) -> None:
    supplier = factories.SupplierFactory.create(company=books.company, number="2001")
    for change in range(60):
        Supplier.objects.filter(pk=supplier.pk).update(name=f"Name {change}")
    fan_out.drain()
    page = search(admin, books, "suppliers", number="2001")
    older = admin.get(page.context["next_url"])
    assert [len(page.context["events"]), len(older.context["events"])] == [50, 11]
    assert older.context["next_url"] is None
    assert admin.get(older.context["first_url"]).context["events"] == page.context["events"]


def test_the_page_takes_few_queries(admin: Client, books: factories.Books) -> None:
    for _ in range(3):
        factories.make_subscription()
    for _ in range(5):
        voucher = books.post()
        voucher.text = "x"
        voucher.save()
    fan_out.drain()
    with CaptureQueriesContext(connection) as queries:
        assert search(admin, books, number=voucher.number).context["events"]
    print(*[query["sql"][:110] for query in queries], sep="\n")
    assert len(queries) <= 12


def test_only_who_may_see_subscriptions_traces(books: factories.Books) -> None:
    clerk = factories.UserFactory.create(is_staff=True)
    client = Client()
    client.force_login(clerk)
    assert client.get(TRACE).status_code == 403
    assert TRACE not in client.get("/admin/").content.decode()
    factories.give(clerk, "subscriptions.view_subscription")
    assert client.get(TRACE).status_code == 200
    assert TRACE in client.get("/admin/").content.decode()


# The buttons that lead there


def test_every_captured_rows_page_leads_to_its_trace(admin: Client, books: factories.Books) -> None:
    voucher = books.post()
    supplier = factories.SupplierFactory.create(company=books.company, number="2001")
    value = factories.DimensionValueFactory.create(company=books.company, code="07", dimension=2)
    fan_out.drain()
    pages = {
        f"ledger/voucher/{voucher.pk}/change/": ["created", 2],
        f"ledger/ledgerentry/{voucher.rows.get(row=2).pk}/change/": ["created", 1],
        f"ledger/supplier/{supplier.pk}/change/": ["created", 1],
        f"ledger/dimensionvalue/{value.pk}/change/": ["created", 1],
    }
    for address, found in pages.items():
        url = admin.get(f"/admin/{address}").context["trace_url"]
        (event,) = admin.get(url).context["events"]
        assert [event.operation, len(event.rows)] == found, address


def test_a_row_that_is_never_sent_has_no_trace(admin: Client, books: factories.Books) -> None:
    assert admin.get(f"/admin/ledger/company/{books.company.pk}/change/").context.get("trace_url") is None
