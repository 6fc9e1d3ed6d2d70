"""What a one-off transfer refuses."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class TransferError(Exception):
    """A transfer can't be as asked; `field` names what is wrong."""

    code = "invalid"
    field: str | None = None

    def __init__(self, message: str | Promise, *, code: str | None = None, field: str | None = None) -> None:
        super().__init__(message)
        self.code = code or self.code
        self.field = field or self.field

    def __str__(self) -> str:
        return str(self.args[0])


class NotSubscribed(TransferError):
    """The type or the company isn't in the subscription."""

    code = "not_subscribed"


class WrongState(TransferError):
    """The transfer has ended, or isn't in the state that this needs."""

    code = "wrong_state"

    def __init__(self) -> None:
        super().__init__(_("The transfer has come too far, or has ended: this can no longer be done."))
