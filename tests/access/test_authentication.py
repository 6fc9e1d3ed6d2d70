"""Who asks: the bearer key of a request."""

import logging
from datetime import UTC, datetime

import pytest
from freezegun import freeze_time

from access.keys import make_key as make_text
from access.services import revoke_key
from tests.access.probe import failing_with, get, problem
from tests.factories import UserFactory, make_key

pytestmark = pytest.mark.django_db


def test_a_key_opens() -> None:
    _key, text = make_key()
    assert get(text).status_code == 200


@pytest.mark.parametrize("scheme", ["bearer", "BEARER", "Bearer "])
def test_the_scheme_is_read_as_http_writes_it(scheme: str) -> None:
    _key, text = make_key()
    assert get(HTTP_AUTHORIZATION=f"{scheme} {text}").status_code == 200


@pytest.mark.parametrize(
    "header",
    ["", "Bearer", "Bearer ", "Basic dXNlcjpwYXNz", "Bearer x", "Bearer é", "Bearer a b", f"Bearer {'x' * 100_000}"],
)
def test_anything_else_is_401_with_a_challenge(header: str) -> None:
    response = get(HTTP_AUTHORIZATION=header)
    problem(response, 401, "not_authenticated")
    assert response["WWW-Authenticate"] == 'Bearer realm="Utkorg"'


def test_no_key_is_401() -> None:
    problem(get(), 401, "not_authenticated")


def test_an_unknown_key_is_401() -> None:
    problem(get(make_text().text()), 401, "not_authenticated")


def test_a_revoked_key_is_401() -> None:
    key, text = make_key()
    assert get(text).status_code == 200
    revoke_key(key=key)
    problem(get(text), 401, "not_authenticated")


def test_an_expired_key_is_401() -> None:
    with freeze_time("2026-11-21T12:00:00Z"):
        _key, text = make_key(expires_at=datetime(2026, 11, 22, tzinfo=UTC))
        assert get(text).status_code == 200
    with freeze_time("2026-11-22T00:00:00Z"):
        problem(get(text), 401, "not_authenticated")


def test_the_key_of_an_inactive_owner_is_401() -> None:
    _key, text = make_key(owner=UserFactory.create(is_active=False))
    problem(get(text), 401, "not_authenticated")


def test_no_refusal_and_no_error_repeats_or_logs_the_key(caplog: pytest.LogCaptureFixture) -> None:
    key, text = make_key()
    secret = text.split("_")[2]
    caplog.set_level(logging.DEBUG)
    with pytest.raises(RuntimeError):
        get(text, view=failing_with(RuntimeError("unforeseen")))
    revoke_key(key=key)
    assert secret not in get(text).content.decode()
    assert secret not in get(text[:-1] + "_").content.decode()
    assert secret not in caplog.text
