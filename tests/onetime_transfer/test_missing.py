"""Everything that is missing, asked for at once."""

import pytest
from django.contrib.auth.models import User

from onetime_transfer import running
from onetime_transfer.missing import request_missing
from onetime_transfer.models import Transfer
from subscriptions.models import Resync, Subscription
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def books() -> factories.Books:
    return factories.make_books(number="100")


@pytest.fixture
def subscription(books: factories.Books) -> Subscription:
    factories.make_books(number="200")
    factories.make_books(number="300")
    return factories.make_subscription("suppliers", "ledger_entries")


@pytest.fixture
def user() -> User:
    return factories.SuperuserFactory.create()


def run_all() -> None:
    for transfer in Transfer.objects.order_by("pk"):
        running.run(transfer_id=transfer.pk)


def test_each_type_is_asked_for_once_and_then_nothing_is_missing(
    subscription: Subscription, books: factories.Books, user: User
) -> None:
    books.post()
    made = request_missing(subscription=subscription, user=user)
    assert [(one.type.name, one.company, one.requested_by) for one in made] == [
        ("suppliers", None, user),
        ("ledger_entries", None, user),
    ]
    assert made[1].parameters == {"period_from": "2024-02", "period_to": "2024-02"}
    run_all()
    assert not Resync.objects.exists()
    assert Transfer.objects.get(pk=made[1].pk).rows_done == 2


def test_only_the_companies_that_are_missing_are_brought(subscription: Subscription, user: User) -> None:
    Resync.objects.filter(company__number="200").delete()
    Resync.objects.filter(information_type=made_number("suppliers"), company__number="100").delete()
    one, some = request_missing(subscription=subscription, user=user)
    assert (one.company and one.company.number) == "300"
    assert [company.number for company in some.companies.order_by("number")] == ["100", "300"]
    run_all()
    assert not Resync.objects.exists()


def test_what_is_under_way_is_not_asked_for_again(subscription: Subscription, user: User) -> None:
    assert len(request_missing(subscription=subscription, user=user)) == 2
    assert request_missing(subscription=subscription, user=user) == []


def test_a_transfer_that_leaves_something_out_does_not_count_as_under_way(
    subscription: Subscription, user: User
) -> None:
    Resync.objects.exclude(information_type=made_number("suppliers")).delete()
    Transfer.objects.create(
        subscription=subscription, information_type=made_number("suppliers"), parameters={"active_only": True}
    )
    assert len(request_missing(subscription=subscription, user=user)) == 1


def test_companies_without_vouchers_are_settled_too(subscription: Subscription) -> None:
    request_missing(subscription=subscription)
    run_all()
    assert not Resync.objects.exists()


def test_it_works_for_an_inactive_subscription(user: User) -> None:
    factories.SupplierFactory.create()
    subscription = factories.make_subscription("suppliers", active=False)
    request_missing(subscription=subscription, user=user)
    run_all()
    assert Transfer.objects.get().rows_done == 1


def made_number(name: str) -> int:
    """Return a type's number."""
    return {known.name: known.number for known in Subscription.objects.get().information_types}[name]
