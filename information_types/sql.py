"""SQL from a definition: the joins that `data` needs, and the expressions that write it as JSON.

Capture triggers and transfers are built from the same `RowSql`, so that a row captured and the same row transferred are
the same text.
"""

import dataclasses
from collections.abc import Iterable
from typing import Any

from django.db import models
from django.db.models import Field as ModelField
from django.db.models import Model

from information_types.definition import Field, InformationType, Reference

ROOT = "r"
TIMESTAMP = 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'
CLOCK_TIME = "HH24:MI:SS.MS"


class Joins:
    """The tables that paths lead to, each joined once, by the foreign keys on the way.

    `looked_up` makes of each a look-up by its primary key, row by row, that no planner can turn round: in triggers,
    where statistics may be of a time when the table's rows weren't committed, a join would read the whole table.
    """

    def __init__(self, model: type[Model], *, looked_up: bool = False) -> None:
        self._model = model
        self._looked_up = looked_up
        self._joins: dict[str, str] = {}
        self._found: dict[str, str] = {}

    @property
    def complete(self) -> str:
        """A condition that every row that may be missing is so because nothing refers to it."""
        return " and ".join(self._found.values()) or "true"

    def column(self, path: str) -> "tuple[str, ModelField[Any, Any], bool]":
        """The SQL column at the end of a path, its model field, and whether a row on the way may be missing."""
        *hops, last = path.split("__")
        alias, model, nullable = ROOT, self._model, False
        for hop in hops:
            alias, model, may_miss = self._join(alias, model, hop, nullable)
            nullable = may_miss
        field = model._meta.get_field(last)
        if not isinstance(field, ModelField):
            raise TypeError(f"{path}: {last} is no column of {model.__name__}.")
        return f'"{alias}"."{field.column}"', field, nullable

    def _join(self, alias: str, model: type[Model], hop: str, nullable: bool) -> tuple[str, type[Model], bool]:
        key, target = foreign_key(model, hop), target_of(model, hop)
        name = hop if alias == ROOT else f"{alias}_{hop}"
        nullable = nullable or key.null
        table, column = target._meta.db_table, f'"{alias}"."{key.column}"'
        if nullable:
            self._joins[name] = f'left join {table} "{name}" on "{name}"."{target._meta.pk.column}" = {column}'
        elif self._looked_up:
            self._joins[name] = looked_up(table, name, f"{target._meta.pk.column} = {column}")
        else:
            self._joins[name] = f'join {table} "{name}" on "{name}"."{target._meta.pk.column}" = {column}'
        if nullable:
            self._found[name] = f'("{alias}"."{key.column}" is null) = ("{name}"."{target._meta.pk.column}" is null)'
        return name, target, nullable

    def __str__(self) -> str:
        return "\n".join(self._joins.values())


def looked_up(table: str, name: str, condition: str) -> str:
    """The SQL that looks rows up for each row before it; `offset 0` keeps the planner from making a join of it."""
    return f'cross join lateral (select * from {table} where {condition} offset 0) "{name}"'


@dataclasses.dataclass(frozen=True)
class RowSql:
    """The parts of a query over rows of a type; the row itself stands under the alias `r`.

    `data` and `key` are JSON text; `company_id` the company's primary key; `order` the columns that keep a unit's rows
    together; `only` a condition that chooses the type's rows of its model; `complete` one that fails for a row that
    refers, by a key that may be null, to a row that doesn't exist (yet): the joins don't leave such a row out.
    """

    joins: str
    data: str
    key: str
    company_id: str
    order: str
    only: str
    complete: str


def row_sql(information_type: InformationType, *, looked_up: bool = False) -> RowSql:
    """The SQL of a type's rows, over whatever stands under the alias `r` (a table or a transition table)."""
    joins = Joins(information_type.model, looked_up=looked_up)
    data = line_sql(joins, information_type.fields, key=information_type.key)
    key = line_sql(joins, information_type.key_fields, key=information_type.key)
    company_id, _field, _nullable = joins.column(information_type.company_path)
    return RowSql(
        joins=str(joins),
        data=data,
        key=key,
        company_id=company_id,
        order=_order(information_type),
        only=_only(information_type, ROOT),
        complete=joins.complete,
    )


def shown_value(joins: Joins, information_type: InformationType, name: str) -> str:
    """The SQL of one value as `data` has it; the joins get what it takes."""
    return _value(joins, information_type.fields_by_name[name].path, is_key=name in information_type.key)


def chosen(information_type: InformationType) -> str:
    """The condition that chooses a type's rows of its model, the row under the alias `r`."""
    return _only(information_type, ROOT)


def line_sql(
    joins: Joins, fields: Iterable[Field | Reference], *, key: tuple[str, ...], further: Iterable[str] = ()
) -> str:
    """The SQL of some fields of a row as a line of JSON; it names the joins that it needs."""
    members = ", ".join([*(_named(joins, field, key) for field in fields), *further])
    return f"(select row_to_json(line)::text from (select {members}) line)"


def key_joins(information_type: InformationType) -> str:
    """Only the look-ups that the key and the company need, for rows that are gone."""
    joins = Joins(information_type.model, looked_up=True)
    for field in information_type.key_fields:
        joins.column(field.path)
    joins.column(information_type.company_path)
    return str(joins)


def column_of(model: type[Model], name: str) -> str:
    """The column of one of a model's own fields."""
    field = model._meta.get_field(name)
    if not isinstance(field, ModelField) or field.column is None:
        raise TypeError(f"{name} is no column of {model.__name__}.")
    return field.column


