"""What chooses a register's rows: a filter for each field of `data`, made from the field.

A filter given several times means any of its values. An empty value is a field that is null, where one may be.
"""

from collections.abc import Iterator
from datetime import datetime
from functools import cache
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django_filters import Filter, FilterSet
from rest_framework.exceptions import ErrorDetail

from information_types.definition import Field, Reference
from information_types.schema import JsonSchema, empty_is_null, value_schema
from information_types.sql import Joins, foreign_key, target_of
from ledger.models import Company
from registers.api import values
from registers.derived import Derived
from registers.register import Register, of_company

Errors = dict[str, list[ErrorDetail]]

CHANGED_SINCE: Final = "changed_since"
WORDS: Final = {"gte": ": this and later or more", "lte": ": this and earlier or less"}
BOUNDS: Final = {"from": "gte", "to": "lte"}
DERIVED: Final[dict[str, JsonSchema]] = {
    "invoice_portal": {
        "type": "boolean",
        "title": "Invoice portal",
        "description": "Whether the company receives invoices by the portal.",
    },
    "invoice_email": {
        "type": ["string", "null"],
        "title": "Invoice address",
        "description": "Where invoices are mailed to; null while mail is refused.",
    },
}
BOUNDED = (models.DateField, models.TimeField, models.DecimalField)


class Values(forms.Field):
    """What stands in a query under one name, each value read by itself; None is null."""

    widget = forms.SelectMultiple

    def __init__(self, *, read: values.Reader, nullable: bool = False, many: bool = True, **options: Any) -> None:
        self._read, self._nullable, self._many = read, nullable, many
        super().__init__(**options)

    def clean(self, value: Any) -> list[Any]:
        """Return the values; raises ValidationError."""
        said: list[str] = value or []
        if len(said) > 1 and not self._many:
            raise ValidationError(_("Give this parameter once only."), code="repeated")
        return [None if text == "" and self._nullable else self._read(text) for text in said]


class FieldFilter(Filter):
    """Chooses by a field of `data`."""

    field_class = Values

    def __init__(self, *, path: str, column: Any, schema: JsonSchema, **options: Any) -> None:
        self.column, self.schema = column, schema
        self.is_many: bool = options.get("many", True)
        super().__init__(path, **options)

    def in_query(self) -> JsonSchema:
        """The schema of one value."""
        kind, *_null = [self.schema["type"]] if isinstance(self.schema["type"], str) else self.schema["type"]
        if kind == "object":
            return {"type": "string", "examples": ["7:121"]}
        known: JsonSchema = {name: self.schema[name] for name in ("enum", "format") if name in self.schema}
        if "enum" in known:
            known["enum"] = [value for value in known["enum"] if value is not None]
        return {"type": "string" if kind == "string" else kind, **known}

    def said(self, model: type[models.Model]) -> str:
        """What the filter chooses of a model's rows, for OpenAPI: a related row by what it is to them."""
        hop, _separator, rest = self.field_name.partition("__")
        of = foreign_key(model, hop).verbose_name if rest else ""
        title = f"{of}, {self.schema['title']}" if rest else self.schema["title"]
        return f"{title}{WORDS.get(self.lookup_expr, '')}"

    def filter(self, qs: "QuerySet[Any]", value: list[Any]) -> "QuerySet[Any]":
        """Return the rows that one of the values allows."""
        if not value:
            return qs
        chosen = Q()
        for condition in self._conditions(value):
            chosen |= condition
        return qs.filter(chosen)

    def _conditions(self, wanted: list[Any]) -> Iterator[Q]:
        given = [value for value in wanted if value is not None]
        if len(given) < len(wanted):
            yield self._null()
        if isinstance(self.column, models.JSONField):
            yield from (Q(**{f"{self.field_name}__contains": value}) for value in given)
        elif len(given) == 1:
            yield self._related() & Q(**{f"{self.field_name}__{self.lookup_expr}": given[0]})
        elif given:
            yield self._related() & Q(**{f"{self.field_name}__in": given})

    def _null(self) -> Q:
        """The condition that the field is shown as null."""
        condition = self._missing()
        match self.column:
            case models.JSONField():
                return condition | Q(**{self.field_name: {}})
            case models.CharField() | models.TextField() if self.column.blank:
                return condition | Q(**{self.field_name: ""})
        return condition

    def _missing(self) -> Q:
        """The condition that nothing is referred to, or that what is has no value; it joins no further table."""
        model, condition = self.parent.queryset.model, Q()
        *hops, _last = self.field_name.split("__")
        for place, hop in enumerate(hops, start=1):
            if foreign_key(model, hop).null:
                condition |= Q(**{"__".join([*hops[:place], "isnull"]): True})
            model = target_of(model, hop)
        return condition | Q(**{f"{self.field_name}__isnull": True}) if self.column.null or not hops else condition

    def _related(self) -> Q:
        company: Company | None = self.parent.company
        return Q() if company is None else of_company(self.parent.queryset.model, self.field_name, company)


class DerivedFilter(FieldFilter):
    """Chooses by what stands in no column of the row."""

    def __init__(self, *, derived: Derived, **options: Any) -> None:
        self._derived = derived
        super().__init__(**options)

    def said(self, model: type[models.Model]) -> str:  # noqa: ARG002 (its signature)
        """What it chooses, for OpenAPI."""
        return str(self.schema["title"])

    def _conditions(self, wanted: list[Any]) -> Iterator[Q]:
        yield from map(self._derived.chosen, wanted)


class ChangedSince(Filter):
    """Reads a time; what was changed since is chosen page by page."""

    field_class = Values

    def filter(self, qs: "QuerySet[Any]", value: list[Any]) -> "QuerySet[Any]":  # noqa: ARG002 (its signature)
        """Return all rows."""
        return qs


class RegisterFilter(FilterSet):
    """The filters of one register, over the rows of one company."""

    register: Register

    company: Company | None = None

    def within(self, rows: "QuerySet[Any]", company: Company | None) -> "QuerySet[Any]":
        """Return the chosen rows of some, which are a company's."""
        self.queryset, self.company = rows, company
        chosen: QuerySet[Any] = self.qs
        return chosen

    def unknown(self) -> list[str]:
        """The names that no filter has."""
        return [name for name in self.data if name not in self.base_filters]

    @property
    def since(self) -> datetime | None:
        """Since when the rows are to have been changed; None for any."""
        said: list[datetime] = self.form.cleaned_data[CHANGED_SINCE]
        return said[0] if said else None

    def wrong(self) -> Errors:
        """What is wrong with the values, by name."""
        return {
            name: [ErrorDetail(message, error.code or "invalid") for error in errors for message in error.messages]
            for name, errors in self.form.errors.as_data().items()
        }


@cache
def filters_of(register: Register) -> type[RegisterFilter]:
    """Return the filters of a register."""
    return type(f"{register.name}_filters", (RegisterFilter,), {**dict(_filters(register)), "register": register})


def _filters(register: Register) -> Iterator[tuple[str, Filter]]:
    yield CHANGED_SINCE, ChangedSince(read=values.moment, many=False)
    for field in register.fields:
        if isinstance(field, Reference):
            for part in field.fields:
                inner = Field(f"{field.name}.{part.name}", part.path)
                yield from _of_field(register, inner, is_key=True)
        elif field.name != "company":
            yield from _of_field(register, field, is_key=field.name in register.key)
    for name, derived in register.derived.items():
        read = values.reader_of(derived.column)
        options = {"path": name, "column": derived.column, "schema": DERIVED[name], "nullable": derived.is_nullable}
        yield name, DerivedFilter(derived=derived, read=read, **options)


def _of_field(register: Register, field: Field, *, is_key: bool) -> Iterator[tuple[str, Filter]]:
    _sql, column, may_miss = Joins(register.model).column(field.path)
    schema = value_schema(register.model, field, is_key=is_key, given=True)
    options: dict[str, Any] = {"path": field.path, "column": column, "schema": schema}
    nullable = column.null or may_miss or empty_is_null(column, is_key=is_key)
    read = values.reader_of(column)
    yield field.name, FieldFilter(**options, lookup_expr="exact", read=read, nullable=nullable)
    if isinstance(column, BOUNDED):
        for side, lookup in BOUNDS.items():
            bound = values.last_moment if side == "to" and read is values.moment else read
            yield f"{field.name}_{side}", FieldFilter(**options, lookup_expr=lookup, read=bound, many=False)
