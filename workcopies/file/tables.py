"""The tables of a working copy's file: the registers' own, with the names and columns that they have on the server.

They hold nothing but plain values, so that any program may write them: money and quantities as text, exactly; dates
and times as ISO text; booleans as 0 and 1. The SQL that makes them follows from the models alone, so that a file whose
tables are others is known before anything in it is read.
"""

import dataclasses
import graphlib
from collections.abc import Iterator, Sequence
from functools import cache, cached_property
from typing import Any

from django.db import models
from django.db.models import Field, Model

from information_types import registry
from ledger.models import Balance, LedgerEntry, NumberSeries, OtherDimension, OtherDimensionValue, VoucherSeries
from workcopies.exceptions import UnknownTable

# What others need beside the information types, and what those refer to: read in a copy, or part of its screens.
BESIDE: tuple[type[Model], ...] = (OtherDimension, OtherDimensionValue, Balance)
# What provisional numbers are counted in: made with every file, empty, and compared with nothing.
COUNTERS: tuple[type[Model], ...] = (VoucherSeries, NumberSeries)
# When a row was written is no part of what it says.
NEVER_COMPARED = frozenset({"changed_at"})
# Ids of rows made in a copy begin here, and never meet the server's.
FIRST_NEW_ID = 2**50

# A row's day is its voucher's, where a program that writes rows leaves it out.
FILLED_IN_BY_SERVICES = frozenset({(LedgerEntry, "entry_date")})

_TYPES: dict[str, str] = {
    "BooleanField": "bool",
    "DateField": "date",
    "DateTimeField": "datetime",
    "TimeField": "time",
    "CharField": "text",
    "EmailField": "text",
    "TextField": "text",
    "DecimalField": "text",
    "JSONField": "text",
}
_INTEGERS = (models.IntegerField, models.AutoField, models.BigAutoField)
# As Django writes them to SQLite
_ON_SERVER: dict[str, str] = {
    "DecimalField": "{column}::text",
    "JSONField": "{column}::text",
    "DateField": "{column}::text",
    "TimeField": "{column}::text",
    "DateTimeField": "to_char({column} at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')",
    "BooleanField": "{column}::int",
}


@dataclasses.dataclass(frozen=True)
class Column:
    """A column of a table: its field, and its type in the file."""

    field: "Field[Any, Any]"

    @property
    def name(self) -> str:
        """The column's name, on both sides."""
        return str(self.field.column)

    @property
    def kind(self) -> str:
        """The field's kind, that of its target's key for a reference."""
        return self.field.get_internal_type()

    @property
    def is_compared(self) -> bool:
        """Whether a change of it is a change of the row."""
        return self.name not in NEVER_COMPARED

    @cached_property
    def type(self) -> str:
        """Its type in the file."""
        if isinstance(self.field, (models.ForeignKey, *_INTEGERS)):
            return "integer"
        return _TYPES[self.kind]

    @property
    def on_server(self) -> str:
        """The SQL that reads it on the server in the form that it has in the file."""
        quoted = f'"{self.name}"'
        return _ON_SERVER.get(self.kind, "{column}").format(column=quoted)

    @property
    def definition(self) -> str:
        """Its part of the table's SQL."""
        if self.field.primary_key:
            return f'"{self.name}" integer not null primary key autoincrement'
        null = "" if self.field.null or self._is_filled_in else " not null"
        default = self._default()
        reference = ""
        if isinstance(self.field, models.ForeignKey):
            target = self.field.remote_field.model._meta
            reference = f' references "{target.db_table}" ("{target.pk.column}") deferrable initially deferred'
        return f'"{self.name}" {self.type}{null}{default}{reference}'

    @property
    def _is_filled_in(self) -> bool:
        """Whether the server fills it in where it is left out: by the database, or by the service that posts rows."""
        return self.field.has_db_default() or (self.field.model, self.name) in FILLED_IN_BY_SERVICES

    def _default(self) -> str:
        default = self.field.default
        if isinstance(self.field, models.BooleanField | models.IntegerField | models.DecimalField):
            if isinstance(default, bool | int):
                value = f"'{default}'" if self.type == "text" else str(int(default))
                return f" default {value}"
        elif self.type == "text" and not self.field.null:
            if isinstance(default, str) and default.isalnum():
                return f" default '{default}'"
            if self.field.blank:
                return " default ''"
        return ""


