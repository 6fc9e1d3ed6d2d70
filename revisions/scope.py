"""Whose a report is: of whoever may know of the row's company and of the subscription."""

from django.db.models import Q, QuerySet

from access.scope import rule
from ledger.models import Company
from revisions.models import Feedback
from subscriptions.models import Subscription
from subscriptions.scope import of_companies


@rule(Feedback)
def of_row_and_subscription(companies: QuerySet[Company]) -> Q:
    """Those of rows of the companies, that a subscription within reach was queued."""
    known = Subscription.objects.filter(of_companies(companies)).order_by().values("pk")
    return Q(company__in=companies.order_by().values("pk"), subscription__in=known)
