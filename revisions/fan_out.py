"""Fan-out: change sets that are visible and not yet queued become outbox items, numbered without gap.

One pass is one short transaction under an advisory lock. It takes whole transactions, ordered by their last set's id
(until then they held their row locks, so nothing of theirs can be overtaken), and within one by id. Taking what is
visible and unfanned, rather than all beyond a watermark, means that a long open transaction delays nobody and nothing
is skipped.
"""

import dataclasses
from collections.abc import Sequence

from django.db import connection, transaction

from revisions import prepared

LOCK = 0x55744B  # "UtK": the advisory lock that fan-out, transfers and changes of subscriptions take first
PASS_LIMIT = 20_000

# The sets of a pass: `limited` leaves a transaction that goes on beyond the limit to a later pass, as all that come
# before its last set may go before it.
_TAIL = """
    tail as materialized (
        select id, transaction from revisions_changeset
        where not fanned_out and id > coalesce((select floor from revisions_fanoutstate), 0)
        order by id {limit}
    ),
    taken as (
        update revisions_changeset set fanned_out = true
        where id = any(array(select id from tail {complete}))
        returning id, information_type, company_id, row_count, origin_id, transaction
    ),
    sets as materialized (
        select *, max(id) over (partition by transaction) as last_id,
            dense_rank() over (order by information_type, company_id, origin_id) as kind
        from taken
    )"""

_UNLIMITED = _TAIL.format(limit="", complete="")
_LIMITED = _TAIL.format(
    limit="limit %(limit)s",
    complete="""where transaction not in (
            select transaction from revisions_changeset
            where not fanned_out and id > (select max(id) from tail)
              and (select count(*) from tail) = %(limit)s)""",
)

# Who gets what is decided once per kind of set, then joined back to the sets.
_QUEUE = """
    kinds as materialized (
        select *, (
            select client.office_id from access_clientaccess client where client.company_id = kind.company_id
        ) as office_id
        from (select distinct kind, information_type, company_id, origin_id from sets) kind
    ),
    wanted as materialized (
        select kind.kind, subscription.id as subscription_id
        from kinds kind
        join subscriptions_subscribedtype type on type.information_type = kind.information_type
        join subscriptions_subscription subscription on subscription.id = type.subscription_id
        where subscription.active
          and (subscription.own_changes or kind.origin_id is distinct from subscription.application_id)
          and (subscription.office_id is null or (
              subscription.office_id = kind.office_id and kind.company_id <> (
                  select own.company_id from access_office own where own.id = subscription.office_id)))
          and case
              when subscription.negative_selection or exists (
                  select from subscriptions_subscribedcompany chosen where chosen.subscription_id = subscription.id)
              then subscription.negative_selection <> exists (
                  select from subscriptions_subscribedcompany chosen
                  where chosen.subscription_id = subscription.id and chosen.company_id = kind.company_id)
              else true end
    ),
    matched as materialized (
        select wanted.subscription_id, sets.id, sets.information_type, sets.company_id, sets.row_count,
            sum(sets.row_count) over (partition by wanted.subscription_id order by sets.last_id, sets.id)
                - sets.row_count as before
        from sets join wanted using (kind)
    ),
    numbered as (
        update revisions_queue queue set last_sequence = queue.last_sequence + total.rows
        from (select subscription_id, sum(row_count) as rows from matched group by subscription_id) total
        where queue.subscription_id = total.subscription_id
        returning queue.subscription_id, queue.last_sequence - total.rows as base
    ),
    counted as (
        insert into revisions_queuedcount as counter (subscription_id, information_type, company_id, rows)
        select subscription_id, information_type, company_id, sum(row_count) from matched group by 1, 2, 3
        on conflict (subscription_id, information_type, company_id) do update set rows = counter.rows + excluded.rows
    ),
    queued as (
        insert into revisions_outboxitem
            (subscription_id, first_sequence, change_set_id, first_row, last_row, information_type, company_id)
        select subscription_id, base + before + 1, id, 1, row_count, information_type, company_id
        from matched join numbered using (subscription_id)
        order by subscription_id, base + before
    )"""

# For the trace, which gives each set its numbers again when its items are gone: the sets in order, after which sequence
# each subscription got its own, and, where not all of them got all kinds, who got which.
LOGGED = """,
    logged as (
        insert into revisions_numbering (sets, row_counts, kinds, subscriptions, bases, parted)
        select array_agg(id order by last_id, id), array_agg(row_count order by last_id, id),
            array_agg(kind order by last_id, id),
            array(select subscription_id from numbered order by subscription_id),
            array(select base from numbered order by subscription_id),
            case when (select count(*) from wanted) < max(kind) * (select count(*) from numbered)
            then (select json_agg(json_build_array(kind, subscription_id))::text from wanted) end
        from sets having count(*) > 0
    )"""

