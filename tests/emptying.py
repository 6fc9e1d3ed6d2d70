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


class Delivered:
    """The rows of a database just made, with which each test begins."""

    def __init__(self) -> None:
        tables = connection.introspection.django_table_names(only_existing=True, include_views=False)
        self._open()
        self._large = _each(IS_LARGE, tables)
        self._kept = set(self._names(_each(HOLDS_ROWS, tables)))
        with self._connection.transaction():
            self._run("drop schema if exists delivered cascade; create schema delivered")
            self._run(";".join(KEEP.format(table) for table in self._kept))
        self._changed = " union all ".join(
            (HOLDS_OTHERS if table in self._kept else HOLDS_ROWS).format(table) for table in tables
        )

    def restore(self) -> None:
        """Leave these rows, and no others."""
        try:
            self._restore()
        except psycopg.OperationalError:  # a test ended all sessions, or the server
            self._open()
            self._restore()

    def close(self) -> None:
        """Let the database be dropped."""
        self._connection.close()

    def _open(self) -> None:
        given = connection.get_connection_params()
        named = {key: given[key] for key in ("dbname", "user", "password", "host", "port") if given.get(key)}
        self._connection = psycopg.connect(**named, autocommit=True, application_name=NAME)
        self._run("set session_replication_role = replica")  # no trigger notes or guards what is put right

    def _restore(self) -> None:
        with self._connection.transaction():
            for table in self._names(self._large):
                self._run(f'truncate "{table}" cascade')
            for table in self._names(self._changed):
                self._run(f'delete from "{table}"')
                if table in self._kept:
                    self._run(PUT_BACK.format(table))

    def _run(self, statement: str) -> None:
        self._connection.execute(statement)  # type: ignore[arg-type]  # made of the models' own names

    def _names(self, query: str) -> list[str]:
        found = self._connection.execute(query, prepare=True)  # type: ignore[arg-type]  # made of the models' own names
        return [name for (name,) in found]


def _each(query: str, tables: list[str]) -> str:
    return " union all ".join(query.format(table) for table in tables)
