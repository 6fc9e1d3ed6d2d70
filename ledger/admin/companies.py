"""Companies and their financial years."""

from django.contrib import admin
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import AutocompleteSelectFilter, RangeDateFilter
from unfold.decorators import display

from access.http.admin import RegisterAdmin
from ledger.admin.owned import OwnedAdmin
from ledger.admin.sie import import_sie
from ledger.models import Company, FinancialYear


@admin.register(Company)
class CompanyAdmin(RegisterAdmin):
    list_display = ("number", "name", "organisation_number", "currency", "active")
    list_filter = ("active", "currency")
    search_fields = ("number", "name", "organisation_number")
    ordering = ("number",)
    fields = ("number", "name", "organisation_number", "currency", "time_zone", "active")
    list_before_template = "admin/ledger/company/import_link.html"

    def get_urls(self) -> list[URLPattern]:
        """Add the page that takes SIE files."""
        view = self.admin_site.admin_view(lambda request: import_sie(request, self))
        return [path("import-sie/", view, name="ledger_import_sie"), *super().get_urls()]


@admin.register(FinancialYear)
class FinancialYearAdmin(OwnedAdmin):
    list_display = ("year", "company", "locked_until")
    list_filter = (
        ("company", AutocompleteSelectFilter),
        ("first_day", RangeDateFilter),
        ("locked_until", RangeDateFilter),
    )
    search_fields = ("company__number", "company__name")
    ordering = ("company_id", "-first_day")
    fields = ("company", "first_day", "last_day", "locked_until")

    @display(description=_("financial year"))
    def year(self, year: FinancialYear) -> str:
        """First and last day."""
        return str(year)
