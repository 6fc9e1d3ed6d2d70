"""Fan-out: to fifty subscriptions or to one, beside a backlog or without."""

import time
from collections.abc import Callable, Iterator

from config.bench.books import STATEMENT_ROWS, Writer
from config.bench.databases import Copy
from config.bench.figures import Figure, interleaved
from config.bench.sizes import Sizes
from config.bench.subscribers import Subscribers
from revisions import fan_out

ONE_ROW_SETS = 1_000
SUBSCRIPTIONS_BESIDE_BACKLOG = 10


def measure(sizes: Sizes, subscribers: Subscribers, backlogged: Copy) -> Iterator[Figure]:
    """Growth with subscriptions, and with what nobody fetched."""
    yield _to_many(sizes, subscribers)
    yield _beside_backlog(sizes, subscribers, backlogged)


def _to_many(sizes: Sizes, subscribers: Subscribers) -> Figure:
    writer = Writer()

    def to(count: int) -> float:
        subscribers.activate(count)
        fan_out.drain()
        start = time.perf_counter()
        for _statement in range(sizes.statements):
            writer.statement()
        fan_out.drain()
        return sizes.statements * STATEMENT_ROWS / (time.perf_counter() - start)

    one, many = interleaved(sizes.rounds, baseline=lambda: to(1), figure=lambda: to(sizes.subscriptions))
    return Figure(
        name="capture_and_fan_out_to_50",
        value=many,
        unit="rows/s",
        baseline="the same to one subscription",
        baseline_value=one,
        goal=0.9,
    )


def _beside_backlog(sizes: Sizes, subscribers: Subscribers, backlogged: Copy) -> Figure:
    plain, beside = _fan_out_of_small_and_large(sizes), _fan_out_of_small_and_large(sizes)
    subscribers.activate(SUBSCRIPTIONS_BESIDE_BACKLOG)
    with backlogged.used():
        subscribers.activate(SUBSCRIPTIONS_BESIDE_BACKLOG)

    def with_backlog() -> float:
        with backlogged.used():
            return beside()

    empty, full = interleaved(sizes.rounds, baseline=plain, figure=with_backlog)
    return Figure(
        name="fan_out_beside_backlog",
        value=full,
        unit="change sets/s",
        baseline="the same beside an empty queue",
        baseline_value=empty,
        goal=0.8,
    )


def _fan_out_of_small_and_large(sizes: Sizes) -> Callable[[], float]:
    writers: list[Writer] = []

    def fan_out_once() -> float:
        if not writers:
            writers.append(Writer())
        writer = writers[0]
        for _statement in range(sizes.statements):
            writer.statement()
        for _commit in range(ONE_ROW_SETS):
            writer.one_row()
        start = time.perf_counter()
        fan_out.drain()
        return ONE_ROW_SETS / (time.perf_counter() - start)

    return fan_out_once
