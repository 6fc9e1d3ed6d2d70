"""A key gets a new text: the old one ends at once or after a grace, and whoever goes on sending it is announced."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from freezegun import freeze_time

from access.exceptions import GraceTooLong, KeyEnded, KeyRefused, KeyReplaced
from access.models import AccessTemplate, ApiKey, ClientGrant, KeyKind, KeyRights
from access.services import authenticate_key, end_grace, restore_key, revoke_key
from access.signals import replaced_key_used
from history.models import Change
from tests.factories import ApplicationFactory, CompanyFactory, make_key, permission

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
WEEK = timedelta(days=7)


@pytest.fixture
def announced() -> Iterator[list[dict[str, Any]]]:
    """What was announced of the use of replaced keys."""
    heard: list[dict[str, Any]] = []

    def hear(**told: Any) -> None:
        heard.append(told)

    replaced_key_used.connect(hear)
    yield heard
    replaced_key_used.disconnect(hear)


def is_opened_by(text: str) -> bool:
    """Tell whether a text opens anything."""
    try:
        return bool(authenticate_key(text))
    except KeyRefused:
        return False


def test_a_new_text_replaces_the_old_at_once() -> None:
    key, old = make_key()
    new = restore_key(key=key)
    assert authenticate_key(new) == key
    with pytest.raises(KeyReplaced, match="replaced"):
        authenticate_key(old)


def test_rights_clients_and_public_id_stay() -> None:
    application = ApplicationFactory.create(supports_office_keys=True)
    key, _old = make_key(kind=KeyKind.OFFICE, application=application, rights=KeyRights.NONE)
    key.permissions.add(permission("ledger.view_account"))
    template = AccessTemplate.objects.create(name="Reading")
    ClientGrant.objects.create(key=key, company=CompanyFactory.create(), template=template)
    found = authenticate_key(restore_key(key=key))
    assert (found.public_id, found.rights) == (key.public_id, KeyRights.NONE)
    assert found.permissions.count() == found.client_grants.count() == 1


def test_both_texts_work_until_the_second_that_the_grace_ends(announced: list[dict[str, Any]]) -> None:
    with freeze_time(NOON) as clock:
        key, old = make_key()
        new = restore_key(key=key, grace=WEEK)
        clock.tick(WEEK - timedelta(seconds=1))
        assert is_opened_by(old)
        assert announced == []
        clock.tick(1)
        assert not is_opened_by(old)
        assert is_opened_by(new)


def test_the_use_of_a_replaced_text_is_announced_each_time(announced: list[dict[str, Any]]) -> None:
    with freeze_time(NOON):
        key, old = make_key()
        restore_key(key=key)
        for _ in range(2):
            with pytest.raises(KeyReplaced):
                authenticate_key(old, address="192.0.2.7")
    assert [(told["key"], told["address"], told["replaced_at"]) for told in announced] == [(key, "192.0.2.7", NOON)] * 2
    assert old not in str(announced)


def test_an_alarm_that_fails_leaves_the_refusal_as_it_is() -> None:
    key, old = make_key()
    restore_key(key=key)

    def fail(**_told: Any) -> None:
        raise RuntimeError

    replaced_key_used.connect(fail)
    try:
        answer = Client().get("/api/v1/subscriptions", headers={"Authorization": f"Bearer {old}"})
    finally:
        replaced_key_used.disconnect(fail)
    assert (answer.status_code, answer.json()["code"]) == (401, "not_authenticated")


def test_a_text_of_nobody_is_announced_to_nobody(announced: list[dict[str, Any]]) -> None:
    key, text = make_key()
    other = make_key()[1].split("_")[2]
    with pytest.raises(KeyRefused):
        authenticate_key(text.replace(text.split("_")[2], other))
    restore_key(key=key)
    assert announced == []


def test_who_restores_at_once_ends_every_grace() -> None:
    with freeze_time(NOON):
        key, first = make_key()
        second = restore_key(key=key, grace=WEEK)
        third = restore_key(key=key)
        assert [is_opened_by(text) for text in (first, second, third)] == [False, False, True]


def test_who_lost_the_new_text_too_keeps_the_grace_of_the_one_in_use() -> None:
    with freeze_time(NOON):
        key, first = make_key()
        restore_key(key=key, grace=WEEK)
        restore_key(key=key, grace=timedelta(days=1))
        assert is_opened_by(first)
    with freeze_time(NOON + timedelta(days=1)):
        assert not is_opened_by(first)


def test_a_grace_can_be_ended_early() -> None:
    key, old = make_key()
    new = restore_key(key=key, grace=WEEK)
    assert end_grace(key=key)
    assert (is_opened_by(old), is_opened_by(new)) == (False, True)
    assert not end_grace(key=key)


@pytest.mark.parametrize("grace", [WEEK + timedelta(seconds=1), timedelta(seconds=-1)])
def test_a_grace_is_a_week_at_most(grace: timedelta) -> None:
    key, old = make_key()
    with pytest.raises(GraceTooLong):
        restore_key(key=key, grace=grace)
    assert is_opened_by(old)


def test_a_revoked_key_is_not_brought_back() -> None:
    key, old = make_key()
    new = restore_key(key=key, grace=WEEK)
    revoke_key(key=key)
    assert not is_opened_by(old)
    assert not is_opened_by(new)
    with pytest.raises(KeyEnded):
        restore_key(key=key)


def test_an_expired_key_is_restored_with_a_new_end() -> None:
    with freeze_time(NOON) as clock:
        key, _old = make_key(expires_at=NOON + timedelta(days=1))
        clock.tick(timedelta(days=2))
        assert is_opened_by(restore_key(key=key, expires_at=NOON + timedelta(days=365)))


def test_the_use_of_the_old_text_is_noted_while_it_works() -> None:
    with freeze_time(NOON):
        key, old = make_key()
        new = restore_key(key=key, grace=WEEK)
        authenticate_key(new)
        assert key.replaced_secrets.get().last_used_at is None
        authenticate_key(old)
        assert key.replaced_secrets.get().last_used_at == NOON


def test_the_present_text_takes_one_query_whatever_the_key_had_before() -> None:
    key, text = make_key()
    for _ in range(3):
        text = restore_key(key=key, grace=WEEK)
    authenticate_key(text)
    with CaptureQueriesContext(connection) as queries:
        authenticate_key(text)
    assert len(queries) == 1


def test_restoring_stands_in_the_history_without_any_secret() -> None:
    key, old = make_key()
    new = restore_key(key=key, grace=WEEK)
    entry = Change.objects.get(kind=Change.Kind.KEY_RESTORED)
    assert (entry.subject, entry.object_id, list(entry.changes)) == ("access.apikey", key.pk, ["works_until"])
    written = str(list(Change.objects.values()))
    digests = [ApiKey.objects.get(pk=key.pk).digest, key.replaced_secrets.get().digest]
    assert not [secret for text in (old, new) for secret in text.split("_")[2:3] if secret in written]
    assert not [digest for digest in digests if digest in written]
