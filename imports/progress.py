"""How far an import has come: in the cache, since nothing of its transaction is seen before its end.

With the cache away the page shows no bar; the import goes on.
"""

import logging
import time
from dataclasses import dataclass

from django.core.cache import cache
from redis.exceptions import RedisError

from imports.models import FileImport
from ledger.importing.running import Progress

logger = logging.getLogger(__name__)

SECONDS_BETWEEN = 0.5
KEPT_SECONDS = 3600


class Cancelled(Exception):
    """Somebody wants the import to end."""


@dataclass(frozen=True)
class Reached:
    """The stage and how much of it is done, 0 to 100."""

    stage: str
    percent: int
    done: int


def reached(import_id: int) -> Reached | None:
    """How far it has come; None while nobody knows."""
    try:
        found = cache.get(_key(import_id))
    except (RedisError, OSError):
        return None
    return Reached(*found) if found else None


def forget(import_id: int) -> None:
    """The import is over."""
    try:
        cache.delete(_key(import_id))
    except (RedisError, OSError) as error:
        logger.warning("Import %s: its progress stays in the cache for an hour (%s).", import_id, error)


class Watch:
    """Hears of an import's progress, tells it twice a second, and ends it when that is asked for."""

    def __init__(self, import_id: int) -> None:
        self._import_id = import_id
        self._told = 0.0

    def __call__(self, progress: Progress) -> None:
        """Tell, if it is time. Raises `Cancelled`."""
        now = time.monotonic()
        if now - self._told < SECONDS_BETWEEN:
            return
        self._told = now
        # Committed by another meanwhile, which READ COMMITTED sees from within the import's transaction.
        if FileImport.objects.filter(pk=self._import_id, cancel_requested=True).exists():
            raise Cancelled
        try:
            found = (progress.stage, int(progress.share * 100), progress.done)
            cache.set(_key(self._import_id), found, KEPT_SECONDS)
        except (RedisError, OSError) as error:
            logger.debug("Import %s: no progress while the cache is away (%s).", self._import_id, error)


def _key(import_id: int) -> str:
    return f"import:{import_id}"
