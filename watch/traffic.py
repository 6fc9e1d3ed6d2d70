"""Reading the queues' counters: what they moved since the last reading is rows in and out, kept by three grains."""

from datetime import timedelta

from django.conf import settings
from django.db import connection, transaction

from watch.models import Traffic

LOCK = 0x55744D  # "UtM": one reading at a time

# Each grain is kept as long as its charts reach back.
KEPT = {
    Traffic.Grain.FIVE_MINUTES: timedelta(days=2),
    Traffic.Grain.HOUR: timedelta(days=60),
    Traffic.Grain.DAY: timedelta(days=366),
}

READ = """
    with moved as (
        select queue.subscription_id, queue.last_sequence, departure.rows as departed,
            -- a restored database may count from further back
            greatest(queue.last_sequence - meter.last_sequence, 0) as rows_in,
            greatest(departure.rows - meter.departed, 0) as rows_out
        from watch_meter meter
        join revisions_queue queue on queue.subscription_id = meter.subscription_id
        join revisions_departure departure on departure.subscription_id = meter.subscription_id
        where (queue.last_sequence, departure.rows) <> (meter.last_sequence, meter.departed)
    ),
    noted as (
        update watch_meter meter set last_sequence = moved.last_sequence, departed = moved.departed
        from moved where moved.subscription_id = meter.subscription_id
    ),
    counted as (
        select subscription_id, rows_in, rows_out from moved
        union all
        select null, sum(rows_in), sum(rows_out) from moved having count(*) > 0
    ),
    grains (grain, at) as (
        values ('m', date_bin('5 minutes', clock_timestamp(), '2000-01-01')),
            ('h', date_trunc('hour', clock_timestamp())),
            ('d', date_trunc('day', clock_timestamp(), %(zone)s))
    ),
    added as (
        insert into watch_traffic as traffic (subscription_id, grain, at, rows_in, rows_out)
        select subscription_id, grain, at, rows_in, rows_out from counted cross join grains
        order by subscription_id, grain
        on conflict (subscription_id, grain, at) do update set
            rows_in = traffic.rows_in + excluded.rows_in, rows_out = traffic.rows_out + excluded.rows_out
    )
    select count(*) from moved
"""


@transaction.atomic
def read_counters() -> int:
    """Add what moved since the last reading; returns of how many subscriptions. Another's reading isn't waited for."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_try_advisory_xact_lock(%s)", [LOCK])
        (is_ours,) = cursor.fetchone()
        if not is_ours:
            return 0
        cursor.execute(READ, {"zone": settings.TIME_ZONE})
        (moved,) = cursor.fetchone()
        cursor.execute("update watch_pulse set beat_at = clock_timestamp()")
    return int(moved)


def remove_old() -> int:
    """Remove what no chart reaches back to; returns how many rows went."""
    removed = 0
    for grain, kept in KEPT.items():
        with connection.cursor() as cursor:
            cursor.execute(
                "delete from watch_traffic where grain = %s and at < clock_timestamp() - %s::interval",
                [grain, f"{kept.total_seconds()} seconds"],
            )
            removed += cursor.rowcount
    return removed
