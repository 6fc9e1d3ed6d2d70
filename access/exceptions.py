"""What `access` refuses; `code` is what edges translate, nobody parses a message."""

from typing import ClassVar


class AccessError(Exception):
    """Anything that `access` refuses."""

    code: ClassVar[str] = "invalid"


class KeyRefused(AccessError):
    """The text given is no key that works now."""

    code = "not_authenticated"


class MalformedKey(KeyRefused):
    """The text hasn't the form of a key, or its checksum is wrong."""


class WrongKeyKind(AccessError):
    """An office's key can't be used for this."""

    code = "wrong_key_kind"


class OfficeKeysUnsupported(WrongKeyKind):
    """The application takes no office keys."""


class KeyOfNoPlace(AccessError):
    """The key would be of an office that isn't named, or of two places."""
