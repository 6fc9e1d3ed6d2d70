"""The processes of a run: the web server, the bell's worker, and a worker for the empty task."""

import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator

from config.bench import tasks
from config.embedded.announce import answers
from config.embedded.home import PROJECT, utkorg_home
from config.embedded.launch import celery

SECONDS_TO_START = 60
SECONDS_TO_STOP = 15


@contextlib.contextmanager
def programs(database_url: str) -> Iterator[int]:
    """Run them on a database; yields the web server's port."""
    port = free_port()
    environment = {**os.environ, "DATABASE_URL": database_url, "PORT": str(port)}
    launch = [sys.executable, "-m", "config.embedded.launch"]
    empty = [part.replace("config.celery", tasks.__name__) for part in celery()]
    quiet = ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    commands = {
        "web": [*launch, "web"],
        "bell": [*launch, "bell"],
        "empty": [*empty, "worker", "--hostname", "empty@bench", "--queues", tasks.QUEUE, "--pool=solo", *quiet],
    }
    with contextlib.ExitStack() as running:
        for name, command in commands.items():
            running.enter_context(process(name, command, environment))
        _wait_for(port)
        yield port


@contextlib.contextmanager
def process(name: str, command: list[str], environment: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """Run a program, whose output goes to a log."""
    with (utkorg_home().log / f"{name}.log").open("ab") as log:
        program = subprocess.Popen(command, env=environment, cwd=PROJECT, stdout=log, stderr=log)
    try:
        yield program
    finally:
        program.terminate()
        try:
            program.wait(SECONDS_TO_STOP)
        except subprocess.TimeoutExpired:
            program.kill()
            program.wait()


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_for(port: int) -> None:
    end = time.monotonic() + SECONDS_TO_START
    while not answers(f"http://127.0.0.1:{port}/healthz"):
        if time.monotonic() > end:
            raise RuntimeError(f"The web server does not answer after {SECONDS_TO_START} seconds.")
        time.sleep(0.1)
    tasks.app.send_task("bench.empty", queue=tasks.QUEUE).get(timeout=SECONDS_TO_START)
