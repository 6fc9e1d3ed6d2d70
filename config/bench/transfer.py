"""A one-off transfer beside COPY of the same joined rows as JSON."""

import time
from collections.abc import Iterator

from django.db import connection

from config.bench.books import Writer
from config.bench.figures import Figure, interleaved
from config.bench.sizes import Sizes
from config.bench.subscribers import Subscribers
from information_types import registry, sql
from ledger.models import Company, LedgerEntry
from onetime_transfer import running, services
from revisions import queues

STATEMENT_ROWS = 10_000
PERIOD = {"period_from": "2024-01", "period_to": "2024-12"}

COPY = "copy (select {data} from ledger_ledgerentry r {joins} where {company_id} = any(%s)) to stdout"


def measure(sizes: Sizes, subscribers: Subscribers) -> Iterator[Figure]:
    """Rows a second of a whole transfer, of every company."""
    _fill(sizes.transfer_rows)
    subscription = subscribers.many[0]
    subscribers.activate(0)
    ledger_entries = registry.get("ledger_entries")
    rows = LedgerEntry.objects.count()

    def transfer() -> float:
        asked = services.request_transfer(subscription=subscription, information_type=ledger_entries, parameters=PERIOD)
        start = time.perf_counter()
        running.run(transfer_id=asked.pk)
        seconds = time.perf_counter() - start
        asked.refresh_from_db()
        if asked.rows_done != rows:
            raise RuntimeError(f"The transfer brought {asked.rows_done} of {rows} rows: {asked.error}")
        queues.cut(subscription=subscription)
        return rows / seconds

    copied, transferred = interleaved(min(sizes.rounds, 3), baseline=lambda: rows / _copy(), figure=transfer)
    yield Figure(
        name="one_off_transfer",
        value=transferred,
        unit="rows/s",
        baseline="COPY of the same joined rows as JSON",
        baseline_value=copied,
        goal=0.4,
    )


def _fill(rows: int) -> None:
    writer = Writer()
    while LedgerEntry.objects.count() < rows:
        writer.statement(STATEMENT_ROWS)


def _copy() -> float:
    parts = sql.row_sql(registry.get("ledger_entries"))
    query = COPY.format(data=parts.data, joins=parts.joins, company_id=parts.company_id)
    companies = list(Company.objects.values_list("pk", flat=True))
    with connection.cursor() as cursor:
        start = time.perf_counter()
        with cursor.copy(query, [companies]) as stream:
            for _block in stream:
                pass
        return time.perf_counter() - start
