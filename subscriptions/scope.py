"""Whose a subscription is: the office's, or of whoever may know of every company that it chooses."""

from django.db.models import Exists, OuterRef, Q, QuerySet

from access.scope import rule
from ledger.models import Company
from subscriptions.models import SubscribedCompany, Subscription


@rule(Subscription)
def of_companies(companies: QuerySet[Company]) -> Q:
    """An office's is seen by who may know of the office's own company, as its people do and its clients' don't.

    One of no office to all companies, or to all but some, is seen by whoever may know of all alone.
    """
    chosen = SubscribedCompany.objects.filter(subscription=OuterRef("pk"))
    keys = companies.order_by().values("pk")
    foreign = chosen.exclude(company__in=keys)
    return Q(office__company__in=keys) | (
        Q(office=None, negative_selection=False) & Q(Exists(chosen)) & ~Q(Exists(foreign))
    )
