"""Whose a subscription is: of whoever may know of every company that it chooses."""

from django.db.models import Exists, OuterRef, Q, QuerySet

from access.scope import rule
from ledger.models import Company
from subscriptions.models import SubscribedCompany, Subscription


@rule(Subscription)
def of_companies(companies: QuerySet[Company]) -> Q:
    """A subscription to all companies, or to all but some, is seen by whoever may know of all alone."""
    chosen = SubscribedCompany.objects.filter(subscription=OuterRef("pk"))
    foreign = chosen.exclude(company__in=companies.order_by().values("pk"))
    return Q(negative_selection=False) & Q(Exists(chosen)) & ~Q(Exists(foreign))
