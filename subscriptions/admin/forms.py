"""The form of a subscription: the six numbered fields of the guide for finance admins, then who may fetch."""

from collections.abc import Iterator
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import CHECKBOX_CLASSES

from access.clients import clients_of
from access.http.admin.company_picker import CompaniesField
from information_types import registry
from ledger.models import Company
from subscriptions.exceptions import AllCompaniesBeyondReach, SubscriptionError
from subscriptions.models import Subscription
from subscriptions.services import Wish

GROUPS = {
    "bookkeeping": _("Bookkeeping and dimensions"),
    "partners": _("Suppliers and customers"),
    "invoices": _("Invoices and payments"),
    "time": _("Time"),
}

# The guide's numbers; a field that is only shown has its number too.
NUMBERED = {
    "integration_id": _("1. Integration ID"),
    "name": _("2. Name"),
    "companies": _("3. Companies"),
    "negative_selection": _("4. All companies except these"),
    "information_types": _("5. Information types"),
    "active": _("6. Active"),
}


def grouped_types() -> Iterator[tuple[Any, list[tuple[str, Any]]]]:
    """Every registered type under its group's name."""
    for group, label in GROUPS.items():
        types = [(known.name, known.label) for known in registry.all_types() if known.group == group]
        if types:
            yield label, types


class GroupedCheckboxes(forms.CheckboxSelectMultiple):
    """Checkboxes under their groups' names, with one that ticks them all."""

    template_name = "admin/subscriptions/subscription/grouped_checkboxes.html"

    class Media:
        js = ("subscriptions/tick_all.js",)

    def __init__(self) -> None:
        super().__init__({"class": " ".join(CHECKBOX_CLASSES)})


def choice_of(subscription: Subscription) -> dict[str, Any]:
    """What a subscription chooses, as the form's fields take it."""
    return {
        "companies": list(subscription.companies.all()),
        "information_types": [known.name for known in subscription.information_types],
    }


class SubscriptionForm(forms.ModelForm[Subscription]):
    """A subscription as its services take it."""

    field_of_companies = "companies"
    # Whether whoever fills it in may choose all companies of the installation
    reaches_all: ClassVar[bool] = True

    companies = CompaniesField(required=False)
    information_types = forms.MultipleChoiceField(
        choices=grouped_types,
        required=False,
        widget=GroupedCheckboxes,
        help_text=_("Choose here which information the subscription is of."),
    )

    class Meta:
        model = Subscription
        fields = ("integration_id", "name", "negative_selection", "active", "office", "application", "own_changes")
        labels = NUMBERED

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        for name in ("companies", "information_types"):
            self.fields[name].label = NUMBERED[name]
        self.fields["companies"].help_text = Subscription._meta.get_field("companies").help_text
        if self.instance.pk:
            self.initial.update(choice_of(self.instance))

    def clean(self) -> dict[str, Any]:
        """Say what is wrong with the choice as a whole, at its field."""
        values: dict[str, Any] = super().clean() or self.cleaned_data
        try:
            if not self.errors:
                self._check(self.wish())
        except SubscriptionError as error:
            self.add_error(error.field, forms.ValidationError(str(error), code=error.code))
        return values

    def companies_meant(self) -> frozenset[int] | None:
        """The companies that it is going to be of; None for all, those that are added later too."""
        wish = self.wish()
        own: frozenset[int] = frozenset() if wish.office is None else frozenset((wish.office.company_id,))
        if wish.companies and not wish.negative_selection:
            return own.union(company.pk for company in wish.companies if self._is_meant(wish, company))
        return None if wish.office is None else own.union(clients_of(wish.office).values_list("pk", flat=True))

    def _is_meant(self, wish: Wish, company: Company) -> bool:
        """Whether a company counts that is chosen: not one that has left the office meanwhile."""
        return wish.office is None or clients_of(wish.office).filter(pk=company.pk).exists()

    def _check(self, wish: Wish) -> None:
        wish.check()
        if wish.office is None and not self.reaches_all and (wish.negative_selection or not wish.companies):
            raise AllCompaniesBeyondReach

    def wish(self) -> Wish:
        """What is asked for."""
        values = self.cleaned_data
        return Wish(
            name=values["name"],
            application=values["application"],
            office=values.get("office", self.instance.office),
            information_types=[registry.get(name) for name in values["information_types"]],
            companies=list(values["companies"]),
            negative_selection=values["negative_selection"],
            own_changes=values["own_changes"],
            active=values["active"],
        )
