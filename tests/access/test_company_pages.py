"""The pages of an account: whose they are, the add-on, the people, the accountant."""

from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.core import mail
from django.test import Client
from django.urls import reverse

from access import terms
from access.add_on import activate, is_activated
from access.clients import add_client
from access.models import AccessTemplate, ApiKey, ClientAccess, ClientGrant, KeyKind, Membership, Office
from ledger.models import Company
from tests import factories

pytestmark = pytest.mark.django_db

USERS, ACCOUNT = "access.administer_users", "access.administer_account"


@pytest.fixture
def company() -> Company:
    return factories.CompanyFactory.create(number="500", name="Granen AB")


@pytest.fixture
def office() -> Office:
    return factories.OfficeFactory.create(
        name="Siffror & Co", company=factories.CompanyFactory.create(number="900", name="Siffror AB")
    )


def person(*rights: str, **named: Any) -> User:
    """Somebody who signs in, with rights at an account."""
    user = factories.UserFactory.create(is_staff=True, **{k: named.pop(k) for k in ("username", "email") if k in named})
    factories.give(user, *rights, **named)
    return user


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def location(answer: Any) -> str:
    """Where a page leads on to."""
    return str(answer["Location"])


def at(company: Company, page: str = "") -> str:
    return f"/admin/company/{company.number}/{page}"


# Whose account


def test_a_foreign_account_is_not_found(company: Company, office: Office) -> None:
    client = signed_in(person(USERS, company=company))
    other = factories.CompanyFactory.create()
    for page in ("subscription/", "employees/", "employees/add/", "accountant/"):
        assert client.get(at(company, page)).status_code in (200, 403)
        assert client.get(at(other, page)).status_code == 404
        assert client.get(f"/admin/office/900/{page}").status_code == 404


def test_an_office_and_its_own_company_are_two_accounts_with_one_number(office: Office) -> None:
    client = signed_in(person(USERS, office=office))
    assert client.get("/admin/office/900/employees/").context["account"].office == office
    assert client.get("/admin/company/900/employees/").context["account"].office is None


def test_rights_in_the_own_company_alone_open_nothing_of_the_office(office: Office) -> None:
    client = signed_in(person(USERS, ACCOUNT, company=office.company))
    assert client.get("/admin/office/900/employees/").status_code == 404


def test_the_menu_leads_to_the_only_account_or_to_the_last(company: Company) -> None:
    user = person(USERS, company=company)
    client = signed_in(user)
    assert location(client.get(reverse("my_employees"))) == at(company, "employees/")
    other = factories.CompanyFactory.create()
    factories.give(user, USERS, company=other)
    assert location(client.get(reverse("my_employees"))) == "/admin/account/choose/?to=employees"
    client.get(at(other, "subscription/"))
    assert location(client.get(reverse("my_employees"))) == at(other, "employees/")


def test_the_selector_finds_by_number_and_name_and_leads_to_the_same_page(company: Company, office: Office) -> None:
    user = person(USERS, company=company)
    factories.give(user, office=office)
    client = signed_in(user)
    factories.CompanyFactory.create(number="501", name="Granen II AB")

    def found(text: str) -> list[str]:
        answer = client.get("/admin/account/choose/", {"q": text, "to": "accountant"}, headers={"HX-Request": "true"})
        return [url for _account, url in answer.context["found"]]

    assert found("50") == [at(company, "accountant/")]
    assert found("granen") == [at(company, "accountant/")]
    assert found("siffror") == ["/admin/office/900/accountant/", "/admin/company/900/accountant/"]
    assert found("\0") == found("")


def test_who_is_nobody_anywhere_is_told_so() -> None:
    client = signed_in(factories.UserFactory.create(is_staff=True))
    assert client.get("/admin/account/choose/").context["found"] == []


# The add-on


def test_the_terms_are_accepted_by_an_administrator(company: Company) -> None:
    user = person(ACCOUNT, company=company)
    client, page = signed_in(user), at(company, "subscription/")
    assert client.post(page, {"version": terms.CURRENT}).context["error"]
    assert client.post(page, {"version": "0.9", "accepted": "yes"}).context["error"]
    assert not is_activated(company=company)
    assert client.post(page, {"version": terms.CURRENT, "accepted": "yes"}).status_code == 302
    assert is_activated(company=company)
    shown = client.get(page)
    assert user.username in shown.content.decode()
    accepted = company.terms_acceptances.get()
    assert client.get(f"{page}terms/{accepted.pk}/").status_code == 200


def test_others_are_told_whom_to_ask(company: Company) -> None:
    boss = person(USERS, company=company, username="chefen")
    client = signed_in(person("ledger.view_voucher", company=company))
    page = client.get(at(company, "subscription/"))
    assert page.context["whom_to_ask"] == [boss]
    answer = client.post(at(company, "subscription/"), {"version": terms.CURRENT, "accepted": "yes"})
    assert answer.status_code == 403
    assert client.post(at(company, "subscription/end/")).status_code == 403


