"""Reading a batch: the oldest rows of a queue, their finished lines passed through without being parsed."""

import dataclasses
import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import groupby, repeat
from typing import Any, NamedTuple

from django.db import connection

from information_types import registry
from information_types.definition import InformationType
from revisions import prepared
from revisions.exceptions import OutOfStep
from revisions.models import ChangeSet
from revisions.triggers import PAGE_ROWS
from subscriptions.models import Subscription

MAX_ROWS = 5_000
LATERAL_KINDS = 100

# How many rows stand before each item is summed, so that reading stops where the batch does.
_RUNS = """
    runs as materialized (
        select item.*,
            sum(last_row - first_row + 1) over (order by first_sequence) - (last_row - first_row + 1) as before
        from ({items}) item
    )
    select item.first_sequence, item.change_set_id, item.first_row, item.last_row, item.information_type,
        item.company_id, changed.operation, changed.changed_at, changed.transaction, application.name,
        page.first_row, page.lines
    from runs item
    join revisions_changeset changed on changed.id = item.change_set_id
    left join access_application application on application.id = changed.origin_id
    join revisions_revisionpage page on page.change_set_id = item.change_set_id
        and page.first_row between item.first_row - {page_rows} + 1
            and least(item.last_row, item.first_row + %(rows)s - item.before)
    where item.before < %(rows)s
    order by item.first_sequence, page.first_row
"""

ITEM = "select first_sequence, change_set_id, first_row, last_row, information_type, company_id"
_OLDEST = f"""
    {ITEM} from revisions_outboxitem
    where subscription_id = %(subscription)s {{condition}}
    order by first_sequence limit %(rows)s
"""
# A few kinds deep in a long queue: the oldest of each by its index, then the oldest of all.
_OLDEST_OF_KINDS = f"""
    {ITEM} from unnest(%(types)s::int[], %(companies)s::bigint[]) kind (type, company)
    cross join lateral (
        {ITEM} from revisions_outboxitem
        where subscription_id = %(subscription)s and information_type = kind.type and company_id = kind.company
        order by first_sequence limit %(rows)s
    ) item
    order by first_sequence limit %(rows)s
"""

KINDS = """
    select queued.information_type, queued.company_id, queued.rows - coalesce(departed.rows, 0)
    from revisions_queuedcount queued
    left join revisions_departedcount departed using (subscription_id, information_type, company_id)
    where queued.subscription_id = %(subscription)s and queued.rows > coalesce(departed.rows, 0)
"""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Choice:
    """What a fetch is of: type numbers and company ids asked for, company ids that the key may read; None is all."""

    types: frozenset[int] | None = None
    companies: frozenset[int] | None = None
    readable: frozenset[int] | None = None

    @property
    def is_everything(self) -> bool:
        """Whether nothing is left out."""
        return self.types is None and self.companies is None and self.readable is None

    def allows(self, information_type: int, company: int) -> bool:
        """Whether rows of this kind are chosen and may be read."""
        return (
            (self.types is None or information_type in self.types)
            and (self.companies is None or company in self.companies)
            and self.may_read(company)
        )

    def may_read(self, company: int) -> bool:
        """Whether the key may read the company's rows."""
        return self.readable is None or company in self.readable


class Row(NamedTuple):
    """One row of a batch: its sequence, its kind, the transaction that changed it, and its key and itself as finished
    JSON. A tuple, of which a batch makes thousands, costs a third of a frozen dataclass."""

    sequence: int
    information_type: int
    company_id: int
    change_set_id: int
    changed_at: datetime
    transaction: int
    key: str
    json: str

    @property
    def unit(self) -> tuple[int, int, str] | None:
        """What rows not to be split have in common: written together, and the same key but for its last field."""
        if registry.by_number(self.information_type).unit is None:
            return None
        return self.transaction, self.information_type, self.key[: self.key.rindex(",")]

    @property
    def unnumbered(self) -> str:
        """Itself without the sequence, which only a queue gives."""
        return "{" + self.json[self.json.index(",") + 1 :]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Batch:
    """The oldest rows of a queue as chosen, whole vouchers; `whole` is false where one larger than a batch was cut."""

    rows: Sequence[Row]
    has_more: bool
    whole: bool
    withheld: int


def read(*, subscription: Subscription, choice: Choice, limit: int, after: int | None = None) -> Batch:
    """The oldest rows, at most `limit`, ending where a unit ends; a first unit that is larger comes up to 5000 rows.

    Raises `OutOfStep` where `after` isn't the sequence before the queue's first.
    """
    kinds = _kinds(subscription)
    withheld = sum(rows for _type, company, rows in kinds if not choice.may_read(company))
    if after is not None:
        _check_in_step(subscription, after)
    wanted = [(number, company) for number, company, _rows in kinds if choice.allows(number, company)]
    rows = _rows(subscription, choice, wanted, limit + 1) if wanted else []
    if after is not None and rows and choice.is_everything and rows[0].sequence != after + 1:
        raise OutOfStep(expected=rows[0].sequence - 1)  # acknowledged by another since the look
    if len(rows) <= limit:
        return Batch(rows=rows, has_more=False, whole=True, withheld=withheld)
    if end := _end_of_last_unit(rows, limit):
        return Batch(rows=rows[:end], has_more=True, whole=True, withheld=withheld)
    return _first_unit(_rows(subscription, choice, wanted, MAX_ROWS + 1), withheld)


