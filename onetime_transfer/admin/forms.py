"""The form that asks for a transfer: what of, then only what that type can be narrowed by."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminSelectWidget,
    UnfoldAdminSingleDateWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from information_types import registry
from information_types.definition import InformationType, Parameter
from onetime_transfer.models import Transfer
from subscriptions.models import Subscription


def parameters() -> dict[str, Parameter]:
    """Every parameter that some type has, by name."""
    return {parameter.name: parameter for known in registry.all_types() for parameter in known.parameters}


def shown_for() -> dict[str, str]:
    """For each parameter the condition, as the page's script evaluates it, under which it is shown."""
    return {
        name: f"{[known.name for known in registry.all_types() if name in known.parameters_by_name()]}"
        ".includes(information_type)"
        for name in parameters()
    }


def field_of(parameter: Parameter) -> forms.Field:
    """A form field for a parameter; whether it is required the type decides, not the field."""
    label = str(parameter.label)
    match parameter.kind:
        case "flag":
            return forms.BooleanField(label=label, required=False, widget=UnfoldBooleanSwitchWidget)
        case "date_from" | "date_to":
            return forms.DateField(label=label, required=False, widget=UnfoldAdminSingleDateWidget)
        case _:
            attributes = {"type": "month", "placeholder": "2024-01"}
            widget = UnfoldAdminTextInputWidget(attributes)
            help_text = _("A month, such as 2024-01.")
            return forms.CharField(label=label, required=False, widget=widget, help_text=help_text)


class TransferForm(forms.ModelForm[Transfer]):
    """What to transfer. The service checks it; parameters of another type than the chosen one are dropped."""

    information_type = forms.ChoiceField(
        label=_("Information type"),
        widget=UnfoldAdminSelectWidget,
        help_text=_("One type at a time."),
    )

    class Meta:
        model = Transfer
        fields = ("subscription", "company")

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.fields["company"].help_text = _("Empty: all companies of the subscription.")
        choices: Any = self.fields["information_type"]
        choices.choices = [("", _("Choose a type")), *((known.name, known.label) for known in self._types())]

    def _post_clean(self) -> None:
        """Nothing: the service makes the transfer."""

    def clean(self) -> dict[str, Any]:
        """Drop what was filled in for another type and then hidden."""
        values: dict[str, Any] = super().clean() or self.cleaned_data
        chosen = values.get("information_type")
        wanted = registry.get(chosen).parameters_by_name() if chosen else {}
        for name in parameters():
            if name not in wanted:
                values.pop(name, None)
                self.errors.pop(name, None)
        return values

    def parameters(self) -> dict[str, Any]:
        """The chosen type's parameters as the service takes them."""
        values = {name: self.cleaned_data.get(name) for name in parameters()}
        given = {name: value for name, value in values.items() if value not in (None, "", False)}
        return {name: value if isinstance(value, bool | str) else value.isoformat() for name, value in given.items()}

    def _types(self) -> list[InformationType]:
        """Those of the subscription, once it is known."""
        given = self.data.get("subscription") if self.is_bound else self.initial.get("subscription")
        number = str(given or "")
        subscription = Subscription.objects.filter(pk=int(number)).first() if number.isdecimal() else None
        return subscription.information_types if subscription else list(registry.all_types())


def transfer_form() -> type[TransferForm]:
    """The form with a field for every parameter that the registry knows when it is asked for."""
    fields = {name: field_of(parameter) for name, parameter in parameters().items()}
    return type("TransferForm", (TransferForm,), fields)
