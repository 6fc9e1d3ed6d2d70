"""What a key may do: never more than any factor allows, and always as of now."""

from dataclasses import dataclass

import pytest
from django.contrib.auth.models import Group, User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from access.models import AccessTemplate, ApiKey, ClientAccess, ClientGrant, KeyKind, KeyRights, Membership, Office
from access.rights import Allowance, Factor, Grant, Rights, effective_rights, rights_of
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

# Of companies, and of the installation
VIEW, ADD = "ledger.view_supplier", "ledger.add_supplier"
APPLICATIONS = "access.view_application"

names = st.sampled_from([VIEW, ADD, APPLICATIONS])
companies = st.integers(1, 4)
allowances = st.builds(
    Allowance,
    permissions=st.none() | st.frozensets(names),
    companies=st.none() | st.frozensets(companies),
    of_installation=st.booleans(),
)
grants = st.builds(Grant, factor=st.sampled_from(Factor), allowances=st.lists(allowances, max_size=3).map(tuple))
factors = st.lists(grants, min_size=1, max_size=5)


@given(factors, names, companies)
def test_rights_are_what_every_factor_allows(factors: list[Grant], name: str, company: int) -> None:
    rights = Rights(grants=tuple(factors))
    assert rights.may(name, company=company) == all(one.allows(name, company=company) for one in factors)


@given(factors, names)
def test_what_may_be_done_somewhere_is_allowed_somewhere_by_every_factor(factors: list[Grant], name: str) -> None:
    if Rights(grants=tuple(factors)).may(name):
        assert all(one.allows(name) for one in factors)


@given(factors, names, companies)
def test_the_companies_are_those_that_every_factor_allows(factors: list[Grant], name: str, company: int) -> None:
    rights = Rights(grants=tuple(factors))
    found = rights.companies_with(name)
    assert (found is None or company in found) == rights.may(name, company=company)
    visible = rights.visible
    assert not rights.may(name, company=company) or visible is None or company in visible


@given(factors, grants, names, st.none() | companies)
def test_a_further_factor_never_adds_a_right(factors: list[Grant], one: Grant, name: str, company: int | None) -> None:
    more = Rights(grants=(*factors, one))
    assert not more.may(name, company=company) or Rights(grants=tuple(factors)).may(name, company=company)


@given(st.lists(grants), names, st.none() | companies)
def test_a_refusal_names_the_factors_that_say_no(factors: list[Grant], name: str, company: int | None) -> None:
    refusing = Rights(grants=tuple(factors)).refused_by(name, company=company)
    assert list(refusing) == [one.factor for one in factors if not one.allows(name, company=company)]


def test_nobody_having_a_say_gives_no_rights() -> None:
    assert not Rights(grants=()).may("a.one")
    assert Rights(grants=()).companies_with("a.one") == frozenset()


pytestmark = pytest.mark.django_db


def may(key: ApiKey, name: str, company: Company | None = None) -> bool:
    """What a request with the key finds."""
    read = ApiKey.objects.select_related("owner", "application", "office").get(pk=key.pk)
    return effective_rights(read).may(name, company=None if company is None else company.pk)


def test_a_key_with_all_rights_follows_its_owner() -> None:
    owner = UserFactory.create()
    key, _text = make_key(owner=owner)
    assert not may(key, VIEW)
    membership = give(owner, VIEW)
    assert may(key, VIEW)
    membership.permissions.clear()
    assert not may(key, VIEW)


def test_rights_of_the_groups_of_a_membership_count() -> None:
    owner = UserFactory.create()
    group = Group.objects.create(name="Integrators")
    group.permissions.add(permission(VIEW))
    give(owner).groups.add(group)
    key, _text = make_key(owner=owner)
    assert may(key, VIEW)
    assert not may(key, ADD)


def test_a_copy_of_the_owners_rights_does_not_grow_but_shrinks_with_them() -> None:
    owner = UserFactory.create()
    membership = give(owner, VIEW)
    key, _text = make_key(owner=owner, rights=KeyRights.OWN)
    give(owner, ADD)
    assert may(key, VIEW)
    assert not may(key, ADD)
    membership.permissions.remove(permission(VIEW))
    assert not may(key, VIEW)


def test_a_copy_of_a_superusers_rights_has_every_right_of_today() -> None:
    key, _text = make_key(owner=SuperuserFactory.create(), rights=KeyRights.OWN)
    assert may(key, VIEW)
    assert may(key, APPLICATIONS)


def test_a_key_of_chosen_rights_starts_with_none_and_cannot_exceed_its_owner() -> None:
    owner = UserFactory.create()
    give(owner, VIEW)
    key, _text = make_key(owner=owner, rights=KeyRights.NONE)
    assert not may(key, VIEW)
    key.permissions.set([permission(VIEW), permission(ADD)])
    assert may(key, VIEW)
    assert effective_rights(key).refused_by(ADD) == (Factor.OWNER,)


@pytest.mark.parametrize("superuser", [True, False])
def test_an_inactive_owner_has_no_rights(superuser: bool) -> None:
    owner = UserFactory.create(is_active=False, is_superuser=superuser)
    give(owner, VIEW)
    key, _text = make_key(owner=owner)
    assert not may(key, VIEW)


