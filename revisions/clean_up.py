"""Clean-up: change sets that are fanned out and that no item refers to, kept for the trace, then deleted by chunks; and
after them what the trace knew of them.
"""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from revisions.trace_index import STRIDE

CHUNK = 5_000

# By `changed_at`, which is the clock's and not the transaction's start; `fanned_out` is asked as well, since a set
# that nobody subscribes to has no item either before its pass. The set that was queued last stays: marks outside the
# database name it. Of the others it is noted how far they may be gone, so that an old mark is no false alarm.
REMOVE = """
    with old as materialized (
        select id, changed_at from revisions_changeset
        where changed_at < clock_timestamp() - %(kept)s::interval and fanned_out
          and not exists (select from revisions_outboxitem item where item.change_set_id = revisions_changeset.id)
          and id is distinct from (
              select sets[cardinality(sets)] from revisions_numbering order by revisions_numbering.id desc limit 1)
        order by changed_at limit %(chunk)s
    ),
    pages as (delete from revisions_revisionpage page using old where page.change_set_id = old.id),
    sets as (delete from revisions_changeset changed using old where changed.id = old.id),
    noted as (
        update revisions_installation here set
            cleaned_up_to = greatest(here.cleaned_up_to, gone.id),
            cleaned_up_at = greatest(here.cleaned_up_at, gone.changed_at)
        from (select max(id) as id, max(changed_at) as changed_at from old) gone
        where gone.id is not null
    )
    select count(*) from old
"""

# A numbering goes with the last of its sets, and what the index had of it.
REMOVE_NUMBERINGS = """
    with old as materialized (
        select id from revisions_numbering numbering
        where id > %(after)s and made_at < clock_timestamp() - %(kept)s::interval
          and id <= (select numbering_id from revisions_tracestate)
        order by id limit %(chunk)s
    ),
    gone as materialized (
        select numbering.id from old join revisions_numbering numbering using (id)
        where not exists (select from revisions_changeset changed where changed.id = any(numbering.sets))
    ),
    keys as (delete from revisions_tracedkey key using gone where key.numbering_id = gone.id),
    numberings as (delete from revisions_numbering numbering using gone where numbering.id = gone.id)
    select max(id) from old
"""
# Batches, removals, marks and selections may be of any set that is left: they stay as long as the oldest numbering.
LEFT = "least(clock_timestamp() - %(kept)s::interval, (select made_at from revisions_numbering order by id limit 1))"
FIRST_LEFT = (
    """coalesce((select min(id) from revisions_numbering), (select numbering_id + 1 from revisions_tracestate))"""
)
REMOVE_LOGS = (
    f"""
    delete from revisions_batchlog where id = any(array(
        select id from revisions_batchlog
        where greatest(last_fetched_at, acknowledged_at) < {LEFT} order by id limit %(chunk)s))
    """,
    f"delete from revisions_removal where removed_at < {LEFT}",
    f"""
    delete from revisions_mark mark where (subscription_id, first_sequence) in (
        select subscription_id, first_sequence from revisions_mark
        where numbering_id + {STRIDE} <= {FIRST_LEFT} limit %(chunk)s)
    """,
    f"""
    delete from revisions_selection old where (deleted and valid_after < {FIRST_LEFT}) or exists (
        select from revisions_selection later
        where later.subscription_id = old.subscription_id and (later.valid_after, later.id) > (old.valid_after, old.id)
          and later.valid_after < {FIRST_LEFT})
    """,
    f"""
    delete from revisions_clientchange old where exists (
        select from revisions_clientchange later
        where (later.office_id, later.company_id) = (old.office_id, old.company_id)
          and (later.valid_after, later.id) > (old.valid_after, old.id) and later.valid_after < {FIRST_LEFT})
    """,
)


def remove_old(*, kept: timedelta | None = None) -> int:
    """Delete sets older than the setting says, and what was logged of them; returns how many sets went."""
    kept = kept if kept is not None else timedelta(days=settings.UTKORG_TRACE_DAYS)
    parameters = {"kept": f"{kept.total_seconds()} seconds", "chunk": CHUNK}
    removed = 0
    while count := _scalar(REMOVE, parameters):
        removed += count
    _remove_logs(parameters)
    return removed


def _remove_logs(parameters: dict[str, Any]) -> None:
    after: int | None = 0
    while after is not None:
        after = _scalar(REMOVE_NUMBERINGS, {**parameters, "after": after})
    for statement in REMOVE_LOGS:
        while _count(statement, parameters) >= CHUNK:
            pass


def _scalar(statement: str, parameters: dict[str, Any]) -> Any:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.fetchone()[0]


def _count(statement: str, parameters: dict[str, Any]) -> int:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return int(cursor.rowcount)
