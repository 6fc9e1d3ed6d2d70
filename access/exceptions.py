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


class OfficeKeysUnsupported(AccessError):
    """The application takes no office keys."""

    code = "wrong_key_kind"
