"""After a restored database: what is only known by people, and has to be seen to by them."""

import dataclasses
from collections.abc import Sequence
from datetime import datetime

from django.contrib.auth.models import User
from django.db.models import Q, QuerySet, Sum
from django.utils import timezone

from access.models import ApiKey
from revisions.models import Restoration
from subscriptions.models import MissingCount, Resync

MOST_LISTED = 100


@dataclasses.dataclass(frozen=True, kw_only=True)
class Aftermath:
    """What was found, and what there is to look through; the lists are cut, the counts are not.

    `subscriptions` say, by integration id, how many registers each needs a new transfer of because of it.
    """

    restoration: Restoration
    subscriptions: Sequence[tuple[str, int]]
    keys: Sequence[ApiKey]
    key_count: int
    user_count: int


def last_unsettled() -> Restoration | None:
    """The latest that nobody has set in order yet."""
    return Restoration.objects.filter(settled_at=None).order_by("epoch").last()


def last_to_show() -> Restoration | None:
    """The same, or else the latest of all."""
    return Restoration.objects.annotate(is_open=Q(settled_at=None)).order_by("is_open", "epoch").last()


def look_through(restoration: Restoration) -> Aftermath:
    """Read it all."""
    restored = MissingCount.objects.filter(reason=Resync.Reason.RESTORED)
    missing = restored.values_list("subscription__integration_id").annotate(Sum("companies"))
    keys = working_keys(at=timezone.now())
    return Aftermath(
        restoration=restoration,
        subscriptions=list(missing.order_by("subscription__integration_id")),
        keys=list(keys[:MOST_LISTED]),
        key_count=keys.count(),
        user_count=User.objects.filter(is_active=True).count(),
    )


def working_keys(*, at: datetime) -> QuerySet[ApiKey]:
    """The keys that open the API, the newest first: any that was revoked or replaced after the backup is among them
    again."""
    alive = ApiKey.objects.unrevoked().filter(Q(expires_at=None) | Q(expires_at__gt=at), owner__is_active=True)
    return alive.select_related("application", "owner", "office", "company").order_by("-created_at", "-pk")
