"""What the e-mail portal refuses, with stable codes."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class InboxError(Exception):
    """The portal can't do this; `str` gives the reason in the language in force, `field` what of the input is wrong."""

    code = "invalid"
    field: str | None = None
    message: str | Promise = _("The e-mail portal can't do this.")

    def __init__(self, message: str | Promise | None = None, *, field: str | None = None) -> None:
        super().__init__(message or self.message)
        self.field = field or self.field

    def __str__(self) -> str:
        return str(self.args[0])


class AlreadyHandled(InboxError):
    """Somebody else has done something with the invoice meanwhile."""

    code = "already_handled"
    message = _("Somebody has handled the invoice meanwhile. Look at it again.")


class NotRegistered(InboxError):
    """An invoice is posted once it is registered."""

    code = "not_registered"
    message = _("Register the invoice first: only a registered one can be posted.")


class ExchangeRateNeeded(InboxError):
    """The invoice is in another currency than the company's books."""

    code = "exchange_rate_needed"
    field = "exchange_rate"
    message = _("The invoice is in %(currency)s. Say what one %(currency)s costs in %(books)s.")

    def __init__(self, *, currency: str, books: str) -> None:
        super().__init__(str(self.message) % {"currency": currency, "books": books})
