"""What OpenAPI says of transfers; each type's parameters come from its registration."""

from typing import Any

from drf_spectacular.extensions import OpenApiSerializerExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import Direction, OpenApiParameter, OpenApiResponse, extend_schema

from information_types import registry
from information_types.definition import InformationType
from information_types.schema import JsonSchema, parameters_schema
from onetime_transfer.api.serializers import CancelBody, NothingBody, TransferBody, TransferSerializer

TAGS = ["one-off transfers"]


class TransferBodySchema(OpenApiSerializerExtension):
    """The body of a request: for each type, its own parameters."""

    target_class = TransferBody

    def map_serializer(self, auto_schema: AutoSchema, direction: Direction) -> JsonSchema:
        """Return one variant a type."""
        schema: JsonSchema = super().map_serializer(auto_schema, direction)
        return {"oneOf": [_variant(schema, known) for known in registry.all_types()]}


def _variant(schema: JsonSchema, known: InformationType) -> JsonSchema:
    parameters = parameters_schema(known)
    properties: dict[str, Any] = {
        **schema["properties"],
        "information_type": {"type": "string", "const": known.name},
        "parameters": parameters,
    }
    required = [*schema["required"], *(["parameters"] if parameters["required"] else [])]
    return {
        "title": known.name,
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": False,
    }


def _answer(description: str) -> OpenApiResponse:
    return OpenApiResponse(TransferSerializer, description=description)


request_transfer = extend_schema(
    operation_id="request_transfer",
    tags=TAGS,
    summary="Ask for a one-off transfer",
    description=(
        "Queues every row of one type as it stands, with operation `transferred`. One transfer runs per subscription "
        "at a time, the next waits. It works for an inactive subscription too."
    ),
    parameters=[
        OpenApiParameter(
            "Location", OpenApiTypes.URI, OpenApiParameter.HEADER, response=[202], description="The transfer."
        ),
    ],
    request=TransferBody,
    responses={202: _answer("It will run.")},
)
read_transfer = extend_schema(
    operation_id="read_transfer",
    tags=TAGS,
    summary="How far has it come?",
    responses={200: _answer("The transfer.")},
)
pause_transfer = extend_schema(
    operation_id="pause_transfer",
    tags=TAGS,
    summary="Pause it",
    description="It stops after the chunk under way. What is queued can be fetched.",
    request=NothingBody,
    responses={200: _answer("It is paused.")},
)
resume_transfer = extend_schema(
    operation_id="resume_transfer",
    tags=TAGS,
    summary="Resume it",
    description="It goes on where it stopped.",
    request=NothingBody,
    responses={200: _answer("It goes on.")},
)
cancel_transfer = extend_schema(
    operation_id="cancel_transfer",
    tags=TAGS,
    summary="Cancel it",
    description=(
        "With `keep_queued` false its rows leave the queue; where any still stood there, the epoch rises and "
        "`resync` tells what is missing."
    ),
    request=CancelBody,
    responses={200: _answer("It is cancelled.")},
)
