"""What became of revisions, integration by integration."""

import dataclasses
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

from django.db import connection

from revisions.models import BatchLog, ChangeSet, OutboxItem, Removal
from revisions.models.trace import SUBSCRIPTION_SPAN
from revisions.trace import numberings
from revisions.trace.results import Delivery, Fetch, Outcome, WhyNot
from revisions.trace.rows import Hit

NOW = 2**62  # later than every numbering
MOST_BATCHES = 100

# What each subscription selected at a numbering, and whether that was a kind of change; beside it the subscription as
# it is now, with what it misses.
SELECTED = """
    with kind as materialized (
        select * from unnest(%(numberings)s::bigint[], %(types)s::int[], %(companies)s::bigint[], %(origins)s::bigint[])
            with ordinality as kind (numbering_id, information_type, company_id, origin_id, place)
    ),
    selected as (
        select kind.place, selection.subscription_id, selection.integration_id, selection.name, selection.deleted,
            selection.active, kind.information_type = any(selection.types) as of_type,
            case when selection.negative_selection or selection.companies <> '{}'
                then selection.negative_selection <> (kind.company_id = any(selection.companies)) else true end
                as of_company,
            selection.office_id is null or coalesce(
                (select is_client from revisions_clientchange change
                    where change.office_id = selection.office_id and change.company_id = kind.company_id
                        and valid_after < kind.numbering_id
                    order by valid_after desc, id desc limit 1),
                (select not is_client from revisions_clientchange change
                    where change.office_id = selection.office_id and change.company_id = kind.company_id
                    order by valid_after, id limit 1),
                exists (select from access_clientaccess client
                    where client.office_id = selection.office_id and client.company_id = kind.company_id))
                as of_client,
            selection.own_changes or kind.origin_id is distinct from selection.application_id as wants_own
        from kind
        cross join lateral (
            select distinct on (subscription_id) * from revisions_selection
            where valid_after < kind.numbering_id order by subscription_id, valid_after desc, id desc
        ) selection
    ),
    known as materialized (
        select id, integration_id, name, array(
            select array[missing.information_type, missing.company_id]
            from (select distinct information_type, company_id from kind) pair
            cross join lateral (
                select * from subscriptions_resync
                where subscription_id = subscription.id
                    and information_type = pair.information_type and company_id = pair.company_id
                offset 0
            ) missing) as missing
        from subscriptions_subscription subscription
    )
    select known.id, known.integration_id, known.name, known.missing, selected.*,
        (select traced_since from revisions_tracestate)
    from selected full join known on known.id = selected.subscription_id
    order by selected.place
"""

BATCHES = f"""
    select range.subscription_id, batch.* from
        unnest(%(subscriptions)s::bigint[], %(firsts)s::bigint[], %(lasts)s::bigint[])
        as range (subscription_id, first, last)
    cross join lateral (
        select id, first_sequence, last_sequence, kinds, key_id, key_name, first_fetched_at, last_fetched_at, times,
            acknowledged_at, acknowledged_by, how
        from revisions_batchlog
        where int8range(
                subscription_id * {SUBSCRIPTION_SPAN} + first_sequence,
                subscription_id * {SUBSCRIPTION_SPAN} + last_sequence, '[]')
            && int8range(
                range.subscription_id * {SUBSCRIPTION_SPAN} + range.first,
                range.subscription_id * {SUBSCRIPTION_SPAN} + range.last, '[]')
        order by acknowledged_at, id limit {MOST_BATCHES}
    ) batch
"""

REMOVALS = """
    select range.subscription_id, removal.removed_at, removal.reason, removal.by_name, removal.first_sequence,
        removal.last_sequence, removal.change_sets is null,
        array(select id from unnest(removal.change_sets) id where id = any(%(sets)s))
    from (
        select subscription_id, min(first) as first, max(last) as last
        from unnest(%(subscriptions)s::bigint[], %(firsts)s::bigint[], %(lasts)s::bigint[])
            as range (subscription_id, first, last)
        group by subscription_id
    ) range
    join revisions_removal removal on removal.subscription_id = range.subscription_id
        and removal.last_sequence >= range.first and removal.first_sequence <= range.last
"""

