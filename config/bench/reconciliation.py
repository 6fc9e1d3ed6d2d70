"""The figures that a copy is compared with, beside counting and summing the same rows."""

import time
from collections.abc import Iterator

from django.db import connection

from config.bench.figures import Figure, interleaved
from config.bench.sizes import Sizes
from config.bench.subscribers import Subscribers
from information_types import registry
from ledger.models import Company
from revisions import reconciliation
from revisions.reconciliation import Period

YEAR = Period("2024-01", "2024-12")
PLAIN = """
    select voucher.company_id, to_char(voucher.voucher_date::timestamp, 'YYYY-MM'), count(*),
        sum(amount) filter (where amount > 0), sum(amount) filter (where amount < 0)
    from ledger_ledgerentry r join ledger_voucher voucher on voucher.id = r.voucher_id
    where voucher.company_id = any(%s) and voucher.voucher_date between '2024-01-01' and '2024-12-31'
    group by 1, 2
"""


def measure(sizes: Sizes, subscribers: Subscribers) -> Iterator[Figure]:
    """Rows a second of a year of every company, keys and amounts hashed."""
    companies = list(Company.objects.values_list("pk", flat=True))

    def plain() -> float:
        start = time.perf_counter()
        with connection.cursor() as cursor:
            cursor.execute(PLAIN, [companies])
            rows = sum(line[2] for line in cursor.fetchall())
        return float(rows / (time.perf_counter() - start))

    def reconciled() -> float:
        start = time.perf_counter()
        found = reconciliation.figures(
            subscription=subscribers.many[0],
            information_type=registry.get("ledger_entries"),
            companies=companies,
            period=YEAR,
        )
        rows = sum(line.rows for company in found.companies for line in company.periods)
        return rows / (time.perf_counter() - start)

    baseline, value = interleaved(sizes.rounds, baseline=plain, figure=reconciled)
    yield Figure(
        name="reconcile_a_year",
        value=value,
        unit="rows/s",
        baseline="the same rows counted and summed by company and month",
        baseline_value=baseline,
        goal=0.2,
    )
