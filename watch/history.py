"""Rows in and out over the last day and the last month, of a subscription or of all."""

import dataclasses
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from django.db.models import Q
from django.utils import timezone

from subscriptions.models import Subscription
from watch.charts import Chart, Moved, chart, gathered
from watch.models import Traffic

Grain = Traffic.Grain
HALF_HOURS = 48
DAYS = 30


@dataclasses.dataclass(frozen=True)
class History:
    """Both charts."""

    day: Chart
    month: Chart


def read(subscription: Subscription | None = None) -> History:
    """One query for both; without a subscription, of the whole installation."""
    return _read(Q(subscription=subscription))


def read_together(subscriptions: Sequence[int]) -> History:
    """The same of some subscriptions (ids) together, for those who may know of these alone."""
    return _read(Q(subscription__in=subscriptions))


def _read(chosen: Q) -> History:
    now = timezone.localtime()
    half_hours, days = _half_hours(now), _days(now)
    wanted = Q(grain=Grain.FIVE_MINUTES, at__gte=half_hours[0]) | Q(grain=Grain.DAY, at__gte=days[0])
    rows = Traffic.objects.filter(wanted, chosen).values_list("grain", "at", "rows_in", "rows_out")
    found: dict[str, list[Moved]] = {Grain.FIVE_MINUTES: [], Grain.DAY: []}
    for grain, at, rows_in, rows_out in rows:
        found[grain].append(Moved(at=at, rows_in=rows_in, rows_out=rows_out))
    return History(
        day=chart(gathered(found[Grain.FIVE_MINUTES], half_hours)), month=chart(gathered(found[Grain.DAY], days))
    )


def _half_hours(now: datetime) -> Sequence[datetime]:
    # In UTC, which skips no hour and has none twice.
    last = now.astimezone(UTC).replace(minute=now.minute // 30 * 30, second=0, microsecond=0)
    return [last - timedelta(minutes=30) * back for back in reversed(range(HALF_HOURS))]


def _days(now: datetime) -> Sequence[datetime]:
    today = now.date()
    days = (today - timedelta(days=back) for back in reversed(range(DAYS)))
    return [timezone.make_aware(datetime(day.year, day.month, day.day)) for day in days]  # noqa: DTZ001
