"""The outbox and one-off transfers by what the key may, company by company, at the moment of the request."""

import dataclasses
from typing import Any

import pytest
from django.contrib.auth.models import User
from pytest_django import Settings

from access.clients import add_client, remove_client, switch_api_access
from access.models import AccessTemplate, ApiKey, ClientGrant, KeyKind, Office
from ledger.models import Company
from onetime_transfer.models import Transfer
from revisions import fan_out
from subscriptions.models import Subscription
from tests import factories
from tests.access.probe import problem
from tests.integrators import Integrator, body

pytestmark = pytest.mark.django_db

FETCH, TRANSFER = "subscriptions.fetch_outbox", "onetime_transfer.add_transfer"


@pytest.fixture(autouse=True)
def _unlimited(settings: Settings) -> None:
    settings.UTKORG_THROTTLE_RATES = {}


@dataclasses.dataclass
class Practice:
    """An office with two clients, its subscription, and its key, granted the same template for both."""

    office: Office
    owner: User
    clients: list[Company]
    subscription: Subscription
    key: ApiKey
    template: AccessTemplate
    integrator: Integrator

    def queue(self) -> None:
        """Change a row of each client, in order."""
        for client in self.clients:
            factories.SupplierFactory.create(company=client)
        fan_out.drain()

    def template_of(self, *permissions: str) -> AccessTemplate:
        """Another template."""
        made, _made = AccessTemplate.objects.get_or_create(name=f"Only {permissions}")
        made.permissions.set(factories.permission(name) for name in permissions)
        return made

    def grant(self, company: Company, *permissions: str) -> None:
        """Grant the key these alone for a client."""
        ClientGrant.objects.filter(company=company).update(template=self.template_of(*permissions))


@pytest.fixture
def practice() -> Practice:
    office, owner = factories.OfficeFactory.create(), factories.UserFactory.create()
    factories.give(owner, FETCH, TRANSFER, "ledger.view_company", office=office)
    clients = factories.CompanyFactory.create_batch(2)
    for client in clients:
        add_client(office=office, company=client)
    application = factories.ApplicationFactory.create(supports_office_keys=True)
    key, text = factories.make_key(kind=KeyKind.OFFICE, office=office, owner=owner, application=application)
    subscription = factories.make_subscription("suppliers", office=office, application=application)
    template = AccessTemplate.objects.create(name="Fetches")
    template.permissions.set([factories.permission(FETCH), factories.permission(TRANSFER)])
    for client in clients:
        ClientGrant.objects.create(key=key, company=client, template=template)
    integrator = Integrator(subscription, key=text)
    return Practice(office, owner, clients, subscription, key, template, integrator)


def companies(batch: dict[str, Any]) -> list[str]:
    return [row["company"] for row in batch["rows"]]


def numbers(*found: Company) -> list[str]:
    return [company.number for company in found]


def test_an_office_fetches_the_rows_of_all_its_clients(practice: Practice) -> None:
    practice.queue()
    found = practice.integrator.fetch()
    assert (companies(found), found["withheld"]) == (numbers(*practice.clients), 0)


def test_what_a_client_switches_off_waits_withheld_until_it_is_on_again(practice: Practice) -> None:
    first, second = practice.clients
    practice.queue()
    switch_api_access(company=first, on=False)
    assert [practice.integrator.pending()[name] for name in ("total", "withheld")] == [1, 1]
    found = practice.integrator.fetch()
    assert (companies(found), found["withheld"]) == (numbers(second), 1)
    assert practice.integrator.acknowledge(found["receipt"]) == {"acknowledged": 1, "remaining": 1}
    problem(practice.integrator.get("revisions", company=first.number), 404, "not_found")
    practice.queue()
    switch_api_access(company=first, on=True)
    rows = practice.integrator.fetch_all()
    assert [row["company"] for row in rows] == numbers(first, first, second)
    assert [row["sequence"] for row in rows] == [1, 3, 4]


