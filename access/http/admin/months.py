"""Fields for months."""

import re
from collections.abc import Callable, Sequence
from typing import Any

from django import forms
from django.utils.dates import MONTHS
from django.utils.translation import gettext_lazy as _
from unfold.widgets import SELECT_CLASSES

MONTH_FORMS = (
    re.compile(r"(?P<year>\d{4})[-./ ]?(?P<month>\d{1,2})"),
    re.compile(r"(?P<month>\d{1,2})[-./ ](?P<year>\d{4})"),
)


class MonthInput(forms.Widget):
    """A month and a year to choose from; browsers' own fields for months are few, and speak the browser's language."""

    template_name = "admin/access/month.html"

    def __init__(self, *, end: str, label: str, years: Callable[[], Sequence[int]]) -> None:
        super().__init__({"end": end, "class": " ".join(SELECT_CLASSES)})
        self.label, self.years = label, years

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        """The names of the months, the years, and what is chosen."""
        context = super().get_context(name, value, attrs)
        year, _between, month = str(value or "").partition("-")
        years = {*map(str, self.years()), *([year] if year.isdecimal() else [])}
        context["widget"] |= {
            "months": [(f"{number:02}", month_name) for number, month_name in MONTHS.items()],
            "years": sorted(years, reverse=True),
            "month": month,
            "year": year,
            "year_label": _("Year (%(field)s)") % {"field": self.label},
        }
        return context

    def value_from_datadict(self, data: Any, files: Any, name: str) -> str:
        """Put the two together; what links and programs send is one already."""
        if name in data:
            return str(data[name])
        month, year = data.get(f"{name}_month", ""), data.get(f"{name}_year", "")
        return f"{year}-{month}" if month or year else ""


class MonthField(forms.CharField):
    """A month, in the form that the service takes; written by hand `2024-1`, `202401` and `1/2024` are the same."""

    def to_python(self, value: Any) -> str:
        """Give a month its one form; the rest is left to who takes it."""
        text = super().to_python(value) or ""
        for form in MONTH_FORMS:
            if found := form.fullmatch(text):
                return f"{found['year']}-{int(found['month']):02}"
        if text.startswith("-") or text.endswith("-"):
            raise forms.ValidationError(_("Choose both month and year."), code="invalid")
        return text
