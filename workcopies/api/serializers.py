"""What requests for working copies may say, and what a copy looks like to integrations. Source: CONTRACT §6."""

from datetime import UTC
from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from access.http.companies import CompanyNumbers
from access.http.pages import PageQuery
from access.http.parameters import BodySerializer, Day, QuerySerializer, Text
from workcopies.models import WorkingCopy

STATES = (WorkingCopy.Status.OUT, WorkingCopy.Status.WITHDRAWN)


class FlagInQuery(serializers.BooleanField):
    """`true` or `false` in a query."""

    def to_internal_value(self, data: Any) -> bool:
        """Read it."""
        if data not in {"true", "false"}:
            self.fail("invalid", input=data)
        return bool(data == "true")


class CopyQuery(PageQuery):
    """Which copies to list."""

    status = serializers.ChoiceField(choices=[state.value for state in STATES], required=False)


class CopyBody(BodySerializer):
    """What to check out."""

    companies = CompanyNumbers(max_length=5000, help_text=_("The companies' numbers."))
    name = Text(required=False, min_length=1, max_length=100, help_text=_("What lists call the copy."))
    financial_years = serializers.ListField(
        child=Day(),
        required=False,
        max_length=100,
        help_text=_("First days of financial years, which each company must have; left out, all years."),
    )


class CheckInQuery(QuerySerializer):
    """How to check in."""

    dry_run = FlagInQuery(default=False, help_text=_("Only tell what would land; nothing is written."))
    allow_deletions = FlagInQuery(
        default=False, help_text=_("More than 20 deletions that are more than a twentieth of a register are meant.")
    )


@extend_schema_serializer(component_name="WorkingCopy")
class CopySerializer(serializers.ModelSerializer[WorkingCopy]):
    """A working copy; of its companies those that the key may know of."""

    uid = serializers.UUIDField(read_only=True)
    companies = serializers.SerializerMethodField()
    financial_years = serializers.SerializerMethodField(help_text=_("By company; one without entry has all years."))
    user = serializers.CharField(source="made_by_name", read_only=True, help_text=_("Who checked it out."))
    made_at = serializers.DateTimeField(default_timezone=UTC, read_only=True)
    checked_in_at = serializers.DateTimeField(
        default_timezone=UTC, read_only=True, allow_null=True, help_text=_("When it was last checked in.")
    )
    withdrawn_at = serializers.DateTimeField(default_timezone=UTC, read_only=True, allow_null=True)
    status = serializers.ChoiceField(choices=[state.value for state in STATES], read_only=True)

    class Meta:
        model = WorkingCopy
        fields = (
            "uid",
            "name",
            "status",
            "companies",
            "financial_years",
            "user",
            "made_at",
            "rows",
            "size",
            "checked_in_at",
            "withdrawn_at",
        )
        read_only_fields = fields

    def get_companies(self, copy: WorkingCopy) -> list[str]:
        """Return the numbers of those in sight."""
        visible = self.context["visible"]
        known = (company for company in copy.companies.all() if visible is None or company.pk in visible)
        return sorted(company.number for company in known)

    def get_financial_years(self, copy: WorkingCopy) -> dict[str, list[str]]:
        """Return the years of those."""
        return {number: copy.years[number] for number in self.get_companies(copy) if number in copy.years}
