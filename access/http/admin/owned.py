"""The base of the registers that belong to companies, and their fields that choose among one company's rows."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.db.models import DecimalField, Field, Model, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from access.http.admin import RegisterAdmin
from access.http.admin.amounts import AmountField
from access.http.admin.filters import SearchFilter
from ledger.models import Company

OF_COMPANY = "company"


def company_column(company: Company) -> str:
    """A company, cut off where the column ends; whole when pointed at."""
    return format_html('<span class="cut" title="{}">{}</span>', company, company)


class OwnedAdmin(RegisterAdmin):
    """A register whose rows each belong to one company.

    Its fields that refer to rows of the same company are searched within that company: the page's script adds the
    company to each search, and `get_search_results` narrows by it.
    """

    list_select_related: Sequence[str] | bool = ("company",)
    list_filter: Sequence[Any] = (("company", SearchFilter),)
    autocomplete_fields: Sequence[str] = ("company",)

    class Media:
        js = ("ledger/company.js",)

    @display(description=_("company"))
    def of_company(self, row: Any) -> str:
        """Whose row it is."""
        return company_column(row.company)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Search; for a field of a form, among the rows of that form's company alone."""
        company = request.GET.get(OF_COMPANY, "")
        if "field_name" in request.GET and company.isdecimal():
            queryset = queryset.filter(company_id=int(company))
        found: tuple[QuerySet[Any], bool] = super().get_search_results(request, queryset, search_term)
        return found

    def formfield_for_dbfield(self, db_field: "Field[Any, Any]", request: HttpRequest, **options: Any) -> Any:
        """Let amounts be typed as they are written."""
        if isinstance(db_field, DecimalField):
            return db_field.formfield(form_class=AmountField, decimals=db_field.decimal_places)
        return super().formfield_for_dbfield(db_field, request, **options)

    def get_form(
        self, request: HttpRequest, obj: Model | None = None, change: bool = False, **options: Any
    ) -> type[forms.ModelForm[Any]]:
        """Tell the page's script which company the row is of, where the page has no field for it."""
        form: type[forms.ModelForm[Any]] = super().get_form(request, obj, change, **options)
        company = getattr(obj, "company_id", None)
        for field in form.base_fields.values():
            if company is not None:
                field.widget.attrs["data-of-company"] = company
        return form
