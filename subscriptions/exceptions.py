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
