"""A view with nothing but the plumbing, and how to call it."""

import json
from typing import Any, ClassVar

from django.http import HttpResponse
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory

from access.http.parameters import QuerySerializer, StrictSerializer
from access.http.scope import KeyScope

VIEW = "access.view_application"
ADD = "access.add_application"


class Query(QuerySerializer):
    limit = serializers.IntegerField(min_value=1, default=10)
    company = serializers.ListField(child=serializers.CharField(max_length=5), default=list)


class Row(StrictSerializer):
    amount = serializers.IntegerField()


class Body(StrictSerializer):
    name = serializers.CharField()
    number = serializers.IntegerField(read_only=True)
    rows = Row(many=True, required=False)


class Probe(KeyScope):
    """Answers with the parameters that it read; `raises` lets it fail."""

    required_permissions: ClassVar = {"GET": VIEW, "POST": ADD}
    throttle_scope = "pending"
    raises: Exception | None = None

    def get(self, request: Request) -> Response:
        if self.raises:
            raise self.raises
        return Response(Query.read(request))

    def post(self, request: Request) -> Response:
        body = Body(data=request.data)
        body.is_valid(raise_exception=True)
        return Response(body.validated_data, status=201)


def get(key: str | None = None, query: str = "", *, view: type[KeyScope] = Probe, **extra: Any) -> HttpResponse:
    """GET the probe with a key."""
    environment = _headers(key) | extra
    return _answer(view, APIRequestFactory().get(f"/api/v1/probe{query}", **environment))


def post(key: str | None, body: Any, content_type: str = "application/json", **extra: Any) -> HttpResponse:
    """POST to the probe with a key; `body` is sent as it is if it is text."""
    text = body if isinstance(body, str) else json.dumps(body)
    request = APIRequestFactory().post("/api/v1/probe", data=text, content_type=content_type, **_headers(key), **extra)
    return _answer(Probe, request)


def failing_with(error: Exception) -> type[Probe]:
    """Return a probe whose GET raises."""
    return type("Failing", (Probe,), {"raises": error})


def problem(response: Any, status: int, code: str) -> dict[str, Any]:
    """Check that an answer is this problem, in its whole form, and return it."""
    found: dict[str, Any] = json.loads(response.content)
    assert (response.status_code, found["code"]) == (status, code), found
    assert response["Content-Type"] == "application/problem+json"
    assert {"type", "title", "status", "detail", "code"} <= found.keys()
    assert found["status"] == status
    return found


def errors(response: Any) -> list[tuple[str | None, str]]:
    """Return field and code of each error of a 400 `invalid`."""
    found = problem(response, 400, "invalid")["errors"]
    assert all(one["detail"] for one in found)
    return [(one["field"], one["code"]) for one in found]


def _headers(key: str | None) -> dict[str, Any]:
    return {} if key is None else {"HTTP_AUTHORIZATION": f"Bearer {key}"}


def _answer(view: type[KeyScope], request: Any) -> HttpResponse:
    response: HttpResponse = view.as_view()(request)
    return response.render() if isinstance(response, Response) else response
