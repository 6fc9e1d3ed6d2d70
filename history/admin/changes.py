"""The history of all of the configuration, one entry a line; read by whoever has the right, written by nobody."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from access.http.admin import ReadOnlyAdmin
from access.http.admin.export.columns import Value
from access.http.admin.filters import DayFilter, SearchFilter
from history.admin.filters import AddressFilter, KeyFilter, SubjectFilter
from history.models import Change
from history.rendering import as_html, as_text, exact_time, via, who
from history.shown import lines_of, object_label, subject_label
from ledger.models import Company

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


@admin.register(Change)
class ChangeAdmin(ReadOnlyAdmin):
    # Triggers write it; a history stays as it was written.
    list_display = ("at", "who", "what", "object_link", "difference")
    list_display_links = ("at",)
    list_select_related = ("company",)
    list_filter = (
        ("user", SearchFilter),
        KeyFilter,
        ("company", SearchFilter),
        SubjectFilter,
        ("kind", ChoicesDropdownFilter),
        ("at", DayFilter),
        AddressFilter,
    )
    search_fields = ("object_name", "user_name", "key_name")
    search_help_text = _("Name of the object, the person or the key")
    ordering = ("-id",)
    # In a file, which has room, each by itself
    exported_display = ("at", "who", "address", "via", "what", "subject_label", "object_name", "company", "difference")
    exported: ClassVar[Mapping[str, Callable[[Any], Value]]] = {
        "difference": lambda change: "; ".join(as_text(line) for line in lines_of(change)),
        "object_name": object_label,
        "who": who,
        "via": via,
    }

    def get_list_display(self, request: HttpRequest) -> Sequence[str]:
        """The columns of the page, or those of a file."""
        return self.exported_display if getattr(request, "rows_alone", False) else self.list_display

    @display(description=_("who"))
    def who(self, change: Change) -> str:
        """The person, the key or the program, and from where."""
        if change.key_name:
            return _with_quiet(change.key_name, change.user_name, change.address)
        return _with_quiet(who(change), change.address)

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
        """The object, by the name that it had, the way to it, of which kind it is and of which company."""
        url, name = url_of(change), object_label(change)
        is_company = change.subject == "ledger.company"
        of = [subject_label(change.subject), str(change.company) if change.company and not is_company else ""]
        link = format_html('<a class="row-link" href="{}">{}</a>', url, name) if url and name else name
        return _with_quiet(link, *of)

    @display(description=_("before → after"))
    def difference(self, change: Change) -> str:
        """The fields with what they were and are."""
        return as_html(change, most=MOST_LINES)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """All of one entry."""
        entry: Change | None = self.get_object(request, unquote(object_id))
        if request.method not in {"GET", "HEAD"} or entry is None or not self.has_view_permission(request, entry):
            refused: HttpResponse = super().change_view(request, object_id, form_url, extra_context)
            return refused
        context = {
            **self.admin_site.each_context(request),
            "title": str(entry),
            "object_label": object_label(entry),
            "opts": self.opts,
            "original": entry,
            "entry": entry,
            "time": exact_time(entry),
            "who": who(entry),
            "via": via(entry),
            "kind": subject_label(entry.subject),
            "url": url_of(entry),
            "company": company_of(entry),
            "lines": list(lines_of(entry)),
            **(extra_context or {}),
        }
        return TemplateResponse(request, "admin/history/change.html", context)


def company_of(change: Change) -> Company | None:
    """Return the company that an entry is of; None also for one that is no more."""
    return Company.objects.filter(pk=change.company_id).first() if change.company_id else None


def _with_quiet(text: str, *below: str | None) -> str:
    quiet = " · ".join(part for part in below if part)
    line = format_html('<span class="quiet-line">{}</span>', quiet) if quiet else ""
    return format_html('<span class="stacked">{}{}</span>', text, line)


def url_of(change: Change) -> str | None:
    """Return the page of what an entry is about, as far as it has one."""
    name = f"admin:{change.subject.replace('.', '_')}"
    try:
        if change.kind == Change.Kind.EXPORTED:
            return reverse(f"{name}_changelist")
        return None if change.kind == Change.Kind.DELETED else reverse(f"{name}_change", args=[change.object_id])
    except NoReverseMatch:
        return None
