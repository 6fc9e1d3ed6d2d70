"""What requests for registers may say beside their filters."""

from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError

from access.http.pages import PageQuery
from access.http.parameters import QuerySerializer
from registers.register import Register


class FieldNames(serializers.CharField):
    """Names of `data`, separated by commas; an unknown one is refused."""

    def to_internal_value(self, data: Any) -> Any:
        """Return the names."""
        names = super().to_internal_value(data).split(",")
        register: Register = self.context["register"]
        unknown = [name for name in names if name not in register.names]
        if unknown:
            detail = _("There is no field %(name)s here.") % {"name": unknown[0]}
            raise ValidationError(detail, code="unknown_field")
        return frozenset(names)


class RowQuery(QuerySerializer):
    """What is shown of a row."""

    fields_ = FieldNames(required=False, help_text="Names of `data`, separated by commas: only these are sent.")

    def get_fields(self) -> dict[str, Any]:
        """Return the fields by their names; `fields` is a serializer's own."""
        return {name.rstrip("_"): field for name, field in super().get_fields().items()}


class RowsQuery(PageQuery, RowQuery):
    """What chooses a page of rows, beside the filters."""


class RowsOfCompanyQuery(RowsQuery):
    """The same of one company's rows."""

    company = serializers.CharField(help_text="The company's number.")


def split(query: QueryDict, own: type[QuerySerializer]) -> tuple[QueryDict, QueryDict]:
    """Return the parameters that a serializer knows, and those that are left for the filters."""
    ours, filters = QueryDict(mutable=True), QueryDict(mutable=True)
    names = own().fields
    for name, values in query.lists():
        (ours if name in names else filters).setlist(name, values)
    return ours, filters


def refused(error: ErrorDetail, field: str) -> ValidationError:
    """Return the refusal of one parameter."""
    return ValidationError({field: [error]})
