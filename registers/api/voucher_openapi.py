"""What OpenAPI says of vouchers."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema

from access.http.openapi import JsonSchema
from information_types.schema import data_schema
from registers.api.voucher_bodies import ReversalBody, VoucherBody, VoucherChange
from registers.api.voucher_content import SHOWN, entries_register

TAGS = ["vouchers"]


def _named() -> JsonSchema:
    names = ("financial_year", "series", "number")
    properties = {name: _of_entries()[name] for name in names}
    return {"type": ["object", "null"], "properties": properties, "required": list(names)}


def _of_entries() -> JsonSchema:
    known = entries_register().information_type
    properties: JsonSchema = data_schema(known)["properties"] if known else {}
    return properties


def voucher_schema() -> JsonSchema:
    """Return the schema of a whole voucher; its values are as in `data`."""
    fields = _of_entries()
    row = {"type": "object", "properties": {name: fields[name] for name in SHOWN}, "required": list(SHOWN)}
    header = ("company", "financial_year", "series", "number", "voucher_date", "voucher_text", "registered_on")
    properties = {
        **{name: fields[name] for name in header},
        "signature": {"type": ["string", "null"]},
        "reverses": {"description": "The voucher that this one takes back.", **_named()},
        "reversed_by": {"description": "The voucher that takes this one back.", **_named()},
        "rows": {"type": "array", "items": row},
    }
    return {"type": "object", "properties": properties, "required": list(properties)}


def _answers(status: int, description: str) -> dict[Any, Any]:
    return {status: OpenApiResponse(voucher_schema(), description=description)}


def _header(name: str, description: str, *statuses: int, kind: Any = OpenApiTypes.STR) -> OpenApiParameter:
    return OpenApiParameter(name, kind, OpenApiParameter.HEADER, response=list(statuses), description=description)


def _key() -> list[OpenApiParameter]:
    return [
        OpenApiParameter("company", OpenApiTypes.STR, OpenApiParameter.PATH, description="The company's number."),
        OpenApiParameter("financial_year", OpenApiTypes.DATE, OpenApiParameter.PATH, description="Its first day."),
        OpenApiParameter("series", OpenApiTypes.STR, OpenApiParameter.PATH, description="An empty one is `~`."),
        OpenApiParameter("number", OpenApiTypes.STR, OpenApiParameter.PATH),
    ]


TAG = "Names the voucher as it is now; for `If-Match`."
LOCATION = _header("Location", "The voucher's address.", 201, kind=OpenApiTypes.URI)

post_voucher = extend_schema(
    operation_id="post_voucher",
    tags=TAGS,
    summary="Post a voucher",
    description=(
        "Whole and balanced, in the financial year of its date, with the next number of its series. Accounts and "
        "dimension values are named by number and code and must be there; errors name the row, counted from 0 "
        "(`rows.3.account`). Send an `Idempotency-Key`, so that a repeat after a lost answer posts nothing twice."
    ),
    parameters=[_header("ETag", TAG, 201), LOCATION],
    request=VoucherBody,
    responses=_answers(201, "It is posted."),
)
read_voucher = extend_schema(
    operation_id="read_voucher",
    tags=TAGS,
    summary="Read a voucher",
    parameters=[
        *_key(),
        OpenApiParameter(
            "If-None-Match", OpenApiTypes.STR, OpenApiParameter.HEADER, description="The `ETag` of an earlier answer."
        ),
        _header("ETag", TAG, 200, 304),
    ],
    responses={**_answers(200, "The voucher."), 304: OpenApiResponse(description="As it was.")},
)
change_voucher = extend_schema(
    operation_id="change_voucher",
    tags=TAGS,
    summary="Replace a voucher",
    description=(
        "As a whole: rows that the body names by `row` are changed, others are new, those left out are deleted. What "
        "is read may be sent back. `registered_on`, `signature` and a row's `entry_date` stay where they are left out."
    ),
    parameters=[*_key(), _header("ETag", TAG, 200)],
    request=VoucherChange,
    responses=_answers(200, "The voucher as it is now."),
)
reverse_voucher = extend_schema(
    operation_id="reverse_voucher",
    tags=TAGS,
    summary="Reverse a voucher",
    description=(
        "Posts another voucher with all signs turned, once: each tells of the other. A second time is refused, with "
        "the first reversal's address as `location`."
    ),
    parameters=[*_key(), _header("ETag", TAG, 201), LOCATION],
    request=ReversalBody,
    responses=_answers(201, "The new voucher."),
)
