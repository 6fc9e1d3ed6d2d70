"""Whatever is killed, nothing is lost: fan-out, broker, worker; and what is sent twice counts once."""

import json
import random
import statistics
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from django.db.models import F, Sum

from information_types import registry
from ledger.models import Account
from onetime_transfer import running, services
from onetime_transfer.models import Transfer
from revisions import batch, fan_out, receipts
from revisions.models import ChangeSet, OutboxItem
from subscriptions.models import Subscription
from tests import factories
from tests.concurrency.installation import Installation
from tests.connections import Together, connect, other_program, wait_until, waiters
from tests.consumers import Consumer, register

pytestmark = pytest.mark.django_db(transaction=True)

FAN_OUT_STOPPED_MIDWAY = """
import time
from django.db import transaction
from revisions import fan_out
with transaction.atomic():
    fan_out.take_lock()
    print(fan_out.run_pass(limit=1000).taken, flush=True)
    time.sleep(60)
"""
FAN_OUT_ALL_THE_TIME = """
from revisions import fan_out
print("going", flush=True)
while True:
    fan_out.drain(limit=3)
"""
SAVE_AND_TELL_HOW_LONG = """
import json, time
from ledger.models import Account
times = []
for name in range(60):
    begun = time.perf_counter()
    account = Account.objects.get(number="1910")
    account.name = f"{account.pk} {name} {begun}"
    account.save()
    times.append(time.perf_counter() - begun)
print(json.dumps(times), flush=True)
"""


@pytest.fixture
def installation() -> Iterator[Installation]:
    with Installation() as made:
        yield made


def first_line(program: "subprocess.Popen[str]") -> str:
    assert program.stdout
    return str(program.stdout.readline()).strip()


def last_line(program: "subprocess.Popen[str]") -> str:
    return str(program.communicate(timeout=60)[0].splitlines()[-1])


def queued(subscription: Subscription) -> int:
    """How many rows stand in a queue."""
    items = OutboxItem.objects.filter(subscription_id=subscription.pk)
    return items.aggregate(rows=Sum(F("last_row") - F("first_row") + 1))["rows"] or 0


def test_a_fan_out_killed_midway_leaves_nothing_half_done(
    installation: Installation, consumer: Consumer, books: factories.Books
) -> None:
    for _ in range(5):
        books.post()
    dying = installation.script(FAN_OUT_STOPPED_MIDWAY)
    assert first_line(dying) == "5"
    assert not OutboxItem.objects.exists()
    dying.kill()
    dying.wait()
    assert len(consumer.fetch_all()) == 10
    assert consumer.copy == register("ledger_entries")


def test_fan_outs_killed_again_and_again_lose_nothing_and_leave_no_gap(
    installation: Installation, consumer: Consumer, books: factories.Books
) -> None:
    chance = random.Random(3)
    for _ in range(5):
        dying = installation.script(FAN_OUT_ALL_THE_TIME)
        assert first_line(dying) == "going"
        end = time.monotonic() + chance.random() / 2
        while time.monotonic() < end:
            books.post()
        dying.kill()
        dying.wait()
    consumer.fetch_all()
    assert consumer.copy == register("ledger_entries")
    assert consumer.last_sequence == len(consumer.copy)


@pytest.mark.serial
def test_with_the_broker_killed_saving_goes_on_at_normal_speed_and_all_arrives_when_it_is_back(
    installation: Installation, consumer: Consumer, books: factories.Books
) -> None:
    installation.start("bell")
    installation.start("beat")
    usual = json.loads(last_line(installation.script(SAVE_AND_TELL_HOW_LONG)))
    wait_until(lambda: queued(consumer.subscription) == 60, seconds=40)
    installation.kill_broker()
    without = json.loads(last_line(installation.script(SAVE_AND_TELL_HOW_LONG)))
    assert statistics.median(without) < 2 * statistics.median(usual) + 0.005
    assert max(without) < 3
    assert sum(without) < sum(usual) + 5
    installation.restart_broker()
    wait_until(lambda: queued(consumer.subscription) == 120, seconds=60)
    assert len(consumer.fetch_all()) == 120
    assert consumer.copy.items() <= register("accounts").items()


@pytest.mark.serial
def test_what_another_program_writes_arrives_within_two_seconds(
    installation: Installation, consumer: Consumer, books: factories.Books
) -> None:
    installation.start("bell")
    installation.start("beat")
    took = []
    for name in range(4):
        with other_program() as program:
            program.execute("update ledger_account set name = %s where number = '1910'", [str(name)])
        begun = time.monotonic()
        wait_until(lambda: queued(consumer.subscription) == name + 1, seconds=40)  # noqa: B023  # called at once
        took.append(time.monotonic() - begun)
    assert statistics.median(took[1:]) < 2  # the first waits for the programs to start


