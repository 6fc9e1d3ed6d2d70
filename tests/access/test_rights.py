"""What a key may do: never more than any factor allows, and always as of now."""

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from access.models import ApiKey, KeyRights
from access.rights import Factor, Grant, Rights, effective_rights
from tests.factories import SuperuserFactory, UserFactory, give, make_key, permission

VIEW, ADD = "access.view_application", "access.add_application"

names = st.sampled_from(["a.one", "a.two", "b.one"])
companies = st.integers(1, 4)
grants = st.builds(
    Grant,
    factor=st.sampled_from(Factor),
    permissions=st.none() | st.frozensets(names),
    companies=st.none() | st.frozensets(companies),
)


@given(st.lists(grants, min_size=1), names, st.none() | companies)
def test_rights_are_what_every_factor_allows(factors: list[Grant], name: str, company: int | None) -> None:
    rights = Rights(grants=tuple(factors))
    assert rights.may(name, company=company) == all(one.allows(name, company=company) for one in factors)


@given(st.lists(grants, min_size=1), names, companies)
def test_the_companies_are_those_that_every_factor_allows(factors: list[Grant], name: str, company: int) -> None:
    rights = Rights(grants=tuple(factors))
    readable = rights.companies is None or company in rights.companies
    assert readable == all(one.companies is None or company in one.companies for one in factors)
    assert not rights.may(name, company=company) or readable


@given(st.lists(grants, min_size=1), grants, names, companies)
def test_a_further_factor_never_adds_a_right(factors: list[Grant], one: Grant, name: str, company: int) -> None:
    more = Rights(grants=(*factors, one))
    assert not more.may(name, company=company) or Rights(grants=tuple(factors)).may(name, company=company)


@given(st.lists(grants), names, st.none() | companies)
def test_a_refusal_names_the_factors_that_say_no(factors: list[Grant], name: str, company: int | None) -> None:
    refusing = Rights(grants=tuple(factors)).refused_by(name, company=company)
    assert list(refusing) == [one.factor for one in factors if not one.allows(name, company=company)]


def test_nobody_having_a_say_gives_no_rights() -> None:
    assert not Rights(grants=()).may("a.one")


@pytest.mark.django_db
def test_a_key_with_all_rights_follows_its_owner() -> None:
    owner = UserFactory.create()
    key, _text = make_key(owner=owner)
    assert not may(key, VIEW)
    give(owner, VIEW)
    assert may(key, VIEW)
    owner.user_permissions.clear()
    assert not may(key, VIEW)


@pytest.mark.django_db
def test_rights_of_the_owners_groups_count() -> None:
    owner = UserFactory.create()
    group = Group.objects.create(name="Integrators")
    group.permissions.add(permission(VIEW))
    owner.groups.add(group)
    key, _text = make_key(owner=owner)
    assert may(key, VIEW)
    assert not may(key, ADD)


@pytest.mark.django_db
def test_a_copy_of_the_owners_rights_does_not_grow_but_shrinks_with_them() -> None:
    owner = UserFactory.create()
    give(owner, VIEW)
    key, _text = make_key(owner=owner, rights=KeyRights.OWN)
    give(owner, ADD)
    assert may(key, VIEW)
    assert not may(key, ADD)
    owner.user_permissions.remove(permission(VIEW))
    assert not may(key, VIEW)


@pytest.mark.django_db
def test_a_copy_of_a_superusers_rights_has_every_right_of_today() -> None:
    key, _text = make_key(owner=SuperuserFactory.create(), rights=KeyRights.OWN)
    assert may(key, VIEW)


@pytest.mark.django_db
def test_a_key_of_chosen_rights_starts_with_none_and_cannot_exceed_its_owner() -> None:
    owner = UserFactory.create()
    give(owner, VIEW)
    key, _text = make_key(owner=owner, rights=KeyRights.NONE)
    assert not may(key, VIEW)
    key.permissions.set([permission(VIEW), permission(ADD)])
    assert may(key, VIEW)
    assert effective_rights(key).refused_by(ADD) == (Factor.OWNER,)


@pytest.mark.django_db
@pytest.mark.parametrize("superuser", [True, False])
def test_an_inactive_owner_has_no_rights(superuser: bool) -> None:
    owner = UserFactory.create(is_active=False, is_superuser=superuser)
    give(owner, VIEW)
    key, _text = make_key(owner=owner)
    assert not may(key, VIEW)


@pytest.mark.django_db
def test_rights_take_two_queries_at_most() -> None:
    owner = UserFactory.create()
    give(owner, VIEW, ADD)
    made, _text = make_key(owner=owner, rights=KeyRights.OWN)
    key = ApiKey.objects.select_related("owner").get(pk=made.pk)
    with CaptureQueriesContext(connection) as queries:
        assert effective_rights(key).may(VIEW)
    assert len(queries) == 2


def may(key: ApiKey, name: str) -> bool:
    """Ask as a request does: with the key as it now stands in the database."""
    return effective_rights(ApiKey.objects.get(pk=key.pk)).may(name)
