"""Signs of life of the installation itself: is what is saved queued, does the clock run, do letters go out?"""

import dataclasses
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import connection

QUEUED_WITHIN = timedelta(seconds=15)
BEATS_WITHIN = timedelta(minutes=3)
READS_WITHIN = timedelta(minutes=10)

SIGNS = """
    select clock_timestamp(),
        (select changed_at from revisions_changeset
         where not fanned_out and id > coalesce((select floor from revisions_fanoutstate), 0) order by id limit 1),
        (select beat_at from watch_pulse),
        exists (select from ledger_company),
        exists (select from access_apikey
                where revoked_at is null and (expires_at is null or expires_at > clock_timestamp())),
        exists (select from revisions_departure where rows > 0),
        array(select company_id from workcopies_conflict where status = 'open' limit 1000),
        array(select company_id from inbox_mail where status = 'quarantined' limit 1000),
        (select received_at from inbox_mail where status in ('waiting', 'reading') order by id limit 1),
        coalesce((select held_up_by from inbox_mail where status in ('waiting', 'reading') order by id limit 1), ''),
        array(select incoming.company_id from inbox_incominginvoice incoming
              left join ledger_supplierinvoice invoice on invoice.id = incoming.supplier_invoice_id
              where incoming.state = 'to_enter'
                 or (incoming.state = 'entered'
                     and (invoice.id is null or invoice.status in ('received', 'registered')))
              limit 1001),
        restored.found_at, restored.lost_changed_at, restored.last_changed_at
    from (select) as nothing
    left join lateral (
        select * from revisions_restoration where settled_at is null order by epoch desc limit 1
    ) restored on true
"""

# What moves whenever the first page does; the rest (a key that will expire, a new name) may wait for the next minute.
VERSION = """
    select date_trunc('minute', clock_timestamp()),
        (select (count(*), sum(last_sequence), sum(epoch))::text from revisions_queue),
        (select sum(rows) from revisions_departure),
        (select date_trunc('minute', max(fetched_at)) from revisions_lastfetch),
        (select sum(companies) from subscriptions_missingcount),
        (select count(*) from subscriptions_subscription where active),
        (select (count(warned_at), sum(episode))::text from watch_standing),
        (select (count(*), sum(attempts))::text from watch_letter where sent_at is null),
        (select (count(*) filter (where status = 'failed'), count(*) filter (where status = 'paused'))::text
         from onetime_transfer_transfer),
        (select (count(*), sum(times))::text from revisions_feedback where state = 'open'),
        (select (count(*), max(id))::text from workcopies_conflict where status = 'open'),
        (select (count(*), max(id))::text from inbox_mail where status = 'quarantined'),
        (select min(received_at) < clock_timestamp() - %(read)s::interval
         from inbox_mail where status in ('waiting', 'reading')),
        (select clock_timestamp() - beat_at > %(beats)s::interval from watch_pulse),
        exists (select from revisions_changeset
                where not fanned_out and id > coalesce((select floor from revisions_fanoutstate), 0)
                  and changed_at < clock_timestamp() - %(queued)s::interval),
        (select (max(epoch), count(settled_at))::text from revisions_restoration)
"""


@dataclasses.dataclass(frozen=True)
class Signs:
    """What one look found; `unqueued` is when the oldest change was made that isn't queued yet, `conflicts` the
    companies of those of working copies that wait for somebody, a thousand at most; `quarantined` those of messages in
    quarantine, None where nobody could tell; `unread` is when the oldest message came that isn't read yet,
    `held_up_by` what keeps it from that, `invoices` the companies of those that wait at the desk.

    `restored_at` is when the database was found to be an older one, until that is in order; then the last changes of
    the lost one, as far as they are known, and of this one.
    """

    now: datetime
    unqueued: datetime | None
    beat_at: datetime | None
    has_companies: bool
    has_keys: bool
    has_delivered: bool
    conflicts: Sequence[int]
    quarantined: Sequence[int | None]
    unread: datetime | None
    held_up_by: str
    invoices: Sequence[int]
    restored_at: datetime | None
    lost_changed_at: datetime | None
    last_changed_at: datetime | None

    @property
    def lag(self) -> timedelta:
        """How long what is saved waits to be queued."""
        return max(self.now - self.unqueued, timedelta()) if self.unqueued else timedelta()

    @property
    def reads_nothing(self) -> bool:
        """Whether messages wait longer than it takes to read them."""
        return self.unread is not None and self.now - self.unread > READS_WITHIN

    @property
    def queues_nothing(self) -> bool:
        """Whether the fan-out stands still."""
        return self.lag > QUEUED_WITHIN

    @property
    def stands_still(self) -> bool:
        """Whether the clock or the worker does."""
        return self.beat_at is not None and self.now - self.beat_at > BEATS_WITHIN


def look() -> Signs:
    """One statement, a row of each kind at most."""
    with connection.cursor() as cursor:
        cursor.execute(SIGNS)
        return Signs(*cursor.fetchone())


def version() -> tuple[object, ...]:
    """Another one whenever the first page has something else to tell; cheap enough to be asked for every second."""
    with connection.cursor() as cursor:
        limits = {"beats": BEATS_WITHIN, "queued": QUEUED_WITHIN, "read": READS_WITHIN}
        cursor.execute(VERSION, {name: str(limit) for name, limit in limits.items()})
        found: tuple[object, ...] = cursor.fetchone()
    return found
