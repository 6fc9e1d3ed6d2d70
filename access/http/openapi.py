"""OpenAPI: the errors that every operation may answer with, and the bearer key.

A view adds the codes of its own in `problem_codes`, by method: ``{"POST": ("epoch_changed",)}``. Every POST takes an
Idempotency-Key, unless its view says otherwise (`answers_once`), and what may answer `precondition_failed` an If-Match.
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
from access.http.once import IDEMPOTENCY_KEY, REPLAYED
from access.http.parameters import StrictSerializer
from access.http.problems import CONTENT_TYPE, STATUS_OF_CODE
from access.idempotency import NAME_FORM

JsonSchema = dict[str, Any]

ALWAYS = ("invalid", "not_authenticated", "permission_denied", "wrong_key_kind", "not_found", "not_acceptable")

HEADERS: Mapping[int, JsonSchema] = {
    401: {"WWW-Authenticate": {"schema": {"type": "string"}, "required": True}},
    409: {
        "Retry-After": {
            "description": "With `idempotency_key_in_use`: seconds until it is worth while to ask again.",
            "schema": {"type": "integer", "minimum": 1},
        }
    },
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

ONCE: JsonSchema = {
    "name": IDEMPOTENCY_KEY,
    "in": "header",
    "description": (
        "A name of the caller's own for this request, best a UUID. Sent again within 24 hours with the same name, the "
        "request does nothing and is answered as it was. A refused request isn't remembered."
    ),
    "schema": {"type": "string", "pattern": NAME_FORM, "maxLength": 257},
}

REPLAYED_HEADER: JsonSchema = {
    REPLAYED: {
        "description": "`true` where the request was done before and this is its answer again.",
        "schema": {"type": "string", "enum": ["true"]},
    }
}

IF_MATCH: JsonSchema = {
    "name": "If-Match",
    "in": "header",
    "description": (
        "The ETag of what the caller has read, or several of them. Where there is something else by now nothing is "
        "done: `precondition_failed`. Weak tags never match, `*` always does."
    ),
    "schema": {"type": "string"},
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
        "location": {
            "type": "string",
            "format": "uri",
            "description": "With `already_exists`: the address of what is there.",
        },
        "used_by": {
            "type": "array",
            "description": "With `in_use`: what refers to it; at most 1000 rows of each are counted.",
            "items": {
                "type": "object",
                "properties": {"register": {"type": "string"}, "rows": {"type": "integer"}},
                "required": ["register", "rows"],
            },
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
        codes = list(self._problem_codes(has_body="requestBody" in operation))
        if self._is_kept:
            _add_idempotency(operation)
        if "precondition_failed" in codes:
            operation.setdefault("parameters", []).append(deepcopy(IF_MATCH))
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

    @property
    def _is_kept(self) -> bool:
        return self.method == "POST" and bool(getattr(self.view, "answers_once", True))

    def _problem_codes(self, *, has_body: bool) -> Iterable[str]:
        yield from ALWAYS
        if has_body:
            yield "unsupported_media_type"
        if getattr(self.view, "throttle_scope", None):
            yield "throttled"
        if self._is_kept:
            yield from ("idempotency_key_in_use", "idempotency_key_reused")
        yield from getattr(self.view, "problem_codes", {}).get(self.method, ())


def _add_idempotency(operation: JsonSchema) -> None:
    operation.setdefault("parameters", []).append(deepcopy(ONCE))
    for answer in operation["responses"].values():
        answer["headers"] = {**answer.get("headers", {}), **deepcopy(REPLAYED_HEADER)}


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


def component(auto_schema: openapi.AutoSchema, name: str, schema: JsonSchema) -> JsonSchema:
    """Register a component, unless there is one of its name, and return the reference to it."""
    found = ResolvedComponent(name=name, type=ResolvedComponent.SCHEMA, schema=schema, object=name)
    auto_schema.registry.register_on_missing(found)
    reference: JsonSchema = found.ref
    return reference
