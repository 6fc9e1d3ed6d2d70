"""How much changed lately, by type and company: counted after the fact, so that no writer waits for it.

What a choice of companies and types means is told from these sums, never from a register or a list of change sets.
"""

from collections.abc import Collection
from datetime import timedelta

from django.db import connection, transaction
from django.utils import timezone

from revisions.models import ChangesCounted

DAYS = 30
SETS_AT_ONCE = 100_000
ALL_COMPANIES = 0

# Up to the fan-out's floor every set is visible, so that none is left out and none counted twice. Transfers copy what
# is there; they change nothing.
COUNT = """
    with changed as materialized (
        select information_type, company_id, (changed_at at time zone 'UTC')::date as day, sum(row_count) as rows
        from revisions_changeset
        where id > %(after)s and id <= %(until)s and operation <> 't'
          and changed_at >= %(first_day)s::date at time zone 'UTC'
        group by 1, 2, 3
    ),
    daily as (
        insert into revisions_changesofday as kept (day, information_type, company_id, rows)
        select day, information_type, company_id, rows from changed
        on conflict (day, information_type, company_id) do update set rows = kept.rows + excluded.rows
    )
    insert into revisions_recentchanges as kept (information_type, company_id, rows)
    select information_type, coalesce(company_id, 0), sum(rows) from changed
    group by grouping sets ((information_type, company_id), (information_type))
    on conflict (information_type, company_id) do update set rows = kept.rows + excluded.rows
"""

FORGET = """
    with old as (
        delete from revisions_changesofday where day < %(first_day)s returning information_type, company_id, rows
    )
    update revisions_recentchanges kept set rows = kept.rows - gone.rows
    from (
        select information_type, coalesce(company_id, 0) as company_id, sum(rows) as rows from old
        group by grouping sets ((information_type, company_id), (information_type))
    ) gone
    where kept.information_type = gone.information_type and kept.company_id = gone.company_id
"""

# The end of the next stretch: at most the floor, and beyond ids that are gone.
NEXT = """
    select least(
        (select floor from revisions_fanoutstate),
        greatest(%(after)s, (select min(id) - 1 from revisions_changeset where id > %(after)s)) + %(sets)s)
"""

SUM = """
    select coalesce(sum(rows), 0)::bigint from revisions_recentchanges
    where information_type = any(%(types)s) and company_id = any(%(companies)s)
"""


def count() -> None:
    """Count what has changed since the last time, and forget the days that are no longer recent."""
    while _count_some():
        pass


def rows_changed(
    *, types: Collection[int], companies: Collection[int], negative: bool, among: Collection[int] | None = None
) -> int:
    """How many rows of these types changed lately: of these companies, or of all (`among` some) but these."""
    if among is not None:
        chosen, limits = set(companies), set(among)
        meant = limits - chosen if negative else (limits & chosen if chosen else limits)
        return _sum(types, meant)
    if not negative:
        return _sum(types, companies or [ALL_COMPANIES])
    return _sum(types, [ALL_COMPANIES]) - _sum(types, companies)


@transaction.atomic
def _count_some() -> bool:
    """Count one stretch of change sets; whether there may be more."""
    counted, _created = ChangesCounted.objects.select_for_update().get_or_create(pk=1)
    first_day = (timezone.now() - timedelta(days=DAYS - 1)).date()
    with connection.cursor() as cursor:
        cursor.execute(NEXT, {"after": counted.change_set_id, "sets": SETS_AT_ONCE})
        (until,) = cursor.fetchone()
        if until is None or until <= counted.change_set_id:
            cursor.execute(FORGET, {"first_day": first_day})
            return False
        cursor.execute(COUNT, {"after": counted.change_set_id, "until": until, "first_day": first_day})
    counted.change_set_id = until
    counted.save(update_fields=["change_set_id"])
    return True


def _sum(types: Collection[int], companies: Collection[int]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(SUM, {"types": list(types), "companies": list(companies)})
        (rows,) = cursor.fetchone()
    return int(rows)
