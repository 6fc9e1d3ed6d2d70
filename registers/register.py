"""What there is to read: a register for each information type, and the companies themselves."""

import dataclasses
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cached_property
from typing import Any

from django.db.models import Model, Q, QuerySet

from information_types import registry, sql
from information_types.definition import Field, InformationType, Reference
from ledger.models import Company
from registers.derived import OF_COMPANIES, Derived, portal_changed_since


@dataclasses.dataclass(frozen=True, kw_only=True)
class Register:
    """A register as integrations see it: rows of a model, with names for what is shown of each.

    `key` are the names of the fields that name a row; all but the companies' begin with the company's number.
    `derived` is shown of every row as well. `order` are the model's own columns in which a company's rows are paged:
    they never change. `changed_elsewhere` is the condition that what a row shows of other tables was changed since.
    """

    name: str
    model: type[Model]
    label: Any
    key: tuple[str, ...]
    fields: tuple[Field | Reference, ...]
    order: tuple[str, ...]
    only: Mapping[str, int] = dataclasses.field(default_factory=dict)
    derived: Mapping[str, Derived] = dataclasses.field(default_factory=dict)
    changed_elsewhere: Callable[[datetime], Q] | None = None
    information_type: InformationType | None = None

    def __hash__(self) -> int:
        return hash(self.name)

    @classmethod
    def of(cls, known: InformationType) -> "Register":
        """The register of an information type."""
        return cls(
            name=known.name,
            model=known.model,
            label=known.label,
            key=known.key,
            fields=known.fields,
            order=_order(known),
            only=known.only,
            information_type=known,
        )

    @property
    def slug(self) -> str:
        """The register's name in addresses."""
        return self.name.replace("_", "-")

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Every name of a row's `data`, in its order."""
        return (*(field.name for field in self.fields), *self.derived)

    @cached_property
    def key_fields(self) -> tuple[Field, ...]:
        """The fields that name a row."""
        return tuple(field for field in self.fields if isinstance(field, Field) and field.name in self.key)

    @property
    def is_master_data(self) -> bool:
        """Whether its rows are written one by one, by their fields' names."""
        return self.information_type is not None and self.information_type.is_master_data

    def rows(self) -> QuerySet[Model]:
        """All rows of the register."""
        return self.model._default_manager.filter(**self.only)

    def rows_of(self, company: Company) -> QuerySet[Model]:
        """The rows of a company."""
        if self.information_type is None:
            return self.rows().filter(pk=company.pk)
        return self.rows().filter(**{self.information_type.company_path: company})

    def named(self, company: Company, values: Mapping[str, Any]) -> QuerySet[Model]:
        """The one row of a company that values of the key, by name, stand for, if there is one."""
        found = self.rows_of(company)
        for field in self.key_fields:
            if field.name in values:
                found = found.filter(of_company(self.model, field.path, company), **{field.path: values[field.name]})
        return found


COMPANIES = Register(
    name="companies",
    model=Company,
    label=Company._meta.verbose_name_plural,
    key=("number",),
    fields=tuple(
        Field(name, name) for name in ("number", "name", "organisation_number", "currency", "time_zone", "active")
    ),
    order=("number",),
    derived=OF_COMPANIES,
    changed_elsewhere=portal_changed_since,
)


def all_registers() -> tuple[Register, ...]:
    """The companies, and a register for each information type."""
    return (COMPANIES, *map(Register.of, registry.all_types()))


def of_company(model: type[Model], path: str, company: Company) -> Q:
    """The condition that the related rows that a path leads over are the company's.

    It follows from the row's being the company's; said, it lets the database find them by the company's own index.
    """
    condition = Q()
    hops = path.split("__")[:-1]
    for place, hop in enumerate(hops, start=1):
        model = sql.target_of(model, hop)
        if any(field.name == "company" for field in model._meta.fields):
            condition &= Q(**{"__".join([*hops[:place], "company"]): company})
    return condition


def _order(known: InformationType) -> tuple[str, ...]:
    """The columns of a row's natural key beyond the company's; what isn't split stays together."""
    model = known.model
    if known.unit is not None:
        return sql.column_of(model, known.unit), sql.column_of(model, known.key_fields[-1].path)
    beyond = (name for name in sql.natural_key(model) if name != "company" and name not in known.only)
    return tuple(sql.column_of(model, name) for name in beyond)
