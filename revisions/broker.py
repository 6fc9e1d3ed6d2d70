"""The broker as the outbox uses it beside Celery's queues: for news, and for the mark of how far the database came."""

from functools import cache

import redis
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry


@cache
def client() -> redis.Redis:
    """A client that gives up soon: nothing of the outbox waits for the broker."""
    return redis.Redis.from_url(
        str(settings.CACHES["default"]["LOCATION"]),
        socket_connect_timeout=1,
        socket_timeout=1,
        # Once, for a pooled connection that the server has closed; its default waits for seconds.
        retry=Retry(NoBackoff(), retries=1),
    )
