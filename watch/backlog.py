"""How long each queue is and how old its oldest row: from the kept counters, and one look at the oldest item."""

import dataclasses
from datetime import datetime, timedelta
from typing import Any

from django.db.models import (
    BigIntegerField,
    Case,
    DateTimeField,
    ExpressionWrapper,
    F,
    OuterRef,
    QuerySet,
    Subquery,
    When,
)

from revisions.models import ChangeSet, OutboxItem
from subscriptions.models import Subscription


@dataclasses.dataclass(frozen=True)
class Backlog:
    """Rows that wait to be fetched, and when the oldest of them changed."""

    rows: int
    oldest: datetime | None

    def age(self, *, at: datetime) -> timedelta:
        """How long the oldest row has waited."""
        return max(at - self.oldest, timedelta()) if self.oldest else timedelta()


def with_backlog(subscriptions: QuerySet[Subscription]) -> QuerySet[Any]:
    """The subscriptions with `queued` and `oldest`; see `backlog_of`."""
    oldest_item = OutboxItem.objects.filter(subscription_id=OuterRef(OuterRef("pk"))).order_by("first_sequence")
    changed_at = ChangeSet.objects.filter(pk=Subquery(oldest_item.values("change_set_id")[:1])).values("changed_at")
    queued = ExpressionWrapper(F("queue__last_sequence") - F("departure__rows"), output_field=BigIntegerField())
    return subscriptions.annotate(queued=queued).annotate(
        oldest=Case(When(queued__gt=0, then=Subquery(changed_at)), output_field=DateTimeField())
    )


def backlog_of(subscription: Subscription) -> Backlog:
    """What `with_backlog` found of a subscription."""
    found: Any = subscription
    return Backlog(found.queued, found.oldest)
