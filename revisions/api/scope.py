"""What a key sees of outboxes."""

from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from rest_framework.exceptions import NotFound

from access.http.scope import KeyScope
from information_types import registry
from ledger.models import Company
from revisions import batch
from subscriptions.models import Subscription

FETCH = "subscriptions.fetch_outbox"


class OutboxView(KeyScope):
    """A view of one integration's outbox."""

    writes_configuration = False

    def subscription(self, integration_id: str) -> Subscription:
        """The subscription with its queue; raises 404 where the key may know of none of that id."""
        known = Subscription.objects.select_related("queue").judged(key=self.key, rights=self.rights, permission=FETCH)
        return self.find_judged(known, integration_id=integration_id)

    def choice(self, wanted: dict[str, Any]) -> batch.Choice:
        """What a fetch is of; raises 404 for a company out of sight, 403 for one that the key may not read."""
        types = frozenset(registry.get(name).number for name in wanted["information_type"])
        companies = self._companies(wanted["company"])
        return batch.Choice(types=types or None, companies=companies or None, readable=self.companies)

    def handle_exception(self, exc: Exception) -> Any:
        """Answer 404 for what was deleted while the request was under way."""
        return super().handle_exception(NotFound() if isinstance(exc, ObjectDoesNotExist) else exc)

    def _companies(self, numbers: list[str]) -> frozenset[int]:
        if not numbers:
            return frozenset()
        known = {company.number: company for company in Company.objects.filter(number__in=numbers)}
        return frozenset(self.check_company(known.get(number)).pk for number in numbers)