# In the order of what `SELECTED` tells from `deleted` on
REASONS = (
    WhyNot.NO_SUBSCRIPTION,
    WhyNot.INACTIVE,
    WhyNot.TYPE,
    WhyNot.COMPANY,
    WhyNot.CLIENT,
    WhyNot.OWN_CHANGE,
)


@dataclasses.dataclass(frozen=True)
class Subscriber:
    """A subscription as it is called now, or was when it was deleted."""

    pk: int
    integration_id: str
    name: str
    deleted: bool


@dataclasses.dataclass(frozen=True)
class Batch:
    """A line of the log of batches."""

    pk: int
    first: int
    last: int
    kinds: Sequence[Sequence[int]] | None
    key_id: int | None
    key_name: str
    first_fetched_at: datetime | None
    last_fetched_at: datetime | None
    times: int
    acknowledged_at: datetime | None
    acknowledged_by: str
    how: str | None

    def holds(self, hit: Hit, sequence: int) -> bool:
        """Whether the row was in it, or left the queue before it was fetched."""
        of_kind = self.kinds is None or [hit.information_type, hit.company_id] in self.kinds
        return of_kind and self.first <= sequence <= self.last


@dataclasses.dataclass(frozen=True)
class Departed:
    """How a row left a queue."""

    at: datetime
    by: str
    outcome: Outcome
    removal: Removal.Reason | None = None


