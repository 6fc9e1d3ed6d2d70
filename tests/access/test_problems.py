"""Every refusal is problem+json, whatever was asked for and wherever it arises."""

from collections.abc import Mapping
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation, ValidationError
from django.db import IntegrityError, OperationalError
from django.http import Http404
from django.test import Client, RequestFactory
from rest_framework import exceptions as drf

from access.http.problems import STATUS_OF_CODE, Answer, Problem, answer_to, server_error
from access.models import KeptAnswer
from tests.access.probe import errors, failing_with, get, post, problem
from tests.factories import make_books, make_key
from tests.refusals import run_sql


class OutOfStep(Exception):
    """As an app's core would raise it."""

    code = "out_of_step"

    def __init__(self, expected: int) -> None:
        super().__init__("The queue does not go on there.")
        self.members = {"expected": expected}


class Taken(Exception):
    """A code that is no problem of its own, but tells what is wrong with a field."""

    code = "unique"
    field = "integration_id"


class EmptyNegativeSelection(Exception):
    """A problem of its own that also names its field."""

    code = "empty_negative_selection"
    field = "companies"


class Foreign(Exception):
    """Somebody else's exception that happens to have a code."""

    code = "something"


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (Http404("No Subscription matches the given query."), "not_found"),
        (drf.NotFound("SECRET exists"), "not_found"),
        (PermissionDenied(), "permission_denied"),
        (drf.PermissionDenied(), "permission_denied"),
        (drf.NotAuthenticated(), "not_authenticated"),
        (drf.AuthenticationFailed(), "not_authenticated"),
        (drf.MethodNotAllowed("PUT"), "method_not_allowed"),
        (drf.NotAcceptable(), "not_acceptable"),
        (drf.UnsupportedMediaType("text/plain"), "unsupported_media_type"),
        (drf.Throttled(wait=3), "throttled"),
        (drf.ParseError(), "invalid"),
        (drf.ValidationError("x"), "invalid"),
        (ValidationError("x"), "invalid"),
        (RequestDataTooBig(), "too_large"),
        (OperationalError("the server went away"), "unavailable"),
        (SuspiciousOperation(), "invalid"),
        (OutOfStep(3), "out_of_step"),
        (Taken(), "invalid"),
        (EmptyNegativeSelection("Choose."), "empty_negative_selection"),
        (Problem("epoch_changed", "The queue was cut."), "epoch_changed"),
    ],
)
def test_every_known_exception_has_its_code_and_status(error: Exception, code: str) -> None:
    answer = answer_to(error)
    assert answer is not None
    found = problem(answer.response(), STATUS_OF_CODE[code], code)
    assert "SECRET" not in str(found)
    assert "Subscription" not in str(found)
    assert ("errors" in found) == (code in {"invalid", "empty_negative_selection"})


@pytest.mark.parametrize("error", [RuntimeError("x"), Foreign("x"), drf.APIException("x")])
def test_what_nobody_foresaw_stays_an_error_of_ours(error: Exception) -> None:
    assert answer_to(error) is None


def test_further_members_stand_beside_the_code() -> None:
    assert body_of(OutOfStep(3))["expected"] == 3
    assert body_of(Problem("out_of_step", "Not there.", expected=4))["expected"] == 4


def test_a_throttled_answer_says_when_to_come_back() -> None:
    answer = answer_to(drf.Throttled(wait=2.1))
    assert answer is not None
    assert answer.response()["Retry-After"] == "3"


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (ValidationError("x", code="odd"), [(None, "odd")]),
        (ValidationError({"name": [ValidationError("x", code="odd")]}), [("name", "odd")]),
        (ValidationError(["x", "y"]), [(None, "invalid"), (None, "invalid")]),
        (drf.ValidationError({"a": ["x", "y"], "b": {"c": ["z"]}}), [("a", "invalid")] * 2 + [("b.c", "invalid")]),
        (drf.ValidationError({"rows": [{}, {"a": ["x"]}]}), [("rows.1.a", "invalid")]),
        (drf.ValidationError({"rows": {"3": ["x"]}}), [("rows.3", "invalid")]),
        (drf.ValidationError({"a": {"non_field_errors": ["x"]}}), [("a", "invalid")]),
        (Taken("Taken."), [("integration_id", "unique")]),
    ],
)
def test_errors_name_their_fields(error: Exception, expected: list[tuple[str | None, str]]) -> None:
    answer = answer_to(error)
    assert answer is not None
    assert errors(answer.response()) == expected


