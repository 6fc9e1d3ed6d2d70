"""The connection. Django looks for it by this module's name."""

import sqlite3
from typing import Any

from django.apps import apps
from django.db.backends.sqlite3 import base

from workcopies.sqlite.functions import register
from workcopies.sqlite.operations import DatabaseOperations

# How long to wait for another program that writes the file
BUSY_MILLISECONDS = 5_000

SAFE = (
    "pragma trusted_schema = off",
    "pragma cell_size_check = on",
    "pragma temp_store = memory",
    f"pragma busy_timeout = {BUSY_MILLISECONDS}",
)
DURABLE = ("pragma journal_mode = delete", "pragma synchronous = full")


class DatabaseWrapper(base.DatabaseWrapper):
    display_name = "a working copy"
    ops_class = DatabaseOperations

    data_types = {**base.DatabaseWrapper.data_types, "DecimalField": "text"}
    # Django's leave all letters but a to z as they are: who looks for "åkeri" is to find "Åkeri".
    operators = {
        **base.DatabaseWrapper.operators,
        **dict.fromkeys(("iexact", "icontains", "istartswith", "iendswith"), "LIKE UTKORG_UPPER(%s) ESCAPE '\\'"),
    }
    pattern_ops = {
        name: pattern.replace("UPPER(", "UTKORG_UPPER(") for name, pattern in base.DatabaseWrapper.pattern_ops.items()
    }

    def get_connection_params(self) -> dict[str, Any]:
        """Without the module's own readers of dates, which would stop at one that is none."""
        return {**super().get_connection_params(), "detect_types": 0}

    def get_new_connection(self, conn_params: dict[str, Any]) -> sqlite3.Connection:
        """Connect, trusting nothing that the file says."""
        connection: sqlite3.Connection = super().get_new_connection(conn_params)
        connection.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
        connection.text_factory = _text
        register(connection)
        for statement in SAFE if self.is_read_only else (*SAFE, *DURABLE):
            connection.execute(statement)
        return connection

    def init_connection_state(self) -> None:
        """Put empty tables in the place of those that the file lacks; they are this connection's own."""
        super().init_connection_state()
        connection = self.connection
        there = {name for (name,) in connection.execute("select name from sqlite_schema where type = 'table'")}
        for model in apps.get_models(include_auto_created=True):
            if model._meta.managed and not model._meta.proxy and model._meta.db_table not in there:
                columns = ", ".join(self._columns(model))
                connection.execute(f"create temp table {self.ops.quote_name(model._meta.db_table)} ({columns})")
                there.add(model._meta.db_table)

    @property
    def is_read_only(self) -> bool:
        """Whether the file can't be written."""
        return "mode=ro" in str(self.settings_dict["NAME"])

    def _columns(self, model: Any) -> list[str]:
        return [
            self.ops.quote_name(field.column) + (" integer primary key autoincrement" if field.primary_key else "")
            for field in model._meta.local_concrete_fields
        ]


def _text(given: bytes) -> str:
    return given.decode("utf-8", "replace")
