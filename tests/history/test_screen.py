"""The audit log's page: who may read which entries, what narrows it, and rights in words."""

from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.db import transaction
from django.test import Client
from django.utils import translation

from access.models import ClientAccess, KeyKind
from history.actors import Actor, acting
from history.models import Change
from history.rights import right_label
from history.services import note_event
from history.shown import lines_of
from ledger.models import Company
from tests import factories
from tests.history.test_changes import forget

pytestmark = pytest.mark.django_db

PAGE = "/admin/history/change/"


@pytest.fixture
def boss() -> User:
    return factories.SuperuserFactory.create(username="boss")


@pytest.fixture
def browser(boss: User) -> Client:
    client = Client()
    client.force_login(boss)
    forget()
    return client


def shown(client: Client, query: str = "") -> list[Change]:
    page = client.get(f"{PAGE}?{query}")
    return list(page.context["cl"].result_list)


def chips(client: Client, query: str) -> dict[str, str]:
    return {chip.label: chip.value for chip in client.get(f"{PAGE}?{query}").context["cl"].chips}


def note(address: str, **options: Any) -> Change:
    kind, subject = options.pop("kind", Change.Kind.SIGN_IN_FAILED), options.pop("subject", User)
    entry = note_event(kind=kind, subject=subject, actor=Actor(address=address, **options))
    assert entry is not None
    return entry


def test_an_offices_people_read_what_is_of_the_office_and_its_clients() -> None:
    office, client, other = factories.OfficeFactory.create(), *factories.CompanyFactory.create_batch(2)
    ClientAccess.objects.create(office=office, company=client)
    clerk = factories.UserFactory.create(is_staff=True)
    factories.give(clerk, "history.view_change", office=office)
    browser = Client()
    browser.force_login(clerk)
    forget()
    ours = factories.ApplicationFactory.create(supports_office_keys=True)
    key, _text = factories.make_key(kind=KeyKind.OFFICE, office=office, application=ours)
    key.permissions.add(factories.permission("ledger.view_voucher"))
    Company.objects.filter(pk__in=[client.pk, other.pk]).update(name="New name")
    factories.give(clerk, "ledger.view_voucher", office=office)
    seen = {(entry.subject, entry.object_id) for entry in shown(browser)}
    membership = clerk.memberships.get()
    assert seen == {
        ("access.apikey", key.pk),
        ("access.membership", membership.pk),
        ("access.termsacceptance", office.terms_acceptances.get().pk),
        ("ledger.company", client.pk),
    }
    for entry in Change.objects.all():
        status = browser.get(f"{PAGE}{entry.pk}/change/").status_code
        assert status == (200 if (entry.subject, entry.object_id) in seen else 404), entry
    file = b"".join(browser.get(f"{PAGE}export/csv/").streaming_content).decode()  # type: ignore[attr-defined]
    assert str(client.number) in file
    assert "New name" in file
    assert other.number not in file


def test_entries_of_no_company_are_for_members_of_the_installation(browser: Client) -> None:
    auditor = factories.UserFactory.create(is_staff=True)
    factories.give(auditor, "history.view_change")
    note("192.0.2.1")
    client = Client()
    client.force_login(auditor)
    assert [entry.kind for entry in shown(client, "kind__exact=sign_in_failed")] == ["sign_in_failed"]


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("address=192.0.2.7", 1),
        ("address=192.0.2.0/24", 2),
        ("address=2001:db8::/32", 1),
        ("address=192.0.2.7/24", 2),  # as it is written in a hurry
        ("address=nowhere", 4),
        ("kind__exact=signed_in", 1),
        ("key=abcdefABCDEF", 1),
        ("key=Books", 1),
        ("subject=auth.user", 4),
        ("address=192.0.2.0/24&kind__exact=signed_in", 0),
    ],
)
def test_it_is_narrowed(browser: Client, query: str, count: int) -> None:
    note("192.0.2.7")
    note("192.0.2.8", key_name="Books (abcdefABCDEF)")
    note("2001:db8::7")
    note("198.51.100.1", kind=Change.Kind.SIGNED_IN)
    assert len(shown(browser, query)) == count


def test_it_is_narrowed_to_a_company_and_a_person(browser: Client, boss: User) -> None:
    first, second = factories.CompanyFactory.create_batch(2)
    forget()
    Company.objects.filter(pk=first.pk).update(name="New name")
    with acting(Actor(user_id=boss.pk, user_name="boss")), transaction.atomic():
        Company.objects.filter(pk=second.pk).update(name="New name")
    assert {entry.company_id for entry in shown(browser, f"company__id__exact={first.pk}")} == {first.pk}
    assert [entry.company_id for entry in shown(browser, f"user__id__exact={boss.pk}")] == [second.pk]
    assert chips(browser, f"company__id__exact={first.pk}&key=Books&address=192.0.2.7") == {
        "Company": f"{first.number} New name",
        "API key": "Books",
        "Address": "192.0.2.7",
    }


def test_rights_are_told_in_words_before_and_after(browser: Client) -> None:
    readers = Group.objects.create(name="Readers")
    readers.permissions.add(factories.permission("ledger.view_voucher"))
    forget()
    readers.permissions.set([factories.permission("ledger.add_voucher"), factories.permission("history.view_change")])
    (entry,) = shown(browser)
    with translation.override("nb"):
        told = [(line.added, line.removed) for line in lines_of(entry)]
        page = browser.get(f"{PAGE}{entry.pk}/change/", headers={"accept-language": "nb"}).content.decode()
    added, removed = told[0]
    assert added == ["Regnskap | Bilag | legge til", "Sporingslogg | Post i sporingsloggen | vise"]
    assert all(name in page for name in (*added, *removed))
    file = b"".join(browser.get(f"{PAGE}export/csv/").streaming_content).decode()  # type: ignore[attr-defined]
    assert "+ Audit log | Audit log entry | view, Ledger | Voucher | add − Ledger | Voucher | view" in file


def test_a_right_that_is_no_more_keeps_its_name() -> None:
    assert right_label("gone.view_thing") == "gone.view_thing"
    assert right_label("ledger.view_thing") == "ledger.view_thing"
    with translation.override("en"):
        label = right_label("access.administer_users")
    assert label.startswith("Access | Employee or contact | Can administer users")


def test_an_entry_tells_from_where_and_when_to_the_second(browser: Client) -> None:
    entry = note("2001:db8::7", user_name="boss", via="admin")
    page = browser.get(f"{PAGE}{entry.pk}/change/").content.decode()
    for text in ("2001:db8::7", "boss", "The admin", "Sign-in failed", f"{entry.at:%S}</time>"):
        assert text in page


def test_who_isnt_signed_in_is_nobody(browser: Client) -> None:
    note("2001:db8::7", via="admin")
    assert "Not signed in" in browser.get(PAGE).content.decode()