def test_a_template_without_the_right_withholds_and_says_so_when_asked(practice: Practice) -> None:
    first, second = practice.clients
    practice.queue()
    practice.grant(first, "ledger.view_company")
    found = practice.integrator.fetch()
    assert (companies(found), found["withheld"]) == (numbers(second), 1)
    problem(practice.integrator.get("revisions", company=first.number), 403, "permission_denied")
    answer = practice.integrator.post("revisions/take", company=first.number)
    problem(answer, 403, "permission_denied")
    practice.grant(second, "ledger.view_company")
    for answer in (practice.integrator.get("pending"), practice.integrator.get("revisions")):
        problem(answer, 403, "permission_denied")


def test_a_client_that_isnt_granted_is_out_of_sight(practice: Practice) -> None:
    first, second = practice.clients
    practice.queue()
    ClientGrant.objects.filter(company=first).delete()
    found = practice.integrator.pending()
    assert (found["total"], found["withheld"]) == (1, 1)
    assert {one["company"] for one in found["resync"]} == {second.number}
    problem(practice.integrator.get("revisions", company=first.number), 404, "not_found")
    ClientGrant.objects.all().delete()
    problem(practice.integrator.get("pending"), 404, "not_found")


def test_who_left_the_office_is_queued_no_more_and_what_was_queued_is_withheld(practice: Practice) -> None:
    first, second = practice.clients
    practice.queue()
    remove_client(office=practice.office, company=first)
    practice.queue()
    found = practice.integrator.fetch()
    assert (companies(found), found["withheld"]) == (numbers(second, second), 1)


@pytest.mark.parametrize("path", ["pending", "revisions", "transfers", "revisions/take", "receipts", "subscriptions"])
def test_the_offices_own_company_needs_another_kind_of_key(practice: Practice, path: str) -> None:
    own = practice.office.company
    subscription = factories.make_subscription(
        "suppliers", companies=[own], application=practice.key.application, integration_id="OWN"
    )
    integrator = Integrator(subscription, key=practice.integrator.text)
    match path:
        case "pending" | "revisions":
            answer = integrator.get(path)
        case "transfers":
            answer = integrator.post(path, information_type="suppliers")
        case "subscriptions":
            factories.give(practice.owner, "subscriptions.view_subscription", office=practice.office)
            practice.template.permissions.add(factories.permission("subscriptions.view_subscription"))
            answer = integrator.client.get("/api/v1/subscriptions/OWN")
        case "receipts":
            answer = integrator.post(path, receipt="x")
        case _:
            answer = integrator.post(path)
    assert "employee or contact" in problem(answer, 403, "wrong_key_kind")["detail"]


def test_a_filter_for_the_offices_own_company_too(practice: Practice) -> None:
    own = practice.office.company.number
    problem(practice.integrator.get("revisions", company=own), 403, "wrong_key_kind")
    answer = practice.integrator.post("transfers", information_type="suppliers", company=own)
    problem(answer, 403, "wrong_key_kind")


def test_an_offices_subscription_is_no_other_keys(practice: Practice) -> None:
    """Neither another office's, nor a client's own, nor that of a user without rights in the office."""
    application = practice.key.application
    office = factories.OfficeFactory.create()
    elsewhere, somebody = factories.UserFactory.create(), factories.UserFactory.create()
    factories.give(elsewhere, FETCH, office=office)
    factories.give(somebody, FETCH, company=practice.clients[0])
    strangers = [
        factories.make_key(kind=KeyKind.OFFICE, office=office, owner=elsewhere, application=application),
        factories.make_key(company=practice.clients[0], application=application),
        factories.make_key(owner=somebody, application=application),
    ]
    for _key, text in strangers:
        answer = Integrator(practice.subscription, key=text).get("pending")
        problem(answer, 404, "not_found")


def test_a_key_of_no_place_whose_owner_is_of_the_office_sees_its_subscription(practice: Practice) -> None:
    _key, text = factories.make_key(owner=practice.owner, application=practice.key.application)
    practice.queue()
    assert Integrator(practice.subscription, key=text).pending()["total"] == 2


