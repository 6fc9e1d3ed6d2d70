"""The definition of an information type: plain, immutable data."""

import dataclasses
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any, Literal

from django.db.models import Model
from django.utils.functional import Promise

ParameterKind = Literal["month_from", "month_to", "date_from", "date_to", "flag"]
Group = Literal["bookkeeping", "partners", "invoices", "time"]


@dataclasses.dataclass(frozen=True)
class Field:
    """One name of `data`, and the lookup path from the model that it is read from (`voucher__series`)."""

    name: str
    path: str


@dataclasses.dataclass(frozen=True)
class Reference:
    """A name of `data` that holds an object of its own, null where the related row is missing."""

    name: str
    fields: tuple[Field, ...]


@dataclasses.dataclass(frozen=True)
class Parameter:
    """A choice that a one-off transfer of the type may be given.

    Months are `YYYY-MM` and dates `YYYY-MM-DD`, both ends included; a flag is a boolean that, when true, keeps only the
    rows where the column is true.
    """

    name: str
    kind: ParameterKind
    path: str
    label: str | Promise
    required: bool = False


@dataclasses.dataclass(frozen=True, kw_only=True)
class InformationType:
    """One register as integrations see it.

    `number` stands for the type in the tables of the heart and never changes. `fields` start with those of `key`, and
    the first is the company's number. `only` chooses the model's rows that are of this type. `unit` is the foreign key
    to what a batch doesn't split (a ledger entry's voucher). `amount` and `date` are the fields that reconciliation
    sums, and divides the rows into months by. `is_master_data`: rows are made, changed and deleted one by one, by the
    names that their columns have in `data`. Source: CONTRACT §1.
    """

    name: str
    number: int
    model: type[Model]
    label: str | Promise
    group: Group
    key: tuple[str, ...]
    fields: tuple[Field | Reference, ...]
    only: Mapping[str, int] = dataclasses.field(default_factory=dict)
    unit: str | None = None
    is_master_data: bool = False
    parameters: tuple[Parameter, ...] = ()
    amount: str | None = None
    date: str | None = None

    def __post_init__(self) -> None:
        names = tuple(field.name for field in self.fields)
        if names[: len(self.key)] != self.key or names[0] != "company":
            raise ValueError(f"{self.name}: `fields` must start with `company` and the rest of the key.")
        if unknown := {self.amount, self.date} - {None, *self.fields_by_name}:
            raise ValueError(f"{self.name}: {unknown} is no field of its rows.")
        if self.is_master_data and any(not isinstance(f, Field) or f.name != f.path for f in self.fields[1:]):
            raise ValueError(f"{self.name}: master data is written by the names of its columns.")

    def __hash__(self) -> int:
        return hash(self.name)

    @property
    def key_fields(self) -> tuple[Field, ...]:
        """The fields that name a row, in the order of the key."""
        return tuple(field for field in self.plain_fields if field.name in self.key)

    @property
    def handle(self) -> str:
        """The name of the key's field that a person knows a row by, or what isn't split: a number, a code, a uid."""
        return self.key[-2] if self.unit else self.key[1]

    @cached_property
    def plain_fields(self) -> tuple[Field, ...]:
        """The fields that aren't objects of their own."""
        return tuple(field for field in self.fields if isinstance(field, Field))

    @property
    def company_path(self) -> str:
        """The path from the model to the row's company (`voucher__company`)."""
        return self.fields_by_name["company"].path.rpartition("__")[0]

    @cached_property
    def fields_by_name(self) -> dict[str, Field]:
        """The plain fields by their name in `data`."""
        return {field.name: field for field in self.plain_fields}

    @property
    def first_beyond_key(self) -> str:
        """The name in `data` that follows the key's: where the key is cut out of a finished line."""
        return self.fields[len(self.key)].name

    @property
    def paths(self) -> Iterator[str]:
        """Every path that `data` is read from."""
        for field in self.fields:
            yield from (part.path for part in (field.fields if isinstance(field, Reference) else (field,)))

    def parameters_by_name(self) -> dict[str, Parameter]:
        """The transfer's parameters by name."""
        return {parameter.name: parameter for parameter in self.parameters}

    def matches(self, row: Any) -> bool:
        """Whether a model's row is of this type."""
        return all(getattr(row, name) == value for name, value in self.only.items())
