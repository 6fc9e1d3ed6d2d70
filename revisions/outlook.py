"""What the lists of subscriptions tell of their queues, read by one look-up each."""

from collections.abc import Sequence

from django.db import connection

from subscriptions.signals import QueueFacts

FACTS = """
    select asked.id, oldest.changed_at, fetched.fetched_at
    from unnest(%(subscriptions)s::bigint[]) asked (id)
    left join lateral (
        select changed.changed_at from revisions_outboxitem item
        join revisions_changeset changed on changed.id = item.change_set_id
        where item.subscription_id = asked.id
        order by item.first_sequence limit 1
    ) oldest on true
    left join revisions_lastfetch fetched on fetched.subscription_id = asked.id
"""


def facts(subscriptions: Sequence[int]) -> dict[int, QueueFacts]:
    """When the oldest queued row of each subscription (id) changed, and when it was last fetched."""
    with connection.cursor() as cursor:
        cursor.execute(FACTS, {"subscriptions": list(subscriptions)})
        return {number: QueueFacts(oldest, last_fetch) for number, oldest, last_fetch in cursor.fetchall()}
