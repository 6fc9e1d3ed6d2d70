"""A preview gives way: it writes what a check-in would, only to take it all back, and nobody is to wait for that."""

import time

from django.db import connection

SECONDS_BETWEEN_LOOKS = 0.1
# Well below the server's deadlock_timeout: else a deadlock with a preview may end whoever writes in earnest.
MILLISECONDS_OF_WAITING = 200
SOMEBODY_WAITS = """
    select exists (select from pg_locks where not granted and pg_backend_pid() = any(pg_blocking_pids(pid)))
"""


class GaveWay(Exception):
    """Somebody waited for what a preview held."""


class GivingWay:
    """Asks now and then whether somebody waits, and ends the preview then."""

    def __init__(self) -> None:
        self._looked = time.monotonic()

    def look(self) -> None:
        """Ask, if it is time. Raises `GaveWay`."""
        now = time.monotonic()
        if now - self._looked >= SECONDS_BETWEEN_LOOKS:
            self._looked = now
            if somebody_waits():
                raise GaveWay


def somebody_waits() -> bool:
    """Whether another connection waits for a lock that this one holds."""
    with connection.cursor() as cursor:
        cursor.execute(SOMEBODY_WAITS)
        return bool(cursor.fetchone()[0])


def wait_little() -> None:
    """Give up soon, until the transaction's or savepoint's end, where others hold what is wanted."""
    with connection.cursor() as cursor:
        cursor.execute(f"set local lock_timeout = {MILLISECONDS_OF_WAITING}")
