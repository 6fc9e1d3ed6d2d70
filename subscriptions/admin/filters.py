"""Filters of the list of subscriptions."""

from typing import Any

from django.db.models import Exists, F, OuterRef, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import DropdownFilter

from access.http.admin.filters import SearchFilter, TypeFilter
from subscriptions.models import MissingCount
from subscriptions.querysets import SelectsAny


class SubscribedTypeFilter(TypeFilter):
    """Subscriptions to one information type."""

    number_field = "types__information_type"


class NeedFilter(DropdownFilter):
    """What waits: for the integration, or for a person."""

    title = _("what waits")
    parameter_name = "waits"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """A transfer, rows, or nothing."""
        return [
            ("transfer", _("needs a new transfer")),
            ("rows", _("has queued rows")),
            ("nothing", _("nothing queued")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Keep those, by the kept counters."""
        match self.value():
            case "transfer":
                return queryset.filter(Exists(MissingCount.objects.filter(subscription=OuterRef("pk"))))
            case "rows":
                return queryset.filter(queue__last_sequence__gt=F("departure__rows"))
            case "nothing":
                return queryset.filter(queue__last_sequence=F("departure__rows"))
            case _:
                return queryset


class CompanyFilter(SearchFilter):
    """Subscriptions that a company is in: chosen, not left out, or one of all, of the office's clients for instance."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.title = _("company in the selection")

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Keep those whose selection has the company."""
        company = str(self.value() or "")
        if not (company.isdecimal() and len(company) < 19):
            return queryset
        return queryset.filter(SelectsAny([int(company)]))
