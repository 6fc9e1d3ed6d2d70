"""A run from outside: services and databases of its own, the measuring process, and nothing left behind."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg

from config.bench.sizes import Sizes
from config.embedded import postgres, valkey
from config.embedded.home import PROJECT, Home
from config.embedded.prepare import wait_for

SECONDS_TO_STOP = 60
COPIES = ("backlog", "little", "much")


class BenchFailed(Exception):
    """The measuring process ended early; it has said why."""


def run(sizes: Sizes, *, database_url: str | None = None) -> list[dict[str, Any]]:
    """Measure everything; progress goes to standard error. `database_url` names a server to use, else one is started.

    Returns the figures as CONTRACT's JSON has them.
    """
    with contextlib.ExitStack() as stack:
        home = stack.enter_context(_home())
        server = database_url or stack.enter_context(_postgres(home))
        stack.enter_context(_running(valkey.server_command(home), home, "valkey"))
        wait_for("Valkey", valkey.is_ready, home)
        return _measured(sizes, home, stack.enter_context(_database(server)))


def _measured(sizes: Sizes, home: Home, database_url: str) -> list[dict[str, Any]]:
    environment = {**os.environ, **_environment(home, database_url)}
    # The measuring process works alone; a pool would keep sessions open that it has closed.
    environment.pop("DATABASE_POOL_SIZE", None)
    subprocess.run([sys.executable, "manage.py", "migrate", "-v0"], env=environment, cwd=PROJECT, check=True)
    result = home.path / "figures.json"
    command = [sys.executable, "-m", "config.bench", sizes.as_json(), str(result)]
    # A group of its own: whatever it started ends with it.
    process = subprocess.Popen(command, env=environment, cwd=PROJECT, start_new_session=True)
    try:
        code = process.wait()
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        process.wait()
    if code:
        raise BenchFailed(f"The measuring process ended with {code}.")
    figures: list[dict[str, Any]] = json.loads(result.read_text(encoding="utf-8"))
    return figures


def _environment(home: Home, database_url: str) -> dict[str, str]:
    unlimited = {
        f"THROTTLE_{scope}": "1000000/s" for scope in ("PENDING", "REVISIONS", "RECEIPTS", "REGISTERS", "TIME", "LOGIN")
    }
    return {
        "DATABASE_URL": database_url,
        "CELERY_BROKER_URL": home.broker_url,
        "UTKORG_HOME": str(home.path),
        "DJANGO_SETTINGS_MODULE": "config.settings.local",
        "LOG_LEVEL": "WARNING",
        **unlimited,
    }


@contextlib.contextmanager
def _home() -> Iterator[Home]:
    home = Home(Path(tempfile.mkdtemp(prefix="utkorg-bench-")))
    home.create()
    home.static.mkdir()
    try:
        yield home
    finally:
        shutil.rmtree(home.path, ignore_errors=True)


@contextlib.contextmanager
def _postgres(home: Home) -> Iterator[str]:
    postgres.create_cluster(home)
    with _running(postgres.server_command(home), home, "postgres"):
        wait_for("PostgreSQL", postgres.is_ready, home)
        postgres.create_database(home)
        yield home.database_url


@contextlib.contextmanager
def _database(server: str) -> Iterator[str]:
    """A database of this run's own on the server, dropped afterwards with its copies."""
    name = f"utkorg_bench_{os.getpid()}"
    with psycopg.connect(server, autocommit=True) as session:
        session.execute(f'create database "{name}"'.encode())
        try:
            yield urlunsplit(urlsplit(server)._replace(path=f"/{name}"))
        finally:
            for database in (name, *(f"{name}_{purpose}" for purpose in COPIES)):
                session.execute(f'drop database if exists "{database}" with (force)'.encode())


@contextlib.contextmanager
def _running(command: list[str], home: Home, name: str) -> Iterator[None]:
    with (home.log / f"{name}.log").open("ab") as log:
        # A session of its own: Ctrl-C is for this process, which then stops it in order.
        process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
    try:
        yield
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=SECONDS_TO_STOP)
