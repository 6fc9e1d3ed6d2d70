"""Form fields for the parameters of transfers, made from the types' registrations."""

import re
from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import BASE_INPUT_CLASSES, UnfoldBooleanSwitchWidget

from information_types.definition import Parameter

MONTH_FORMS = (
    re.compile(r"(?P<year>\d{4})[-./ ]?(?P<month>\d{1,2})"),
    re.compile(r"(?P<month>\d{1,2})[-./ ](?P<year>\d{4})"),
)


class MonthField(forms.CharField):
    """A month; browsers without a picker of their own take what people write: `2024-1`, `202401`, `1/2024`."""

    def to_python(self, value: Any) -> str:
        """Give a month its one form; what is no month is left to the parameters' own check."""
        text = super().to_python(value) or ""
        for form in MONTH_FORMS:
            if found := form.fullmatch(text):
                return f"{found['year']}-{int(found['month']):02}"
        return text


def field_of(parameter: Parameter) -> forms.Field:
    """A field for a parameter; that it is required the type says, with everything else that may be wrong."""
    label = str(parameter.label)
    if parameter.kind == "flag":
        return forms.BooleanField(label=label, required=False, widget=UnfoldBooleanSwitchWidget)
    is_month = parameter.kind.startswith("month")
    attributes = {
        "type": "month" if is_month else "date",
        "class": " ".join([*BASE_INPUT_CLASSES, "transfer-input"]),
        "data-end": parameter.kind.rpartition("_")[2],
    }
    if is_month:
        widget = forms.TextInput({**attributes, "placeholder": _("YYYY-MM")})
        return MonthField(label=label, required=False, widget=widget)
    return forms.CharField(label=label, required=False, widget=forms.TextInput(attributes))


def given(values: dict[str, Any], parameters: Iterable[Parameter]) -> dict[str, Any]:
    """What was filled in, as the service takes it."""
    found = {parameter.name: values.get(parameter.name) for parameter in parameters}
    return {name: value for name, value in found.items() if value not in (None, "", False)}
