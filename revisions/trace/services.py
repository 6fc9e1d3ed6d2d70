"""Asking the trace: by a row's key, by a revision's name, by a sequence."""

import json
import re
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from django.db.models import Model

from information_types import registry
from information_types.definition import InformationType
from revisions.models import ChangeSet, OutboxItem, TraceState
from revisions.trace import numberings, rows
from revisions.trace.deliveries import Ledger
from revisions.trace.numberings import Numbers
from revisions.trace.results import Found, Revision, Sought
from revisions.trace.rows import Hit, Hits, Hunt
from revisions.triggers import PAGE_ROWS
from subscriptions.models import Subscription

LOOKS = 2
LARGEST = 2**63 - 1

Companies = frozenset[int] | None


def search(
    sought: Sought,
    *,
    companies: Companies = None,
    subscriptions: Collection[int] | None = None,
    after: str | None = None,
    limit: int = 20,
) -> Found:
    """The revisions of the rows sought. `companies` and `subscriptions` are the ids that may be seen, None for all;
    `after` is the `next` of a page before. A page may have less than `limit`, or nothing, and be followed by others.
    """
    hunt = Hunt(sought.information_type, sought.company.pk, sought.key)
    cursor = _place(after)
    if hunt.is_hopeless or not _may_see(companies, sought.company.pk) or (after and cursor is None):
        return _found([])
    hits = hunt.find(after=cursor, limit=limit)
    for _look in range(LOOKS - 1):
        if hits.rows or hits.next is None:
            break
        hits = hunt.find(after=hits.next, limit=limit)
    return _found_rows(hits, subscriptions)


def by_revision(name: str, *, companies: Companies = None, subscriptions: Collection[int] | None = None) -> Found:
    """The revision of that name ("90211.4"), if it is kept."""
    place = _place(name)
    return _of_place(place, companies, subscriptions) if place else _found([])


def by_sequence(
    *,
    subscription: Subscription,
    sequence: int,
    companies: Companies = None,
    subscriptions: Collection[int] | None = None,
) -> Found:
    """The revision that a subscription got under a sequence, if it is kept."""
    place, numbers = _of_sequence(subscription, sequence)
    return _of_place(place, companies, subscriptions, numbers) if place else _found([])


def revision_of(*, subscription: Subscription, sequence: int) -> str | None:
    """The name of the revision that a subscription got under a sequence; what it names may be gone."""
    place, _numbers = _of_sequence(subscription, sequence)
    return f"{place[0]}.{place[1]}" if place else None


def _of_sequence(subscription: Subscription, sequence: int) -> tuple[tuple[int, int] | None, numberings.Numbers | None]:
    if not 0 < sequence <= LARGEST:
        return None, None
    place, numbers = _waiting(subscription, sequence), None
    if place is None and (numbers := numberings.of_sequence(subscription.pk, sequence)):
        place = numbers.at(subscription.pk, sequence)
    return place, numbers


def sought_from_row(information_type: InformationType, row: Model) -> Sought:
    """What to search for, for a register's row."""
    values = {field.name: _at(row, field.path) for field in information_type.key_fields}
    company = _at(row, information_type.company_path)
    del values["company"]
    return Sought(
        information_type=information_type,
        company=company,
        key={name: str(value) for name, value in values.items()},
    )


def _of_place(
    place: tuple[int, int],
    companies: Companies,
    subscriptions: Collection[int] | None,
    numbers: Numbers | None = None,
) -> Found:
    hit = rows.row(*place)
    if hit is None or not _may_see(companies, hit.company_id):
        return _found([])
    numbering = numbers.pk if numbers else _numbering(hit)
    return _found_rows(Hits([hit.numbered(numbering)], None, behind=False), subscriptions)


def _numbering(hit: Hit) -> int | None:
    first_row = (hit.row - 1) // PAGE_ROWS * PAGE_ROWS + 1
    key = rows.indexed_key(registry.by_number(hit.information_type), hit)
    return numberings.of_page(hit.change_set, first_row, key)


def _waiting(subscription: Subscription, sequence: int) -> tuple[int, int] | None:
    items = OutboxItem.objects.filter(subscription_id=subscription.pk, first_sequence__lte=sequence)
    item = items.order_by("-first_sequence").first()
    if item is None or sequence - item.first_sequence > item.last_row - item.first_row:
        return None
    return item.change_set_id, item.first_row + sequence - item.first_sequence


def _found_rows(hits: Hits, subscriptions: Collection[int] | None) -> Found:
    ledger = Ledger(hits.rows, subscriptions=subscriptions) if hits.rows else None
    revisions = [_revision(hit, ledger) for hit in hits.rows] if ledger else []
    since = ledger.traced_since if ledger else None
    return _found(revisions, following=hits.next, behind=hits.behind, since=since)


def _revision(hit: Hit, ledger: Ledger) -> Revision:
    known = registry.by_number(hit.information_type)
    operation = ChangeSet.Operation(hit.operation)
    return Revision(
        name=f"{hit.change_set}.{hit.row}",
        information_type=known,
        company_id=hit.company_id,
        company=hit.company,
        operation=operation,
        changed_at=hit.changed_at,
        origin=hit.origin,
        key=rows.key_of(known, hit),
        data=None if operation is ChangeSet.Operation.DELETED else json.loads(hit.line),
        deliveries=ledger.deliveries(hit),
    )


def _found(
    revisions: Sequence[Revision],
    *,
    following: tuple[int, int] | None = None,
    behind: bool = False,
    since: datetime | None = None,
) -> Found:
    return Found(
        revisions=revisions,
        next=f"{following[0]}.{following[1]}" if following else None,
        traced_since=since or TraceState.objects.values_list("traced_since", flat=True).get(),
        behind=behind,
    )


def _place(text: str | None) -> tuple[int, int] | None:
    """A change set and row from "90211.4"; None from anything else."""
    match = re.fullmatch(r"([0-9]{1,18})\.([0-9]{1,9})", text or "")
    return (int(match[1]), int(match[2])) if match and int(match[2]) else None


def _may_see(companies: Companies, company: int) -> bool:
    return companies is None or company in companies


def _at(row: Any, path: str) -> Any:
    for name in path.split("__"):
        row = getattr(row, name)
    return row
