"""Query and body parameters: an unknown one is refused rather than ignored."""

import re
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.request import Request

WHOLE_NUMBER = re.compile(r"-?[0-9]{1,18}")
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class StrictSerializer(serializers.Serializer[Any]):
    """A serializer that refuses names that it doesn't know.

    It refuses fields that only we set (`read_only`) too: a caller who sends one expects an effect.
    """

    def to_internal_value(self, data: Any) -> Any:
        """Read the values, and collect unknown names with the other errors."""
        unknown = self._unknown(data)
        try:
            values = super().to_internal_value(data)
        except ValidationError as error:
            # A list here means "not an object at all".
            if isinstance(error.detail, dict):
                raise ValidationError({**error.detail, **unknown}) from error
            raise
        if unknown:
            raise ValidationError(unknown)
        return values

    def _unknown(self, data: Any) -> dict[str, list[ErrorDetail]]:
        if not isinstance(data, Mapping):
            return {}
        known = {field.field_name for field in self._writable_fields}
        return refuse_unknown(name for name in data if name not in known)


def refuse_unknown(names: Iterable[str]) -> dict[str, list[ErrorDetail]]:
    """Return the errors for parameters that nobody knows."""
    return {name: [ErrorDetail(_("There is no such parameter."), code="unknown_parameter")] for name in names}


class QuerySerializer(StrictSerializer):
    """The parameters of a query string. A list's may repeat, another's may not."""

    @classmethod
    def read(cls, request: Request, **context: Any) -> dict[str, Any]:
        """Return the valid parameters of a request; raises DRF's ValidationError."""
        serializer = cls(data=request.query_params, context={"request": request, **context})
        serializer.is_valid(raise_exception=True)
        values: dict[str, Any] = serializer.validated_data
        return values

    def to_internal_value(self, data: Any) -> Any:
        """Read the values as those of a plain object, not of a form, where empty means absent."""
        return super().to_internal_value(self._plain(data) if isinstance(data, QueryDict) else data)

    def _plain(self, query: QueryDict) -> dict[str, Any]:
        lists = {name for name, field in self.fields.items() if isinstance(field, serializers.ListField)}
        repeated = [name for name in query if name not in lists and len(query.getlist(name)) > 1]
        if repeated:
            error = ErrorDetail(_("Give this parameter once only."), code="repeated")
            raise ValidationError({name: [error] for name in repeated})
        return {name: query.getlist(name) if name in lists else query[name] for name in query}


class NoParameters(QuerySerializer):
    """For what takes no query parameters at all."""


class BodySerializer(StrictSerializer):
    """The body of a request that takes no query parameters."""

    @classmethod
    def read(cls, request: Request) -> dict[str, Any]:
        """Return the valid values of the body; raises DRF's ValidationError."""
        NoParameters.read(request)
        serializer = cls(data=request.data)
        serializer.is_valid(raise_exception=True)
        values: dict[str, Any] = serializer.validated_data
        return values


class Text(serializers.CharField):
    """A JSON string: a number is refused, for who sends 7 may have meant 007."""

    def to_internal_value(self, data: Any) -> str:
        """Read a string."""
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class Truth(serializers.BooleanField):
    """A JSON boolean, and nothing that looks like one."""

    def to_internal_value(self, data: Any) -> bool:
        """Read `true` or `false`."""
        if not isinstance(data, bool):
            self.fail("invalid", input=data)
        return data


class Whole(serializers.IntegerField):
    """A whole number: digits in a query, a JSON number in a body."""

    def to_internal_value(self, data: Any) -> int:
        """Read it, without what Python takes for a number beyond that (`1_000`, `true`)."""
        if isinstance(self.root, QuerySerializer):
            known = isinstance(data, str) and WHOLE_NUMBER.fullmatch(data) is not None
        else:
            known = isinstance(data, int) and not isinstance(data, bool)
        if not known:
            self.fail("invalid")
        return int(data)


class Day(serializers.DateField):
    """A date as `YYYY-MM-DD`, and in no other form of ISO 8601."""

    def to_internal_value(self, data: Any) -> date:
        """Read the date."""
        if not isinstance(data, str) or DAY.fullmatch(data) is None:
            self.fail("invalid", format="YYYY-MM-DD")
        return super().to_internal_value(data)
