"""The kinds of documents, built from the models and the registry of information types: nothing here lists types.

A kind is a register whose rows are documents. Rows that an information type doesn't split (`unit`) are part of the
document that they belong to: those of a voucher.
"""

import dataclasses
import re
from collections.abc import Iterator, Mapping
from functools import cache, cached_property
from typing import Any

from django.db import models
from django.db.models import Field as ModelField
from django.db.models import Model

from information_types import registry, sql
from information_types.definition import InformationType, Reference
from ledger.models import Balance, DimensionValue, LedgerEntry
from workcopies.file.tables import all_tables

Key = tuple[str, ...]
Json = Any

# What imports bring and nothing else writes: read in a copy, never taken back from one.
READ_ONLY: frozenset[type[Model]] = frozenset({Balance})
# What a row that leaves a value out has from its document.
FROM_DOCUMENT: dict[type[Model], dict[str, str]] = {LedgerEntry: {"entry_date": "voucher_date"}}


@dataclasses.dataclass(frozen=True)
class KeyPart:
    """A part of a natural key: its name, and the path to its column (`financial_year__first_day`)."""

    name: str
    path: str
    field: "ModelField[Any, Any]"


@dataclasses.dataclass(frozen=True)
class Content:
    """A field of a document: its name in the contract's `data`, and the model's own field."""

    name: str
    field: "ModelField[Any, Any]"

    @property
    def target(self) -> "type[Model] | None":
        """What it refers to."""
        return self.field.remote_field.model if isinstance(self.field, models.ForeignKey) else None

    @property
    def fixed(self) -> Mapping[str, str]:
        """The parts of the target's key that the field's name says already: a cost centre is of dimension 1."""
        if self.target is not DimensionValue:
            return {}
        return {"dimension": str(int(DimensionValue.Dimension[self.field.name.upper()]))}


@dataclasses.dataclass(frozen=True)
class Rows:
    """The rows of a document: their model, its reference to the document, and the field that counts them."""

    model: type[Model]
    unit: str
    number: str
    fields: tuple[Content, ...]

    @property
    def register(self) -> str:
        """The table of the rows."""
        return self.model._meta.db_table

    @property
    def column(self) -> str:
        """The column that refers to the document."""
        return sql.column_of(self.model, self.unit)

    @property
    def from_document(self) -> Mapping[str, str]:
        """The fields that a row may leave out, and those of the document that it then has."""
        return FROM_DOCUMENT.get(self.model, {})

    @cached_property
    def fields_by_name(self) -> dict[str, Content]:
        """The fields of a row by name."""
        return {content.name: content for content in self.fields}


@dataclasses.dataclass(frozen=True)
class Kind:
    """A register whose rows are documents."""

    model: type[Model]

    @property
    def register(self) -> str:
        """The table that documents of this kind stand in."""
        return self.model._meta.db_table

    @cached_property
    def types(self) -> tuple[InformationType, ...]:
        """The information types that show the documents: several where their key tells which, as dimensions do."""
        return registry.types_of(self.model) or tuple(_types_of_rows(self.model))

    @cached_property
    def key_fields(self) -> "tuple[ModelField[Any, Any], ...]":
        """The model's own fields that make the natural key."""
        return tuple(_field(self.model, name) for name in _natural_key(self.model))

    @cached_property
    def key(self) -> tuple[KeyPart, ...]:
        """The parts of the natural key, the company's number first."""
        return tuple(_key_parts(self.model))

    @cached_property
    def fields(self) -> tuple[Content, ...]:
        """What a document says beyond its key."""
        prefix = "" if self.rows is None else f"{self.rows.unit}__"
        return tuple(_contents(self.model, self.types, prefix))

    @cached_property
    def fields_by_name(self) -> dict[str, Content]:
        """The fields by name."""
        return {content.name: content for content in self.fields}

    @cached_property
    def rows(self) -> Rows | None:
        """What its rows are, where it has some."""
        for known in _types_of_rows(self.model):
            unit = str(known.unit)
            (number,) = (name for name in _natural_key(known.model) if name != unit)
            return Rows(known.model, unit, number, tuple(_contents(known.model, (known,), "")))
        return None

    @property
    def is_unit(self) -> bool:
        """Whether it lands whole or not at all; the others are merged field by field."""
        return any(not known.is_master_data for known in self.types)

    @property
    def is_read_only(self) -> bool:
        """Whether a copy's changes of it are refused."""
        return self.model in READ_ONLY

    def type_of(self, key: Key | None) -> InformationType | None:
        """The information type that a document is of; the first that can be where the key isn't known."""
        if key is None:
            return next(iter(self.types), None)
        parts = dict(zip((part.name for part in self.key), key, strict=True))
        for known in self.types:
            if all(parts[name] == str(value) for name, value in known.only.items()):
                return known
        return None

    def name_of(self, key: Key | None) -> str:
        """What reports call documents like this: the information type, or else the register in words."""
        known = self.type_of(key)
        return known.name if known else _in_words(self.model)

    def label_of(self, key: Key | None) -> Any:
        """The same for people."""
        known = self.type_of(key)
        return known.label if known and not self.rows else self.model._meta.verbose_name_plural

    def named_key(self, key: Key) -> dict[str, Json]:
        """A document's key as the contract has it, without the row for a voucher."""
        known = self.type_of(key)
        hidden = known.only if known else {}
        return {
            part.name: _typed(part.field, text)
            for part, text in zip(self.key, key, strict=True)
            if part.name not in hidden
        }

    def reference(self, key: Key, *, fixed: Mapping[str, str]) -> Json:
        """How another document of the same company refers to one: by what its key has beyond the company."""
        parts = {
            part.name: _typed(part.field, text)
            for part, text in zip(self.key[1:], key[1:], strict=True)
            if part.name not in fixed
        }
        return next(iter(parts.values())) if len(parts) == 1 else parts

    def referred(self, company: str, value: Json, *, fixed: Mapping[str, str]) -> Key:
        """The key of what a document of a company refers to: `reference` the other way round."""
        open_parts = [part.name for part in self.key[1:] if part.name not in fixed]
        given = value if len(open_parts) > 1 else {open_parts[0]: value}
        return (company, *(str(fixed.get(part.name, given.get(part.name))) for part in self.key[1:]))


