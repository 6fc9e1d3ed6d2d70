"""Form fields for the parameters of transfers, made from the types' registrations."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from django import forms
from unfold.widgets import BASE_INPUT_CLASSES, UnfoldBooleanSwitchWidget

from access.http.admin.months import MonthField, MonthInput
from information_types.definition import Parameter


def field_of(parameter: Parameter, *, years: Callable[[], Sequence[int]]) -> forms.Field:
    """A field for a parameter; that it is required the type says, with everything else that may be wrong."""
    label = str(parameter.label)
    end = parameter.kind.rpartition("_")[2]
    if parameter.kind == "flag":
        return forms.BooleanField(label=label, required=False, widget=UnfoldBooleanSwitchWidget)
    if parameter.kind.startswith("month"):
        return MonthField(label=label, required=False, widget=MonthInput(end=end, label=label, years=years))
    attributes = {"type": "date", "class": " ".join([*BASE_INPUT_CLASSES, "transfer-input"]), "data-end": end}
    return forms.CharField(label=label, required=False, widget=forms.TextInput(attributes))


def given(values: dict[str, Any], parameters: Iterable[Parameter]) -> dict[str, Any]:
    """What was filled in, as the service takes it."""
    found = {parameter.name: values.get(parameter.name) for parameter in parameters}
    return {name: value for name, value in found.items() if value not in (None, "", False)}
