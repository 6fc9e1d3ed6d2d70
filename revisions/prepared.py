"""Statements that are run again and again, whose planning takes longer than they do: the session keeps their plan."""

import sys
from collections.abc import Mapping
from typing import Any

import psycopg
from django.db import connection


class PreparingCursor(psycopg.Cursor[tuple[Any, ...]]):
    """Prepares what it executes, which Django's own can't; a session refuses it until it has a threshold."""

    def execute(self, query: Any, params: Any = None, **options: Any) -> Any:
        """Run a query."""
        if self.connection.prepare_threshold is None:
            self.connection.prepare_threshold = sys.maxsize  # nothing else is prepared
        return super().execute(query, params, prepare=True, **options)


def fetch(query: str, parameters: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """Run a query, prepared in this session, and return its rows.

    A pooler that shares sessions may not know a statement prepared in another: there it is planned each time.
    """
    connection.ensure_connection()
    shared = connection.settings_dict["DISABLE_SERVER_SIDE_CURSORS"]
    raw = (psycopg.Cursor if shared else PreparingCursor)(connection.connection)
    wrap = connection.make_debug_cursor if connection.queries_logged else connection.make_cursor
    with wrap(raw) as cursor:  # type: ignore[arg-type]  # the stubs know of no cursor but Django's
        cursor.execute(query, parameters)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows
