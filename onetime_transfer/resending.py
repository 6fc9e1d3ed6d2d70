"""Sending rows again that an integration couldn't use: as they stand now, at the end of its queue, for it alone.

A row that stands is sent as `transferred`, one that is gone as `deleted`. Rows are read in the statement that fans out
(law 4): a copy that is sent again stands after every change that it shows, and before every change that it doesn't.
"""

import dataclasses
import json
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any, TypeAlias

from django.contrib.auth.models import User
from django.db import connection, transaction

from information_types import registry
from information_types.definition import InformationType
from information_types.sql import row_sql
from ledger.models import Company
from onetime_transfer.exceptions import TransferError
from onetime_transfer.numbering import number
from onetime_transfer.services import check_subscribed
from revisions import fan_out, feedback, news
from revisions.models import Feedback
from revisions.row_now import key_column, key_conditions, key_names, key_values
from revisions.triggers import PAGE_ROWS
from subscriptions.models import Subscription

# One statement, one snapshot: what is committed is fanned out, and the rows are read and written as pages.
WRITE = """
with {drain},
    standing as materialized (
        select (row_number() over (order by {order}))::int as place, {name}::text as name, {data} as line
        from {register} r
        {joins}
        where {company_id} = %(company)s and {conditions} and {only}
    ),
    asked as (
        select * from unnest(%(names)s::text[], %(keys)s::text[]) with ordinality as asked (name, line, place)
    ),
    lines as materialized (
        select 't' as operation, place, name, line from standing
        union all
        select 'd', (row_number() over (order by place))::int, name, line from asked
        where name not in (select name from standing)
    ),
    built as materialized (
        select operation, min(place) as first_row, count(*)::int as row_count,
            string_agg(line, e'\\n' order by place) as lines
        from lines group by operation, (place - 1) / {page_rows}
    ),
    written as (
        insert into revisions_changeset
            (information_type, company_id, operation, row_count, changed_at, transaction, origin_id, fanned_out)
        select {number}, %(company)s, operation, sum(row_count), clock_timestamp(),
            pg_current_xact_id()::text::bigint, null, true
        from built group by operation order by operation desc
        returning id, operation, row_count
    ),
    pages as (
        insert into revisions_revisionpage (change_set_id, first_row, row_count, lines)
        select written.id, first_row, built.row_count, lines from built join written using (operation)
    )
select (select json_agg(json_build_array(id, %(company)s::bigint, row_count) order by id) from written),
    (select json_object_agg(name, json_build_array(id, lines.place)) from asked join lines using (name)
        join written using (operation)),
    array(select distinct subscription_id from matched)
"""


@dataclasses.dataclass(frozen=True)
class Sent:
    """How many reports were answered, how many rows that took, and why others couldn't be."""

    reports: int = 0
    rows: int = 0
    refusals: Mapping[str, int] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class Unit:
    """What is sent in one piece: of one subscription, type and company the rows whose keys differ in the last field
    alone, such as a voucher's."""

    subscription: int
    information_type: int
    company: int
    stem: tuple[str, ...]


Grouped: TypeAlias = dict[Unit, list[Feedback]]


def send_again(*, reports: Collection[int], whole: bool = True, by: User | None = None) -> Sent:
    """Answer open or dismissed reports (ids) by queueing their rows again.

    With `whole` everything that isn't split goes with a row of it (a ledger entry's voucher). What has been answered
    meanwhile is passed over; a row whose type or company has left the subscription isn't sent.
    """
    sent, rows, refusals = 0, 0, defaultdict[str, int](int)
    for unit, chosen in _grouped(reports).items():
        fan_out.drain(floor=False)
        try:
            answered, queued = _send(unit, [report.pk for report in chosen], whole=whole, by=by)
        except TransferError as error:
            refusals[str(error)] += len(chosen)
        except Subscription.DoesNotExist:
            continue  # deleted meanwhile, its reports with it
        else:
            sent, rows = sent + answered, rows + queued
    return Sent(sent, rows, dict(refusals))


def refusal_of(report: Feedback) -> str:
    """Why a report's row can't be sent again; empty where it can."""
    try:
        _check(report.subscription, report.type, report.company)
    except TransferError as error:
        return str(error)
    return ""


def _grouped(reports: Collection[int]) -> Grouped:
    found: Grouped = {}
    chosen = Feedback.objects.filter(pk__in=reports, state__in=feedback.ANSWERABLE)
    for report in chosen.order_by("subscription", "change_set_id", "row", "pk"):
        stem = tuple(str(report.key[name]) for name in key_names(report.type)[:-1])
        unit = Unit(report.subscription_id, report.information_type, report.company_id, stem)
        found.setdefault(unit, []).append(report)
    return found


def _send(unit: Unit, reports: Collection[int], *, whole: bool, by: User | None) -> tuple[int, int]:
    with transaction.atomic():
        fan_out.take_lock()
        subscription = Subscription.objects.select_for_update(of=("self",)).get(pk=unit.subscription)
        known = registry.by_number(unit.information_type)
        _check(subscription, known, Company.objects.get(pk=unit.company))
        chosen = feedback.lock(reports, feedback.ANSWERABLE)
        if not chosen:
            return 0, 0
        sets, places, reached = _write(known, chosen, whole=whole and known.unit is not None)
        firsts = number(subscription=unit.subscription, information_type=known.number, sets=sets)
        for report in chosen:
            change_set, place = places[_name(report)]
            feedback.close(report, Feedback.State.SENT_AGAIN, by=by, sequence=firsts[change_set] + place - 1)
    news.publish({*reached, unit.subscription})
    return len(chosen), sum(rows for _set, _company, rows in sets)


def _write(
    known: InformationType, chosen: Sequence[Feedback], *, whole: bool
) -> tuple[list[tuple[int, int, int]], dict[str, tuple[int, int]], Sequence[int]]:
    """The sets that were written, where in them each report's row stands by the last field of its key, and whom the
    fan-out reached."""
    row, (*stem, last) = row_sql(known), key_names(known)
    lines = {_name(report): _key_line(report) for report in chosen}
    typed = [key_values(known, report.key) for report in chosen]
    column = key_column(known, last)
    conditions = key_conditions(known, stem)
    query = WRITE.format(
        drain=fan_out.DRAIN,
        order=row.order,
        name=column,
        data=row.data,
        register=known.model._meta.db_table,
        joins=row.joins,
        company_id=row.company_id,
        conditions=conditions if whole else f"{conditions} and {column} = any(%(lasts)s)",
        only=row.only,
        page_rows=PAGE_ROWS,
        number=known.number,
    )
    parameters: dict[str, Any] = {
        **typed[0],
        "company": chosen[0].company_id,
        "lasts": [values[f"key_{last}"] for values in typed],
        "names": list(lines),
        "keys": list(lines.values()),
    }
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        sets, places, reached = cursor.fetchone()
    return [tuple(found) for found in sets], {name: tuple(place) for name, place in places.items()}, reached


def _check(subscription: Subscription, known: InformationType, company: Company) -> None:
    check_subscribed(subscription, known, [company])


def _name(report: Feedback) -> str:
    return str(report.key[key_names(report.type)[-1]])


def _key_line(report: Feedback) -> str:
    """The line of a deletion, as capture writes it."""
    return json.dumps(report.key, ensure_ascii=False, separators=(",", ":"))
