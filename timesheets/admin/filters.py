"""Filters of hours, as whoever approves and pays them looks for them."""

from datetime import date, timedelta
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import F, Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import DropdownFilter, TextFilter

from timesheets.models import LEVELS

NO_CODE = "-"


class EmployeeFilter(TextFilter):
    """One employee by number, or those whose name begins so."""

    title = _("employee (number or name)")
    short_title = _("employee")
    parameter_name = "who"

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Keep the hours of these employees."""
        text = (self.value() or "").strip()
        if text.isdecimal() and len(text) < 19:
            return queryset.filter(employee_id=int(text))
        return queryset.filter(employee__istartswith=text) if text else queryset


class StatusFilter(TextFilter):
    """One external status code; a hyphen is those without."""

    title = _("external status code (- for none)")
    short_title = _("external status code")
    parameter_name = "external_status"

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Keep the hours with this mark."""
        text = (self.value() or "").strip()
        return queryset.filter(external_status_code="" if text == NO_CODE else text) if text else queryset


class Choices(DropdownFilter):
    """A filter whose choices are conditions."""

    conditions: ClassVar[dict[str, tuple[str | Promise, Q]]]

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]) -> list[tuple[str, Any]]:
        """The choices."""
        return [(key, label) for key, (label, _condition) in self.conditions.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Keep what fulfils the chosen one."""
        found = self.conditions.get(self.value() or "")
        return queryset.filter(found[1]) if found else queryset


def _levels(text: Any, value: int | None, key: str) -> dict[str, tuple[str | Promise, Q]]:
    return {
        f"{key}{number}": (format_lazy(text, level=number), Q(**{f"approved_level_{name}": value}))
        for number, name in enumerate(LEVELS, start=1)
    }


class ApprovalFilter(Choices):
    """Approved, or waiting for it, at a level."""

    title = _("approval")
    parameter_name = "approval"
    conditions = {
        **_levels(_("waiting for approval at level {level}"), None, "waiting"),
        **_levels(_("approved at level {level}"), 1, "approved"),
    }


class ChangedFilter(Choices):
    """What was changed after another system had taken it over."""

    title = _("changed since marked")
    parameter_name = "changed_since"
    conditions = {
        "yes": (_("changed since marked"), Q(external_status_set_on__lt=F("last_updated_on"))),
        "no": (_("as it was marked"), Q(external_status_set_on__gte=F("last_updated_on"))),
    }


class PeriodFilter(DropdownFilter):
    """The weeks and months that are looked at most."""

    title = _("period")
    parameter_name = "period"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]) -> list[tuple[str, Any]]:
        """The quick choices."""
        return [
            ("today", _("today")),
            ("week", _("this week")),
            ("last-week", _("last week")),
            ("month", _("this month")),
            ("last-month", _("last month")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Keep the hours of these days."""
        days = days_of_period(self.value() or "", timezone.localdate())
        return queryset.filter(date_in__range=days) if days else queryset


def days_of_period(name: str, today: date) -> tuple[date, date] | None:
    """The first and the last day of a quick choice."""
    monday, first = today - timedelta(days=today.weekday()), today.replace(day=1)
    match name:
        case "today":
            return today, today
        case "week":
            return monday, monday + timedelta(days=6)
        case "last-week":
            return monday - timedelta(days=7), monday - timedelta(days=1)
        case "month":
            return first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
        case "last-month":
            last = first - timedelta(days=1)
            return last.replace(day=1), last
        case _:
            return None
