"""Who knows of a key and handles it, and which rights it may be given."""

from typing import Any

import pytest
from django.contrib.auth.models import Group, User

from access.exceptions import MoreThanYourself, RightsLocked
from access.key_rights import Place, asked_in_vain, choosable, handles, locked, makes_for, set_rights, visible_keys
from access.models import ApiKey, Application, KeyKind, KeyRights, Office
from access.rights import effective_rights
from access.services import application_named, create_key, restore_key
from ledger.models import Company
from tests.factories import (
    ApplicationFactory,
    CompanyFactory,
    OfficeFactory,
    SuperuserFactory,
    UserFactory,
    forget,
    give,
    make_key,
    permission,
)

pytestmark = pytest.mark.django_db

READ, WRITE = "ledger.view_account", "ledger.change_account"
ADMINISTER = "access.administer_users"


@pytest.fixture
def company() -> Company:
    return CompanyFactory.create()


@pytest.fixture
def office() -> Office:
    return OfficeFactory.create()


@pytest.fixture
def kim(company: Company) -> User:
    """An employee of the company who reads accounts."""
    user = UserFactory.create(username="kim")
    give(user, READ, company=company)
    return user


def company_key(owner: User, company: Company, rights: KeyRights = KeyRights.ALL) -> ApiKey:
    return make_key(owner=owner, company=company, rights=rights)[0]


def office_key(owner: User, office: Office) -> ApiKey:
    application = ApplicationFactory.create(supports_office_keys=True)
    return make_key(owner=owner, office=office, kind=KeyKind.OFFICE, application=application)[0]


def test_people_know_of_their_own_keys_and_of_none_else(kim: User, company: Company) -> None:
    own = company_key(kim, company)
    company_key(UserFactory.create(), company)
    make_key()
    assert list(visible_keys(kim)) == [own]
    assert handles(kim, own)


@pytest.mark.parametrize(("right", "handled"), [(ADMINISTER, True), ("access.view_apikey", False)])
def test_who_looks_after_a_companys_keys_knows_of_those_alone(
    kim: User, company: Company, right: str, handled: bool
) -> None:
    boss = UserFactory.create()
    give(boss, right, company=company)
    key = company_key(kim, company)
    company_key(kim, CompanyFactory.create())
    make_key(owner=kim)
    assert list(visible_keys(boss)) == [key]
    assert handles(boss, key) is handled
    assert makes_for(boss, kim, Place(company=company)) is handled


def test_a_right_given_by_a_group_of_the_office_reaches_the_offices_keys(office: Office) -> None:
    boss, owner = UserFactory.create(), UserFactory.create()
    group = Group.objects.create(name="Administrators")
    group.permissions.add(permission(ADMINISTER))
    give(boss, office=office).groups.add(group)
    key = office_key(owner, office)
    office_key(owner, OfficeFactory.create())
    assert list(visible_keys(boss)) == [key]
    assert handles(boss, key)


def test_an_offices_keys_are_nothing_of_who_administers_its_own_company_alone(office: Office) -> None:
    clerk = UserFactory.create()
    give(clerk, ADMINISTER, "access.view_apikey", company=office.company)
    key = office_key(UserFactory.create(), office)
    assert not visible_keys(clerk).exists()
    assert not handles(clerk, key)
    assert not makes_for(clerk, key.owner, Place(office=office))


def test_keys_of_the_installation_are_made_by_superusers_alone(kim: User) -> None:
    everywhere = UserFactory.create()
    give(everywhere, ADMINISTER)
    assert not makes_for(everywhere, everywhere, Place())
    assert makes_for(SuperuserFactory.create(), kim, Place())


