"""One click starts what a subscription is missing, after a question with the rows."""

import pytest
from django.test import Client

from onetime_transfer import running
from onetime_transfer.models import Transfer
from subscriptions.models import Resync, Subscription
from tests import factories
from tests.ledger.admin_client import signed_in, text_of

pytestmark = pytest.mark.django_db(transaction=True)
MISSING = "/admin/onetime_transfer/transfer/missing/"


@pytest.fixture
def admin() -> Client:
    return signed_in()


@pytest.fixture
def subscription() -> Subscription:
    books = factories.make_books(number="100")
    books.post()
    factories.SupplierFactory.create_batch(3, company=books.company)
    return factories.make_subscription("suppliers", "ledger_entries", integration_id="EXOPEN")


def test_the_page_says_the_rows_before_anything_starts(admin: Client, subscription: Subscription) -> None:
    address = f"?subscription={subscription.pk}"
    assert "Suppliers" in text_of(admin.get(MISSING + address))

    def row(name: str) -> str:
        return text_of(admin.get(f"{MISSING}row/{address}&information_type={name}"))

    assert row("suppliers") == "Suppliers 3 1 < 1"
    assert row("ledger_entries") == "Bookkeeping 2 1 2024-02 – 2024-02 < 1"
    assert not Transfer.objects.exists()


def test_all_types_start_with_one_click(admin: Client, subscription: Subscription) -> None:
    page = admin.post(f"{MISSING}?subscription={subscription.pk}", follow=True)
    assert "2 transfers are started" in text_of(page)
    assert Transfer.objects.count() == 2
    assert "Under way" in text_of(page)
    row = admin.get(f"{MISSING}row/?subscription={subscription.pk}&information_type=suppliers")
    assert "Is being transferred already" in text_of(row)
    page = admin.post(f"{MISSING}?subscription={subscription.pk}", follow=True)
    assert "There is nothing to do" in text_of(page)
    for transfer in Transfer.objects.order_by("pk"):
        running.run(transfer_id=transfer.pk)
    assert not Resync.objects.exists()


def test_one_type_alone_is_started_and_followed(admin: Client, subscription: Subscription) -> None:
    page = admin.post(f"{MISSING}?subscription={subscription.pk}&information_type=suppliers")
    transfer = Transfer.objects.get()
    assert transfer.type.name == "suppliers"
    assert page["Location"] == f"/admin/onetime_transfer/transfer/{transfer.pk}/change/"


def test_who_may_not_transfer_is_refused(subscription: Subscription) -> None:
    clerk = factories.UserFactory.create(is_staff=True)
    factories.give(clerk, "subscriptions.change_subscription", "subscriptions.view_subscription")
    client = Client()
    client.force_login(clerk)
    assert client.get(f"{MISSING}?subscription={subscription.pk}").status_code == 403
    page = client.get(f"/admin/subscriptions/subscription/{subscription.pk}/change/")
    assert "Transfer all that is missing" not in text_of(page)


@pytest.mark.parametrize("number", ["", "x", "999999", "9" * 40])
def test_a_subscription_that_isnt_there_is_not_found(admin: Client, number: str) -> None:
    assert admin.get(f"{MISSING}?subscription={number}").status_code == 404