@cache
def all_kinds() -> tuple[Kind, ...]:
    """Every kind, each after those that it refers to."""
    parts = {known.model for known in registry.all_types() if known.unit}
    return tuple(Kind(table.model) for table in all_tables() if table.model not in parts)


@cache
def kinds_by_register() -> dict[str, Kind]:
    """The kinds by the table of their documents."""
    return {kind.register: kind for kind in all_kinds()}


@cache
def kinds_of_rows() -> dict[str, Kind]:
    """The kinds whose documents have rows, by the table of the rows."""
    return {kind.rows.register: kind for kind in all_kinds() if kind.rows}


def kind_of(model: type[Model]) -> Kind:
    """The kind of a model's documents."""
    return kinds_by_register()[model._meta.db_table]


@cache
def owners() -> frozenset[str]:
    """The registers whose key is part of others' keys: all of those would be others with it."""
    return frozenset(
        field.remote_field.model._meta.db_table
        for kind in all_kinds()
        if not kind.is_read_only
        for field in kind.key_fields
        if isinstance(field, models.ForeignKey)
    )


def _types_of_rows(model: type[Model]) -> Iterator[InformationType]:
    for known in registry.all_types():
        if known.unit and sql.target_of(known.model, known.unit) is model:
            yield known


def _natural_key(model: type[Model]) -> tuple[str, ...]:
    """The names of the fields by which rows are known: as the model says, or its first unique constraint."""
    if names := sql.natural_key(model):
        return names
    constraints = (known for known in model._meta.constraints if isinstance(known, models.UniqueConstraint))
    return next(tuple(known.fields) for known in constraints if known.fields and known.condition is None)


def _key_parts(model: type[Model]) -> Iterator[KeyPart]:
    has_company = False
    for name in _natural_key(model):
        field = _field(model, name)
        if not isinstance(field, models.ForeignKey):
            yield KeyPart(name, name, field)
            continue
        parts = list(_key_parts(field.remote_field.model))
        if not has_company:
            yield KeyPart("company", f"{name}__{parts[0].path}", parts[0].field)
            has_company = True
        for part in parts[1:]:
            yield KeyPart(name if len(parts) == 2 else f"{name}_{part.name}", f"{name}__{part.path}", part.field)


def _contents(model: type[Model], types: tuple[InformationType, ...], prefix: str) -> Iterator[Content]:
    named = dict(_named(types, prefix))
    beside = {"id", *_natural_key(model)}
    for field in model._meta.concrete_fields:
        shown = field.name in named and field.db_default is models.NOT_PROVIDED
        # What the system alone moves is no content: it is neither edited nor shown, or the database fills it.
        if field.name not in beside and (field.editable or shown or isinstance(field, models.ForeignKey)):
            yield Content(named.get(field.name, field.name), field)


def _named(types: tuple[InformationType, ...], prefix: str) -> Iterator[tuple[str, str]]:
    """Yield the model's fields with the names that `data` has for them."""
    for known in types:
        for field in known.fields:
            path = field.fields[0].path if isinstance(field, Reference) else field.path
            if path.startswith(prefix):
                hop, _separator, rest = path.removeprefix(prefix).partition("__")
                if not rest or isinstance(field, Reference) or "__" not in rest:
                    yield hop, field.name


def _field(model: type[Model], name: str) -> "ModelField[Any, Any]":
    field = model._meta.get_field(name)
    if not isinstance(field, ModelField):
        raise TypeError(f"{name} is no column of {model.__name__}.")
    return field


def _typed(field: "ModelField[Any, Any]", text: str) -> Json:
    return int(text) if isinstance(field, models.IntegerField) else text


def _in_words(model: type[Model]) -> str:
    name = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", model.__name__).lower()
    return f"{name.removesuffix('y')}ies" if name.endswith("y") else f"{name}s"
