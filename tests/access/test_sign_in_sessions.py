"""Sessions end: by themselves, by whose they are, with the password, with the person. Forgotten passwords."""

import re
from datetime import timedelta
from typing import Any

import pytest
from celery import current_app
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.core import mail
from django.core.cache import cache
from django.test import Client, override_settings
from django.utils import timezone
from freezegun import freeze_time

from config.redaction import redacted
from sign_in import resetting, tasks
from sign_in.models import OpenSession
from tests.access.test_sign_in import PASSWORD, enrol, is_in, person, sign_in

pytestmark = pytest.mark.django_db

SESSIONS = "/admin/my-settings/sessions/"
RESET = "/admin/password-reset/"
NEW = "ett-alldeles-nytt-lösenord"


@pytest.fixture(autouse=True)
def _no_counts() -> None:
    cache.clear()


@pytest.fixture
def eva() -> User:
    return person("eva")


def signed_in(user: User, **headers: Any) -> Client:
    client = Client(headers=headers)
    client.force_login(user)
    return client


def test_a_session_ends_when_nobody_asks_for_a_page(eva: User) -> None:
    with freeze_time(timezone.now(), tick=False) as clock:
        client = signed_in(eva)
        for _ in range(3):
            clock.tick(timedelta(minutes=119))
            assert is_in(client)
        clock.tick(timedelta(minutes=121))
        answer = client.get("/admin/trace/?by=sequence")
        assert answer["Location"] == "/admin/login/?next=%2Fadmin%2Ftrace%2F%3Fby%3Dsequence"
        assert "Sign in again" in client.get(answer["Location"]).content.decode()
        assert not is_in(client)


def test_what_a_page_asks_for_by_itself_keeps_no_session_alive(eva: User) -> None:
    with freeze_time(timezone.now(), tick=False) as clock:
        client = signed_in(eva)
        for _ in range(2):
            clock.tick(timedelta(minutes=59))
            assert client.get("/admin/live/", headers={"HX-Request": "true"}).status_code != 204
        clock.tick(timedelta(minutes=3))
        answer = client.get("/admin/", headers={"HX-Request": "true"})
        assert (answer.status_code, answer["HX-Refresh"]) == (204, "true")
        assert not is_in(client)


def test_a_session_ends_after_twelve_hours_however_busy(eva: User) -> None:
    with freeze_time(timezone.now(), tick=False) as clock:
        client = signed_in(eva)
        for _ in range(12):
            clock.tick(timedelta(minutes=59))
            assert is_in(client)
        clock.tick(timedelta(minutes=13))
        assert not is_in(client)


def test_who_is_signed_in_several_times_sees_it_and_ends_it(eva: User) -> None:
    here = signed_in(eva, user_agent="Mozilla/5.0 (Windows NT 10.0) Gecko/20100101 Firefox/140.0")
    sign_in(
        there := Client(headers={"user-agent": "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Safari/604.1"})
    )
    sign_in(elsewhere := Client())
    here.get("/admin/")
    page = here.get(SESSIONS).content.decode()
    assert "Safari on iPhone" in page
    assert page.count("?session=") == 2
    number = OpenSession.objects.get(browser__contains="iPhone").pk
    assert "iPhone" in here.get(f"{SESSIONS}end/?session={number}").content.decode()
    assert is_in(there)
    here.post(f"{SESSIONS}end/?session={number}")
    assert not is_in(there)
    assert is_in(elsewhere)
    here.post(f"{SESSIONS}end/")
    assert not is_in(elsewhere)
    assert is_in(here)
    keys = list(Session.objects.values_list("pk", flat=True))
    assert not [key for key in keys if key in page]


def test_nobody_ends_anothers_session(eva: User) -> None:
    other = signed_in(person("lars"))
    here = signed_in(eva)
    number = OpenSession.objects.get(user__username="lars").pk
    assert here.post(f"{SESSIONS}end/?session={number}").status_code == 404
    here.post(f"{SESSIONS}end/")
    assert is_in(other)


def test_a_new_password_ends_all_other_sessions(eva: User) -> None:
    here, there = signed_in(eva), signed_in(eva)
    answer = here.post(
        "/admin/password_change/", {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW}
    )
    assert answer.status_code == 302
    assert is_in(here)
    assert not is_in(there)
    page = here.get(SESSIONS).content.decode()
    assert "?session=" not in page
    assert "this browser" in page


def test_who_is_made_inactive_is_signed_out_for_good(eva: User) -> None:
    client = signed_in(eva)
    eva.is_active = False
    eva.save()
    assert not is_in(client)
    eva.is_active = True
    eva.save()
    assert not is_in(client)


def test_sessions_that_are_over_are_forgotten(eva: User) -> None:
    signed_in(eva)
    Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))
    tasks.remove_old()
    assert not Session.objects.exists()
    assert not OpenSession.objects.exists()


# Passwords


