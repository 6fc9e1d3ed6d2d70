"""Vouchers: a list, and one page for a voucher with its rows, posted by the service."""

from collections.abc import Sequence
from typing import Any, cast

from django.contrib import admin
from django.db.models import Count, Model, OuterRef, Q, QuerySet, Subquery, Sum
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.admin import TabularInline
from unfold.contrib.filters.admin import FieldTextFilter
from unfold.decorators import display

from access.http.admin.amounts import column
from access.http.admin.filters import DayFilter, SearchFilter
from access.http.admin.voucher_rows import RowForm, RowFormSet
from ledger.admin.columns import year_column
from ledger.admin.filters import YearFilter
from ledger.admin.reversing import ReversingAdmin, reversal_of
from ledger.admin.voucher_forms import VoucherForm
from ledger.models import LedgerEntry, Voucher
from ledger.services.vouchers import ENTRY_FIELDS, Entry, change_voucher, delete_voucher, post_voucher

# A page of more rows than this is of no use to anybody: they are read in the list of ledger entries.
MOST_ROWS = 200


class RowInline(TabularInline):
    model = LedgerEntry
    form = RowForm
    formset = RowFormSet
    fields = (
        "account",
        "text",
        "debit",
        "credit",
        "cost_centre",
        "project",
        "object",
        "management_area",
        "quantity",
    )
    ordering = ("row",)
    hide_title = True
    verbose_name = _("row")
    verbose_name_plural = _("rows")

    def get_extra(self, request: HttpRequest, obj: Voucher | None = None, **_options: Any) -> int:
        """Room for the usual rows of a new voucher."""
        return 0 if obj else 4

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Who may write vouchers writes their rows."""
        if obj is None:
            return bool(request.user.has_perm("ledger.add_voucher"))
        return bool(request.user.has_perm("ledger.change_voucher", obj))

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Who may write vouchers writes their rows."""
        return self.has_add_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Who may write vouchers writes their rows."""
        return self.has_add_permission(request, obj)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Who may see vouchers sees their rows."""
        return bool(request.user.has_perm("ledger.view_voucher", obj)) or self.has_add_permission(request, obj)

    def get_formset(self, request: HttpRequest, obj: Model | None = None, **options: Any) -> Any:
        """One that takes only what whoever writes may know of."""
        made = super().get_formset(request, obj, **options)
        return type(made.__name__, (made,), {"asker": request.user})


