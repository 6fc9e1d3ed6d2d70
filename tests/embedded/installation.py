"""A whole `make run` as real processes, in a folder of its own."""

import html
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, build_opener

import psutil
from django.conf import settings

from config.embedded.home import Home

SECONDS = 120
# What the supervisor keeps alive, by a part of its command line.
PARTS = {
    "postgres": "postgres",
    "valkey": "valkey-server",
    "web": "uvicorn",
    "mail": "receive_mail",
    "bell": "bell@utkorg",
    "worker": "celery@utkorg",
    "reader": "mail@utkorg",
    "beat": "beat-schedule",
}
OF_TESTS = {"DATABASE_URL", "CELERY_BROKER_URL", "DJANGO_SETTINGS_MODULE"}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(condition: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < end, f"{what}: not within {SECONDS} seconds"
        time.sleep(0.1)


class Installation:
    """Starts, asks and kills one `make run`."""

    def __init__(self, folder: Path) -> None:
        self.home = Home(folder.resolve())
        self.port = free_port()
        self.smtp_port = free_port()
        self.output = folder.with_name(f"{folder.name[:50]}.out")
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def environment(self) -> dict[str, str]:
        inherited = {name: value for name, value in os.environ.items() if name not in OF_TESTS}
        own = {"UTKORG_HOME": str(self.home.path), "PORT": str(self.port), "SMTP_PORT": str(self.smtp_port)}
        return {**inherited, **own}

    def run(self, *, wait: bool = True) -> None:
        with self.output.open("wb") as output:
            command = [sys.executable, "-m", "config.embedded"]
            self.process = subprocess.Popen(
                command, cwd=settings.BASE_DIR, env=self.environment, stdout=output, stderr=output
            )
        if wait:
            wait_until(self.is_ready, "ready")

    def is_ready(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, self.said()
        return self.get("/healthz")[0] == 200 and "Utkorg is ready" in self.said()

    def said(self) -> str:
        return self.output.read_text(encoding="utf-8")

    def get(self, path: str, **headers: str) -> tuple[int, str]:
        """Status and body; status 0 where nobody answers."""
        try:
            request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", headers=headers)
            with urllib.request.urlopen(request, timeout=10) as response:  # noqa: S310  # the address is our own
                return response.status, response.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except OSError:
            return 0, ""

    def first_page(self) -> str:
        """The admin's first page, as the administrator sees it after signing in."""
        browser = build_opener(HTTPCookieProcessor(CookieJar()))
        address = f"http://127.0.0.1:{self.port}/admin/login/?next=/admin/"
        with browser.open(address, timeout=10) as response:
            token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', response.read().decode())
        assert token is not None
        known = self.credentials()
        form = {"username": known["admin_user"], "password": known["admin_password"], "csrfmiddlewaretoken": token[1]}
        with browser.open(address, urlencode(form).encode(), timeout=10) as response:
            return html.unescape(response.read().decode())

    def credentials(self) -> Any:
        return json.loads(self.home.credentials.read_text(encoding="utf-8"))

    def manage(self, *arguments: str) -> str:
        """A command beside it, as a person would type it; its standard output."""
        command = [sys.executable, "manage.py", *arguments]
        done = subprocess.run(
            command, cwd=settings.BASE_DIR, env=self.environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def another_run(self, **changed: str) -> tuple[int, str]:
        """Exit code and message of a second `make run`."""
        done = subprocess.run(
            [sys.executable, "-m", "config.embedded"],
            cwd=settings.BASE_DIR,
            env={**self.environment, **changed},
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        return done.returncode, done.stderr.strip()

    def part(self, name: str) -> psutil.Process | None:
        assert self.process is not None
        for child in psutil.Process(self.process.pid).children():
            with suppress(psutil.NoSuchProcess):  # it ends while it is looked at
                if PARTS[name] in " ".join(child.cmdline()):
                    return child
        return None

    def everything(self) -> list[psutil.Process]:
        assert self.process is not None
        supervisor = psutil.Process(self.process.pid)
        return [supervisor, *supervisor.children(recursive=True)]

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """End it and return the exit code."""
        assert self.process is not None
        self.process.send_signal(number)
        return self.process.wait(timeout=SECONDS)
