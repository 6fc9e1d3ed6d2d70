"""Real processes beside the tests: a broker of their own, Celery workers and beat, and scripts; all can be killed."""

import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from django.db import connection

from tests.services import Services

ROOT = Path(__file__).resolve().parents[2]


class Installation:
    """Programs on the test's database, with a broker of their own; `environment` adds to theirs. Ends with everything
    stopped."""

    def __init__(self, **environment: str) -> None:
        self.services = Services()
        self.environment = environment
        self.programs: list[subprocess.Popen[str]] = []

    def __enter__(self) -> "Installation":
        self.services.start_valkey()
        return self

    def __exit__(self, *_error: object) -> None:
        for program in self.programs:
            if program.poll() is None:
                program.kill()
            program.wait()
            if program.stdout:
                program.stdout.close()
        self.services.stop()

    def start(self, name: str) -> subprocess.Popen[str]:
        """Start one of the programs that `make run` supervises."""
        with (self.services.home.log / f"{name}.log").open("a") as log:
            return self._start([sys.executable, "-m", "config.embedded.launch", name], log.fileno())

    def script(self, source: str) -> subprocess.Popen[str]:
        """Start a Python script with Django set up; its output can be read."""
        return self._start([sys.executable, "-c", f"import django; django.setup()\n{source}"], subprocess.PIPE)

    def kill_broker(self) -> None:
        """Kill -9 the broker."""
        broker = self.services.processes.pop()
        broker.kill()
        broker.wait()

    def restart_broker(self) -> None:
        """Start it again on what it left on disk."""
        self.services.start_valkey()

    def _start(self, command: list[str], output: int) -> subprocess.Popen[str]:
        program = subprocess.Popen(
            command, cwd=ROOT, env=self._environment(), stdout=output, stderr=subprocess.STDOUT, text=True
        )
        self.programs.append(program)
        return program

    def _environment(self) -> dict[str, str]:
        home = self.services.home
        database = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}")
        return os.environ | {
            "DJANGO_SETTINGS_MODULE": "config.settings.test",
            "DATABASE_URL": urlunsplit(database),
            "CELERY_BROKER_URL": home.broker_url,
            "UTKORG_HOME": str(home.path),
            **self.environment,
        }
