"""What a subscription chooses, whether or not it is one already: a form being filled in has a selection too."""

import dataclasses

from access.clients import clients_of
from subscriptions.models import Subscription


@dataclasses.dataclass(frozen=True, kw_only=True)
class Selection:
    """Companies (ids) and types (numbers); `application` is whose own changes may be left out.

    No companies means all, unless the selection is negative: then it is not one yet. `among` are the companies that may
    be meant at all, an office's clients for instance; None for all there are.
    """

    companies: frozenset[int]
    negative: bool
    types: frozenset[int]
    own_changes: bool
    application: int | None
    among: frozenset[int] | None = None

    @classmethod
    def of(cls, subscription: Subscription) -> "Selection":
        """The selection of a subscription as it stands."""
        office = subscription.office
        return cls(
            companies=frozenset(subscription.subscribed_companies.values_list("company", flat=True)),
            among=None if office is None else frozenset(clients_of(office).values_list("pk", flat=True)),
            negative=subscription.negative_selection,
            types=frozenset(known.number for known in subscription.information_types),
            own_changes=subscription.own_changes,
            application=subscription.application_id,
        )

    @property
    def is_possible(self) -> bool:
        """Whether a subscription could have it."""
        return bool(self.types) and (bool(self.companies) or not self.negative)

    def count_of(self, companies: int) -> int:
        """How many companies are meant, of so many that there are."""
        chosen = len(self.companies if self.among is None else self.companies & self.among)
        if self.companies and not self.negative:
            return chosen
        return companies - chosen

    def without(self, companies: frozenset[int]) -> "Selection | None":
        """The same less some companies; None where none would be left."""
        if self.negative or not self.companies:
            return dataclasses.replace(self, companies=self.companies | companies, negative=True)
        left = self.companies - companies
        return dataclasses.replace(self, companies=left) if left else None
