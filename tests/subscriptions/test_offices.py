"""An accounting office's subscription: all companies are its clients, as they are at each moment."""

import dataclasses

import pytest

from access.clients import add_client, add_clients, remove_client
from access.models import Office
from ledger.models import Company
from revisions import fan_out
from subscriptions.exceptions import NotClients
from subscriptions.models import Resync, Subscription
from subscriptions.services import change_parts, change_subscription, wish_of
from tests.consumers import Consumer
from tests.factories import (
    ApplicationFactory,
    CompanyFactory,
    OfficeFactory,
    SupplierFactory,
    make_subscription,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def office() -> Office:
    """An office with three clients, beside a company of nobody's."""
    office = OfficeFactory.create()
    add_clients(office=office, companies=CompanyFactory.create_batch(3))
    CompanyFactory.create()
    return office


@pytest.fixture
def clients(office: Office) -> list[Company]:
    """The three."""
    return list(Company.objects.filter(client_access__office=office).order_by("pk"))


def selected(subscription: Subscription) -> set[Company]:
    """The companies of a selection, told in each of the ways in which it is told."""
    found = set(subscription.selected_companies())
    assert {company for company in Company.objects.all() if subscription.selects(company)} == found
    known = Subscription.objects.filter(pk=subscription.pk)
    assert {company for company in Company.objects.all() if known.selecting_any([company.pk])} == found
    assert known.count_companies() == {subscription.pk: len(found)}
    return found


def missing(subscription: Subscription) -> set[int]:
    """The companies of which something needs a transfer."""
    return set(subscription.resync.values_list("company", flat=True))


def queued(subscription: Subscription, *companies: Company) -> set[str]:
    """The companies whose change is queued, of some that change now."""
    consumer = Consumer(subscription)
    fan_out.drain()
    consumer.last_sequence = subscription.departure.rows
    consumer.fetch()
    consumer.last_sequence = type(subscription.departure).objects.get(pk=subscription.pk).rows
    for company in companies:
        SupplierFactory.create(company=company)
    return {line["key"]["company"] for line in consumer.fetch_all()}


def test_all_companies_are_the_offices_clients_and_not_its_own(office: Office, clients: list[Company]) -> None:
    subscription = make_subscription("suppliers", office=office)
    assert selected(subscription) == set(clients)
    assert missing(subscription) == {client.pk for client in clients}
    assert queued(subscription, *Company.objects.all()) == {client.number for client in clients}


def test_a_negative_selection_is_all_clients_but_those(office: Office, clients: list[Company]) -> None:
    subscription = make_subscription("suppliers", office=office, companies=clients[:1], negative_selection=True)
    assert selected(subscription) == set(clients[1:])
    assert queued(subscription, *Company.objects.all()) == {client.number for client in clients[1:]}


def test_chosen_companies_must_be_clients(office: Office, clients: list[Company]) -> None:
    stranger = Company.objects.exclude(client_access__office=office).exclude(office=office).get()
    with pytest.raises(NotClients, match=stranger.number) as refused:
        make_subscription("suppliers", office=office, companies=[clients[0], stranger])
    assert refused.value.field == "companies"
    with pytest.raises(NotClients, match=office.company.number):
        make_subscription("suppliers", office=office, companies=[office.company])
    assert not Subscription.objects.exists()


def test_who_leaves_the_office_is_queued_no_more_even_if_chosen(office: Office, clients: list[Company]) -> None:
    everything = make_subscription("suppliers", office=office)
    chosen = make_subscription("suppliers", office=office, companies=clients[:2])
    remove_client(office=office, company=clients[0])
    assert selected(everything) == set(clients[1:])
    assert selected(chosen) == {clients[1]}
    assert missing(everything) == {client.pk for client in clients[1:]}
    assert missing(chosen) == {clients[1].pk}
    assert queued(everything, *clients) == {client.number for client in clients[1:]}
    assert queued(chosen, *clients) == {clients[1].number}


def test_who_is_chosen_and_leaves_last_leaves_nothing_rather_than_everything(
    office: Office, clients: list[Company]
) -> None:
    chosen = make_subscription("suppliers", office=office, companies=clients[:1])
    remove_client(office=office, company=clients[0])
    assert selected(chosen) == set()
    assert queued(chosen, *Company.objects.all()) == set()
    change_parts(subscription=chosen, name="Another")  # it may stay chosen
    add_client(office=office, company=clients[0])
    assert selected(chosen) == {clients[0]}
    assert missing(chosen) == {clients[0].pk}


def test_a_new_client_is_queued_from_then_on_and_needs_a_transfer(office: Office, clients: list[Company]) -> None:
    everything = make_subscription("suppliers", "accounts", office=office)
    negative = make_subscription("suppliers", office=office, companies=clients[:1], negative_selection=True)
    chosen = make_subscription("suppliers", office=office, companies=clients[:1])
    elsewhere = make_subscription("suppliers", office=OfficeFactory.create())
    Resync.objects.all().delete()
    new = CompanyFactory.create()
    add_client(office=office, company=new)
    for subscription, types in ((everything, 2), (negative, 1)):
        assert list(subscription.resync.values_list("company", "reason")) == [(new.pk, "selected")] * types
    for subscription in (chosen, elsewhere):
        assert missing(subscription) == set()
    assert queued(everything, new) == queued(negative, new) == {new.number}
    assert queued(chosen, new) == queued(elsewhere, new) == set()


def test_what_was_done_before_a_client_came_or_went_is_queued_by_the_clients_of_then(
    office: Office, clients: list[Company]
) -> None:
    new = CompanyFactory.create()
    consumer = Consumer(make_subscription("suppliers", office=office))
    SupplierFactory.create(company=new)
    add_client(office=office, company=new)
    SupplierFactory.create(company=clients[0])
    remove_client(office=office, company=clients[0])
    assert [line["key"]["company"] for line in consumer.fetch_all()] == [clients[0].number]


def test_a_subscription_that_changes_its_office_is_missing_what_is_new(office: Office, clients: list[Company]) -> None:
    subscription = make_subscription("suppliers", companies=clients[:1])
    Resync.objects.all().delete()
    wish = dataclasses.replace(wish_of(subscription), office=office, companies=[])
    change_subscription(subscription=subscription, wish=wish)
    assert missing(subscription) == {client.pk for client in clients[1:]}


def test_what_isnt_of_an_office_is_of_all_companies(office: Office) -> None:
    subscription = make_subscription("suppliers", application=ApplicationFactory.create())
    assert selected(subscription) == set(Company.objects.all())
