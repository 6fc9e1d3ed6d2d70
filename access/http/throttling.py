"""How often a key may ask: a sliding window per key and scope, counted across processes.

The window is exact: in no stretch of its length, wherever it begins, are more requests let
through than the rate says. Refused requests don't count.
"""

import logging
import math
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING
from uuid import uuid4

import redis
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from access.http.authentication import key_of

if TYPE_CHECKING:
    # DRF's views read this module's class from the settings while they are being imported.
    from rest_framework.views import APIView

logger = logging.getLogger(__name__)

_SECONDS = {"s": 1, "min": 60, "h": 3600}

# A short wait: with the cache away the API goes on at nearly its usual speed.
_TIMEOUT_SECONDS = 0.25

# KEYS[1]: the sorted set of the requests let through, by time. ARGV: limit, window in
# microseconds, a name for this request. Returns 0, or the microseconds until the next is let
# through. The clock is the server's, the same for every process.
_LET_THROUGH = """
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local limit, window = tonumber(ARGV[1]), tonumber(ARGV[2])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - window)
if redis.call('ZCARD', KEYS[1]) >= limit then
  local oldest = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')[2]
  return tonumber(oldest) + window - now
end
redis.call('ZADD', KEYS[1], string.format('%.0f', now), ARGV[3])
redis.call('PEXPIRE', KEYS[1], math.ceil(window / 1000))
return 0
"""


@dataclass(frozen=True)
class Rate:
    """At most `limit` requests in any `seconds`."""

    limit: int
    seconds: int

    @classmethod
    def parse(cls, text: str) -> "Rate":
        """Read ``5/s``, ``60/min`` or ``1000/h``; raises ValueError for anything else."""
        limit, _slash, unit = text.partition("/")
        if unit not in _SECONDS or not limit.isdecimal() or int(limit) == 0:
            raise ValueError(f"{text!r} is not a rate such as 5/s, 60/min or 1000/h.")
        return cls(limit=int(limit), seconds=_SECONDS[unit])


class KeyThrottle(BaseThrottle):
    """Limits a view with a `throttle_scope` to the scope's rate in `UTKORG_THROTTLE_RATES`."""

    _wait: float | None = None

    def allow_request(self, request: Request, view: "APIView") -> bool:
        """Tell whether the key may ask now; a view without scope, or a scope without rate, may."""
        scope: str = getattr(view, "throttle_scope", "")
        rate = settings.UTKORG_THROTTLE_RATES.get(scope)
        if not rate or request.auth is None:
            return True
        self._wait = seconds_to_wait(Rate.parse(rate), name=f"{scope}:{key_of(request).public_id}")
        return self._wait is None

    def wait(self) -> float | None:
        """Return the seconds until the next request is let through, for `Retry-After`."""
        return self._wait


def seconds_to_wait(rate: Rate, *, name: str) -> float | None:
    """Count a request under `name`; return None if it is let through, else how long to wait.

    With the cache away everything is let through: a limit protects, it must not take the API down.
    """
    try:
        wait = _let_through(_client(str(settings.CACHES["default"]["LOCATION"])), rate, name)
    except redis.RedisError as error:
        _note_outage(type(error).__name__)
        return None
    _note_outage.cache_clear()
    return math.ceil(wait / 1_000_000) if wait > 0 else None


def _let_through(client: redis.Redis, rate: Rate, name: str) -> int:
    prefix = settings.CACHES["default"].get("KEY_PREFIX", "")
    key = f"{prefix}:throttle:{name}"
    arguments = (rate.limit, rate.seconds * 1_000_000, uuid4().hex)
    return int(str(client.eval(_LET_THROUGH, 1, key, *arguments)))


@lru_cache(maxsize=8)
def _client(url: str) -> redis.Redis:
    """Return the client for a cache; it is thread-safe and pools its connections."""
    return redis.Redis.from_url(
        url,
        socket_timeout=_TIMEOUT_SECONDS,
        socket_connect_timeout=_TIMEOUT_SECONDS,
        # Once, for a pooled connection that the server has closed; its default waits for seconds.
        retry=Retry(NoBackoff(), retries=1),
    )


@lru_cache(maxsize=1)
def _note_outage(kind: str) -> None:
    """Log an outage once until the cache answers again."""
    logger.warning("Throttling is off while the cache is away (%s).", kind)
