"""Approving hours on four levels, each apart from the others, and withdrawing it."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from timesheets.exceptions import HoursChanged, UnknownLevel
from timesheets.models import LEVELS, TimeTransaction
from timesheets.services.registering import new_correlation_id
from timesheets.services.storing import APPROVALS

LONGEST_NAME = 150


@dataclass(frozen=True, kw_only=True)
class Approved:
    """How many rows an approval or its withdrawal changed, and of how many it was so already."""

    changed: int
    already: int


def state_of(rows: QuerySet[TimeTransaction]) -> str:
    """What rows these are and in what state, in few characters: shown to whoever approves, and compared then."""
    return _state(list(rows.order_by("pk").values_list("pk", "last_updated_on")))


def approve(
    *, rows: QuerySet[TimeTransaction], level: int, by: str, state: str | None = None, correlation_id: str = ""
) -> Approved:
    """Approve hours at a level. Raises `HoursChanged` if they aren't in `state` any more; then none is approved."""
    name = _named(level)
    with transaction.atomic():
        keys = _lock(rows, state)
        found = TimeTransaction.objects.filter(pk__in=keys, **{name: None})
        changed = found.update(
            **{name: 1, f"{name}_by": by[:LONGEST_NAME], f"{name}_on": timezone.now()},
            correlation_id=correlation_id or new_correlation_id(),
        )
    return Approved(changed=changed, already=len(keys) - changed)


def withdraw_approval(
    *, rows: QuerySet[TimeTransaction], level: int | None = None, state: str | None = None, correlation_id: str = ""
) -> Approved:
    """Withdraw the approval of a level, or of all of them. Raises `HoursChanged` as `approve` does."""
    names = [_named(level)] if level is not None else [f"approved_level_{one}" for one in LEVELS]
    with transaction.atomic():
        keys = _lock(rows, state)
        given = Q(*(Q(**{name: 1}) for name in names), _connector=Q.OR)
        changed = TimeTransaction.objects.filter(given, pk__in=keys).update(
            **{
                field: value
                for field, value in APPROVALS.items()
                if field.removesuffix("_by").removesuffix("_on") in names
            },
            correlation_id=correlation_id or new_correlation_id(),
        )
    return Approved(changed=changed, already=len(keys) - changed)


def _named(level: int) -> str:
    if level not in range(1, len(LEVELS) + 1):
        raise UnknownLevel
    return f"approved_level_{LEVELS[level - 1]}"


def _lock(rows: QuerySet[TimeTransaction], state: str | None) -> list[int]:
    """Lock the rows in the order that everybody takes, and look whether they are as they were."""
    locked = rows.order_by("pk").select_for_update(of=("self",)).values_list("pk", "last_updated_on")
    found = list(locked)
    if state is not None and state != _state(found):
        raise HoursChanged
    return [key for key, _updated in found]


def _state(found: Sequence[tuple[int, datetime]]) -> str:
    # Not a time that was looked at: what somebody is about to commit has an earlier one.
    written = ";".join(f"{key},{updated.timestamp()}" for key, updated in found)
    return hashlib.sha256(written.encode()).hexdigest()[:32]
