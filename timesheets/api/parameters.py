"""What requests to the time API may say: every parameter of seeds/time-api-no.txt, by its exact name.

A query repeats a filter or separates its values by commas; a JSON body may hold a list as well, whose values are taken
as they are.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from difflib import get_close_matches
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail
from rest_framework.request import Request

from access.http.parameters import QuerySerializer, StrictSerializer, Text
from timesheets.models import LEVELS, TimeCategory
from timesheets.time_api import Wish

MOST_VALUES = 5_000
WHOLE_NUMBER = re.compile(r"-?[0-9]{1,18}")
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
MOMENT = re.compile(rf"({DAY.pattern})(?:[ T]([0-9]{{2}}:[0-9]{{2}}(?::[0-9]{{2}}(?:\.[0-9]{{1,6}})?)?))?")
PAID = {"0": False, "1": True, "2": None}

# What each filter chooses by.
IDS = {
    "employeeIdFilter": "employee_id",
    "departmentIdFilter": "department_id",
    "taskIdFilter": "task_id",
    "orderIdFilter": "order_id",
    "dutyIdFilter": "shift_id",
    "projectIdFilter": "project_id",
    "subProjectIdFilter": "sub_project_id",
    "projectPhaseIdFilter": "project_phase_id",
    "freeDimension1Filter": "free_dimension1_id",
    "freeDimension2Filter": "free_dimension2_id",
}
CODES = {
    "timeCategoryTypeIdFilter": "time_category_type",
    "projectAlphanumericCodeFilter": "project_alphanumeric_code",
    "subProjectAlphanumericCodeFilter": "sub_project_alphanumeric_code",
    "phaseAlphanumericCodeFilter": "phase_alphanumeric_code",
}


# Values


class Number(serializers.IntegerField):
    """A whole number, in digits or as a JSON number."""

    def to_internal_value(self, data: Any) -> int:
        """Read it, without what Python takes for a number beyond that (`1_000`, `true`)."""
        is_number = isinstance(data, int) and not isinstance(data, bool)
        if not (is_number or (isinstance(data, str) and WHOLE_NUMBER.fullmatch(data))):
            self.fail("invalid")
        if len(str(data)) > 19:
            self.fail("max_string_length", max_length=19)
        return super().to_internal_value(data)


class Id(Number):
    """A number of somebody or something."""

    def __init__(self, **options: Any) -> None:
        super().__init__(min_value=-(2**63), max_value=2**63 - 1, **options)


class Code(Text):
    """A code; capitals count."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=64, **options)


class Values(serializers.ListField):
    """One value or several."""

    default_error_messages = {
        "empty_value": gettext_lazy("A value is missing. Leave the parameter out to filter by nothing."),
        "too_many": gettext_lazy("At most {most} values."),
    }

    def to_internal_value(self, data: Any) -> list[Any]:
        """Read them, each once and in order."""
        parts = self._parts(data)
        if not parts or "" in parts:
            self.fail("empty_value")
        if len(parts) > MOST_VALUES:
            self.fail("too_many", most=MOST_VALUES)
        return sorted(set(super().to_internal_value(parts)))

    def _parts(self, data: Any) -> list[Any]:
        if isinstance(data, list) and not isinstance(self.root, QuerySerializer):
            return data
        told = data if isinstance(data, list) else [data]
        return [part for one in told for part in (_at_commas(one) if isinstance(one, str) else [one])]


def _at_commas(text: str) -> list[str]:
    return [part.strip() for part in text.split(",")]


@extend_schema_field({"type": "string", "format": "date"})
class Day(serializers.Field[date, Any, str, Any]):
    """A date, `yyyy-mm-dd`."""

    default_error_messages = {"invalid": gettext_lazy("A date has the form yyyy-mm-dd.")}

    def to_internal_value(self, data: Any) -> date:
        """Read it."""
        try:
            if isinstance(data, str) and DAY.fullmatch(data):
                return date.fromisoformat(data)
        except ValueError:
            pass
        return self.fail("invalid")


@extend_schema_field({"type": "string", "pattern": r"^\d{4}-\d\d-\d\d([ T]\d\d:\d\d(:\d\d(\.\d{1,6})?)?)?$"})
class Moment(serializers.Field[datetime, Any, str, Any]):
    """A date, or a date and a time of day, of the company's time zone."""

    default_error_messages = {
        "invalid": gettext_lazy("A time has the form yyyy-mm-dd hh:mm:ss.000, or is a date, yyyy-mm-dd.")
    }

    def to_internal_value(self, data: Any) -> datetime:
        """Read it; without a time of day it is the day's beginning."""
        found = MOMENT.fullmatch(data) if isinstance(data, str) else None
        try:
            if found:
                return datetime.fromisoformat(f"{found[1]}T{found[2] or '00:00'}")
        except ValueError:
            pass
        return self.fail("invalid")


