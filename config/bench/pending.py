"""`pending`: beside a backlog, beside two hundred who wait, and from a commit to the answer of one who waits."""

import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from itertools import cycle, islice

from django.db import transaction

from config.bench import tasks
from config.bench.fetch import acknowledge_batch
from config.bench.figures import Figure, interleaved
from config.bench.http import Client, Waiter
from config.bench.sizes import Sizes
from config.bench.subscribers import BACKLOG, EMPTY, WAITING, Subscribers
from ledger.models import Account

PATH = "/api/v1/pending?integration_id="
SECONDS_TO_SETTLE = 1.0
SECONDS_TO_BEGIN_WAITING = 0.1


def measure(sizes: Sizes, subscribers: Subscribers, client: Client, port: int) -> Iterator[Figure]:
    """All three, from the clients' side."""
    yield _with_backlog(sizes, client)
    yield _beside_waiting(sizes, subscribers, client, port)
    yield _answered(sizes, subscribers, client, port)


def _with_backlog(sizes: Sizes, client: Client) -> Figure:
    empty, backlog = interleaved(
        sizes.rounds * sizes.requests,
        baseline=lambda: client.seconds(PATH + EMPTY) * 1000,
        figure=lambda: client.seconds(PATH + BACKLOG) * 1000,
    )
    return Figure(
        name="pending_with_backlog",
        value=backlog,
        unit="ms",
        baseline="pending of an empty queue",
        baseline_value=empty,
        goal=1.5,
        at_most=True,
    )


def _beside_waiting(sizes: Sizes, subscribers: Subscribers, client: Client, port: int) -> Figure:
    def requests() -> list[float]:
        return [client.seconds(PATH + EMPTY) * 1000 for _request in range(sizes.requests)]

    def beside() -> list[float]:
        with ExitStack() as waiting:
            for path in islice(cycle((PATH + WAITING, PATH + EMPTY)), sizes.waiting_clients):
                waiting.enter_context(closing(Waiter(port, subscribers.key, f"{path}&wait=30")))
            time.sleep(SECONDS_TO_SETTLE)
            return requests()

    def idle() -> list[float]:
        time.sleep(SECONDS_TO_SETTLE)
        return requests()

    alone, crowded = interleaved(min(sizes.rounds, 3), baseline=idle, figure=beside)
    return Figure(
        name="pending_beside_waiting_clients",
        value=crowded,
        unit="ms",
        baseline=f"the same without {sizes.waiting_clients} clients waiting in pending?wait=30",
        baseline_value=alone,
        goal=1.5,
        at_most=True,
    )


def _answered(sizes: Sizes, subscribers: Subscribers, client: Client, port: int) -> Figure:
    subscribers.activate(0)
    account = Account.objects.order_by("pk")[0]
    numbers = iter(range(1_000_000))

    def commit_to_answer() -> float:
        while acknowledge_batch(client, WAITING):
            pass
        with closing(Waiter(port, subscribers.key, f"{PATH}{WAITING}&wait=30")) as waiter:
            time.sleep(SECONDS_TO_BEGIN_WAITING)
            with transaction.atomic():
                account.name = f"Konto {next(numbers)}"
                account.save()
                committing = time.perf_counter()
            return (waiter.answered() - committing) * 1000

    task, answer = interleaved(sizes.answers, baseline=_round_trip, figure=commit_to_answer)
    return Figure(
        name="commit_to_waiting_answer",
        value=answer,
        unit="ms",
        baseline="an empty Celery task's round trip",
        baseline_value=task,
        goal=5,
        at_most=True,
    )


def _round_trip() -> float:
    start = time.perf_counter()
    tasks.app.send_task("bench.empty", queue=tasks.QUEUE).get(timeout=30)
    return (time.perf_counter() - start) * 1000