@admin.register(Voucher)
class VoucherAdmin(ReversingAdmin):
    form = VoucherForm
    inlines = (RowInline,)
    list_display = ("name", "voucher_date", "text", "total", "year", "of_company")
    list_filter = (
        ("company", SearchFilter),
        YearFilter,
        ("series", FieldTextFilter),
        ("voucher_date", DayFilter),
        ("registered_on", DayFilter),
    )
    search_fields = ("text",)
    search_help_text = _("Number (17), series and number (A 17), or text")
    ordering = ("-id",)
    fields = ("company", ("series", "number"), "financial_year", "voucher_date", "text", "registered_on", "signature")
    change_form_after_template = "admin/ledger/voucher/sum.html"

    class Media:
        js = ("ledger/amounts.js", "ledger/voucher_sum.js")

    # The list

    def get_ordering(self, request: HttpRequest) -> Sequence[str]:
        """The newest first; of one company by date, along the index for it."""
        return ("-voucher_date", "-id") if "company__id__exact" in request.GET else self.ordering

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Voucher], search_term: str
    ) -> tuple[QuerySet[Voucher], bool]:
        """A number is a voucher's, also behind its series; anything else is text."""
        match search_term.split():
            case [number] if number.isdecimal():
                term, queryset = "", queryset.filter(number=number)
            case [series, number] if number.isdecimal():
                term, queryset = "", queryset.filter(series__iexact=series, number=number)
            case _:
                term = search_term
        return super().get_search_results(request, queryset, term)

    @display(description=_("voucher"))
    def name(self, voucher: Voucher) -> str:
        """Series and number."""
        return str(voucher)

    @display(description=_("financial year"))
    def year(self, voucher: Voucher) -> str:
        """The year's days."""
        return year_column(voucher.financial_year)

    @display(description=_("total"))
    def total(self, voucher: Voucher) -> str:
        """The sum of its debit."""
        return column(getattr(voucher, "debit", None))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Voucher]:
        """With the sum of debit, which the database adds up for the rows of the page alone."""
        rows = LedgerEntry.objects.filter(voucher=OuterRef("pk"), amount__gt=0).order_by()
        debit = rows.values("voucher").annotate(debit=Sum("amount")).values("debit")
        found: QuerySet[Voucher] = super().get_queryset(request)
        return found.select_related("company", "financial_year", "reverses").annotate(debit=Subquery(debit))

    # One voucher

    def get_fields(self, request: HttpRequest, obj: Voucher | None = None) -> Sequence[Any]:
        """A new voucher is given its number, and its year by its date."""
        return self.fields if obj else ("company", "voucher_date", "series", "text", "registered_on", "signature")

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Propose today, and the usual series."""
        today = timezone.localdate()
        given: dict[str, Any] = super().get_changeform_initial_data(request)
        return {"voucher_date": today, "registered_on": today, "series": "A", **given}

    def get_inline_instances(self, request: HttpRequest, obj: Voucher | None = None) -> list[Any]:
        """The rows, unless they are too many for a page."""
        return [] if obj and _is_long(obj) else super().get_inline_instances(request, obj)

    def save_model(self, request: HttpRequest, obj: Voucher, form: ModelForm[Any], change: bool) -> None:
        """Nothing yet: the service takes the voucher and its rows together."""

    def save_related(
        self, request: HttpRequest, form: VoucherForm, formsets: Sequence[RowFormSet], change: bool
    ) -> None:
        """Post or change the voucher by the service, which gives its number."""
        voucher = form.instance
        entries = formsets[0].entries() if formsets else _entries_of(voucher)
        if change:
            saved = change_voucher(voucher=Voucher.objects.get(pk=voucher.pk), header=form.header(), entries=entries)
        else:
            series = form.cleaned_data["series"]
            saved = post_voucher(company=voucher.company, series=series, header=form.header(), entries=entries)
        for field in Voucher._meta.concrete_fields:
            setattr(voucher, field.attname, getattr(saved, field.attname))

    def delete_by_service(self, obj: Model) -> None:
        """Delete it with its rows, unless its period is locked."""
        delete_voucher(voucher=cast(Voucher, obj))

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *arguments: Any, obj: Any = None, **options: Any
    ) -> HttpResponse:
        """Lead to the rows of a voucher that has too many for its page, and to its reversal."""
        if obj is not None:
            sums = _sums_of(obj)
            rows = reverse("admin:ledger_ledgerentry_changelist")
            context |= {
                "sums": sums,
                "reversal": reversal_of(request, obj.pk),
                "reversed": obj.reverses,
                "too_long": sums["rows"] > MOST_ROWS,
                "rows_url": f"{rows}?voucher__id__exact={obj.pk}",
            }
        page: HttpResponse = super().render_change_form(request, context, *arguments, obj=obj, **options)
        return page


def _is_long(voucher: Voucher) -> bool:
    return bool(_sums_of(voucher)["rows"] > MOST_ROWS)


def _sums_of(voucher: Voucher) -> dict[str, Any]:
    """How many rows, and the sum of debit; asked for once for a voucher that was read."""
    known = voucher.__dict__
    if "_sums" not in known:
        known["_sums"] = voucher.rows.aggregate(rows=Count("pk"), debit=Sum("amount", filter=Q(amount__gt=0)))
    return cast(dict[str, Any], known["_sums"])


def _entries_of(voucher: Voucher) -> list[Entry]:
    rows = voucher.rows.select_related("account", "cost_centre", "project", "object", "management_area")
    return [Entry(row=row.row, **{name: getattr(row, name) for name in ENTRY_FIELDS}) for row in rows.order_by("row")]
