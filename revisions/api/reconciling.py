"""`reconciliation`: parse, ask for the figures, render."""

import dataclasses
from collections.abc import Sequence

from rest_framework.request import Request
from rest_framework.response import Response

from information_types import registry
from revisions import reconciliation
from revisions.api import openapi
from revisions.api.outlook import moment
from revisions.api.scope import FETCH, OutboxView
from revisions.api.serializers import ReconciliationQuery
from revisions.api.views import never_stored
from revisions.reconciliation import Period
from subscriptions.models import Subscription


@never_stored
class ReconciliationView(OutboxView):
    """What a copy is compared with."""

    required_permissions = {"GET": FETCH}
    throttle_scope = "registers"

    @openapi.reconciliation
    def get(self, request: Request) -> Response:
        """Tell what the register holds."""
        wanted = ReconciliationQuery.read(request)
        subscription = self.subscription(wanted["integration_id"])
        companies, withheld = self._companies_of(subscription, self._companies(wanted["company"]))
        information_type = registry.get(wanted["information_type"])
        period = Period(wanted.get("period_from"), wanted.get("period_to"))
        found = reconciliation.figures(
            subscription=subscription, information_type=information_type, companies=companies, period=period
        )
        return Response(
            {
                "integration_id": subscription.integration_id,
                "information_type": information_type.name,
                "period_from": period.first,
                "period_to": period.last,
                "as_of": moment(found.as_of),
                "epoch": found.epoch,
                "sequence": found.sequence,
                "active": found.active,
                "withheld_companies": withheld,
                "recipe": reconciliation.recipe(information_type),
                "companies": [dataclasses.asdict(company) for company in found.companies],
            }
        )

    def _companies_of(self, subscription: Subscription, named: frozenset[int]) -> tuple[Sequence[int], int]:
        """The companies (ids) that the answer is of, and how many the key may not read."""
        selected = set(subscription.selected_companies().values_list("pk", flat=True))
        if named:
            reconciliation.check_selected(named, selected)
            return sorted(named), 0
        readable = selected if self.companies is None else selected & self.companies
        return sorted(readable), len(selected) - len(readable)
