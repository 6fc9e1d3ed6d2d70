"""Signing in by an identity provider: a real one, over HTTP, that signs what it says."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.test import Client, override_settings
from joserfc.jwk import RSAKey

from history.models import Change
from sign_in.models import Identity, OpenSession
from tests.access.provider import CLIENT, SECRET, Provider, running
from tests.access.test_sign_in import enrol, is_in
from tests.factories import SuperuserFactory, UserFactory

pytestmark = pytest.mark.django_db

BEGIN = "/admin/sign-in/openid/?next=/admin/trace/"


@pytest.fixture
def provider() -> Iterator[Provider]:
    cache.clear()
    with (
        running() as provider,
        override_settings(
            OIDC_ISSUER=provider.issuer, OIDC_CLIENT_ID=CLIENT, OIDC_CLIENT_SECRET=SECRET, OIDC_NAME="Provbolaget"
        ),
    ):
        yield provider


@pytest.fixture
def eva() -> User:
    return SuperuserFactory.create(username="eva", email="Eva@Example.se")


def come_back(client: Client) -> Any:
    """Go to the provider, sign in there, and come back; return the answer."""
    away = client.get(BEGIN)
    assert away.status_code == 302
    back = httpx.get(away["Location"], follow_redirects=False).headers["Location"]
    found = urlsplit(back)
    return client.get(f"{found.path}?{found.query}")


def why_not(client: Client, answer: Any) -> str:
    """What the sign-in page says."""
    assert answer["Location"].startswith("/admin/login/")
    assert not is_in(client)
    return str(client.get(answer["Location"]).content.decode())


def test_the_one_with_the_verified_address_is_signed_in_and_known_from_then_on(provider: Provider, eva: User) -> None:
    client = Client()
    answer = come_back(client)
    assert answer["Location"] == "/admin/trace/"
    assert is_in(client)
    link = Identity.objects.get()
    assert (link.user, link.issuer, link.subject) == (eva, provider.issuer, "s-1")
    assert OpenSession.objects.get().method == "openid"
    (told,) = Change.objects.filter(subject="sign_in.identity")
    assert told.changes["subject"] == [None, "s-1"]
    provider.person = {"sub": "s-1", "email": "another@example.se", "email_verified": False}
    later = Client()
    come_back(later)
    assert is_in(later)


def test_it_is_asked_with_pkce_state_and_nonce_that_no_session_holds(provider: Provider, eva: User) -> None:
    client = Client()
    come_back(client)
    wanted = next(query for path, query in provider.asked if path == "/authorize")
    assert (wanted["response_type"], wanted["code_challenge_method"]) == ("code", "S256")
    assert wanted["redirect_uri"] == "http://testserver/admin/sign-in/openid/callback/"
    assert wanted["nonce"] not in str([session.get_decoded() for session in Session.objects.all()])


@pytest.mark.parametrize(
    "person",
    [
        {"sub": "s-1", "email": "eva@example.se"},
        {"sub": "s-1", "email": "eva@example.se", "email_verified": False},
        {"sub": "s-1", "email": "nobody@example.se", "email_verified": True},
        {"sub": "s-1", "email": "eva@example.ſe", "email_verified": True},  # another's domain, of the same capitals
        {"sub": "s-1"},
    ],
)
def test_nobody_else_gets_in_and_nobody_is_made(provider: Provider, eva: User, person: dict[str, Any]) -> None:
    provider.person = person
    client = Client()
    assert "Provbolaget has verified" in why_not(client, come_back(client))
    assert User.objects.count() == 1
    assert not Identity.objects.exists()


def test_two_people_with_one_address_are_nobody(provider: Provider, eva: User) -> None:
    SuperuserFactory.create(email="eva@example.se")
    client = Client()
    why_not(client, come_back(client))


def test_who_may_not_sign_in_may_not_this_way_either(provider: Provider, eva: User) -> None:
    eva.is_active = False
    eva.save()
    client = Client()
    why_not(client, come_back(client))
    eva.is_active, eva.is_staff = True, False
    eva.save()
    assert "may not open this site" in why_not(client, come_back(client))


@override_settings(OIDC_CREATES_USERS=True)
def test_a_setting_lets_people_be_made_without_rights(provider: Provider) -> None:
    provider.person = {
        "sub": "s-9",
        "email": "ny@example.se",
        "email_verified": True,
        "preferred_username": "ny person!",
        "given_name": "Ny",
    }
    client = Client()
    come_back(client)
    assert is_in(client)
    made = User.objects.get()
    assert (made.username, made.email, made.first_name) == ("nyperson", "ny@example.se", "Ny")
    assert not made.has_usable_password()
    assert not made.get_all_permissions()
    assert not made.is_superuser


@override_settings(OIDC_CREATES_USERS=True)
def test_a_name_that_somebody_has_is_given_to_nobody_else(provider: Provider) -> None:
    UserFactory.create(username="eva")
    provider.person = {"sub": "s-9", "email": "e@example.se", "email_verified": True, "preferred_username": "eva"}
    client = Client()
    why_not(client, come_back(client))
    assert User.objects.count() == 1


def test_a_second_factor_is_asked_for_unless_the_provider_counts_as_one(provider: Provider, eva: User) -> None:
    enrol(eva)
    client = Client()
    assert come_back(client)["Location"].startswith("/admin/sign-in/code/")
    assert not is_in(client)
    with override_settings(OIDC_COUNTS_AS_TWO_FACTOR=True, UTKORG_TWO_FACTOR="everybody"):
        other = Client()
        assert come_back(other)["Location"] == "/admin/trace/"
        assert is_in(other)


@pytest.mark.parametrize(
    "wrong",
    [{"iss": "https://other.example"}, {"aud": "another"}, {"exp": 1_000_000_000}, {"nonce": "another"}],
    ids=lambda wrong: next(iter(wrong)),
)
def test_a_token_for_another_is_refused(provider: Provider, eva: User, wrong: dict[str, Any]) -> None:
    provider.changed = wrong
    client = Client()
    assert "did not work" in why_not(client, come_back(client))


def test_a_token_of_another_signer_is_refused(provider: Provider, eva: User) -> None:
    provider.key = RSAKey.generate_key(2048, {"kid": "one"}, private=True)
    client = Client()
    why_not(client, come_back(client))


def test_a_provider_that_has_new_keys_is_believed(provider: Provider, eva: User) -> None:
    come_back(Client())
    provider.use_key("two")
    client = Client()
    come_back(client)
    assert is_in(client)


def test_an_answer_that_was_not_asked_for_is_refused(provider: Provider, eva: User) -> None:
    client, other = Client(), Client()
    away = other.get(BEGIN)
    back = urlsplit(httpx.get(away["Location"], follow_redirects=False).headers["Location"])
    why_not(client, client.get(f"{back.path}?{back.query}"))
    why_not(client, client.get(back.path))


def test_who_says_no_at_the_provider_is_back_at_the_sign_in_page(provider: Provider, eva: User) -> None:
    provider.refuses = True
    client = Client()
    why_not(client, come_back(client))


def test_a_provider_that_does_not_answer_is_told() -> None:
    with override_settings(OIDC_ISSUER="http://127.0.0.1:9", OIDC_CLIENT_ID="x", OIDC_CLIENT_SECRET="y"):
        client = Client()
        assert "did not work" in why_not(client, client.get(BEGIN))


def test_without_a_provider_there_is_neither_button_nor_page() -> None:
    assert Client().get(BEGIN).status_code == 404
    assert "openid" not in Client().get("/admin/login/").content.decode()


def test_the_button_says_whose_it_is(provider: Provider) -> None:
    page = Client().get("/admin/login/?next=/admin/trace/").content.decode()
    assert "Sign in with Provbolaget" in page
    assert 'href="/admin/sign-in/openid/?next=%2Fadmin%2Ftrace%2F"' in page