class Ledger:
    """All that is known of the given rows, read at once; `deliveries` tells it of each."""

    def __init__(self, hits: Sequence[Hit], *, subscriptions: Collection[int] | None) -> None:
        self._hits = hits
        self._only = None if subscriptions is None else set(subscriptions)
        self._numbers = numberings.load({hit.numbering for hit in hits if hit.numbering is not None})
        self._subscribers: dict[int, Subscriber] = {}
        self._why: dict[tuple[tuple[Any, ...], int], WhyNot] = {}
        self._missing: set[tuple[int, int, int]] = set()
        self.traced_since: datetime | None = None  # not known where nobody subscribes
        self._read_selected()
        self._firsts = {id(hit): self._given(hit) for hit in hits}
        self._waiting = self._items()
        ranges = self._ranges()
        self._batches = self._logged(ranges)
        self._removals = self._removed(ranges)

    def deliveries(self, hit: Hit) -> list[Delivery]:
        """What became of one of the rows, by the integrations' ids."""
        found = list(self._sent(hit))
        if not self._is_for_one(hit):
            found += self._unsent(hit, but={delivery.subscription_id for delivery in found})
        return sorted(found, key=lambda delivery: (delivery.deleted, delivery.integration_id, delivery.subscription_id))

    def _is_for_one(self, hit: Hit) -> bool:
        numbers = self._numbers.get(hit.numbering or 0)
        of_transfer = hit.operation == ChangeSet.Operation.TRANSFERRED
        return of_transfer or (numbers is not None and numbers.is_for_one(hit.change_set))

    def _sent(self, hit: Hit) -> Iterator[Delivery]:
        numbers = self._numbers.get(hit.numbering or 0)
        for pk, sequence in self._firsts[id(hit)].items():
            if subscriber := self._subscribers.get(pk):
                made_at = numbers.made_at if numbers else None
                yield self._delivery(
                    subscriber, hit, sequence=sequence, queued_at=made_at, **self._fate(pk, hit, sequence)
                )

    def _fate(self, pk: int, hit: Hit, sequence: int) -> dict[str, Any]:
        batches = [batch for batch in self._batches[pk] if batch.holds(hit, sequence)]
        if self._waits(pk, hit):
            fetches = _fetches(batches, None)
            return {"outcome": Outcome.FETCHED if fetches else Outcome.WAITING, "fetches": fetches}
        ends = [
            Departed(batch.acknowledged_at, batch.acknowledged_by, _outcome(batch))
            for batch in batches
            if batch.acknowledged_at
        ] + [
            Departed(at, by, Outcome.REMOVED, Removal.Reason(reason))
            for at, reason, by, first, last, everything, sets in self._removals[pk]
            if first <= sequence <= last and (everything or hit.change_set in sets)
        ]
        if not ends:
            return {"outcome": Outcome.UNKNOWN, "fetches": _fetches(batches, None)}
        end = min(ends, key=lambda end: end.at)
        return {
            "outcome": end.outcome,
            "fetches": _fetches(batches, end.at),
            "left_at": end.at,
            "left_by": end.by,
            "removal": end.removal,
        }

    def _unsent(self, hit: Hit, *, but: set[int]) -> Iterator[Delivery]:
        untraced = hit.fanned_out and hit.numbering is None
        for subscriber in self._subscribers.values():
            if subscriber.pk in but:
                continue
            why = self._why.get((_kind(hit), subscriber.pk))
            if subscriber.deleted and why in {None, WhyNot.NO_SUBSCRIPTION}:
                continue
            if untraced:
                yield self._delivery(subscriber, hit, outcome=Outcome.UNKNOWN)
            elif why is WhyNot.UNKNOWN and not hit.fanned_out:
                yield self._delivery(subscriber, hit, outcome=Outcome.NOT_QUEUED_YET)
            else:
                yield self._delivery(subscriber, hit, outcome=Outcome.NOT_SENT, why_not=why or WhyNot.NO_SUBSCRIPTION)

    def _delivery(self, subscriber: Subscriber, hit: Hit, **fate: Any) -> Delivery:
        return Delivery(
            subscription_id=subscriber.pk,
            integration_id=subscriber.integration_id,
            name=subscriber.name,
            deleted=subscriber.deleted,
            needs_transfer=(subscriber.pk, hit.information_type, hit.company_id) in self._missing,
            **fate,
        )

    def _read_selected(self) -> None:
        """Who is subscribed now and who was then; by kind of change, why one that wasn't queued wasn't."""
        kinds = list(dict.fromkeys(_kind(hit) for hit in self._hits))
        names = ("numberings", "types", "companies", "origins")
        for *row, self.traced_since in _fetch(SELECTED, dict(zip(names, zip_lists(kinds), strict=True))):
            now, place, then = _apart(tuple(row))
            pk, integration_id, name = (now or then)[:3]
            subscriber = Subscriber(pk, integration_id, name, deleted=not now)
            if self._only is None or subscriber.pk in self._only:
                self._subscribers[subscriber.pk] = subscriber
            if now:
                self._missing |= {(subscriber.pk, number, company) for number, company in now[3]}
            if place:
                self._why[kinds[place - 1], subscriber.pk] = _reason(*then[3:])

    def _given(self, hit: Hit) -> dict[int, int]:
        """The row's sequence, by subscription."""
        numbers = self._numbers.get(hit.numbering or 0)
        return {pk: first + hit.row - 1 for pk, first in numbers.firsts(hit.change_set).items()} if numbers else {}

    def _items(self) -> dict[tuple[int, int], list[tuple[int, int]]]:
        """The runs of rows that wait, by subscription and change set; rows without numbering learn their sequence."""
        found = defaultdict(list)
        items = OutboxItem.objects.filter(change_set_id__in={hit.change_set for hit in self._hits})
        for pk, change_set, sequence, first, last in items.values_list(
            "subscription_id", "change_set_id", "first_sequence", "first_row", "last_row"
        ):
            found[pk, change_set].append((first, last))
            for hit in self._hits:
                if hit.numbering is None and hit.change_set == change_set and first <= hit.row <= last:
                    self._firsts[id(hit)][pk] = sequence + hit.row - first
        return found

    def _waits(self, pk: int, hit: Hit) -> bool:
        return any(first <= hit.row <= last for first, last in self._waiting.get((pk, hit.change_set), ()))

    def _ranges(self) -> dict[str, list[int]]:
        """By subscription, from which to which sequence is asked for: rows that follow each other together, others
        alone, since what lies between may have gone in any number of batches."""
        given: dict[int, set[int]] = defaultdict(set)
        for hit in self._hits:
            for pk, sequence in self._firsts[id(hit)].items():
                if self._only is None or pk in self._only:
                    given[pk].add(sequence)
        runs = [(pk, first, last) for pk, sequences in given.items() for first, last in _runs(sequences)]
        return {
            "subscriptions": [pk for pk, _first, _last in runs],
            "firsts": [first for _pk, first, _last in runs],
            "lasts": [last for _pk, _first, last in runs],
        }

    def _logged(self, ranges: Mapping[str, list[int]]) -> Mapping[int, list[Batch]]:
        found: dict[int, dict[int, Batch]] = defaultdict(dict)
        for pk, *values in _fetch(BATCHES, ranges):
            found[pk][values[0]] = Batch(*values)
        return defaultdict(list, {pk: list(batches.values()) for pk, batches in found.items()})

    def _removed(self, ranges: Mapping[str, list[int]]) -> Mapping[int, list[Any]]:
        found = defaultdict(list)
        for pk, *values in _fetch(REMOVALS, {**ranges, "sets": list({hit.change_set for hit in self._hits})}):
            found[pk].append(values)
        return found


