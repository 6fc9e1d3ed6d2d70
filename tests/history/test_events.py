"""The audit log is only added to, says from where, and holds what happens beside changes: sign-ins, refusals."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from access.models import Application
from history.actors import Actor, acting
from history.models import Change
from history.services import note_event
from history.triggers import APPEND_ONLY
from tests import factories
from tests.history.test_changes import call, forget
from tests.refusals import run_sql, the_database_refuses

pytestmark = pytest.mark.django_db

ADDRESS = "2001:db8::7"


@pytest.fixture
def clerk() -> User:
    clerk = User.objects.create_user("clerk", password="correct horse", is_staff=True)
    forget()
    return clerk


def sign_in(name: str, password: str) -> Client:
    client = Client(REMOTE_ADDR=ADDRESS)
    client.post("/admin/login/", {"username": name, "password": password})
    return client


def events() -> list[tuple[Any, ...]]:
    """Kind, kind of object, object, person, address; the oldest first."""
    rows = Change.objects.order_by("id")
    return list(rows.values_list("kind", "subject", "object_name", "user_name", "address"))


@pytest.mark.parametrize(
    "statement",
    [
        "update history_change set user_name = 'somebody else'",
        "update history_change set changes = '{}'",
        "delete from history_change",
        "set local utkorg.allow_truncate = 'off'; truncate history_change",
    ],
)
def test_the_database_refuses_to_change_an_entry(statement: str) -> None:
    factories.ApplicationFactory.create()
    with the_database_refuses(APPEND_ONLY):
        run_sql(statement)
    assert Change.objects.count() == 1


def test_nor_does_django_change_one() -> None:
    factories.ApplicationFactory.create()
    entry = Change.objects.get()
    entry.user_name = "somebody else"
    for write in (entry.save, entry.delete, Change.objects.all().delete):
        with the_database_refuses(APPEND_ONLY):
            write()


@pytest.mark.django_db(transaction=True)
def test_an_entry_grows_within_its_transaction_and_never_after() -> None:
    with transaction.atomic():
        made = factories.ApplicationFactory.create(name="First")
        Application.objects.filter(pk=made.pk).update(name="Second")
    (entry,) = Change.objects.all()
    assert (entry.kind, entry.changes["name"]) == ("created", [None, "Second"])
    Application.objects.filter(pk=made.pk).update(name="Third")
    assert [(entry.kind, entry.changes["name"][1]) for entry in Change.objects.order_by("id")] == [
        ("created", "Second"),
        ("changed", "Third"),
    ]
    run_sql(
        "create function meddle() returns trigger language plpgsql as "
        "$$ begin update history_change set user_name = 'x'; return null; end $$"
    )
    run_sql("create trigger meddle after update on access_application for each row execute function meddle()")
    try:
        with the_database_refuses(APPEND_ONLY):
            Application.objects.update(vendor="by a trigger, of earlier transactions")
    finally:
        run_sql("drop trigger meddle on access_application")
        run_sql("drop function meddle()")


def test_the_admins_doings_are_from_an_address(clerk: User) -> None:
    boss = factories.SuperuserFactory.create()
    client = Client(REMOTE_ADDR=ADDRESS)
    client.force_login(boss)
    made = factories.ApplicationFactory.create(name="Exopen")
    forget()
    client.post(f"/admin/access/application/{made.pk}/change/", {"name": "Exopen 2", "vendor": "Maker"})
    b"".join(client.get("/admin/access/application/export/csv/").streaming_content)  # type: ignore[attr-defined]
    assert [(kind, address) for kind, *_rest, address in events()] == [("changed", ADDRESS), ("exported", ADDRESS)]


def test_a_keys_doings_are_from_an_address() -> None:
    key, text = factories.make_key()
    subscription = factories.make_subscription("suppliers", application=key.application)
    forget()
    call("PATCH", f"/api/v1/subscriptions/{subscription.integration_id}", text, {"active": False})
    assert {address for *_rest, address in events()} == {"127.0.0.1"}


def test_who_signs_in_and_out_is_in_it(clerk: User) -> None:
    client = sign_in("clerk", "correct horse")
    client.post("/admin/logout/")
    assert events() == [
        ("signed_in", "auth.user", "clerk", "clerk", ADDRESS),
        ("signed_out", "auth.user", "clerk", "clerk", ADDRESS),
    ]


def test_who_fails_to_is_in_it_by_the_name_of_a_user_only(clerk: User) -> None:
    sign_in("clerk", "wrong")
    sign_in("my secret passw0rd", "clerk")
    assert events() == [
        ("sign_in_failed", "auth.user", "clerk", "", ADDRESS),
        ("sign_in_failed", "auth.user", "", "", ADDRESS),
    ]
    told = str(list(Change.objects.values()))
    assert "passw0rd" not in told
    assert "wrong" not in told


def test_guessing_fills_no_log(clerk: User, settings: Any) -> None:
    for _ in range(70):
        note_event(kind=Change.Kind.SIGN_IN_FAILED, subject=clerk, actor=Actor(address=ADDRESS), most_an_hour=60)
    assert Change.objects.count() == 60
    other = Actor(address="192.0.2.1")
    assert note_event(kind=Change.Kind.SIGN_IN_FAILED, subject=clerk, actor=other, most_an_hour=60)


def test_an_event_that_is_counted_is_noted_again_after_an_hour(clerk: User) -> None:
    def note() -> Change | None:
        return note_event(kind=Change.Kind.LOCKED_OUT, subject=clerk, actor=Actor(address=ADDRESS), most_an_hour=1)

    run_sql(
        """insert into history_change (at, kind, subject, object_id, object_name, changes, user_name, key_name, via,
               address, transaction)
           values (%s, 'locked_out', 'auth.user', %s, 'clerk', '{}', '', '', '', %s, 0)""",
        timezone.now() - timedelta(minutes=61),
        clerk.pk,
        ADDRESS,
    )
    assert note()
    assert note() is None


@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_one_is_noted(clerk: User) -> None:
    def note(_number: int) -> None:
        note_event(kind=Change.Kind.LOCKED_OUT, subject=clerk, actor=Actor(address=ADDRESS), most_an_hour=1)
        connection.close()

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(note, range(16)))
    assert Change.objects.filter(kind="locked_out").count() == 1


def test_an_event_is_whoevers_acts() -> None:
    company = factories.CompanyFactory.create()
    forget()
    with acting(Actor(user_name="boss", via="admin", address=ADDRESS)):
        entry = note_event(
            kind=Change.Kind.LOCKED_OUT, subject=User, name="n" * 400, company=company, details={"rows": 3, "x": [1, 2]}
        )
    assert entry is not None
    entry.refresh_from_db()
    assert (entry.user_name, entry.via, entry.address, entry.company) == ("boss", "admin", ADDRESS, company)
    assert (entry.object_id, len(entry.object_name)) == (None, 300)
    assert entry.changes == {"rows": [None, 3], "x": [1, 2]}
