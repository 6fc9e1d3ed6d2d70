"""Putting a restored database right: noticed by its marks, or told of by a person, in one transaction.

The epochs rise above all that were given out, so that receipts of the lost database delete nothing; numbers that it
gave to rows are given to no others; and everything needs a new transfer, since nobody can know what was lost.
"""

import logging
from collections.abc import Mapping

from django.db import connection, transaction
from django.utils import timezone

from revisions import fan_out, messages, news, watermarks
from revisions.checks import tables
from revisions.installation import installation
from revisions.models import Installation, Queue, Restoration, RetiredQueue
from revisions.watermarks import Position, Watermark
from sign_in.sessions import end_everybodys
from subscriptions.models import Resync
from subscriptions.services import mark_all_missing

logger = logging.getLogger(__name__)

# How many numbers may have been given out after the mark was written: to change sets and rows of registers, and to the
# rest. Ids of subscriptions can't be as large as the others.
MANY, FEW = 10_000_000, 1_000

SEQUENCES = """
    select sequencename, last_value from pg_sequences
    where schemaname = current_schema() and last_value is not null and max_value - last_value > %(many)s
"""
MOVE = "select setval(quote_ident(%s)::regclass, %s)"


def look() -> Restoration | None:
    """Compare the database with the marks, put it right where it is an older one, and write down where it stands now.

    Returns what was found just now. For the start of every program that writes, and every second after.
    """
    if not watermarks.are_kept():
        return None
    uid = installation().uid
    # The marks first: whatever they name was committed before the database is asked.
    kept = watermarks.read(uid)
    position = watermarks.position_of(uid)
    if position is None:
        return None
    found = None
    lost = [mark for mark in kept.values() if mark is not None and watermarks.is_lost(mark, position)]
    if lost:
        found = _put_right(max(lost, key=lambda mark: (mark.position.epoch, mark.marked_at)))
        position = watermarks.position_of(uid)
    behind = [place for place, mark in kept.items() if mark is None or mark.position != position]
    if behind and position is not None:
        watermarks.write(uid, watermarks.mark_of(position), places=behind)
    return found


def tell() -> Restoration:
    """Put a database right of which a person knows that it was restored, though no mark shows it."""
    restoration = look()
    if restoration is None:
        with transaction.atomic():
            restoration = _raise_epochs(None)
        look()
    return restoration


@transaction.atomic
def settle(restoration: Restoration, *, by: str) -> None:
    """Note that somebody has seen to what only people can: keys, users, and what was made after the backup."""
    waiting = Restoration.objects.filter(settled_at=None, epoch__lte=restoration.epoch)
    waiting.update(settled_at=timezone.now(), settled_by=by)


def _put_right(mark: Watermark) -> Restoration | None:
    with transaction.atomic():
        fan_out.take_lock()
        position = watermarks.position_of(installation().uid)
        if position is None or not watermarks.is_lost(mark, position):
            return None  # another process was first
        restoration = _raise_epochs(mark)
    logger.error(
        "This database is an older one: what changed until %s (change set %s) isn't all in it. The epochs have risen, "
        "and everything needs a new transfer. Run: manage.py restored",
        mark.position.last_change_at,
        mark.position.change_set,
    )
    return restoration


def _raise_epochs(mark: Watermark | None) -> Restoration:
    """In the caller's transaction: queue what was left, then begin anew beyond whatever was given out."""
    reached = fan_out.drain_within()
    here = Installation.objects.select_for_update().get(pk=1)
    found = watermarks.position_of(here.uid)
    _move_sequences(mark.sequences if mark else {})
    queues = Queue.objects.select_for_update().order_by("pk")
    known = [here.queue_epoch, mark.position.queue_epoch if mark else 0]
    known += [queue.epoch for queue in queues]
    known += RetiredQueue.objects.values_list("epoch", flat=True)
    here.queue_epoch = max(known) + 1
    here.epoch = max(here.epoch, mark.position.epoch if mark else 0) + 1
    here.save(update_fields=["epoch", "queue_epoch"])
    Queue.objects.update(epoch=here.queue_epoch)
    RetiredQueue.objects.update(epoch=here.queue_epoch)
    mark_all_missing(reason=Resync.Reason.RESTORED)
    end_everybodys()
    restoration = _note(here.epoch, found, mark)
    messages.tell_of_restoration(restoration)
    everybody = reached | {queue.pk for queue in queues}
    transaction.on_commit(lambda: news.publish(everybody), robust=True)
    return restoration


def _note(epoch: int, found: Position | None, mark: Watermark | None) -> Restoration:
    return Restoration.objects.create(
        epoch=epoch,
        how=Restoration.How.FOUND if mark else Restoration.How.TOLD,
        lost_change_set=mark.position.change_set if mark else None,
        lost_changed_at=mark.position.last_change_at if mark else None,
        marked_at=mark.marked_at if mark else None,
        last_change_set=found.change_set if found else None,
        last_changed_at=found.last_change_at if found else None,
    )


def _move_sequences(marked: Mapping[str, int]) -> None:
    """Let no number that the lost database gave out be given to another row. A sequence is never moved back, and that
    it stays moved when the transaction fails is no harm."""
    many = ("revisions_changeset", "revisions_numbering", *tables())
    with connection.cursor() as cursor:
        cursor.execute(SEQUENCES, {"many": 2 * MANY})
        for name, last in cursor.fetchall():
            beyond = MANY if name.startswith(many) else FEW
            cursor.execute(MOVE, [name, max(last, marked.get(name, 0)) + beyond])
