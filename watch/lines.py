"""The subscriptions as the first page shows them: state, queue, oldest row, trend, and what each needs."""

import dataclasses
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db.models import IntegerField, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone

from subscriptions.models import MissingCount, Subscription
from watch.backlog import Backlog, backlog_of, with_backlog
from watch.charts import Trend, trend
from watch.models import Standing, Traffic

TREND_HOURS = 24
FORGOTTEN_AFTER = timedelta(days=1)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Line:
    """One subscription; `missing` counts types and companies that need a transfer, each by each."""

    subscription: Subscription
    backlog: Backlog
    standing: Standing
    missing: int
    trend: Trend
    fetched_at: datetime | None

    @property
    def is_over(self) -> bool:
        """Whether the queue is over its policy's limit."""
        return self.standing.warned_at is not None

    @property
    def is_forgotten(self) -> bool:
        """Whether rows wait long and nobody has asked for them as long."""
        since = timezone.now() - FORGOTTEN_AFTER
        waits = self.backlog.oldest is not None and self.backlog.oldest < since
        return waits and (self.fetched_at is None or self.fetched_at < since)

    @property
    def urgency(self) -> tuple[Any, ...]:
        """What sorts by need: over the limit, then forgotten, then missing something, then by the age of what waits."""
        oldest = self.backlog.oldest.timestamp() if self.backlog.oldest else float("inf")
        return (
            not self.is_over,
            not self.is_forgotten,
            not self.missing,
            oldest,
            not self.subscription.active,
            self.name,
        )

    @property
    def name(self) -> str:
        """What sorts by name."""
        return self.subscription.integration_id.casefold()

    @property
    def words(self) -> str:
        """What a search looks in."""
        return f"{self.subscription} {self.subscription.application}".casefold()


ORDERS: dict[str, Callable[[Line], Any]] = {
    "need": lambda line: line.urgency,
    "name": lambda line: line.name,
    "queued": lambda line: (-line.backlog.rows, line.name),
    "oldest": lambda line: (line.backlog.oldest is None, line.backlog.oldest or line.name, line.name),
}


def matching(lines: Iterable[Line], text: str) -> list[Line]:
    """Those whose integration id, name or application holds every word."""
    words = text.casefold().split()
    return [line for line in lines if all(word in line.words for word in words)]


def sorted_by(lines: Iterable[Line], order: str) -> list[Line]:
    """In one of the `ORDERS`; by need where there is no such order."""
    return sorted(lines, key=ORDERS.get(order, ORDERS["need"]))


def read(subscriptions: QuerySet[Subscription]) -> list[Line]:
    """The lines of some subscriptions, by two queries however many they are."""
    missing = MissingCount.objects.filter(subscription=OuterRef("pk")).values("subscription")
    rows = list(
        with_backlog(subscriptions)
        .select_related("application", "standing", "backlog_policy", "last_fetch")
        .annotate(
            missing=Coalesce(
                Subquery(missing.annotate(sum=Sum("companies")).values("sum"), output_field=IntegerField()), 0
            )
        )
    )
    moved = _moved_by_hour(rows)
    at = timezone.now()
    return [
        Line(
            subscription=row,
            backlog=backlog_of(row),
            standing=row.standing,
            missing=row.missing,
            fetched_at=fetch.fetched_at if (fetch := getattr(row, "last_fetch", None)) else None,
            trend=trend(row.queued, moved.get(row.pk, {}), at=at, hours=TREND_HOURS),
        )
        for row in rows
    ]


def _moved_by_hour(subscriptions: Sequence[Subscription]) -> dict[int, dict[datetime, int]]:
    """By how much each queue grew in each hour."""
    found: dict[int, dict[datetime, int]] = {}
    since = timezone.now() - timedelta(hours=TREND_HOURS)
    hours: Iterable[tuple[int, datetime, int, int]] = Traffic.objects.filter(
        grain=Traffic.Grain.HOUR, at__gte=since, subscription__in=[row.pk for row in subscriptions]
    ).values_list("subscription", "at", "rows_in", "rows_out")
    for subscription, at, rows_in, rows_out in hours:
        found.setdefault(subscription, {})[at] = rows_in - rows_out
    return found
