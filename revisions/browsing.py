"""Looking into a queue: a page of it from any sequence on, as fast in five million rows as in ten.

Only the page's own runs are read, along the queue's keys. Chosen kinds of rows are read along the index for kinds and
merged, which looks at one run of each; where that would be very many kinds, the queue itself is tried for a stretch.
"""

import dataclasses
from collections.abc import Sequence
from typing import Any

from django.db import connection

from revisions.batch import ITEM, KINDS, Choice, Row, rows_of, runs_query
from subscriptions.models import Subscription

PAGE = 50
MERGED_KINDS = 100
STRETCH = 8 * PAGE

Kind = tuple[int, int]

_RUNS = "from revisions_outboxitem where subscription_id = %(subscription)s"
_ENDS = "first_sequence + last_row - first_row"

# The rows from a place on: of the run that the place stands in what is left, then the runs after it.
_FROM = f"""
    select greatest(first_sequence, %(place)s) as first_sequence, change_set_id,
        first_row + greatest(%(place)s - first_sequence, 0)::int as first_row, last_row, information_type, company_id
    from (
        (select * from ({ITEM} {_RUNS} and first_sequence <= %(place)s order by first_sequence desc limit 1) standing
         where {_ENDS} >= %(place)s and {{is_chosen}})
        union all
        ({{following}} order by first_sequence limit %(rows)s)
    ) found
    order by first_sequence limit %(rows)s
"""
# How many rows each run before a place has, nearest first.
_BEFORE = """
    select first_sequence, least(last_row - first_row + 1, %(place)s - first_sequence) from ({preceding}) found
    order by first_sequence desc limit %(rows)s
"""
# Runs of some kinds, in order: each step takes the nearest of all kinds' next runs, and looks up the one after it.
_OF_KIND = f"""
    select first_sequence {_RUNS} and information_type = kind.type and company_id = kind.company
        and first_sequence {{side}} {{beyond}} order by first_sequence {{way}} limit 1
"""
_FIRST = _OF_KIND.format(beyond="%(place)s", side="{side}", way="{way}")
_NEXT = _OF_KIND.format(beyond="nearest.sequence", side="{side}", way="{way}")
_MERGED = f"""
    with recursive kinds as materialized (
        select * from unnest(%(types)s::int[], %(companies)s::bigint[]) with ordinality kind (type, company, place)
    ),
    steps as (
        select 0 as step, null::bigint as sequence,
            array(select ({_FIRST}) from kinds kind order by place) as nexts
        union all
        select step + 1, nearest.sequence,
            nexts[:nearest.place - 1]
                || ({_NEXT})
                || nexts[nearest.place + 1:]
        from steps
        cross join lateral (
            select * from unnest(nexts) with ordinality next (sequence, place)
            where sequence is not null order by sequence {{way}} limit 1
        ) nearest
        join kinds kind on kind.place = nearest.place
        where step < %(rows)s
    )
    {ITEM} from steps join revisions_outboxitem on subscription_id = %(subscription)s and first_sequence = sequence
"""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Page:
    """Some rows of a queue in order; `previous` and `next` are the sequences that the pages beside it start from."""

    rows: Sequence[Row]
    previous: int | None
    next: int | None


@dataclasses.dataclass(frozen=True, kw_only=True)
class Extent:
    """The first and last sequence that wait, None in an empty queue, and how many rows do."""

    first: int | None
    last: int
    rows: int


def extent_of(subscription: Subscription) -> Extent:
    """Where a queue begins and ends, and its length by the kept counters."""
    found = _all(f"select min(first_sequence) {_RUNS}", {"subscription": subscription.pk})
    last: int = subscription.queue.last_sequence
    return Extent(first=found[0][0], last=last, rows=last - subscription.departure.rows)


