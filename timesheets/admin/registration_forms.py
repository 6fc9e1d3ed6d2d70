"""A registration on one page: whose hours, when, and how many in each category."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib.admin import site
from django.contrib.admin.widgets import AutocompleteSelect
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from access.http.admin.amounts import AmountField
from ledger.models import Company
from timesheets.exceptions import HoursRefused
from timesheets.models import TimeCategory, TimeTransaction
from timesheets.services.cleaning import WRITABLE
from timesheets.services.saving import Line

SHOWN_FIRST = ("employee_id", "employee", "date_in", "time_in", "time_out", "date_out")
FOLDED = (
    (_("Department and task"), ("department_id", "department", "task_id", "task")),
    (
        _("Order and project"),
        (
            "order_id",
            "order",
            "project_id",
            "project",
            "project_alphanumeric_code",
            "sub_project_id",
            "sub_project",
            "sub_project_alphanumeric_code",
            "project_phase_id",
            "project_phase",
            "phase_alphanumeric_code",
        ),
    ),
    (
        _("Duty, shift and free dimensions"),
        (
            "classic_duty_id",
            "classic_duty_code",
            "classic_duty",
            "shift_id",
            "shift",
            "free_dimension1_id",
            "free_dimension1",
            "free_dimension2_id",
            "free_dimension2",
        ),
    ),
    (_("Other systems"), ("external_id",)),
)
EMPTY_LINES = 3
MINUTES_OF_AN_HOUR = 60


class ClockInput(UnfoldAdminTextInputWidget):
    """A clock time, with seconds only where there are some."""

    input_type = "time"

    def format_value(self, value: Any) -> str | None:
        """As browsers take it."""
        if isinstance(value, time):
            return value.strftime("%H:%M:%S" if value.second else "%H:%M")
        return value or None


class DayInput(UnfoldAdminTextInputWidget):
    """A day, chosen in the browser's own calendar."""

    input_type = "date"

    def format_value(self, value: Any) -> str | None:
        """As browsers take it."""
        return value.isoformat() if hasattr(value, "isoformat") else value or None


class CompanyForm(forms.Form):
    """In which company hours are registered."""

    company = forms.ModelChoiceField(
        label=_("company"),
        queryset=Company.objects.none(),
        widget=AutocompleteSelect(
            TimeTransaction._meta.get_field("company"),
            site,
            attrs={"data-width": "100%"},
        ),
    )

    def __init__(self, *arguments: Any, companies: QuerySet[Company], **options: Any) -> None:
        super().__init__(*arguments, **options)
        field: Any = self.fields["company"]
        field.queryset = companies


class RegistrationForm(forms.Form):
    """What all rows of a registration have in common."""

    break_minutes = forms.IntegerField(
        label=_("Break (minutes)"),
        required=False,
        min_value=0,
        max_value=24 * MINUTES_OF_AN_HOUR,
        widget=UnfoldAdminIntegerFieldWidget(attrs={"inputmode": "numeric"}),
    )

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        for name in WRITABLE:
            if name != "quantity":
                self.fields[name] = _field(name)
        self.fields["employee_id"].widget.attrs.update({"list": "known-employees", "autocomplete": "off"})
        self.fields["date_out"].help_text = _("Empty: follows from the clock, also past midnight.")
        # Only helps the page to compute the hours.
        self.fields["break_minutes"].has_changed = lambda *_values: False  # type: ignore[method-assign]

    @property
    def first(self) -> list[Any]:
        """The fields that every registration needs."""
        return [self[name] for name in (*SHOWN_FIRST, "break_minutes")]

    @property
    def folded(self) -> Iterator[tuple[Any, list[Any], bool]]:
        """The others by their subjects, each open where something is filled in."""
        for title, names in FOLDED:
            fields = [self[name] for name in names]
            yield title, fields, any(field.value() not in (None, "") or field.errors for field in fields)

    def common(self) -> dict[str, Any]:
        """What was filled in, or of a registration that is there, what was changed."""
        names = set(self.changed_data) & set(WRITABLE)
        if names & {"date_in", "time_in", "time_out"} and not self.cleaned_data.get("date_out"):
            names.add("date_out")
        return {name: self.cleaned_data[name] for name in names}

    def hours(self) -> Decimal | None:
        """The hours between the clock times, without the break."""
        start, end = self.cleaned_data.get("time_in"), self.cleaned_data.get("time_out")
        day = self.cleaned_data.get("date_in")
        if start is None or end is None or day is None:
            return None
        last = self.cleaned_data.get("date_out") or day + timedelta(days=end <= start)
        minutes = (datetime.combine(last, end) - datetime.combine(day, start)).total_seconds() / MINUTES_OF_AN_HOUR
        minutes -= self.cleaned_data.get("break_minutes") or 0
        return (Decimal(int(minutes)) / MINUTES_OF_AN_HOUR).quantize(Decimal("0.01")) if minutes > 0 else None


