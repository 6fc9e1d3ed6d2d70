"""Names of writes, which sort by time: so rows are added at the end of the index, and old ones are a range."""

import secrets
from datetime import datetime
from uuid import UUID

RANDOM_BITS = 80


def uid_at(moment: datetime) -> UUID:
    """A new name for a write of a moment."""
    return UUID(int=_milliseconds(moment) << RANDOM_BITS | secrets.randbits(RANDOM_BITS))


def first_uid_of(moment: datetime) -> UUID:
    """The lowest name that a write of a moment may have."""
    return UUID(int=_milliseconds(moment) << RANDOM_BITS)


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
