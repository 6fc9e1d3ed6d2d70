"""Reporting and sending again while others write, report and fetch."""

from typing import Any

import pytest
from django.db import connection

from ledger.models import Supplier
from onetime_transfer import resending
from revisions import fan_out, feedback
from revisions.models import Feedback
from tests import factories
from tests.connections import Together, other_program, wait_until, waiters
from tests.consumers import Consumer, Line, register

pytestmark = pytest.mark.django_db(transaction=True)

State = Feedback.State
RENAME = "update ledger_supplier set name = 'Ny' where id = %s"


@pytest.fixture
def supplier(consumer: Consumer, books: factories.Books) -> Supplier:
    made = factories.SupplierFactory.create(company=books.company, number="2001", name="Ahlsell")
    consumer.fetch_all()
    return made


@pytest.fixture
def reported(consumer: Consumer, supplier: Supplier) -> Feedback:
    return report(consumer)


def report(consumer: Consumer, sequence: int | None = None, code: str = "unknown") -> Feedback:
    key, _text = factories.make_key(application=consumer.subscription.application)
    done = feedback.report(
        subscription=consumer.subscription,
        sequence=sequence or consumer.last_sequence,
        code=code,
        message="Okänd",
        key=key,
    )
    return done.feedback


def happened(lines: list[Line]) -> list[str]:
    return [line["operation"] for line in lines]


def test_the_same_report_by_many_at_once_is_one_that_is_counted(
    consumer: Consumer, supplier: Supplier, together: Together
) -> None:
    key, _text = factories.make_key(application=consumer.subscription.application)

    def once() -> bool:
        done = feedback.report(
            subscription=consumer.subscription, sequence=consumer.last_sequence, code="x", message="y", key=key
        )
        return done.is_new

    made = [started.result(20) for started in [together.start(once) for _ in range(8)]]
    assert made.count(True) == 1
    assert Feedback.objects.values_list("times", flat=True).get() == 8


def test_many_who_send_at_once_send_it_once(consumer: Consumer, reported: Feedback, together: Together) -> None:
    started = [together.start(resending.send_again, reports=[reported.pk]) for _ in range(6)]
    assert sum(one.result(20).reports for one in started) == 1
    assert happened(consumer.fetch_all()) == ["transferred"]


def test_a_change_not_yet_committed_follows_what_is_sent_again(
    consumer: Consumer, supplier: Supplier, reported: Feedback
) -> None:
    with other_program() as program:
        program.execute(RENAME, [supplier.pk])
        assert resending.send_again(reports=[reported.pk]).rows == 1
    assert happened(consumer.fetch_all()) == ["transferred", "changed"]
    assert consumer.of_type("suppliers") == register("suppliers")


def waiting_for_the_lock(together: Together, reported: Feedback, meanwhile: Any) -> None:
    """Start sending, which waits for the fan-out's lock, and let something be committed meanwhile."""
    with other_program() as program:
        program.execute("select pg_advisory_xact_lock(%s)", [fan_out.LOCK])
        sending = together.start(resending.send_again, reports=[reported.pk])
        wait_until(lambda: waiters() > 0)
        meanwhile()
    assert sending.result(20).reports == 1


def test_a_change_committed_while_the_sender_waits_is_queued_before_it(
    consumer: Consumer, supplier: Supplier, reported: Feedback, together: Together
) -> None:
    def change() -> None:
        with other_program() as writer:
            writer.execute(RENAME, [supplier.pk])

    waiting_for_the_lock(together, reported, change)
    rows = consumer.fetch_all()
    assert happened(rows) == ["changed", "transferred"]
    assert rows[1]["data"]["name"] == "Ny"
    assert consumer.of_type("suppliers") == register("suppliers")


def test_a_row_deleted_and_made_again_while_the_sender_waits_stays(
    consumer: Consumer, supplier: Supplier, reported: Feedback, together: Together, books: factories.Books
) -> None:
    def make_again() -> None:
        with other_program() as writer:
            names = {str(field.column) for field in Supplier._meta.concrete_fields} - {"id"}
            columns = ", ".join(sorted(names))
            writer.execute("create temporary table kept as select * from ledger_supplier where id = %s", [supplier.pk])
            writer.execute("delete from ledger_supplier where id = %s", [supplier.pk])
            writer.execute(f"insert into ledger_supplier ({columns}) select {columns} from kept")
            writer.execute("drop table kept")

    waiting_for_the_lock(together, reported, make_again)
    assert happened(consumer.fetch_all()) == ["deleted", "created", "transferred"]
    assert consumer.of_type("suppliers") == register("suppliers")


def test_reporting_sending_fetching_and_writing_at_once_ends_in_the_registers_state(
    consumer: Consumer, supplier: Supplier, together: Together
) -> None:
    first = consumer.last_sequence

    def write(name: str) -> None:
        Supplier.objects.filter(pk=supplier.pk).update(name=name)
        fan_out.drain()

    def answer(code: str) -> None:
        reports = list(Feedback.objects.filter(code=code).values_list("pk", flat=True))
        resending.send_again(reports=reports)

    work: list[Any] = []
    for turn in range(6):
        work += [together.start(report, consumer, first, f"c{turn}")]
        work += [together.start(write, f"Name {turn}")]
        work += [together.start(answer, f"c{turn - 1}")]
        work += [together.start(feedback.settle)]
    for one in work:
        one.result(30)
    for turn in range(6):
        answer(f"c{turn}")
    consumer.fetch_all()
    assert consumer.of_type("suppliers") == register("suppliers")
    assert not Feedback.objects.filter(state=State.OPEN).exists()
    with connection.cursor() as cursor:
        cursor.execute("select count(*) from revisions_outboxitem")
        assert cursor.fetchone() == (0,)
