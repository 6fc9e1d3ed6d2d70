"""Checking in: a file is sent, looked at, and lands; nothing is written before somebody has seen what."""

from collections.abc import Iterable
from typing import Any, cast

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.db.models import F, Func, IntegerField, Q, QuerySet
from django.db.models.fields.json import KeyTransform
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect, JsonResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern
from django.utils.formats import number_format
from django.utils.http import content_disposition_header
from django.utils.text import capfirst
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from access import scope
from access.http.admin.export import csv_file
from access.http.admin.export.streaming import streamed
from access.http.admin.filters import DayFilter, SearchFilter
from ledger.models import Company
from workcopies import receiving
from workcopies.admin.following import FollowingAdmin
from workcopies.admin.forms import CheckInForm
from workcopies.admin.outcome import LISTS, MOST_LISTED, Document, Outcome, csv_columns, page_of_document
from workcopies.check_in_worker import reached
from workcopies.exceptions import WorkingCopyError
from workcopies.models import CheckIn
from workcopies.scope import of_copies

Status = CheckIn.Status

VIEW = "workcopies.view_checkin"
CHECK_IN = "workcopies.check_in"
LABELS = {
    Status.WAITING: "info",
    Status.READING: "info",
    Status.READY: "warning",
    Status.QUEUED: "info",
    Status.LANDING: "info",
    Status.DONE: "success",
    Status.REFUSED: "danger",
    Status.FAILED: "danger",
    Status.CANCELLED: "warning",
}
MOST_UNDER_WAY = 20
COUNTED = ("landed", "conflicts", "refused")
ADVICE = {
    "bad_file": _("Choose the file that was checked out, with the ending .utkorg, as you worked in it."),
    "damaged_file": _("Copy it once more from where you worked in it, and send that one."),
    "tampered_file": _("Check out a new working copy, and do there what you did in this one."),
    "foreign_file": _("The page of working copies there takes it."),
    "newer_file": _("Tell who runs Utkorg."),
    "other_version": _("Check out a new working copy, and do there what you did in this one."),
    "file_in_use": _("Stop the working copy where you worked in it, then send the file once more."),
    "withdrawn": _(
        "Its page tells who withdrew it and when. Who has the right may give it back there; then send it again."
    ),
    "unknown_copy": _("Ask who runs Utkorg whether the database was restored; then check out a new working copy."),
    "permission_denied": _("Ask whoever administers the users for the right, or let somebody check it in who has it."),
    "changed_meanwhile": _("Nothing of the file landed. Try again in a while."),
}


