"""The language of pages: a person's own choice, else their browser's."""

from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from access.language import choose_language, chosen_language, language_of
from tests import factories

pytestmark = pytest.mark.django_db

MINE = "/admin/my-settings/"
SWITCH = "/i18n/setlang/"


def browser(user: User | None = None, *, reads: str = "sv") -> Client:
    """Return a browser that reads a language, with a user signed in."""
    client = Client(headers={"accept-language": reads})
    if user is not None:
        client.force_login(user)
    return client


def language(page: Any) -> str:
    """Return the language that a page is in."""
    return str(page.content.decode().partition('<html lang="')[2].partition('"')[0])


@pytest.fixture
def user() -> User:
    return factories.SuperuserFactory.create()


@pytest.mark.parametrize("reads", ["sv", "nb", "en"])
def test_without_a_choice_the_browser_decides(user: User, reads: str) -> None:
    assert language(browser(user, reads=reads).get("/admin/")) == reads
    assert language(browser(reads=reads).get("/admin/login/")) == reads


def test_a_users_own_language_goes_before_the_browsers(user: User) -> None:
    choose_language(user=user, language="nb")
    page = browser(user).get("/admin/")
    assert (language(page), page["Content-Language"]) == ("nb", "nb")
    assert language(browser().get("/admin/login/")) == "sv"


def test_it_is_chosen_on_ones_own_page_and_given_back_to_the_browser(user: User) -> None:
    client = browser(user)
    assert MINE in client.get("/admin/").content.decode()
    page = client.post(MINE, {"language": "nb"}, follow=True)
    assert language(page) == "nb"
    assert "Innstillingene dine er lagret." in page.content.decode()
    page = client.post(MINE, {"language": ""}, follow=True)
    assert language(page) == "sv"
    assert "Dina inställningar är sparade." in page.content.decode()
    assert language(client.get("/admin/")) == "sv"


def test_a_language_that_there_is_not_is_refused(user: User) -> None:
    page = browser(user).post(MINE, {"language": "tlh"})
    assert page.context["form"].errors
    assert chosen_language(User.objects.get()) == ""


def test_the_switch_in_the_menu_holds_in_every_browser(user: User) -> None:
    browser(user).post(SWITCH, {"language": "nb", "next": "/admin/"})
    assert language(browser(user, reads="en").get("/admin/")) == "nb"


def test_the_switch_changes_nothing_when_read_or_of_a_foreign_word(user: User) -> None:
    browser(user).get(SWITCH, {"language": "nb"})
    browser(user).post(SWITCH, {"language": "tlh"})
    assert chosen_language(User.objects.get()) == ""


def test_the_switch_works_before_anybody_is_signed_in() -> None:
    client = browser()
    client.post(SWITCH, {"language": "nb", "next": "/admin/login/"})
    assert language(client.get("/admin/login/")) == "nb"


def test_an_administrator_chooses_it_for_others(user: User) -> None:
    clerk = factories.UserFactory.create(username="clerk")
    url = f"/admin/auth/user/{clerk.pk}/change/"
    joined = clerk.date_joined
    form = {"username": "clerk", "language": "nb", "is_active": "on"}
    form |= {"date_joined_0": f"{joined:%Y-%m-%d}", "date_joined_1": f"{joined:%H:%M:%S}"}
    assert browser(user).post(url, form).status_code == 302
    assert chosen_language(User.objects.get(pk=clerk.pk)) == "nb"
    assert '<option value="nb" selected>Norsk' in browser(user).get(url).content.decode()


def test_who_may_only_look_at_users_sees_their_language(user: User) -> None:
    clerk = factories.UserFactory.create(is_staff=True)
    factories.give(clerk, "auth.view_user")
    choose_language(user=user, language="sv")
    assert "Svenska" in browser(clerk, reads="en").get(f"/admin/auth/user/{user.pk}/change/").content.decode()


def test_it_costs_no_query(user: User) -> None:
    counts = []
    for language in ("", "nb"):
        choose_language(user=user, language=language)
        client = browser(user)
        with CaptureQueriesContext(connection) as queries:
            client.get(MINE)
        counts.append(len(queries))
    assert counts[0] == counts[1]
    assert not [query for query in queries if 'FROM "access_profile"' in query["sql"]]


def test_who_may_no_longer_sign_in_is_signed_out(user: User) -> None:
    client = browser(user)
    User.objects.update(is_active=False)
    assert client.get("/admin/").status_code == 302


def test_letters_are_in_ones_own_language_else_the_installations(user: User) -> None:
    assert language_of(user) == settings.LANGUAGE_CODE
    choose_language(user=user, language="nb")
    assert language_of(User.objects.get()) == "nb"


@pytest.mark.parametrize("page", ["auth/user/{user}/change/", "auth/group/add/"])
def test_rights_are_named_in_ones_own_language(user: User, page: str) -> None:
    choose_language(user=user, language="sv")
    text = browser(user).get(f"/admin/{page.format(user=user.pk)}").content.decode()
    assert "Behörighet | API-nyckel | lägga till" in text
    assert "prenumeration | Kan hämta och kvittera en utkorg" in text
    assert " | Can " not in text
