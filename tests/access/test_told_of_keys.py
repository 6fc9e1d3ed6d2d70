"""Whom it concerns is told of a key that expires and of the use of an old one: by the bell and by letter, once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group, User
from django.db import connection
from django.utils import timezone
from freezegun import freeze_time
from pytest_django import Settings

from access import expiry, letters
from access.administrators import administrators_of, concerned
from access.language import choose_language
from access.models import ApiKey, ClientAccess, KeyKind, KeyLetter, Office
from access.services import restore_key, revoke_key
from history.models import Change
from notices.models import Notice
from tests import factories
from tests.access.probe import get, problem
from tests.mail import Mailbox, text_of

pytestmark = pytest.mark.django_db

NOW = "2026-11-21T12:00:00Z"
ADMINISTER = "access.administer_users"


def person(name: str, language: str = "en", **fields: object) -> User:
    user = factories.UserFactory.create(username=name, email=f"{name}@example.com", **fields)
    choose_language(user=user, language=language)
    return user


@pytest.fixture
def office() -> Office:
    return factories.OfficeFactory.create(name="Byrån")


@pytest.fixture
def boss(office: Office) -> User:
    """Who administers the office's people."""
    boss = person("boss", "sv")
    factories.give(boss, ADMINISTER, office=office)
    return boss


@pytest.fixture
def owner(office: Office) -> User:
    owner = person("owner", "nb")
    factories.give(owner, "ledger.view_voucher", office=office)
    return owner


def office_key(office: Office, owner: User, *, days: float = 365) -> tuple[ApiKey, str]:
    """An office's key that was made a year ago, and expires in so many days."""
    application = factories.ApplicationFactory.create(name="Exopen", supports_office_keys=True)
    key, text = factories.make_key(
        owner=owner, application=application, kind=KeyKind.OFFICE, office=office, name="Böcker"
    )
    now = timezone.now()
    ApiKey.objects.filter(pk=key.pk).update(created_at=now - timedelta(days=400), expires_at=now + timedelta(days=days))
    key.refresh_from_db()
    return key, text


def told() -> list[tuple[str, str]]:
    """Who has which message, by name."""
    return sorted((notice.user.username, notice.kind) for notice in Notice.objects.all())


def send_all() -> None:
    for letter in KeyLetter.objects.order_by("pk"):
        letters.post.send(letter.pk)


# Whom it concerns


def test_the_administrators_of_a_place_are_its_members_with_that_right(office: Office, boss: User, owner: User) -> None:
    group = Group.objects.create(name="Administrators")
    group.permissions.add(factories.permission(ADMINISTER))
    by_group, gone, ended, elsewhere = (person(name) for name in ("by_group", "gone", "ended", "elsewhere"))
    factories.give(by_group, office=office).groups.add(group)
    factories.give(ended, ADMINISTER, office=office)
    ended.memberships.update(ended_at=timezone.now())
    factories.give(gone, ADMINISTER, office=office)
    User.objects.filter(pk=gone.pk).update(is_active=False)
    factories.give(elsewhere, ADMINISTER, office=factories.OfficeFactory.create())
    assert administrators_of(office=office) == [boss, by_group]


def test_where_nobody_administers_whoever_does_next_is_told(office: Office, boss: User) -> None:
    client, alone = factories.CompanyFactory.create_batch(2)
    ClientAccess.objects.create(office=office, company=client)
    superuser = factories.SuperuserFactory.create()
    assert administrators_of(company=client) == [boss]
    assert administrators_of(company=alone) == [superuser]
    member = person("member")
    factories.give(member, ADMINISTER)
    assert administrators_of(company=alone) == [member]
    own = person("own")
    factories.give(own, ADMINISTER, company=client)
    assert administrators_of(company=client) == [own]


def test_an_owner_who_administers_is_told_once(office: Office, boss: User) -> None:
    key, _text = office_key(office, boss)
    assert concerned(key) == [boss]


# Expiry


@pytest.mark.parametrize(("days", "warned"), [(31, []), (30, [30]), (8, [30]), (7, [7]), (0.5, [7]), (-1, [])])
def test_a_warning_goes_out_30_and_7_days_before(office: Office, owner: User, days: float, warned: list[int]) -> None:
    with freeze_time(NOW):
        key, _text = office_key(office, owner, days=days)
        expiry.warn_all()
    assert list(key.expiry_warnings.values_list("days", flat=True)) == warned


def test_each_warning_goes_out_once_for_each_expiry(office: Office, owner: User, boss: User) -> None:
    with freeze_time(NOW) as clock:
        key, _text = office_key(office, owner, days=40)
        for _ in range(45):
            expiry.warn_all()
            clock.tick(timedelta(days=1))
        assert told() == sorted([("boss", "access.key_expires"), ("owner", "access.key_expires")] * 2)
        ApiKey.objects.filter(pk=key.pk).update(expires_at=timezone.now() + timedelta(days=20))
        assert [expiry.warn_all() for _ in range(2)] == [1, 0]


def test_who_made_a_key_for_a_short_time_knows(office: Office, owner: User) -> None:
    key, _text = office_key(office, owner, days=20)
    ApiKey.objects.filter(pk=key.pk).update(created_at=timezone.now())
    assert expiry.warn_all() == 0
    ApiKey.objects.filter(pk=key.pk).update(
        created_at=timezone.now() - timedelta(days=14), expires_at=timezone.now() + timedelta(days=6)
    )
    assert expiry.warn_all() == 1


