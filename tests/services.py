"""A PostgreSQL and a Valkey for each process that runs tests, started before Django reads its settings.

Loaded by `-p tests.services`. The processes of pytest-xdist share neither: what one's transactions hold back (the
fan-out's floor, vacuum, locks) would hold the others' tests up. `UTKORG_TEST_DATABASE_URL` names another server to use
instead of the embedded one; then one process runs all tests.
"""

import atexit
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import pytest

from config.embedded import postgres, valkey
from config.embedded.home import Home
from config.embedded.prepare import wait_for

NAMED = "UTKORG_TEST_DATABASE_URL"

# Reads the numbers of processes until whoever writes them is killed, and ends them: they'd stay for ever.
HEIR = 'while read -r number; do left="$left $number"; done; kill -QUIT $left; sleep 1; rm -rf "$0"'


class Services:
    """Embedded services of a home of their own; `stop` removes the home as well."""

    def __init__(self, **settings: str) -> None:
        self.home = Home(Path(tempfile.mkdtemp(prefix="utkorg-test-")))
        self.home.create()
        self.settings = settings
        self.processes: list[subprocess.Popen[bytes]] = []
        quiet: Any = {"stdin": subprocess.PIPE, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        self._heir = subprocess.Popen(["sh", "-c", HEIR, self.home.path], **quiet, start_new_session=True)

    def start_postgres(self) -> None:
        postgres.create_cluster(self.home)
        self._start(postgres.server_command(self.home, **self.settings), "postgres")
        wait_for("PostgreSQL", postgres.is_ready, self.home)
        postgres.create_database(self.home)

    def start_valkey(self) -> None:
        self._start(valkey.server_command(self.home), "valkey")
        wait_for("Valkey", valkey.is_ready, self.home)

    def stop(self) -> None:
        for process in self.processes:
            # SIGINT: PostgreSQL ends its clients' sessions rather than wait for them.
            process.send_signal(2)
        for process in self.processes:
            process.wait(timeout=60)
        self.processes.clear()
        self._heir.kill()
        self._heir.communicate()
        shutil.rmtree(self.home.path, ignore_errors=True)

    def _start(self, command: list[str], name: str) -> None:
        with (self.home.log / f"{name}.log").open("ab") as log:
            # A session of its own: Ctrl-C is for pytest, which then stops it in order.
            process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
        self.processes.append(process)
        assert self._heir.stdin
        self._heir.stdin.write(b"%d\n" % process.pid)
        self._heir.stdin.flush()


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Runs before pytest-django's hook of this name, which loads the settings."""
    if _hands_out(early_config):
        return
    # Only for the tests' own data: a crash of the machine may cost it, and commits are much faster.
    services = Services(fsync="off", synchronous_commit="off", full_page_writes="off", shared_buffers="128MB")
    atexit.register(services.stop)
    database = os.environ.get(NAMED)
    if not database:
        services.start_postgres()
        database = services.home.database_url
    services.start_valkey()
    os.environ |= {
        "DATABASE_URL": database,
        "CELERY_BROKER_URL": services.home.broker_url,
        "UTKORG_HOME": str(services.home.path),
    }


@pytest.hookimpl(tryfirst=True)
def pytest_xdist_auto_num_workers() -> int | None:
    """With a server that is named, one: several would wait for each other's transactions."""
    return 1 if NAMED in os.environ else None


def _hands_out(config: pytest.Config) -> bool:
    """Whether this process runs no test itself, but hands them out to processes of pytest-xdist."""
    chosen = config.known_args_namespace
    return "PYTEST_XDIST_WORKER" not in os.environ and bool(chosen.numprocesses) and not chosen.usepdb
