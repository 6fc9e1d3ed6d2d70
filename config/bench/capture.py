"""Capture: the same statements with the capture triggers disabled, and enabled."""

import dataclasses
import time
from collections.abc import Callable, Iterator
from typing import Literal

from django.db import connection

from config.bench.books import STATEMENT_ROWS, Writer
from config.bench.databases import execute
from config.bench.figures import Figure, interleaved
from config.bench.sizes import Sizes

TABLE = "ledger_ledgerentry"
NAMES = "select tgname from pg_trigger where tgrelid = %s::regclass and tgname like 'pgtrigger_capture%%'"


@dataclasses.dataclass(frozen=True)
class Writing:
    """One way of writing: how often in a round, and how many rows each time."""

    name: str
    write: Callable[[], None]
    times: int
    rows: int
    goal: float

    def rates(self) -> list[float]:
        """Rows a second, each time by itself."""
        self.write()  # the first after a switch plans anew
        rates = []
        for _time in range(self.times):
            start = time.perf_counter()
            self.write()
            rates.append(self.rows / (time.perf_counter() - start))
        return rates


def measure(sizes: Sizes) -> Iterator[Figure]:
    """Statements of 1 000 rows, and one-row commits."""
    writer = Writer()
    bulk = Writing("capture_statements_of_1000", writer.statement, sizes.statements, STATEMENT_ROWS, 0.6)
    single = Writing("capture_one_row_commits", writer.one_row, sizes.commits, 1, 0.8)
    yield _compared(bulk, sizes.rounds)
    yield _compared(single, sizes.rounds * 3)


def _compared(writing: Writing, rounds: int) -> Figure:
    def without() -> list[float]:
        switch("disable", TABLE)
        return writing.rates()

    def captured() -> list[float]:
        switch("enable", TABLE)
        return writing.rates()

    raw, value = interleaved(rounds, baseline=without, figure=captured)
    return Figure(
        name=writing.name,
        value=value,
        unit="rows/s",
        baseline="the same writes, each committed, capture triggers disabled",
        baseline_value=raw,
        goal=writing.goal,
    )


def switch(verb: Literal["enable", "disable"], table: str) -> None:
    """Switch a table's capture triggers."""
    with connection.cursor() as cursor:
        cursor.execute(NAMES, [table])
        names = [name for (name,) in cursor.fetchall()]
    for name in names:
        execute(f"alter table {table} {verb} trigger {name}")
