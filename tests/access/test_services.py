"""Making, checking and revoking keys."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext
from freezegun import freeze_time
from pytest_django import Settings

from access.add_on import activate
from access.exceptions import AddOnMissing, KeyRefused, OfficeKeysUnsupported
from access.keys import make_key as make_text
from access.models import ApiKey, KeyKind, KeyState
from access.services import authenticate_key, create_key, revoke_key
from tests.factories import (
    ApplicationFactory,
    CompanyFactory,
    OfficeFactory,
    SuperuserFactory,
    UserFactory,
    make_key,
)

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


@contextmanager
def refused(reason: str) -> Iterator[None]:
    """Expect a refusal for this reason."""
    with pytest.raises(KeyRefused, match=reason):
        yield


def test_a_key_opens_with_its_text() -> None:
    key, text = make_key()
    assert authenticate_key(text) == key


def test_the_database_holds_nothing_that_opens() -> None:
    key, text = make_key()
    secret = text.split("_")[2]
    row = ApiKey.objects.values().get(pk=key.pk)
    assert not [name for name, value in row.items() if secret in str(value)]


def test_an_unknown_key_is_refused() -> None:
    with refused("unknown"):
        authenticate_key(make_text().text())


def test_the_public_id_of_one_key_with_the_secret_of_another_is_refused() -> None:
    mine, other = (make_key()[0], make_text())
    forged = type(other)(public_id=mine.public_id, secret=other.secret)
    with refused("unknown"):
        authenticate_key(forged.text())


def test_a_malformed_key_costs_no_query() -> None:
    with CaptureQueriesContext(connection) as queries, refused("malformed"):
        authenticate_key(make_text().text()[:-1] + "_")
    assert not queries


def test_another_pepper_makes_every_key_invalid(settings: Settings) -> None:
    _key, text = make_key()
    settings.API_KEY_PEPPER = "another"
    with refused("unknown"):
        authenticate_key(text)


def test_a_key_works_until_the_second_it_expires() -> None:
    with freeze_time(NOON) as clock:
        _key, text = make_key(expires_at=NOON + timedelta(hours=1))
        clock.tick(3599)
        authenticate_key(text)
        clock.tick(1)
        with refused("expired"):
            authenticate_key(text)


def test_a_revoked_key_is_refused_at_once_and_for_good() -> None:
    key, text = make_key()
    authenticate_key(text)
    assert revoke_key(key=key)
    with refused("revoked"):
        authenticate_key(text)
    revoked_at = key.revoked_at
    assert not revoke_key(key=key)
    assert key.revoked_at == revoked_at


def test_the_key_of_an_inactive_owner_is_refused_until_the_owner_is_back() -> None:
    owner = UserFactory.create()
    _key, text = make_key(owner=owner)
    owner.is_active = False
    owner.save()
    with refused("inactive"):
        authenticate_key(text)
    owner.is_active = True
    owner.save()
    authenticate_key(text)


def test_the_last_use_is_written_at_most_once_a_minute() -> None:
    with freeze_time(NOON) as clock:
        key, text = make_key()
        for _second in range(60):
            authenticate_key(text)
            clock.tick(1)
            key.refresh_from_db()
            assert key.last_used_at == NOON
        authenticate_key(text)
        key.refresh_from_db()
        assert key.last_used_at == NOON + timedelta(minutes=1)


def test_a_key_used_within_the_minute_costs_one_query() -> None:
    _key, text = make_key()
    authenticate_key(text)
    with CaptureQueriesContext(connection) as queries:
        authenticate_key(text)
    assert len(queries) == 1


def test_an_office_key_needs_an_application_that_takes_them() -> None:
    with pytest.raises(OfficeKeysUnsupported):
        make_key(kind=KeyKind.OFFICE)
    supporting = ApplicationFactory.create(supports_office_keys=True)
    assert make_key(kind=KeyKind.OFFICE, application=supporting)[0].kind == KeyKind.OFFICE


@pytest.mark.parametrize("place", ["office", "company"])
def test_no_key_is_made_where_the_add_on_is_not_ordered(place: str) -> None:
    owner = SuperuserFactory.create()
    application = ApplicationFactory.create(supports_office_keys=True)
    kind = KeyKind.OFFICE if place == "office" else KeyKind.END_USER
    where: dict[str, Any] = {place: (OfficeFactory if place == "office" else CompanyFactory).create()}
    with pytest.raises(AddOnMissing):
        create_key(owner=owner, application=application, name="A key", kind=kind, **where)
    activate(by=owner, **where)
    assert create_key(owner=owner, application=application, name="A key", kind=kind, **where)


def test_a_key_tells_its_state() -> None:
    with freeze_time(NOON):
        key, _text = make_key(expires_at=NOON + timedelta(days=1))
    assert key.state(at=NOON) == KeyState.ACTIVE
    assert key.state(at=NOON + timedelta(days=1)) == KeyState.EXPIRED
    key.owner.is_active = False
    assert key.state(at=NOON) == KeyState.OWNER_INACTIVE
    key.revoked_at = NOON
    assert key.state(at=NOON) == KeyState.REVOKED


@pytest.mark.parametrize(
    ("field", "value"),
    [
        # With a name of its own: workers that run tests beside each other must collect the same ones.
        pytest.param("digest", make_text().text(), id="digest"),
        ("public_id", "short"),
        ("kind", "robot"),
        ("rights", "most"),
        ("name", ""),
        ("expires_at", datetime(2000, 1, 1, tzinfo=UTC)),
    ],
)
def test_the_database_refuses_a_key_that_cannot_be(field: str, value: object) -> None:
    key, _text = make_key()
    with pytest.raises(DatabaseError, match=r"access_apikey|too long"), transaction.atomic():
        ApiKey.objects.filter(pk=key.pk).update(**{field: value})
