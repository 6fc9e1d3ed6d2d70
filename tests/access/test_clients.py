"""Which companies an office keeps the books of."""

from collections.abc import Iterator
from typing import Any

import pytest

from access.clients import add_client, add_clients, remove_client, switch_api_access
from access.exceptions import ClientOfAnother, OwnCompanyAsClient
from access.models import AccessTemplate, ClientAccess, ClientGrant, KeyKind, Office
from access.signals import clients_changed
from tests.factories import ApplicationFactory, CompanyFactory, OfficeFactory, make_key

pytestmark = pytest.mark.django_db


@pytest.fixture
def office() -> Office:
    """An office without clients."""
    return OfficeFactory.create()


@pytest.fixture
def announced() -> Iterator[list[dict[str, Any]]]:
    """What is announced of clients."""
    heard: list[dict[str, Any]] = []

    def hear(office: Office, added: list[int], removed: list[int], **_: Any) -> None:
        heard.append({"office": office, "added": added, "removed": removed})

    clients_changed.connect(hear)
    yield heard
    clients_changed.disconnect(hear)


def test_a_client_is_added_once_with_its_switch_on(office: Office, announced: list[dict[str, Any]]) -> None:
    company = CompanyFactory.create()
    access = add_client(office=office, company=company)
    assert access.api_access
    assert add_client(office=office, company=company) == access
    assert announced == [{"office": office, "added": [company.pk], "removed": []}]


def test_of_many_companies_all_become_clients_or_none(office: Office) -> None:
    mine, foreign = CompanyFactory.create(), CompanyFactory.create()
    add_client(office=OfficeFactory.create(), company=foreign)
    with pytest.raises(ClientOfAnother, match=foreign.number) as refused:
        add_clients(office=office, companies=[mine, foreign])
    assert refused.value.field == "company"
    assert not ClientAccess.objects.filter(office=office).exists()


def test_an_office_isnt_its_own_client(office: Office) -> None:
    with pytest.raises(OwnCompanyAsClient, match=office.company.number):
        add_client(office=office, company=office.company)


def test_what_keys_were_granted_goes_with_the_client(office: Office, announced: list[dict[str, Any]]) -> None:
    application = ApplicationFactory.create(supports_office_keys=True)
    key, _ = make_key(kind=KeyKind.OFFICE, office=office, application=application)
    left, kept = CompanyFactory.create(), CompanyFactory.create()
    add_clients(office=office, companies=[left, kept])
    template = AccessTemplate.objects.create(name="Reads")
    for company in (left, kept):
        ClientGrant.objects.create(key=key, company=company, template=template)
    assert remove_client(office=office, company=left)
    assert [grant.company for grant in ClientGrant.objects.all()] == [kept]
    assert announced[-1] == {"office": office, "added": [], "removed": [left.pk]}
    assert not remove_client(office=office, company=left)
    assert len(announced) == 2


def test_the_switch_is_the_clients_own(office: Office) -> None:
    company = CompanyFactory.create()
    assert not switch_api_access(company=company, on=False)
    add_client(office=office, company=company)
    assert switch_api_access(company=company, on=False)
    assert not switch_api_access(company=company, on=False)
    assert not ClientAccess.objects.get(company=company).api_access
