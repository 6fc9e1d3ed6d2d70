"""An office's clients come and go while others write: each change is queued by the clients of its commit, or later."""

import pytest
from django.db import transaction

from access.clients import add_client, remove_client
from ledger.models import Company
from subscriptions.models import Resync
from tests import factories
from tests.connections import Gate, Together
from tests.consumers import Consumer

pytestmark = pytest.mark.django_db(transaction=True)


def write(company: Company, gate: Gate) -> None:
    """Write a supplier of a company's, and commit when the test lets it."""
    with transaction.atomic():
        factories.SupplierFactory.create(company=company)
        gate.wait()


def test_who_leaves_while_a_writer_is_open_is_not_queued_by_what_it_commits_later(together: Together) -> None:
    office, leaving, staying = factories.OfficeFactory.create(), *factories.CompanyFactory.create_batch(2)
    for company in (leaving, staying):
        add_client(office=office, company=company)
    consumer = Consumer(factories.make_subscription("suppliers", office=office))
    factories.SupplierFactory.create(company=leaving, name="Committed before")
    gates = [Gate(), Gate()]
    writers = [together.start(write, company, gate) for company, gate in zip((leaving, staying), gates, strict=True)]
    for gate in gates:
        gate.await_arrival()
    assert remove_client(office=office, company=leaving), "an open writer delays nobody"
    for gate, writer in zip(gates, writers, strict=True):
        gate.open()
        writer.result()
    lines = consumer.fetch_all()
    assert [line["key"]["company"] for line in lines] == [leaving.number, staying.number]
    assert lines[0]["data"]["name"] == "Committed before"


def test_who_comes_while_a_writer_is_open_has_in_queue_or_transfer_all_that_it_commits(together: Together) -> None:
    office, coming = factories.OfficeFactory.create(), factories.CompanyFactory.create()
    subscription = factories.make_subscription("suppliers", office=office)
    consumer, gate = Consumer(subscription), Gate()
    factories.SupplierFactory.create(company=coming, name="Committed before")
    writer = together.start(write, coming, gate)
    gate.await_arrival()
    add_client(office=office, company=coming)
    gate.open()
    writer.result()
    # What was committed before is for the transfer; what was open is queued, whenever it was begun.
    assert list(Resync.objects.values_list("subscription", "company")) == [(subscription.pk, coming.pk)]
    (line,) = consumer.fetch_all()
    assert line["key"]["company"] == coming.number
    assert line["data"]["name"] != "Committed before"


def test_clients_added_at_once_from_two_sides_wait_for_each_other(together: Together) -> None:
    office = factories.OfficeFactory.create()
    subscription = factories.make_subscription("suppliers", office=office)
    companies = factories.CompanyFactory.create_batch(8)
    adding = [together.start(add_client, office=office, company=company) for company in companies]
    assert {work.result().company_id for work in adding} == {company.pk for company in companies}
    assert subscription.resync.count() == len(companies)