@extend_schema_field({"type": "boolean"})
class TrueOrFalse(serializers.Field[bool, Any, bool, Any]):
    """`true` or `false`, as a word or in JSON."""

    default_error_messages = {"invalid": gettext_lazy("Say true or false.")}

    def to_internal_value(self, data: Any) -> bool:
        """Read it."""
        known = {"true": True, "false": False}
        if isinstance(data, bool):
            return data
        if not isinstance(data, str) or data.lower() not in known:
            self.fail("invalid")
        return known[data.lower()]


class Paid(serializers.ChoiceField):
    """1: paid only, 0: unpaid only, 2: all."""

    def __init__(self, **options: Any) -> None:
        super().__init__(choices=list(PAID), **options)

    def to_internal_value(self, data: Any) -> Any:
        """Read the digit."""
        return super().to_internal_value("" if isinstance(data, bool) else str(data))


class ClientNumber(Text):
    """A company's number; a JSON number is taken as its digits."""

    def to_internal_value(self, data: Any) -> str:
        """Read it."""
        is_number = isinstance(data, int) and not isinstance(data, bool) and abs(data) < 10**32
        return super().to_internal_value(str(data) if is_number else data)


@extend_schema_field({"type": "array", "items": {"type": "integer"}, "minItems": 1})
class Ids(Values):
    """Numbers."""

    child = Id()


@extend_schema_field({"type": "array", "items": {"type": "string", "minLength": 1, "maxLength": 64}, "minItems": 1})
class Codes(Values):
    """Codes."""

    child = Code()


class Types(Values):
    """Types of time category."""

    child = serializers.ChoiceField(choices=TimeCategory.Type.values)


class Levels(Values):
    """Levels of approval."""

    child = Number(min_value=1, max_value=len(LEVELS))


# Requests


class Strict(StrictSerializer):
    """Refuses names that it doesn't know, and says which one may have been meant."""

    def _unknown(self, data: Any) -> dict[str, list[ErrorDetail]]:
        known = {str(field.field_name) for field in self._writable_fields}
        unknown = super()._unknown(data)
        for name, errors in unknown.items():
            if near := _near(str(name), known):
                told = _("There is no such parameter. Did you mean %(near)s?") % {"near": ", ".join(near)}
                errors[:] = [ErrorDetail(told, code="unknown_parameter")]
        return unknown


def _near(name: str, known: Iterable[str]) -> list[str]:
    by_lower = {one.lower(): one for one in known}
    return [by_lower[one] for one in get_close_matches(name.lower()[:100], by_lower, n=3, cutoff=0.7)]


class WithToken(Strict):
    """What may hold the access token."""

    accessToken = serializers.CharField(  # noqa: N815 (the seed's name)
        required=False,
        allow_null=True,
        allow_blank=True,
        trim_whitespace=False,
        help_text="From `Access/login`; rather send it as `Authorization: Bearer`, where no log can hold it.",
    )


class TokenQuery(WithToken, QuerySerializer):
    """The query of what says everything else in its body."""


class Body(WithToken):
    """A JSON object; null is as good as nothing."""

    @classmethod
    def read(cls, request: Request) -> dict[str, Any]:
        """Return the valid values; raises DRF's ValidationError."""
        TokenQuery.read(request)
        serializer = cls(data=request.data)
        serializer.is_valid(raise_exception=True)
        values: Mapping[str, Any] = serializer.validated_data
        return {name: value for name, value in values.items() if value is not None}


def _filter(kind: type[Values], what: str) -> Values:
    return kind(required=False, allow_null=True, help_text=f"{what} One or several.")


ALONE = "The same number may stand for different things elsewhere, so use it only together with"


