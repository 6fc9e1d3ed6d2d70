"""A subscription as JSON; the fields have the names of the form's. Source: CONTRACT §2."""

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from access.http.companies import companies_by_number
from access.http.parameters import StrictSerializer, Text, Truth
from access.models import Application, Office
from information_types import registry
from information_types.definition import InformationType
from ledger.models import Company
from subscriptions.exceptions import NoInformationTypes
from subscriptions.models import Subscription, integration_id_form


class Companies(serializers.ListField):
    """Companies by number, of those that the key may know of (context `companies`; None for all)."""

    child = Text(max_length=32)

    def to_internal_value(self, data: Any) -> list[Company]:
        """Return the companies, each once, in the order given."""
        numbers = list(dict.fromkeys(super().to_internal_value(data)))
        return companies_by_number(numbers, self._readable())

    def to_representation(self, companies: Any) -> list[str]:
        """Return the numbers that the key may know of, sorted."""
        known = self.context["companies"]
        return sorted(company.number for company in companies.all() if known is None or company.pk in known)

    def _readable(self) -> Any:
        readable = self.context["companies"]
        return Company.objects.all() if readable is None else Company.objects.filter(pk__in=readable)


class InformationTypes(serializers.ListField):
    """Information types by name, at least one."""

    def __init__(self, **options: Any) -> None:
        names = [known.name for known in registry.all_types()]
        super().__init__(
            child=serializers.ChoiceField(choices=names),
            min_length=1,
            error_messages={"min_length": NoInformationTypes.message},
            **options,
        )

    def to_internal_value(self, data: Any) -> list[InformationType]:
        """Return the types, each once."""
        return [registry.get(name) for name in dict.fromkeys(super().to_internal_value(data))]

    def to_representation(self, types: Sequence[InformationType]) -> list[str]:
        """Return the names, in the registry's order."""
        return [known.name for known in types]


class SubscriptionSerializer(StrictSerializer):
    """A subscription; context: `application` (the key's own), `companies` (that it may know of) and `offices`."""

    integration_id = Text(
        max_length=64,
        validators=[integration_id_form],
        trim_whitespace=False,
        help_text=_("1 to 64 letters, digits, hyphens, underscores and full stops. Never changes."),
    )
    name = Text(max_length=200)
    office = Text(
        allow_null=True,
        required=False,
        help_text=_("The accounting office whose clients are meant; null for the whole installation."),
    )
    application = Text(max_length=100, required=False, help_text=_("Whose keys may fetch; the key's own application."))
    companies = Companies(required=False, help_text=_("By number. None means all."))
    negative_selection = Truth(required=False, help_text=_("All companies except these."))
    information_types = InformationTypes()
    own_changes = Truth(required=False, help_text=_("Whether changes by the application's own keys are queued too."))
    active = Truth(required=False, help_text=_("An inactive subscription queues nothing new."))

    def validate_integration_id(self, value: str) -> str:
        """Refuse another id for a subscription that has one."""
        if self.instance is not None and value != self.instance.integration_id:
            raise ValidationError(_("An integration ID never changes."), code="unchangeable")
        return value

    def validate_office(self, value: str | None) -> Office | None:
        """Return the office whose own company has the number, of those for which the key may make subscriptions."""
        if value is None:
            return None
        offices: QuerySet[Office] = self.context["offices"]
        office = offices.filter(company__number=value).first()
        if office is None:
            raise ValidationError(_("There is no accounting office of this number."), code="does_not_exist")
        return office

    def validate_application(self, value: str) -> Application:
        """Refuse an application other than the key's own, whether there is one or not."""
        own: Application = self.context["application"]
        if value != own.name:
            raise ValidationError(
                _("A key makes and changes subscriptions of its own application only."), code="foreign_application"
            )
        return own

    def to_representation(self, instance: Subscription) -> dict[str, Any]:
        """Return the whole subscription."""
        return {
            "integration_id": instance.integration_id,
            "name": instance.name,
            "office": instance.office and instance.office.company.number,
            "application": instance.application.name,
            "companies": self.fields["companies"].to_representation(instance.companies),
            "negative_selection": instance.negative_selection,
            "information_types": self.fields["information_types"].to_representation(instance.information_types),
            "own_changes": instance.own_changes,
            "active": instance.active,
        }
