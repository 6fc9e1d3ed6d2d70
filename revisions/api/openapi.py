"""What OpenAPI says of the outbox; every type's `data` comes from its registration."""

from typing import Any

from drf_spectacular.extensions import OpenApiSerializerExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import Direction, OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers

from access.http.openapi import component
from information_types import registry
from information_types.definition import InformationType
from information_types.schema import JsonSchema, component_name, data_schema, key_schema
from revisions.api.renderers import NDJSON
from revisions.api.serializers import (
    Acknowledged,
    Pending,
    PendingQuery,
    ReceiptBody,
    Reconciliation,
    ReconciliationQuery,
    RevisionsQuery,
    TakeBody,
)
from revisions.models import ChangeSet

TAGS = ["outbox"]
WITH_DATA = [str(one.label) for one in ChangeSet.Operation if one != ChangeSet.Operation.DELETED]
DELETED = str(ChangeSet.Operation.DELETED.label)


class Batch(serializers.Serializer[Any]):
    """A batch; its schema is built below."""


class BatchSchema(OpenApiSerializerExtension):
    """A batch, its envelope (NDJSON's last line), and a revision of each registered type."""

    target_class = Batch

    def map_serializer(self, auto_schema: AutoSchema, direction: Direction) -> JsonSchema:  # noqa: ARG002 (its signature)
        """Return the batch's schema; what it refers to becomes components of their own."""
        refs = {known.name: _revision(auto_schema, known) for known in registry.all_types()}
        revision = component(auto_schema, "Revision", _one_of(refs))
        end = component(auto_schema, "BatchEnd", _envelope())
        return {
            "allOf": [end],
            "type": "object",
            "properties": {"rows": {"type": "array", "items": revision}},
            "required": ["rows"],
        }


def _envelope() -> JsonSchema:
    properties: JsonSchema = {
        "integration_id": {"type": "string"},
        "epoch": {"type": "integer", "description": "Rises when the queue was cut."},
        "receipt": {
            "type": ["string", "null"],
            "description": "Send it to `receipts` when the rows are safely yours; null without rows.",
        },
        "has_more": {"type": "boolean", "description": "Whether more rows of this choice are queued."},
        "voucher_complete": {
            "type": "boolean",
            "description": "False only where one voucher is larger than a batch may be, and was cut.",
        },
        "withheld": {"type": "integer", "description": "Rows of companies that the key may not read."},
    }
    return {
        "type": "object",
        "description": "What stands around the rows; with NDJSON the last line.",
        "properties": properties,
        "required": list(properties),
    }


def _revision(auto_schema: AutoSchema, known: InformationType) -> JsonSchema:
    """Register a type's `data`, key and revision; return the reference to the last."""
    name = component_name(known)
    data = component(auto_schema, f"{name}Data", {"description": str(known.label), **data_schema(known)})
    key = component(auto_schema, f"{name}Key", key_schema(known))
    properties: JsonSchema = {
        "sequence": {"type": "integer", "minimum": 1, "description": "1, 2, 3 … without gaps, per subscription."},
        "information_type": {"type": "string", "const": known.name},
        "company": {"type": "string", "description": "The company's number."},
        "operation": {"type": "string", "enum": [*WITH_DATA, DELETED]},
        "origin": {
            "type": ["string", "null"],
            "description": "The application whose key made the change; null for people and programs.",
        },
        "key": key,
        "revision": {"type": "string", "description": "Names the change itself, the same for every integration."},
        "changed_at": {"type": "string", "format": "date-time"},
        "data": {
            "oneOf": [data, {"type": "null"}],
            "description": "The row as it was when it changed; null when it was deleted.",
        },
    }
    return component(
        auto_schema,
        f"{name}Revision",
        {"type": "object", "properties": properties, "required": list(properties)},
    )


def _one_of(refs: dict[str, JsonSchema]) -> JsonSchema:
    return {
        "oneOf": list(refs.values()),
        "discriminator": {
            "propertyName": "information_type",
            "mapping": {name: ref["$ref"] for name, ref in refs.items()},
        },
    }


LINES: JsonSchema = {
    "type": "string",
    "description": "One JSON object a line: a `Revision` each, and last a `BatchEnd`, also when there are no rows.",
    "x-lines": {"anyOf": [{"$ref": "#/components/schemas/Revision"}, {"$ref": "#/components/schemas/BatchEnd"}]},
}
FETCHED: Any = {
    (200, "application/json"): OpenApiResponse(Batch, description="The oldest rows."),
    (200, NDJSON): LINES,
}

pending = extend_schema(
    operation_id="pending",
    tags=TAGS,
    summary="Is there anything?",
    description=(
        "Cheap enough to ask every second. With `If-None-Match` the answer is 304 while nothing has changed. With "
        "`wait` it comes at once if rows are queued (with `If-None-Match`: if the answer differs), else as soon as "
        "some are, else after that time as it would without."
    ),
    parameters=[
        PendingQuery,
        OpenApiParameter(
            "If-None-Match", OpenApiTypes.STR, OpenApiParameter.HEADER, description="The `ETag` of an earlier answer."
        ),
        OpenApiParameter(
            "ETag", OpenApiTypes.STR, OpenApiParameter.HEADER, response=[200, 304], description="Names this answer."
        ),
    ],
    responses={
        200: OpenApiResponse(Pending, description="What is queued."),
        304: OpenApiResponse(description="As it was."),
    },
)
revisions = extend_schema(
    operation_id="revisions",
    tags=TAGS,
    summary="Fetch the oldest rows",
    description=(
        "They are unchanged until a receipt: the same request gives the same rows until they are acknowledged. A "
        "batch ends where a voucher ends. `sequence` is dense: fetch without filter, and it proves that nothing "
        "queued is missing; `resync` in `pending` tells what was not queued."
    ),
    parameters=[RevisionsQuery],
    responses=FETCHED,
)
receipts = extend_schema(
    operation_id="receipts",
    tags=TAGS,
    summary="Acknowledge a batch",
    description=(
        "Deletes exactly the rows of the batch that the receipt came with, for this integration only. Send it when "
        "the rows are safely yours. Sent again it deletes nothing more: `acknowledged` is 0."
    ),
    request=ReceiptBody,
    responses={200: OpenApiResponse(Acknowledged, description="The rows are gone.")},
)
take = extend_schema(
    operation_id="take",
    tags=TAGS,
    summary="Fetch and delete in one step (unsafe)",
    description=(
        "**Unsafe where a response may be lost**: what was in it is gone for good. Fetch and acknowledge instead, "
        "unless you can do without rows."
    ),
    request=TakeBody,
    responses=FETCHED,
)
reconciliation = extend_schema(
    operation_id="reconciliation",
    tags=TAGS,
    summary="Does my copy equal the register?",
    description=(
        "What the register holds of one type, by company and month: rows, sums, and a hash over keys and amounts that "
        "you can compute from your copy; docs/reconciliation.md has the recipe and test vectors. All of it is of one "
        "moment. A copy that has taken in every row up to `sequence`, and none beyond, must be equal in each company "
        "with `unqueued` 0 and `resync` false; so must one that has acknowledged all that it stored where `queued` is "
        "0 as well. A month that isn't listed has no rows. Too much for one request is 400 `too_much`."
    ),
    parameters=[ReconciliationQuery],
    responses={200: OpenApiResponse(Reconciliation, description="What the register held.")},
)
