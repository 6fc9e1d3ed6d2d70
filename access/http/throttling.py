"""How often a key may ask, and how often offices' keys may for one client, so that none starves the others.

A sliding window per key and scope, and one per client company and scope, counted across processes. The window is exact:
in no stretch of its length, wherever it begins, are more requests let through than the rate says. Refused requests
don't count, for the key as little as for the clients.
"""

import logging
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import redis
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from access.http.authentication import key_of
from access.models import KeyKind
from ledger.models import Company

if TYPE_CHECKING:
    # DRF's views read this module's class from the settings while they are being imported.
    from rest_framework.views import APIView

logger = logging.getLogger(__name__)

_SECONDS = {"s": 1, "min": 60, "h": 3600}

# A short wait: with the cache away the API goes on at nearly its usual speed.
_TIMEOUT_SECONDS = 0.25

# KEYS: for each limit the sorted set of the requests let through, by time. ARGV: a name for this
# request, then of each limit how many, and its window in microseconds. Returns 0, or the
# microseconds until the next is let through. The clock is the server's, the same for every process.
_LET_THROUGH = """
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local wait = 0
for place, key in ipairs(KEYS) do
  local limit, window = tonumber(ARGV[place * 2]), tonumber(ARGV[place * 2 + 1])
  redis.call('ZREMRANGEBYSCORE', key, '-inf', now - window)
  if redis.call('ZCARD', key) >= limit then
    local oldest = redis.call('ZRANGE', key, 0, 0, 'WITHSCORES')[2]
    wait = math.max(wait, tonumber(oldest) + window - now)
  end
end
if wait > 0 then
  return wait
end
for place, key in ipairs(KEYS) do
  redis.call('ZADD', key, string.format('%.0f', now), ARGV[1])
  redis.call('PEXPIRE', key, math.ceil(tonumber(ARGV[place * 2 + 1]) / 1000))
end
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
    """Limits a view with a `throttle_scope`: each key by `UTKORG_THROTTLE_RATES`, and all keys of offices together, for
    each client that the request names, by `UTKORG_THROTTLE_CLIENT_RATES`.
    """

    _wait: float | None = None

    def allow_request(self, request: Request, view: "APIView") -> bool:
        """Tell whether the key may ask now; a view without scope, or a scope without rate, may."""
        scope: str = getattr(view, "throttle_scope", "")
        if not scope or request.auth is None:
            return True
        self._wait = seconds_to_wait(dict(_limits(scope, request, view)))
        return self._wait is None

    def wait(self) -> float | None:
        """Return the seconds until the next request is let through, for `Retry-After`."""
        return self._wait


def _limits(scope: str, request: Request, view: "APIView") -> Iterator[tuple[str, Rate]]:
    key = key_of(request)
    if rate := settings.UTKORG_THROTTLE_RATES.get(scope):
        yield f"{scope}:{key.public_id}", Rate.parse(rate)
    if key.kind == KeyKind.OFFICE and (rate := settings.UTKORG_THROTTLE_CLIENT_RATES.get(scope)):
        for company in _clients_named(request, view):
            yield f"{scope}:client:{company}", Rate.parse(rate)


def _clients_named(request: Request, view: Any) -> Iterator[int]:
    """Yield the companies (ids) that a request names; none that the key can't see, whose others it would hinder."""
    said = request.data if request.method not in SAFE_METHODS else {}
    found = said.get("company") if isinstance(said, Mapping) else None
    in_body = found if isinstance(found, list) else [found]
    named = {view.kwargs.get("company"), *request.query_params.getlist("company"), *in_body}
    # Other texts number no company, and some of them can't be looked for.
    numbers = [number for number in named if isinstance(number, str) and number.isascii() and "\0" not in number]
    if numbers:
        visible = view.rights.visible
        for company in Company.objects.filter(number__in=numbers).values_list("pk", flat=True):
            if visible is None or company in visible:
                yield company


def seconds_to_wait(limits: Mapping[str, Rate]) -> float | None:
    """Count a request under each name; return None if every limit lets it through, else how long to wait.

    With the cache away everything is let through: a limit protects, it must not take the API down.
    """
    if not limits:
        return None
    try:
        wait = _let_through(_client(str(settings.CACHES["default"]["LOCATION"])), limits)
    except redis.RedisError as error:
        _note_outage(type(error).__name__)
        return None
    _note_outage.cache_clear()
    return math.ceil(wait / 1_000_000) if wait > 0 else None


def _let_through(client: redis.Redis, limits: Mapping[str, Rate]) -> int:
    prefix = settings.CACHES["default"].get("KEY_PREFIX", "")
    keys = [f"{prefix}:throttle:{name}" for name in limits]
    rates = [number for rate in limits.values() for number in (rate.limit, rate.seconds * 1_000_000)]
    return int(str(client.eval(_LET_THROUGH, len(keys), *keys, uuid4().hex, *rates)))


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
