"""The desk's pages: the queue, an invoice's page, and who may do what there."""

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from inbox.models import IncomingInvoice
from ledger.models import Supplier, SupplierInvoice
from tests.factories import Books, SuperuserFactory, SupplierFactory, make_books
from tests.inbox import samples

pytestmark = pytest.mark.django_db

LIST = "/admin/inbox/incominginvoice/"


@pytest.fixture
def books() -> Books:
    return make_books(number="100")


@pytest.fixture
def supplier(books: Books) -> Supplier:
    return SupplierFactory.create(company=books.company, name="Kontorsmaterial i Väst AB", bankgiro="5050-1055")


@pytest.fixture
def client(client: Client) -> Client:
    client.force_login(SuperuserFactory.create())
    return client


def page_of(incoming: IncomingInvoice) -> str:
    return reverse("admin:inbox_incominginvoice_change", args=[incoming.pk])


def fields_of(page: Any) -> dict[str, Any]:
    """What the page would send, as it stands."""
    form = page.context["form"]
    sent = {name: form[name].value() for name in form.fields}
    shown = {name: "" if value in (None, False) else str(value) for name, value in sent.items()}
    kept = {
        name: value for name, value in shown.items() if value != "" or not name.startswith(("makes", "keeps", "conf"))
    }
    return {**kept, "seen": page.context["seen"]}


def test_the_queue_shows_what_is_to_be_done_and_counts_the_rest(
    client: Client, books: Books, supplier: Supplier
) -> None:
    samples.make_to_enter(books.company)
    first = samples.make_incoming(books.company, supplier=supplier)
    samples.make_duplicate(first)
    page = client.get(LIST)
    assert {tab.name: tab.count for tab in page.context["cl"].tabs} == {
        "todo": 2,
        "to_enter": 1,
        "received": 1,
        "registered": 0,
        "approved": 0,
        "rejected": 0,
        "duplicates": 1,
        "all": 3,
    }
    assert page.context["cl"].result_count == 2
    assert client.get(f"{LIST}?tab=duplicates").context["cl"].result_count == 1
    assert client.get(f"{LIST}?q=1250,00").context["cl"].result_count == 1


def test_a_received_invoice_is_registered(client: Client, books: Books, supplier: Supplier) -> None:
    incoming = samples.make_incoming(books.company)
    page = client.get(page_of(incoming))
    assert page.status_code == 200
    sent = {**fields_of(page), "supplier": supplier.pk, "do": "register"}
    answer = client.post(page_of(incoming), sent)
    assert answer.status_code == 302, answer.context["form"].errors
    row = SupplierInvoice.objects.get()
    assert (row.status, row.supplier, row.amount) == ("registered", supplier, Decimal("1250.00"))
