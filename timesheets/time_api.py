"""What the time API answers: the hours of one company and period, written as JSON by the database in one statement.

The names are those of seeds/time-api-no.txt ("Returdata"), to the letter. Everything that depends on the company (its
time zone, whether its number is one) is worked out in the statement, which so needs no question before it.
"""

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.db import connection

from information_types.sql import CLOCK_TIME, looked_up
from timesheets.models import LEVELS

MOST_DAYS = 31
MOST_RECORDS = 5_000

_MOMENT = "YYYY-MM-DD HH24:MI:SS"
_LEVEL_NAMES = {f"approvedLevel{level.capitalize()}": f"approved_level_{level}" for level in LEVELS}


def _id(column: str) -> str:
    return f"r.{column}"


def _text(column: str) -> str:
    return f"nullif(r.{column}, '')"


def _time(column: str) -> str:
    return f"to_char(r.{column}::interval, '{CLOCK_TIME}')"


def _moment(column: str) -> str:
    return f"to_char(r.{column} at time zone client.time_zone, '{_MOMENT}')"


_TYPE = """case r.time_category_type
    when 'O' then 'Ordinær' when 'T' then 'Tillegg' when 'P' then 'Overtid' when 'S' then 'Overtidstillegg' end"""

# Each name with its value, in the order of the seed's table.
FIELDS: Mapping[str, str] = {
    "clientId": "client.shown",
    "employeeid": _id("employee_id"),
    "employee": _text("employee"),
    "datein": _id("date_in"),
    "timein": _time("time_in"),
    "dateout": _id("date_out"),
    "timeout": _time("time_out"),
    "departmentid": _id("department_id"),
    "department": _text("department"),
    "taskid": _id("task_id"),
    "task": _text("task"),
    "classicdutyid": _id("classic_duty_id"),
    "classicdutycode": _text("classic_duty_code"),
    "classicduty": _text("classic_duty"),
    "orderid": _id("order_id"),
    "order": _text('"order"'),
    "projectid": _id("project_id"),
    "projectAlphanumericCode": _text("project_alphanumeric_code"),
    "project": _text("project"),
    "subProjectid": _id("sub_project_id"),
    "subProjectAlphanumericCode": _text("sub_project_alphanumeric_code"),
    "subProject": _text("sub_project"),
    "projectPhaseid": _id("project_phase_id"),
    "phaseAlphanumericCode": _text("phase_alphanumeric_code"),
    "projectPhase": _text("project_phase"),
    "shiftId": _id("shift_id"),
    "shift": _text("shift"),
    "freeDimension1Id": _id("free_dimension1_id"),
    "freeDimension1": _text("free_dimension1"),
    "freeDimension2Id": _id("free_dimension2_id"),
    "freeDimension2": _text("free_dimension2"),
    "freeText": _text("free_text"),
    **{name: _id(column) for name, column in _LEVEL_NAMES.items()},
    **{f"{name}By": _text(f"{column}_by") for name, column in _LEVEL_NAMES.items()},
    **{f"{name}On": _moment(f"{column}_on") for name, column in _LEVEL_NAMES.items()},
    "timeCategoryId": "category.number",
    "timeCategory": _text("time_category_name"),
    "timeCategoryTypeId": _id("time_category_type"),
    "timeCategoryType": _TYPE,
    "timeCategoryPayable": "r.time_category_payable::int",
    "qty": _id("quantity"),
    "uid": _id("uid"),
    "externalId": _text("external_id"),
    "correlationId": _text("correlation_id"),
    "externalStatusCode": _text("external_status_code"),
    "lastUpdatedOn": _moment("last_updated_on"),
    "recordStateKey": _id("record_state_key"),
}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Wish:
    """Which hours are asked for; an empty filter lets everything through.

    `ids` and `codes` are by the column that they choose by. Moments are local to the company.
    """

    client: str
    first: date
    last: date
    ids: Mapping[str, Sequence[int]] = dataclasses.field(default_factory=dict)
    codes: Mapping[str, Sequence[str]] = dataclasses.field(default_factory=dict)
    categories: Sequence[int] = ()
    levels: Sequence[int] = ()
    """Approved at one of these."""
    payable: bool | None = None
    status: Sequence[str] = ()
    without_status: bool | None = None
    """Whether hours without an external status come too; None: as if true, but false beside a `status`."""
    updated_since: datetime | None = None
    approved_or_updated_since: datetime | None = None


@dataclasses.dataclass(frozen=True)
class Hours:
    """What was found: `count` rows, whose JSON is `rows`, or "" where they are more than are let through; on a page
    `last` is the last one's place and `is_more` whether others follow."""

    count: int
    rows: str
    last: int | None = None
    is_more: bool = False


# A time of day that comes twice when summer time ends is the first of the two: nothing that was changed is missed.
_SINCE = """case
            when (%({name})s::timestamp at time zone time_zone - interval '1 hour') at time zone time_zone
                = %({name})s::timestamp
            then %({name})s::timestamp at time zone time_zone - interval '1 hour'
            else %({name})s::timestamp at time zone time_zone
        end"""

_CLIENT = f"""client as materialized (
    select id, time_zone,
        case when number ~ '^(0|[1-9][0-9]{{0,14}})$' then number::json else to_json(number) end as shown,
        {_SINCE.format(name="updated")} as updated, {_SINCE.format(name="approved")} as approved
    from ledger_company
    where number = %(client)s and (%(companies)s::bigint[] is null or id = any(%(companies)s::bigint[]))
)"""

_LINE = f"""(select row_to_json(line)::text from (
        select {", ".join(f'{value} as "{name}"' for name, value in FIELDS.items())}
    ) line)"""

# By the index alone.
_COUNT = "select count(*) as count from timesheets_timetransaction r where {conditions}"
# Looked up for each row that was chosen: a planner that takes the register for small reads all hours of a category.
_CATEGORY = looked_up("timesheets_timecategory", "category", "id = r.time_category_id")

COUNTED = f"with {{client}} {_COUNT}"

# Where there are too many, no row is read. Sorted, not read in the order of the primary key (`+ 0`): a planner that
# thinks a client large reads everybody's hours so.
ALL_AT_ONCE = f"""
with {{client}}, counted as materialized (
    {_COUNT}
), line as (
    select r.id, {{line}} as text
    from client
    join timesheets_timetransaction r on {{conditions}}
    {{category}}
    where (select count from counted) <= %(most)s
)
select (select id from client), (select count from counted), (select string_agg(text, ',' order by id + 0) from line)
"""

# By the order in which rows came, which no change of a row changes: each is on one page. Not by the primary key, which
# would be read from its beginning (`+ 0`).
ONE_PAGE = """
with {client}, picked as materialized (
    select r.id from timesheets_timetransaction r
    where {conditions} and r.id > %(after)s
    order by r.id + 0 limit %(most)s + 1
), page as materialized (
    select id from picked order by id limit %(most)s
), line as (
    select r.id, {line} as text
    from client cross join page
    join timesheets_timetransaction r on r.id = page.id
    {category}
)
select (select id from client), (select count(*) from picked), (select string_agg(text, ',' order by id) from line),
    (select max(id) from page)
"""


def all_hours(wish: Wish, *, companies: frozenset[int] | None, most: int = MOST_RECORDS) -> Hours | None:
    """Return the hours of a wish, or how many there are if those are more than `most`; None where the company is none
    of `companies` (None: of all). One query."""
    found = _one(ALL_AT_ONCE, wish, companies=companies, most=most)
    return None if found[0] is None else Hours(count=found[1], rows=found[2] or "")


def page_of_hours(
    wish: Wish, *, companies: frozenset[int] | None, after: int, most: int = MOST_RECORDS
) -> Hours | None:
    """Return at most so many of the hours of a wish, those that come `after` a place. One query."""
    found = _one(ONE_PAGE, wish, companies=companies, most=most, after=after)
    if found[0] is None:
        return None
    return Hours(count=min(found[1], most), rows=found[2] or "", last=found[3], is_more=found[1] > most)


def _one(template: str, wish: Wish, *, companies: frozenset[int] | None, **values: int) -> Any:
    sql, named = statement(template, wish, companies=companies, **values)
    with connection.cursor() as cursor:
        cursor.execute(sql, named)
        return cursor.fetchone()


def statement(
    template: str, wish: Wish, *, companies: frozenset[int] | None, **values: int
) -> tuple[str, dict[str, Any]]:
    """Return the statement for a wish, and its values."""
    conditions = "\n        and ".join(_conditions(wish))
    named: dict[str, Any] = {
        **values,
        "client": wish.client,
        "companies": None if companies is None else sorted(companies),
        "first": wish.first,
        "last": wish.last,
        "categories": list(wish.categories),
        "status": [*wish.status, *([""] if _takes_unmarked(wish) else [])],
        "updated": wish.updated_since,
        "approved": wish.approved_or_updated_since,
        **{name: list(chosen) for name, chosen in (*wish.ids.items(), *wish.codes.items())},
    }
    return template.format(client=_CLIENT, conditions=conditions, line=_LINE, category=_CATEGORY), named


def _conditions(wish: Wish) -> Iterator[str]:
    yield "r.company_id = (select id from client)"
    yield "r.date_in between %(first)s and %(last)s"
    for column in (*wish.ids, *wish.codes):
        yield f"r.{column} = any(%({column})s)"
    if wish.categories:
        # `+ 0`: read by the index of the month, never by that of categories, which knows no days.
        yield """r.time_category_id + 0 = any(array(
            select id from timesheets_timecategory
            where company_id = (select id from client) and number = any(%(categories)s)
        ))"""
    if wish.levels:
        levels = [f"r.approved_level_{LEVELS[level - 1]} = 1" for level in wish.levels]
        yield f"({' or '.join(levels)})"
    if wish.payable is not None:
        yield "r.time_category_payable" if wish.payable else "not r.time_category_payable"
    yield from _conditions_of_status(wish)
    if wish.updated_since is not None:
        yield "r.last_updated_on >= (select updated from client)"
    if wish.approved_or_updated_since is not None:
        changed = ("last_updated_on", *(f"approved_level_{level}_on" for level in LEVELS))
        yield f"({' or '.join(f'r.{column} >= (select approved from client)' for column in changed)})"


def _conditions_of_status(wish: Wish) -> Iterator[str]:
    if wish.status:
        yield "r.external_status_code = any(%(status)s)"
    elif wish.without_status is False:
        yield "r.external_status_code <> ''"


def _takes_unmarked(wish: Wish) -> bool:
    return bool(wish.without_status)