_RESULT = """
    select (select count(*) from tail), (select count(*) from sets),
        array(select distinct subscription_id from matched order by 1)"""

# The planner takes the tail for a handful of sets, as it is when tables are analysed; a loop within a loop over twenty
# thousand would take half a minute. Nothing large is joined here, so that hashing is never far off.
HASH_ONLY = "set local enable_nestloop = off"
AS_BEFORE = "set local enable_nestloop to default"

PASS = f"with {_LIMITED}, {_QUEUE}{LOGGED} {_RESULT}"
DRAIN = f"{_UNLIMITED}, {_QUEUE}{LOGGED}"  # for a transfer, which reads its rows in the same statement

# The floor: once every transaction that may have drawn an id up to L has ended, and no unfanned set up to L is visible,
# the tail's index, full of entries dead to us but alive to some old snapshot, isn't read below L. L is noted together
# with the noting transaction's own id, which it has drawn after it read L: whoever drew up to L has a lower one. (A
# snapshot's xmax is no such bound: it follows the last transaction that *ended*, and others may be open from there on.)
LAST_DRAWN = """
    select last_value - (not is_called)::int from revisions_changeset_id_seq
    where pg_current_xact_id_if_assigned() is null
"""
ADVANCE_FLOOR = """
    with look as (
        select state.candidate_xid >= pg_snapshot_xmax(pg_current_snapshot())::text::bigint
                as stale,  -- a restored database counts transactions anew
            pg_snapshot_xmin(pg_current_snapshot())::text::bigint > state.candidate_xid and not exists (
                select from revisions_changeset
                where not fanned_out and id > state.floor and id <= state.candidate) as passed
        from revisions_fanoutstate state
    )
    update revisions_fanoutstate set
        floor = case when passed then candidate else floor end,
        candidate = %(last_drawn)s,
        candidate_xid = pg_current_xact_id()::text::bigint
    from look
    where (candidate < %(last_drawn)s or floor < candidate) and (passed or stale)
"""


@dataclasses.dataclass(frozen=True)
class Pass:
    """What one pass did: the sets that it saw and queued, and the subscriptions that got rows."""

    seen: int
    taken: int
    subscriptions: Sequence[int]


def take_lock() -> None:
    """Take the fan-out's lock until the transaction ends; always the first lock."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(%s)", [LOCK])


def drain(*, limit: int = PASS_LIMIT, floor: bool = True) -> set[int]:
    """Queue all that is committed, pass by pass, and return the ids of the subscriptions that got rows.

    Without `floor` the tail's floor stays where it is: for whoever is in a hurry and sees to it that others don't.
    """
    reached: set[int] = set()
    while True:
        with transaction.atomic():
            take_lock()
            last_drawn = _last_drawn() if floor else None
            done = run_pass(limit=limit)
            _advance_floor(last_drawn)
        reached.update(done.subscriptions)
        if done.seen < limit:
            return reached


def drain_within() -> set[int]:
    """Queue all that is committed, within the caller's transaction and under its lock."""
    take_lock()
    reached: set[int] = set()
    while True:
        done = run_pass(limit=PASS_LIMIT)
        reached.update(done.subscriptions)
        if done.seen < PASS_LIMIT:
            return reached


def run_pass(*, limit: int) -> Pass:
    """One pass; the caller holds the lock. A transaction larger than the limit raises the limit."""
    while True:
        with connection.cursor() as cursor:
            cursor.execute(HASH_ONLY)
            done = _pass(limit)
            cursor.execute(AS_BEFORE)
        if done.taken or not done.seen:
            return done
        limit *= 8


def _pass(limit: int) -> Pass:
    ((seen, taken, subscriptions),) = prepared.fetch(PASS, {"limit": limit})
    return Pass(seen, taken, subscriptions)


def _last_drawn() -> int | None:
    """The last id drawn for a set; None where the transaction has an id of its own already, too low to note it with."""
    with connection.cursor() as cursor:
        cursor.execute(LAST_DRAWN)
        row = cursor.fetchone()
    return row[0] if row else None


def _advance_floor(last_drawn: int | None) -> None:
    if last_drawn is not None:
        with connection.cursor() as cursor:
            cursor.execute(ADVANCE_FLOOR, {"last_drawn": last_drawn})
