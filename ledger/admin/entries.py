"""The rows of all vouchers: searched and read here, changed on their voucher's page."""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import FieldTextFilter
from unfold.decorators import display

from access.http.admin import ReadOnlyAdmin
from access.http.admin.amounts import column
from access.http.admin.export.columns import Value
from access.http.admin.filters import DayFilter, SearchFilter
from access.http.admin.owned import company_column
from ledger.admin.filters import AccountFilter, AmountFilter, SideFilter, YearOfVoucherFilter
from ledger.models import Account, LedgerEntry, Voucher


@admin.register(LedgerEntry)
class LedgerEntryAdmin(ReadOnlyAdmin):
    # Rows are made, changed and deleted by their voucher.
    list_display = (
        "voucher_link",
        "voucher_date",
        "row_number",
        "account",
        "text",
        "debit",
        "credit",
        "cost_centre",
        "of_company",
    )
    list_select_related = ("voucher__company", "account", "cost_centre")
    list_display_links = None
    list_filter = (
        ("voucher__company", SearchFilter),
        YearOfVoucherFilter,
        AccountFilter,
        ("voucher__voucher_date", DayFilter),
        ("voucher__series", FieldTextFilter),
        ("cost_centre", SearchFilter),
        ("project", SearchFilter),
        ("amount", AmountFilter),
        SideFilter,
    )
    search_fields = ("text",)
    search_help_text = _("Voucher (A 17), account number, or text of the row")
    exported: ClassVar[Mapping[str, Callable[[Any], Value]]] = {
        "voucher_date": lambda entry: entry.voucher.voucher_date,
        "row_number": lambda entry: entry.row,
        "voucher_link": lambda entry: str(entry.voucher),
        "debit": lambda entry: entry.amount if entry.amount >= 0 else None,
        "credit": lambda entry: -entry.amount if entry.amount < 0 else None,
        "of_company": lambda entry: str(entry.voucher.company),
    }
    # Along the index of vouchers and rows, so that the newest are found at once
    ordering = ("-voucher_id", "row")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[LedgerEntry], search_term: str
    ) -> tuple[QuerySet[LedgerEntry], bool]:
        """A number is a voucher's or an account's, a letter and a number a voucher's; anything else is text."""
        words = search_term.split()
        match words:
            case [number] if number.isdecimal():
                accounts = Account.objects.filter(number=number).values("pk")
                vouchers = Voucher.objects.filter(number=number).values("pk")
                return queryset.filter(Q(account__in=accounts) | Q(voucher__in=vouchers)), False
            case [series, number] if number.isdecimal():
                vouchers = Voucher.objects.filter(series__iexact=series, number=number).values("pk")
                return queryset.filter(voucher__in=vouchers), False
            case _:
                found: tuple[QuerySet[LedgerEntry], bool] = super().get_search_results(request, queryset, search_term)
                return found

    @display(description=_("voucher"))
    def voucher_link(self, entry: LedgerEntry) -> str:
        """The voucher, where its rows are changed."""
        url = reverse("admin:ledger_voucher_change", args=[entry.voucher_id])
        return format_html('<a class="row-link" href="{}">{}</a>', url, entry.voucher)

    @display(description=_("voucher date"))
    def voucher_date(self, entry: LedgerEntry) -> Any:
        """The voucher's date."""
        return entry.voucher.voucher_date

    @display(description=_("row"))
    def row_number(self, entry: LedgerEntry) -> int:
        """The row's number, in no other order than its voucher's."""
        return entry.row

    @display(description=_("debit"))
    def debit(self, entry: LedgerEntry) -> str:
        """The amount, if it is debit."""
        return column(entry.amount if entry.amount >= 0 else None)

    @display(description=_("credit"))
    def credit(self, entry: LedgerEntry) -> str:
        """The amount without its sign, if it is credit."""
        return column(-Decimal(entry.amount) if entry.amount < 0 else None)

    @display(description=_("company"))
    def of_company(self, entry: LedgerEntry) -> str:
        """Whose voucher it is."""
        return company_column(entry.voucher.company)

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> Sequence[str]:
        """All there is to read."""
        amounts = ("debit", "credit", "quantity")
        dimensions = ("cost_centre", "project", "object", "management_area", "other_dimensions")
        return ("voucher_link", "voucher_date", "row", "account", "text", *amounts, *dimensions, "signature")
