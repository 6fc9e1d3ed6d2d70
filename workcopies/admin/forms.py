"""What the page that checks out asks for."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any, ClassVar

from django import forms
from django.contrib.auth.models import User
from django.db.models import Count
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise, cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.widgets import UnfoldAdminTextInputWidget

from access import scope
from access.http.admin.company_picker import CompaniesField, CompanyPicker
from ledger.models import Company, FinancialYear

CHECK_OUT = "workcopies.add_workingcopy"
MOST_YEARS = 60
MOST_NAMED = 10
Span = tuple[date, date]


class CheckOutPicker(CompanyPicker):
    """Searches among the companies that somebody may check out."""

    search_page: ClassVar[str] = "admin:workcopies_workingcopy_companies"
    none_chosen: ClassVar[str | Promise] = gettext_lazy("None chosen yet")


class CheckOutCompanies(CompaniesField):
    """Companies that may be checked out."""

    widget = CheckOutPicker


class CheckOutForm(forms.Form):
    """Companies, their years, and a name."""

    companies = CheckOutCompanies(
        label=gettext_lazy("Companies"),
        error_messages={"required": gettext_lazy("Choose at least one company.")},
    )
    which = forms.ChoiceField(choices=[("all", "all"), ("some", "some")], initial="all", required=False)
    years = forms.MultipleChoiceField(required=False)
    name = forms.CharField(
        label=gettext_lazy("Name"),
        required=False,
        max_length=100,
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"}),
        help_text=gettext_lazy("Names the file and its row in the list. Empty: after the companies and the day."),
    )

    def __init__(self, user: User, data: Any = None, **options: Any) -> None:
        super().__init__(data, **options)
        companies: Any = self.fields["companies"]
        companies.queryset = scope.within(scope.visible_companies(user), user, CHECK_OUT)
        years: Any = self.fields["years"]
        years.choices = [(value, value) for value, *_rest in self.offered]

    @cached_property
    def chosen(self) -> list[Company]:
        """The companies that are chosen so far."""
        companies: Any = self.fields["companies"]
        if self.is_bound:
            numbers = companies.widget.value_from_datadict(self.data, self.files, self.add_prefix("companies"))
        else:
            numbers = [company.number for company in self.initial.get("companies", ())]
        return list(companies.queryset.filter(number__in=numbers).order_by("number")) if numbers else []

    @cached_property
    def offered(self) -> list[tuple[str, str, int]]:
        """The financial years of the chosen companies, latest first: value, words, and how many companies have it."""
        if not self.chosen:
            return []
        spans = FinancialYear.objects.filter(company__in=self.chosen).values_list("first_day", "last_day")
        counted = spans.annotate(companies=Count("pk")).order_by("-first_day", "-last_day")[:MOST_YEARS]
        return [(f"{first}/{last}", _span((first, last)), companies) for first, last, companies in counted]

    @property
    def has_several(self) -> bool:
        """Whether it tells something how many of the companies have a year."""
        return len(self.chosen) > 1

    def clean(self) -> dict[str, Any]:
        """Find the years' first days, company by company."""
        values: dict[str, Any] = super().clean() or self.cleaned_data
        if self.errors:
            return values
        companies = list(values["companies"])
        values["first_days"] = self._first_days(companies) if values.get("which") == "some" else {}
        values["name"] = values["name"].strip() or _name_of(companies)
        return values

    def _first_days(self, companies: Sequence[Company]) -> Mapping[str, Sequence[date]]:
        spans = set(self.cleaned_data["years"])
        if not spans:
            self.add_error("years", forms.ValidationError(_("Choose at least one financial year."), code="required"))
            return {}
        found: dict[str, list[date]] = {}
        years = FinancialYear.objects.filter(company__in=companies).select_related("company").order_by("first_day")
        for year in years:
            if f"{year.first_day}/{year.last_day}" in spans:
                found.setdefault(year.company.number, []).append(year.first_day)
        if lacking := [company.number for company in companies if company.number not in found]:
            self.add_error("years", forms.ValidationError(_lacking(lacking), code="lacking"))
        return found


def _lacking(numbers: Sequence[str]) -> str:
    text = ngettext(
        "Company %(numbers)s has none of these years. Choose one that it has, or take it out.",
        "These companies have none of these years: %(numbers)s. Choose one that they have, or take them out.",
        len(numbers),
    )
    named = ", ".join(numbers[:MOST_NAMED])
    if len(numbers) > MOST_NAMED:
        named = _("%(numbers)s and %(count)s more") % {"numbers": named, "count": len(numbers) - MOST_NAMED}
    return text % {"numbers": named}


def _name_of(companies: Sequence[Company]) -> str:
    today = timezone.localdate().isoformat()
    if len(companies) == 1:
        return f"{companies[0].number} {companies[0].name}"[:80] + f" {today}"
    text = ngettext("%(count)s company", "%(count)s companies", len(companies)) % {"count": len(companies)}
    return f"{text} {today}"


def _span(span: Span) -> str:
    return "–".join(date_format(day, "SHORT_DATE_FORMAT") for day in span)


def years_told(years: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """The years of a copy, company by company, by their first days."""
    for number, days in sorted(years.items()):
        told = ", ".join(date_format(date.fromisoformat(day), "SHORT_DATE_FORMAT") for day in days)
        yield f"{number}: {told}"


class CheckInForm(forms.Form):
    """A file."""

    uploads = forms.FileField(label=gettext_lazy("File"), max_length=255)
