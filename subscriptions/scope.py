"""Whose a subscription is: of whoever may know of every company that it is of."""

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from access.models import ClientAccess
from access.scope import rule
from ledger.models import Company
from subscriptions.models import SubscribedCompany, Subscription


@rule(Subscription)
def of_companies(companies: QuerySet[Company]) -> Q:
    """An office's is seen by who may know of the office's own company and of its clients, as its people do.

    One of no office to all companies, or to all but some, is seen by whoever may know of all alone.
    """
    keys = companies.order_by().values("pk")
    chosen = SubscribedCompany.objects.filter(subscription=OuterRef("pk"))
    names_known = Q(negative_selection=False) & Q(Exists(chosen)) & ~Q(Exists(chosen.exclude(company__in=keys)))
    clients = ClientAccess.objects.filter(office=OuterRef("office")).exclude(company=F("office__company"))
    clients_known = ~Q(Exists(clients.exclude(company__in=keys)))
    return (Q(office=None) & names_known) | (Q(office__company__in=keys) & clients_known)
