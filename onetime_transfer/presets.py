"""Periods and days that people choose often, for a type that asks for some."""

import calendar
import dataclasses
from datetime import date, timedelta

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from information_types.definition import InformationType
from ledger.models import FinancialYear

# Companies' years differ; so many of them are looked at where none is chosen.
LOOKED_AT = 50


@dataclasses.dataclass(frozen=True)
class Preset:
    """A button that fills in both ends, as days; empty ends take them away."""

    label: str | Promise
    first: str
    last: str


def presets_for(information_type: InformationType, years: QuerySet[FinancialYear]) -> list[Preset]:
    """The buttons beside a type's period or days, by these financial years; none for a type without."""
    kinds = {parameter.kind for parameter in information_type.parameters}
    if "month_from" in kinds:
        return _months(years)
    if "date_from" in kinds:
        return _days(is_required=any(parameter.required for parameter in information_type.parameters))
    return []


def _months(years: QuerySet[FinancialYear]) -> list[Preset]:
    today = timezone.localdate()
    begun = list(years.filter(first_day__lte=today).order_by("-first_day")[:LOOKED_AT])
    current = [year for year in begun if year.last_day >= today]
    found = []
    if current:
        first = min(year.first_day for year in current)
        found.append(_preset(_("This financial year"), first, max(year.last_day for year in current)))
        before = [year for year in begun if year.last_day < first]
        if before:
            found.append(_preset(_("The financial year before"), *_latest(before)))
    elif begun:
        found.append(_preset(_("The last financial year"), *_latest(begun)))
    found.append(_preset(_("The last 12 months"), _months_before(today, 11).replace(day=1), today))
    earliest = years.order_by("first_day").first()
    latest = years.order_by("-first_day").first()
    if earliest and latest:
        found.append(_preset(_("All years"), earliest.first_day, latest.last_day))
    return found


def _latest(years: list[FinancialYear]) -> tuple[date, date]:
    last = max(year.last_day for year in years)
    return min(year.first_day for year in years if year.last_day == last), last


def _days(*, is_required: bool) -> list[Preset]:
    today = timezone.localdate()
    spans = [
        (_("The last 30 days"), today - timedelta(days=29)),
        (_("This year"), today.replace(month=1, day=1)),
        (_("The last 12 months"), _months_before(today, 12) + timedelta(days=1)),
    ]
    found = [Preset(label, first.isoformat(), today.isoformat()) for label, first in spans]
    return found if is_required else [*found, Preset(_("All days"), "", "")]


def _preset(label: str | Promise, first: date, last: date) -> Preset:
    return Preset(label, first.isoformat(), last.isoformat())


def _months_before(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
