"""Real backups of the test's database: taken, and put back in its place while nothing is connected."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from django.db import connection, connections
from psycopg.conninfo import make_conninfo

from config.embedded.postgres import binary
from tests.emptying import kept


class Copy:
    """A copy that the server makes of the whole database, as one of its files would be."""

    def __init__(self) -> None:
        self.name = f"{connection.settings_dict['NAME']}_backup"
        _maintain(f'drop database if exists "{self.name}"', _make(self.name, of=connection.settings_dict["NAME"]))

    def put_back(self) -> None:
        """Replace the database by the copy, which may be done again."""
        name = connection.settings_dict["NAME"]
        _maintain(f'drop database "{name}" with (force)', _make(name, of=self.name))

    def remove(self) -> None:
        """Drop the copy."""
        _maintain(f'drop database if exists "{self.name}"')


class Dump:
    """A backup by pg_dump, put back by pg_restore as operators do."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "backup.dump"
        _run("pg_dump", "--format=custom", f"--file={self.file}", connection.settings_dict["NAME"])

    def put_back(self) -> None:
        """Replace the database by what was dumped."""
        name = connection.settings_dict["NAME"]
        _maintain(f'drop database "{name}" with (force)', f'create database "{name}"')
        _run("pg_restore", "--exit-on-error", f"--dbname={name}", str(self.file))


@contextmanager
def copied() -> Iterator[Copy]:
    """A copy that is gone afterwards."""
    copy = Copy()
    try:
        yield copy
    finally:
        copy.remove()


def _make(name: str, *, of: str) -> str:
    return f'create database "{name}" template "{of}"'


def _maintain(*statements: str) -> None:
    connections.close_all()
    kept.close()
    with psycopg.connect(make_conninfo(**{**_server(), "dbname": "postgres"}), autocommit=True) as server:
        for statement in statements:
            server.execute(statement.encode())


def _run(program: str, *arguments: str) -> None:
    connections.close_all()
    server = _server()
    where = [f"--host={server['host']}", f"--username={server['user']}"]
    if server["port"]:
        where.append(f"--port={server['port']}")
    command = [binary(program), *where, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def _server() -> dict[str, Any]:
    settings = connection.settings_dict
    return {
        "user": settings["USER"] or None,
        "password": settings["PASSWORD"] or None,
        "host": settings["HOST"] or settings["OPTIONS"].get("host"),
        "port": settings["PORT"] or None,
    }