class LineForm(forms.Form):
    """The hours in one category."""

    time_category = forms.ChoiceField(label=_("time category"), required=False, widget=UnfoldAdminSelectWidget)
    quantity = AmountField(label=_("hours"), required=False)


class LineFormSet(forms.BaseFormSet[LineForm]):
    """The categories of a registration; at least one."""

    deletion_widget = forms.CheckboxInput

    def __init__(
        self, *arguments: Any, categories: Iterable[TimeCategory], known: Sequence[TimeTransaction], **options: Any
    ) -> None:
        self._choices = [("", "–")] + [(str(one.number), str(one)) for one in categories if one.active]
        self._known = {str(row.time_category.number): row for row in known}
        super().__init__(*arguments, **options)

    def add_fields(self, form: LineForm, index: int | None) -> None:
        """Lend each line the categories; what a row is of stays."""
        super().add_fields(form, index)
        field: Any = form.fields["time_category"]
        field.choices = self._choices
        number = str(form.initial.get("time_category") or "")
        if number in self._known:
            field.choices = [(number, str(self._known[number].time_category))]
            field.disabled = True
        for name in ("time_category", "quantity"):
            form.fields[name].widget.attrs["aria-label"] = form.fields[name].label

    def lines(self, computed: Decimal | None) -> list[tuple[LineForm, Line]]:
        """What was filled in; the hours of the only category may follow from the clock."""
        wanted = [
            form
            for form in self.forms
            if form not in self.deleted_forms
            and (form.cleaned_data.get("time_category") or form.cleaned_data.get("quantity"))
        ]
        found, seen = [], set()
        for form in wanted:
            number, quantity = form.cleaned_data.get("time_category"), form.cleaned_data.get("quantity")
            if quantity is None and len(wanted) == 1:
                quantity = computed
            if not number:
                form.add_error("time_category", _("Choose the time category."))
            elif number in seen:
                form.add_error("time_category", _("This time category is there twice. Leave one of them out."))
            elif quantity is None:
                form.add_error("quantity", _("Fill in the hours."))
            else:
                found.append((form, Line(time_category=int(number), quantity=quantity)))
            seen.add(number)
        return found


LINES: Any = forms.formset_factory(LineForm, formset=LineFormSet, extra=0, can_delete=True)


def tell(error: HoursRefused, form: RegistrationForm, lines: Sequence[LineForm]) -> None:
    """Tell what is wrong at its field; what is wrong of what all rows share, once."""
    told = set()
    for one in error.errors:
        line = lines[one.row] if one.row < len(lines) else None
        if line is not None and one.field in line.fields:
            line.add_error(one.field, str(one.message))
        elif (one.field, str(one.message)) not in told:
            told.add((one.field, str(one.message)))
            form.add_error(one.field if one.field in form.fields else None, str(one.message))


def initial_of(row: TimeTransaction) -> dict[str, Any]:
    """What a registration's form starts with: an end date only where it doesn't follow from the rest."""
    values = {name: getattr(row, name) for name in WRITABLE if name != "quantity"}
    passes = row.time_in is not None and row.time_out is not None and row.time_out <= row.time_in
    if row.date_out == row.date_in + timedelta(days=passes):
        values["date_out"] = None
    return values


def lines_of(rows: Iterable[TimeTransaction]) -> list[Mapping[str, Any]]:
    """The lines that a registration has, as the formset starts with them."""
    return [{"time_category": str(row.time_category.number), "quantity": row.quantity} for row in rows]


def _field(name: str) -> forms.Field:
    field: Any = TimeTransaction._meta.get_field(name)
    label, required = field.verbose_name, name in {"employee_id", "date_in"}
    match field.get_internal_type():
        case "BigIntegerField":
            widget = UnfoldAdminTextInputWidget(attrs={"inputmode": "numeric", "autocomplete": "off"})
            return forms.IntegerField(label=label, required=required, min_value=0, max_value=2**63 - 1, widget=widget)
        case "DateField":
            return forms.DateField(label=label, required=required, widget=DayInput())
        case "TimeField":
            return forms.TimeField(label=label, required=required, widget=ClockInput())
        case _:
            long = UnfoldAdminTextareaWidget(attrs={"rows": 2})
            widget = long if name == "free_text" else UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"})
            return forms.CharField(
                label=label, required=required, max_length=field.max_length, widget=widget, help_text=field.help_text
            )
