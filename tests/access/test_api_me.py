"""`GET /api/v1/me`: which key, and which rights for which companies."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from access.belonging import company_permissions, installation_permissions
from access.models import ClientAccess, KeyRights
from tests.access.offices import Bureau, caller, grant, make_template, numbers
from tests.access.probe import errors, problem
from tests.factories import CompanyFactory, UserFactory, give, make_key

pytestmark = pytest.mark.django_db

READ, WRITE, APPLICATIONS = "ledger.view_supplier", "ledger.add_supplier", "access.view_application"


def me(client: Client, **query: Any) -> dict[str, Any]:
    answer = client.get("/api/v1/me", query)
    assert answer.status_code == 200, answer.content
    found: dict[str, Any] = answer.json()
    return found


def test_an_office_key_learns_what_it_may_do_for_each_client_that_it_may_know_of() -> None:
    bureau = Bureau()
    first, second, third = bureau.clients
    bureau.give(READ, WRITE)
    until = datetime(2099, 1, 2, 3, 4, 5, tzinfo=UTC)
    key, text = bureau.make_key(name="Our key", expires_at=until, allowed_networks=["127.0.0.0/8"])
    grant(key, make_template(READ, WRITE, APPLICATIONS), first)
    grant(key, make_template(READ, "ledger.view_account", name="Less"), second, third)
    ClientAccess.objects.filter(company=third).update(api_access=False)
    assert me(caller(text)) == {
        "key": {
            "public_id": key.public_id,
            "name": "Our key",
            "kind": "office",
            "expires_at": "2099-01-02T03:04:05Z",
            "allowed_networks": ["127.0.0.0/8"],
            "office": bureau.office.company.number,
            "company": None,
        },
        "application": {"name": bureau.application.name, "vendor": "", "supports_office_keys": True},
        "installation_rights": [],
        "next": None,
        "previous": None,
        "results": [
            {"company": first.number, "rights": [WRITE, READ]},
            {"company": second.number, "rights": [READ]},
        ],
    }


def test_an_end_users_key_learns_of_its_one_company() -> None:
    company, owner = CompanyFactory.create(), UserFactory.create()
    give(owner, READ, company=company)
    give(owner, READ, company=CompanyFactory.create())
    found = me(caller(make_key(owner=owner, company=company)[1]))
    assert (found["key"]["company"], found["key"]["office"]) == (company.number, None)
    assert found["results"] == [{"company": company.number, "rights": [READ]}]


def test_a_key_of_the_whole_installation_learns_of_all_companies_and_of_rights_beside_them() -> None:
    company = CompanyFactory.create()
    found = me(caller(make_key()[1]))
    assert found["installation_rights"] == sorted(installation_permissions())
    assert found["results"] == [{"company": company.number, "rights": sorted(company_permissions())}]


def test_a_key_without_any_right_still_learns_which_it_is() -> None:
    found = me(caller(make_key(owner=UserFactory.create(), rights=KeyRights.NONE)[1]))
    assert (found["installation_rights"], found["results"]) == ([], [])


def test_one_company_can_be_asked_for_and_one_out_of_sight_is_not_found() -> None:
    bureau = Bureau()
    first, second, third = bureau.clients
    bureau.give(READ)
    key, text = bureau.make_key()
    grant(key, make_template(READ), first, second)
    ClientAccess.objects.filter(company=second).update(api_access=False)
    client = caller(text)
    assert me(client, company=first.number)["results"] == [{"company": first.number, "rights": [READ]}]
    for unseen in (second.number, third.number, "nobody", bureau.office.company.number + "x"):
        problem(client.get("/api/v1/me", {"company": unseen}), 404, "not_found")
    own = client.get("/api/v1/me", {"company": bureau.office.company.number})
    problem(own, 403, "wrong_key_kind")
    assert errors(client.get("/api/v1/me", {"company": "a\0b"})) == [("company", "null_characters_not_allowed")]


def test_an_office_key_of_an_application_that_takes_none_is_told_so() -> None:
    bureau = Bureau()
    _key, text = bureau.make_key()
    bureau.application.supports_office_keys = False
    bureau.application.save()
    problem(caller(text).get("/api/v1/me"), 403, "wrong_key_kind")


def test_two_thousand_clients_come_a_page_at_a_time_by_few_queries(settings: Settings) -> None:
    settings.UTKORG_THROTTLE_RATES = {}
    bureau = Bureau(clients=CompanyFactory.create_batch(2000))
    bureau.give(READ)
    key, text = bureau.make_key()
    grant(key, make_template(READ), *bureau.clients)
    client = caller(text)
    me(client, limit=1)  # notes the key's use
    with CaptureQueriesContext(connection) as few:
        found = me(client, limit=1000)
    assert len(few) <= 5
    results = found["results"]
    while found["next"]:
        found = client.get(found["next"]).json()
        results += found["results"]
    assert [one["company"] for one in results] == sorted(numbers(bureau.clients))
    assert all(one["rights"] == [READ] for one in results)