def test_of_a_key_that_opens_nothing_nobody_is_warned(office: Office, owner: User) -> None:
    key, _text = office_key(office, owner, days=5)
    revoke_key(key=key)
    assert expiry.warn_all() == 0


@pytest.mark.django_db(transaction=True)
def test_of_many_workers_one_warns(office: Office, owner: User, boss: User) -> None:
    office_key(office, owner, days=5)

    def warn(_number: int) -> int:
        found = expiry.warn_all()
        connection.close()
        return found

    with ThreadPoolExecutor(6) as threads:
        assert sum(threads.map(warn, range(6))) == 1
    assert len(told()) == 2


@pytest.mark.django_db(transaction=True)
def test_letters_are_in_each_readers_language(office: Office, owner: User, boss: User, mailbox: Mailbox) -> None:
    key, _text = office_key(office, owner, days=5)
    expiry.warn_all()
    send_all()
    send_all()
    by_reader = {message["To"]: message for message in mailbox.letters}
    assert len(mailbox.letters) == 2
    day = timezone.localtime(key.expires_at)
    subjects = {reader: str(message["Subject"]).strip() for reader, message in by_reader.items()}
    assert subjects == {
        "boss@example.com": f"Utkorg: Nyckeln Böcker för Exopen upphör att gälla {day:%Y-%m-%d}",
        "owner@example.com": f"Utkorg: Brukernøkkelen Böcker for Exopen utløper {day:%d.%m.%Y}",
    }
    for kind in ("plain", "html"):
        text = text_of(by_reader["boss@example.com"], kind)
        assert f"https://utkorg.example.com/admin/access/apikey/{key.pk}/change/" in text
        assert key.public_id in text
        assert "Byrån" in text
    assert by_reader["boss@example.com"]["Message-ID"].startswith("<utkorg.key.")


def test_without_a_mail_server_only_the_bell_rings(office: Office, owner: User, boss: User, settings: Settings) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
    office_key(office, owner, days=5)
    expiry.warn_all()
    assert len(told()) == 2
    assert not KeyLetter.objects.exists()


def test_the_bell_says_it_in_words_and_leads_to_the_key(office: Office, owner: User) -> None:
    key, _text = office_key(office, owner, days=5)
    expiry.warn_all()
    notice = Notice.objects.get(user=owner)
    assert notice.words.title.startswith("The key Böcker of Exopen expires on ")
    assert notice.url == f"/admin/access/apikey/{key.pk}/change/"
    assert notice.level == "warning"


# An old key is used


def test_during_the_grace_nobody_is_alarmed(office: Office, owner: User, boss: User) -> None:
    key, text = office_key(office, owner)
    new = restore_key(key=key, grace=timedelta(days=1))
    assert get(text).status_code != 401
    assert get(new).status_code != 401
    assert told() == []


def test_the_use_of_an_old_key_is_refused_noted_and_told_once_an_hour(office: Office, owner: User, boss: User) -> None:
    with freeze_time(NOW) as clock:
        key, text = office_key(office, owner)
        restore_key(key=key)
        for address in ("192.0.2.7", "192.0.2.7", "192.0.2.8"):
            problem(get(text, REMOTE_ADDR=address), 401, "not_authenticated")
        assert told() == [("boss", "access.replaced_key_used"), ("owner", "access.replaced_key_used")]
        noted = Change.objects.filter(kind="replaced_key_used").order_by("pk")
        assert [entry.address for entry in noted] == ["192.0.2.7", "192.0.2.8"]
        assert {(entry.object_id, entry.company_id) for entry in noted} == {(key.pk, office.company_id)}
        clock.tick(timedelta(minutes=61))
        problem(get(text, REMOTE_ADDR="192.0.2.7"), 401, "not_authenticated")
        assert len(told()) == 4
    notice = Notice.objects.filter(user=owner).first()
    assert notice is not None
    assert "192.0.2.7" in notice.words.detail
    assert notice.level == "error"
    assert text.split("_")[2] not in str(list(Notice.objects.values())) + str(list(KeyLetter.objects.values()))


@pytest.mark.django_db(transaction=True)
def test_the_alarm_is_a_letter_with_the_address(office: Office, owner: User, boss: User, mailbox: Mailbox) -> None:
    key, text = office_key(office, owner)
    restore_key(key=key)
    problem(get(text, REMOTE_ADDR="2001:db8::7"), 401, "not_authenticated")
    send_all()
    by_reader = {message["To"]: message for message in mailbox.letters}
    assert by_reader["boss@example.com"]["Subject"].strip() == "Utkorg: Den gamla nyckeln för Böcker användes"
    assert "2001:db8::7" in text_of(by_reader["boss@example.com"])
    assert by_reader.keys() == {"boss@example.com", "owner@example.com"}


@pytest.mark.django_db(transaction=True)
def test_of_many_uses_at_once_one_is_told(office: Office, owner: User, boss: User) -> None:
    key, text = office_key(office, owner)
    restore_key(key=key)

    def use(number: int) -> None:
        get(text, REMOTE_ADDR=f"192.0.2.{number % 3}")
        connection.close()

    with ThreadPoolExecutor(6) as threads:
        list(threads.map(use, range(12)))
    assert len(told()) == 2
    assert Change.objects.filter(kind="replaced_key_used").count() == 3
