"""Giving sets that are written for one subscription alone their places at the end of its queue."""

import json
from collections.abc import Sequence

from django.db import connection

# They follow, in the queue, all that the fan-out of the same statement has queued. Their kind is 0: of one alone.
NUMBER = """
    with sets as (
        select (value ->> 0)::bigint as id, (value ->> 1)::bigint as company_id, (value ->> 2)::int as rows,
            sum((value ->> 2)::int) over (order by place) - (value ->> 2)::int as before
        from json_array_elements(%(sets)s::json) with ordinality given (value, place)
    ),
    numbered as (
        update revisions_queue queue set last_sequence = queue.last_sequence + total.rows
        from (select sum(rows) as rows from sets) total
        where queue.subscription_id = %(subscription)s
        returning queue.last_sequence - total.rows as base
    ),
    counted as (
        insert into revisions_queuedcount as counter (subscription_id, information_type, company_id, rows)
        select %(subscription)s, %(type)s, company_id, sum(rows) from sets group by company_id
        on conflict (subscription_id, information_type, company_id) do update set rows = counter.rows + excluded.rows
    ),
    logged as (
        insert into revisions_numbering (sets, row_counts, kinds, subscriptions, bases)
        select array_agg(id order by before, id), array_agg(rows order by before, id),
            array_fill(0, array[count(*)::int]), array[%(subscription)s::bigint], array[min(base)]
        from sets, numbered
    )
    insert into revisions_outboxitem
        (subscription_id, first_sequence, change_set_id, first_row, last_row, information_type, company_id)
    select %(subscription)s, base + before + 1, id, 1, rows, %(type)s, company_id from sets, numbered
    returning change_set_id, first_sequence
"""


def number(*, subscription: int, information_type: int, sets: Sequence[tuple[int, int, int]]) -> dict[int, int]:
    """Queue (change set, company, rows) each for a subscription (id), in their order; the first sequence of each set.

    The caller holds the fan-out's lock, and has drained and written the sets in one statement.
    """
    if not sets:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(NUMBER, {"sets": json.dumps(sets), "subscription": subscription, "type": information_type})
        return dict(cursor.fetchall())
