"""Filters of lists, as accountants look for things."""

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import DropdownFilter, RangeNumericFilter, TextFilter
from unfold.widgets import INPUT_CLASSES

from access import scope
from access.http.admin.amounts import plain
from ledger.models import FinancialYear

YEAR = re.compile(r"[1-9]\d{3}")
PLAIN = re.compile(r"\d{1,16}(\.\d+)?")


class AmountForm(forms.Form):
    """From and to, as text: browsers' own number fields refuse `1 250,00`."""

    def __init__(self, name: str, data: dict[str, Any]) -> None:
        super().__init__(data)
        self.name = name
        for end, label in (("from", _("From")), ("to", _("To"))):
            attributes = {"placeholder": label, "class": " ".join(INPUT_CLASSES), "inputmode": "decimal"}
            widget = forms.TextInput(attrs={**attributes, "aria-label": label})
            self.fields[f"{name}_{end}"] = forms.CharField(label="", required=False, widget=widget)


class AmountFilter(RangeNumericFilter):
    """Amounts from and to, on either side: who looks for 1 250,00 need not know whether it was debit or credit."""

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Keep the rows whose amount, whatever its sign, lies between the two."""
        smallest, largest = (self._bound(request, end) for end in ("from", "to"))
        name = self.parameter_name
        if smallest is not None:
            queryset = queryset.filter(Q(**{f"{name}__gte": smallest}) | Q(**{f"{name}__lte": -smallest}))
        if largest is not None:
            queryset = queryset.filter(**{f"{name}__range": (-largest, largest)})
        return queryset

    def choices(self, changelist: ChangeList) -> Iterator[dict[str, Any]]:
        """The form that the filter's template shows."""
        names = [f"{self.parameter_name}_{end}" for end in ("from", "to")]
        data = {name: self.used_parameters.get(name) for name in names}
        yield {
            "request": self.request,
            "parameter_name": self.parameter_name,
            "form": AmountForm(self.parameter_name, data),
        }

    def _bound(self, request: HttpRequest, end: str) -> Decimal | None:
        text = (self.used_parameters.get(f"{self.parameter_name}_{end}") or "").strip()
        amount = plain(text).lstrip("-")
        if PLAIN.fullmatch(amount):
            return Decimal(amount)
        if text:
            messages.warning(request, _("%(text)s is no amount; it was left out of the filter.") % {"text": text})
        return None


class SideFilter(DropdownFilter):
    """Debit or credit."""

    title = _("debit or credit")
    parameter_name = "side"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]) -> list[tuple[str, Any]]:
        """The two sides."""
        return [("debit", _("debit")), ("credit", _("credit"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Keep one side's rows."""
        match self.value():
            case "debit":
                return queryset.filter(amount__gte=0)
            case "credit":
                return queryset.filter(amount__lt=0)
            case _:
                return queryset


class YearFilter(DropdownFilter):
    """The calendar year that a financial year begins in, whichever company's it is."""

    title = _("financial year")
    parameter_name = "year"
    path: ClassVar[str] = "financial_year"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]) -> list[tuple[str, str]]:
        """Every year that some company within reach has."""
        if not hasattr(request, "known_years"):  # a page asks several times
            years = scope.visible(FinancialYear.objects.all(), request.user).order_by("-first_day__year")
            days = years.values_list("first_day__year", flat=True).distinct()
            request.known_years = [(str(year), str(year)) for year in days]  # type: ignore[attr-defined]
        found: list[tuple[str, str]] = request.known_years  # type: ignore[attr-defined]
        return found

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Keep what is of the financial years that began in the chosen year."""
        year = self.value()
        if not (year and YEAR.fullmatch(year)):
            return queryset
        return queryset.filter(**{f"{self.path}__first_day__year": int(year)})


class YearOfVoucherFilter(YearFilter):
    """The same for the rows of vouchers."""

    path = "voucher__financial_year"


class AccountFilter(TextFilter):
    """One account, all that begin alike (`19`), or a range (`3000-3999`)."""

    title = _("account (1910, 19 or 3000-3999)")
    short_title = _("account")
    parameter_name = "account_number"

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Keep the rows on these accounts."""
        first, dash, last = (self.value() or "").replace("–", "-").partition("-")
        first, last = first.strip(), last.strip()
        if dash and first and last:
            # What begins as the last one does belongs to the range: 3000-39 ends with 3999.
            return queryset.filter(account__number__gte=first, account__number__lte=last + "\N{DELETE}")
        return queryset.filter(account__number__startswith=first) if first else queryset
