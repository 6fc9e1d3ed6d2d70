"""Which sequences a change set's rows got: worked out from the numbering that gave them."""

import json
from collections.abc import Collection, Mapping
from datetime import datetime
from itertools import accumulate
from typing import Any

from django.db import connection

from revisions.models import Numbering
from revisions.trace_index import KEY_HASH, STRIDE

KEY = KEY_HASH.format(information_type="%(type)s::int", company="%(company)s::bigint", handle="%(handle)s::text")

HOLDING = f"""
    with mark as (
        select numbering_id from revisions_mark
        where subscription_id = %(subscription)s and first_sequence <= %(sequence)s
        order by first_sequence desc limit 1
    )
    select numbering.id from revisions_numbering numbering
    where (numbering.id > (select numbering_id from revisions_tracestate)
           or numbering.id >= (select numbering_id from mark)
          and numbering.id < (select numbering_id + {STRIDE} from mark))
      and numbering.bases[array_position(numbering.subscriptions, %(subscription)s)] < %(sequence)s
    order by numbering.id desc limit 1
"""

OF_PAGE = f"""
    select coalesce(
        (select numbering_id from revisions_tracedkey
         where key = {KEY} and change_set_id = %(set)s and first_row = %(first_row)s),
        (select numbering.id from revisions_numbering numbering, revisions_tracestate state
         where numbering.id > state.numbering_id and numbering.sets @> array[%(set)s::bigint]
         order by numbering.id limit 1))
"""

FOR_ONE = 0  # the kind of sets that were written for one subscription alone


class Numbers:
    """A numbering, taken apart."""

    def __init__(self, numbering: Numbering) -> None:
        self.pk: int = numbering.pk
        self.made_at: datetime = numbering.made_at
        self._row_counts, self._kinds = numbering.row_counts, numbering.kinds
        self._places = {change_set: place for place, change_set in enumerate(numbering.sets)}
        self._sets = numbering.sets
        self._bases = dict(zip(numbering.subscriptions, numbering.bases, strict=True))
        self._wanted = _wanted(numbering)
        self._befores: dict[frozenset[int], list[int]] = {}

    def firsts(self, change_set: int) -> dict[int, int]:
        """The sequence of the set's first row, by subscription (id) that got it."""
        place = self._places[change_set]
        return {
            subscription: base + self._before(wanted)[place] + 1
            for subscription, base in self._bases.items()
            if self._kinds[place] in (wanted := self._wanted.get(subscription, self._all))
        }

    def is_for_one(self, change_set: int) -> bool:
        """Whether the set was written for one subscription alone, rather than changed for whoever wants it."""
        return self._kinds[self._places[change_set]] == FOR_ONE

    def at(self, subscription: int, sequence: int) -> tuple[int, int] | None:
        """The change set and row that got a sequence; None where it wasn't given here."""
        if subscription not in self._bases:
            return None
        wanted = self._wanted.get(subscription, self._all)
        offset = sequence - self._bases[subscription] - 1
        sets = zip(self._sets, self._kinds, self._row_counts, self._before(wanted), strict=False)
        for change_set, kind, rows, before in sets:
            if kind in wanted and before <= offset < before + rows:
                return change_set, offset - before + 1
        return None

    @property
    def _all(self) -> frozenset[int]:
        return frozenset(self._kinds)

    def _before(self, wanted: frozenset[int]) -> list[int]:
        """How many rows of the wanted kinds stand before each set."""
        if wanted not in self._befores:
            rows = (count if kind in wanted else 0 for count, kind in zip(self._row_counts, self._kinds, strict=True))
            self._befores[wanted] = list(accumulate(rows, initial=0))
        return self._befores[wanted]


def load(numberings: Collection[int]) -> dict[int, Numbers]:
    """Numberings by id."""
    return {found.pk: Numbers(found) for found in Numbering.objects.filter(pk__in=numberings)}


def of_sequence(subscription: int, sequence: int) -> Numbers | None:
    """The numbering that may have given a subscription a sequence; no other can."""
    found = _scalar(HOLDING, {"subscription": subscription, "sequence": sequence})
    return Numbers(Numbering.objects.get(pk=found)) if found else None


def of_page(change_set: int, first_row: int, key: Mapping[str, Any]) -> int | None:
    """The numbering that gave a change set its sequences, found by a key (`KEY_HASH`'s parameters) on a page of it."""
    found: int | None = _scalar(OF_PAGE, {**key, "set": change_set, "first_row": first_row})
    return found


def _scalar(query: str, parameters: Mapping[str, Any]) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        row = cursor.fetchone()
    return row and row[0]


def _wanted(numbering: Numbering) -> dict[int, frozenset[int]]:
    """The kinds that each subscription got, empty where all got all."""
    if numbering.parted is None:
        return {}
    wanted: dict[int, set[int]] = {}
    for kind, subscription in json.loads(numbering.parted):
        wanted.setdefault(subscription, set()).add(kind)
    return {subscription: frozenset(kinds) for subscription, kinds in wanted.items()}
