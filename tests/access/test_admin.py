"""The admin's pages of keys: shown once, revoked after asking, never deleted."""

import re
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from access.models import ApiKey, Application, KeyRights
from access.services import authenticate_key
from tests.factories import ApplicationFactory, SuperuserFactory, UserFactory, give, make_key, permission

pytestmark = pytest.mark.django_db

KEYS = "/admin/access/apikey/"


@pytest.fixture
def boss() -> User:
    return SuperuserFactory.create(username="boss")


@pytest.fixture
def admin(boss: User) -> Client:
    return signed_in(boss)


@pytest.fixture
def exopen() -> Application:
    return ApplicationFactory.create(name="Exopen")


def signed_in(user: User) -> Client:
    """Return a browser in which the user is signed in."""
    client = Client()
    client.force_login(user)
    return client


def fill_in(owner: User, application: Application, **fields: Any) -> dict[str, Any]:
    """Return the form for a new key, filled in."""
    form = {"application": application.pk, "owner": owner.pk, "name": "Books", "kind": "end_user", "rights": "all"}
    return form | fields


def shown_key(page: Any) -> str:
    """Return the key that a page shows."""
    (found,) = set(re.findall(r"utk_\w+", page.content.decode()))
    return str(found)


def test_a_new_key_is_shown_once_and_works(admin: Client, boss: User, exopen: Application) -> None:
    page = admin.post(f"{KEYS}add/", fill_in(boss, exopen))
    assert page.status_code == 200
    assert "no-store" in page["Cache-Control"]
    text = shown_key(page)
    key = authenticate_key(text)
    assert (key.owner, key.application, key.name) == (boss, exopen, "Books")
    for url in (KEYS, f"{KEYS}{key.pk}/change/", f"{KEYS}{key.pk}/history/", "/admin/"):
        later = admin.get(url)
        assert later.status_code == 200
        assert text.split("_")[2] not in later.content.decode()


def test_a_new_key_is_kept_in_no_table(admin: Client, boss: User, exopen: Application) -> None:
    secret = shown_key(admin.post(f"{KEYS}add/", fill_in(boss, exopen))).split("_")[2]
    assert secret not in str([session.get_decoded() for session in Session.objects.all()])
    assert secret not in str(list(LogEntry.objects.values()))
    assert secret not in str(list(ApiKey.objects.values()))
    assert LogEntry.objects.count() == 1


def test_a_new_key_proposes_its_maker_and_a_year(admin: Client, boss: User) -> None:
    page = admin.get(f"{KEYS}add/").content.decode()
    assert f'<option value="{boss.pk}" selected>boss</option>' in page
    assert page.count('name="expires_at_0"') == 1
    assert 'name="_addanother"' not in page
    assert 'name="_continue"' not in page


def test_a_key_of_chosen_rights_leads_to_where_they_are_chosen(admin: Client, boss: User, exopen: Application) -> None:
    page = admin.post(f"{KEYS}add/", fill_in(boss, exopen, rights="none"))
    key = ApiKey.objects.get()
    assert f'action="{KEYS}{key.pk}/change/"' in page.content.decode()
    chosen = permission("access.view_application")
    admin.post(f"{KEYS}{key.pk}/change/", {"name": "Renamed", "permissions": [chosen.pk]})
    key.refresh_from_db()
    assert (key.name, list(key.permissions.all())) == ("Renamed", [chosen])


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"kind": "office"}, "kind"),
        ({"expires_at_0": "2020-01-01", "expires_at_1": "12:00"}, "expires_at"),
        ({"name": ""}, "name"),
        ({"rights": "most"}, "rights"),
    ],
)
def test_a_mistake_is_shown_at_its_field(
    admin: Client, boss: User, exopen: Application, wrong: dict[str, str], field: str
) -> None:
    page = admin.post(f"{KEYS}add/", fill_in(boss, exopen, **wrong))
    assert list(page.context["adminform"].form.errors) == [field]
    assert not ApiKey.objects.exists()


def test_only_who_may_change_users_makes_a_key_for_another(boss: User, exopen: Application) -> None:
    clerk = UserFactory.create(is_staff=True)
    give(clerk, "access.add_apikey", "access.view_apikey")
    page = signed_in(clerk).post(f"{KEYS}add/", fill_in(boss, exopen))
    assert list(page.context["adminform"].form.errors) == ["owner"]
    assert shown_key(signed_in(clerk).post(f"{KEYS}add/", fill_in(clerk, exopen)))
    give(clerk, "auth.change_user")
    assert shown_key(signed_in(clerk).post(f"{KEYS}add/", fill_in(boss, exopen)))


