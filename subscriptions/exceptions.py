"""What can be wrong with a subscription."""

from collections.abc import Sequence

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from access.models import Office
from ledger.models import Company

MOST_NAMED = 10


class SubscriptionError(Exception):
    """A subscription can't be as asked; `field` names what is wrong."""

    code = "invalid"
    field: str | None = None
    message: str | Promise = ""

    def __str__(self) -> str:
        return str(self.message)


class EmptyNegativeSelection(SubscriptionError):
    """'All companies except these', without any."""

    code = "empty_negative_selection"
    field = "companies"
    message = _("Choose the companies to leave out, or untick “all companies except these”.")


class NotClients(SubscriptionError):
    """Companies are chosen that aren't clients of the subscription's office."""

    code = "not_a_client"
    field = "companies"
    message = _("Choose clients of %(office)s only, not %(companies)s.")

    def __init__(self, *, office: Office, companies: Sequence[Company]) -> None:
        self.office, self.companies = office, companies

    def __str__(self) -> str:
        named = ", ".join(str(company) for company in self.companies[:MOST_NAMED])
        if len(self.companies) > MOST_NAMED:
            more = {"names": named, "count": len(self.companies) - MOST_NAMED}
            named = gettext("%(names)s and %(count)s more") % more
        return str(self.message) % {"office": self.office, "companies": named}


class AllCompaniesBeyondReach(SubscriptionError):
    """All companies of the installation, for somebody whose right reaches only some."""

    code = "beyond_reach"
    field = "companies"
    message = _("Choose companies, or an accounting office: your right to this isn't for all companies.")


class NoInformationTypes(SubscriptionError):
    """Nothing is subscribed to."""

    code = "required"
    field = "information_types"
    message = _("Choose at least one information type.")


class IntegrationIdTaken(SubscriptionError):
    """The integration id is another subscription's."""

    code = "unique"
    field = "integration_id"
    message = _("Another subscription has this integration ID. It must be unique.")


class PolicyError(SubscriptionError):
    """A backlog policy can't be as asked."""


class CutBeforeWarning(PolicyError):
    """The queue would be cut at or before the limit that warns."""

    code = "cut_before_warning"
    message = _("The queue is only cut after a warning: set a limit above, and a higher one here.")

    def __init__(self, field: str) -> None:
        self.field = field


class NobodyToTell(PolicyError):
    """A queue is cut only where somebody is told before."""

    code = "nobody_to_tell"
    field = "people"
    message = _("Choose somebody to be told: a queue is never cut without a warning by e-mail before.")


class InvalidAddress(PolicyError):
    """No e-mail address."""

    code = "invalid"
    field = "addresses"
    message = _("%(address)s is no e-mail address.")

    def __init__(self, address: str) -> None:
        self.address = address

    def __str__(self) -> str:
        return str(self.message) % {"address": self.address}
