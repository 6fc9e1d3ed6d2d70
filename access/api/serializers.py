"""What `me` and the clients of a key look like, and what requests for them may say. Source: CONTRACT §2."""

from datetime import UTC
from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from access.http.companies import CompanyNumbers
from access.http.pages import PageQuery
from access.http.parameters import BodySerializer, QuerySerializer, Text
from access.models import ApiKey, KeyKind

CLIENTS_AT_ONCE = 5000


class RightsField(serializers.ListField):
    """Rights by their names, sorted."""

    child = serializers.CharField()

    def __init__(self, **options: Any) -> None:
        options.setdefault("help_text", _("Names such as `ledger.view_supplier`, sorted."))
        super().__init__(**options)


class MeQuery(PageQuery):
    """Which companies to tell of."""

    company = serializers.CharField(required=False, max_length=32, help_text=_("Tell of this company alone."))


class KeySerializer(serializers.Serializer[ApiKey]):
    """A key, without anything that opens something."""

    public_id = serializers.CharField()
    name = serializers.CharField()
    kind = serializers.ChoiceField(choices=KeyKind.choices)
    expires_at = serializers.DateTimeField(default_timezone=UTC, allow_null=True, help_text=_("Null: never."))
    allowed_networks = serializers.ListField(
        child=serializers.CharField(), help_text=_("From where the key may be used; none: from anywhere.")
    )
    office = serializers.CharField(
        source="office.company.number",
        default=None,
        read_only=True,
        allow_null=True,
        help_text=_("The accounting office that the key is of, by the number of its own company."),
    )
    company = serializers.CharField(
        source="company.number",
        default=None,
        read_only=True,
        allow_null=True,
        help_text=_("The one company that the key is for; with neither it follows its owner."),
    )


class ApplicationSerializer(serializers.Serializer[Any]):
    """The program that the key is for."""

    name = serializers.CharField()
    vendor = serializers.CharField()
    supports_office_keys = serializers.BooleanField()


class CompanyRights(serializers.Serializer[Any]):
    """What the key may do for a company."""

    company = serializers.CharField()
    rights = RightsField()


class Me(serializers.Serializer[Any]):
    """The caller's key, and a page of the companies that it may know of."""

    key = KeySerializer()
    application = ApplicationSerializer()
    installation_rights = RightsField(help_text=_("Rights to what belongs to no company."))
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = CompanyRights(many=True)


class Client(serializers.Serializer[Any]):
    """One client of an office's key."""

    company = serializers.CharField()
    template = serializers.CharField(help_text=_("The access template that says what the key may do."))
    api_access = serializers.BooleanField(help_text=_("The client's own switch: off, the key may do nothing there."))
    rights = RightsField(help_text=_("What the key may do for the client now."))


class GrantBody(BodySerializer):
    """Clients to be granted, all or none."""

    clients = CompanyNumbers(max_length=CLIENTS_AT_ONCE, help_text=_("Companies by number."))
    template = Text(max_length=100, help_text=_("An access template by name: one of the office's own, or of all."))


class Granted(serializers.Serializer[Any]):
    """What came of it; companies by number."""

    added = serializers.ListField(child=serializers.CharField())
    changed = serializers.ListField(child=serializers.CharField(), help_text=_("They had another template before."))
    unchanged = serializers.ListField(child=serializers.CharField())


class WithdrawQuery(QuerySerializer):
    """Clients to be withdrawn, all or none."""

    client = CompanyNumbers(help_text=_("A company by number; repeat it for more."))


class Withdrawn(serializers.Serializer[Any]):
    """What came of it; companies by number."""

    withdrawn = serializers.ListField(child=serializers.CharField(), help_text=_("Those that the key was granted."))