@contextmanager
def steps(wanted: int) -> Iterator[Callable[[], None]]:
    """Hold the fan-out's lock; the function lent lets others have it so many times, and waits for the next."""
    pair = [connect(), connect()]

    def step() -> None:
        wait_until(lambda: waiters() == 1, seconds=40)
        turn = threads.submit(pair[1].execute, "select pg_advisory_xact_lock(%s)", [fan_out.LOCK])
        wait_until(lambda: waiters() == 2)
        pair[0].rollback()
        turn.result(10)
        pair.reverse()

    def run() -> None:
        for _ in range(wanted):
            step()
        wait_until(lambda: waiters() == 1)

    with Together(1) as threads:
        pair[0].execute("select pg_advisory_xact_lock(%s)", [fan_out.LOCK])
        yield run
    for program in pair:
        program.close()


def test_a_transfer_whose_worker_is_killed_goes_on_from_its_last_chunk(
    installation: Installation, consumer: Consumer, books: factories.Books
) -> None:
    Account.objects.bulk_create(Account(company=books.company, number=f"{n}", name="x") for n in range(100, 130))
    fan_out.drain()
    worker = installation.start("worker")
    asked = Transfer.objects.create(
        subscription=consumer.subscription, information_type=registry.get("accounts").number, units_per_chunk=10
    )
    start = "from onetime_transfer import services, models; services.start(models.Transfer.objects.get(pk={}))"
    with steps(3) as stop:  # to begin, to drain, and the first chunk
        installation.script(start.format(asked.pk))
        stop()
        kill_all(worker)
    asked.refresh_from_db()
    assert (asked.status, asked.rows_done) == (Transfer.Status.RUNNING, 10)

    installation.start("worker")
    installation.start("beat")
    wait_until(lambda: Transfer.objects.filter(pk=asked.pk, status=Transfer.Status.DONE).exists(), seconds=90)
    lines = consumer.fetch_all()
    transferred = [line["key"]["number"] for line in lines if line["operation"] == "transferred"]
    assert sorted(transferred) == sorted(Account.objects.values_list("number", flat=True))
    assert consumer.copy == register("accounts")


def kill_all(program: "subprocess.Popen[str]") -> None:
    subprocess.run(["pkill", "-9", "-P", str(program.pid)], check=False)
    program.kill()
    program.wait()


def test_a_receipt_sent_twice_at_once_counts_once(
    together: Together, consumer: Consumer, books: factories.Books
) -> None:
    Account.objects.bulk_create(Account(company=books.company, number=f"{n}", name="x") for n in range(1000))
    fan_out.drain()
    choice = batch.Choice()
    found = batch.read(subscription=consumer.subscription, choice=choice, limit=700)
    receipt = receipts.issue(subscription=consumer.subscription, epoch=1, batch=found, choice=choice)
    assert receipt
    work = [together.start(receipts.acknowledge, subscription=consumer.subscription, receipt=receipt) for _ in range(8)]
    done = [piece.result(10) for piece in work]
    assert sorted(each.acknowledged for each in done) == [0] * 7 + [700]
    assert {each.remaining for each in done} == {300}
    assert queued(consumer.subscription) == 300


def test_two_clients_that_fetch_at_once_both_get_the_rows(
    together: Together, consumer: Consumer, books: factories.Books
) -> None:
    Account.objects.bulk_create(Account(company=books.company, number=f"{n}", name="x") for n in range(50))
    fan_out.drain()
    work = [
        together.start(batch.read, subscription=consumer.subscription, choice=batch.Choice(), limit=20)
        for _ in range(4)
    ]
    seen = {tuple(row.json for row in piece.result(10).rows) for piece in work}
    assert len(seen) == 1


def test_clients_that_take_at_once_get_each_row_once(
    together: Together, consumer: Consumer, books: factories.Books
) -> None:
    Account.objects.bulk_create(Account(company=books.company, number=f"{n}", name="x") for n in range(500))
    fan_out.drain()

    def take(limit: int) -> list[int]:
        taken: list[int] = []
        while rows := receipts.take(subscription=consumer.subscription, choice=batch.Choice(), limit=limit, after=None)[
            0
        ].rows:
            taken += [row.sequence for row in rows]
        return taken

    work = [together.start(take, limit) for limit in (3, 7, 11, 13)]
    assert sorted(sequence for piece in work for sequence in piece.result(60)) == list(range(1, 501))


def test_two_fan_outs_at_once_queue_each_set_once(
    together: Together, consumer: Consumer, books: factories.Books
) -> None:
    for _ in range(30):
        books.post()
    for work in [together.start(fan_out.drain, limit=2) for _ in range(6)]:
        work.result(30)
    assert not ChangeSet.objects.filter(fanned_out=False).exists()
    assert len(consumer.fetch_all()) == 60


def test_a_transfer_is_asked_for_while_everybody_writes(
    together: Together, consumer: Consumer, books: factories.Books
) -> None:
    for _ in range(10):
        books.post()
    asked = services.request_transfer(
        subscription=consumer.subscription,
        information_type=registry.get("ledger_entries"),
        parameters={"period_from": "2024-01", "period_to": "2024-12"},
    )
    Transfer.objects.filter(pk=asked.pk).update(units_per_chunk=1)
    writing = [together.start(books.post) for _ in range(10)]
    bringing = together.start(running.run, transfer_id=asked.pk)
    bringing.result(30)
    for work in writing:
        work.result(30)
    consumer.fetch_all()
    assert consumer.copy == register("ledger_entries")
