"""`manage.py create_key`."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from access.models import ApiKey, Application, KeyKind, KeyRights
from access.rights import effective_rights
from access.services import authenticate_key
from tests.factories import ApplicationFactory, SuperuserFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def admin() -> None:
    SuperuserFactory.create(username="admin")


def create(*options: str, user: str = "admin", application: str = "Exopen", name: str = "A key") -> str:
    """Run the command; return what it prints."""
    out, err = StringIO(), StringIO()
    named = ["--user", user, "--application", application, "--name", name]
    call_command("create_key", *named, *options, stdout=out, stderr=err)
    assert err.getvalue() == ""
    return out.getvalue()


def test_the_key_alone_is_printed_and_opens() -> None:
    printed = create()
    assert printed.endswith("\n")
    key = authenticate_key(printed[:-1])
    assert (key.owner.username, key.application.name, key.name) == ("admin", "Exopen", "A key")
    assert (key.kind, key.rights) == (KeyKind.END_USER, KeyRights.ALL)
    assert key.expires_at is not None
    assert timedelta(days=364) < key.expires_at - timezone.now() <= timedelta(days=365)


def test_a_known_application_is_used_as_it_is() -> None:
    known = ApplicationFactory.create(name="Exopen", vendor="Somebody")
    assert authenticate_key(create().strip()).application == known
    assert authenticate_key(create(name="Another").strip()).application == known


def test_who_registers_an_application_for_an_office_key_vouches_for_it() -> None:
    key = authenticate_key(create("--office").strip())
    assert key.kind == KeyKind.OFFICE
    assert key.application.supports_office_keys


@pytest.mark.parametrize("rights", KeyRights.values)
def test_the_rights_are_those_asked_for(rights: str) -> None:
    key = authenticate_key(create("--rights", rights).strip())
    assert key.rights == rights
    assert effective_rights(key).may("access.view_application") == (rights != "none")


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"user": "nobody"}, "no user 'nobody'"),
        ({"user": "retired"}, "inactive"),
        ({"name": " "}, "--name must have"),
        ({"name": "x" * 101}, "--name must have"),
        ({"application": ""}, "--application must have"),
    ],
)
def test_a_mistake_is_told_and_nothing_is_made(wrong: dict[str, str], message: str) -> None:
    UserFactory.create(username="retired", is_active=False)
    with pytest.raises(CommandError, match=message):
        create(**wrong)
    assert not ApiKey.objects.exists()
    assert not Application.objects.exists()


def test_an_office_key_for_an_application_that_takes_none_is_refused() -> None:
    ApplicationFactory.create(name="Exopen")
    with pytest.raises(CommandError, match="does not support"):
        create("--office")


@pytest.mark.parametrize("options", [("--rights", "most"), ("--expires", "never")])
def test_an_unknown_choice_is_refused(options: tuple[str, str]) -> None:
    with pytest.raises(CommandError):
        create(*options)