def test_nobody_makes_a_key_for_an_inactive_user(admin: Client, exopen: Application) -> None:
    retired = UserFactory.create(is_active=False)
    page = admin.post(f"{KEYS}add/", fill_in(retired, exopen))
    assert list(page.context["adminform"].form.errors) == ["owner"]


def test_owner_application_kind_and_rights_never_change(admin: Client) -> None:
    key, _text = make_key()
    before = (key.owner, key.application, key.kind, key.rights)
    other = fill_in(UserFactory.create(), ApplicationFactory.create(), kind="office", rights="none")
    assert admin.post(f"{KEYS}{key.pk}/change/", other).status_code == 302
    key.refresh_from_db()
    assert (key.owner, key.application, key.kind, key.rights) == before
    assert key.name == "Books"


def test_revoking_from_the_list_asks_first(admin: Client) -> None:
    keys = [make_key()[0] for _ in range(2)]
    chosen = {"action": "revoke_chosen", "_selected_action": [key.pk for key in keys]}
    question = admin.post(KEYS, chosen)
    assert question.status_code == 200
    assert not ApiKey.objects.exclude(revoked_at=None).exists()
    answer = admin.post(KEYS, {**chosen, "confirmed": "yes"}, follow=True)
    assert "2 keys are revoked." in answer.content.decode()
    assert not ApiKey.objects.filter(revoked_at=None).exists()


def test_revoking_from_a_keys_page_asks_first(admin: Client) -> None:
    key, _text = make_key()
    url = f"{KEYS}{key.pk}/revoke/"
    assert url in admin.get(f"{KEYS}{key.pk}/change/").content.decode()
    question = admin.get(url)
    assert 'method="post"' in question.content.decode()
    key.refresh_from_db()
    assert key.revoked_at is None
    admin.post(url, {"confirmed": "yes"})
    key.refresh_from_db()
    assert key.revoked_at is not None


def test_revoking_needs_the_right_to_change_keys() -> None:
    key, _text = make_key()
    reader = UserFactory.create(is_staff=True)
    give(reader, "access.view_apikey")
    client = signed_in(reader)
    assert client.get(KEYS).status_code == 200
    client.post(KEYS, {"action": "revoke_chosen", "_selected_action": [key.pk], "confirmed": "yes"})
    assert client.post(f"{KEYS}{key.pk}/revoke/", {"confirmed": "yes"}).status_code == 403
    key.refresh_from_db()
    assert key.revoked_at is None


def test_nobody_deletes_a_key(admin: Client) -> None:
    key, _text = make_key()
    assert admin.post(f"{KEYS}{key.pk}/delete/", {"post": "yes"}).status_code == 403
    admin.post(KEYS, {"action": "delete_selected", "_selected_action": [key.pk], "post": "yes"})
    assert ApiKey.objects.exists()


def test_the_overview_tells_the_state_of_each_key(admin: Client) -> None:
    make_key(owner=UserFactory.create(is_active=False))
    make_key(rights=KeyRights.OWN)
    page = admin.get(KEYS).content.decode()
    assert "Owner inactive" in page
    assert "Active" in page


def test_a_long_overview_takes_no_more_queries_than_a_short_one(admin: Client) -> None:
    make_key()
    admin.get(KEYS)
    with CaptureQueriesContext(connection) as few:
        admin.get(KEYS)
    for _ in range(10):
        make_key()
    with CaptureQueriesContext(connection) as many:
        admin.get(KEYS)
    assert len(many) == len(few)


def test_choosing_permissions_takes_no_query_for_each(admin: Client) -> None:
    key, _text = make_key(rights=KeyRights.OWN)
    with CaptureQueriesContext(connection) as queries:
        assert admin.get(f"{KEYS}{key.pk}/change/").status_code == 200
    assert len(queries) < 20


@pytest.mark.parametrize("page", ["auth/user/", "auth/user/add/", "auth/group/", "access/application/"])
def test_people_groups_and_applications_have_their_pages(admin: Client, page: str) -> None:
    assert admin.get(f"/admin/{page}").status_code == 200


def test_a_user_is_changed_on_a_page_of_the_same_look(admin: Client, boss: User) -> None:
    assert admin.get(f"/admin/auth/user/{boss.pk}/change/").status_code == 200
    assert admin.get(f"/admin/auth/user/{boss.pk}/password/").status_code == 200
