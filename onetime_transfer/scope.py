"""Whose a transfer is: of whoever may know of its subscription."""

from django.db.models import Q, QuerySet

from access.scope import rule
from ledger.models import Company
from onetime_transfer.models import Transfer
from subscriptions.models import Subscription
from subscriptions.scope import of_companies


@rule(Transfer)
def of_subscription(companies: QuerySet[Company]) -> Q:
    """Those of the subscriptions within reach."""
    return Q(subscription__in=Subscription.objects.filter(of_companies(companies)).order_by().values("pk"))
