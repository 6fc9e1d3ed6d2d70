"""The forms that ask for transfers: what of, then only what that type can be narrowed by."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django import forms
from django.contrib.admin import site
from django.contrib.admin.widgets import AutocompleteSelect
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from unfold.widgets import CHECKBOX_CLASSES, UnfoldAdminSelectWidget

from access import scope
from access.http.admin.rightful import LACKING
from information_types import registry
from information_types.definition import InformationType, Parameter
from ledger.models import Company, FinancialYear
from onetime_transfer import parameters as transfer_parameters
from onetime_transfer.admin.fields import field_of, given
from onetime_transfer.exceptions import TransferError
from onetime_transfer.models import Transfer
from onetime_transfer.presets import Preset, presets_for
from onetime_transfer.services import check_subscribed
from subscriptions.models import Subscription

REQUEST = "onetime_transfer.add_transfer"
MOST_CHOSEN = 200


class CompanySelect(AutocompleteSelect):
    """Searches among the companies of the subscription that the page has chosen."""

    url_name = "%s:onetime_transfer_transfer_companies"

    def build_attrs(self, base_attrs: dict[str, Any], extra_attrs: dict[str, Any] | None = None) -> dict[str, Any]:
        """Say in the empty field what none means."""
        return {**super().build_attrs(base_attrs, extra_attrs), "data-placeholder": _("All companies")}


class ParametersForm(forms.Form):
    """A form that has, beside its own fields, those of the parameters of the types it is about."""

    user: User
    # Whose financial years are offered; None for those of all companies within reach
    of_company: Company | None = None

    def types(self) -> Sequence[InformationType]:
        """The types whose parameters are asked for; once the form is made."""
        raise NotImplementedError

    def add_parameters(self) -> None:
        """Add a field for each parameter of the types, of the same name once."""
        for parameter in self.known_parameters.values():
            self.fields[parameter.name] = field_of(parameter, years=self._years)

    def keep(self, typed: Mapping[str, Any]) -> None:
        """Show again what was chosen for the parameters, without judging it yet."""
        for name in self.known_parameters:
            self.initial[name] = self.fields[name].widget.value_from_datadict(typed, {}, name)

    @cached_property
    def presets(self) -> Sequence[Preset]:
        """What fills in period or days with one click: of the first type that has some."""
        years = FinancialYear.objects.all()
        years = years.filter(company=self.of_company) if self.of_company else scope.visible(years, self.user)
        return next((found for known in self.types() if (found := presets_for(known, years))), [])

    def _years(self) -> Sequence[int]:
        """The years that there may be something of."""
        days = [day for preset in self.presets for day in (preset.first, preset.last) if day]
        known = [*(int(day[:4]) for day in days), timezone.localdate().year]
        return range(min(known), max(known) + 2)

    @property
    def known_parameters(self) -> dict[str, Parameter]:
        """By name."""
        return {parameter.name: parameter for known in self.types() for parameter in known.parameters}

    def bound(self, *kinds: str) -> list[forms.BoundField]:
        """The fields of some kinds of parameter."""
        return [self[name] for name, parameter in self.known_parameters.items() if parameter.kind in kinds]

    @property
    def mistakes(self) -> list[tuple[str, str]]:
        """What is filled in wrongly, by the field's name; what is only missing isn't told before the click."""
        return [
            (str(self[name].label), str(error))
            for name, errors in self.errors.as_data().items()
            for wrong in errors
            if wrong.code != "required" and name in self.fields
            for error in wrong.messages
        ]

    @property
    def months(self) -> list[forms.BoundField]:
        """First and last month."""
        return self.bound("month_from", "month_to")

    @property
    def days(self) -> list[forms.BoundField]:
        """First and last day."""
        return self.bound("date_from", "date_to")

    @property
    def days_may_be_left_out(self) -> bool:
        """Whether no type needs them."""
        return not any(one.required for one in self.known_parameters.values() if one.kind.startswith("date"))

    @property
    def flags(self) -> list[forms.BoundField]:
        """Yes or no."""
        return self.bound("flag")

    def check_parameters(self, known: InformationType, values: dict[str, Any]) -> dict[str, Any]:
        """A type's parameters, or what is wrong with each at its field."""
        try:
            return transfer_parameters.clean(known, given(values, known.parameters))
        except TransferError as error:
            for one in error.all_errors:
                if one.field not in self.errors:
                    self.add_error(one.field, forms.ValidationError(str(one), code=one.code))
            return {}


