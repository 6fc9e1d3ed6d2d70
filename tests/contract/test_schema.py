"""OpenAPI: valid, whole, and served by the installation itself."""

import re
from typing import Any

import pytest
import yaml
from django.conf import settings
from django.test import Client
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.validation import validate_schema
from openapi_spec_validator import validate

from information_types import registry
from information_types.schema import component_name, data_schema

CODES = {
    ("get", "/api/v1/me"): {"invalid", "not_authenticated", "wrong_key_kind", "not_found", "throttled"},
    ("post", "/api/v1/keys/{public_id}/clients"): {"invalid", "permission_denied", "wrong_key_kind", "not_found"},
    ("delete", "/api/v1/keys/{public_id}/clients"): {"invalid", "permission_denied", "not_found", "throttled"},
    ("post", "/api/v1/suppliers"): {"invalid", "permission_denied", "not_found", "already_exists", "throttled"},
    ("patch", "/api/v1/suppliers/{company}/{number}"): {"invalid", "not_found", "precondition_failed"},
    ("delete", "/api/v1/suppliers/{company}/{number}"): {"in_use", "not_found", "precondition_failed"},
    ("post", "/api/v1/companies"): {"already_exists", "idempotency_key_in_use", "idempotency_key_reused"},
    ("get", "/api/v1/pending"): {"invalid", "not_authenticated", "permission_denied", "not_found", "throttled"},
    ("get", "/api/v1/revisions"): {"invalid", "not_found", "out_of_step", "throttled"},
    ("post", "/api/v1/receipts"): {"invalid", "invalid_receipt", "epoch_changed", "not_found", "throttled"},
    ("post", "/api/v1/revisions/take"): {"invalid", "out_of_step", "not_found", "throttled"},
    ("post", "/api/v1/feedback"): {"invalid", "not_found", "too_many_reports", "throttled"},
    ("get", "/api/v1/feedback/{id}"): {"not_found", "permission_denied", "throttled"},
    ("post", "/api/v1/transfers"): {"invalid", "not_found", "permission_denied"},
    ("get", "/api/v1/transfers/{id}"): {"not_found", "permission_denied"},
    ("post", "/api/v1/transfers/{id}/pause"): {"invalid", "not_found"},
    ("post", "/api/v1/transfers/{id}/resume"): {"invalid", "not_found"},
    ("post", "/api/v1/transfers/{id}/cancel"): {"invalid", "not_found"},
}


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    found: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)
    return found


@pytest.mark.django_db
def test_the_schema_is_valid_openapi_3_1() -> None:
    served = yaml.safe_load(Client().get("/api/schema/").content)
    assert served["openapi"].startswith("3.1")
    validate_schema(served)
    validate(served)


def test_every_types_data_is_stated_field_by_field(schema: dict[str, Any]) -> None:
    components = schema["components"]["schemas"]
    named = {part["$ref"].rpartition("/")[2] for part in components["Revision"]["oneOf"]}
    assert named == {f"{component_name(known)}Revision" for known in registry.all_types()}
    for known in registry.all_types():
        stated = components[f"{component_name(known)}Data"]
        assert stated["required"] == [field.name for field in known.fields]
        assert stated["properties"].keys() == data_schema(known)["properties"].keys()


def choices(schema: dict[str, Any], components: dict[str, Any]) -> set[str]:
    """What a member may be, wherever that is stated."""
    if "$ref" in schema:
        return choices(components[schema["$ref"].rpartition("/")[2]], components)
    parts = [part for word in ("oneOf", "allOf", "anyOf") for part in schema.get(word, [])]
    return {*schema.get("enum", []), *(value for part in parts for value in choices(part, components))} - {"", None}


def test_choices_are_the_types_own_though_others_fields_are_called_alike(schema: dict[str, Any]) -> None:
    components = schema["components"]["schemas"]
    for known in registry.all_types():
        stated = components[f"{component_name(known)}Data"]["properties"]
        for name, member in data_schema(known)["properties"].items():
            assert choices(stated[name], components) == choices(member, components), (known.name, name)


@pytest.mark.parametrize(("method", "path"), CODES, ids=str)
def test_every_error_is_stated(schema: dict[str, Any], method: str, path: str) -> None:
    responses = schema["paths"][path][method]["responses"]
    errors = [answer for status, answer in responses.items() if int(status) >= 400]
    assert all("application/problem+json" in answer["content"] for answer in errors)
    stated = set(re.findall("`([a-z_]+)`", " ".join(answer["description"] for answer in errors)))
    assert CODES[method, path] <= stated


def test_fetching_is_stated_in_both_forms(schema: dict[str, Any]) -> None:
    for method, path in (("get", "/api/v1/revisions"), ("post", "/api/v1/revisions/take")):
        content = schema["paths"][path][method]["responses"]["200"]["content"]
        assert content.keys() == {"application/json", "application/x-ndjson"}


def test_headers_are_stated(schema: dict[str, Any]) -> None:
    answers = schema["paths"]["/api/v1/pending"]["get"]["responses"]
    assert "ETag" in answers["200"]["headers"]
    assert "ETag" in answers["304"]["headers"]
    assert "Retry-After" in answers["429"]["headers"]
    assert "Location" in schema["paths"]["/api/v1/transfers"]["post"]["responses"]["202"]["headers"]
    for path in schema["paths"].values():
        for operation in path.values():
            assert all("X-Request-Id" in answer["headers"] for answer in operation["responses"].values())


def test_taking_is_documented_as_unsafe(schema: dict[str, Any]) -> None:
    assert "unsafe" in schema["paths"]["/api/v1/revisions/take"]["post"]["description"].lower()


@pytest.mark.django_db
def test_the_documentation_is_served_from_here_alone() -> None:
    page = Client().get("/api/docs/")
    script = Client().get("/api/docs/", {"script": ""})
    assert page.status_code == script.status_code == 200
    addresses = re.findall(r'(?:src|href)="([^"]+)"', page.content.decode())
    assert addresses
    assert all(address.startswith((settings.STATIC_URL, "/api/docs/")) for address in addresses)
    assert not re.search(r"https?://", script.content.decode())
