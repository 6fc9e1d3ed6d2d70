"""How far a worker has come with what somebody waits for: in the cache, where it is seen before its transaction ends.

With the cache away the page shows no bar; the work goes on.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass

from django.core.cache import cache
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)

SECONDS_BETWEEN = 0.5
KEPT_SECONDS = 3600


class Cancelled(Exception):
    """Somebody wants the work to end."""


@dataclass(frozen=True)
class Reached:
    """The stage and how much of it is done, 0 to 100."""

    stage: str
    percent: int
    done: int


def reached(key: str) -> Reached | None:
    """How far it has come; None while nobody knows."""
    try:
        found = cache.get(key)
    except (RedisError, OSError):
        return None
    return Reached(*found) if found else None


def note(key: str, stage: str, percent: int, done: int) -> None:
    """Say how far it has come."""
    try:
        cache.set(key, (stage, percent, done), KEPT_SECONDS)
    except (RedisError, OSError) as error:
        logger.debug("%s: no progress while the cache is away (%s).", key, error)


def forget(key: str) -> None:
    """The work is over."""
    try:
        cache.delete(key)
    except (RedisError, OSError) as error:
        logger.warning("%s: its progress stays in the cache for an hour (%s).", key, error)


class Teller:
    """Tells of some work's progress twice a second, and ends it when that is asked for."""

    def __init__(self, key: str, *, is_cancelled: Callable[[], bool]) -> None:
        self._key = key
        self._is_cancelled = is_cancelled
        self._told = 0.0

    def tell(self, stage: str, percent: int, done: int) -> None:
        """Tell, if it is time. Raises `Cancelled`."""
        now = time.monotonic()
        if now - self._told < SECONDS_BETWEEN:
            return
        self._told = now
        if self._is_cancelled():
            raise Cancelled
        note(self._key, stage, percent, done)
