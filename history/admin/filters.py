"""What the audit log is narrowed by: kind of object, key, address."""

from ipaddress import ip_network
from typing import Any

from django.contrib import messages
from django.db.models import BooleanField, Q, QuerySet
from django.db.models.expressions import RawSQL
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import DropdownFilter, TextFilter

from history.shown import subject_label
from history.triggers import subjects

KEYS = "access.apikey"


class SubjectFilter(DropdownFilter):
    """One kind of object."""

    title = gettext_lazy("kind of object")
    parameter_name = "subject"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """All kinds that a history is kept of."""
        return sorted(((subject, subject_label(subject)) for subject in subjects()), key=lambda choice: choice[1])

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Keep the entries of one kind."""
        return queryset.filter(subject=self.value()) if self.value() else queryset


class KeyFilter(TextFilter):
    """One API key, by a part of its name or its public id: what it did, and what was done to it."""

    title = gettext_lazy("API key (name or public id)")
    short_title = gettext_lazy("API key")
    parameter_name = "key"

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Keep the key's entries."""
        text = (self.value() or "").strip()
        if not text:
            return queryset
        return queryset.filter(Q(key_name__icontains=text) | Q(subject=KEYS, object_name__icontains=text))


class AddressFilter(TextFilter):
    """One address, or a range of them."""

    title = gettext_lazy("address (192.0.2.7 or 192.0.2.0/24)")
    short_title = gettext_lazy("address")
    parameter_name = "address"

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Keep what came from there."""
        text = (self.value() or "").strip()
        if not text:
            return queryset
        try:
            network = str(ip_network(text, strict=False))
        except ValueError:
            messages.warning(request, _("%(text)s is no address; it was left out of the filter.") % {"text": text})
            return queryset
        return queryset.filter(RawSQL('"history_change"."address" <<= %s::inet', [network], BooleanField()))
