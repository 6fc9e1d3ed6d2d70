"""Running a transfer: chunk by chunk, each a transaction of its own, from wherever the last committed one ended."""

import math
import time
from collections.abc import Sequence

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from onetime_transfer import messages, numbering, services
from onetime_transfer.models import SILENT_AFTER, Chunk, Transfer
from onetime_transfer.walk import Walk, Written
from revisions import fan_out, news
from subscriptions.models import Resync

ROWS_PER_CHUNK = 16_000
MOST_UNITS = 10_000
SMOOTHED_OVER = 5.0  # seconds


def run(*, transfer_id: int) -> None:
    """Run a transfer to its end, to a pause, or until another of its subscription runs."""
    if _begin(transfer_id):
        clock = Clock()
        _count(transfer_id, clock)
        while _write_chunk(transfer_id, clock):
            pass


def waiting() -> list[Transfer]:
    """Transfers that should run and that nobody seems to be running."""
    silent = Q(heartbeat_at=None) | Q(heartbeat_at__lt=timezone.now() - SILENT_AFTER)
    running = Q(status=Transfer.Status.RUNNING) & silent
    return list(Transfer.objects.filter(running | Q(status=Transfer.Status.QUEUED)).order_by("pk"))


@transaction.atomic
def fail(*, transfer_id: int, error: str) -> None:
    """End a transfer that can't go on, and tell whoever asked for it; what is queued stays."""
    unfinished = Transfer.objects.select_for_update(of=("self",)).select_related("subscription", "requested_by")
    transfer = unfinished.filter(pk=transfer_id, status__in=Transfer.UNFINISHED).first()
    if transfer is None:
        return
    transfer.status, transfer.error, transfer.finished_at = Transfer.Status.FAILED, error, timezone.now()
    transfer.counts = transfer.rows_by_company()
    transfer.save(update_fields=["status", "error", "finished_at", "counts"])
    messages.tell_of_end(transfer)


class Clock:
    """Tells how long each lap took: what is worked, not what is paused."""

    def __init__(self) -> None:
        self._since = time.monotonic()

    def lap(self) -> float:
        """Seconds since the last lap."""
        since, self._since = self._since, time.monotonic()
        return self._since - since


@transaction.atomic
def _begin(transfer_id: int) -> bool:
    """Mark it as running, unless it isn't waiting or another runs; whether there is something to run."""
    fan_out.take_lock()
    transfer = Transfer.objects.select_for_update().filter(pk=transfer_id).first()
    if transfer is None or transfer.status == Transfer.Status.RUNNING:
        return transfer is not None
    others = Transfer.objects.filter(subscription=transfer.subscription_id).exclude(pk=transfer_id)
    earlier = Q(status=Transfer.Status.QUEUED, pk__lt=transfer_id)
    if transfer.status != Transfer.Status.QUEUED or others.filter(earlier | Q(status=Transfer.Status.RUNNING)).exists():
        return False
    transfer.status, now = Transfer.Status.RUNNING, timezone.now()
    transfer.started_at, transfer.heartbeat_at = transfer.started_at or now, now
    transfer.save(update_fields=["status", "started_at", "heartbeat_at"])
    return True


def _count(transfer_id: int, clock: Clock) -> None:
    """Count what there is to transfer, before the first chunk and outside any lock."""
    transfer = Transfer.objects.select_related("subscription", "company").get(pk=transfer_id)
    if transfer.position is None:
        rows = Walk(transfer.type, transfer.parameters).count(companies=services.companies_of(transfer))
        Transfer.objects.filter(pk=transfer_id).update(
            rows_total=rows, seconds_running=F("seconds_running") + clock.lap()
        )


def _write_chunk(transfer_id: int, clock: Clock) -> bool:
    """Write one chunk; whether there may be more.

    READ COMMITTED, and in this order: the fan-out's lock; one statement that fans out and reads the register; then the
    transferred rows' numbers. Any other order could send an older copy after a newer one.
    """
    reached = fan_out.drain(floor=False)
    with transaction.atomic():
        fan_out.take_lock()
        transfer = (
            Transfer.objects.select_for_update(of=("self",))
            .select_related("subscription", "company", "requested_by")
            .get(pk=transfer_id)
        )
        if transfer.status != Transfer.Status.RUNNING:
            return False
        written = _write(transfer, clock)
        reached |= set(written.reached) | {transfer.subscription_id}
    news.publish(reached)
    return written.position is not None


def _write(transfer: Transfer, clock: Clock) -> Written:
    walk = Walk(transfer.type, transfer.parameters)
    companies = services.companies_of(transfer)
    written = walk.write(companies=companies, position=transfer.position, units=transfer.units_per_chunk)
    _number(transfer, written)
    rows = sum(rows for _set, _company, rows in written.sets)
    transfer.rows_done += rows
    transfer.heartbeat_at = timezone.now()
    _measure(transfer, rows, clock.lap())
    if written.position is None:
        _finish(transfer, companies)
    else:
        transfer.position = written.position
        transfer.units_per_chunk = _next_units(transfer.units_per_chunk, rows)
    transfer.save()
    return written


def _measure(transfer: Transfer, rows: int, seconds: float) -> None:
    """Keep the rate of late: the longer a chunk took, the more it counts."""
    transfer.seconds_running += seconds
    if rows and seconds > 0:
        weight = 1 - math.exp(-seconds / SMOOTHED_OVER) if transfer.rows_per_second else 1.0
        transfer.rows_per_second += weight * (rows / seconds - transfer.rows_per_second)


def _next_units(units: int, rows: int) -> int:
    return min(max(units * ROWS_PER_CHUNK // max(rows, 1), 1), MOST_UNITS)


def _number(transfer: Transfer, written: Written) -> None:
    numbering.number(
        subscription=transfer.subscription_id, information_type=transfer.information_type, sets=written.sets
    )
    Chunk.objects.bulk_create(
        Chunk(transfer=transfer, change_set_id=change_set, company_id=company, row_count=rows)
        for change_set, company, rows in written.sets
    )


def _finish(transfer: Transfer, companies: Sequence[int]) -> None:
    transfer.status, transfer.finished_at = Transfer.Status.DONE, timezone.now()
    transfer.counts = transfer.rows_by_company(companies)
    messages.tell_of_end(transfer)
    Resync.objects.settle(
        subscription=transfer.subscription,
        information_type=transfer.information_type,
        companies=companies,
        before=transfer.started_at,
    )