def test_a_detail_of_a_field_may_itself_be_named_like_a_part_of_a_detail() -> None:
    assert fields_of(drf.ValidationError({"message": ["x"], "code": ["y"]})) == ["message", "code"]


@pytest.mark.django_db
@pytest.mark.parametrize("accept", ["application/x-ndjson", "text/html", "image/png", "*/*", "nonsense"])
def test_an_error_is_problem_json_whatever_the_client_accepts(accept: str) -> None:
    problem(get(HTTP_ACCEPT=accept), 401 if accept == "*/*" else 406, code_for(accept))


@pytest.mark.django_db
def test_a_body_of_another_kind_is_415() -> None:
    _key, text = make_key()
    problem(post(text, "name=n", "application/x-www-form-urlencoded"), 415, "unsupported_media_type")


@pytest.mark.django_db
def test_a_method_that_a_view_lacks_is_405_with_those_that_it_has() -> None:
    _key, text = make_key()
    for method in ("DELETE", "OPTIONS", "TRACE", "PROPFIND"):
        response = get(text, REQUEST_METHOD=method)
        problem(response, 405, "method_not_allowed")
        assert response["Allow"] == "GET, POST, HEAD"


@pytest.mark.django_db
def test_an_unforeseen_error_is_not_dressed_up() -> None:
    _key, text = make_key()
    with pytest.raises(RuntimeError):
        get(text, view=failing_with(RuntimeError()))


@pytest.mark.parametrize("method", ["get", "post", "put", "patch", "delete", "head", "options"])
@pytest.mark.parametrize("path", ["/api/", "/api/v1/", "/api/v1/nothing", "/api/v2/pending", "/api/v1/~/x//y"])
@pytest.mark.parametrize("debug", [False, True])
def test_a_path_that_leads_nowhere_is_a_problem_too(settings: Any, method: str, path: str, debug: bool) -> None:
    settings.DEBUG = debug
    response = getattr(Client(enforce_csrf_checks=True), method)(path)
    assert response.status_code == 404
    assert response["Content-Type"] == "application/problem+json"
    if method != "head":
        problem(response, 404, "not_found")


def test_a_host_that_is_not_ours_is_a_problem_below_api_and_a_page_elsewhere() -> None:
    headers = {"host": "evil.example"}
    problem(Client().get("/api/v1/nothing", headers=headers), 400, "invalid")
    elsewhere = Client().get("/admin/", headers=headers)
    assert (elsewhere.status_code, elsewhere["Content-Type"]) == (400, "text/html; charset=utf-8")


@pytest.mark.parametrize("path", ["/api/v1/pending", "/admin/"])
def test_an_unforeseen_error_tells_nothing_and_is_a_problem_below_api(path: str) -> None:
    response = server_error(RequestFactory().get(path))
    if path.startswith("/api/"):
        problem(response, 500, "internal_error")
    else:
        assert (response.status_code, response["Content-Type"]) == (500, "text/html; charset=utf-8")


def body_of(error: Exception) -> Mapping[str, Any]:
    answer = answer_to(error)
    assert isinstance(answer, Answer)
    return {**answer.members, "code": answer.code}


def fields_of(error: Exception) -> list[str | None]:
    answer = answer_to(error)
    assert isinstance(answer, Answer)
    return [one.field for one in answer.errors]


def code_for(accept: str) -> str:
    return "not_authenticated" if accept == "*/*" else "not_acceptable"


def refused_at_commit() -> IntegrityError:
    """What the database says of the test's transaction if it were to end now."""
    with pytest.raises(IntegrityError) as refused:
        run_sql("set constraints all immediate")
    return refused.value


@pytest.mark.django_db
def test_what_is_deleted_while_it_is_referred_to_is_asked_for_again() -> None:
    digest = "0" * 64
    KeptAnswer.objects.create(key_id=0, name_digest=digest, request_digest=digest, status=200, headers={}, body=b"")
    answer = answer_to(refused_at_commit())
    assert answer is not None
    response = answer.response()
    problem(response, 503, "unavailable")
    assert response["Retry-After"]


@pytest.mark.django_db
def test_what_the_database_refuses_at_commit_is_the_ledgers_own_refusal() -> None:
    make_books().post().rows.filter(row=1).update(amount=1)
    answer = answer_to(refused_at_commit())
    assert answer is not None
    found = problem(answer.response(), 400, "unbalanced")
    assert [error["field"] for error in found["errors"]] == ["rows"]
