"""The chart of accounts, the dimensions, and balances."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.admin import TabularInline
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from access.http.admin import ReadOnlyAdmin
from access.http.admin.amounts import column
from access.http.admin.filters import SearchFilter
from access.http.admin.owned import OwnedAdmin, company_column
from access.http.admin.rightful import RightfulInline
from ledger.admin.columns import year_column
from ledger.admin.filters import AccountFilter, YearFilter
from ledger.admin.storing import StoringAdmin
from ledger.models import Account, Balance, DimensionValue, OtherDimension, OtherDimensionValue
from ledger.services.master_data import change_row, create_row, delete_row
from ledger.services.vouchers import DIMENSIONS


@admin.register(Account)
class AccountAdmin(StoringAdmin, OwnedAdmin):
    list_display = ("number", "name", "account_type", "active", "of_company")
    list_filter = (("company", SearchFilter), ("account_type", ChoicesDropdownFilter), "active")
    search_fields = ("number__startswith", "name")
    ordering = ("company_id", "number")
    fields = ("company", "number", "name", "account_type", "active")


@admin.register(DimensionValue)
class DimensionValueAdmin(StoringAdmin, OwnedAdmin):
    list_display = ("code", "name", "dimension", "active", "valid_from", "valid_to", "of_company")
    list_filter = (("company", SearchFilter), ("dimension", ChoicesDropdownFilter), "active")
    search_fields = ("code__startswith", "name")
    ordering = ("company_id", "dimension", "code")
    fields = ("company", "dimension", "code", "name", "active", "valid_from", "valid_to")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Search; for a row's cost centre among cost centres alone, and so on."""
        dimension = DIMENSIONS.get(request.GET.get("field_name", ""))
        if dimension is not None:
            queryset = queryset.filter(dimension=dimension)
        return super().get_search_results(request, queryset, search_term)


class OtherDimensionValueInline(RightfulInline, TabularInline):
    model = OtherDimensionValue
    fields = ("code", "name")
    extra = 0
    per_page = 50


@admin.register(OtherDimension)
class OtherDimensionAdmin(StoringAdmin, OwnedAdmin):
    """Where a SIE dimension beyond cost centre and project is mapped to object or management area."""

    list_display = ("number", "name", "dimension", "parent_number", "of_company")
    list_filter = (("company", SearchFilter), ("dimension", ChoicesDropdownFilter))
    search_fields = ("number", "name")
    ordering = ("company_id", "number")
    fields = ("company", "number", "name", "parent_number", "dimension")
    inlines = (OtherDimensionValueInline,)

    def save_formset(self, request: HttpRequest, form: ModelForm[Any], formset: Any, change: bool) -> None:
        """Make, change and delete the objects by the service as well."""
        formset.save(commit=False)
        for row in formset.deleted_objects:
            delete_row(row=row)
        for row, names in formset.changed_objects:
            stored = type(row).objects.get(pk=row.pk)
            change_row(row=stored, values={name: getattr(row, name) for name in names})
        for row in formset.new_objects:
            create_row(row=row, values={})


@admin.register(Balance)
class BalanceAdmin(ReadOnlyAdmin, OwnedAdmin):
    """As the bookkeeping program stated them: read, never written by hand."""

    list_display = ("account", "kind", "period", "objects", "amount_column", "year", "of_company")
    list_select_related = ("account", "financial_year__company")
    list_filter = (
        ("financial_year__company", SearchFilter),
        YearFilter,
        AccountFilter,
        ("kind", ChoicesDropdownFilter),
    )
    search_fields = ("account__number__startswith", "account__name")
    ordering = ("financial_year_id", "account_id", "kind", "period")
    autocomplete_fields = ()
    fields = ("of_company", "financial_year", "account", "kind", "period", "objects", "amount_column", "quantity")

    @display(description=_("amount"), ordering="amount")
    def amount_column(self, balance: Balance) -> str:
        """The amount, lined up."""
        return column(balance.amount)

    @display(description=_("company"))
    def of_company(self, row: Balance) -> str:
        """Whose year it is."""
        return company_column(row.financial_year.company)

    @display(description=_("financial year"))
    def year(self, balance: Balance) -> str:
        """The year's days."""
        return year_column(balance.financial_year)

    @display(description=_("objects"))
    def objects(self, balance: Balance) -> str:
        """SIE dimensions and codes."""
        return ", ".join(f"{dimension}: {code}" for dimension, code in balance.objects_json.items())
