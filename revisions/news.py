"""The news that rows are queued: published after a fan-out's commit, heard by every web process with waiting clients.

Carried by the broker's publish/subscribe. News that is lost costs a waiting client a second, never a row.
"""

import logging
from collections.abc import Collection

import redis

from revisions import broker

logger = logging.getLogger(__name__)

CHANNEL = "utkorg:queued"


def publish(subscriptions: Collection[int]) -> None:
    """Tell those who wait for these subscriptions (ids) to look again."""
    if not subscriptions:
        return
    try:
        broker.client().publish(CHANNEL, ",".join(str(number) for number in sorted(subscriptions)))
    except (redis.RedisError, OSError) as error:
        logger.warning("Waiting clients were not woken; they look by themselves: %s", error)
