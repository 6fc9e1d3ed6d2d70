"""`pending`: is there anything? Answered from counters, however long the queue is."""

import dataclasses
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import connection

from information_types import registry
from revisions import prepared
from subscriptions.models import Subscription

# What moves whenever the answer does: cheap to ask, so that a client that polls with its ETag costs one look.
HEAD = """
    select subscription.id, subscription.active, queue.epoch, queue.last_sequence, departure.rows,
        (select count(*) from subscriptions_resync missing where missing.subscription_id = subscription.id),
        (select coalesce(max(id), 0) from subscriptions_resync missing where missing.subscription_id = subscription.id)
    from subscriptions_subscription subscription
    join revisions_queue queue on queue.subscription_id = subscription.id
    join revisions_departure departure on departure.subscription_id = subscription.id
    where subscription.id = any(%(subscriptions)s)
"""

TYPES = """
    select queued.information_type, company.id, company.number, queued.rows - coalesce(departed.rows, 0),
        oldest.changed_at
    from revisions_queuedcount queued
    left join revisions_departedcount departed using (subscription_id, information_type, company_id)
    join ledger_company company on company.id = queued.company_id
    left join lateral (
        select changed.changed_at from revisions_outboxitem item
        join revisions_changeset changed on changed.id = item.change_set_id
        where item.subscription_id = queued.subscription_id and item.information_type = queued.information_type
          and item.company_id = queued.company_id
        order by item.first_sequence limit 1
    ) oldest on true
    where queued.subscription_id = %(subscription)s and queued.rows > coalesce(departed.rows, 0)
    order by queued.information_type, company.number
"""

KINDS = """
    select queued.subscription_id, sum(queued.rows - coalesce(departed.rows, 0))::bigint, count(*)
    from revisions_queuedcount queued
    left join revisions_departedcount departed using (subscription_id, information_type, company_id)
    where queued.subscription_id = any(%(subscriptions)s) and queued.rows > coalesce(departed.rows, 0)
    group by queued.subscription_id
"""

RESYNC = """
    select missing.information_type, company.id, company.number from subscriptions_resync missing
    join ledger_company company on company.id = missing.company_id
    where missing.subscription_id = %(subscription)s
    order by missing.information_type, company.number
"""


@dataclasses.dataclass(frozen=True)
class Head:
    """The numbers that move whenever anything of the answer does."""

    active: bool
    epoch: int
    last_sequence: int
    departed: int
    missing: int
    last_missing: int

    @property
    def queued(self) -> int:
        """How many rows are queued, whoever may read them."""
        return self.last_sequence - self.departed


@dataclasses.dataclass(frozen=True)
class Kind:
    """Rows queued of one type and company (number), and when the oldest of them changed."""

    information_type: str
    company: str
    rows: int
    oldest: datetime


@dataclasses.dataclass(frozen=True)
class Missing:
    """A type and company (number) that need a one-off transfer."""

    information_type: str
    company: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class Pending:
    """What is queued for a subscription, as far as the key may read it; `withheld` counts the rest."""

    head: Head
    kinds: Sequence[Kind]
    resync: Sequence[Missing]
    withheld: int

    @property
    def total(self) -> int:
        """Rows that can be fetched."""
        return sum(kind.rows for kind in self.kinds)

    @property
    def oldest(self) -> datetime | None:
        """When the oldest of them changed."""
        return min((kind.oldest for kind in self.kinds), default=None)


def head(subscription: Subscription) -> Head:
    """The numbers behind the answer's ETag; raises `Subscription.DoesNotExist` where it was deleted meanwhile."""
    found = heads([subscription.pk])
    if not found:
        raise Subscription.DoesNotExist
    return found[subscription.pk]


def heads(subscriptions: Sequence[int]) -> dict[int, Head]:
    """The same of several subscriptions, by id; those that are gone are left out."""
    found = prepared.fetch(HEAD, {"subscriptions": list(subscriptions)})
    return {number: Head(*numbers) for number, *numbers in found}


def queued_kinds(subscriptions: Sequence[int]) -> dict[int, tuple[int, int]]:
    """Rows queued and the registers (a type of a company) that they are of; empty queues are left out."""
    with connection.cursor() as cursor:
        cursor.execute(KINDS, {"subscriptions": list(subscriptions)})
        return {number: (rows, kinds) for number, rows, kinds in cursor.fetchall()}


def look(*, subscription: Subscription, readable: frozenset[int] | None = None, seen: Head | None = None) -> Pending:
    """What is queued; `readable` are the ids of the companies that the key may read, None for all.

    `seen` is the head where the caller has just read it.
    """
    seen = seen or head(subscription)
    kinds = _rows(TYPES, subscription) if seen.queued else []
    missing = _rows(RESYNC, subscription) if seen.missing else []
    return Pending(
        head=seen,
        kinds=[
            Kind(registry.by_number(number).name, company, rows, oldest)
            for number, pk, company, rows, oldest in kinds
            if _may_read(readable, pk)
        ],
        resync=[
            Missing(registry.by_number(number).name, company)
            for number, pk, company in missing
            if _may_read(readable, pk)
        ],
        withheld=sum(rows for _number, pk, _company, rows, _oldest in kinds if not _may_read(readable, pk)),
    )


def _rows(query: str, subscription: Subscription) -> list[tuple[Any, ...]]:
    return prepared.fetch(query, {"subscription": subscription.pk})


def _may_read(readable: frozenset[int] | None, company: int) -> bool:
    return readable is None or company in readable