@admin.register(CheckIn)
class CheckInAdmin(FollowingAdmin):
    folder = "check_in"
    list_before_template = "admin/workcopies/links.html"
    list_display = ("name", "state", "copy", "outcome", "who", "by_way_of", "received_at")
    list_select_related = ("working_copy", "by")
    list_filter = (
        ("status", ChoicesDropdownFilter),
        ("working_copy", SearchFilter),
        ("by", SearchFilter),
        ("received_at", DayFilter),
    )
    search_fields = ("name", "working_copy__name", "by_name")
    ordering = ("-id",)
    add_words = _("Check in a working copy")

    # The list

    def get_queryset(self, request: HttpRequest) -> QuerySet[CheckIn]:
        """Those of copies with a company within reach, and one's own; without the documents, which may be many."""
        every = cast("QuerySet[CheckIn]", ModelAdmin.get_queryset(self, request))
        if (companies := self._reach(request)) is not None:
            within = of_copies(Company.objects.filter(pk__in=companies))
            every = every.filter(Q(by=cast(User, request.user).pk) | within)
        counts = {f"{name}_count": _length_of(name) for name in COUNTED}
        return every.defer("preview", "report").annotate(**counts)

    @display(description=_("status"), label=LABELS, ordering="status")
    def state(self, check_in: CheckIn) -> tuple[str, str]:
        """How far it has come."""
        return check_in.status, capfirst(check_in.get_status_display())

    @display(description=_("working copy"), ordering="working_copy__name")
    def copy(self, check_in: CheckIn) -> str:
        """Which one it is of, once that is known."""
        return str(check_in.working_copy or "")

    @display(description=_("outcome"))
    def outcome(self, check_in: CheckIn) -> str:
        """What came of it, in numbers."""
        landed, conflicts, refused = (getattr(check_in, f"{name}_count", None) or 0 for name in COUNTED)
        if check_in.status != Status.DONE:
            return ""
        told = [ngettext("%(count)s landed", "%(count)s landed", landed) % {"count": _number(landed)}]
        if conflicts:
            told.append(
                ngettext("%(count)s conflict", "%(count)s conflicts", conflicts) % {"count": _number(conflicts)}
            )
        if refused:
            told.append(ngettext("%(count)s refused", "%(count)s refused", refused) % {"count": _number(refused)})
        return ", ".join(told)

    @display(description=_("checked in by"), ordering="by_name")
    def who(self, check_in: CheckIn) -> str:
        """Who sent it."""
        return check_in.by_name or str(check_in.by or "")

    @display(description=_("by way of"), ordering="via")
    def by_way_of(self, check_in: CheckIn) -> str:
        """How it came."""
        ways = {"admin": _("The admin"), "api": _("REST"), "command": _("Command")}
        return str(ways.get(check_in.via, check_in.via))

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Who may look, and who may check in."""
        return request.user.has_perm(VIEW) or request.user.has_perm(CHECK_IN)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Checking in has a right of its own."""
        return request.user.has_perm(CHECK_IN)

    def has_module_permission(self, request: HttpRequest) -> bool:
        """As for its pages."""
        return self.has_view_permission(request)

    def get_urls(self) -> list[URLPattern]:
        """Add the parts that move, and what can be done with one."""
        return [
            *self.of_all(upload=self.upload_view, under_way=self.under_way_view),
            *self.of_one(
                confirm=self.confirm_view,
                cancel=self.cancel_view,
                again=self.again_view,
                list=self.list_view,
                document=self.document_view,
            ),
            *super().get_urls(),
        ]

    # Sending a file

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Take a file, also without a script in the browser."""
        self.refuse_unless(self.has_add_permission(request))
        form = CheckInForm(request.POST or None, request.FILES or None)
        if request.method == "POST" and form.is_valid():
            try:
                received = self._receive(request, form)
                return HttpResponseRedirect(self._url("change", received.pk))
            except WorkingCopyError as error:
                form.add_error("uploads", str(error))
        context = {
            **self.admin_site.each_context(request),
            "title": _("Check in a working copy"),
            "opts": self.opts,
            "form": form,
            "limit_mb": settings.UTKORG_WORKING_COPY_MAX_MB,
            **self._under_way(request),
        }
        return TemplateResponse(request, "admin/workcopies/check_in/add.html", context)

    def upload_view(self, request: HttpRequest) -> HttpResponse:
        """Take the file of the page's script; the answer says where its page is, or why it isn't taken."""
        self.refuse_unless(request.method == "POST" and self.has_add_permission(request))
        form = CheckInForm(request.POST, request.FILES)
        if not form.is_valid():
            problems = [str(text) for texts in form.errors.values() for text in texts]
            return JsonResponse({"error": " ".join(problems)}, status=400)
        try:
            return JsonResponse({"url": self._url("change", self._receive(request, form).pk)})
        except WorkingCopyError as error:
            return JsonResponse({"error": str(error)}, status=400)

    def under_way_view(self, request: HttpRequest) -> HttpResponse:
        """The part of the page that moves."""
        self.refuse_unless(self.has_add_permission(request))
        return TemplateResponse(request, "admin/workcopies/check_in/under_way.html", self._under_way(request))

    def _receive(self, request: HttpRequest, form: CheckInForm) -> CheckIn:
        upload = form.cleaned_data["uploads"]
        return receiving.receive(upload=upload, name=upload.name or "", by=cast(User, request.user))

    def _under_way(self, request: HttpRequest) -> dict[str, Any]:
        own = self.get_queryset(request).filter(by=cast(User, request.user).pk, status__in=CheckIn.UNFINISHED)
        unfinished = list(own.select_related("working_copy")[:MOST_UNDER_WAY])
        lines = [
            {
                "check_in": found,
                "url": self._url("change", found.pk),
                "reached": reached(found.pk) if found.is_working else None,
            }
            for found in unfinished
        ]
        return {"under_way": lines, "is_moving": any(found.is_working for found in unfinished)}

    # Following one

    def find(self, request: HttpRequest, pk: int) -> CheckIn:
        """With its documents."""
        found: CheckIn = super().find(request, pk)
        found.refresh_from_db(fields=["preview", "report"])
        return found

    def context_of(self, request: HttpRequest, found: CheckIn) -> dict[str, Any]:
        """How far it has come, what would land or has, or why nothing does."""
        copy = found.working_copy
        error = found.error or {}
        return {
            "check_in": found,
            "copy": copy,
            "companies": self._companies(request, found),
            "reached": reached(found.pk) if found.is_working else None,
            "outcome": self._outcome(request, found) if found.preview or found.report else None,
            "error": error,
            "advice": ADVICE.get(error.get("code", ""), ""),
            "may_steer": self._may_steer(request, found),
            "may_cancel": self._may_cancel(request, found),
            "kept_days": settings.UTKORG_WORKING_COPY_DAYS,
        }

    def confirm_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Let it land."""
        found = self._steered(request, pk)
        allow = "allow_deletions" in request.POST
        return self.tried(request, pk, receiving.confirm, check_in=found, allow_deletions=allow)

    def cancel_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """End it; nothing of it lands."""
        found = self.find(request, pk)
        self.refuse_unless(request.method == "POST" and self._may_cancel(request, found))
        return self.tried(request, pk, receiving.cancel, check_in=found)

    def again_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Look at the file once more."""
        return self.tried(request, pk, receiving.run_again, check_in=self._steered(request, pk))

    def list_view(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """One of the lists (`?of=landed`) as a file."""
        found = self.find(request, pk)
        part, documents = self._documents(request, found)
        answer = streamed(
            request, csv_file.written(csv_columns(part), [documents]), content_type="text/csv; charset=utf-8"
        )
        answer["Content-Disposition"] = content_disposition_header(True, f"{found.name}-{part}.csv")
        return answer

    def document_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Lead to the page of a document that a list names by its place (`?of=landed&at=0`)."""
        found = self.find(request, pk)
        _part, documents = self._documents(request, found)
        chosen = [one for one in documents if str(one.number) == request.GET.get("at")]
        if not chosen:
            raise Http404
        address = page_of_document(chosen[0], self.admin_site)
        if address is None:
            messages.info(request, gettext("It isn't there any more; somebody has deleted it since."))
            return HttpResponseRedirect(self._url("change", pk))
        return HttpResponseRedirect(address)

    def _documents(self, request: HttpRequest, found: CheckIn) -> tuple[str, list[Document]]:
        part = request.GET.get("of", "")
        if part not in LISTS or not (found.preview or found.report):
            raise Http404
        return part, self._outcome(request, found, most=None).documents(part)

    def _outcome(self, request: HttpRequest, found: CheckIn, most: int | None = MOST_LISTED) -> Outcome:
        return Outcome(preview=found.preview or {}, report=found.report, known=self._numbers(request, found), most=most)

    def _numbers(self, request: HttpRequest, found: CheckIn) -> frozenset[str] | None:
        """The numbers of the companies whose documents the reader may see; None for all."""
        reach = self._reach(request)
        if reach is None or found.working_copy is None:
            return None
        companies = found.working_copy.companies.filter(pk__in=reach)
        return frozenset(companies.order_by().values_list("number", flat=True))

    def _companies(self, request: HttpRequest, found: CheckIn) -> list[Any]:
        if found.working_copy is None:
            return []
        held = found.working_copy.companies.filter(pk__in=scope.visible_companies(request.user).order_by().values("pk"))
        return list(held.order_by("number")[:6])

    def _steered(self, request: HttpRequest, pk: int) -> CheckIn:
        found = self.find(request, pk)
        self.refuse_unless(request.method == "POST" and self._may_steer(request, found))
        return found

    def _may_steer(self, request: HttpRequest, found: CheckIn) -> bool:
        """Whoever sent it: it lands by their rights and in their name."""
        return found.by_id == request.user.pk and request.user.has_perm(CHECK_IN) and found.via == receiving.VIA

    def _may_cancel(self, request: HttpRequest, found: CheckIn) -> bool:
        everywhere = scope.rights_of_request(request.user).companies_with(CHECK_IN) is None
        return self._may_steer(request, found) or (everywhere and found.via == receiving.VIA)

    def _reach(self, request: HttpRequest) -> frozenset[int] | None:
        rights = scope.rights_of_request(request.user)
        reaches = [rights.companies_with(permission) for permission in (VIEW, CHECK_IN)]
        if None in reaches:
            return None
        return frozenset().union(*cast("Iterable[frozenset[int]]", reaches))


def _length_of(name: str) -> Func:
    return Func(KeyTransform(name, F("report")), function="jsonb_array_length", output_field=IntegerField())


def _number(value: int) -> str:
    return number_format(value, force_grouping=True)