def test_an_end_users_key_gets_its_companys_rows_of_a_wide_subscription(practice: Practice) -> None:
    first, second = practice.clients
    application = factories.ApplicationFactory.create()
    wide = factories.make_subscription("suppliers", application=application)
    elsewhere = factories.make_subscription("suppliers", application=application, companies=[second])
    but_first = factories.make_subscription(
        "suppliers", application=application, companies=[first], negative_selection=True
    )
    _key, text = factories.make_key(company=first, application=application)
    practice.queue()
    found = Integrator(wide, key=text).fetch()
    assert (companies(found), found["withheld"]) == ([first.number], 1)
    for subscription in (elsewhere, but_first):
        problem(Integrator(subscription, key=text).get("pending"), 404, "not_found")
    problem(Integrator(wide, key=text).get("revisions", company=second.number), 404, "not_found")


@pytest.mark.parametrize("then", ["more", "less", "other"])
def test_a_receipt_deletes_what_was_sent_whatever_the_key_may_by_then(practice: Practice, then: str) -> None:
    first, second = practice.clients
    practice.queue()
    practice.queue()
    practice.grant(second, "ledger.view_company")
    sent = practice.integrator.fetch()
    assert companies(sent) == numbers(first, first)
    if then in {"more", "other"}:
        practice.grant(second, FETCH)
    if then in {"less", "other"}:
        practice.grant(first, "ledger.view_company")
    if then == "less":
        problem(practice.integrator.post("receipts", receipt=sent["receipt"]), 403, "permission_denied")
        practice.grant(first, FETCH)
    assert practice.integrator.acknowledge(sent["receipt"]) == {"acknowledged": 2, "remaining": 2}
    practice.grant(first, FETCH)
    practice.grant(second, FETCH)
    assert companies(practice.integrator.fetch()) == numbers(second, second)


def test_take_deletes_what_it_sends_alone(practice: Practice) -> None:
    first, second = practice.clients
    practice.queue()
    switch_api_access(company=second, on=False)
    assert companies(body(practice.integrator.post("revisions/take"))) == [first.number]
    switch_api_access(company=second, on=True)
    assert companies(practice.integrator.fetch()) == [second.number]


# One-off transfers


def ask(practice: Practice, **fields: Any) -> Any:
    return practice.integrator.post("transfers", information_type="suppliers", **fields)


def test_a_transfer_of_all_companies_is_of_those_that_the_key_may_transfer(practice: Practice) -> None:
    first, second = practice.clients
    assert list(Transfer.objects.get(pk=body(ask(practice), 202)["id"]).transfer_companies.all()) == []
    practice.grant(second, FETCH)
    assert Transfer.objects.get(pk=body(ask(practice), 202)["id"]).company == first
    problem(ask(practice, company=second.number), 403, "permission_denied")
    switch_api_access(company=second, on=False)
    problem(ask(practice, company=second.number), 404, "not_found")


def test_a_transfer_is_looked_at_with_the_right_for_one_of_its_companies_and_ended_with_that_for_all(
    practice: Practice,
) -> None:
    first, second = practice.clients
    address = f"/api/v1/transfers/{body(ask(practice), 202)['id']}"
    practice.grant(second, FETCH)
    assert practice.integrator.client.get(address).status_code == 200
    for verb in ("pause", "resume", "cancel"):
        problem(practice.integrator.client.post(f"{address}/{verb}", {}, "application/json"), 403, "permission_denied")
    practice.grant(first, FETCH)
    problem(practice.integrator.client.get(address), 403, "permission_denied")
    for client in practice.clients:
        switch_api_access(company=client, on=False)
    problem(practice.integrator.client.get(address), 404, "not_found")


def test_the_transfer_of_another_company_is_out_of_sight(practice: Practice) -> None:
    _first, second = practice.clients
    address = f"/api/v1/transfers/{body(ask(practice, company=second.number), 202)['id']}"
    switch_api_access(company=second, on=False)
    problem(practice.integrator.client.get(address), 404, "not_found")
    assert practice.integrator.pending()["integration_id"] == practice.subscription.integration_id
