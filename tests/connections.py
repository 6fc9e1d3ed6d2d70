"""Connections beside the test's own: other programs, and threads that work at the same time."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, TypeVar

import psycopg
from django.db import connection, connections

Result = TypeVar("Result")


def connect(**options: Any) -> psycopg.Connection[tuple[Any, ...]]:
    """A connection of another program to the test's database."""
    settings = connection.settings_dict
    return psycopg.connect(
        dbname=settings["NAME"],
        user=settings["USER"] or None,
        password=settings["PASSWORD"] or None,
        host=settings["HOST"] or settings["OPTIONS"].get("host"),
        port=settings["PORT"] or None,
        **options,
    )


@contextmanager
def other_program() -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
    """A connection of another program; what it wrote is committed at the end."""
    program = connect()
    try:
        yield program
        program.commit()
    finally:
        program.close()


class Together(ThreadPoolExecutor):
    """Threads, each with a Django connection of its own that is closed after each piece of work."""

    def __init__(self, workers: int = 8) -> None:
        super().__init__(max_workers=workers)

    def start(self, work: Callable[..., Result], *args: Any, **kwargs: Any) -> "Future[Result]":
        """Start a piece of work in a thread."""
        return self.submit(self._in_thread, work, *args, **kwargs)

    @staticmethod
    def _in_thread(work: Callable[..., Result], *args: Any, **kwargs: Any) -> Result:
        try:
            return work(*args, **kwargs)
        finally:
            connections.close_all()


def wait_until(condition: Callable[[], object], *, seconds: float = 10) -> None:
    """Wait until a condition holds; fails after a while."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.005)


def waiters() -> int:
    """How many sessions of this database wait for a lock."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
        )
        (count,) = cursor.fetchone()
    return int(count)


class Gate:
    """A place where a thread waits until the test lets it go on."""

    def __init__(self) -> None:
        self._reached, self._open = threading.Event(), threading.Event()

    def wait(self) -> None:
        """Called by the thread: say that it is here, and wait."""
        self._reached.set()
        assert self._open.wait(10), "nobody opened the gate"

    def await_arrival(self) -> None:
        """Called by the test: wait until the thread is here."""
        assert self._reached.wait(10), "nobody came to the gate"

    def open(self) -> None:
        """Called by the test: let the thread go on."""
        self._open.set()