def _runs(sequences: Collection[int]) -> Iterator[tuple[int, int]]:
    """The first and last of sequences that follow each other without gap."""
    for _offset, run in groupby(enumerate(sorted(sequences)), key=lambda placed: placed[1] - placed[0]):
        found = [sequence for _place, sequence in run]
        yield found[0], found[-1]


def _apart(row: tuple[Any, ...]) -> tuple[tuple[Any, ...], int | None, tuple[Any, ...]]:
    """A row of `SELECTED`: the subscription now, the kind's place, and what was selected then; empty where not."""
    return (row[:4] if row[0] else ()), row[4], row[5:]


def _kind(hit: Hit) -> tuple[int, int, int, int | None]:
    return hit.numbering or NOW, hit.information_type, hit.company_id, hit.origin_id


def _reason(deleted: bool, *selected: bool) -> WhyNot:
    """Why a change that wasn't queued wasn't, the first that holds."""
    refused = (deleted, *(not one for one in selected))
    return next((why for why, holds in zip(REASONS, refused, strict=True) if holds), WhyNot.UNKNOWN)


def _outcome(batch: Batch) -> Outcome:
    return Outcome.TAKEN if batch.how == BatchLog.How.TAKE else Outcome.ACKNOWLEDGED


def _fetches(batches: Sequence[Batch], until: datetime | None) -> list[Fetch]:
    """The fetches that brought a row that left the queue at a time, key by key."""
    by_key: dict[tuple[int | None, str], Fetch] = {}
    for batch in batches:
        if batch.first_fetched_at is None or batch.last_fetched_at is None:
            continue
        if until is not None and batch.first_fetched_at > until:
            continue
        key = batch.key_id, batch.key_name
        known = by_key.get(key)
        by_key[key] = Fetch(
            key_id=batch.key_id,
            key_name=batch.key_name,
            first_at=min(batch.first_fetched_at, known.first_at) if known else batch.first_fetched_at,
            last_at=max(batch.last_fetched_at, known.last_at) if known else batch.last_fetched_at,
            times=batch.times + (known.times if known else 0),
        )
    return sorted(by_key.values(), key=lambda fetch: fetch.first_at)


def zip_lists(rows: Sequence[tuple[Any, ...]]) -> list[list[Any]]:
    """The columns of rows."""
    return [list(column) for column in zip(*rows, strict=True)]


def _fetch(query: str, parameters: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows
