"""API access on an employee's card: a new key there, its overview, and why a key may do something or may not."""

import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from access.add_on import activate
from access.clients import add_clients, switch_api_access
from access.models import AccessTemplate, ApiKey, Application, ClientGrant, KeyKind, KeyRights, Membership, Office
from access.rights import effective_rights
from access.services import authenticate_key
from history.models import Change
from ledger.models import Company
from tests.factories import (
    ApplicationFactory,
    CompanyFactory,
    OfficeFactory,
    SuperuserFactory,
    UserFactory,
    give,
    make_key,
    permission,
)

pytestmark = pytest.mark.django_db

READ, WRITE = "ledger.view_account", "ledger.change_account"
KEY = re.compile(r"utk_\w+")


@pytest.fixture
def office() -> Office:
    office = OfficeFactory.create()
    activate(by=SuperuserFactory.create(), office=office)
    return office


@pytest.fixture
def kim(office: Office) -> User:
    """An employee of the office, who reads accounts."""
    user = UserFactory.create(username="kim", is_staff=True)
    give(user, READ, office=office)
    return user


@pytest.fixture
def exopen() -> Application:
    application = ApplicationFactory.create(name="Exopen", supports_office_keys=True)
    application.permissions.add(permission(READ), permission(WRITE))
    return application


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def card(membership: Membership, page: str = "") -> str:
    """The address of the tab of a membership."""
    place = (
        f"office/{membership.office.company.number}" if membership.office else f"company/{membership.company.number}"  # type: ignore[union-attr]
    )
    return f"/admin/{place}/employees/{membership.pk}/keys/{page}"


def fill_in(**fields: Any) -> dict[str, Any]:
    return {"name": "Books", "rights": "all"} | fields


def made_by(page: Any) -> ApiKey:
    """The key whose text a page shows."""
    (text,) = set(KEY.findall(page.content.decode()))
    return authenticate_key(text)


def test_an_office_key_is_made_on_oneself(kim: User, office: Office, exopen: Application) -> None:
    at = card(kim.memberships.get())
    key = made_by(signed_in(kim).post(f"{at}new/", fill_in(application=exopen.pk, is_office="on")))
    assert (key.owner, key.kind, key.office, key.company) == (kim, KeyKind.OFFICE, office, None)
    assert "Books" in signed_in(kim).get(at).content.decode()


def test_an_end_users_key_of_an_office_is_for_its_own_books(kim: User, office: Office, exopen: Application) -> None:
    at = card(kim.memberships.get())
    key = made_by(signed_in(kim).post(f"{at}new/", fill_in(application=exopen.pk)))
    assert (key.kind, key.office, key.company) == (KeyKind.END_USER, None, office.company)
    assert effective_rights(key).may(READ, company=office.company_id)
    assert "Books" in signed_in(kim).get(at).content.decode()


def test_a_company_makes_end_users_keys_alone(exopen: Application) -> None:
    company = CompanyFactory.create()
    lee = UserFactory.create(is_staff=True)
    at = card(give(lee, READ, company=company))
    activate(by=lee, company=company)
    form = signed_in(lee).get(f"{at}new/")
    assert "is_office" not in form.context["form"].fields
    key = made_by(signed_in(lee).post(f"{at}new/", fill_in(application=exopen.pk, is_office="on")))
    assert (key.kind, key.company) == (KeyKind.END_USER, company)


def test_without_the_add_on_no_key_is_made_and_the_tab_leads_to_it(exopen: Application) -> None:
    company = CompanyFactory.create()
    lee = UserFactory.create(is_staff=True)
    at = card(give(lee, READ, company=company))
    page = signed_in(lee).get(at).content.decode()
    assert f"/admin/company/{company.number}/subscription/" in page
    assert "keys/new/" not in page
    assert signed_in(lee).post(f"{at}new/", fill_in(application=exopen.pk)).status_code == 302
    assert not ApiKey.objects.exists()


def test_another_needs_the_right_to_administer_users_and_gets_no_more_than_their_own(
    kim: User, office: Office, exopen: Application
) -> None:
    boss = UserFactory.create(is_staff=True)
    give(boss, "ledger.view_voucher", office=office)
    at = card(kim.memberships.get())
    assert signed_in(boss).get(at).status_code == 403
    give(boss, "access.administer_users", office=office)
    refused = signed_in(boss).post(f"{at}new/", fill_in(application=exopen.pk, is_office="on"))
    assert list(refused.context["form"].errors) == ["rights"]
    give(boss, READ, office=office)
    assert made_by(signed_in(boss).post(f"{at}new/", fill_in(application=exopen.pk, is_office="on"))).owner == kim


def test_an_account_that_is_not_ones_own_is_not_there(kim: User, exopen: Application) -> None:
    at = card(kim.memberships.get())
    stranger = UserFactory.create(is_staff=True)
    give(stranger, "access.administer_users", office=OfficeFactory.create())
    for page in ("", "new/", "new/asks/"):
        assert signed_in(stranger).get(f"{at}{page}").status_code == 404
    assert signed_in(stranger).post(f"{at}new/", fill_in(application=exopen.pk)).status_code == 404


def test_a_name_typed_in_makes_an_application_that_is_not_listed(kim: User) -> None:
    at = f"{card(kim.memberships.get())}new/"
    form = fill_in(is_custom="on", custom_name=" Own  program ")
    made = made_by(signed_in(kim).post(at, form)).application
    assert (made.name, made.is_listed, made.supports_office_keys) == ("Own program", False, False)
    unsaid = signed_in(kim).post(at, {**form, "is_office": "on"})
    assert list(unsaid.context["form"].errors) == ["vouches"]
    key = made_by(signed_in(kim).post(at, {**form, "is_office": "on", "vouches": "on"}))
    assert (key.kind, key.application) == (KeyKind.OFFICE, made)


def test_a_listed_name_typed_in_is_that_application_whatever_one_vouches_for(kim: User) -> None:
    listed = ApplicationFactory.create(name="Planima")
    form = fill_in(is_custom="on", custom_name="planima", vouches="on")
    at = f"{card(kim.memberships.get())}new/"
    assert made_by(signed_in(kim).post(at, form)).application == listed
    refused = signed_in(kim).post(at, {**form, "is_office": "on"})
    assert list(refused.context["form"].errors) == ["is_office"]


def test_a_key_of_chosen_rights_has_none_and_leads_to_them(kim: User, exopen: Application) -> None:
    page = signed_in(kim).post(f"{card(kim.memberships.get())}new/", fill_in(application=exopen.pk, rights="none"))
    key = made_by(page)
    assert not key.permissions.exists()
    assert f"/admin/access/apikey/{key.pk}/change/" in page.content.decode()


def test_the_text_is_in_no_table_and_in_no_later_page(kim: User, exopen: Application) -> None:
    client, at = signed_in(kim), card(kim.memberships.get())
    page = client.post(f"{at}new/", fill_in(application=exopen.pk))
    key = made_by(page)
    assert "no-store" in page["Cache-Control"]
    later = [client.get(url).content.decode() for url in (at, f"/admin/access/apikey/{key.pk}/change/")]
    assert not [text for text in later if KEY.search(text)]
    secret = KEY.findall(page.content.decode())[0].split("_")[2]
    assert secret not in str([*ApiKey.objects.values(), *Change.objects.values()])


def test_the_form_tells_what_an_application_asks_for_in_vain(kim: User, exopen: Application) -> None:
    at = f"{card(kim.memberships.get())}new/asks/"
    application: Any = exopen.pk
    told = signed_in(kim).get(at, {"application": application, "rights": "all"}).content.decode()
    assert "which the key won’t have" in told
    assert "Chart of accounts: change" in told
    assert "view" not in told.partition("</ul>")[0].partition("<ul>")[2]
    told = signed_in(kim).get(at, {"application": application, "rights": "none"}).content.decode()
    assert "Chart of accounts: view, change" in told


def test_who_has_left_gets_no_key(kim: User, office: Office, exopen: Application) -> None:
    boss = SuperuserFactory.create()
    membership = kim.memberships.get()
    Membership.objects.filter(pk=membership.pk).update(ended_at=exopen.pk and "2026-01-01T00:00Z")
    assert "keys/new/" not in signed_in(boss).get(card(membership)).content.decode()
    assert signed_in(boss).post(f"{card(membership)}new/", fill_in(application=exopen.pk)).status_code == 302
    assert not ApiKey.objects.exists()


# Why?


@pytest.fixture
def key(kim: User, office: Office, exopen: Application) -> ApiKey:
    """The office's key, which follows Kim."""
    return make_key(owner=kim, application=exopen, office=office, kind=KeyKind.OFFICE)[0]


@pytest.fixture
def client_company(key: ApiKey, office: Office) -> Company:
    """A client that the key is for, with a template that lets it write alone."""
    company = CompanyFactory.create()
    add_clients(office=office, companies=[company])
    template = AccessTemplate.objects.create(name="Writing")
    template.permissions.add(permission(WRITE))
    ClientGrant.objects.create(key=key, company=company, template=template)
    return company


def why(user: User, key: ApiKey, **asked: Any) -> Any:
    return signed_in(user).get(f"/admin/access/apikey/{key.pk}/why/", asked)


def rights_of(page: Any) -> list[Any]:
    return [right for _group, lines in page.context["groups"] for line in lines for right in line.all_rights]


def answers(page: Any) -> dict[str, str]:
    return {answer.factor.value: answer.verdict for answer in page.context["answers"]}


def test_each_factor_says_what_it_lets_through(kim: User, key: ApiKey, client_company: Company) -> None:
    page = why(kim, key, company=client_company.number)
    assert answers(page) == {"key": "all", "owner": "some", "office": "all", "switch": "all", "template": "some"}
    rows = {row.name: row for row in rights_of(page)}
    assert [str(one) for one in rows[READ].refused_by] == ["Template"]
    assert [str(one) for one in rows[WRITE].refused_by] == ["Owner"]


def test_the_answer_is_that_of_the_rights_for_every_right(kim: User, key: ApiKey, client_company: Company) -> None:
    give(kim, WRITE, office=key.office)
    rights = effective_rights(key)
    rows = rights_of(why(kim, key, company=client_company.number))
    assert len(rows) > 40
    assert [row.may for row in rows] == [rights.may(row.name, company=client_company.pk) for row in rows]
    assert [row.name for row in rows if row.may] == [WRITE]


def test_one_right_is_asked_about_alone(kim: User, key: ApiKey, client_company: Company) -> None:
    page = why(kim, key, company=client_company.number, permission=READ)
    assert answers(page) == {"key": "all", "owner": "all", "office": "all", "switch": "all", "template": "none"}
    assert "Refused for" in page.content.decode()


def test_the_switch_is_told_of_with_what_to_do_and_by_whom(kim: User, key: ApiKey, client_company: Company) -> None:
    switch_api_access(company=client_company, on=False)
    page = why(kim, key, company=client_company.number)
    assert answers(page)["switch"] == "none"
    assert not page.context["is_visible"]
    text = page.content.decode()
    assert "API access is off" in text
    assert "An administrator of" in text


def test_only_differences_leaves_out_what_all_agree_on(kim: User, key: ApiKey, client_company: Company) -> None:
    page = why(kim, key, company=client_company.number, only="differences")
    lines = [line for _group, lines in page.context["groups"] for line in lines]
    assert lines
    assert all(line.differs for line in lines)


def test_what_stops_a_whole_request_is_told_first(kim: User, key: ApiKey, office: Office, exopen: Application) -> None:
    ApiKey.objects.filter(pk=key.pk).update(revoked_at="2026-01-01T00:00Z", allowed_networks=["192.0.2.0/24"])
    Application.objects.filter(pk=exopen.pk).update(supports_office_keys=False)
    page = why(kim, key, company=office.company.number, address="198.51.100.1")
    reasons = " ".join(reason for reason, _advice in page.context["stops"])
    for part in ("revoked", "does not support", "own company", "198.51.100.1"):
        assert part in reasons
    assert "Every request" in page.content.decode()


def test_an_end_users_key_is_of_one_company(kim: User, office: Office) -> None:
    key, _text = make_key(owner=kim, company=office.company, rights=KeyRights.NONE)
    assert why(kim, key).context["company"] == office.company
    assert answers(why(kim, key)) == {"key": "none", "owner": "some"}


def test_a_foreign_key_or_company_is_not_there(kim: User, key: ApiKey) -> None:
    stranger = UserFactory.create(is_staff=True)
    give(stranger, "access.view_apikey", company=CompanyFactory.create())
    assert why(stranger, key).status_code == 404
    assert why(kim, key, company=CompanyFactory.create().number).status_code == 404
    assert why(kim, key, company="\0").status_code == 404


def test_nobody_reads_what_is_kept_of_a_key_s_text_by_trying_beginnings(key: ApiKey) -> None:
    boss = signed_in(SuperuserFactory.create())
    for lookup in ("digest", "digest__startswith"):
        assert boss.get("/admin/access/apikey/", {lookup: key.digest}).status_code == 400