def test_ending_the_add_on_asks_and_keeps_who_accepted(company: Company) -> None:
    user = person(USERS, company=company)
    activate(by=user, company=company)
    factories.make_key(owner=user, company=company)
    client = signed_in(user)
    asked = client.get(at(company, "subscription/end/"))
    assert any("1" in line for line in asked.context["question"].lead)
    assert is_activated(company=company)
    client.post(at(company, "subscription/end/"))
    assert not is_activated(company=company)
    assert client.get(at(company, "subscription/")).context["acceptances"][0].ended_at


def test_a_newer_version_of_the_terms_is_asked_for(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    user = person(USERS, company=company)
    activate(by=user, company=company)
    client = signed_in(user)
    assert "data-terms" not in client.get(at(company, "subscription/")).content.decode()
    company.terms_acceptances.update(version="0.9")
    assert "data-terms" in client.get(at(company, "subscription/")).content.decode()


# The people


def test_the_list_is_for_administrators_and_ones_own_page_for_everybody(company: Company) -> None:
    boss, worker = person(USERS, company=company), person(company=company, username="anna")
    own, other = worker.memberships.get(), boss.memberships.get()
    client = signed_in(worker)
    assert location(client.get(at(company, "employees/"))) == at(company, f"employees/{own.pk}/")
    for tab in ("", "rights/", "keys/"):
        assert client.get(at(company, f"employees/{own.pk}/{tab}")).status_code == 200
        assert client.get(at(company, f"employees/{other.pk}/{tab}")).status_code == 403
    assert client.post(at(company, f"employees/{own.pk}/rights/"), {}).status_code == 403
    assert client.post(at(company, f"employees/{own.pk}/end/")).status_code == 403
    assert client.get(at(company, "employees/add/")).status_code == 403
    listed = signed_in(boss).get(at(company, "employees/"), {"q": "ann"})
    assert [row.user for row in listed.context["page"].object_list] == [worker]


def test_a_membership_of_another_account_is_not_found_here(company: Company) -> None:
    stranger = person(company=factories.CompanyFactory.create()).memberships.get()
    client = signed_in(person(USERS, company=company))
    assert client.get(at(company, f"employees/{stranger.pk}/")).status_code == 404
    assert client.post(at(company, f"employees/{stranger.pk}/end/")).status_code == 404


def test_a_new_person_gets_a_letter_and_no_rights(
    company: Company, settings: Any, django_capture_on_commit_callbacks: Any
) -> None:
    settings.UTKORG_URL = "https://utkorg.example"
    client = signed_in(person(USERS, company=company))
    sent = {"who": "new", "new-username": "berit", "new-email": "berit@example.com", "new-kind": "contact"}
    with django_capture_on_commit_callbacks(execute=True):
        answer = client.post(at(company, "employees/add/"), {**sent, "new-first_name": "Berit", "new-last_name": ""})
    made = Membership.objects.get(user__username="berit")
    assert location(answer) == at(company, f"employees/{made.pk}/rights/")
    assert (made.company, made.kind, made.user.is_staff, made.user.has_usable_password()) == (
        company,
        "contact",
        True,
        False,
    )
    assert not made.groups.exists()
    assert not made.permissions.exists()
    again = client.post(at(company, "employees/add/"), sent)
    assert again.context["form"].errors["username"]


def test_only_people_whom_one_may_know_of_are_added_by_their_name(company: Company) -> None:
    boss = person(USERS, company=company)
    stranger = person(company=factories.CompanyFactory.create(), username="frammande", email="f@example.com")
    client = signed_in(boss)

    def add(who: str) -> Any:
        sent = {"who": "known", "known-person": who, "known-kind": "employee"}
        return client.post(at(company, "employees/add/"), sent)

    assert add("frammande").context["form"].errors["person"]
    assert add("f@example.com").context["form"].errors["person"]
    other = factories.CompanyFactory.create()
    factories.give(boss, company=other)
    factories.give(stranger, company=other)
    assert add("F@example.com").status_code == 302
    assert add("frammande").context["form"].errors["person"]  # is here already


def test_nobody_gives_or_takes_rights_that_they_lack(company: Company) -> None:
    boss = person(USERS, "ledger.view_voucher", company=company)
    worker = person("ledger.delete_company", company=company)
    membership = worker.memberships.get()
    group = Group.objects.create(name="Allt")
    group.permissions.add(factories.permission("ledger.add_voucher"))
    view, add, delete = (
        factories.permission(f"ledger.{name}") for name in ("view_voucher", "add_voucher", "delete_company")
    )
    client = signed_in(boss)
    client.post(
        at(company, f"employees/{membership.pk}/rights/"), {"permissions": [view.pk, add.pk], "groups": [group.pk]}
    )
    # What was locked stays as it was: neither given nor taken.
    assert set(membership.permissions.all()) == {view, delete}
    assert not membership.groups.exists()


def test_rights_of_the_installation_are_not_offered(company: Company) -> None:
    membership = person(company=company).memberships.get()
    page = signed_in(factories.SuperuserFactory.create()).get(at(company, f"employees/{membership.pk}/rights/"))
    offered = {permission.pk for permission in page.context["form"].fields["permissions"].queryset}
    assert factories.permission("ledger.view_voucher").pk in offered
    assert factories.permission("auth.change_user").pk not in offered


def test_an_account_keeps_an_administrator(company: Company) -> None:
    boss = person(USERS, ACCOUNT, company=company)
    membership = boss.memberships.get()
    client = signed_in(boss)
    rights, end = (at(company, f"employees/{membership.pk}/{page}/") for page in ("rights", "end"))
    refused = client.post(rights, {"permissions": [factories.permission(ACCOUNT).pk]})
    assert company.name in refused.context["error"]
    client.post(end)
    membership.refresh_from_db()
    assert membership.ended_at is None
    assert membership.permissions.count() == 2
    person(USERS, ACCOUNT, company=company)
    assert location(client.post(end)) == "/admin/"
    assert client.get(at(company, "employees/")).status_code == 404


def test_ending_a_membership_names_the_keys_that_stop_and_it_is_taken_up_again(company: Company) -> None:
    boss, worker = person(USERS, "ledger.view_voucher", company=company), person(company=company)
    factories.give(worker, "ledger.view_voucher", "ledger.add_voucher", company=company)
    factories.make_key(owner=worker, company=company, name="Lönen")
    membership = worker.memberships.get()
    client = signed_in(boss)
    asked = client.get(at(company, f"employees/{membership.pk}/end/"))
    assert ["Lönen" in key for key, _numbers in asked.context["question"].lines] == [True]
    client.post(at(company, f"employees/{membership.pk}/end/"))
    membership.refresh_from_db()
    assert membership.ended_at
    left = client.get(at(company, "employees/"), {"show": "left"})
    assert [row.pk for row in left.context["page"].object_list] == [membership.pk]
    assert client.get(at(company, f"employees/{membership.pk}/resume/")).status_code == 200
    client.post(at(company, f"employees/{membership.pk}/resume/"))
    membership = worker.memberships.get()
    assert membership.ended_at is None
    # What the administrator lacks doesn't come back.
    assert [right.codename for right in membership.permissions.all()] == ["view_voucher"]


def test_the_address_that_passwords_go_to_changes_only_before_the_first_sign_in(company: Company) -> None:
    boss = person(USERS, company=company)
    new = person(company=company, username="ny", email="fel@example.com")
    User.objects.filter(pk=new.pk).update(last_login=None)
    page = at(company, f"employees/{new.memberships.get().pk}/")
    sent = {"first_name": "Nya", "last_name": "", "email": "ratt@example.com", "kind": "employee"}
    client = signed_in(boss)
    client.post(page, sent)
    new.refresh_from_db()
    assert (new.first_name, new.email) == ("Nya", "ratt@example.com")
    signed_in(new)
    client.post(page, {**sent, "email": "annan@example.com"})
    new.refresh_from_db()
    assert new.email == "ratt@example.com"


def test_an_offices_people_do_not_readdress_the_administrator_of_a_client(company: Company, office: Office) -> None:
    add_client(office=office, company=company)
    bookkeeper = person(USERS, "access.administer_account", office=office)
    own = person(USERS, "access.administer_account", company=company, email="egen@example.com")
    User.objects.filter(pk=own.pk).update(last_login=None)
    sent = {"first_name": "", "last_name": "", "email": "byrans@example.com", "kind": "employee"}
    signed_in(bookkeeper).post(at(company, f"employees/{own.memberships.get().pk}/"), sent)
    own.refresh_from_db()
    assert own.email == "egen@example.com"


def test_who_may_more_than_the_administrator_is_not_renamed_by_them(company: Company) -> None:
    boss = person(USERS, company=company)
    more = person("ledger.delete_company", company=company)
    User.objects.filter(pk=more.pk).update(last_login=None)
    page = at(company, f"employees/{more.memberships.get().pk}/")
    client = signed_in(boss)
    client.post(page, {"first_name": "X", "last_name": "", "email": "x@example.com", "kind": "contact"})
    more.refresh_from_db()
    assert (more.first_name, more.email) == ("", "")
    assert more.memberships.get().kind == "contact"


# The accountant


def grant(office: Office, company: Company) -> ApiKey:
    application = factories.ApplicationFactory.create(supports_office_keys=True)
    key, _text = factories.make_key(kind=KeyKind.OFFICE, office=office, application=application, name="Byråns")
    template = AccessTemplate.objects.create(name="Läsa", office=office)
    ClientGrant.objects.create(key=key, company=company, template=template)
    return key


def test_an_accountant_is_chosen_with_the_switch_on(company: Company, office: Office) -> None:
    client, page = signed_in(person(ACCOUNT, company=company)), at(company, "accountant/")
    assert client.post(page, {"office": "-1", "api_access": "on"}).context["error"]
    client.post(page, {"office": office.pk, "api_access": "on"})
    assert ClientAccess.objects.get(company=company).api_access
    client.post(page, {"office": office.pk})
    assert not ClientAccess.objects.get(company=company).api_access


def test_changing_the_accountant_asks_and_says_which_keys_lose_access(company: Company, office: Office) -> None:
    add_client(office=office, company=company)
    grant(office, company)
    client, page = signed_in(person(ACCOUNT, company=company)), at(company, "accountant/")
    assert "Byråns" in client.get(page).content.decode()
    asked = client.post(page, {"office": "none"})
    assert ClientAccess.objects.exists()
    assert ["Byråns" in key for key, _numbers in client.get(location(asked)).context["question"].lines] == [True]
    client.post(location(asked))
    assert not ClientAccess.objects.exists()
    assert not ClientGrant.objects.exists()
    other = factories.OfficeFactory.create()
    add_client(office=office, company=company)
    asked = client.post(page, {"office": other.pk, "api_access": "on"})
    client.post(location(asked))
    assert ClientAccess.objects.get(company=company).office == other


def test_the_accountant_is_shown_to_who_may_look_and_changed_by_who_administers(
    company: Company, office: Office
) -> None:
    add_client(office=office, company=company)
    page = at(company, "accountant/")
    looker = signed_in(person("access.view_clientaccess", company=company))
    assert looker.get(page).status_code == 200
    assert looker.post(page, {"office": "none"}).status_code == 403
    assert looker.post(f"{page}change/?office=none").status_code == 403
    assert looker.get(f"{page}offices/").status_code == 403
    assert signed_in(person(company=company)).get(page).status_code == 403
    assert signed_in(person(ACCOUNT, office=office)).get("/admin/office/900/accountant/").status_code == 200


def test_the_office_s_people_do_not_turn_the_client_s_switch(company: Company, office: Office) -> None:
    add_client(office=office, company=company)
    ClientAccess.objects.update(api_access=False)
    boss = person(USERS, ACCOUNT, "access.view_clientaccess", office=office)
    client, page = signed_in(boss), at(company, "accountant/")
    assert not client.get(page).context["may_change"]
    other = factories.OfficeFactory.create()
    for chosen in ({"office": office.pk, "api_access": "on"}, {"office": other.pk}):
        assert client.post(page, chosen).status_code == 403
    assert client.post(f"{page}change/?office={other.pk}").status_code == 403
    # Nor by making themself one of the client's.
    factories.give(person(ACCOUNT, company=company), company=company)
    own = factories.give(boss, company=company)
    client.post(at(company, f"employees/{own.pk}/rights/"), {"permissions": factories.permission(ACCOUNT).pk})
    assert client.post(page, {"office": office.pk, "api_access": "on"}).status_code == 403
    access = ClientAccess.objects.get(company=company)
    assert (access.office, access.api_access) == (office, False)


def test_an_office_appoints_the_first_administrator_of_a_client_and_nobody_of_its_own(
    company: Company, office: Office
) -> None:
    add_client(office=office, company=company)
    boss = person(USERS, ACCOUNT, office=office)
    client, right = signed_in(boss), {"permissions": factories.permission(ACCOUNT).pk}

    def may_change(user: User) -> bool:
        membership = factories.give(user, company=company)
        client.post(at(company, f"employees/{membership.pk}/rights/"), right)
        return signed_in(user).post(at(company, "accountant/"), {"office": office.pk}).status_code == 302

    assert not may_change(boss)
    assert not may_change(person(office=office))
    assert may_change(person(company=company))
    assert not may_change(person(company=company))


def test_offices_are_found_by_number_and_name(company: Company, office: Office) -> None:
    factories.OfficeFactory.create(name="Annan")
    client = signed_in(person(ACCOUNT, company=company))
    for text in ("90", "siffr"):
        assert list(client.get(at(company, "accountant/offices/"), {"q": text}).context["offices"]) == [office]
    assert not mail.outbox


def test_where_an_account_has_no_administrator_its_office_s_is_asked(company: Company, office: Office) -> None:
    boss = person(USERS, office=office)
    add_client(office=office, company=company)
    page = signed_in(person(company=company)).get(at(company, "subscription/"))
    assert page.context["whom_to_ask"] == [boss]
