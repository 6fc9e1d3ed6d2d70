"""The trace's index: which pages hold rows of a key, and where a sequence was given.

Filled behind the fan-out by a task of its own, from what the numberings list, so that no writer, receipt or fan-out
pays for it. What it hasn't come to yet the trace reads from the pages themselves.
"""

from django.db import connection, transaction

from information_types import registry
from information_types.definition import InformationType
from revisions.models import TraceState

LOCK = 0x557454  # "UtT": one worker at a time
CHUNK_ROWS = 50_000
STRIDE = 500

FOLLOWING = f"""
    select id, (select sum(rows) from unnest(row_counts) rows) from revisions_numbering
    where id > %s order by id limit {STRIDE}
"""

# The key's fields come first in a line; inside a JSON string a quote is always escaped, so that a name in quotes after
# a comma is found only where it really begins. A deletion's line is the key alone.
KEY_TEXT = "case when operation = 'd' then left(line, -1) else split_part(line, beyond, 1) end"
HANDLE = f"split_part(split_part({KEY_TEXT}, head, 2), tail, 1)"
KEY_HASH = "hashtextextended(concat_ws(':', {information_type}, {company}, {handle}), 0)"

INDEX = f"""
    with chunk as materialized (
        select id, sets, subscriptions, bases from revisions_numbering where id > %(after)s and id <= %(to)s
    ),
    handles as (
        select distinct page.change_set_id, page.first_row, chunk.id as numbering_id, changed.information_type,
            changed.company_id, {HANDLE} as handle
        from chunk
        cross join lateral unnest(chunk.sets) as listed (set_id)
        join revisions_changeset changed on changed.id = listed.set_id
        join unnest(%(types)s::int[], %(beyonds)s::text[], %(heads)s::text[], %(tails)s::text[])
            as known (information_type, beyond, head, tail) using (information_type)
        join revisions_revisionpage page on page.change_set_id = changed.id
        cross join lateral string_to_table(page.lines, e'\\n') line
    ),
    keys as (
        insert into revisions_tracedkey (key, change_set_id, first_row, numbering_id)
        select {KEY_HASH.format(information_type="information_type", company="company_id", handle="handle")},
            change_set_id, first_row, numbering_id
        from handles order by 1
        on conflict do nothing
    ),
    given as (
        select got.subscription_id, got.base, chunk.id,
            (chunk.id - coalesce(last.numbering_id, %(after)s)) / {STRIDE} as stride, last.numbering_id as last_mark
        from chunk
        cross join lateral unnest(chunk.subscriptions, chunk.bases) as got (subscription_id, base)
        left join lateral (
            select mark.numbering_id from revisions_mark mark where mark.subscription_id = got.subscription_id
            order by mark.first_sequence desc limit 1
        ) last on true
    ),
    marks as (
        insert into revisions_mark (subscription_id, first_sequence, numbering_id)
        select subscription_id, min(base) + 1, min(id) from given
        where last_mark is null or stride > 0
        group by subscription_id, stride
        on conflict do nothing
    )
    update revisions_tracestate set numbering_id = %(to)s
"""


def catch_up() -> None:
    """Index what the fan-out has numbered since; where another worker is at it, leave it to that."""
    while _index_chunk():
        pass


def handle_parts(information_type: InformationType) -> tuple[str, str, str]:
    """What stands in a line after the key, before its handle, and after the handle ('' where it ends the key)."""
    names = [field.name for field in information_type.key_fields]
    following = names[names.index(information_type.handle) + 1 :]
    tail = f',"{following[0]}":' if following else ""
    return f',"{information_type.first_beyond_key}":', f',"{information_type.handle}":', tail


@transaction.atomic
def _index_chunk() -> bool:
    """Index the numberings that follow; whether there may be more."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_try_advisory_xact_lock(%s)", [LOCK])
        if not cursor.fetchone()[0]:
            return False
        after = TraceState.objects.values_list("numbering_id", flat=True).get()
        cursor.execute(FOLLOWING, [after])
        following = cursor.fetchall()
        if following:
            cursor.execute(INDEX, {"after": after, "to": _end(following), **_types()})
    return bool(following)


def _end(following: list[tuple[int, int]]) -> int:
    """The last numbering of a chunk: at most so many rows, but one numbering at least."""
    rows, end = 0, following[0][0]
    for numbering, count in following:
        rows += count
        if rows > CHUNK_ROWS:
            break
        end = numbering
    return end


def _types() -> dict[str, list[int] | list[str]]:
    known = registry.all_types()
    beyonds, heads, tails = zip(*(handle_parts(one) for one in known), strict=True)
    return {
        "types": [one.number for one in known],
        "beyonds": list(beyonds),
        "heads": list(heads),
        "tails": list(tails),
    }
