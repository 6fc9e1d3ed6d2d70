"""Companies and their financial years."""

from django.contrib import admin, messages
from django.contrib.auth.decorators import permission_required
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.formats import number_format
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _
from django.views.generic import RedirectView
from unfold.decorators import action, display

from access import scope
from access.http.admin import RegisterAdmin
from access.http.admin.filters import DayFilter, SearchFilter
from access.http.admin.owned import OwnedAdmin
from ledger.admin.storing import StoringAdmin
from ledger.models import Company, FinancialYear

MOST_TRANSFERRED = 200
TO_IMPORTS = RedirectView.as_view(pattern_name="admin:imports_fileimport_add")


@admin.register(Company)
class CompanyAdmin(StoringAdmin, RegisterAdmin):
    list_display = ("number", "name", "organisation_number", "currency", "active")
    list_filter = ("active", "currency")
    search_fields = ("number", "name", "organisation_number")
    ordering = ("number",)
    fields = ("number", "name", "organisation_number", "currency", "time_zone", "active")
    list_before_template = "admin/imports/import_link.html"
    change_form_outer_after_template = "admin/inbox/portal/link.html"
    actions = ("transfer_chosen",)

    def get_urls(self) -> list[URLPattern]:
        """Add the address that the page that takes files had once."""
        view = self.admin_site.admin_view(permission_required("ledger.add_voucher", raise_exception=True)(TO_IMPORTS))
        return [path("import-sie/", view, name="ledger_import_sie"), *super().get_urls()]

    def has_add_permission(self, request: HttpRequest) -> bool:
        """A new company is of nobody's yet: only who has the right in all of them makes one."""
        return super().has_add_permission(request) and scope.may_everywhere(request.user, "ledger.add_company")

    @action(description=_("Start a one-off transfer"), permissions=("transfer",))
    def transfer_chosen(self, request: HttpRequest, queryset: QuerySet[Company]) -> HttpResponse:
        """Lead to the page that asks for which subscriptions and what; it changes nothing here."""
        chosen = list(queryset.values_list("pk", flat=True)[: MOST_TRANSFERRED + 1])
        if len(chosen) > MOST_TRANSFERRED:
            most = number_format(MOST_TRANSFERRED, force_grouping=True)
            text = _("Choose at most %(count)s companies. For all of them start a transfer without choosing any.")
            self.message_user(request, text % {"count": most}, messages.WARNING)
            return HttpResponseRedirect(request.get_full_path())
        several = reverse("admin:onetime_transfer_transfer_several")
        return HttpResponseRedirect(f"{several}?{urlencode([('company', key) for key in chosen])}")

    def has_transfer_permission(self, request: HttpRequest) -> bool:
        """Whether somebody may start one-off transfers."""
        return bool(request.user.has_perm("onetime_transfer.add_transfer"))


@admin.register(FinancialYear)
class FinancialYearAdmin(StoringAdmin, OwnedAdmin):
    list_display = ("year", "company", "locked_until")
    list_filter = (
        ("company", SearchFilter),
        ("first_day", DayFilter),
        ("locked_until", DayFilter),
    )
    search_fields = ("company__number", "company__name")
    ordering = ("company_id", "-first_day")
    fields = ("company", "first_day", "last_day", "locked_until")

    @display(description=_("financial year"))
    def year(self, year: FinancialYear) -> str:
        """First and last day."""
        return str(year)