def test_an_end_users_key_is_of_its_one_company() -> None:
    owner, company, other = UserFactory.create(), CompanyFactory.create(), CompanyFactory.create()
    give(owner, VIEW, company=company)
    give(owner, VIEW, company=other)
    key, _text = make_key(owner=owner, company=company)
    assert may(key, VIEW, company)
    assert not may(key, VIEW, other)


def test_what_a_person_may_elsewhere_is_no_right_of_a_key_made_here() -> None:
    owner, company, other = UserFactory.create(), CompanyFactory.create(), CompanyFactory.create()
    give(owner, VIEW, company=company)
    give(owner, ADD, company=other)
    key, _text = make_key(owner=owner, company=company)
    assert not may(key, ADD)


def test_a_key_of_one_company_does_nothing_to_the_installation() -> None:
    key, _text = make_key(owner=SuperuserFactory.create(), company=CompanyFactory.create())
    assert may(key, VIEW)
    assert not may(key, APPLICATIONS)


# An accounting office


@dataclass
class Practice:
    """An office with one client, an employee, and a key that is granted the client."""

    office: Office
    client: Company
    owner: User
    membership: Membership
    access: ClientAccess
    template: AccessTemplate
    key: ApiKey


@pytest.fixture
def practice() -> Practice:
    office, client, owner = OfficeFactory.create(), CompanyFactory.create(), UserFactory.create()
    membership = give(owner, VIEW, ADD, office=office)
    access = ClientAccess.objects.create(office=office, company=client)
    template = AccessTemplate.objects.create(name="Read", office=office)
    template.permissions.add(permission(VIEW))
    application = ApplicationFactory.create(supports_office_keys=True)
    key, _text = make_key(owner=owner, kind=KeyKind.OFFICE, office=office, application=application)
    ClientGrant.objects.create(key=key, company=client, template=template)
    return Practice(office, client, owner, membership, access, template, key)


def test_an_office_key_may_what_the_template_and_the_owner_say_for_the_client(practice: Practice) -> None:
    assert may(practice.key, VIEW, practice.client)
    assert not may(practice.key, ADD, practice.client)
    assert effective_rights(practice.key).refused_by(ADD, company=practice.client.pk) == (Factor.TEMPLATE,)


def test_the_clients_switch_says_no_at_once(practice: Practice) -> None:
    practice.access.api_access = False
    practice.access.save()
    assert effective_rights(practice.key).refused_by(VIEW, company=practice.client.pk) == (Factor.SWITCH,)
    assert effective_rights(practice.key).visible == frozenset()


def test_a_client_that_leaves_the_office_is_gone(practice: Practice) -> None:
    practice.access.delete()
    refusing = effective_rights(practice.key).refused_by(VIEW, company=practice.client.pk)
    assert set(refusing) == {Factor.OFFICE, Factor.SWITCH, Factor.TEMPLATE}


def test_an_owner_who_leaves_the_office_takes_the_keys_rights_along(practice: Practice) -> None:
    Membership.objects.filter(pk=practice.membership.pk).update(ended_at="2026-01-01T00:00:00Z")
    assert effective_rights(practice.key).refused_by(VIEW, company=practice.client.pk) == (Factor.OWNER,)


def test_a_client_that_is_not_granted_is_out_of_sight(practice: Practice) -> None:
    other = CompanyFactory.create()
    ClientAccess.objects.create(office=practice.office, company=other)
    assert effective_rights(practice.key).refused_by(VIEW, company=other.pk) == (Factor.TEMPLATE,)


def test_an_office_key_is_never_for_the_offices_own_company(practice: Practice) -> None:
    own = practice.office.company
    ClientAccess.objects.create(office=practice.office, company=own)
    ClientGrant.objects.create(key=practice.key, company=own, template=practice.template)
    assert not may(practice.key, VIEW, own)


def test_an_end_users_key_of_an_employee_of_the_office_is_for_its_own_company(practice: Practice) -> None:
    key, _text = make_key(owner=practice.owner, company=practice.office.company)
    assert may(key, VIEW, practice.office.company)
    at_client, _text = make_key(owner=practice.owner, company=practice.client)
    assert not may(at_client, VIEW, practice.client)  # Who isn't a member there has no key there.


# People


def test_a_member_has_rights_in_that_company_alone() -> None:
    user, company, other = UserFactory.create(), CompanyFactory.create(), CompanyFactory.create()
    give(user, VIEW, APPLICATIONS, company=company)
    rights = rights_of(user)
    assert rights.may(VIEW, company=company.pk)
    assert not rights.may(VIEW, company=other.pk)
    assert not rights.may(APPLICATIONS)


def test_an_employee_of_an_office_has_rights_for_its_clients_and_its_own_company(practice: Practice) -> None:
    rights = rights_of(practice.owner)
    assert rights.companies_with(VIEW) == frozenset({practice.client.pk, practice.office.company_id})


def test_djangos_own_rights_of_a_person_are_of_the_installation_alone() -> None:
    user = UserFactory.create()
    user.user_permissions.add(permission(VIEW), permission(APPLICATIONS))
    rights = rights_of(user)
    assert rights.may(APPLICATIONS)
    assert not rights.may(VIEW)


# Queries


def test_rights_take_two_queries_at_most(practice: Practice) -> None:
    for key in (practice.key, make_key(owner=practice.owner, rights=KeyRights.OWN)[0]):
        read = ApiKey.objects.select_related("owner", "application", "office").get(pk=key.pk)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            effective_rights(read)
        assert len(queries) <= 2
