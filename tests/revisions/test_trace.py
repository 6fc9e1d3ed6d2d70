"""Where did this row go? Answered from real fetches and receipts, before and after the index has come to it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from access.clients import add_client, remove_client
from information_types import registry
from ledger.models import Supplier
from onetime_transfer import running
from onetime_transfer.services import request_transfer
from revisions import clean_up, fan_out, queues, trace, trace_index
from revisions.models import BatchLog, ChangeSet, Mark, Numbering, Removal, Selection, TracedKey
from revisions.trace import Delivery, Found, Outcome, Sought, WhyNot
from subscriptions.models import Subscription
from subscriptions.services import change_parts, delete_subscription
from tests import factories
from tests.integrators import Integrator, body
from tests.refusals import run_sql
from tests.registers import make_some_of_each
from tests.revisions.test_api_revisions import queue

pytestmark = pytest.mark.django_db

ENTRIES = registry.get("ledger_entries")
SUPPLIERS = registry.get("suppliers")
YEAR = {"period_from": "2024-01", "period_to": "2024-12"}


@pytest.fixture(autouse=True)
def _unlimited(settings: Settings) -> None:
    settings.UTKORG_THROTTLE_RATES = {}


@pytest.fixture(params=["indexed", "not indexed yet"])
def index(request: pytest.FixtureRequest) -> Callable[[], None]:
    """Let the index catch up, or not: what is found is the same."""
    return trace_index.catch_up if request.param == "indexed" else lambda: None


@pytest.fixture
def integrator(books: factories.Books) -> Integrator:
    return Integrator(factories.make_subscription(integration_id="EXOPEN"))


def voucher(books: factories.Books, number: str = "1", **key: str) -> Found:
    sought = Sought(information_type=ENTRIES, company=books.company, key={"number": number, **key})
    return trace.search(sought)


def names(found: Found) -> list[tuple[str, str, Any]]:
    return [(one.operation.label, one.key["series"], one.key["row"]) for one in found.revisions]


def the_delivery(found: Found) -> Delivery:
    (revision, *_others) = found.revisions
    (delivery,) = revision.deliveries
    return delivery


def test_a_voucher_is_found_with_all_its_rows(books: factories.Books, index: Callable[[], None]) -> None:
    queue(books, 2, 3)
    books.post(series="B")
    fan_out.drain()
    index()
    assert names(voucher(books)) == [("created", "B", 1), ("created", "B", 2), ("created", "A", 1), ("created", "A", 2)]
    assert names(voucher(books, series="A")) == [("created", "A", 1), ("created", "A", 2)]
    assert names(voucher(books, series="A", row="2")) == [("created", "A", 2)]
    assert names(voucher(books, "2", financial_year="2024-01-01"))[0] == ("created", "A", 1)
    assert names(voucher(books, "2", financial_year="2025-01-01")) == []
    assert names(voucher(books, "17")) == []


def test_what_is_not_queued_yet_is_found_too(integrator: Integrator, books: factories.Books) -> None:
    books.post()
    found = voucher(books)
    assert names(found) == [("created", "A", 1), ("created", "A", 2)]
    assert the_delivery(found).outcome is Outcome.NOT_QUEUED_YET


def test_each_step_of_a_row_is_told(integrator: Integrator, books: factories.Books, index: Callable[[], None]) -> None:
    queue(books, 2)
    index()
    waiting = the_delivery(voucher(books))
    assert (waiting.outcome, waiting.sequence, waiting.integration_id) == (Outcome.WAITING, 1, "EXOPEN")
    receipt = integrator.fetch()["receipt"]
    integrator.fetch()
    fetched = the_delivery(voucher(books))
    assert fetched.outcome is Outcome.FETCHED
    assert [(fetch.key_name, fetch.times) for fetch in fetched.fetches] == [("A key", 2)]
    integrator.acknowledge(receipt)
    acknowledged = the_delivery(voucher(books))
    assert (acknowledged.outcome, acknowledged.sequence, acknowledged.left_by) == (Outcome.ACKNOWLEDGED, 1, "A key")
    assert acknowledged.left_at is not None
    assert acknowledged.queued_at is not None
    assert acknowledged.queued_at < acknowledged.fetches[0].first_at < acknowledged.left_at


def test_rows_of_one_set_may_stand_differently(
    integrator: Integrator, books: factories.Books, index: Callable[[], None]
) -> None:
    Supplier.objects.bulk_create([Supplier(company=books.company, number=f"S{n}", name="x") for n in range(1, 6)])
    fan_out.drain()
    index()
    integrator.acknowledge(integrator.fetch(limit=2)["receipt"])
    integrator.fetch(limit=2)

    def outcome(number: str) -> Outcome:
        sought = Sought(information_type=SUPPLIERS, company=books.company, key={"number": number})
        return the_delivery(trace.search(sought)).outcome

    assert [outcome(f"S{n}") for n in range(1, 6)] == [
        *[Outcome.ACKNOWLEDGED] * 2,
        *[Outcome.FETCHED] * 2,
        Outcome.WAITING,
    ]


def test_rows_far_apart_are_told_however_many_batches_lie_between(
    monkeypatch: pytest.MonkeyPatch, integrator: Integrator, books: factories.Books, index: Callable[[], None]
) -> None:
    monkeypatch.setattr(trace.deliveries, "BATCHES", trace.deliveries.BATCHES.replace("limit 100", "limit 3"))
    queue(books, *[2] * 5)
    books.post(series="B")
    integrator.acknowledge(integrator.fetch()["receipt"])
    run_sql("update ledger_ledgerentry set text = 'changed at once'")
    fan_out.drain()
    index()
    while receipt := integrator.fetch(limit=1)["receipt"]:
        integrator.acknowledge(receipt)
    changed = [one for one in voucher(books).revisions if one.operation is ChangeSet.Operation.CHANGED]
    assert {one.key["series"] for one in changed} == {"A", "B"}
    assert {one.deliveries[0].outcome for one in changed} == {Outcome.ACKNOWLEDGED}


def test_what_a_filter_left_out_was_not_fetched(integrator: Integrator, books: factories.Books) -> None:
    queue(books, 2)
    supplier = factories.SupplierFactory.create(company=books.company)
    queue(books, 2)
    integrator.acknowledge(integrator.fetch(information_type="ledger_entries")["receipt"])
    found = trace.search(trace.sought_from_row(SUPPLIERS, supplier))
    assert the_delivery(found).outcome is Outcome.WAITING
    integrator.fetch()
    integrator.acknowledge(integrator.fetch()["receipt"])
    assert the_delivery(voucher(books, "2")).outcome is Outcome.ACKNOWLEDGED
    assert len(the_delivery(voucher(books, "2")).fetches) == 1
    found = trace.search(trace.sought_from_row(SUPPLIERS, supplier))
    assert the_delivery(found).outcome is Outcome.ACKNOWLEDGED


def test_take_is_told_as_such(integrator: Integrator, books: factories.Books) -> None:
    queue(books, 2)
    body(integrator.post("revisions/take"))
    taken = the_delivery(voucher(books))
    assert (taken.outcome, taken.left_by, len(taken.fetches)) == (Outcome.TAKEN, "A key", 1)


def test_what_was_purged_is_told_with_who(
    integrator: Integrator, books: factories.Books, index: Callable[[], None]
) -> None:
    queue(books, 2)
    integrator.acknowledge(integrator.fetch()["receipt"])
    queue(books, 2)
    integrator.fetch()
    anna = factories.UserFactory.create(username="anna")
    queues.cut(subscription=Subscription.objects.get(), by=anna)
    queue(books, 2)
    integrator.acknowledge(integrator.fetch()["receipt"])
    index()
    purged = the_delivery(voucher(books, "2"))
    assert (purged.outcome, purged.removal, purged.left_by) == (Outcome.REMOVED, Removal.Reason.PURGED, "anna")
    assert (len(purged.fetches), purged.needs_transfer) == (1, True)
    assert the_delivery(voucher(books, "1")).outcome is Outcome.ACKNOWLEDGED
    assert the_delivery(voucher(books, "3")).outcome is Outcome.ACKNOWLEDGED


def test_why_a_row_was_not_sent(books: factories.Books, index: Callable[[], None]) -> None:
    application = factories.ApplicationFactory.create()
    other = factories.make_books()
    choices: dict[WhyNot, dict[str, Any]] = {
        WhyNot.INACTIVE: {"active": False},
        WhyNot.COMPANY: {"companies": [other.company]},
    }
    for why, choice in choices.items():
        factories.make_subscription(integration_id=why.value, application=application, **choice)
    factories.make_subscription("suppliers", integration_id=WhyNot.TYPE.value, application=application)
    queue(books, 2)
    for subscription in Subscription.objects.all():
        parts = {"active": True, "companies": [], "information_types": registry.all_types()}
        change_parts(subscription=subscription, **parts)
    factories.make_subscription(integration_id=WhyNot.NO_SUBSCRIPTION.value)
    queue(books, 2)
    index()
    (first, *_rest) = voucher(books, "1").revisions
    assert {one.integration_id: one.why_not for one in first.deliveries} == {
        why.value: why for why in (WhyNot.INACTIVE, WhyNot.COMPANY, WhyNot.TYPE, WhyNot.NO_SUBSCRIPTION)
    }
    assert {one.outcome for one in first.deliveries} == {Outcome.NOT_SENT}
    assert {one.needs_transfer for one in first.deliveries} == {True}
    (second, *_rest) = voucher(books, "2").revisions
    assert {one.outcome for one in second.deliveries} == {Outcome.WAITING}
    assert {one.sequence for one in second.deliveries} == {1}


def test_an_own_change_is_told_as_such(books: factories.Books) -> None:
    application = factories.ApplicationFactory.create()
    factories.make_subscription(application=application, own_changes=False)
    supplier = factories.SupplierFactory.create(company=books.company)
    run_sql("update revisions_changeset set origin_id = %s where information_type = 6", application.pk)
    fan_out.drain()
    (revision,) = trace.search(trace.sought_from_row(SUPPLIERS, supplier)).revisions
    assert revision.origin == application.name
    assert revision.deliveries[0].why_not is WhyNot.OWN_CHANGE


def test_a_deleted_subscription_is_still_told(
    integrator: Integrator, books: factories.Books, index: Callable[[], None]
) -> None:
    queue(books, 2, 2)
    integrator.acknowledge(integrator.fetch(limit=2)["receipt"])
    delete_subscription(subscription=Subscription.objects.get())
    index()
    first, second = the_delivery(voucher(books, "1")), the_delivery(voucher(books, "2"))
    assert (first.deleted, first.integration_id, first.outcome) == (True, "EXOPEN", Outcome.ACKNOWLEDGED)
    assert (second.outcome, second.removal) == (Outcome.REMOVED, Removal.Reason.DELETED)
    queue(books, 2)
    assert voucher(books, "3").revisions[0].deliveries == []


def test_a_transferred_row_is_told_of_its_subscription_only(
    integrator: Integrator, books: factories.Books, index: Callable[[], None]
) -> None:
    factories.make_subscription()
    subscription = Subscription.objects.get(integration_id="EXOPEN")
    queue(books, 2)
    asked = request_transfer(subscription=subscription, information_type=ENTRIES, parameters=YEAR)
    running.run(transfer_id=asked.pk)
    index()
    transferred = voucher(books).revisions[0]
    assert (transferred.operation, len(transferred.deliveries)) == (ChangeSet.Operation.TRANSFERRED, 1)
    assert (transferred.deliveries[0].integration_id, transferred.deliveries[0].sequence) == ("EXOPEN", 3)
    assert len(voucher(books).revisions) == 4
    assert (
        trace.by_sequence(subscription=subscription, sequence=4).revisions[0].name == voucher(books).revisions[1].name
    )


def test_a_changed_and_deleted_row_shows_every_revision(books: factories.Books, index: Callable[[], None]) -> None:
    supplier = factories.SupplierFactory.create(company=books.company, number='Å "1"\\')
    sought = trace.sought_from_row(SUPPLIERS, supplier)
    supplier.name = "Changed"
    supplier.save()
    supplier.delete()
    fan_out.drain()
    index()
    deleted, changed, created = trace.search(sought).revisions
    assert [one.operation.label for one in (created, changed, deleted)] == ["created", "changed", "deleted"]
    assert deleted.data is None
    assert changed.data is not None
    assert changed.data["name"] == "Changed"
    assert created.key == {"company": books.company.number, "number": 'Å "1"\\'}


def test_every_type_is_found_by_its_row(books: factories.Books, index: Callable[[], None]) -> None:
    make_some_of_each(books)
    fan_out.drain()
    index()
    for known in registry.all_types():
        for row in known.model._default_manager.filter(**known.only):
            found = trace.search(trace.sought_from_row(known, row))
            assert found.revisions, known.name
            assert {one.information_type for one in found.revisions} == {known}


def test_a_revision_and_a_sequence_lead_to_the_same(
    integrator: Integrator, books: factories.Books, index: Callable[[], None]
) -> None:
    queue(books, 2, 3)
    index()
    rows = integrator.fetch()["rows"]
    integrator.acknowledge(integrator.fetch(limit=2)["receipt"])
    subscription = Subscription.objects.get()
    for row in rows:
        (by_sequence,) = trace.by_sequence(subscription=subscription, sequence=row["sequence"]).revisions
        (by_revision,) = trace.by_revision(row["revision"]).revisions
        assert by_sequence == by_revision
        assert (by_revision.name, by_revision.key, by_revision.data) == (row["revision"], row["key"], row["data"])
        assert by_revision.deliveries[0].sequence == row["sequence"]


@pytest.mark.parametrize("name", ["", "x", "1", "1.0", "1.", "999999.1", "9" * 30 + ".1", "1.99999999999", "-1.1"])
def test_what_is_no_revision_is_not_found(books: factories.Books, name: str) -> None:
    assert trace.by_revision(name).revisions == []


def test_a_sequence_that_was_never_given_is_not_found(integrator: Integrator, books: factories.Books) -> None:
    queue(books, 2)
    for sequence in (-1, 0, 3, 2**70):
        assert trace.by_sequence(subscription=Subscription.objects.get(), sequence=sequence).revisions == []


def test_a_row_number_that_is_none_is_not_found(books: factories.Books) -> None:
    queue(books, 2)
    assert names(voucher(books, row="x")) == []


def test_companies_out_of_reach_are_not_found(integrator: Integrator, books: factories.Books) -> None:
    queue(books, 2)
    own, others = frozenset({books.company.pk}), frozenset({books.company.pk + 1})
    sought = Sought(information_type=ENTRIES, company=books.company, key={"number": "1"})
    name = trace.search(sought, companies=own).revisions[0].name
    assert trace.search(sought, companies=others).revisions == []
    assert trace.by_revision(name, companies=others).revisions == []
    subscription = Subscription.objects.get()
    assert trace.by_sequence(subscription=subscription, sequence=1, companies=others).revisions == []
    assert trace.by_sequence(subscription=subscription, sequence=1, companies=own).revisions[0].name == name


def test_subscriptions_out_of_reach_are_not_told(integrator: Integrator, books: factories.Books) -> None:
    other = factories.make_subscription(integration_id="OTHER")
    queue(books, 2)
    sought = Sought(information_type=ENTRIES, company=books.company, key={"number": "1"})
    (delivery,) = trace.search(sought, subscriptions=[other.pk]).revisions[0].deliveries
    assert delivery.integration_id == "OTHER"


def test_pages_follow_each_other_without_gap(books: factories.Books, index: Callable[[], None]) -> None:
    queue(books, *[3] * 5)
    for series in "BCDE":
        books.post(books.rows() * 2, series=series)
    fan_out.drain()
    index()
    everything = [one.name for one in voucher(books).revisions]
    assert len(everything) == 3 + 4 * 4
    paged, after = [], None
    sought = Sought(information_type=ENTRIES, company=books.company, key={"number": "1"})
    while True:
        found = trace.search(sought, after=after, limit=2)
        paged += [one.name for one in found.revisions]
        after = found.next
        if after is None:
            break
    assert paged == everything


def test_what_was_numbered_before_the_trace_is_known_only_while_it_waits(
    integrator: Integrator, books: factories.Books
) -> None:
    queue(books, 2, 2)
    name = voucher(books).revisions[0].name
    later = voucher(books, "2").revisions[0].name
    integrator.acknowledge(integrator.fetch(limit=2)["receipt"])
    Numbering.objects.all().delete()
    (acknowledged,) = trace.by_revision(name).revisions
    (waiting,) = trace.by_revision(later).revisions
    assert acknowledged.deliveries[0].outcome is Outcome.UNKNOWN
    assert (waiting.deliveries[0].outcome, waiting.deliveries[0].sequence) == (Outcome.WAITING, 3)


def test_an_answer_takes_few_queries(integrator: Integrator, books: factories.Books, index: Callable[[], None]) -> None:
    for _number in range(5):
        factories.make_subscription()
    queue(books, *[2] * 5)
    integrator.acknowledge(integrator.fetch(limit=2)["receipt"])
    index()
    subscription = Subscription.objects.get(integration_id="EXOPEN")
    name = voucher(books).revisions[0].name
    asked: list[Callable[[], Found]] = [
        lambda: voucher(books),
        lambda: trace.by_revision(name),
        lambda: trace.by_sequence(subscription=subscription, sequence=1),
    ]
    for ask in asked:
        with CaptureQueriesContext(connection) as captured:
            assert ask().revisions
        assert len(captured) <= 12


def test_the_trace_goes_with_its_change_sets(integrator: Integrator, books: factories.Books) -> None:
    queue(books, 2)
    integrator.acknowledge(integrator.fetch()["receipt"])
    trace_index.catch_up()
    queue(books, 2)
    integrator.fetch()
    trace_index.catch_up()
    run_sql("update revisions_changeset set changed_at = changed_at - interval '31 days'")
    for table, times in {
        "numbering": ["made_at"],
        "batchlog": ["first_fetched_at", "last_fetched_at", "acknowledged_at"],
    }.items():
        for name in times:
            run_sql(f"update revisions_{table} set {name} = {name} - interval '31 days'")
    clean_up.remove_old(kept=timedelta(days=30))
    assert voucher(books).revisions == []
    assert the_delivery(voucher(books, "2")).outcome is Outcome.FETCHED
    assert BatchLog.objects.get().first_sequence == 3
    integrator.acknowledge(integrator.fetch()["receipt"])
    queue(books, 2)
    trace_index.catch_up()
    clean_up.remove_old(kept=timedelta(0))
    later = ChangeSet.objects.get().pk  # the set that was queued last stays
    assert Numbering.objects.get().sets == [later]
    assert set(TracedKey.objects.values_list("change_set_id", flat=True)) == {later}
    assert not BatchLog.objects.exists()
    assert Selection.objects.count() == 1
    assert Subscription.objects.get().last_fetch.rows == 2


def test_marks_are_sparse_and_lead_to_every_sequence(
    monkeypatch: pytest.MonkeyPatch, integrator: Integrator, books: factories.Books
) -> None:
    for module, name in ((trace_index, "INDEX"), (trace_index, "FOLLOWING"), (trace.numberings, "HOLDING")):
        monkeypatch.setattr(module, name, getattr(module, name).replace("500", "4"))
    for _number in range(10):
        queue(books, 2)
        trace_index.catch_up()
    assert Mark.objects.count() < 5
    integrator.acknowledge(integrator.fetch()["receipt"])
    for sequence in range(1, 21):
        (found,) = trace.by_sequence(subscription=Subscription.objects.get(), sequence=sequence).revisions
        assert found.deliveries[0].sequence == sequence


def test_a_row_of_who_was_no_client_then_was_not_sent_for_that(books: factories.Books) -> None:
    office = factories.OfficeFactory.create()
    integrator = Integrator(factories.make_subscription("ledger_entries", office=office))

    def of_voucher() -> Delivery:
        number = books.post().number
        fan_out.drain()
        return the_delivery(voucher(books, str(number)))

    def of_first() -> Delivery:
        return the_delivery(voucher(books, "1"))

    assert of_voucher().why_not is WhyNot.CLIENT
    add_client(office=office, company=books.company)
    assert of_voucher().outcome is Outcome.WAITING
    assert of_first().why_not is WhyNot.CLIENT, "it wasn't then, though it is now"
    remove_client(office=office, company=books.company)
    assert of_voucher().why_not is WhyNot.CLIENT
    assert integrator.integration_id == of_first().integration_id
