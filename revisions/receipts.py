"""Receipts: a signed statement of what a batch was, and the one thing that takes rows out of a queue.

A receipt names the subscription, its epoch, the first and last sequence, which kinds were in the batch where something
was left out, and the change set and time at both ends. Sequences become visible in order, so that names exactly the
rows sent: whatever of the range and kinds is still there was in the batch.
"""

import dataclasses
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.core import signing
from django.db import transaction

from access.models import ApiKey
from revisions import batch_log, prepared
from revisions.batch import Batch, Choice, Row, read
from revisions.batch_log import Extent
from revisions.exceptions import EpochChanged, InvalidReceipt
from revisions.models import BatchLog, Departure, Queue
from subscriptions.models import Subscription

SALT = "utkorg.receipt"

# Items wholly in the range go; one that goes on beyond it, only the last can, starts after it. Each is found by its key
# alone: a join with a list of what matches would be planned for one item and cost the square of thousands.
_MATCHES = """subscription_id = %(subscription)s and first_sequence between %(first)s and %(last)s
          and (%(types)s::int[] is null
               or (information_type, company_id) in (
                   select * from unnest(%(types)s::int[], %(companies)s::bigint[])))"""
ACKNOWLEDGE = f"""
    with whole as (
        delete from revisions_outboxitem
        where {_MATCHES}
          and first_sequence + last_row - first_row <= %(last)s
        returning information_type, company_id, last_row - first_row + 1 as rows
    ),
    going_on as materialized (
        select first_sequence, %(last)s + 1 - first_sequence as rows from revisions_outboxitem
        where {_MATCHES}
          and first_sequence + last_row - first_row > %(last)s
    ),
    cut as (
        update revisions_outboxitem item set
            first_row = item.first_row + going_on.rows,
            first_sequence = %(last)s + 1
        from going_on
        where item.subscription_id = %(subscription)s and item.first_sequence = going_on.first_sequence
        returning item.information_type, item.company_id, going_on.rows
    ),
    gone as (select * from whole union all select * from cut),
    counted as (
        insert into revisions_departedcount as counter (subscription_id, information_type, company_id, rows)
        select %(subscription)s, information_type, company_id, sum(rows) from gone group by 2, 3
        on conflict (subscription_id, information_type, company_id) do update set rows = counter.rows + excluded.rows
    ),
    total as materialized (select coalesce(sum(rows), 0)::bigint as rows, clock_timestamp() as at from gone),
    departed as (
        update revisions_departure departure set
            rows = departure.rows + total.rows, acknowledged_at = total.at
        from total where departure.subscription_id = %(subscription)s and total.rows > 0
    ){batch_log.ACKNOWLEDGED}
    select total.rows, queue.last_sequence, {batch_log.MARKED} from total
    join revisions_queue queue on queue.subscription_id = %(subscription)s
"""

# What stands at both ends of a batch now, to be compared with what stood there when it was read: a restored database
# gives the same sequences to other rows. What was acknowledged meanwhile needs no look.
STANDS = """
    select queue.epoch, queue.last_sequence, item.change_set_id, changed.changed_at
    from revisions_queue queue
    cross join unnest(array[%(first)s, %(last)s]::bigint[]) with ordinality as asked (sequence, place)
    left join lateral (
        select * from revisions_outboxitem
        where subscription_id = %(subscription)s and first_sequence <= asked.sequence
        order by first_sequence desc limit 1
    ) item on item.first_sequence + item.last_row - item.first_row >= asked.sequence
    left join revisions_changeset changed on changed.id = item.change_set_id
    where queue.subscription_id = %(subscription)s
    order by asked.place
"""


@dataclasses.dataclass(frozen=True)
class Acknowledged:
    """How many rows a receipt deleted, and how many are left in the queue."""

    acknowledged: int
    remaining: int


def issue(*, subscription: Subscription, epoch: int, batch: Batch, choice: Choice) -> str | None:
    """The receipt for a batch, None for an empty one."""
    if not batch.rows:
        return None
    extent = Extent.of(epoch=epoch, batch=batch, choice=choice)
    marks = _mark(batch.rows[0]), _mark(batch.rows[-1])
    content = [subscription.integration_id, *dataclasses.astuple(extent), *marks]
    return signing.dumps(content, salt=SALT, compress=True)


@transaction.atomic
def acknowledge(*, subscription: Subscription, receipt: str, key: ApiKey | None = None) -> Acknowledged:
    """Delete exactly the rows of the receipt's batch; a second time nothing is left to delete. `key` brought it.

    Raises `InvalidReceipt` (forged, or of another integration) and `EpochChanged` (queue cut or database restored).
    """
    try:
        integration_id, epoch, first, last, kinds, mark_first, mark_last = signing.loads(receipt, salt=SALT)
    except (signing.BadSignature, ValueError) as error:
        raise InvalidReceipt from error
    if integration_id != subscription.integration_id:
        raise InvalidReceipt
    departure = Departure.objects.select_for_update().get(subscription=subscription)
    extent = Extent(epoch, first, last, kinds)
    _check_stands(subscription, extent, (mark_first, mark_last))
    return _delete(departure, extent=extent, key=key, how=BatchLog.How.RECEIPT)


@transaction.atomic
def take(
    *, subscription: Subscription, choice: Choice, limit: int, after: int | None, key: ApiKey | None = None
) -> tuple[Batch, int]:
    """Read a batch and delete it in one step; returns it and its epoch. A lost response is lost for good."""
    departure = Departure.objects.select_for_update().get(subscription=subscription)
    batch = read(subscription=subscription, choice=choice, limit=limit, after=after)
    epoch = Queue.objects.values_list("epoch", flat=True).get(pk=departure.pk)
    extent = Extent.of(epoch=epoch, batch=batch, choice=choice) if batch.rows else None
    if key is not None:
        batch_log.note_fetch(subscription=subscription, extent=extent, rows=len(batch.rows), key=key)
    if extent is not None:
        _delete(departure, extent=extent, key=key, how=BatchLog.How.TAKE)
    return batch, epoch


def _delete(departure: Departure, *, extent: Extent, key: ApiKey | None, how: BatchLog.How) -> Acknowledged:
    parameters = {
        "subscription": departure.pk,
        "types": None if extent.kinds is None else [number for number, _company in extent.kinds],
        "companies": None if extent.kinds is None else [company for _number, company in extent.kinds],
        **batch_log.acknowledged_parameters(extent=extent, key=key, how=how),
    }
    ((rows, last_sequence, marked),) = prepared.fetch(ACKNOWLEDGE, parameters)
    if rows and not marked:
        batch_log.note_unfetched(rows=rows, parameters=parameters)
    return Acknowledged(rows, last_sequence - departure.rows - rows)


def _mark(row: Row) -> tuple[int, str]:
    return row.change_set_id, row.changed_at.isoformat()


def _check_stands(subscription: Subscription, extent: Extent, marks: Sequence[list[Any]]) -> None:
    asked = {"subscription": subscription.pk, "first": extent.first, "last": extent.last}
    found = prepared.fetch(STANDS, asked)
    for (epoch, last_sequence, change_set, changed_at), mark in zip(found, marks, strict=True):
        if epoch != extent.epoch or extent.last > last_sequence:
            raise EpochChanged
        if change_set is not None and (change_set, changed_at) != (mark[0], datetime.fromisoformat(mark[1])):
            raise EpochChanged