@dataclasses.dataclass(frozen=True)
class Table:
    """A register's table."""

    model: type[Model]
    names: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The table's name, on both sides."""
        return self.model._meta.db_table

    def with_columns(self, names: Sequence[str]) -> "Table":
        """The table as a file has it that was made when the model had these columns. Raises `UnknownTable`."""
        known = {column.name for column in Table(self.model).columns}
        if unknown := set(names) - known:
            raise UnknownTable(f"{self.name}.{min(unknown)}")
        return dataclasses.replace(self, names=tuple(names))

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        """All columns, the key first."""
        found = {column.name: column for column in map(Column, self.model._meta.concrete_fields)}
        return tuple(found[name] for name in self.names or found)

    @cached_property
    def compared(self) -> tuple[Column, ...]:
        """The columns that make a row what it is."""
        return tuple(column for column in self.columns if column.is_compared)

    @cached_property
    def statements(self) -> tuple[str, ...]:
        """The SQL that makes the table and its indexes, always the same text for the same model."""
        return (self._create, *self._indexes())

    @property
    def _create(self) -> str:
        parts = [column.definition for column in self.columns]
        parts += [f"unique ({_names(self._columns_of(names))})" for names in self._keys()]
        return f'create table "{self.name}" ({", ".join(parts)})'

    def _keys(self) -> Iterator[tuple[str, ...]]:
        for constraint in self.model._meta.constraints:
            if isinstance(constraint, models.UniqueConstraint) and constraint.fields and constraint.condition is None:
                yield tuple(constraint.fields)

    def _indexes(self) -> Iterator[str]:
        for index in self.model._meta.indexes:
            if index.fields and index.condition is None and not NEVER_COMPARED.intersection(index.fields):
                columns = ", ".join(
                    f'"{self.model._meta.get_field(name).column}"{" desc" if order else ""}'  # type: ignore[union-attr]
                    for name, order in index.fields_orders
                )
                yield f'create index "{index.name}" on "{self.name}" ({columns})'
        for column in self.columns:
            if isinstance(column.field, models.ForeignKey) and column.field.db_index:  # type: ignore[attr-defined]
                yield f'create index "{self.name}_{column.name}" on "{self.name}" ("{column.name}")'

    def _columns_of(self, names: tuple[str, ...]) -> list[str]:
        return [str(self.model._meta.get_field(name).column) for name in names]  # type: ignore[union-attr]


@cache
def all_tables() -> tuple[Table, ...]:
    """The tables that a working copy may hold, each after those that it refers to."""
    before: dict[type[Model], list[type[Model]]] = {}
    waiting = [*(known.model for known in registry.all_types()), *BESIDE]
    while waiting:
        model = waiting.pop()
        if model not in before:
            targets = [field.remote_field.model for field in _references(model)]
            before[model] = [target for target in targets if target is not model]
            waiting += before[model]
    order: dict[type[Model], tuple[type[Model], ...]] = {
        model: tuple(sorted(targets, key=_name))
        for model, targets in sorted(before.items(), key=lambda item: _name(item[0]))
    }
    return tuple(map(Table, graphlib.TopologicalSorter(order).static_order()))


@cache
def counters() -> tuple[Table, ...]:
    """The tables of provisional numbers."""
    return tuple(map(Table, COUNTERS))


@cache
def tables_by_name() -> dict[str, Table]:
    """The tables by their names."""
    return {table.name: table for table in all_tables()}


def _references(model: type[Model]) -> "list[models.ForeignKey[Any, Any]]":
    return [field for field in model._meta.concrete_fields if isinstance(field, models.ForeignKey)]


def _name(model: type[Model]) -> str:
    return model._meta.db_table


def _names(columns: list[str]) -> str:
    return ", ".join(f'"{column}"' for column in columns)
