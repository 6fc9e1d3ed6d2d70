"""Filters that lists of every app have."""

import calendar
import re
from datetime import date, datetime, time, timedelta
from typing import Any, ClassVar

from django.contrib import messages
from django.db.models import DateTimeField, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import get_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import AutocompleteSelectFilter, DropdownFilter, RangeDateFilter
from unfold.contrib.filters.forms import AutocompleteDropdownForm

from access import scope
from information_types import registry

MONTH = re.compile(r"([1-9]\d{3})-?(0[1-9]|1[0-2])")
YEAR = re.compile(r"[1-9]\d{3}")


class ChoiceWithinReach(AutocompleteDropdownForm):
    """Names what is chosen only to whoever may know of it."""

    def __init__(self, request: HttpRequest, name: str, *arguments: Any, **options: Any) -> None:
        super().__init__(request, name, *arguments, **options)
        choice: Any = self.fields[name]
        choice.queryset = scope.visible(choice.queryset.all(), request.user)


class SearchFilter(AutocompleteSelectFilter):
    """One of the rows that a search finds, within reach."""

    form_class = ChoiceWithinReach


class TypeFilter(DropdownFilter):
    """One information type, by the field that holds the number it has in the tables of the heart."""

    title = gettext_lazy("information type")
    parameter_name = "type"
    number_field: ClassVar[str] = "information_type"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """All registered types."""
        return list(registry.choices())

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Keep the rows of the type."""
        numbers = [known.number for known in registry.all_types() if known.name == self.value()]
        return queryset.filter(**{f"{self.number_field}__in": numbers}) if self.value() else queryset


class DayFilter(RangeDateFilter):
    """From and to, both included: a day as the language writes it, a period (`2024-03`), or a year."""

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Keep what lies between the two."""
        first, last = self._end(request, "from"), self._end(request, "to")
        name = self.parameter_name
        if isinstance(self.field, DateTimeField):
            if first:
                queryset = queryset.filter(**{f"{name}__gte": _midnight(first)})
            return queryset.filter(**{f"{name}__lt": _midnight(last + timedelta(days=1))}) if last else queryset
        if first:
            queryset = queryset.filter(**{f"{name}__gte": first})
        return queryset.filter(**{f"{name}__lte": last}) if last else queryset

    def _end(self, request: HttpRequest, end: str) -> date | None:
        text = (self.used_parameters.get(f"{self.parameter_name}_{end}") or "").strip()
        found = days_of(text)
        if found is None:
            if text:
                messages.warning(request, _("%(text)s is no day; it was left out of the filter.") % {"text": text})
            return None
        return found[0 if end == "from" else 1]


def days_of(text: str) -> tuple[date, date] | None:
    """Return the first and the last day that a text means; None for one that means none."""
    if month := MONTH.fullmatch(text):
        year, number = int(month[1]), int(month[2])
        return date(year, number, 1), date(year, number, calendar.monthrange(year, number)[1])
    if YEAR.fullmatch(text):
        return date(int(text), 1, 1), date(int(text), 12, 31)
    for form in ("%Y-%m-%d", *get_format("DATE_INPUT_FORMATS")):
        try:
            day = datetime.strptime(text, form).date()  # noqa: DTZ007 (a day, in no time zone)
        except ValueError:
            continue
        return (day, day) if day.year < date.max.year else None
    return None


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))
