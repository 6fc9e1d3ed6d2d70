"""What OpenAPI says of registers: each field of `data`, and the filter that it is."""

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

from drf_spectacular.extensions import OpenApiSerializerExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import Direction, OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers

from access.http.openapi import JsonSchema, component
from information_types.schema import component_name, row_schema, value_schema
from registers.api.filters import CHANGED_SINCE, DERIVED, FieldFilter, RegisterFilter, filters_of
from registers.api.serializers import RowQuery, RowsOfCompanyQuery, RowsQuery
from registers.register import Register

TAGS = ["registers"]
Describe = Callable[[Any], Any]

WHOLE = (
    "For look-ups, and throttled as such. Who wants all rows asks for a [one-off transfer](#/one-off%20transfers): a "
    'read without any filter says so in a `Link` with `rel="alternate"`. Who wants to hold a copy subscribes.'
)
SINCE = (
    "What was written at this time or later: a time with its zone, or a date, which begins in UTC. Rows that show what "
    "was changed of another row (a voucher's date) count as changed. It tells neither what was deleted nor what is "
    "committed later than it was written: only a subscription proves that nothing is missing."
)
SINCE_SCHEMA: JsonSchema = {
    "anyOf": [{"type": "string", "format": "date-time"}, {"type": "string", "format": "date"}],
    "examples": ["2024-01-31T12:00:00Z"],
}
LINK: JsonSchema = {"type": ["string", "null"], "format": "uri", "description": "The page's address, null if none."}


class RegisterRows(serializers.Serializer[Any]):
    """A page of a register, or one of its rows; its schema is built below."""

    register: Register
    of_page = False


class RegisterRowsSchema(OpenApiSerializerExtension):
    """The schema of a register's rows, made from its fields."""

    target_class = RegisterRows
    match_subclasses = True

    def get_name(self, auto_schema: AutoSchema, direction: Direction) -> str:  # noqa: ARG002 (its signature)
        """Return the component's name."""
        return f"{name_of(self.target.register)}{'Page' if self.target.of_page else 'Row'}"

    def map_serializer(self, auto_schema: AutoSchema, direction: Direction) -> JsonSchema:  # noqa: ARG002 (its signature)
        """Return the schema of a page, or of a row: all its fields, or those that were asked for."""
        register = self.target.register
        whole = data_schema(register)
        data = component(auto_schema, f"{name_of(register)}Data", {"description": str(register.label), **whole})
        some = {"type": "object", "description": "With `fields`.", "properties": whole["properties"]}
        row = {"anyOf": [data, {**some, "minProperties": 1, "additionalProperties": False}]}
        if not self.target.of_page:
            return row
        properties = {"next": LINK, "previous": LINK, "results": {"type": "array", "items": row}}
        return {"type": "object", "properties": properties, "required": list(properties)}


def name_of(register: Register) -> str:
    """Return a register's name as components are named."""
    known = register.information_type
    return component_name(known) if known else register.name.title()


def data_schema(register: Register) -> JsonSchema:
    """Return the schema of a whole row."""
    schema = row_schema(register.model, register.fields, key=register.key)
    derived = {name: DERIVED[name] for name in register.derived}
    return {
        **schema,
        "properties": {**schema["properties"], **derived},
        "required": [*schema["required"], *derived],
    }


def list_rows(register: Register) -> Describe:
    """Return the description of reading a page."""
    of_company = register.information_type is not None
    spoken = register.name.replace("_", " ")
    return extend_schema(
        operation_id=f"list_{register.name}",
        tags=TAGS,
        summary=f"Look up {spoken}",
        description=WHOLE if of_company else "The companies that the key may read.",
        parameters=[
            RowsOfCompanyQuery if of_company else RowsQuery,
            *_filters(register),
            *_held(),
            *_alternate(register),
        ],
        responses={200: OpenApiResponse(rows_of(register, of_page=True), description="A page."), **_unchanged()},
    )


def read_row(register: Register) -> Describe:
    """Return the description of reading a row."""
    spoken = register.name.replace("_", " ")
    return extend_schema(
        operation_id=f"read_{register.name}_row",
        tags=TAGS,
        summary=f"Read one of {spoken}",
        description="The parts of the key, percent-encoded; an empty part is `~`.",
        parameters=[*key_parameters(register), RowQuery, *_held()],
        responses={200: OpenApiResponse(rows_of(register), description="The row."), **_unchanged()},
    )


