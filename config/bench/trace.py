"""What the trace costs: the same work with and without what is kept for it, and how quickly it answers."""

import contextlib
import time
from collections.abc import Callable, Iterator

from access.models import ApiKey
from config.bench.books import STATEMENT_ROWS, Writer
from config.bench.databases import scalar
from config.bench.figures import Figure, interleaved
from config.bench.sizes import Sizes
from config.bench.subscribers import Subscribers
from information_types import registry
from ledger.models import Voucher
from revisions import batch, batch_log, fan_out, receipts, trace, trace_index
from revisions.batch_log import Extent
from subscriptions.models import Subscription

COMMITS_TO_INDEX = 300
SCAN = """
    select count(*) from revisions_revisionpage page
    join revisions_changeset changed on changed.id = page.change_set_id
    where changed.information_type = 12 and changed.company_id = %s and position(%s in page.lines) > 0
"""


def measure(sizes: Sizes, subscribers: Subscribers) -> Iterator[Figure]:
    """Writing to the queue, fetching and acknowledging, and a search."""
    subscribers.activate(1)
    writer = Writer()

    def statements() -> int:
        for _statement in range(sizes.statements):
            writer.statement()
        return sizes.statements * STATEMENT_ROWS

    def commits() -> int:
        for _commit in range(COMMITS_TO_INDEX):
            writer.one_row()
        return COMMITS_TO_INDEX

    yield _writing("traced_statements_of_1000", statements, sizes.rounds)
    yield _writing("traced_one_row_commits", commits, sizes.rounds)
    subscription = Subscription.objects.select_related("queue").get(pk=subscribers.many[0].pk)
    yield _acknowledging("traced_receipts_of_5000", subscription, sizes.batches, lambda: _write(writer, 5))
    yield _acknowledging("traced_receipts_of_one_row", subscription, sizes.batches * 3, writer.one_row)
    yield _search(sizes)


def _writing(name: str, write: Callable[[], int], rounds: int) -> Figure:
    """Writing, fan-out and index, one after the other: all that is done, wherever it is done."""

    def traced() -> float:
        start = time.perf_counter()
        rows = write()
        fan_out.drain()
        trace_index.catch_up()
        return rows / (time.perf_counter() - start)

    def plain() -> float:
        with untraced():
            start = time.perf_counter()
            rows = write()
            fan_out.drain()
            return rows / (time.perf_counter() - start)

    baseline, value = interleaved(rounds, baseline=plain, figure=traced)
    return Figure(
        name=name,
        value=value,
        unit="rows/s",
        baseline="captured and fanned out alike, nothing kept or indexed for the trace",
        baseline_value=baseline,
        goal=0.9,
    )


def _write(writer: Writer, statements: int) -> None:
    for _statement in range(statements):
        writer.statement()


def _acknowledging(name: str, subscription: Subscription, rounds: int, write: Callable[[], None]) -> Figure:
    """Receipts a second, each with its fetch; in this process, so that HTTP hides nothing."""
    key = ApiKey.objects.get()
    _empty(subscription)

    def traced() -> float:
        write()
        fan_out.drain()
        return _fetch_and_acknowledge(subscription, key)

    def plain() -> float:
        write()
        fan_out.drain()
        with untraced():
            return _fetch_and_acknowledge(subscription, None)

    baseline, value = interleaved(rounds, baseline=plain, figure=traced)
    return Figure(
        name=name,
        value=value,
        unit="batches/s",
        baseline="the same batches fetched and acknowledged without a log",
        baseline_value=baseline,
        goal=0.9,
    )


def _fetch_and_acknowledge(subscription: Subscription, key: ApiKey | None) -> float:
    choice, epoch = batch.Choice(), subscription.queue.epoch
    start = time.perf_counter()
    found = batch.read(subscription=subscription, choice=choice, limit=batch.MAX_ROWS)
    receipt = receipts.issue(subscription=subscription, epoch=epoch, batch=found, choice=choice)
    if key is not None:
        extent = Extent.of(epoch=epoch, batch=found, choice=choice)
        batch_log.note_fetch(subscription=subscription, extent=extent, rows=len(found.rows), key=key)
    if receipt is None:
        raise RuntimeError("There was nothing to fetch.")
    receipts.acknowledge(subscription=subscription, receipt=receipt, key=key)
    return 1 / (time.perf_counter() - start)


def _empty(subscription: Subscription) -> None:
    fan_out.drain()
    choice, epoch = batch.Choice(), subscription.queue.epoch
    while (found := batch.read(subscription=subscription, choice=choice, limit=batch.MAX_ROWS)).rows:
        receipt = receipts.issue(subscription=subscription, epoch=epoch, batch=found, choice=choice)
        receipts.acknowledge(subscription=subscription, receipt=receipt or "")


def _search(sizes: Sizes) -> Figure:
    """A voucher's revisions and what became of each, beside a look through its company's pages for the number."""
    trace_index.catch_up()
    ledger_entries = registry.get("ledger_entries")
    company = Voucher.objects.select_related("company").order_by("pk")[0].company
    numbers = iter(range(1, 1_000_000))

    def search() -> float:
        number = str(next(numbers) * 7 % sizes.vouchers + 1)
        sought = trace.Sought(information_type=ledger_entries, company=company, key={"number": number})
        start = time.perf_counter()
        if not trace.search(sought).revisions:
            raise RuntimeError(f"Voucher {number} was not found.")
        return (time.perf_counter() - start) * 1000

    def scan() -> float:
        start = time.perf_counter()
        scalar(SCAN, [company.pk, f'"number":"{next(numbers) % sizes.vouchers}",'])
        return (time.perf_counter() - start) * 1000

    scanned, searched = interleaved(sizes.rounds * 3, baseline=scan, figure=search)
    return Figure(
        name="trace_of_a_voucher",
        value=searched,
        unit="ms",
        baseline="a look through all pages of its company",
        baseline_value=scanned,
        goal=1,
        at_most=True,
    )


@contextlib.contextmanager
def untraced() -> Iterator[None]:
    """Fan out and acknowledge without what is kept for the trace."""
    passing, acknowledging = fan_out.PASS, receipts.ACKNOWLEDGE
    fan_out.PASS = passing.replace(fan_out.LOGGED, "")
    receipts.ACKNOWLEDGE = acknowledging.replace(batch_log.ACKNOWLEDGED, "").replace(batch_log.MARKED, "1")
    try:
        yield
    finally:
        fan_out.PASS, receipts.ACKNOWLEDGE = passing, acknowledging
