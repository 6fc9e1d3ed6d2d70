"""Emptying the database after what was committed: only tables that hold something, and what is delivered is put back.

Django's way takes half a second after each such test: all tables are truncated, and all apps deliver anew. A connection
that is kept for it plans its long questions once.
"""

import psycopg
from django.db import connection

# By which a test that ends sessions knows the one to spare
NAME = "emptying"

# From so many bytes on a table is truncated, not deleted from: the dead rows of many tests would add up.
LARGE = 1 << 20

KEEP = 'create table delivered."{0}" as table "{0}"'
IS_LARGE = f"""select '{{0}}' where pg_table_size('"{{0}}"') > {LARGE}"""
HOLDS_ROWS = """select '{0}' where exists (select from "{0}")"""
HOLDS_OTHERS = """select '{0}' where exists (
    (table "{0}" except all table delivered."{0}") union all (table delivered."{0}" except all table "{0}"))"""
PUT_BACK = 'insert into "{0}" table delivered."{0}"'


class Kept:
    """The connection: opened when it is needed, and closed by who needs the database for itself."""

    def __init__(self) -> None:
        self._open: psycopg.Connection | None = None

    def __call__(self) -> psycopg.Connection:
        """The connection, on which no trigger notes or guards what is put right."""
        if self._open is None or self._open.closed:
            given = connection.get_connection_params()
            where = {name: given[name] for name in ("dbname", "user", "password", "host", "port") if given.get(name)}
            self._open = psycopg.connect(**where, autocommit=True, application_name=NAME)
            self._open.execute("set session_replication_role = replica")
        return self._open

    def close(self) -> None:
        """Let the database be copied, replaced or dropped."""
        if self._open is not None:
            self._open.close()


kept = Kept()


class Delivered:
    """The rows of a database just made, with which each test begins."""

    def __init__(self) -> None:
        tables = connection.introspection.django_table_names(only_existing=True, include_views=False)
        self._large = _each(IS_LARGE, tables)
        with kept().transaction():
            self._kept = set(_names(_each(HOLDS_ROWS, tables)))
            _run("drop schema if exists delivered cascade; create schema delivered")
            _run(";".join(KEEP.format(table) for table in self._kept))
        self._changed = " union all ".join(
            (HOLDS_OTHERS if table in self._kept else HOLDS_ROWS).format(table) for table in tables
        )

    def restore(self) -> None:
        """Leave these rows, and no others."""
        try:
            self._restore()
        except psycopg.OperationalError:  # a test ended all sessions, or the server
            kept.close()
            self._restore()

    def _restore(self) -> None:
        with kept().transaction():
            for table in _names(self._large):
                _run(f'truncate "{table}" cascade')
            for table in _names(self._changed):
                _run(f'delete from "{table}"')
                if table in self._kept:
                    _run(PUT_BACK.format(table))


def _each(query: str, tables: list[str]) -> str:
    return " union all ".join(query.format(table) for table in tables)


def _run(statement: str) -> None:
    kept().execute(statement.encode())


def _names(query: str) -> list[str]:
    return [name for (name,) in kept().execute(query.encode(), prepare=True)]
