"""Hours of a working copy: read there; they are registered and approved on the server."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from access.http.admin import ReadOnlyAdmin
from access.http.admin.amounts import column
from access.http.admin.filters import DayFilter, SearchFilter
from access.http.admin.owned import OwnedAdmin
from timesheets.models import TimeCategory, TimeTransaction


class ReadHoursAdmin(ReadOnlyAdmin, OwnedAdmin):
    autocomplete_fields = ()

    def get_fields(self, _request: HttpRequest, _obj: Model | None = None) -> Sequence[str]:
        """All that says something."""
        return [field.name for field in self.opts.concrete_fields if not field.primary_key and field.editable]


@admin.register(TimeTransaction)
class TimeTransactionAdmin(ReadHoursAdmin):
    list_display = ("date_in", "employee", "time_category_name", "hours", "project", "of_company")
    list_filter = (("company", SearchFilter), ("date_in", DayFilter), ("time_category", SearchFilter))
    search_fields = ("employee", "external_id")
    ordering = ("-date_in", "-id")

    @display(description=_("hours"), ordering="quantity")  # type: ignore[untyped-decorator]
    def hours(self, row: TimeTransaction) -> Any:
        """The hours, lined up."""
        return column(row.quantity)


@admin.register(TimeCategory)
class TimeCategoryAdmin(ReadHoursAdmin):
    list_display = ("number", "name", "category_type", "payable", "active", "of_company")
    search_fields = ("number", "name")
    ordering = ("company_id", "number")