def test_nobody_gets_the_text_of_a_key_that_may_more_than_they_do(kim: User, company: Company) -> None:
    boss = UserFactory.create()
    give(boss, ADMINISTER, company=company)
    told: dict[str, Any] = {
        "owner": kim,
        "application": ApplicationFactory.create(),
        "name": "A key",
        "company": company,
    }
    key = company_key(kim, company)
    for rights in (KeyRights.ALL, KeyRights.OWN):
        with pytest.raises(MoreThanYourself, match="kim has rights here that you lack"):
            create_key(**told, rights=rights, by=boss)
    with pytest.raises(MoreThanYourself):
        restore_key(key=key, by=boss)
    chosen, _text = create_key(**told, rights=KeyRights.NONE, by=boss)
    with pytest.raises(RightsLocked):
        set_rights(key=chosen, by=boss, rights=KeyRights.NONE, permissions=[permission(READ)])
    with pytest.raises(MoreThanYourself):
        set_rights(key=chosen, by=boss, rights=KeyRights.ALL)
    assert restore_key(key=chosen, by=boss)
    give(boss, READ, company=company)
    assert create_key(**told, by=boss)
    assert restore_key(key=key, by=boss)


def test_the_owner_makes_and_restores_a_key_without_any_further_right(kim: User, company: Company) -> None:
    key = company_key(kim, company)
    assert makes_for(kim, kim, Place(company=company))
    assert restore_key(key=key, by=kim)


def test_what_the_owner_lacks_is_locked_and_refused(kim: User, company: Company) -> None:
    key = company_key(kim, company, KeyRights.NONE)
    shut = locked(owner=kim, by=kim, place=Place(company=company))
    assert READ not in shut
    assert WRITE in shut
    with pytest.raises(RightsLocked, match="1 right is locked"):
        set_rights(key=key, by=kim, rights=KeyRights.NONE, permissions=[permission(READ), permission(WRITE)])
    assert not key.permissions.exists()
    set_rights(key=key, by=kim, rights=KeyRights.NONE, permissions=[permission(READ)])
    assert effective_rights(key).may(READ, company=company.pk)


def test_a_right_that_the_owner_lost_stays_with_the_key_untouched(kim: User, company: Company) -> None:
    membership = give(kim, WRITE, company=company)
    key = company_key(kim, company, KeyRights.OWN)
    membership.permissions.remove(permission(WRITE))
    forget(kim)
    set_rights(key=key, by=kim, rights=KeyRights.NONE, permissions=[])
    assert list(key.permissions.all()) == [permission(WRITE)]
    assert not effective_rights(key).may(WRITE, company=company.pk)


def test_a_key_of_all_rights_keeps_no_list(kim: User, company: Company) -> None:
    key = company_key(kim, company, KeyRights.OWN)
    set_rights(key=key, by=kim, rights=KeyRights.ALL)
    assert (key.rights, key.permissions.count()) == (KeyRights.ALL, 0)


def test_only_rights_to_what_belongs_to_companies_are_offered(company: Company) -> None:
    offered = set(choosable(Place(company=company)))
    assert permission(READ) in offered
    assert permission("auth.change_user") not in offered
    assert permission("access.view_application") not in offered
    assert permission("access.view_application") in set(choosable(Place()))


def test_what_an_application_asks_for_in_vain_is_told(kim: User, company: Company) -> None:
    application = ApplicationFactory.create()
    application.permissions.add(permission(READ), permission(WRITE))

    def in_vain(rights: KeyRights) -> list[str]:
        found = asked_in_vain(application, owner=kim, place=Place(company=company), rights=rights)
        return [one.codename for one in found]

    assert in_vain(KeyRights.ALL) == in_vain(KeyRights.OWN) == ["change_account"]
    assert in_vain(KeyRights.NONE) == ["change_account", "view_account"]


def test_a_name_typed_in_is_the_listed_applications() -> None:
    listed = Application.objects.create(name="Exopen")
    assert application_named(name="EXOPEN", supports_office_keys=True) == listed
    listed.refresh_from_db()
    assert not listed.supports_office_keys


def test_who_types_a_name_in_vouches_for_office_keys() -> None:
    made = application_named(name="Own program")
    assert (made.is_listed, made.supports_office_keys) == (False, False)
    assert application_named(name="own program", supports_office_keys=True) == made
    made.refresh_from_db()
    assert made.supports_office_keys
