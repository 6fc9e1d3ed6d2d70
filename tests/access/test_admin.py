"""The admin's pages of keys: shown once, revoked after asking, never deleted."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from access.exceptions import KeyReplaced
from access.models import ApiKey, Application, KeyRights
from access.services import authenticate_key, revoke_key
from tests.factories import (
    ApplicationFactory,
    CompanyFactory,
    SuperuserFactory,
    UserFactory,
    give,
    make_key,
    permission,
)

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
    return {"application": application.pk, "owner": owner.pk, "name": "Books", "rights": "all"} | fields


def shown_key(page: Any) -> str:
    """Return the key that a page shows."""
    (found,) = set(re.findall(r"utk_\w+", page.content.decode()))
    return str(found)


def test_a_new_key_is_shown_once_and_works(admin: Client, boss: User, exopen: Application) -> None:
    page = admin.post(f"{KEYS}add/", fill_in(boss, exopen))
    assert page.status_code == 200
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


def test_a_new_key_proposes_its_maker_and_a_year(admin: Client, boss: User) -> None:
    page = admin.get(f"{KEYS}add/").content.decode()
    assert f'<option value="{boss.pk}" selected>boss</option>' in page
    day = timezone.localtime() + timedelta(days=365)
    assert f'type="date" name="expires_at" value="{day:%Y-%m-%d}"' in page


def test_the_answer_with_a_key_is_kept_by_nobody_on_the_way(admin: Client, boss: User, exopen: Application) -> None:
    page = admin.post(f"{KEYS}add/", fill_in(boss, exopen))
    assert "no-store, private" in page["Cache-Control"]
    assert page["Referrer-Policy"] == "no-referrer"


def test_a_key_of_chosen_rights_leads_to_where_they_are_chosen(admin: Client, boss: User, exopen: Application) -> None:
    page = admin.post(f"{KEYS}add/", fill_in(boss, exopen, rights="none"))
    key = ApiKey.objects.get()
    assert f'action="{KEYS}{key.pk}/change/"' in page.content.decode()
    chosen = permission("access.view_application")
    admin.post(f"{KEYS}{key.pk}/change/", {"name": "Renamed", "rights": "none", "permissions": [chosen.pk]})
    key.refresh_from_db()
    assert (key.name, list(key.permissions.all())) == ("Renamed", [chosen])


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"application": ""}, "application"),
        ({"is_custom": "on", "custom_name": " "}, "custom_name"),
        ({"expires_at": "2020-01-01"}, "expires_at"),
        ({"name": ""}, "name"),
        ({"rights": "most"}, "rights"),
        ({"allowed_networks": "192.0.2.300"}, "allowed_networks"),
        ({"owner": "0"}, "owner"),
    ],
)
def test_a_mistake_is_shown_at_its_field(
    admin: Client, boss: User, exopen: Application, wrong: dict[str, str], field: str
) -> None:
    page = admin.post(f"{KEYS}add/", fill_in(boss, exopen) | wrong)
    assert page.status_code == 400
    assert list(page.context["form"].errors) == [field]
    assert not ApiKey.objects.exists()


def test_only_superusers_make_keys_of_the_whole_installation(boss: User, exopen: Application) -> None:
    clerk = UserFactory.create(is_staff=True)
    give(clerk, "access.add_apikey", "access.view_apikey", "access.administer_users")
    assert signed_in(clerk).post(f"{KEYS}add/", fill_in(clerk, exopen)).status_code == 404
    assert not ApiKey.objects.exists()


def test_nobody_makes_a_key_for_an_inactive_user(admin: Client, exopen: Application) -> None:
    retired = UserFactory.create(is_active=False)
    page = admin.post(f"{KEYS}add/", fill_in(retired, exopen))
    assert list(page.context["form"].errors) == ["owner"]


def test_owner_application_and_kind_never_change(admin: Client) -> None:
    key, _text = make_key()
    before = (key.owner, key.application, key.kind, key.company, key.office)
    other = fill_in(UserFactory.create(), ApplicationFactory.create(), kind="office")
    assert admin.post(f"{KEYS}{key.pk}/change/", other).status_code == 302
    key.refresh_from_db()
    assert (key.owner, key.application, key.kind, key.company, key.office) == before
    assert key.name == "Books"


def test_the_day_on_which_a_key_ends_is_its_last(admin: Client) -> None:
    key, _text = make_key()
    form = {"name": "A key", "rights": "all", "expires_at": "2030-06-30"}
    admin.post(f"{KEYS}{key.pk}/change/", form)
    key.refresh_from_db()
    assert key.expires_at == datetime(2030, 6, 30, 21, 59, 59, tzinfo=UTC)
    page = admin.get(f"{KEYS}{key.pk}/change/").content.decode()
    assert 'value="2030-06-30"' in page
    admin.post(f"{KEYS}{key.pk}/change/", {**form, "name": "Renamed"})
    key.refresh_from_db()
    assert (key.name, key.expires_at) == ("Renamed", datetime(2030, 6, 30, 21, 59, 59, tzinfo=UTC))


def test_a_key_page_locks_what_the_owner_lacks_and_refuses_it(admin: Client) -> None:
    company = CompanyFactory.create()
    kim = UserFactory.create()
    give(kim, "ledger.view_account", company=company)
    key, _text = make_key(owner=kim, company=company, rights=KeyRights.NONE)
    page = admin.get(f"{KEYS}{key.pk}/change/").content.decode()
    has, lacks = permission("ledger.view_account"), permission("ledger.change_account")
    boxes = {one.pk: re.search(rf'<input[^>]*value="{one.pk}"[^>]*>', page)[0] for one in (has, lacks)}  # type: ignore[index]
    assert "disabled" not in boxes[has.pk]
    assert "disabled" in boxes[lacks.pk]
    answer = admin.post(
        f"{KEYS}{key.pk}/change/", {"name": "A key", "rights": "none", "permissions": [has.pk, lacks.pk]}
    )
    assert "locked" in str(answer.context["adminform"].form.errors["permissions"])
    assert not key.permissions.exists()


def test_an_owner_has_the_page_of_their_own_key_and_nobody_else_does() -> None:
    company = CompanyFactory.create()
    kim, other = (UserFactory.create(is_staff=True) for _ in range(2))
    for user in (kim, other):
        give(user, "ledger.view_account", company=company)
    key, _text = make_key(owner=kim, company=company)
    make_key(owner=other, company=company)
    assert signed_in(kim).post(f"{KEYS}{key.pk}/change/", {"name": "Mine", "rights": "all"}).status_code == 302
    assert [row.pk for row in signed_in(kim).get(KEYS).context["cl"].result_list] == [key.pk]
    for page in ("change", "restore", "revoke", "why", "history"):
        assert signed_in(kim).get(f"{KEYS}{key.pk}/{page}/").status_code == 200, page
        # Django's own page leads whoever may not know of a row to the first page.
        assert signed_in(other).get(f"{KEYS}{key.pk}/{page}/").status_code in (302, 404), page
    assert signed_in(UserFactory.create(is_staff=True)).get(KEYS).status_code == 403


def test_restoring_shows_the_new_key_once_and_ends_the_old(admin: Client) -> None:
    key, old = make_key()
    url = f"{KEYS}{key.pk}/restore/"
    assert "utk_" not in admin.get(url).content.decode()
    authenticate_key(old)
    page = admin.post(url, {"grace": "0"})
    assert "no-store, private" in page["Cache-Control"]
    assert authenticate_key(shown_key(page)) == key
    with pytest.raises(KeyReplaced):
        authenticate_key(old)
    assert "utk_" not in admin.get(f"{KEYS}{key.pk}/change/").content.decode()


def test_an_old_key_in_its_grace_is_told_of_and_can_be_ended(admin: Client) -> None:
    key, old = make_key()
    new = shown_key(admin.post(f"{KEYS}{key.pk}/restore/", {"grace": "7", "expires_at": "2030-01-01"}))
    authenticate_key(old)
    assert "last used" in admin.get(f"{KEYS}{key.pk}/change/").content.decode()
    assert "It works until" in admin.get(f"{KEYS}{key.pk}/end-old/").content.decode()
    admin.post(f"{KEYS}{key.pk}/end-old/")
    with pytest.raises(KeyReplaced):
        authenticate_key(old)
    assert authenticate_key(new) == key
    assert admin.get(f"{KEYS}{key.pk}/end-old/").status_code == 302


@pytest.mark.parametrize("grace", ["8", "-1", "x", ""])
def test_a_grace_that_is_not_offered_is_refused(admin: Client, grace: str) -> None:
    key, old = make_key()
    assert admin.post(f"{KEYS}{key.pk}/restore/", {"grace": grace}).status_code == 400
    assert authenticate_key(old) == key


def test_a_revoked_key_is_not_restored_and_its_page_is_for_reading(admin: Client) -> None:
    key, _text = make_key()
    revoke_key(key=key)
    page = admin.post(f"{KEYS}{key.pk}/restore/", {"grace": "0"})
    assert "A key that is revoked can’t be replaced" in page.content.decode()
    assert admin.post(f"{KEYS}{key.pk}/change/", {"name": "Other", "rights": "all"}).status_code == 403


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


def test_who_may_only_look_at_keys_revokes_none() -> None:
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
