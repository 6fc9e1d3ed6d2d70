"""The list of hours, its sums, and what can be done with what it shows."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import action, display

from access.http.admin.amounts import column
from access.http.admin.export.columns import Value
from access.http.admin.filters import DayFilter, SearchFilter
from access.http.admin.owned import OwnedAdmin
from access.http.admin.question import way_back
from timesheets.admin import files
from timesheets.admin.approving import APPROVE, approving, rows_of, sums, withdrawing
from timesheets.admin.filters import ApprovalFilter, ChangedFilter, EmployeeFilter, PeriodFilter, StatusFilter
from timesheets.admin.registration import registering, showing
from timesheets.models import LEVELS, TimeTransaction
from timesheets.services.deleting import delete_hours

MOST_ADDED = 10_000


@admin.register(TimeTransaction)
class TimeTransactionAdmin(OwnedAdmin):
    list_display = (
        "date_in",
        "employee_column",
        "category",
        "hours",
        "project_column",
        "approved",
        "external_status",
        "of_company",
    )
    list_filter = (
        ("company", SearchFilter),
        PeriodFilter,
        ("date_in", DayFilter),
        EmployeeFilter,
        ("time_category", SearchFilter),
        ("time_category_type", ChoicesDropdownFilter),
        ApprovalFilter,
        StatusFilter,
        ChangedFilter,
    )
    search_fields = ("employee", "external_id")
    search_help_text = _("Registration, employee or external id")
    ordering = ("-id",)
    actions = ("approve_chosen", "withdraw_chosen")
    list_before_template = "admin/timesheets/sums.html"
    exported: ClassVar[Mapping[str, Callable[[Any], Value]]] = {
        "employee_column": lambda row: f"{row.employee_id} {row.employee}".rstrip(),
        "category": lambda row: f"{row.time_category_name}",
        "hours": lambda row: row.quantity,
        "project_column": lambda row: row.project,
        "approved": lambda row: ", ".join(map(str, levels_of(row))),
        "external_status": lambda row: row.external_status_code,
        "of_company": lambda row: str(row.company),
    }

    # The list

    def get_ordering(self, request: HttpRequest) -> Sequence[str]:
        """The newest first; of one company by date, along the index for it."""
        return ("-date_in", "-id") if "company__id__exact" in request.GET else self.ordering

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """A number is a registration's or an employee's; anything else a name or an external id."""
        if search_term.isdecimal() and len(search_term) < 19 and "field_name" not in request.GET:
            number = int(search_term)
            return queryset.filter(uid=number) | queryset.filter(employee_id=number), False
        return super().get_search_results(request, queryset, search_term)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """With the sums of what is shown, once the list is narrowed."""
        page = super().changelist_view(request, extra_context)
        if isinstance(page, TemplateResponse) and page.context_data:
            found = page.context_data.get("cl")
            if found is not None and (found.query or found.has_active_filters) and found.result_count:
                page.context_data["sums"] = sums(found.queryset, MOST_ADDED)
                page.context_data["most_added"] = MOST_ADDED
        return page

    @display(description=_("employee"), ordering="employee_id")
    def employee_column(self, row: TimeTransaction) -> str:
        """Number and name."""
        return f"{row.employee_id} {row.employee}".rstrip()

    @display(description=_("time category"))
    def category(self, row: TimeTransaction) -> str:
        """The category's name, and of what type it is."""
        return row.time_category_name

    @display(description=_("hours"))
    def hours(self, row: TimeTransaction) -> str:
        """How many, lined up."""
        return column(row.quantity)

    @display(description=_("project"))
    def project_column(self, row: TimeTransaction) -> str:
        """Number and name of the project."""
        return f"{row.project_id or ''} {row.project}".strip() or "–"

    @display(description=pgettext_lazy("hours", "approved"))
    def approved(self, row: TimeTransaction) -> str:
        """The levels at which the row is approved."""
        found = levels_of(row)
        return ", ".join(map(str, found)) if found else "–"

    @display(description=_("external status code"))
    def external_status(self, row: TimeTransaction) -> str:
        """The mark, and whether the row was changed since."""
        if not row.external_status_code:
            return "–"
        if not row.changed_since_status:
            return row.external_status_code
        return format_html('{} <span class="hours-changed">{}</span>', row.external_status_code, _("changed since"))

    # One registration

    def get_urls(self) -> list[URLPattern]:
        """Add the questions about approval."""
        wrap = self.admin_site.admin_view
        return [
            path("approve/", wrap(self.approve_view), name="timesheets_timetransaction_approve"),
            path("csv/", wrap(self.csv_view), name="timesheets_timetransaction_csv"),
            path("csv/template/", wrap(self.csv_template_view), name="timesheets_timetransaction_csv_template"),
            path("csv/<int:pk>/", wrap(self.csv_file_view), name="timesheets_timetransaction_csv_file"),
            path("withdraw/", wrap(self.withdraw_view), name="timesheets_timetransaction_withdraw"),
            *super().get_urls(),
        ]

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Register hours, in several categories at once."""
        return registering(request, self)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The registration that a row is of."""
        row = self.get_object(request, unquote(object_id))
        if row is None:
            raise Http404
        return showing(request, self, row)

    def delete_model(self, request: HttpRequest, obj: Model) -> None:
        """Delete one row; an approved one only where the user may approve."""
        delete_hours(
            rows=TimeTransaction.objects.filter(pk=obj.pk), may_delete_approved=request.user.has_perm(APPROVE, obj)
        )

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Delete the chosen rows; approved ones only where the user may approve all of them."""
        rows = list(queryset.order_by("pk"))
        may = all(request.user.has_perm(APPROVE, row) for row in rows)
        delete_hours(rows=TimeTransaction.objects.filter(pk__in=[row.pk for row in rows]), may_delete_approved=may)

    # Files

    def csv_view(self, request: HttpRequest) -> HttpResponse:
        """Take a file of hours."""
        return files.taking(request, self)

    def csv_template_view(self, request: HttpRequest) -> HttpResponse:
        """A file to begin with."""
        return files.template(request)

    def csv_file_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """What a file would do, and whether it is to."""
        return files.confirming(request, self, pk)

    # Approving

    def has_approve_permission(self, request: HttpRequest) -> bool:
        """Somewhere; of which rows is looked at when they are chosen."""
        return bool(request.user.has_perm(APPROVE))

    def approve_view(self, request: HttpRequest) -> HttpResponse:
        """Approve the rows of the address."""
        return approving(request, rows_of(request), back_url=way_back(request, TimeTransaction))

    def withdraw_view(self, request: HttpRequest) -> HttpResponse:
        """Withdraw the approval of the rows of the address."""
        return withdrawing(request, rows_of(request), back_url=way_back(request, TimeTransaction))

    @action(description=_("Approve the chosen"), permissions=["approve"])
    def approve_chosen(self, request: HttpRequest, queryset: QuerySet[TimeTransaction]) -> HttpResponse:
        """Ask about the chosen rows, then approve them."""
        return approving(request, queryset, back_url=request.get_full_path())

    @action(description=_("Withdraw the approval of the chosen"), permissions=["approve"])
    def withdraw_chosen(self, request: HttpRequest, queryset: QuerySet[TimeTransaction]) -> HttpResponse:
        """Ask about the chosen rows, then withdraw their approval."""
        return withdrawing(request, queryset, back_url=request.get_full_path())


def levels_of(row: TimeTransaction) -> list[int]:
    """The levels at which a row is approved."""
    return [number for number, name in enumerate(LEVELS, start=1) if getattr(row, f"approved_level_{name}")]
