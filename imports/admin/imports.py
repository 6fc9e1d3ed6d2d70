"""Putting files in, following each to its report, and the history."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any, ClassVar, cast

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import Model, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.text import capfirst
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from access import scope
from access.http.admin import RegisterAdmin
from access.http.admin.amounts import column
from access.http.admin.filters import DayFilter, SearchFilter
from imports import services
from imports.admin.forms import ImportForm
from imports.exceptions import FileImportError
from imports.models import FileImport
from imports.outcomes import shown_error, shown_report
from imports.progress import reached
from imports.rights import NEEDED, companies_to_import_into, may_import
from notices.models import Notice
from notices.services import mark_read

Status = FileImport.Status

VIEW = "imports.view_fileimport"
LABELS = {
    Status.WAITING: "info",
    Status.READING: "info",
    Status.READY: "warning",
    Status.QUEUED: "info",
    Status.IMPORTING: "info",
    Status.DONE: "success",
    Status.REFUSED: "danger",
    Status.FAILED: "danger",
    Status.CANCELLED: "warning",
}
MOST_UNDER_WAY = 50


@admin.register(FileImport)
class FileImportAdmin(RegisterAdmin):
    known_refusals: ClassVar[tuple[type[Exception], ...]] = (FileImportError,)
    list_display = ("name", "state", "format", "whose", "voucher_count", "started_by", "received_at", "finished_at")
    list_select_related = ("company", "started_by")
    list_filter = (
        ("status", ChoicesDropdownFilter),
        ("company", SearchFilter),
        ("started_by", SearchFilter),
        ("received_at", DayFilter),
    )
    search_fields = ("name", "company__number", "company__name")
    ordering = ("-id",)
    actions = None

    # The history

    @display(description=_("status"), label=LABELS, ordering="status")
    def state(self, file_import: FileImport) -> tuple[str, str]:
        """How far it has come."""
        return file_import.status, capfirst(file_import.get_status_display())

    @display(description=_("company"), ordering="company__number")
    def whose(self, file_import: FileImport) -> str:
        """The company, also one that an import which isn't confirmed would make."""
        kept = file_import.preview or {}
        named = f"{kept['company']} {kept['company_name']}" if kept else ""
        return str(file_import.company) if file_import.company else named

    @display(description=_("vouchers"), ordering="vouchers")
    def voucher_count(self, file_import: FileImport) -> str | None:
        """How many vouchers the file has."""
        return None if file_import.vouchers is None else column(Decimal(file_import.vouchers), 0)

    def get_queryset(self, request: HttpRequest) -> QuerySet[FileImport]:
        """Imports into companies within reach, and one's own while nobody knows what they are of."""
        every = cast("QuerySet[FileImport]", ModelAdmin.get_queryset(self, request))
        reaches = (scope.rights_of_request(request.user).companies_with(VIEW), companies_to_import_into(request.user))
        if None in reaches:
            return every
        companies = {company for reach in reaches for company in reach or ()}
        own = Q(company=None, started_by=cast(User, request.user).pk)
        return every.filter(own | Q(company__in=companies))

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Who may import sees imports."""
        return request.user.has_perms(NEEDED) or request.user.has_perm(VIEW)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """An import writes vouchers and accounts."""
        return request.user.has_perms(NEEDED)

    def has_module_permission(self, request: HttpRequest) -> bool:
        """As for its pages."""
        return self.has_view_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """An import isn't edited; it is confirmed, cancelled and run again."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """The history stays."""
        return False

    # Putting files in

    def get_urls(self) -> list[URLPattern]:
        """Add the parts that move, and what can be done with an import."""
        of_one: list[tuple[str, Callable[..., HttpResponse]]] = [
            ("progress", self.progress_view),
            ("confirm", self.confirm_view),
            ("cancel", self.cancel_view),
            ("again", self.again_view),
        ]
        of_all: list[tuple[str, Callable[..., HttpResponse]]] = [
            ("upload", self.upload_view),
            ("under-way", self.under_way_view),
            ("confirm-all", self.confirm_all_view),
        ]
        wrap = self.admin_site.admin_view
        return [
            *(path(f"{name}/", wrap(view), name=f"imports_fileimport_{name}") for name, view in of_all),
            *(path(f"<int:pk>/{name}/", wrap(view), name=f"imports_fileimport_{name}") for name, view in of_one),
            *super().get_urls(),
        ]

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Take files; without a script in the browser all at once."""
        self._refuse_unless_allowed(request)
        form = ImportForm(request.POST or None, request.FILES or None)
        if request.method == "POST" and form.is_valid():
            received = self._receive(request, form)
            if len(received) == 1:
                return HttpResponseRedirect(self._url("change", received[0].pk))
            return HttpResponseRedirect(self._url("add"))
        context = {
            **self.admin_site.each_context(request),
            "title": _("Import files"),
            "opts": self.opts,
            "form": form,
            "limit_mb": settings.UTKORG_IMPORT_MAX_MB,
            **self._under_way(request),
        }
        return TemplateResponse(request, "admin/imports/add.html", context)

    def upload_view(self, request: HttpRequest) -> HttpResponse:
        """Take one file of the page's script; the answer says where its page is, or why it isn't taken."""
        if request.method != "POST":
            raise PermissionDenied
        self._refuse_unless_allowed(request)
        form = ImportForm(request.POST, request.FILES)
        if not form.is_valid():
            problems = [str(text) for texts in form.errors.values() for text in texts]
            return JsonResponse({"error": " ".join(problems)}, status=400)
        try:
            (received,) = [self._receive_one(request, form, upload) for upload in form.cleaned_data["uploads"][:1]]
        except FileImportError as error:
            return JsonResponse({"error": str(error)}, status=400)
        return JsonResponse({"url": self._url("change", received.pk)})

    def under_way_view(self, request: HttpRequest) -> HttpResponse:
        """The part of the page that moves."""
        self._refuse_unless_allowed(request)
        return TemplateResponse(request, "admin/imports/under_way.html", self._under_way(request))

    def confirm_all_view(self, request: HttpRequest) -> HttpResponse:
        """Import all of one's own files that are read."""
        if request.method != "POST":
            raise PermissionDenied
        self._refuse_unless_allowed(request)
        count = 0
        for found in self._own(request).filter(status=Status.READY, pk__in=request.POST.getlist("import"))[:500]:
            count += self._may_steer(request, found) and self._tried(request, services.confirm, found)
        text = ngettext("%(count)d file is being imported.", "%(count)d files are being imported.", count)
        messages.info(request, text % {"count": count})
        return HttpResponseRedirect(self._url("add"))

    def _may_steer(self, request: HttpRequest, found: FileImport) -> bool:
        """Whether somebody may confirm, cancel and repeat one: into its company, or while it is of none their own."""
        if not request.user.has_perms(NEEDED):
            return False
        number = (found.preview or {}).get("company") or (found.company.number if found.company else "")
        if number:
            return may_import(scope.rights_of_request(request.user), number)
        return found.started_by_id == request.user.pk or companies_to_import_into(request.user) is None

    def _receive(self, request: HttpRequest, form: ImportForm) -> list[FileImport]:
        received = []
        for upload in form.cleaned_data["uploads"]:
            try:
                received.append(self._receive_one(request, form, upload))
            except FileImportError as error:
                messages.error(request, str(error))
        return received

    def _receive_one(self, request: HttpRequest, form: ImportForm, upload: Any) -> FileImport:
        return services.receive(
            upload=upload,
            name=upload.name or "",
            company_number=form.cleaned_data["company_number"],
            started_by=cast(User, request.user),
        )

    def _own(self, request: HttpRequest) -> QuerySet[FileImport]:
        return self.get_queryset(request).filter(started_by=cast(User, request.user).pk)

    def _under_way(self, request: HttpRequest) -> dict[str, Any]:
        unfinished = list(self._own(request).filter(status__in=FileImport.UNFINISHED)[:MOST_UNDER_WAY])
        lines = [
            {
                "file_import": found,
                "url": self._url("change", found.pk),
                "reached": reached(found.pk) if found.is_working else None,
                "preview": found.preview,
            }
            for found in unfinished
        ]
        return {
            "under_way": lines,
            "is_moving": any(found.is_working for found in unfinished),
            "ready": [found.pk for found in unfinished if found.status == Status.READY],
        }

    # Following one

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show how far it has come, what the file would change, its report or its error."""
        if not object_id.isdecimal():
            raise Http404
        # Who reads the page needs no message to come here.
        address = self._url("change", object_id)
        mark_read(Notice.objects.filter(user=cast(User, request.user).pk, url=address))
        return self._page(request, int(object_id), "page")

    def progress_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The part of the page that moves; when the state has changed the page as a whole is loaded again."""
        page = self._page(request, pk, "progress")
        if request.GET.get("status") != (page.context_data or {})["file_import"].status:
            page["HX-Refresh"] = "true"
        return page

    def confirm_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Import it."""
        return self._do(request, pk, services.confirm)

    def cancel_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """End it; nothing of it is stored."""
        return self._do(request, pk, services.cancel)

    def again_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Read it once more."""
        return self._do(request, pk, services.run_again)

    def _page(self, request: HttpRequest, pk: int, template: str) -> TemplateResponse:
        found = self._find(request, pk)
        kept = found.report or found.preview
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("Import %(number)d") % {"number": found.pk},
            "opts": self.opts,
            "file_import": found,
            "original": gettext("Import %(number)d") % {"number": found.pk},
            "may_import": self._may_steer(request, found),
            "reached": reached(found.pk) if found.is_working else None,
            "report": shown_report(kept) if kept else None,
            "error": shown_error(found.error) if found.error else None,
            "kept_days": settings.UTKORG_IMPORT_DAYS,
        }
        return TemplateResponse(request, f"admin/imports/{template}.html", context)

    def _find(self, request: HttpRequest, pk: int) -> FileImport:
        if not self.has_view_permission(request):
            raise PermissionDenied
        found: FileImport | None = (
            self.get_queryset(request).select_related("company", "started_by").filter(pk=pk).first()
        )
        if found is None:
            raise Http404
        return found

    def _do(self, request: HttpRequest, pk: int, service: Callable[..., FileImport]) -> HttpResponse:
        if request.method != "POST":
            raise PermissionDenied
        self._refuse_unless_allowed(request)
        found = self._find(request, pk)
        if not self._may_steer(request, found):
            raise PermissionDenied
        self._tried(request, service, found)
        return HttpResponseRedirect(self._url("change", pk))

    def _tried(self, request: HttpRequest, service: Callable[..., FileImport], found: FileImport) -> bool:
        try:
            after = service(file_import=found)
        except FileImportError as error:
            messages.error(request, str(error))
            return False
        if after.status == Status.CANCELLED:
            messages.info(request, gettext("%(file)s isn't imported.") % {"file": found.name})
        return True

    def _refuse_unless_allowed(self, request: HttpRequest) -> None:
        if not request.user.has_perms(NEEDED):
            raise PermissionDenied