def _first_unit(rows: Sequence[Row], withheld: int) -> Batch:
    end = next((place for place, row in enumerate(rows) if row.unit != rows[0].unit), len(rows))
    whole = end <= MAX_ROWS
    end = min(end, MAX_ROWS)
    return Batch(rows=rows[:end], has_more=end < len(rows), whole=whole, withheld=withheld)


def _end_of_last_unit(rows: Sequence[Row], limit: int) -> int:
    """How many of the first `limit` rows end with a unit; 0 when a unit begins at the first and goes on beyond."""
    beyond = rows[limit].unit
    if beyond is None:
        return limit
    end = limit
    while end and rows[end - 1].unit == beyond:
        end -= 1
    return end


def _kinds(subscription: Subscription) -> list[tuple[int, int, int]]:
    return prepared.fetch(KINDS, {"subscription": subscription.pk})


def _check_in_step(subscription: Subscription, after: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """select coalesce(
                   (select min(first_sequence) - 1 from revisions_outboxitem where subscription_id = %(subscription)s),
                   (select last_sequence from revisions_queue where subscription_id = %(subscription)s))""",
            {"subscription": subscription.pk},
        )
        (expected,) = cursor.fetchone()
    if after != expected:
        raise OutOfStep(expected=expected)


def _rows(subscription: Subscription, choice: Choice, kinds: Sequence[tuple[int, int]], count: int) -> list[Row]:
    types, companies = [number for number, _company in kinds], [company for _number, company in kinds]
    parameters: dict[str, Any] = {
        "subscription": subscription.pk,
        "rows": count,
        "types": types,
        "companies": companies,
    }
    return rows_of(_query(choice, kinds), parameters)


def rows_of(query: str, parameters: dict[str, Any]) -> list[Row]:
    """The rows of the runs that a query built upon `runs_query` finds, at most the parameter `rows` of them."""
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        found: Iterator[tuple[Any, ...]] = iter(cursor.fetchall())
    rows: list[Row] = []
    for _first, pages in groupby(found, key=lambda page: page[0]):
        rows.extend(rows_of_item(list(pages), parameters["rows"] - len(rows)))
    return rows


def _query(choice: Choice, kinds: Sequence[tuple[int, int]]) -> str:
    if choice.is_everything:
        items = _OLDEST.format(condition="")
    elif len(kinds) <= LATERAL_KINDS:
        items = _OLDEST_OF_KINDS
    else:
        condition = (
            "and (information_type, company_id) in (select * from unnest(%(types)s::int[], %(companies)s::bigint[]))"
        )
        items = _OLDEST.format(condition=condition)
    return runs_query(items)


def runs_query(items: str) -> str:
    """The query for `rows_of`, from one for a subscription's runs in order."""
    return "with " + _RUNS.format(items=items, page_rows=PAGE_ROWS)


def rows_of_item(pages: Sequence[tuple[Any, ...]], room: int) -> list[Row]:
    """The rows of one item, from its pages; see `_RUNS` for the columns."""
    sequence, change_set, first, last, number, company, operation, changed_at, transaction, origin, _, _ = pages[0]
    known = registry.by_number(number)
    lines = _lines(pages, first, min(last, first + room - 1))
    deleted = operation == ChangeSet.Operation.DELETED
    keys, data = (lines, repeat("null")) if deleted else (_keys(known, lines), lines)
    head, (middle, end) = _head(known, operation, origin, lines[0]), _middle(change_set, changed_at)
    return [
        Row(
            sequence + place,
            number,
            company,
            change_set,
            changed_at,
            transaction,
            key,
            f'{{"sequence":{sequence + place}{head}{key}{middle}{first + place}{end}{value}}}',
        )
        for place, (key, value) in enumerate(zip(keys, data, strict=False))
    ]


def _lines(pages: Sequence[tuple[Any, ...]], first: int, last: int) -> list[str]:
    return [
        line
        for *_item, page_first, text in pages
        for line in text.split("\n")[max(first - page_first, 0) : last - page_first + 1]
    ]


def _head(known: InformationType, operation: str, origin: str | None, line: str) -> str:
    # The company's number is the first value of every line, and its form allows no quote or comma.
    company = line[len('{"company":') : line.index('"', len('{"company":"')) + 1]
    return (
        f',"information_type":"{known.name}","company":{company},"operation":"{ChangeSet.Operation(operation).label}",'
        f'"origin":{json.dumps(origin, ensure_ascii=False)},"key":'
    )


def _middle(change_set: int, changed_at: datetime) -> tuple[str, str]:
    moment = changed_at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    return f',"revision":"{change_set}.', f'","changed_at":"{moment}","data":'


def _keys(known: InformationType, lines: Sequence[str]) -> list[str]:
    # The key's fields come first in `data`. Inside a JSON string a quote is always escaped, so this is found only
    # where the next name really begins.
    beyond = f',"{known.first_beyond_key}":'
    return [line[: line.index(beyond)] + "}" for line in lines]
