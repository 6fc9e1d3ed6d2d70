"""An office's screens for its clients: the list, access for many in one step with a look ahead, undone; one client."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from access.clients import remove_client, switch_api_access
from access.grants import grant_clients
from access.models import AccessTemplate, ClientAccess, ClientGrant, KeyKind
from access.services import revoke_key
from tests import factories
from tests.access.clients import CLIENTS, MAY_DECIDE, MAY_LOOK, Practice, make_practice, signed_in
from tests.ledger.admin_client import text_of

pytestmark = pytest.mark.django_db

GRANT, WITHDRAW, REMOVE, UNDO = (f"{CLIENTS}{page}/" for page in ("grant", "withdraw", "remove", "undo"))


@pytest.fixture
def practice() -> Practice:
    return make_practice()


@pytest.fixture
def browser(practice: Practice) -> Client:
    return signed_in(practice.member())


def sent(practice: Practice, template: AccessTemplate | None = None, **more: Any) -> dict[str, Any]:
    return {"clients": practice.ids, "key": practice.key.pk, "template": (template or practice.reads).pk, **more}


def numbers_in(page: Any) -> list[str]:
    return [access.company.number for access in page.context["cl"].result_list]


# The list


def test_the_list_shows_the_offices_own_clients_with_switch_keys_and_use(practice: Practice, browser: Client) -> None:
    make_practice(name="Another", first=701)
    switch_api_access(company=practice.companies[1], on=False)
    grant_clients(key=practice.key, companies=practice.companies[:1], template=practice.reads, by=practice.key.owner)
    page = browser.get(CLIENTS)
    assert numbers_in(page) == ["501", "502", "503", "504"]
    assert [access.keys_counted for access in page.context["cl"].result_list] == [1, 0, 0, 0]
    assert "API access is the client's own switch" in text_of(page)
    assert numbers_in(browser.get(f"{CLIENTS}?api_access=off")) == ["502"]
    assert numbers_in(browser.get(f"{CLIENTS}?key=with-{practice.key.pk}")) == ["501"]
    assert numbers_in(browser.get(f"{CLIENTS}?key=without-{practice.key.pk}")) == ["502", "503", "504"]
    assert numbers_in(browser.get(f"{CLIENTS}?key=none&q=Klient+503")) == ["503"]


@pytest.mark.parametrize("wrong", ["x", "with-x", "with-99999999999999999999", "-", "without-"])
def test_a_filter_that_means_nothing_narrows_nothing(practice: Practice, browser: Client, wrong: str) -> None:
    assert len(numbers_in(browser.get(f"{CLIENTS}?key={wrong}"))) == 4


def test_a_revoked_key_counts_no_more(practice: Practice, browser: Client) -> None:
    grant_clients(key=practice.key, companies=practice.companies, template=practice.reads, by=practice.key.owner)
    revoke_key(key=practice.key)
    page = browser.get(f"{CLIENTS}?key=none")
    assert [access.keys_counted for access in page.context["cl"].result_list] == [0, 0, 0, 0]


def test_a_contact_of_a_client_has_no_list_of_the_offices_clients(practice: Practice) -> None:
    contact = factories.UserFactory.create(is_staff=True)
    factories.give(contact, *MAY_DECIDE, company=practice.companies[0])
    browser = signed_in(contact)
    assert numbers_in(browser.get(CLIENTS)) == []
    own = ClientAccess.objects.get(company=practice.companies[0])
    for url in (f"{CLIENTS}{own.pk}/change/", f"{GRANT}?ids={own.pk}", f"{WITHDRAW}?ids={own.pk}"):
        assert browser.get(url).status_code == 404, url


def test_two_thousand_clients_take_few_queries() -> None:
    practice = make_practice(clients=2000, first=5000)
    grant_clients(key=practice.key, companies=practice.companies, template=practice.reads, by=practice.key.owner)
    browser = signed_in(practice.member())
    browser.get(CLIENTS)
    for url in (CLIENTS, f"{CLIENTS}?key=with-{practice.key.pk}", f"{CLIENTS}choose/"):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert browser.get(url).status_code == 200
        assert len(queries) <= 12, url
    filled_in = sent(practice, practice.fetches)
    with CaptureQueriesContext(connection) as queries:
        page = browser.post(GRANT, filled_in)
    assert "Give access to 2,000 clients" in text_of(page)
    assert len(queries) <= 16  # those that look up who is asking, and as whom what is written is told, included


def test_all_that_match_are_marked_at_once(browser: Client) -> None:
    practice = make_practice(name="Large", clients=300, first=5000)
    boss = signed_in(factories.SuperuserFactory.create())
    every = {"_selected_action": [practice.accesses[0].pk], "select_across": "1", "client_access": "1"}
    page = boss.post(f"{CLIENTS}?q=Klient+5", every)
    assert page.status_code == 302  # clients of two offices: those of the other are called so, too
    page = boss.post(f"{CLIENTS}?office={practice.office.company.number}", every)
    assert "300 clients of Large" in text_of(page)


# Access for many


def test_the_button_leads_to_the_page_with_the_marked_clients(practice: Practice, browser: Client) -> None:
    chosen = practice.accesses[1:3]
    marked = {"_selected_action": [access.pk for access in chosen], "client_access": "1"}
    answer = browser.post(CLIENTS, marked, follow=True)
    assert "2 clients of Byrån" in text_of(answer)
    assert "502 Klient 502 503 Klient 503" in text_of(answer)


def test_a_look_ahead_tells_who_gains_what_and_writes_nothing(practice: Practice, browser: Client) -> None:
    boss = practice.key.owner
    grant_clients(key=practice.key, companies=practice.companies[:1], template=practice.reads, by=boss)
    grant_clients(key=practice.key, companies=practice.companies[1:2], template=practice.fetches, by=boss)
    switch_api_access(company=practice.companies[3], on=False)
    shown = text_of(browser.post(GRANT, sent(practice), headers={"HX-Request": "true"}))
    assert "Get access: 2 clients 503 Klient 503 504 Klient 504" in shown
    assert "Get another template, instead of Fetch the outbox: 1 client 502 Klient 502" in shown
    assert "Nothing changes: 1 client 501 Klient 501" in shown
    assert "Suppliers: view" in shown
    assert "1 client has API access off: nothing works there until the client turns it on 504 Klient 504" in shown
    assert practice.templates() == {"501": "Read everything", "502": "Fetch the outbox"}


def test_a_look_ahead_tells_what_has_no_effect_since_the_owner_or_the_key_lacks_it(
    practice: Practice, browser: Client
) -> None:
    owner = practice.member(["ledger.view_supplier"])
    key, _text = factories.make_key(
        owner=owner, application=practice.key.application, kind=KeyKind.OFFICE, office=practice.office, name="Liten"
    )
    shown = text_of(browser.post(GRANT, sent(practice) | {"key": key.pk}))
    assert f"rights of the template have no effect: the key's owner {owner} lacks them" in shown
    assert "1 right gained" in shown


def test_access_is_given_in_one_step_told_in_numbers_and_undone(practice: Practice, browser: Client) -> None:
    boss = practice.key.owner
    grant_clients(key=practice.key, companies=practice.companies[:1], template=practice.reads, by=boss)
    grant_clients(key=practice.key, companies=practice.companies[1:2], template=practice.fetches, by=boss)
    before = practice.templates()
    page = text_of(browser.post(GRANT, sent(practice, grant="1"), follow=True))
    assert "2 clients are new, 1 has another template, 1 is as before" in page
    assert set(practice.templates().values()) == {"Read everything"}
    assert len(practice.templates()) == 4
    asked = text_of(browser.get(UNDO))
    assert "lose their access again 2" in asked
    assert "get the access template back that they had 1" in asked
    assert "Undone for 3 clients." in text_of(browser.post(UNDO, follow=True))
    assert practice.templates() == before
    assert "There is nothing to undo." in text_of(browser.get(UNDO))


def test_what_somebody_changed_since_isnt_undone(practice: Practice, browser: Client) -> None:
    browser.post(GRANT, sent(practice, grant="1"))
    boss = practice.key.owner
    grant_clients(key=practice.key, companies=practice.companies[:1], template=practice.fetches, by=boss)
    browser.post(UNDO)
    assert practice.templates() == {"501": "Fetch the outbox"}


def test_all_or_nothing(practice: Practice) -> None:
    member = practice.member([right for right in MAY_DECIDE if right != "access.change_clientgrant"])
    grant_clients(key=practice.key, companies=practice.companies[:1], template=practice.fetches, by=practice.key.owner)
    page = text_of(signed_in(member).post(GRANT, sent(practice, grant="1")))
    assert "Nothing was granted" in page
    assert "501: The right to decide what keys may do for this client is missing." in page
    assert practice.templates() == {"501": "Fetch the outbox"}


def test_a_client_that_left_meanwhile_is_left_out(practice: Practice, browser: Client) -> None:
    filled_in = sent(practice, grant="1")
    remove_client(office=practice.office, company=practice.companies[0])
    browser.post(GRANT, filled_in)
    assert sorted(practice.templates()) == ["502", "503", "504"]


def test_only_the_offices_own_usable_keys_and_templates_are_offered(practice: Practice, browser: Client) -> None:
    other = make_practice(name="Another", first=701)
    foreign = AccessTemplate.objects.create(name="Foreign", office=other.office)
    for wrong in ({"key": other.key.pk}, {"template": foreign.pk}, {"key": ""}, {"template": ""}, {"key": "x"}):
        page = browser.post(GRANT, {**sent(practice, grant="1"), **wrong})
        assert page.status_code == 200, wrong
    assert not ClientGrant.objects.exists()
    revoke_key(key=practice.key)
    assert "The office has no key for its clients yet." in text_of(browser.get(f"{GRANT}?ids={practice.ids}"))


def test_clients_of_another_office_arent_found(practice: Practice, browser: Client) -> None:
    other = make_practice(name="Another", first=701)
    for url in (GRANT, WITHDRAW, REMOVE):
        assert browser.get(f"{url}?ids={other.ids}").status_code == 404
        assert browser.post(url, {"clients": other.ids, "confirmed": "yes"}).status_code == 404
    access = other.accesses[0]
    for url in (f"{CLIENTS}{access.pk}/change/", f"{CLIENTS}{access.pk}/rights/{other.key.pk}/"):
        assert browser.get(url).status_code == 404
    own = practice.accesses[0]
    assert browser.get(f"{CLIENTS}{own.pk}/rights/{other.key.pk}/").status_code == 404


def test_a_member_who_may_look_sees_and_changes_nothing(practice: Practice) -> None:
    browser, access = signed_in(practice.member(MAY_LOOK)), practice.accesses[0]
    grant_clients(key=practice.key, companies=practice.companies, template=practice.reads, by=practice.key.owner)
    listed = browser.get(CLIENTS).content.decode()
    assert 'name="client_access"' not in listed
    one = browser.get(f"{CLIENTS}{access.pk}/change/")
    assert "You may look at this, not change it" in text_of(one)
    assert "Save changes" not in text_of(one)
    assert browser.get(f"{GRANT}?ids={practice.ids}").status_code == 403
    assert browser.post(GRANT, sent(practice, practice.fetches, grant="1")).status_code == 403
    assert (
        browser.post(WITHDRAW, {"clients": practice.ids, "keys": practice.key.pk, "withdraw": "1"}).status_code == 403
    )
    assert browser.post(f"{CLIENTS}{access.pk}/change/", {}).status_code == 403
    assert browser.get(UNDO).status_code == 403
    assert set(practice.templates().values()) == {"Read everything"}


def test_whoever_has_no_rights_there_sees_no_page(practice: Practice) -> None:
    nobody = signed_in(factories.UserFactory.create(is_staff=True))
    for url in (CLIENTS, f"{CLIENTS}choose/", UNDO, f"{CLIENTS}{practice.accesses[0].pk}/change/"):
        assert nobody.get(url).status_code == 403, url


def test_access_is_withdrawn_from_many_after_asking_and_undone(practice: Practice, browser: Client) -> None:
    grant_clients(key=practice.key, companies=practice.companies[:3], template=practice.reads, by=practice.key.owner)
    asked = text_of(browser.get(f"{WITHDRAW}?ids={practice.ids}"))
    assert "Portal Byrån: Alla 3 of these clients" in asked
    nothing = browser.post(WITHDRAW, {"clients": practice.ids, "withdraw": "1"})
    assert "Choose at least one key." in text_of(nothing)
    assert len(practice.templates()) == 3
    done = browser.post(WITHDRAW, {"clients": practice.ids, "keys": practice.key.pk, "withdraw": "1"}, follow=True)
    assert "3 client accesses are withdrawn." in text_of(done)
    assert practice.templates() == {}
    assert "get their access back 3" in text_of(browser.get(UNDO))
    browser.post(UNDO)
    assert len(practice.templates()) == 3


def test_clients_are_removed_after_asking_by_whoever_may(practice: Practice, browser: Client) -> None:
    grant_clients(key=practice.key, companies=practice.companies, template=practice.reads, by=practice.key.owner)
    two = ",".join(str(access.pk) for access in practice.accesses[:2])
    assert browser.get(f"{REMOVE}?ids={two}").status_code == 403
    boss = signed_in(factories.SuperuserFactory.create())
    asked = text_of(boss.get(f"{REMOVE}?ids={two}"))
    assert "Remove 2 clients?" in asked
    assert "What 1 key was granted for them goes as well" in asked
    assert len(practice.accesses) == 4
    boss.post(f"{REMOVE}?ids={two}", {"confirmed": "yes"})
    assert [access.company.number for access in practice.accesses] == ["503", "504"]
    assert sorted(practice.templates()) == ["503", "504"]


# One client


def test_a_key_is_added_to_one_client_changed_and_removed_after_asking(practice: Practice, browser: Client) -> None:
    access = practice.accesses[0]
    url = f"{CLIENTS}{access.pk}/change/"
    assert "No key has access to this client yet." in text_of(browser.get(url))
    missing = browser.post(url, {"new_key": practice.key.pk, "new_template": ""})
    assert "Choose both the employee and the access template." in text_of(missing)
    browser.post(url, {"new_key": practice.key.pk, "new_template": practice.reads.pk})
    assert practice.templates() == {"501": "Read everything"}
    grant = ClientGrant.objects.get()
    told = browser.post(url, {f"template-{grant.pk}": practice.fetches.pk}, follow=True)
    assert "Saved for 501 Klient 501: Portal Byrån: Alla: Fetch the outbox." in text_of(told)
    assert practice.templates() == {"501": "Fetch the outbox"}
    removal = {f"template-{grant.pk}": practice.fetches.pk, f"remove-{grant.pk}": "on"}
    assert "Remove the key's access?" in text_of(browser.post(url, removal))
    assert practice.templates() == {"501": "Fetch the outbox"}
    browser.post(url, {**removal, "confirmed": "yes"})
    assert practice.templates() == {}


def test_a_foreign_key_or_template_isnt_taken_at_one_client(practice: Practice, browser: Client) -> None:
    other = make_practice(name="Another", first=701)
    foreign = AccessTemplate.objects.create(name="Foreign", office=other.office)
    url = f"{CLIENTS}{practice.accesses[0].pk}/change/"
    browser.post(url, {"new_key": other.key.pk, "new_template": practice.reads.pk})
    browser.post(url, {"new_key": practice.key.pk, "new_template": foreign.pk})
    assert not ClientGrant.objects.exists()


def test_a_clients_page_tells_what_is_in_effect_and_why_nothing_is(practice: Practice, browser: Client) -> None:
    access = practice.accesses[0]
    url = f"{CLIENTS}{access.pk}/rights/{practice.key.pk}/"
    grant_clients(key=practice.key, companies=practice.companies[:1], template=practice.fetches, by=practice.key.owner)
    assert "5 rights" in text_of(browser.get(url))
    switch_api_access(company=access.company, on=False)
    assert "None The client has turned API access off." in text_of(browser.get(url))


def test_a_client_is_chosen_by_a_search(practice: Practice, browser: Client) -> None:
    page = browser.get(f"{CLIENTS}choose/")
    assert [access.company.number for access, _url in page.context["found"]] == ["501", "502", "503", "504"]
    assert browser.get(f"{CLIENTS}choose/?q=502")["Location"] == f"{CLIENTS}{practice.accesses[1].pk}/change/"
    assert "No client fits." in text_of(browser.get(f"{CLIENTS}choose/?q=finns+inte%00"))
