"""Who asks: the bearer key of a request."""

import logging
from datetime import UTC, datetime
from typing import Any

import pytest
from freezegun import freeze_time
from pytest_django import Settings

from access.exceptions import BadNetwork
from access.keys import make_key as make_text
from access.models import ApiKey
from access.services import revoke_key
from history.models import Change
from tests.access.probe import failing_with, get, problem
from tests.factories import UserFactory, make_key
from tests.refusals import the_database_refuses

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


def test_a_key_works_from_its_addresses_only() -> None:
    _key, text = make_key(allowed_networks=["192.0.2.0/24", "2001:db8::7"])
    for address in ("192.0.2.200", "2001:db8::7", "::ffff:192.0.2.1"):
        assert get(text, REMOTE_ADDR=address).status_code == 200
    for address in ("192.0.3.1", "2001:db8::8", ""):
        problem(get(text, REMOTE_ADDR=address), 401, "not_authenticated")


def test_the_address_is_the_one_that_the_operators_proxy_saw(settings: Settings) -> None:
    _key, text = make_key(allowed_networks=["198.51.100.0/24"])
    told: dict[str, Any] = {"REMOTE_ADDR": "192.0.2.1", "HTTP_X_FORWARDED_FOR": "198.51.100.7"}
    problem(get(text, **told), 401, "not_authenticated")
    settings.UTKORG_TRUSTED_PROXIES = 1
    assert get(text, **told).status_code == 200
    told["HTTP_X_FORWARDED_FOR"] = "198.51.100.7, 203.0.113.9"
    problem(get(text, **told), 401, "not_authenticated")


def test_a_forbidden_address_is_noted_once_an_hour_for_each_key_and_address() -> None:
    key, text = make_key(allowed_networks=["192.0.2.7"])
    _other, another = make_key(allowed_networks=["192.0.2.7"])
    for sent, address in ((text, "192.0.2.8"), (text, "192.0.2.8"), (text, "192.0.2.9"), (another, "192.0.2.8")):
        problem(get(sent, REMOTE_ADDR=address), 401, "not_authenticated")
    noted = Change.objects.filter(kind="address_refused")
    assert noted.count() == 3
    first = noted.order_by("id")[0]
    assert (first.object_id, first.key_name, first.address) == (key.pk, str(key), "192.0.2.8")
    key.refresh_from_db()
    assert key.last_used_at is None


def test_the_database_keeps_no_network_that_is_none() -> None:
    key, _text = make_key()
    with the_database_refuses("22P02"):
        ApiKey.objects.filter(pk=key.pk).update(allowed_networks=["nowhere"])


def test_a_key_is_made_with_networks_in_one_form() -> None:
    assert make_key(allowed_networks=["192.0.2.7/32"])[0].allowed_networks == ["192.0.2.7"]
    with pytest.raises(BadNetwork):
        make_key(allowed_networks=["192.0.2.7/24"])
