"""The published schema tells every answer that an operation may give."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import get_resolver
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.validation import validate_schema

from access.http.problems import STATUS_OF_CODE
from access.http.scope import KeyScope


def generate() -> dict[str, Any]:
    """Return the schema as it is served."""
    generator = SchemaGenerator()
    schema: dict[str, Any] = generator.get_schema(request=None, public=True)
    return schema


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    return generate()


def operations(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for path in schema["paths"].values():
        yield from (operation for method, operation in path.items() if method != "parameters")


def test_the_schema_is_valid_openapi(schema: dict[str, Any]) -> None:
    validate_schema(schema)


@pytest.mark.django_db
def test_the_schema_is_served_without_a_key() -> None:
    response = Client().get("/api/schema/", headers={"accept": "application/vnd.oai.openapi+json"})
    assert response.status_code == 200


def test_every_operation_tells_its_errors_as_problems(schema: dict[str, Any]) -> None:
    assert list(operations(schema))
    for operation in operations(schema):
        answers = operation["responses"]
        always = {"400", "401", "403", "404", "406"} | ({"415"} if "requestBody" in operation else set())
        assert always <= answers.keys(), operation["operationId"]
        for status in answers.keys() - {"200", "201", "202", "204", "304"}:
            assert list(answers[status]["content"]) == ["application/problem+json"]
            assert "WWW-Authenticate" in answers["401"]["headers"]


def test_the_schema_is_the_same_each_time(schema: dict[str, Any]) -> None:
    assert generate() == schema


def test_every_operation_needs_a_key_or_the_time_api_a_token(schema: dict[str, Any]) -> None:
    needed = {
        path: {way for operation in methods.values() for one in operation.get("security", []) for way in one}
        for path, methods in schema["paths"].items()
    }
    assert needed.pop("/api/public/v1/Access/login") == set()
    for path, ways in needed.items():
        assert ways == {"accessToken" if path.startswith("/api/public/") else "apiKey"}
    schemes = schema["components"]["securitySchemes"]
    assert all(schemes[name]["scheme"] == "bearer" for name in ("apiKey", "accessToken"))


def test_a_body_takes_nothing_beyond_what_it_names(schema: dict[str, Any]) -> None:
    assert schema["components"]["schemas"]["SubscriptionRequest"]["additionalProperties"] is False


def test_the_problem_lists_every_code(schema: dict[str, Any]) -> None:
    schemas = schema["components"]["schemas"]
    code = schemas["Problem"]["properties"]["code"]["$ref"].rpartition("/")[2]
    assert schemas[code]["enum"] == list(STATUS_OF_CODE)


def test_every_view_below_api_v1_has_a_scope_and_a_right_for_each_method() -> None:
    views = [view for view in _views(get_resolver().url_patterns) if view is not None]
    assert views
    for view in views:
        assert issubclass(view, KeyScope), view
        methods = {name.upper() for name in ("get", "post", "put", "patch", "delete") if hasattr(view, name)}
        assert methods <= view.required_permissions.keys(), view


def _views(patterns: Any, path: str = "") -> Iterator[Any]:
    """Every view class below /api/v1/."""
    for pattern in patterns:
        below = path + str(pattern.pattern)
        if hasattr(pattern, "url_patterns"):
            yield from _views(pattern.url_patterns, below)
        elif below.startswith("api/v1/"):
            yield getattr(pattern.callback, "cls", None)


# What they answer with, or are sent, is a file; done twice, they do no harm.
OF_FILES = {"check_out", "check_in"}


def test_every_post_takes_an_idempotency_key_and_nothing_else_does(schema: dict[str, Any]) -> None:
    for path in schema["paths"].values():
        for method, operation in path.items():
            named = {one["name"] for one in operation.get("parameters", []) if one["in"] == "header"}
            is_kept = method == "post" and operation["operationId"] not in OF_FILES
            assert ("Idempotency-Key" in named) == is_kept, operation["operationId"]
            if is_kept:
                assert {"409", "422"} <= operation["responses"].keys()


def test_what_may_fail_a_precondition_takes_an_if_match(schema: dict[str, Any]) -> None:
    for operation in operations(schema):
        named = {one["name"] for one in operation.get("parameters", [])}
        assert ("If-Match" in named) == ("412" in operation["responses"]), operation["operationId"]
