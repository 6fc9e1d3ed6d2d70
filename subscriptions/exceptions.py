"""What can be wrong with a subscription."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


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