class TransferForm(ParametersForm):
    """One transfer: of a subscription, of one company or all, of exactly one type."""

    subscription = forms.ModelChoiceField(
        queryset=Subscription.objects.none(),
        label=_("Subscription"),
        help_text=_("You can transfer even if the subscription isn't active."),
        widget=AutocompleteSelect(Transfer._meta.get_field("subscription"), site),
    )
    company = forms.ModelChoiceField(
        queryset=Company.objects.none(),
        label=_("1. Company"),
        required=False,
        help_text=_("Choose none to transfer all companies that the subscription is of."),
        widget=CompanySelect(Transfer._meta.get_field("company"), site),
    )
    information_type = forms.ChoiceField(
        label=_("2. Information type"), widget=UnfoldAdminSelectWidget, help_text=_("One type at a time.")
    )

    def __init__(self, user: User, data: Mapping[str, Any] | None = None, **options: Any) -> None:
        super().__init__(data, **options)
        self.user = user
        self.fields["subscription"].queryset = scope.visible(  # type: ignore[attr-defined]
            Subscription.objects.prefetch_related("types"), user
        )
        self.fields["company"].queryset = scope.visible_companies(user)  # type: ignore[attr-defined]
        self.chosen_subscription: Subscription | None = self._find("subscription")
        self.of_company = self._find("company")
        offered = self._offered()
        choices: Any = self.fields["information_type"]
        choices.choices = [("", _("Choose a type")), *((known.name, known.label) for known in offered)]
        wanted = self._raw("information_type")
        self.chosen_type = next((known for known in offered if known.name == wanted), None)
        self.parameters: dict[str, Any] = {}
        self.add_parameters()

    def types(self) -> Sequence[InformationType]:
        """The chosen one."""
        return [self.chosen_type] if self.chosen_type else []

    @property
    def companies(self) -> list[Company]:
        """The one that is chosen; none for all."""
        return [self.cleaned_data["company"]] if self.cleaned_data.get("company") else []

    def clean(self) -> dict[str, Any]:
        """Say all that is wrong at once, each at its field."""
        values: dict[str, Any] = super().clean() or self.cleaned_data
        if self.chosen_type is None:
            return values
        if values.get("subscription") and self.chosen_subscription:
            values["subscription"] = self.chosen_subscription
            try:
                check_subscribed(self.chosen_subscription, self.chosen_type, self.companies)
            except TransferError as error:
                self.add_error(error.field, str(error))
            if not may_request(self.user, self.chosen_subscription, self.companies):
                self.add_error("company", forms.ValidationError(LACKING, code="foreign_company"))
        self.parameters = self.check_parameters(self.chosen_type, values)
        return values

    def _offered(self) -> Sequence[InformationType]:
        """The types of the subscription; before one is chosen all, so that the page shows what there is."""
        return self.chosen_subscription.information_types if self.chosen_subscription else registry.all_types()

    def _raw(self, name: str) -> str:
        return str((self.data if self.is_bound else self.initial).get(name) or "")

    def _find(self, name: str) -> Any:
        number = self._raw(name)
        found: QuerySet[Any] = self.fields[name].queryset  # type: ignore[attr-defined]
        return found.filter(pk=int(number)).first() if number.isdecimal() and len(number) < 19 else None


class Checkboxes(forms.CheckboxSelectMultiple):
    """Checkboxes as the admin draws them."""

    template_name = "admin/onetime_transfer/transfer/checkboxes.html"

    def __init__(self) -> None:
        super().__init__({"class": " ".join(CHECKBOX_CLASSES)})


class SeveralForm(ParametersForm):
    """Transfers of several subscriptions, types and companies: one of each subscription and type."""

    subscriptions = forms.ModelMultipleChoiceField(
        queryset=Subscription.objects.none(), label=_("Subscriptions"), widget=Checkboxes
    )
    information_types = forms.MultipleChoiceField(
        label=_("Information types"),
        widget=Checkboxes,
        help_text=_("A transfer of its own is started for each type and subscription."),
    )

    def __init__(
        self,
        user: User,
        offered: Sequence[Subscription],
        companies: Sequence[Company],
        data: Any = None,
        **options: Any,
    ) -> None:
        super().__init__(data, **options)
        self.user, self.offered, self.companies = user, offered, companies
        keys = [subscription.pk for subscription in offered]
        self.fields["subscriptions"].queryset = (  # type: ignore[attr-defined]
            Subscription.objects.filter(pk__in=keys).prefetch_related("types").order_by("integration_id")
        )
        known = {known for subscription in offered for known in subscription.information_types}
        choices: Any = self.fields["information_types"]
        choices.choices = [(one.name, one.label) for one in registry.all_types() if one in known]
        self.plan: list[Planned] = []
        self.add_parameters()

    def types(self) -> Sequence[InformationType]:
        """Those that are ticked."""
        posted: Any = self.data
        ticked = posted.getlist("information_types") if self.is_bound else self.initial.get("information_types", [])
        return [known for known in registry.all_types() if known.name in ticked]

    def clean(self) -> dict[str, Any]:
        """Say all that is wrong at once; else know which transfers it makes."""
        values: dict[str, Any] = super().clean() or self.cleaned_data
        parameters = {known.name: self.check_parameters(known, values) for known in self.types()}
        if not self.errors:
            self.plan = list(_plan(values["subscriptions"], self.companies, self.types(), parameters))
            if not self.plan:
                self.add_error("information_types", _("None of the chosen subscriptions has any of the chosen types."))
            foreign = {
                one for one, _known, companies, _values in self.plan if not may_request(self.user, one, companies)
            }
            if foreign:
                names = ", ".join(sorted(subscription.integration_id for subscription in foreign))
                text = _("You lack the right to start transfers in all companies chosen of %(names)s.")
                self.add_error(
                    "subscriptions", forms.ValidationError(text, code="foreign_company", params={"names": names})
                )
        return values


def may_request(user: User, subscription: Subscription, companies: Sequence[Company]) -> bool:
    """Whether a person may ask for transfers of some companies of a subscription; of none in particular, of all."""
    if not companies:
        return user.has_perm(REQUEST, subscription)
    return scope.may_of_new(user, REQUEST, [company.pk for company in companies])


Planned = tuple[Subscription, InformationType, Sequence[Company], Mapping[str, Any]]


def _plan(
    subscriptions: Sequence[Subscription],
    companies: Sequence[Company],
    types: Sequence[InformationType],
    parameters: Mapping[str, Mapping[str, Any]],
) -> Iterator[Planned]:
    keys = [company.pk for company in companies]
    for subscription in subscriptions:
        chosen = list(subscription.selected_companies().filter(pk__in=keys)) if keys else []
        if keys and not chosen:
            continue
        for known in types:
            if known in subscription.information_types:
                yield subscription, known, chosen, parameters[known.name]
