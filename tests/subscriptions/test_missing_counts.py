"""What needs a transfer is counted as it comes and goes."""

from datetime import timedelta

import pytest
from django.db.models import Count
from django.utils import timezone

from information_types import registry
from subscriptions.models import MissingCount, Resync, Subscription
from subscriptions.services import change_parts, delete_subscription, mark_missing
from tests import factories

pytestmark = pytest.mark.django_db
SUPPLIERS = registry.get("suppliers").number


def kept() -> set[tuple[int, int, str, int]]:
    return set(MissingCount.objects.values_list("subscription", "information_type", "reason", "companies"))


def counted() -> set[tuple[int, int, str, int]]:
    kinds = Resync.objects.values_list("subscription", "information_type", "reason")
    return set(kinds.annotate(companies=Count("company")))


def test_counts_follow_every_change_of_what_is_missing() -> None:
    companies = factories.CompanyFactory.create_batch(3)
    subscription = factories.make_subscription("suppliers", "customers", active=False)
    factories.make_subscription("suppliers")
    assert kept() == counted() != set()
    change_parts(subscription=subscription, active=True)
    assert kept() == counted()
    mark_missing(subscription=subscription, pairs=[(SUPPLIERS, companies[0].pk)], reason=Resync.Reason.CUT)
    assert kept() == counted()
    later = timezone.now() + timedelta(days=1)
    Resync.objects.settle(
        subscription=subscription, information_type=SUPPLIERS, companies=[companies[0].pk], before=later
    )
    assert kept() == counted()
    change_parts(subscription=subscription, companies=companies[1:], information_types=[registry.get("customers")])
    assert kept() == counted()
    delete_subscription(subscription=Subscription.objects.get(pk=subscription.pk))
    assert kept() == counted() != set()


def test_since_is_when_the_first_was_missed() -> None:
    factories.CompanyFactory.create_batch(2)
    subscription = factories.make_subscription("suppliers")
    first = min(Resync.objects.values_list("since", flat=True))
    assert MissingCount.objects.get().since == first
    company = factories.CompanyFactory.create()
    mark_missing(subscription=subscription, pairs=[(SUPPLIERS, company.pk)], reason=Resync.Reason.SELECTED)
    assert MissingCount.objects.get().since == first
