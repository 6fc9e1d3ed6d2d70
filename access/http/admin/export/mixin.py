"""The addresses of a list's files, and what they answer."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar
from urllib.parse import unquote_plus

from django.contrib import messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.http import content_disposition_header
from django.utils.text import capfirst, slugify
from django.utils.translation import gettext as _
from unfold.admin import ModelAdmin

from access.http.actors import actor_of
from access.http.admin.export import csv_file, excel_file
from access.http.admin.export.columns import Value, columns_of, key_paths, relations
from access.http.admin.export.rows import read_keys, read_rows
from access.http.admin.export.streaming import streamed
from access.http.admin.listing import rows_alone
from history.services import note_export

EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
FORMATS = ("csv", "xlsx")
PIECE = 256 * 1024


class ExportMixin(ModelAdmin):
    """A list that can be taken home: what it shows, as it is filtered, searched and ordered."""

    # How a column's value is found, where that is quicker or other than what the page shows
    exported: ClassVar[Mapping[str, Callable[[Any], Value]]] = {}

    def get_urls(self) -> list[URLPattern]:
        """Add an address for each format."""
        name = f"{self.opts.app_label}_{self.opts.model_name}_export"
        view = self.admin_site.admin_view(self.export_view)
        ours = [path(f"export/{format_}/", view, {"format_": format_}, name=f"{name}_{format_}") for format_ in FORMATS]
        return [*ours, *super().get_urls()]

    def export_urls(self, query: str) -> dict[str, str]:
        """The address of each format, of the list with this query."""
        name = f"admin:{self.opts.app_label}_{self.opts.model_name}_export"
        return {format_: f"{reverse(f'{name}_{format_}')}{query}" for format_ in FORMATS}

    def export_view(self, request: HttpRequest, format_: str) -> HttpResponseBase:
        """Send the list that the address's query describes."""
        if not self.has_view_permission(request) or request.method != "GET":
            raise PermissionDenied
        list_url = reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist")
        try:
            shown = rows_alone(self, request)
        except IncorrectLookupParameters:
            return HttpResponseRedirect(list_url)
        most = excel_file.MOST_ROWS if format_ == "xlsx" else None
        keys = read_keys(shown.queryset, most=most and most + 1)
        if most is not None and len(keys) > most:
            self._tell_too_long(request)
            return HttpResponseRedirect(f"{list_url}?{request.GET.urlencode()}")
        self.note_export(request, format_, len(keys))
        columns = columns_of(self, shown.list_display)
        pieces = (self._prepared(rows) for rows in read_rows(self._with_related(shown), keys))
        if format_ == "xlsx":
            file = excel_file.written(columns, pieces, title=capfirst(str(self.opts.verbose_name_plural)))
            answer = streamed(request, iter(lambda: file.read(PIECE), b""), content_type=EXCEL)
            answer._resource_closers.append(file.close)  # type: ignore[attr-defined]
        else:
            text = csv_file.written(columns, pieces)
            answer = streamed(request, text, content_type="text/csv; charset=utf-8")
        answer["Content-Disposition"] = content_disposition_header(True, self._file_name(format_))
        return answer

    def note_export(self, request: HttpRequest, format_: str, rows: int) -> None:
        """Write into the history who has taken what."""
        note_export(
            subject=self.opts.label_lower,
            name=str(self.opts.verbose_name_plural),
            actor=actor_of(request),
            details={"form": format_.upper(), "rows": rows, "filter": _words(request)},
        )

    def prepare_rows(self, rows: Sequence[Any]) -> None:
        """Add to the rows of a page, or of a piece of a file, what its columns need and no query of theirs brings."""

    def _prepared(self, rows: list[Any]) -> list[Any]:
        self.prepare_rows(rows)
        return rows

    def _with_related(self, shown: Any) -> QuerySet[Any]:
        rows: QuerySet[Any] = shown.apply_select_related(shown.root_queryset)
        if rows.query.select_related is not True:
            rows = rows.select_related(*relations(key_paths(self.model)))
        return rows

    def _file_name(self, format_: str) -> str:
        name = slugify(str(self.opts.verbose_name_plural), allow_unicode=True)
        return f"{name}-{timezone.localdate():%Y-%m-%d}.{format_}"

    def _tell_too_long(self, request: HttpRequest) -> None:
        most = number_format(excel_file.MOST_ROWS, force_grouping=True)
        text = _("An Excel file takes at most %(most)s rows, and this list has more. Filter it, or take it as CSV.")
        csv = self.export_urls(f"?{request.GET.urlencode()}")["csv"]
        link = format_html('<a class="row-link" href="{}">{}</a>', csv, _("Export as CSV"))
        self.message_user(request, format_html("{} {}", text % {"most": most}, link), messages.WARNING)


def _words(request: HttpRequest) -> str:
    return unquote_plus(request.GET.urlencode()).replace("\0", "")
