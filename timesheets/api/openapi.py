"""What OpenAPI says of the time API; the fields are those that the statement writes."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension, OpenApiSerializerExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import Direction, OpenApiParameter, OpenApiResponse, extend_schema, inline_serializer
from rest_framework import serializers

from access.http.tokens import TokenAuthentication
from information_types.schema import JsonSchema
from timesheets.api.login_body import LoginBody
from timesheets.api.parameters import TimeBody, TimeQuery
from timesheets.api.status import Conflict, StatusBody
from timesheets.time_api import FIELDS, MOST_DAYS, MOST_RECORDS

TAGS = ["time"]

INTEGERS = {"employeeid", "timeCategoryId", "uid"}
TIMES = {"timein", "timeout"}
DAYS = {"datein", "dateout"}
ALWAYS = {
    *("clientId", "employeeid", "datein", "timeCategoryId", "timeCategoryTypeId", "timeCategoryType"),
    *("timeCategoryPayable", "qty", "uid", "lastUpdatedOn", "recordStateKey"),
}
TOLD: dict[str, JsonSchema] = {
    "clientId": {"type": ["integer", "string"], "description": "The company's number; text where it is no number."},
    "timeCategoryTypeId": {"type": "string", "enum": ["O", "T", "P", "S"]},
    "timeCategoryType": {"type": "string", "enum": ["Ordinær", "Tillegg", "Overtid", "Overtidstillegg"]},
    "timeCategoryPayable": {"type": "integer", "enum": [0, 1], "description": "1: paid."},
    "qty": {"type": "number", "description": "Hours, with two decimals: `7.50`."},
    "shiftId": {"type": ["integer", "null"], "description": "The Flow shift that `dutyIdFilter` chooses by."},
    "externalStatusCode": {"type": ["string", "null"], "description": "Set by `setExternalStatusCode`."},
    "recordStateKey": {
        "type": "string",
        "description": "uid, time category and hours: whether a copy still agrees.",
        "examples": ["107004_10_7.50"],
    },
}


def _is_approval(name: str) -> bool:
    return name.startswith("approvedLevel")


def field_schema(name: str) -> JsonSchema:
    """Return the schema of a field of the answer."""
    if name in TOLD:
        return TOLD[name]
    if _is_approval(name) and not name.endswith(("By", "On")):
        return {"type": ["integer", "null"], "minimum": 1, "maximum": 1, "description": "1: approved; null: not."}
    return {**_type(name), "type": _kind(name)}


def _kind(name: str) -> Any:
    is_number = name.lower().endswith("id") and name not in {"externalId", "correlationId"}
    kind = "integer" if is_number else "string"
    return kind if name in ALWAYS else [kind, "null"]


def _type(name: str) -> JsonSchema:
    if name in DAYS:
        return {"format": "date"}
    if name in TIMES:
        return {"description": "Of the company's clock.", "examples": ["21:57:00.000"]}
    if name == "lastUpdatedOn" or name.endswith("On"):
        return {"description": "Of the company's clock.", "examples": ["2021-07-11 11:25:00"]}
    return {}


class TimeRecord(serializers.Serializer[Any]):
    """A row of the answer; its schema is built below."""


class TimeRecordSchema(OpenApiSerializerExtension):
    """Every field of the answer, in its order."""

    target_class = TimeRecord

    def map_serializer(self, auto_schema: AutoSchema, direction: Direction) -> JsonSchema:  # noqa: ARG002 (its signature)
        """Return the schema."""
        return {
            "type": "object",
            "description": "Hours of one registration in one time category.",
            "properties": {name: field_schema(name) for name in FIELDS},
            "required": list(FIELDS),
        }


class AccessTokenScheme(OpenApiAuthenticationExtension):
    """The security scheme of an access token."""

    target_class = TokenAuthentication
    name = "accessToken"

    def get_security_definition(self, _auto_schema: AutoSchema) -> JsonSchema:
        """Return the scheme."""
        return {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "utt_…",
            "description": "An access token from `Access/login`; also as the parameter `accessToken`.",
        }


NEXT_CURSOR = OpenApiParameter(
    "X-Next-Cursor",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    response=[200],
    description="With `cursor`, where more follows: the cursor of the next page.",
)
ABOUT = (
    f"At most {MOST_DAYS} days, both ends included, and {MOST_RECORDS} records; more are refused with `count`, `limit` "
    "and `hint`. With `cursor=` (empty at first) there may be more records: a page has at most as many, and the header "
    "`X-Next-Cursor` is the `cursor` of the next one."
)


login = extend_schema(
    operation_id="login",
    tags=TAGS,
    auth=[],
    summary="Get an access token",
    description=(
        "In exchange for name and password, or for an API key. Whoever has a second factor needs a key. Too many wrong "
        "tries lock out for a while, as on the sign-in page."
    ),
    request=LoginBody,
    responses={
        200: inline_serializer(
            "GivenToken",
            {
                "accessToken": serializers.CharField(),
                "expiresIn": serializers.IntegerField(help_text="Seconds.", min_value=0),
            },
        )
    },
)
hours_by_query = extend_schema(
    operation_id="get_time_transactions",
    tags=TAGS,
    summary="Hours of a company and period",
    description=ABOUT,
    parameters=[TimeQuery, NEXT_CURSOR],
    responses={200: TimeRecord(many=True)},
)
hours_by_body = extend_schema(
    operation_id="get_time_transactions_by_body",
    tags=TAGS,
    summary="Hours of a company and period, where the address would be too long",
    description=f"The same parameters as JSON. {ABOUT}",
    parameters=[NEXT_CURSOR],
    request=TimeBody,
    responses={200: TimeRecord(many=True)},
)
set_status = extend_schema(
    operation_id="set_external_status_code",
    tags=TAGS,
    summary="Mark hours as taken over",
    description=(
        "A transaction with `recordStateKey` is marked only if the row is in that state still. With conflicts nothing "
        "is marked (409 `records_changed`, with `conflicts`), or with `allOrNothing` false everything else."
    ),
    request=StatusBody,
    responses={
        200: OpenApiResponse(
            inline_serializer("StatusSet", {"updated": serializers.IntegerField(), "conflicts": Conflict(many=True)}),
            description="They are marked.",
        )
    },
)
