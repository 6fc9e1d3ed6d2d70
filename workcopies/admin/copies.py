"""Checking out, and who has what checked out since when."""

from decimal import Decimal
from typing import Any, cast

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.db.models import Count, IntegerField, OuterRef, Q, QuerySet, Subquery
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.template.defaultfilters import filesizeformat
from django.template.response import TemplateResponse
from django.urls import URLPattern
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.text import capfirst, get_valid_filename
from django.utils.translation import gettext, ngettext, pgettext
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from access import scope
from access.http.admin import company_picker as picker
from access.http.admin.amounts import column
from access.http.admin.filters import DayFilter, SearchFilter
from access.http.admin.question import Question, ask
from ledger.models import Company
from workcopies import making, withdrawing
from workcopies.admin.estimate import estimate
from workcopies.admin.following import FollowingAdmin
from workcopies.admin.forms import CHECK_OUT, CheckOutForm, years_told
from workcopies.exceptions import WorkingCopyError
from workcopies.models import Conflict, WorkingCopy
from workcopies.progress import percent
from workcopies.scope import may_in_all

Status = WorkingCopy.Status

VIEW = "workcopies.view_workingcopy"
WITHDRAW = "workcopies.delete_workingcopy"
CHECK_IN = "workcopies.check_in"
LABELS = {
    Status.WAITING: "info",
    Status.MAKING: "info",
    Status.OUT: "success",
    Status.WITHDRAWN: "warning",
    Status.FAILED: "danger",
}
MOST_NAMED = 12
MOST_CHECK_INS = 20
MOST_YEARS = 4