def read_page(*, subscription: Subscription, choice: Choice, place: int, rows: int = PAGE) -> Page:
    """The chosen rows from a sequence on."""
    kinds = None if choice.is_everything else _waiting(subscription, choice)
    if kinds == []:
        return Page(rows=[], previous=None, next=None)
    look = _Look(subscription, kinds)
    found = look.onwards(place, rows + 1)
    beyond = found[rows].sequence if len(found) > rows else None
    return Page(rows=found[:rows], previous=look.back(place, rows), next=beyond)


def read_row(*, subscription: Subscription, choice: Choice, sequence: int) -> Row | None:
    """One row, while it is queued."""
    rows = _Look(subscription, None).onwards(sequence, 1)
    is_it = rows and rows[0].sequence == sequence and choice.allows(rows[0].information_type, rows[0].company_id)
    return rows[0] if is_it else None


def _waiting(subscription: Subscription, choice: Choice) -> list[Kind]:
    """The chosen kinds that have rows in the queue, from the kept counters."""
    limits = {"information_type": choice.types, "company_id": choice.companies, "queued.company_id": choice.readable}
    wanted = {f"of_{place}": list(ids) for place, ids in enumerate(limits.values()) if ids is not None}
    places = [f"{name} = any(%(of_{place})s)" for place, (name, ids) in enumerate(limits.items()) if ids is not None]
    query = " and ".join([KINDS, *places])
    return [(number, company) for number, company, _rows in _all(query, {"subscription": subscription.pk, **wanted})]


@dataclasses.dataclass(frozen=True)
class _Look:
    """A queue, and the kinds that are looked for in it; None is all."""

    subscription: Subscription
    kinds: Sequence[Kind] | None

    def onwards(self, place: int, rows: int) -> list[Row]:
        """So many rows from a place on."""
        given = self._parameters(place, rows)
        if self._are_many:
            found = rows_of(runs_query(_FROM.format(is_chosen=_of_kinds(), following=self._stretch(">"))), given)
            if len(found) >= rows:
                return found
        following = self._merged(">")
        return rows_of(runs_query(_FROM.format(is_chosen=self._is_chosen, following=following)), given)

    def back(self, place: int, rows: int) -> int | None:
        """The sequence from which so many rows stand before a place, None where none does."""
        given = self._parameters(place, rows)
        found: list[tuple[int, int]] = []
        if self._are_many:
            found = _all(_BEFORE.format(preceding=self._stretch("<")), given)
        if sum(count for _first, count in found) < rows:
            found = _all(_BEFORE.format(preceding=self._merged("<")), given)
        for first, count in found:
            if count >= rows:
                return first + count - rows
            rows -= count
        return found[-1][0] if found else None

    @property
    def _are_many(self) -> bool:
        return self.kinds is not None and len(self.kinds) > MERGED_KINDS

    @property
    def _is_chosen(self) -> str:
        return "true" if self.kinds is None else _of_kinds()

    def _parameters(self, place: int, rows: int) -> dict[str, Any]:
        kinds = self.kinds or []
        return {
            "subscription": self.subscription.pk,
            "place": place,
            "rows": rows,
            "types": [number for number, _company in kinds],
            "companies": [company for _number, company in kinds],
        }

    def _stretch(self, side: str) -> str:
        way = "desc" if side == "<" else "asc"
        near = f"{ITEM} {_RUNS} and first_sequence {side} %(place)s order by first_sequence {way} limit {STRETCH}"
        return f"select * from ({near}) near where {_of_kinds()}"

    def _merged(self, side: str) -> str:
        way = "desc" if side == "<" else "asc"
        if self.kinds is None:
            return f"{ITEM} {_RUNS} and first_sequence {side} %(place)s"
        return f"select * from ({_MERGED.format(side=side, way=way)}) merged"


def _of_kinds() -> str:
    return "(information_type, company_id) in (select * from unnest(%(types)s::int[], %(companies)s::bigint[]))"


def _all(query: str, parameters: dict[str, Any]) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        found: list[Any] = cursor.fetchall()
    return found
