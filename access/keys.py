"""The text of an API key: making, reading and digesting it. Pure; docs/keys.md has the form."""

import hashlib
import hmac
import re
import secrets
import string
import zlib
from dataclasses import dataclass, field

from access.exceptions import MalformedKey

PREFIX = "utk"
ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase
PUBLIC_ID_LENGTH = 12
SECRET_LENGTH = 40
CHECKSUM_LENGTH = 6  # 62 ** 6 > 2 ** 32

_FORM = re.compile(
    rf"(?P<body>{PREFIX}"
    rf"_(?P<public_id>[0-9A-Za-z]{{{PUBLIC_ID_LENGTH}}})"
    rf"_(?P<secret>[0-9A-Za-z]{{{SECRET_LENGTH}}}))"
    rf"_(?P<checksum>[0-9A-Za-z]{{{CHECKSUM_LENGTH}}})"
)


@dataclass(frozen=True)
class KeyParts:
    """A key taken apart: the half that may be shown and stored, and the half that may not."""

    public_id: str
    secret: str = field(repr=False)

    def text(self) -> str:
        """Return the whole key, as its holder sends it."""
        body = f"{PREFIX}_{self.public_id}_{self.secret}"
        return f"{body}_{checksum(body)}"


def make_key() -> KeyParts:
    """Return a new key."""
    return make_key_of(_random(PUBLIC_ID_LENGTH))


def make_key_of(public_id: str) -> KeyParts:
    """Return a key of this public id with a new secret: 238 bits of the system's randomness."""
    return KeyParts(public_id=public_id, secret=_random(SECRET_LENGTH))


def parse_key(text: str) -> KeyParts:
    """Take a key apart; raises MalformedKey, which never repeats the text."""
    found = _FORM.fullmatch(text)
    if found is None or found["checksum"] != checksum(found["body"]):
        # Without the context of a match, so that no traceback carries the text.
        raise MalformedKey("The API key is malformed.")
    return KeyParts(public_id=found["public_id"], secret=found["secret"])


def checksum(body: str) -> str:
    """Return CRC-32 of `body` (ASCII) as six digits of base 62, leading zeros kept."""
    number, digits = zlib.crc32(body.encode()), ""
    for _ in range(CHECKSUM_LENGTH):
        number, digit = divmod(number, len(ALPHABET))
        digits = ALPHABET[digit] + digits
    return digits


def digest(secret: str, *, pepper: str) -> str:
    """Return what is stored of a secret: HMAC-SHA-256 under the pepper, 64 hex digits."""
    return hmac.new(pepper.encode(), secret.encode(), hashlib.sha256).hexdigest()


def same_digest(one: str, other: str) -> bool:
    """Compare two digests in a time that tells nothing about where they differ."""
    return hmac.compare_digest(one, other)


def _random(length: int) -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(length))