def create_row(register: Register, body: type[serializers.Serializer[Any]]) -> Describe:
    """Return the description of making a row."""
    return extend_schema(
        operation_id=f"create_{register.name}_row",
        tags=TAGS,
        summary=f"Make one of {register.name.replace('_', ' ')}",
        description="Fields left out have their usual values. Where there is one of this key already, `location` says.",
        request=body,
        parameters=[written(201), location()],
        responses={201: OpenApiResponse(rows_of(register), description="The row.")},
    )


def change_row(register: Register, body: type[serializers.Serializer[Any]]) -> Describe:
    """Return the description of changing a row."""
    return extend_schema(
        operation_id=f"change_{register.name}_row",
        tags=TAGS,
        summary=f"Change one of {register.name.replace('_', ' ')}",
        description=(
            "Only the fields that the body names; null clears. What names the row never changes: delete it and make "
            "another."
        ),
        request=body,
        parameters=[*key_parameters(register), written(200)],
        responses={200: OpenApiResponse(rows_of(register), description="The row.")},
    )


def delete_row(register: Register) -> Describe:
    """Return the description of deleting a row."""
    return extend_schema(
        operation_id=f"delete_{register.name}_row",
        tags=TAGS,
        summary=f"Delete one of {register.name.replace('_', ' ')}",
        description="Where others refer to it nothing is done, and `used_by` says what does.",
        parameters=key_parameters(register),
        responses={204: OpenApiResponse(description="It is deleted.")},
    )


def key_parameters(register: Register) -> list[OpenApiParameter]:
    """Return the parts of a row's address."""
    return [
        OpenApiParameter(
            field.name, value_schema(register.model, field, is_key=True), OpenApiParameter.PATH, required=True
        )
        for field in register.key_fields
    ]


@cache
def rows_of(register: Register, *, of_page: bool = False) -> type[RegisterRows]:
    name = f"{name_of(register)}{'Page' if of_page else 'Row'}"
    return type(name, (RegisterRows,), {"register": register, "of_page": of_page})


def _filters(register: Register) -> Iterator[OpenApiParameter]:
    filters: type[RegisterFilter] = filters_of(register)
    yield OpenApiParameter(CHANGED_SINCE, SINCE_SCHEMA, description=SINCE)
    for name, one in filters.base_filters.items():
        if isinstance(one, FieldFilter):
            yield _filter(register, name, one)


def _filter(register: Register, name: str, one: FieldFilter) -> OpenApiParameter:
    schema = one.in_query()
    if not one.is_many:
        return OpenApiParameter(name, schema, description=one.said(register.model))
    return OpenApiParameter(
        name, {"type": "array", "items": schema}, description=one.said(register.model), style="form", explode=True
    )


def _held() -> list[OpenApiParameter]:
    held: dict[str, Any] = {"type": OpenApiTypes.STR, "location": OpenApiParameter.HEADER}
    return [
        OpenApiParameter("If-None-Match", description="The `ETag` of an earlier answer.", **held),
        OpenApiParameter("ETag", response=[200, 304], description="Names this answer, letter by letter.", **held),
    ]


def written(status: int) -> OpenApiParameter:
    description = "Names the row as it is now; for `If-Match`."
    return OpenApiParameter(
        "ETag", OpenApiTypes.STR, OpenApiParameter.HEADER, response=[status], description=description
    )


def location() -> OpenApiParameter:
    return OpenApiParameter(
        "Location", OpenApiTypes.URI, OpenApiParameter.HEADER, response=[201], description="The row's address."
    )


def _alternate(register: Register) -> list[OpenApiParameter]:
    if register.information_type is None:
        return []
    link = "Without any filter: where a one-off transfer of the whole register is asked for."
    return [OpenApiParameter("Link", OpenApiTypes.STR, OpenApiParameter.HEADER, response=[200], description=link)]


def _unchanged() -> dict[Any, Any]:
    return {304: OpenApiResponse(description="As it was.")}