def own_values(information_type: InformationType) -> tuple[str, ...]:
    """The model's own columns that show in `data`, foreign keys included; what is shown alike is made alike."""
    model = information_type.model
    first_hops = dict.fromkeys(path.split("__")[0] for path in information_type.paths)
    return tuple(_alike(model, hop) for hop in first_hops)


def _alike(model: type[Model], name: str) -> str:
    column = f'"{column_of(model, name)}"'
    match model._meta.get_field(name):
        case models.JSONField():
            return f"nullif({column}, '{{}}'::jsonb) as {column}"
        case models.CharField(null=True, blank=True) | models.TextField(null=True, blank=True):
            return f"nullif({column}, '') as {column}"
        case _:
            return column


@dataclasses.dataclass(frozen=True)
class Hop:
    """A foreign key on the way to what `data` shows: rows of `model` refer by `column` to rows of `target`."""

    model: type[Model]
    column: str
    target: type[Model]


def hops(information_type: InformationType) -> tuple[Hop, ...]:
    """Every foreign key that `data` is read over."""
    found: dict[Hop, None] = {}
    for path in information_type.paths:
        model = information_type.model
        for name in path.split("__")[:-1]:
            target = target_of(model, name)
            found[Hop(model, column_of(model, name), target)] = None
            model = target
    return tuple(found)


@dataclasses.dataclass(frozen=True)
class Parent:
    """A row whose mutable fields (`columns`) show in others' `data`, reached by their `foreign_key`."""

    foreign_key: str
    model: type[Model]
    columns: tuple[str, ...]


def parents(information_type: InformationType) -> tuple[Parent, ...]:
    """The rows whose changes show in the type's `data`: fields beyond the natural key of a row that `data` joins."""
    found: dict[str, list[str]] = {}
    for path in information_type.paths:
        hop, _separator, rest = path.partition("__")
        if rest:
            _collect_mutable(information_type, hop, rest, found)
    return tuple(
        Parent(hop, target_of(information_type.model, hop), tuple(dict.fromkeys(columns)))
        for hop, columns in found.items()
    )


def _collect_mutable(information_type: InformationType, hop: str, rest: str, found: dict[str, list[str]]) -> None:
    model = target_of(information_type.model, hop)
    first, _separator, beyond = rest.partition("__")
    if first not in natural_key(model):
        found.setdefault(hop, []).append(column_of(model, first))
    if beyond and beyond.split("__")[0] not in natural_key(target_of(model, first)):
        raise ValueError(f"{information_type.name}: {hop}__{rest} shows a field that changes two tables away.")


def natural_key(model: type[Model]) -> tuple[str, ...]:
    """The names of the fields that never change; a trigger of the model refuses it."""
    return tuple(getattr(model, "natural_key_fields", ()))


def foreign_key(model: type[Model], name: str) -> "models.ForeignKey[Any, Any]":
    """One of a model's foreign keys."""
    key = model._meta.get_field(name)
    if not isinstance(key, models.ForeignKey):
        raise TypeError(f"{name} is no foreign key of {model.__name__}.")
    return key


def target_of(model: type[Model], name: str) -> type[Model]:
    """The model that a foreign key points to."""
    # Not `related_model`: that waits until every app is loaded.
    target: type[Model] = foreign_key(model, name).remote_field.model
    return target


def _named(joins: Joins, field: Field | Reference, key: tuple[str, ...]) -> str:
    if isinstance(field, Field):
        return f'{_value(joins, field.path, is_key=field.name in key)} as "{field.name}"'
    hop = field.fields[0].path.split("__")[0]
    parts = ", ".join(f"'{part.name}', {_value(joins, part.path, is_key=True)}" for part in field.fields)
    column, _field, _nullable = joins.column(hop)
    return f'case when {column} is not null then json_build_object({parts}) end as "{field.name}"'


def _value(joins: Joins, path: str, *, is_key: bool) -> str:
    column, field, _nullable = joins.column(path)
    match field:
        case models.DecimalField():
            return f"{column}::text"
        case models.DateTimeField():
            return f"to_char({column} at time zone 'UTC', '{TIMESTAMP}')"
        case models.TimeField():
            return f"to_char({column}::interval, '{CLOCK_TIME}')"
        case models.JSONField():
            return f"nullif({column}, '{{}}'::jsonb)"
        case models.CharField() | models.TextField() if field.blank and not is_key:
            return f"nullif({column}, '')"
        case _:
            return column


def _order(information_type: InformationType) -> str:
    if information_type.unit is None:
        return f"{ROOT}.id"
    unit = column_of(information_type.model, information_type.unit)
    within = column_of(information_type.model, information_type.key_fields[-1].path)
    return f"{ROOT}.{unit}, {ROOT}.{within}"


def _only(information_type: InformationType, alias: str) -> str:
    conditions = [f"{alias}.{name} = {value}" for name, value in information_type.only.items()]
    return " and ".join(conditions) or "true"


def differs(columns: Iterable[str], left: str, right: str) -> str:
    """SQL that is true where any of the columns differs between two aliases."""
    pairs = list(columns)
    ours = ", ".join(f'{left}."{column}"' for column in pairs)
    theirs = ", ".join(f'{right}."{column}"' for column in pairs)
    return f"({ours}) is distinct from ({theirs})"