@pytest.mark.parametrize("password", ["kort-lösen1", "qwerty123456", "123456789012", "eva@example.se"])
def test_a_weak_password_is_refused(eva: User, password: str) -> None:
    form = {"old_password": PASSWORD, "new_password1": password, "new_password2": password}
    assert signed_in(eva).post("/admin/password_change/", form).status_code == 200
    eva.refresh_from_db()
    assert eva.check_password(PASSWORD)


# Forgotten passwords


@pytest.fixture
def letters(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What was given to the worker; where there is somebody, their letter is sent at once."""
    given: list[Any] = []

    def take(name: str, args: list[Any], **_options: Any) -> None:
        assert name == resetting.SEND
        given.append(args)
        tasks.send_reset_letters(*args)

    monkeypatch.setattr(current_app, "send_task", take)
    return given


def link() -> str:
    """The way in the letter."""
    found = re.search(r"https://utkorg\.example(/admin/password-reset/\S+)", str(mail.outbox[-1].body))
    assert found is not None
    return found.group(1)


@override_settings(UTKORG_URL="https://utkorg.example")
def test_a_letter_leads_to_a_new_password_once(eva: User, letters: list[Any]) -> None:
    signed = signed_in(eva)
    client = Client()
    assert client.post(RESET, {"email": "EVA@example.se"})["Location"] == f"{RESET}asked/"
    assert mail.outbox[0].to == ["eva@example.se"]
    address = link()
    hidden = client.get(address)["Location"]
    assert hidden.endswith("/new-password/")
    token = address.rstrip("/").rpartition("/")[2]
    assert token not in str([session.get_decoded() for session in Session.objects.all()])
    assert "New password" in client.get(hidden).content.decode()
    assert client.post(hidden, {"new_password1": "kort", "new_password2": "kort"}).status_code == 200
    assert client.post(hidden, {"new_password1": NEW, "new_password2": NEW})["Location"] == "/admin/login/"
    assert not is_in(client)
    assert not is_in(signed)
    assert sign_in(Client(), password=NEW).status_code == 302
    again = Client()
    again.get(address)
    assert (
        "no longer valid" in again.post(hidden, {"new_password1": PASSWORD, "new_password2": PASSWORD}).content.decode()
    )


@override_settings(UTKORG_URL="https://utkorg.example")
def test_the_letter_gets_nobody_past_the_second_factor(eva: User, letters: list[Any]) -> None:
    enrol(eva)
    client = Client()
    client.post(RESET, {"email": "eva@example.se"})
    hidden = client.get(link())["Location"]
    client.post(hidden, {"new_password1": NEW, "new_password2": NEW})
    assert sign_in(client, password=NEW)["Location"].startswith("/admin/sign-in/code/")


@override_settings(UTKORG_URL="https://utkorg.example")
def test_nobody_learns_who_has_a_user(eva: User, letters: list[Any]) -> None:
    answers = [Client().post(RESET, {"email": email}) for email in ("eva@example.se", "nobody@example.se")]
    assert len({(answer.status_code, answer["Location"], answer.content) for answer in answers}) == 1
    assert letters == [[[eva.pk], "en"], [[], "en"]]
    assert len(mail.outbox) == 1


@override_settings(UTKORG_URL="https://utkorg.example")
def test_nobody_gets_letters_without_end(eva: User, letters: list[Any]) -> None:
    for _ in range(5):
        assert Client().post(RESET, {"email": "eva@example.se"}).status_code == 302
    assert len(mail.outbox) == 3


@pytest.mark.parametrize(("language", "words"), [("sv", "Välj ett nytt lösenord"), ("nb", "Velg et nytt passord")])
@override_settings(UTKORG_URL="https://utkorg.example")
def test_the_letter_is_in_the_persons_language(eva: User, letters: list[Any], language: str, words: str) -> None:
    signed_in(eva).post("/i18n/setlang/", {"language": language})
    Client().post(RESET, {"email": "eva@example.se"})
    assert mail.outbox[0].subject.startswith(words)


@override_settings(UTKORG_URL="https://utkorg.example")
def test_who_has_chosen_none_gets_it_in_the_pages(eva: User, letters: list[Any]) -> None:
    Client().post(RESET, {"email": "eva@example.se"}, headers={"accept-language": "sv"})
    assert mail.outbox[0].subject.startswith("Välj ett nytt lösenord")


def test_where_no_letter_arrives_there_is_no_such_page() -> None:
    with override_settings(EMAIL_BACKEND="django.core.mail.backends.console.EmailBackend"):
        assert Client().get(RESET).status_code == 404
        assert RESET not in Client().get("/admin/login/").content.decode()


def test_links_and_codes_are_kept_out_of_logs() -> None:
    assert redacted('"GET /admin/password-reset/MQ/c1x-9f8e/ HTTP/1.1" 302') == (
        '"GET /admin/password-reset/[hidden]/ HTTP/1.1" 302'
    )
    assert "geheim" not in redacted('"GET /admin/sign-in/openid/callback/?state=s&code=geheim HTTP/1.1" 302')
