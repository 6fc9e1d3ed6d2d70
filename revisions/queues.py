"""The life of a subscription's queue: opened, cut, retired."""

from typing import Any

from django.contrib.auth.models import User
from django.db import connection, transaction
from django.db.models import F, Max, Min, Sum

from history.services import note_emptying
from revisions import fan_out, selections
from revisions.installation import installation
from revisions.models import DepartedCount, Departure, OutboxItem, Queue, QueuedCount, Removal, RetiredQueue
from subscriptions.models import Resync, Subscription
from subscriptions.services import mark_lost

CUT = """
    with gone as (
        delete from revisions_outboxitem
        where subscription_id = %(subscription)s
          and (%(change_sets)s::bigint[] is null or change_set_id = any(%(change_sets)s))
        returning information_type, company_id, last_row - first_row + 1 as rows, first_sequence
    ),
    kinds as (
        select information_type, company_id, sum(rows) as rows, min(first_sequence) as first,
            max(first_sequence + rows - 1) as last
        from gone group by 1, 2
    ),
    departed as (
        insert into revisions_departedcount as counter (subscription_id, information_type, company_id, rows)
        select %(subscription)s, information_type, company_id, rows from kinds
        on conflict (subscription_id, information_type, company_id) do update set rows = counter.rows + excluded.rows
    )
    select information_type, company_id, rows, first, last from kinds
"""


def open_queue(subscription: Subscription) -> Queue:
    """Open a new subscription's queue; an integration id used before goes on with its sequence, in a higher epoch.

    A lost database may have known more of them: no queue begins with an epoch that was given out by one.
    """
    fan_out.take_lock()
    before = RetiredQueue.objects.filter(integration_id=subscription.integration_id).first()
    epoch, last = (before.epoch + 1, before.last_sequence) if before else (1, 0)
    epoch = max(epoch, installation().queue_epoch)
    Departure.objects.create(subscription=subscription, rows=last)
    return Queue.objects.create(subscription=subscription, epoch=epoch, last_sequence=last)


def retire(subscription: Subscription) -> None:
    """Empty the queue of a subscription that is about to be deleted, and remember how far it came."""
    fan_out.take_lock()
    # First, as a receipt does: else each would hold what the other waits for.
    Departure.objects.select_for_update().get(subscription=subscription)
    queue = Queue.objects.get(subscription=subscription)
    selections.remember_end(subscription)
    _log_emptied(queue)
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
    why: Removal.Reason = Removal.Reason.PURGED,
    by: User | None = None,
) -> int:
    """Take rows out of a queue unread, all or those of some change sets; returns how many went. The trace tells `why`
    and `by` whom.

    The epoch rises, and what was lost and is still selected stands in `resync`. What is committed but not yet queued is
    queued first. Where there is nothing to take, nothing happens.
    """
    fan_out.drain_within()
    Departure.objects.select_for_update().get(subscription=subscription)
    with connection.cursor() as cursor:
        cursor.execute(CUT, {"subscription": subscription.pk, "change_sets": change_sets})
        gone = cursor.fetchall()
    rows = sum(count for _type, _company, count, _first, _last in gone)
    if rows:
        queue = Queue.objects.select_related("subscription").get(pk=subscription.pk)
        first, last = min(found[3] for found in gone), max(found[4] for found in gone)
        _log(queue, why, first=first, last=last, rows=rows, change_sets=change_sets, by=by)
        note_emptying(
            subject=Subscription._meta.label_lower,
            object_id=subscription.pk,
            name=str(queue.subscription),
            user=by,
            details={"rows": [int(rows), None], "epoch": [queue.epoch, queue.epoch + 1]},
        )
        Departure.objects.filter(subscription=subscription).update(rows=F("rows") + rows)
        Queue.objects.filter(subscription=subscription).update(epoch=F("epoch") + 1)
        pairs = [(number, company) for number, company, *_rows in gone]
        mark_lost(subscription=queue.subscription, pairs=pairs, reason=reason)
    return int(rows)


def _log_emptied(queue: Queue) -> None:
    items = OutboxItem.objects.filter(subscription_id=queue.pk)
    rows = F("last_row") - F("first_row") + 1
    found = items.aggregate(
        first=Min("first_sequence"), last=Max(F("first_sequence") + F("last_row") - F("first_row")), rows=Sum(rows)
    )
    if found["rows"]:
        _log(queue, Removal.Reason.DELETED, **found)


def _log(queue: Queue, why: Removal.Reason, *, by: User | None = None, **removed: Any) -> None:
    Removal.objects.create(
        subscription_id=queue.pk,
        integration_id=queue.subscription.integration_id,
        epoch=queue.epoch,
        reason=why,
        by_id=by.pk if by else None,
        by_name=by.get_username() if by else "",
        **{f"{name}_sequence" if name in {"first", "last"} else name: value for name, value in removed.items()},
    )
