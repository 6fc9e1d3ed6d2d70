"""The life of a subscription's queue: opened, cut, retired."""

from django.db import connection, transaction
from django.db.models import F

from revisions import fan_out
from revisions.models import DepartedCount, Departure, OutboxItem, Queue, QueuedCount, RetiredQueue
from subscriptions.models import Resync, Subscription
from subscriptions.services import mark_missing

CUT = """
    with gone as (
        delete from revisions_outboxitem
        where subscription_id = %(subscription)s
          and (%(change_sets)s::bigint[] is null or change_set_id = any(%(change_sets)s))
        returning information_type, company_id, last_row - first_row + 1 as rows
    ),
    kinds as (select information_type, company_id, sum(rows) as rows from gone group by 1, 2),
    departed as (
        insert into revisions_departedcount as counter (subscription_id, information_type, company_id, rows)
        select %(subscription)s, information_type, company_id, rows from kinds
        on conflict (subscription_id, information_type, company_id) do update set rows = counter.rows + excluded.rows
    )
    select information_type, company_id, rows from kinds
"""


def open_queue(subscription: Subscription) -> Queue:
    """Open a new subscription's queue; an integration id used before goes on with its sequence, in a higher epoch."""
    fan_out.take_lock()
    before = RetiredQueue.objects.filter(integration_id=subscription.integration_id).first()
    epoch, last = (before.epoch + 1, before.last_sequence) if before else (1, 0)
    Departure.objects.create(subscription=subscription, rows=last)
    return Queue.objects.create(subscription=subscription, epoch=epoch, last_sequence=last)


def retire(subscription: Subscription) -> None:
    """Empty the queue of a subscription that is about to be deleted, and remember how far it came."""
    fan_out.take_lock()
    # First, as a receipt does: else each would hold what the other waits for.
    Departure.objects.select_for_update().get(subscription=subscription)
    queue = Queue.objects.get(subscription=subscription)
    RetiredQueue.objects.update_or_create(
        integration_id=subscription.integration_id,
        defaults={"epoch": queue.epoch, "last_sequence": queue.last_sequence},
    )
    OutboxItem.objects.filter(subscription_id=subscription.pk)._raw_delete(OutboxItem.objects.db)
    QueuedCount.objects.filter(subscription=subscription).delete()
    DepartedCount.objects.filter(subscription=subscription).delete()


@transaction.atomic
def cut(
    *,
    subscription: Subscription,
    reason: Resync.Reason = Resync.Reason.CUT,
    change_sets: list[int] | None = None,
) -> int:
    """Take rows out of a queue unread, all or those of some change sets; returns how many went.

    The epoch rises, and what was lost stands in `resync`. What is committed but not yet queued is queued first. Where
    there is nothing to take, nothing happens.
    """
    fan_out.drain_within()
    Departure.objects.select_for_update().get(subscription=subscription)
    with connection.cursor() as cursor:
        cursor.execute(CUT, {"subscription": subscription.pk, "change_sets": change_sets})
        gone = cursor.fetchall()
    rows = sum(count for _type, _company, count in gone)
    if rows:
        Departure.objects.filter(subscription=subscription).update(rows=F("rows") + rows)
        Queue.objects.filter(subscription=subscription).update(epoch=F("epoch") + 1)
        pairs = [(number, company) for number, company, _rows in gone]
        mark_missing(subscription=subscription, pairs=pairs, reason=reason)
    return int(rows)
