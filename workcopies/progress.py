"""How far the making of a working copy has come: in the cache, since its snapshot writes nothing.

With the cache away nobody sees it; the work goes on.
"""

import logging

from django.core.cache import cache
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)

KEPT_SECONDS = 3600


def percent(copy_id: int) -> int | None:
    """How much of it is done, 0 to 100; None while nobody knows."""
    try:
        found: int | None = cache.get(_key(copy_id))
    except (RedisError, OSError):
        return None
    return found


def tell(copy_id: int, done: int, total: int) -> None:
    """Say how much of it is done."""
    try:
        cache.set(_key(copy_id), 100 * done // max(total, 1), KEPT_SECONDS)
    except (RedisError, OSError) as error:
        logger.debug("Working copy %s: no progress while the cache is away (%s).", copy_id, error)


def forget(copy_id: int) -> None:
    """It is over."""
    try:
        cache.delete(_key(copy_id))
    except (RedisError, OSError) as error:
        logger.warning("Working copy %s: its progress stays in the cache for an hour (%s).", copy_id, error)


def _key(copy_id: int) -> str:
    return f"working-copy:{copy_id}"
