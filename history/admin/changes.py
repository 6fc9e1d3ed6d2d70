"""The history of all of the configuration, one entry a line; read by whoever has the right, written by nobody."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter, DropdownFilter
from unfold.decorators import display

from access.http.admin import ReadOnlyAdmin
from access.http.admin.export.columns import Value
from access.http.admin.filters import DayFilter
from history.models import Change
from history.rendering import as_html, as_text, who
from history.shown import lines_of, subject_label
from history.triggers import subjects

MOST_LINES = 6
LABELS = {
    Change.Kind.CREATED: "success",
    Change.Kind.CHANGED: "info",
    Change.Kind.DELETED: "danger",
    Change.Kind.EXPORTED: "warning",
    Change.Kind.EMPTIED: "danger",
    Change.Kind.SIGNED_IN: "success",
    Change.Kind.SIGNED_OUT: "info",
    Change.Kind.SIGN_IN_FAILED: "warning",
    Change.Kind.LOCKED_OUT: "danger",
    Change.Kind.UNLOCKED: "info",
    Change.Kind.SECOND_FACTOR_ON: "success",
    Change.Kind.SECOND_FACTOR_OFF: "warning",
    Change.Kind.RECOVERY_CODES_MADE: "info",
    Change.Kind.RECOVERY_CODE_USED: "warning",
    Change.Kind.ADDRESS_REFUSED: "danger",
    Change.Kind.REPLACED_KEY_USED: "danger",
    Change.Kind.KEY_RESTORED: "warning",
}


class SubjectFilter(DropdownFilter):
    """One kind of object."""

    title = _("kind of object")
    parameter_name = "subject"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """All kinds that a history is kept of."""
        return sorted(((subject, subject_label(subject)) for subject in subjects()), key=lambda choice: choice[1])

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Keep the entries of one kind."""
        return queryset.filter(subject=self.value()) if self.value() else queryset


@admin.register(Change)
class ChangeAdmin(ReadOnlyAdmin):
    # Triggers write it; a history stays as it was written.
    list_display = ("at", "who", "what", "subject_label", "object_link", "difference")
    list_display_links = ("at",)
    list_filter = (
        ("user", AutocompleteSelectFilter),
        SubjectFilter,
        ("kind", ChoicesDropdownFilter),
        ("at", DayFilter),
    )
    search_fields = ("object_name", "user_name", "key_name")
    search_help_text = _("Name of the object, the person or the key")
    ordering = ("-id",)
    exported: ClassVar[Mapping[str, Callable[[Any], Value]]] = {
        "difference": lambda change: "; ".join(as_text(line) for line in lines_of(change))
    }

    @display(description=_("who"))
    def who(self, change: Change) -> str:
        """The person, the key or the program."""
        return who(change)

    @display(description=_("what happened"), label=LABELS)
    def what(self, change: Change) -> tuple[str, str]:
        """Made, changed, deleted or exported."""
        return change.kind, capfirst(change.get_kind_display())

    @display(description=_("kind of object"))
    def subject_label(self, change: Change) -> str:
        """What kind of object it is."""
        return subject_label(change.subject)

    @display(description=_("object"))
    def object_link(self, change: Change) -> str:
        """The object, by the name that it had, and the way to it."""
        url = _url(change)
        return (
            format_html('<a class="row-link" href="{}">{}</a>', url, change.object_name) if url else change.object_name
        )

    @display(description=_("before → after"))
    def difference(self, change: Change) -> str:
        """The fields with what they were and are."""
        return as_html(change, most=MOST_LINES)

    @display(description=_("before → after"))
    def whole_difference(self, change: Change) -> str:
        """All fields with what they were and are."""
        return as_html(change)

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> tuple[str, ...]:
        """All there is to read."""
        return ("at", "who", "via", "what", "subject_label", "object_link", "company", "whole_difference")


def _url(change: Change) -> str | None:
    name = f"admin:{change.subject.replace('.', '_')}"
    try:
        if change.kind == Change.Kind.EXPORTED:
            return reverse(f"{name}_changelist")
        return None if change.kind == Change.Kind.DELETED else reverse(f"{name}_change", args=[change.object_id])
    except NoReverseMatch:
        return None
