"""The news that rows are queued: published after a fan-out's commit, heard by every web process with waiting clients.

Carried by the broker's publish/subscribe. News that is lost costs a waiting client a second, never a row.
"""

import logging
from collections.abc import Collection
from functools import cache

import redis
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry

logger = logging.getLogger(__name__)

CHANNEL = "utkorg:queued"


@cache
def _client() -> redis.Redis:
    return redis.Redis.from_url(
        str(settings.CACHES["default"]["LOCATION"]),
        socket_connect_timeout=1,
        socket_timeout=1,
        # Once, for a pooled connection that the server has closed; its default waits for seconds.
        retry=Retry(NoBackoff(), retries=1),
    )


def publish(subscriptions: Collection[int]) -> None:
    """Tell those who wait for these subscriptions (ids) to look again."""
    if not subscriptions:
        return
    try:
        _client().publish(CHANNEL, ",".join(str(number) for number in sorted(subscriptions)))
    except (redis.RedisError, OSError) as error:
        logger.warning("Waiting clients were not woken; they look by themselves: %s", error)
