"""What a selection would have queued lately: read from the newest change sets backwards, and queued nowhere."""

import dataclasses
from collections.abc import Sequence
from itertools import groupby
from typing import Any

from django.db import connection

from revisions.batch import Row, rows_of_item
from revisions.triggers import PAGE_ROWS
from subscriptions.selection import Selection

MOST_ROWS = 20
# How many change sets are looked at, stretch by stretch; a choice of which nothing changed costs no more than this.
STRETCHES = (500, 4_500, 45_000)

_CHOSEN = """
    information_type = any(%(types)s)
    and (cardinality(%(companies)s::bigint[]) = 0 or (company_id = any(%(companies)s)) <> %(negative)s)
    and (%(among)s::bigint[] is null or company_id = any(%(among)s))
    and (%(own_changes)s or origin_id is distinct from %(application)s)
    and operation <> 't'
"""
STRETCH = f"""
    with stretch as materialized (
        select * from revisions_changeset
        where %(before)s::bigint is null or id < %(before)s
        order by id desc limit %(sets)s
    ),
    chosen as (
        select *, sum(row_count) over (order by id desc) - row_count as after from stretch where {_CHOSEN}
    )
    select (select min(id) from stretch),
        array(select id from chosen where after < %(rows)s order by id desc)
"""
# The last rows of each set, the newest set first. The columns are those of `rows_of_item`.
ROWS = """
    with sets as materialized (
        select *, greatest(row_count - (%(rows)s - after), 0) + 1 as first_row
        from (
            select *, sum(row_count) over (order by id desc) - row_count as after
            from revisions_changeset where id = any(%(sets)s)
        ) chosen
        where after < %(rows)s
    )
    select 0, sets.id, sets.first_row, sets.row_count, sets.information_type, sets.company_id, sets.operation,
        sets.changed_at, sets.transaction, application.name, page.first_row, page.lines
    from sets
    left join access_application application on application.id = sets.origin_id
    join revisions_revisionpage page on page.change_set_id = sets.id
        and page.first_row between sets.first_row - %(page_rows)s + 1 and sets.row_count
    order by sets.id desc, page.first_row
"""


@dataclasses.dataclass(frozen=True)
class Preview:
    """The newest rows, newest first; `is_whole` is false where older change sets were not looked at."""

    rows: Sequence[Row]
    is_whole: bool


def latest(selection: Selection) -> Preview:
    """The last changes that the selection would have queued."""
    if not selection.is_possible:
        return Preview([], is_whole=True)
    parameters: dict[str, Any] = {
        "types": list(selection.types),
        "companies": list(selection.companies),
        "negative": selection.negative,
        "among": None if selection.among is None else list(selection.among),
        "own_changes": selection.own_changes,
        "application": selection.application,
        "rows": MOST_ROWS,
        "before": None,
    }
    sets: list[int] = []
    rows: list[Row] = []
    for size in STRETCHES:
        reached, found = _stretch(parameters | {"sets": size})
        sets += found
        rows = _rows(sets) if found else rows
        if len(rows) >= MOST_ROWS or reached is None:
            return Preview(rows[:MOST_ROWS], is_whole=True)
        parameters["before"] = reached
    return Preview(rows, is_whole=False)


def _stretch(parameters: dict[str, Any]) -> tuple[int | None, list[int]]:
    with connection.cursor() as cursor:
        cursor.execute(STRETCH, parameters)
        reached, sets = cursor.fetchone()
    return reached, sets


def _rows(sets: Sequence[int]) -> list[Row]:
    with connection.cursor() as cursor:
        cursor.execute(ROWS, {"sets": list(sets), "rows": MOST_ROWS, "page_rows": PAGE_ROWS})
        found = cursor.fetchall()
    return [
        row
        for _set, pages in groupby(found, key=lambda page: page[1])
        for row in reversed(rows_of_item(list(pages), MOST_ROWS))
    ]
