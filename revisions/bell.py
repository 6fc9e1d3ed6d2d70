"""The bell: a writer says 'there is something', once per transaction and without saying what. Losing one loses nothing.

Many bells are one pass of work: while one hangs in the cache no other is rung, and the pass takes it down before it
looks. With the broker down a writer tries once and then leaves it alone for a while; the sweep finds the change.
"""

import logging
import time
from collections.abc import Callable

from celery import current_app
from django.core.cache import cache
from django.db import connection, transaction
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)

BELL = "revisions:bell"
TASK = "revisions.tasks.fan_out"
HANGS_SECONDS = 1
LEAVE_ALONE_SECONDS = 5


class _Broker:
    """Whether the broker is worth asking, as this process last found it."""

    left_alone_until = 0.0


def ring_on_commit() -> None:
    """Ring when the transaction commits; once, however often it is asked for."""
    if not any(entry[1] is ring for entry in connection.run_on_commit):
        transaction.on_commit(ring, robust=True)


def ring() -> None:
    """Ask for a pass of the fan-out, unless one is asked for already."""
    _unless_broker_is_down(_ask_for_pass)


def take_down() -> None:
    """Let the next writer ring again; before the pass looks, so that nothing falls between."""
    _unless_broker_is_down(lambda: cache.delete(BELL))


def _ask_for_pass() -> None:
    if cache.add(BELL, 1, timeout=HANGS_SECONDS):
        current_app.send_task(TASK, queue="bell", retry=False, expires=60)


def _unless_broker_is_down(ask: Callable[[], object]) -> None:
    if time.monotonic() < _Broker.left_alone_until:
        return
    try:
        ask()
    except (RedisError, OperationalError, OSError) as error:
        _Broker.left_alone_until = time.monotonic() + LEAVE_ALONE_SECONDS
        logger.warning("The broker does not answer; the sweep will find what changed: %s", error)
