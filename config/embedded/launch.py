"""What the supervisor starts, by name: `python -m config.embedded.launch NAME`. Becomes that program."""

import os
import sys
from collections.abc import Callable

from config.embedded import postgres, valkey
from config.embedded.home import PROJECT, Home, utkorg_home


def web(_home: Home) -> list[str]:
    # Who waits for news may be cut off when the server stops: half a minute is long to wait for Ctrl-C.
    options = ["--timeout-graceful-shutdown", "3", "--no-server-header", "--no-proxy-headers"]
    address = ["--host", "127.0.0.1", "--port", os.environ["PORT"]]
    return [sys.executable, "-m", "uvicorn", "config.asgi:application", *address, *options]


def celery(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "celery", "-A", "config.celery", *arguments]


def worker(name: str, *arguments: str) -> list[str]:
    """A worker without the chatter that only many workers need."""
    quiet = ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    return celery("worker", "--hostname", f"{name}@utkorg", "--queues", name, *quiet, *arguments)


def manage(command: str) -> list[str]:
    return [sys.executable, str(PROJECT / "manage.py"), command, "--skip-checks"]


PROGRAMS: dict[str, Callable[[Home], list[str]]] = {
    "postgres": postgres.server_command,
    "valkey": valkey.server_command,
    "web": web,
    "mail": lambda _home: manage("receive_mail"),
    "mailboxes": lambda _home: manage("read_mailboxes"),
    "bell": lambda _home: worker("bell", "--pool=solo", "--prefetch-multiplier=1"),
    "worker": lambda _home: worker("celery", "--concurrency=2", "--prefetch-multiplier=1"),
    # Two messages at once, in one process: each is read in a child of its own anyway.
    "reader": lambda _home: worker("mail", "--pool=threads", "--concurrency=2", "--prefetch-multiplier=1"),
    "beat": lambda home: celery("beat", "--pidfile=", "--schedule", str(home.path / "beat-schedule")),
    "prepare": lambda _home: [sys.executable, "-m", "config.embedded.prepare"],
    "announce": lambda _home: [sys.executable, "-m", "config.embedded.announce"],
}


def main() -> None:
    command = PROGRAMS[sys.argv[1]](utkorg_home())
    os.execvp(command[0], command)  # noqa: S606  # that it is one program and no shell is the point


if __name__ == "__main__":
    main()
