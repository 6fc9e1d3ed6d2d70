"""Threads that use the database on behalf of an event loop, each with a connection of its own."""

import asyncio
import contextlib
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from django.db import close_old_connections, connections

Result = TypeVar("Result")

SECONDS_TO_CLOSE = 5


class DatabaseThreads:
    """A few threads; a connection that the database has ended is replaced before the next piece of work."""

    def __init__(self, name: str, count: int) -> None:
        self._count = count
        self._pool = ThreadPoolExecutor(count, thread_name_prefix=name)

    async def run(self, work: Callable[[], Result]) -> Result:
        """Do a piece of work in one of them. Who is cancelled meanwhile doesn't end it."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, _with_connection, work)

    def close(self) -> None:
        """Close their connections, once their work is done."""
        together = threading.Barrier(self._count)
        for _thread in range(self._count):
            self._pool.submit(_close, together)
        self._pool.shutdown()


def _with_connection(work: Callable[[], Result]) -> Result:
    close_old_connections()
    try:
        return work()
    finally:
        close_old_connections()


def _close(together: threading.Barrier) -> None:
    connections.close_all()
    with contextlib.suppress(threading.BrokenBarrierError):
        together.wait(SECONDS_TO_CLOSE)  # so that each of them comes here, and none twice
