"""OpenAPI: the errors that every operation may answer with, and the bearer key.

A view adds the codes of its own in `problem_codes`, by method: ``{"POST": ("epoch_changed",)}``.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from copy import deepcopy
from http import HTTPStatus
from typing import Any

from drf_spectacular import openapi
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.plumbing import ComponentRegistry, ResolvedComponent

from access.http.authentication import BearerKeyAuthentication
from access.http.parameters import StrictSerializer
from access.http.problems import CONTENT_TYPE, STATUS_OF_CODE

JsonSchema = dict[str, Any]

ALWAYS = ("invalid", "not_authenticated", "permission_denied", "wrong_key_kind", "not_found", "not_acceptable")

HEADERS: Mapping[int, JsonSchema] = {
    401: {"WWW-Authenticate": {"schema": {"type": "string"}, "required": True}},
    429: {
        "Retry-After": {
            "description": "Seconds until the next request is let through.",
            "schema": {"type": "integer", "minimum": 1},
            "required": True,
        }
    },
}

EVERYWHERE: JsonSchema = {
    "X-Request-Id": {
        "description": "Names this request in our logs; say it when you ask us about it.",
        "schema": {"type": "string"},
        "required": True,
    }
}

FIELD_ERROR: JsonSchema = {
    "type": "object",
    "properties": {
        "field": {
            "type": ["string", "null"],
            "description": "The parameter; null for the request as a whole.",
        },
        "code": {"type": "string", "description": "What is wrong; never changes."},
        "detail": {"type": "string", "description": "What is wrong, for people."},
    },
    "required": ["field", "code", "detail"],
}

PROBLEM: JsonSchema = {
    "type": "object",
    "description": "An error by RFC 9457. Programs look at `code`, people at `detail`.",
    "properties": {
        "type": {"type": "string", "format": "uri-reference"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string", "enum": list(STATUS_OF_CODE)},
        "errors": {"type": "array", "items": FIELD_ERROR},
        "expected": {
            "type": "integer",
            "description": "With `out_of_step`: the sequence after which the queue goes on.",
        },
    },
    "required": ["type", "title", "status", "detail", "code"],
}


class AutoSchema(openapi.AutoSchema):
    """Adds to each operation the errors that it may answer with."""

    def get_operation(
        self, path: str, path_regex: str, path_prefix: str, method: str, registry: ComponentRegistry
    ) -> JsonSchema | None:
        """Return the operation with its errors."""
        operation = super().get_operation(path, path_regex, path_prefix, method, registry)
        if operation is None:
            return None
        # A copy, for the generator's hooks rewrite it in place.
        problem = ResolvedComponent(
            name="Problem", type=ResolvedComponent.SCHEMA, schema=deepcopy(PROBLEM), object="Problem"
        )
        registry.register_on_missing(problem)
        codes = self._problem_codes(has_body="requestBody" in operation)
        operation["responses"] |= _responses(codes, problem.ref)
        for answer in operation["responses"].values():
            answer["headers"] = {**answer.get("headers", {}), **deepcopy(EVERYWHERE)}
        return operation

    def _map_basic_serializer(self, serializer: Any, direction: str) -> JsonSchema:
        """Say that a strict serializer takes nothing beyond what it names."""
        schema: JsonSchema = super()._map_basic_serializer(serializer, direction)  # type: ignore[no-untyped-call]
        if direction == "request" and isinstance(serializer, StrictSerializer):
            schema["additionalProperties"] = False
        return schema

    def _problem_codes(self, *, has_body: bool) -> Iterable[str]:
        yield from ALWAYS
        if has_body:
            yield "unsupported_media_type"
        if getattr(self.view, "throttle_scope", None):
            yield "throttled"
        yield from getattr(self.view, "problem_codes", {}).get(self.method, ())


def _responses(codes: Iterable[str], schema: JsonSchema) -> JsonSchema:
    by_status: defaultdict[int, list[str]] = defaultdict(list)
    for code in codes:
        by_status[STATUS_OF_CODE[code]].append(f"`{code}`")
    return {
        str(status): {
            "description": f"{HTTPStatus(status).phrase}: {', '.join(names)}",
            "content": {CONTENT_TYPE: {"schema": schema}},
            **({"headers": HEADERS[status]} if status in HEADERS else {}),
        }
        for status, names in sorted(by_status.items())
    }


class BearerKeyScheme(OpenApiAuthenticationExtension):
    """The security scheme of an API key."""

    target_class = BearerKeyAuthentication
    name = "apiKey"

    def get_security_definition(self, _auto_schema: openapi.AutoSchema) -> JsonSchema:
        """Return the scheme."""
        return {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "utk_…",
            "description": "An API key, made in the admin and shown there once.",
        }