@admin.register(WorkingCopy)
class WorkingCopyAdmin(FollowingAdmin):
    folder = "copy"
    list_before_template = "admin/workcopies/links.html"
    list_display = (
        "name",
        "state",
        "of_companies",
        "row_count",
        "shown_size",
        "made_by",
        "made_at",
        "checked_in_at",
    )
    list_select_related = ("made_by",)
    list_filter = (
        ("status", ChoicesDropdownFilter),
        ("companies", SearchFilter),
        ("made_by", SearchFilter),
        ("made_at", DayFilter),
    )
    search_fields = ("name", "made_by_name", "made_by__username")
    ordering = ("-id",)
    add_words = _("Check out a working copy")

    # The list

    def get_queryset(self, request: HttpRequest) -> QuerySet[WorkingCopy]:
        """Those with a company within reach, and one's own; with the companies within reach, counted."""
        every = cast("QuerySet[WorkingCopy]", ModelAdmin.get_queryset(self, request))
        reach = scope.reach_of(request.user, VIEW)
        held = WorkingCopy.companies.through.objects.filter(workingcopy=OuterRef("pk")).order_by()
        if reach.companies is not None:
            mine = self._known_companies(request)
            held = held.filter(company__in=mine.order_by().values("pk"))
            own = Q(made_by=cast(User, request.user).pk)
            every = every.filter(own | reach.of(WorkingCopy))
        counted = held.values("workingcopy").annotate(count=Count("pk")).values("count")
        first = held.order_by("company__number")
        return every.annotate(
            companies_counted=Subquery(counted, output_field=IntegerField()),
            first_number=Subquery(first.values("company__number")[:1]),
            first_name=Subquery(first.values("company__name")[:1]),
        )

    @display(description=_("status"), label=LABELS, ordering="status")
    def state(self, copy: WorkingCopy) -> tuple[str, str]:
        """Whether it may be worked in."""
        return copy.status, capfirst(copy.get_status_display())

    @display(description=_("companies"))
    def of_companies(self, copy: WorkingCopy) -> str:
        """Its company, or how many they are, over the years where it hasn't all."""
        count, known = getattr(copy, "companies_counted", None) or 0, cast(Any, copy)
        text = ngettext("%(count)s company", "%(count)s companies", count)
        named = text % {"count": number_format(count, force_grouping=True)}
        if count == 1:
            one = f"{known.first_number} {known.first_name}"
            named = format_html('<span class="cut" title="{0}">{0}</span>', one)
        if not copy.years:
            return named
        begins = sorted({day[:4] for days in copy.years.values() for day in days})
        years = ", ".join(begins[:MOST_YEARS]) + (" …" if len(begins) > MOST_YEARS else "")
        return format_html('{} <span class="chosen">{}</span>', named, years)

    @display(description=_("rows"), ordering="rows")
    def row_count(self, copy: WorkingCopy) -> str | None:
        """How many rows it holds."""
        return column(Decimal(copy.rows), 0) if copy.made_at else None

    @display(description=_("size"), ordering="size")
    def shown_size(self, copy: WorkingCopy) -> str:
        """How large the file was."""
        return filesizeformat(copy.size) if copy.size else ""

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Who may look, and who checks out themselves."""
        return request.user.has_perm(VIEW) or request.user.has_perm(CHECK_OUT)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Checking out has a right of its own."""
        return request.user.has_perm(CHECK_OUT)

    def has_module_permission(self, request: HttpRequest) -> bool:
        """As for its pages."""
        return self.has_view_permission(request)

    def get_urls(self) -> list[URLPattern]:
        """Add what the page that checks out asks for, and what can be done with one."""
        return [
            *self.of_all(companies=self.companies_view, years=self.years_view, estimate=self.estimate_view),
            *self.of_one(
                fetch=self.fetch_view,
                again=self.again_view,
                withdraw=self.withdraw_view,
                give_back=self.give_back_view,
            ),
            *super().get_urls(),
        ]

    # Checking out

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Ask for companies and years, and have the copy made."""
        self.refuse_unless(self.has_add_permission(request))
        user = cast(User, request.user)
        form = CheckOutForm(user, request.POST) if request.method == "POST" else self._begun(request)
        if request.method == "POST" and form.is_valid():
            values = form.cleaned_data
            try:
                made = making.ask(
                    companies=list(values["companies"]),
                    years=values["first_days"],
                    user=user,
                    rights=scope.rights_of_request(user),
                    name=values["name"],
                )
                return HttpResponseRedirect(self._url("change", made.pk))
            except WorkingCopyError as error:
                form.add_error(None, str(error))
        context = {
            **self.admin_site.each_context(request),
            "title": _("Check out a working copy"),
            "opts": self.opts,
            "form": form,
            "media": self.media + form.media,
            "kept_days": settings.UTKORG_WORKING_COPY_DAYS,
        }
        return TemplateResponse(request, "admin/workcopies/copy/add.html", context)

    def companies_view(self, request: HttpRequest) -> HttpResponse:
        """Find companies to check out."""
        return picker.search_among(request, CHECK_OUT)

    def years_view(self, request: HttpRequest) -> HttpResponse:
        """The financial years of the chosen companies."""
        return self._part(request, "years", {})

    def estimate_view(self, request: HttpRequest) -> HttpResponse:
        """About how many rows it would be."""
        self.refuse_unless(self.has_add_permission(request))
        form = CheckOutForm(cast(User, request.user), request.POST)
        found = None
        if form.is_valid():
            values = form.cleaned_data
            found = estimate(companies=list(values["companies"]), years=values["first_days"])
        return self._part(request, "estimate", {"estimate": found, "form": form})

    def _begun(self, request: HttpRequest) -> CheckOutForm:
        """The empty form, or one with a company in it (`?company=<id>`)."""
        chosen = request.GET.get("company", "")
        known = scope.within(scope.visible_companies(request.user), request.user, CHECK_OUT)
        companies = known.filter(pk=int(chosen)) if chosen.isdecimal() and len(chosen) < 19 else known.none()
        return CheckOutForm(cast(User, request.user), initial={"companies": list(companies), "which": "all"})

    def _part(self, request: HttpRequest, name: str, context: dict[str, Any]) -> TemplateResponse:
        self.refuse_unless(self.has_add_permission(request))
        shown = {"form": CheckOutForm(cast(User, request.user), request.POST), **context}
        return TemplateResponse(request, f"admin/workcopies/copy/{name}.html", shown)

    # Following one

    def context_of(self, request: HttpRequest, found: WorkingCopy) -> dict[str, Any]:
        """How far it has come, what is in it, and what came back of it."""
        known = self._companies(request, found)
        more = (getattr(found, "companies_counted", None) or 0) - MOST_NAMED
        shown = {company.number for company in known[:MOST_NAMED]}
        years = {number: days for number, days in found.years.items() if number in shown}
        return {
            "copy": found,
            "is_making": found.status in WorkingCopy.UNFINISHED,
            "percent": percent(found.pk) or 0 if found.status == Status.MAKING else 0,
            "companies": known[:MOST_NAMED],
            "more_companies": max(more, 0),
            "years": list(years_told(years)),
            "check_ins": found.check_ins.defer("preview", "report").order_by("-id")[:MOST_CHECK_INS],
            "open_conflicts": found.conflicts.filter(status=Conflict.Status.OPEN).count(),
            "file_name": self._name_of_file(found),
            "may_fetch": self._may_fetch(request, found),
            "is_mine": found.made_by_id == request.user.pk,
            "may_withdraw": self._may_withdraw(request, found),
            "may_check_in": request.user.has_perm(CHECK_IN),
            "may_see_check_ins": request.user.has_perm(CHECK_IN) or request.user.has_perm("workcopies.view_checkin"),
            "kept_days": settings.UTKORG_WORKING_COPY_DAYS,
        }

    def fetch_view(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """Send the file to whoever checked it out: what is in it is what they may see."""
        found = self.find(request, pk)
        self.refuse_unless(self._may_fetch(request, found))
        if found.status != Status.OUT or not found.file:
            raise Http404
        try:
            file = found.file.open()
        except OSError:
            messages.error(request, gettext("The file isn't kept any more. Check out a new working copy."))
            return HttpResponseRedirect(self._url("change", pk))
        making.fetched(found)
        return FileResponse(
            file, as_attachment=True, filename=self._name_of_file(found), content_type="application/vnd.sqlite3"
        )

    def again_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Have one made that broke off."""
        found = self.find(request, pk)
        self.refuse_unless(request.method == "POST" and self._may_fetch(request, found))
        return self.tried(request, pk, making.ask_again, copy=found)

    def withdraw_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask, telling what is lost, then withdraw it."""
        found = self.find(request, pk)
        self.refuse_unless(self._may_withdraw(request, found))
        if request.method == "POST":
            was_making = found.status in WorkingCopy.UNFINISHED
            answer = self.tried(request, pk, withdrawing.withdraw, copy=found, user=request.user)
            if not was_making:
                messages.success(request, gettext("%(copy)s is withdrawn.") % {"copy": found.name})
            return answer
        return ask(request, self._question(found), WorkingCopy)

    def give_back_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Undo it."""
        found = self.find(request, pk)
        self.refuse_unless(request.method == "POST" and self._may_withdraw(request, found))
        return self.tried(request, pk, withdrawing.give_back, copy=found, user=request.user)

    def _question(self, copy: WorkingCopy) -> Question:
        lead = [
            gettext(
                "The file can't be checked in any more, wherever it is and whoever has it. What was done in it since "
                "it was last checked in doesn't come here."
            )
        ]
        if copy.status in WorkingCopy.UNFINISHED:
            return Question(
                title=gettext("Cancel %(copy)s?") % {"copy": copy.name},
                back_url=self._url("change", copy.pk),
                button=gettext("Cancel the check-out"),
                lead=[gettext("The file isn't made. You can check out another one at any time.")],
            )
        waiting = copy.conflicts.filter(status=Conflict.Status.OPEN).count()
        if waiting:
            text = ngettext(
                "%(count)s conflict of earlier check-ins stays, and can still be resolved.",
                "%(count)s conflicts of earlier check-ins stay, and can still be resolved.",
                waiting,
            )
            lead.append(text % {"count": waiting})
        lead.append(gettext("Nothing in the registers changes, and you can give the working copy back later."))
        return Question(
            title=gettext("Withdraw %(copy)s?") % {"copy": copy.name},
            back_url=self._url("change", copy.pk),
            button=pgettext("working copy", "Withdraw"),
            lead=lead,
            is_loss=True,
        )

    def _companies(self, request: HttpRequest, copy: WorkingCopy) -> list[Company]:
        held = copy.companies.filter(pk__in=self._known_companies(request).order_by().values("pk"))
        return list(held.order_by("number")[:MOST_NAMED])

    def _known_companies(self, request: HttpRequest) -> QuerySet[Company]:
        return scope.visible_companies(request.user)

    def _may_fetch(self, request: HttpRequest, copy: WorkingCopy) -> bool:
        return copy.made_by_id == request.user.pk and self._may_in_all(request, CHECK_OUT, copy)

    def _may_withdraw(self, request: HttpRequest, copy: WorkingCopy) -> bool:
        if copy.made_by_id == request.user.pk and copy.status in WorkingCopy.UNFINISHED:
            return True  # nobody has anything of it yet
        return self._may_in_all(request, WITHDRAW, copy)

    def _may_in_all(self, request: HttpRequest, permission: str, copy: WorkingCopy) -> bool:
        return may_in_all(scope.rights_of_request(request.user), permission, copy)

    def _name_of_file(self, copy: WorkingCopy) -> str:
        return f"{get_valid_filename(copy.name)}.utkorg"
