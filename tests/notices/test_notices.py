"""Messages: told once, read in the reader's language, seen by nobody else, forgotten when they are old."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone, translation
from django.utils.translation import gettext

from notices import kinds, services
from notices.kinds import Words
from notices.models import Notice
from tests import factories
from tests.ledger.admin_client import text_of

pytestmark = pytest.mark.django_db
LIST = "/admin/notices/notice/"


def sent(parameters: Mapping[str, Any]) -> Words:
    return Words(f"{gettext('Subscriptions')} {parameters['name']}", "<b>detail</b>")


@pytest.fixture(autouse=True)
def kind() -> Iterator[str]:
    kinds.register("sent", sent)
    yield "sent"
    del kinds._kinds["sent"]


@pytest.fixture
def user() -> User:
    return factories.UserFactory.create(is_staff=True)


@pytest.fixture
def client_of_user(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def told(user: User, name: str = "EXOPEN", **options: Any) -> Notice:
    return services.tell(user=user, kind="sent", parameters={"name": name}, **options)


def test_a_message_is_read_in_the_readers_language(user: User, client_of_user: Client) -> None:
    told(user)
    assert "Subscriptions EXOPEN" in text_of(client_of_user.get(LIST))
    assert "Prenumerationer EXOPEN" in text_of(client_of_user.get(LIST, headers={"accept-language": "sv"}))
    with translation.override("nb"):
        assert str(Notice.objects.get()) == "Abonnementer EXOPEN"


def test_a_kind_that_nobody_registered_is_refused_when_told_and_survived_when_read(user: User) -> None:
    with pytest.raises(ValueError, match="gone"):
        services.tell(user=user, kind="gone")
    with translation.override("en"):
        assert str(Notice(user=user, kind="gone")) == "A message of an earlier version"


def test_a_kind_is_registered_once() -> None:
    with pytest.raises(ValueError, match="sent"):
        kinds.register("sent", sent)


def test_nothing_in_a_message_is_markup(user: User, client_of_user: Client) -> None:
    told(user, name="<script>")
    page = client_of_user.get(LIST).content.decode()
    assert "&lt;b&gt;detail" in page
    assert "<b>detail" not in page


def test_the_bell_counts_on_every_page(user: User, client_of_user: Client) -> None:
    assert "unread" not in client_of_user.get("/admin/").content.decode()
    told(user)
    told(factories.UserFactory.create())
    assert 'aria-label="1 unread message"' in client_of_user.get("/admin/").content.decode()


def test_a_page_is_told_only_what_it_does_not_know(user: User, client_of_user: Client) -> None:
    look = f"{LIST}look/"
    assert client_of_user.get(look, {"state": "0.0", "newest": "0"}).status_code == 204
    first = told(user, "FIRST")
    page = client_of_user.get(look, {"state": "0.0", "newest": "0"})
    assert "Subscriptions FIRST" in text_of(page)
    second = told(user, "SECOND")
    page = client_of_user.get(look, {"state": f"1.{first.pk}", "newest": str(first.pk)})
    assert "FIRST" not in text_of(page)
    assert "SECOND" in text_of(page)
    assert client_of_user.get(look, {"state": f"2.{second.pk}", "newest": str(second.pk)}).status_code == 204


def test_what_is_no_longer_news_does_not_pop_up(user: User, client_of_user: Client) -> None:
    told(user)
    Notice.objects.update(created_at=timezone.now() - timedelta(hours=1))
    page = client_of_user.get(f"{LIST}look/", {"state": "0.0", "newest": "0"})
    assert "EXOPEN" not in text_of(page)
    assert 'aria-label="1 unread message"' in page.content.decode()


@pytest.mark.parametrize("newest", ["", "x", "9" * 40, "-1"])
def test_a_page_may_send_anything(client_of_user: Client, user: User, newest: str) -> None:
    told(user)
    assert client_of_user.get(f"{LIST}look/", {"state": "", "newest": newest}).status_code == 200
    assert client_of_user.post(f"{LIST}read-all/", {"newest": newest}).status_code == 302


def test_somebody_signed_out_is_told_nothing() -> None:
    told(factories.UserFactory.create())
    assert Client().get(f"{LIST}look/").status_code == 204
    assert Client().get(LIST).status_code == 302


def test_opening_a_message_marks_it_as_read_and_leads_to_its_page(user: User, client_of_user: Client) -> None:
    notice = told(user, url="/admin/onetime_transfer/transfer/")
    answer = client_of_user.post(f"{LIST}{notice.pk}/open/")
    assert answer["Location"] == "/admin/onetime_transfer/transfer/"
    notice.refresh_from_db()
    assert notice.read_at is not None


def test_a_message_leads_to_no_other_site(user: User, client_of_user: Client) -> None:
    notice = told(user, url="https://elsewhere.example/")
    assert client_of_user.post(f"{LIST}{notice.pk}/open/")["Location"] == LIST


@pytest.mark.parametrize("what", ["open", "read"])
def test_nobody_reads_anothers(client_of_user: Client, what: str) -> None:
    notice = told(factories.UserFactory.create())
    client_of_user.post(f"{LIST}{notice.pk}/{what}/")
    client_of_user.post(f"{LIST}read-all/", {"newest": notice.pk})
    notice.refresh_from_db()
    assert notice.read_at is None
    assert "EXOPEN" not in text_of(client_of_user.get(LIST))


def test_looking_at_an_address_changes_nothing(user: User, client_of_user: Client) -> None:
    notice = told(user)
    for what in (f"{notice.pk}/open/", f"{notice.pk}/read/", "read-all/"):
        assert client_of_user.get(f"{LIST}{what}").status_code == 405
    assert Notice.objects.unread().count() == 1


def test_all_that_the_page_showed_are_marked_as_read(user: User, client_of_user: Client) -> None:
    shown, later = told(user, "SHOWN"), told(user, "LATER")
    client_of_user.post(f"{LIST}read-all/", {"newest": shown.pk})
    assert list(Notice.objects.unread()) == [later]
    unread = text_of(client_of_user.get(f"{LIST}?show=unread"))
    assert "LATER" in unread
    assert "SHOWN" not in unread


def test_a_long_list_is_paged_with_few_queries(
    user: User, client_of_user: Client, django_assert_max_num_queries: Any
) -> None:
    for number in range(30):
        told(user, f"NUMBER-{number}")
    with django_assert_max_num_queries(8):
        page = text_of(client_of_user.get(LIST))
    assert "Page 1 of 2" in page
    assert "NUMBER-29" in page
    assert "NUMBER-3 " in text_of(client_of_user.get(f"{LIST}?page=2"))


def test_read_messages_go_when_they_are_old_and_unread_ones_stay(user: User) -> None:
    long_ago = timezone.now() - timedelta(days=200)
    old, unread, fresh = told(user, "OLD"), told(user, "UNREAD"), told(user, "FRESH")
    Notice.objects.update(created_at=long_ago)
    Notice.objects.filter(pk=old.pk).update(read_at=long_ago)
    services.mark_read(Notice.objects.filter(pk=fresh.pk))
    assert services.remove_old() == 1
    assert set(Notice.objects.all()) == {unread, fresh}
