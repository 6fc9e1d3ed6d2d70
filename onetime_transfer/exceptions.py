"""What a one-off transfer refuses."""

from collections.abc import Sequence

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

    @property
    def all_errors(self) -> "Sequence[TransferError]":
        """Everything that is wrong."""
        return getattr(self, "errors", (self,))


class WrongParameters(TransferError):
    """One or more parameters are wrong; `errors` has all of them."""

    def __init__(self, errors: Sequence[TransferError]) -> None:
        first = errors[0]
        super().__init__(str(first), code=first.code, field=first.field)
        self.errors = tuple(errors)


class NotSubscribed(TransferError):
    """The type or the company isn't in the subscription."""

    code = "not_subscribed"


class WrongState(TransferError):
    """The transfer has ended, or isn't in the state that this needs."""

    code = "wrong_state"

    def __init__(self) -> None:
        super().__init__(_("The transfer has come too far, or has ended: this can no longer be done."))
