"""`make run`: everything on this machine, in the foreground, until Ctrl-C."""

import fcntl
import os
import socket
import sys
from typing import IO

from config.embedded import postgres
from config.embedded.exceptions import AlreadyRunning, EmbeddedError, PortInUse, UnsafeFolder
from config.embedded.home import PROJECT, Home, utkorg_home
from config.embedded.leftovers import MARK, end_leftovers
from config.embedded.secret_values import kept_secret
from config.embedded.supervision import supervise

INTERRUPTED = 130
MAIL_PORT = "2525"


def lock(home: Home, port: int) -> IO[str]:
    """Hold the home for this process's life, or tell who holds it. The kernel lets go even after a kill -9."""
    file = home.lock.open("a+", encoding="utf-8")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.seek(0)
        raise AlreadyRunning(
            f"make run already runs with {home.path} ({file.read().strip() or 'starting'}). "
            "Stop it, or give this one another UTKORG_HOME and PORT."
        ) from None
    file.truncate(0)
    file.write(f"process {os.getpid()}, http://127.0.0.1:{port}")
    file.flush()
    return file


def check_port(port: int, name: str = "PORT") -> None:
    """Find a busy port now, with a clear message, rather than in a log later."""
    try:
        bound(port)
    except OSError as error:
        raise PortInUse(f"port {port} cannot be used ({error.strerror}): free it, or choose another {name}") from None


def bound(port: int) -> int:
    """The port, if it can be listened on; for 0 one that can. Raises OSError."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", port))
        found: int = probe.getsockname()[1]
        return found


def port_from_environment(name: str = "PORT", default: str = "8000") -> int:
    text = os.environ.get(name) or default
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise PortInUse(f"{name} must be a number from 1 to 65535, not {text!r}")
    return int(text)


def mail_port(port: int) -> int:
    """Where mail is received. A port that nobody asked for is no reason not to start beside another `make run`."""
    chosen = port_from_environment("SMTP_PORT", MAIL_PORT)
    if chosen == port:
        raise PortInUse(f"port {port} cannot be used for the web and for mail: choose another SMTP_PORT")
    if os.environ.get("SMTP_PORT"):
        check_port(chosen, "SMTP_PORT")
        return chosen
    try:
        return bound(chosen)
    except OSError:
        other = bound(0)
        print(f"Port {chosen} is busy, so mail is received on port {other}; SMTP_PORT chooses another.", flush=True)
        return other


def check_paths(*paths: str) -> None:
    """The supervisor's configuration takes every path but these."""
    for path in paths:
        if "%" in path or '"' in path:
            raise UnsafeFolder(f"{path} has a per cent sign or a quotation mark: choose a folder without")


def set_environment(home: Home, port: int, smtp_port: int) -> None:
    """What the supervised programs and the supervisor's configuration read."""
    os.environ.update(
        {
            "UTKORG_HOME": str(home.path),
            "UTKORG_PROJECT": str(PROJECT),
            "UTKORG_PYTHON": sys.executable,
            "UTKORG_READY_FILE": str(home.credentials),
            "PORT": str(port),
            "SMTP_HOST": "127.0.0.1",
            "SMTP_PORT": str(smtp_port),
            "PYTHONUNBUFFERED": "1",
            "DJANGO_SETTINGS_MODULE": "config.settings.local",
            MARK: str(home.path),
        }
    )


def run() -> int:
    home, port = utkorg_home(), port_from_environment()
    # Logs may show what people did: nobody else reads what is written here.
    os.umask(0o077)
    check_paths(str(home.path), str(PROJECT), sys.executable)
    home.create()
    with lock(home, port):
        if ended := end_leftovers(home):
            print(f"Ended {ended} processes that an earlier run left behind.", flush=True)
        check_port(port)
        set_environment(home, port, mail_port(port))
        for name in ("secret_key", "api_key_pepper"):
            kept_secret(home, name)
        print("Starting; the first time takes a little longer …", flush=True)
        postgres.create_cluster(home)
        return supervise(home)


def main() -> None:
    try:
        sys.exit(run())
    except EmbeddedError as error:
        sys.exit(f"make run: {error}")
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)


if __name__ == "__main__":
    main()
