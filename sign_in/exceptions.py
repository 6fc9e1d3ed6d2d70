"""What `sign_in` refuses; `code` is what edges translate, nobody parses a message."""

from datetime import datetime
from typing import ClassVar


class SignInError(Exception):
    """Anything that `sign_in` refuses."""

    code: ClassVar[str] = "invalid"


class CodeRefused(SignInError):
    """The code is wrong, or was used before."""

    code = "wrong_code"


class CodeTooSoon(SignInError):
    """So many codes were wrong that the next isn't looked at before a moment."""

    code = "too_soon"

    def __init__(self, at: datetime) -> None:
        super().__init__(at.isoformat())
        self.at = at


class UnknownPerson(SignInError):
    """The identity provider names somebody whom nobody here is."""

    code = "unknown_person"


class ProviderFailed(SignInError):
    """The identity provider doesn't answer, or not as it should."""

    code = "provider_failed"