class TimeFilters(serializers.Serializer[Any]):
    """Every parameter of `getTimeTransactions`."""

    clientId = ClientNumber(max_length=32, trim_whitespace=False, help_text="The company's number.")  # noqa: N815
    fromDate = Day(help_text="First day of `datein`, `yyyy-mm-dd`.")  # noqa: N815
    toDate = Day(help_text="Last day of `datein`, `yyyy-mm-dd`; at most 31 days with the first.")  # noqa: N815
    approvedLevelFilter = _filter(Levels, "Only what is approved at this level (1–4), or at one of these.")  # noqa: N815
    employeeIdFilter = _filter(Ids, "Employee numbers.")  # noqa: N815
    departmentIdFilter = _filter(Ids, "Department numbers.")  # noqa: N815
    taskIdFilter = _filter(Ids, f"Task numbers. {ALONE} one department.")  # noqa: N815
    orderIdFilter = _filter(Ids, "Order numbers.")  # noqa: N815
    dutyIdFilter = _filter(Ids, "Numbers of Flow shifts (`shiftId`), not of `classicdutyid`.")  # noqa: N815
    projectIdFilter = _filter(Ids, "Project numbers.")  # noqa: N815
    subProjectIdFilter = _filter(Ids, f"Sub-project numbers. {ALONE} one project.")  # noqa: N815
    projectPhaseIdFilter = _filter(Ids, f"Phase numbers. {ALONE} one project and one sub-project.")  # noqa: N815
    freeDimension1Filter = _filter(Ids, "Numbers of free dimension 1.")  # noqa: N815
    freeDimension2Filter = _filter(Ids, "Numbers of free dimension 2.")  # noqa: N815
    timeCategoryIdFilter = _filter(Ids, "Time category numbers.")  # noqa: N815
    timeCategoryTypeIdFilter = _filter(  # noqa: N815
        Types, "`O` ordinary, `T` allowance, `P` overtime, `S` overtime allowance."
    )
    includePayableCategory = Paid(  # noqa: N815
        required=False, allow_null=True, help_text="`1` paid only, `0` unpaid only, `2` or left out: all."
    )
    externalStatusCodeFilter = _filter(Codes, "External status codes; capitals count.")  # noqa: N815
    includeElementsWithExternalStatusCodeNull = TrueOrFalse(  # noqa: N815
        required=False,
        allow_null=True,
        help_text=(
            "Whether hours without an external status come too. Left out: not beside `externalStatusCodeFilter`, "
            "else they do."
        ),
    )
    lastUpdatedGreaterThanOrEqualToFilter = Moment(  # noqa: N815
        required=False,
        allow_null=True,
        help_text="Created or changed then or later: `yyyy-mm-dd`, also with a time; of the company's time zone.",
    )
    projectAlphanumericCodeFilter = _filter(Codes, "Project codes; capitals count.")  # noqa: N815
    subProjectAlphanumericCodeFilter = _filter(Codes, f"Sub-project codes. {ALONE} one project.")  # noqa: N815
    phaseAlphanumericCodeFilter = _filter(Codes, f"Phase codes. {ALONE} one project and one sub-project.")  # noqa: N815
    lastApprovedOrUpdatedFilter = Moment(  # noqa: N815
        required=False,
        allow_null=True,
        help_text="Created, changed or approved then or later: `yyyy-mm-dd hh:mm:ss.000`, of the company's time zone.",
    )
    cursor = serializers.CharField(
        required=False,
        allow_null=True,
        allow_blank=True,
        max_length=1000,
        help_text="Page through more than 5 000: empty at first, then `X-Next-Cursor` of the answer before.",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse a period that ends before it begins."""
        if attrs["toDate"] < attrs["fromDate"]:
            error = ErrorDetail(_("The last day is before the first."), code="before_from_date")
            raise serializers.ValidationError({"toDate": [error]})
        return attrs


class TimeQuery(TimeFilters, WithToken, QuerySerializer):
    """As a query."""


class TimeBody(TimeFilters, Body):
    """As JSON."""


def wish_of(values: Mapping[str, Any]) -> Wish:
    """Return what is asked for."""
    return Wish(
        client=values["clientId"],
        first=values["fromDate"],
        last=values["toDate"],
        ids={column: values[name] for name, column in IDS.items() if name in values},
        codes={column: values[name] for name, column in CODES.items() if name in values},
        categories=values.get("timeCategoryIdFilter", ()),
        levels=values.get("approvedLevelFilter", ()),
        payable=PAID[values.get("includePayableCategory", "2")],
        status=values.get("externalStatusCodeFilter", ()),
        without_status=values.get("includeElementsWithExternalStatusCodeNull"),
        updated_since=values.get("lastUpdatedGreaterThanOrEqualToFilter"),
        approved_or_updated_since=values.get("lastApprovedOrUpdatedFilter"),
    )
