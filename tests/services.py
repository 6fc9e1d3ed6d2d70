"""A PostgreSQL and a Valkey for the tests alone, started once, before Django reads its settings.

Loaded by `-p tests.services`. The processes of pytest-xdist inherit the addresses through the environment.
`UTKORG_TEST_DATABASE_URL` names another server to use instead of the embedded one.
"""

import atexit
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from config.embedded import postgres, valkey
from config.embedded.home import Home
from config.embedded.prepare import wait_for

STARTED = "UTKORG_TEST_SERVICES"


class Services:
    """Embedded services of a home of their own; `stop` removes the home as well."""

    def __init__(self, **settings: str) -> None:
        self.home = Home(Path(tempfile.mkdtemp(prefix="utkorg-test-")))
        self.home.create()
        self.settings = settings
        self.processes: list[subprocess.Popen[bytes]] = []

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
        shutil.rmtree(self.home.path, ignore_errors=True)

    def _start(self, command: list[str], name: str) -> None:
        with (self.home.log / f"{name}.log").open("ab") as log:
            # A session of its own: Ctrl-C is for pytest, which then stops it in order.
            self.processes.append(subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True))


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests() -> None:
    """Runs before pytest-django's hook of this name, which loads the settings."""
    if STARTED in os.environ:
        return
    # Only for the tests' own data: a crash of the machine may cost it, and commits are much faster.
    services = Services(fsync="off", synchronous_commit="off", full_page_writes="off")
    atexit.register(services.stop)
    database = os.environ.get("UTKORG_TEST_DATABASE_URL")
    if not database:
        services.start_postgres()
        database = services.home.database_url
    services.start_valkey()
    os.environ |= {
        STARTED: str(services.home.path),
        "DATABASE_URL": database,
        "CELERY_BROKER_URL": services.home.broker_url,
        "UTKORG_HOME": str(services.home.path),
    }
