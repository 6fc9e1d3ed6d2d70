"""Clean-up: change sets that are fanned out and that no item refers to, kept for the trace, then deleted by chunks."""

from datetime import timedelta

from django.conf import settings
from django.db import connection, transaction

CHUNK = 5_000

# By `changed_at`, which is the clock's and not the transaction's start; `fanned_out` is asked as well, since a set
# that nobody subscribes to has no item either before its pass.
REMOVE = """
    with old as materialized (
        select id from revisions_changeset
        where changed_at < clock_timestamp() - %(kept)s::interval and fanned_out
          and not exists (select from revisions_outboxitem item where item.change_set_id = revisions_changeset.id)
        order by changed_at limit %(chunk)s
    ),
    pages as (delete from revisions_revisionpage page using old where page.change_set_id = old.id),
    sets as (delete from revisions_changeset changed using old where changed.id = old.id)
    select count(*) from old
"""


def remove_old(*, kept: timedelta | None = None) -> int:
    """Delete sets older than the setting says; returns how many went."""
    kept = kept if kept is not None else timedelta(days=settings.UTKORG_TRACE_DAYS)
    removed = 0
    while count := _remove_chunk(kept):
        removed += count
    return removed


def _remove_chunk(kept: timedelta) -> int:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(REMOVE, {"kept": f"{kept.total_seconds()} seconds", "chunk": CHUNK})
        (count,) = cursor.fetchone()
    return int(count)
