"""The databases of a run, copies of one that are filled for some purpose, and which of them Django speaks to."""

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

import psycopg
from django.db import connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper

Parameters = Mapping[str, Any] | Sequence[Any]
Purpose = Literal["backlog", "little", "much"]


def execute(statement: str, parameters: Parameters | None = None) -> None:
    """Run a statement that answers nothing."""
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)


def scalar(query: str, parameters: Parameters | None = None) -> Any:
    """Return the first column of the first row."""
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        return cursor.fetchone()[0]


class Copy:
    """A copy of the run's database. Both keep their connections, so that turning costs nothing."""

    def __init__(self, purpose: Purpose) -> None:
        self._name: str = connection.settings_dict["NAME"]
        self.name = f"{self._name}_{purpose}"
        self._wrapper: BaseDatabaseWrapper | None = None

    def create(self) -> None:
        """Copy the database as it is now."""
        connection.close()
        with psycopg.connect(**{**connection.get_connection_params(), **self._maintenance()}) as session:
            session.autocommit = True
            # A template may have no other session; those of ended programs take a moment to go.
            session.execute("select pg_terminate_backend(pid) from pg_stat_activity where datname = %s", [self._name])
            session.execute(f'create database "{self.name}" template "{self._name}"'.encode())

    @contextlib.contextmanager
    def used(self) -> Iterator[None]:
        """Speak to the copy."""
        plain = connections["default"]
        connections["default"] = self._copy()
        try:
            yield
        finally:
            connections["default"] = plain

    def _copy(self) -> BaseDatabaseWrapper:
        if self._wrapper is None:
            self._wrapper = connections.create_connection("default")
            self._wrapper.settings_dict = {**self._wrapper.settings_dict, "NAME": self.name}
        return self._wrapper

    def _maintenance(self) -> dict[str, Any]:
        return {"dbname": "postgres", "cursor_factory": psycopg.Cursor}
