"""Companies that an integration leaves lying while it fetches others."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from ledger.models import Company
from revisions import fan_out
from revisions.batch import Choice
from revisions.models import ChangeSet, OutboxItem, Queue
from revisions.receipts import take
from revisions.unfetched import cut_companies, passed_over
from subscriptions.models import Subscription
from subscriptions.services import change_parts
from tests import factories
from tests.ledger.admin_client import signed_in, text_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def fetched() -> Company:
    return factories.CompanyFactory.create(number="200")


@pytest.fixture
def left_lying(fetched: Company) -> Company:
    return factories.CompanyFactory.create(number="100", name="Lämnat AB")


@pytest.fixture
def subscription(fetched: Company, left_lying: Company) -> Subscription:
    subscription = factories.make_subscription("suppliers", integration_id="EXOPEN")
    factories.SupplierFactory.create_batch(3, company=left_lying)
    factories.SupplierFactory.create(company=fetched)
    fan_out.drain()
    return subscription


def fetch(subscription: Subscription, company: Company) -> None:
    choice = Choice(companies=frozenset({company.pk}))
    take(subscription=subscription, choice=choice, limit=100, after=None)


def wait() -> None:
    ChangeSet.objects.update(changed_at=timezone.now() - timedelta(hours=2))


def numbers(subscription: Subscription) -> list[tuple[str, int]]:
    return [(company.number, company.rows) for company in passed_over(subscription)]


def test_a_company_is_passed_over_when_others_behind_it_were_fetched(
    subscription: Subscription, fetched: Company
) -> None:
    wait()
    assert numbers(subscription) == []
    fetch(subscription, fetched)
    assert numbers(subscription) == [("100", 3)]


def test_whoever_comes_to_it_in_a_moment_passes_nothing_over(subscription: Subscription, fetched: Company) -> None:
    fetch(subscription, fetched)
    assert numbers(subscription) == []


def test_a_company_that_was_fetched_once_is_not_passed_over(
    subscription: Subscription, fetched: Company, left_lying: Company
) -> None:
    fetch(subscription, left_lying)
    factories.SupplierFactory.create(company=left_lying)
    factories.SupplierFactory.create(company=fetched)
    fan_out.drain()
    wait()
    fetch(subscription, fetched)
    assert numbers(subscription) == []


def test_who_fetches_in_order_passes_nothing_over(subscription: Subscription) -> None:
    wait()
    take(subscription=subscription, choice=Choice(), limit=2, after=None)
    assert numbers(subscription) == []


def test_the_rows_of_companies_alone_are_cut(subscription: Subscription, fetched: Company, left_lying: Company) -> None:
    assert cut_companies(subscription=subscription, companies=[left_lying.pk]) == 3
    assert list(OutboxItem.objects.values_list("company_id", flat=True)) == [fetched.pk]
    assert Queue.objects.get().epoch == 2


@pytest.fixture
def admin() -> Client:
    return signed_in()


def test_the_page_warns_and_names_them(admin: Client, subscription: Subscription, fetched: Company) -> None:
    wait()
    fetch(subscription, fetched)
    page = text_of(admin.get(f"/admin/subscriptions/subscription/{subscription.pk}/passed-over/"))
    assert "1 company is never fetched" in page
    assert "100 Lämnat AB: 3 rows" in page


@pytest.mark.parametrize(("choice", "left"), [("keep", 3), ("empty", 0)])
def test_they_are_taken_out_of_the_selection(
    admin: Client, subscription: Subscription, left_lying: Company, choice: str, left: int
) -> None:
    wait()
    fetch(subscription, Company.objects.get(number="200"))
    url = f"/admin/subscriptions/subscription/{subscription.pk}/take-out/"
    assert "Take 1 company out of the subscription?" in text_of(admin.get(url))
    assert subscription.selects(left_lying)
    admin.post(url, {"choice": choice})
    subscription = Subscription.objects.get()
    assert (subscription.negative_selection, list(subscription.companies.all())) == (True, [left_lying])
    assert OutboxItem.objects.filter(company_id=left_lying.pk).count() == left
    assert not subscription.resync.filter(company=left_lying).exists()
    assert "There is nothing to do" in text_of(admin.get(url))


def test_the_last_company_stays(admin: Client, fetched: Company, left_lying: Company) -> None:
    subscription = factories.make_subscription("suppliers", companies=[left_lying, fetched])
    factories.SupplierFactory.create(company=left_lying)
    factories.SupplierFactory.create(company=fetched)
    fan_out.drain()
    wait()
    fetch(subscription, fetched)
    change_parts(subscription=subscription, companies=[left_lying])
    url = f"/admin/subscriptions/subscription/{subscription.pk}/take-out/"
    page = admin.post(url, {"choice": "keep"}, follow=True)
    assert "Then no company would be left" in text_of(page)
    assert list(subscription.companies.all()) == [left_lying]
