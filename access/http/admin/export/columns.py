"""The columns of an exported list: those on screen, and before them what names a row to integrations."""

import html
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import reduce
from typing import Any

from django.contrib.admin.utils import label_for_field, lookup_field
from django.core.exceptions import FieldDoesNotExist
from django.db.models import Field, Model
from django.utils.html import strip_tags
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from access.http.admin.amounts import ShownAmount
from information_types import registry

Value = str | int | Decimal | date | datetime | bool | None

# What a company and a financial year are named by outside
NAMED_BY = {"company": "company__number", "financial_year": "financial_year__first_day"}


@dataclass(frozen=True)
class Column:
    """A heading, and how a row's value is found."""

    heading: str
    value: Callable[[Any], Value]


def columns_of(model_admin: Any, names: Sequence[str]) -> list[Column]:
    """Return the columns of a list that shows `names`."""
    key = [_key_column(model_admin.model, path) for path in key_paths(model_admin.model) if path not in names]
    return [*key, *(_shown_column(model_admin, name) for name in names if name != "action_checkbox")]


def key_paths(model: type[Model]) -> list[str]:
    """Return the paths to what names a row of the model."""
    for known in registry.types_of(model):
        return [field.path for field in known.key_fields]
    return [NAMED_BY.get(name, name) for name in getattr(model, "natural_key_fields", ())]


def relations(paths: Sequence[str]) -> list[str]:
    """Return the related rows that the paths lead through."""
    return sorted({path.rpartition("__")[0] for path in paths} - {""})


def _key_column(model: type[Model], path: str) -> Column:
    *way, name = path.split("__")
    return Column(
        heading=_("%(name)s (key)") % {"name": capfirst(str(_key_label(model, [*way, name])))},
        value=lambda row: reduce(getattr, [*way, name], row),
    )


def _key_label(model: type[Model], names: Sequence[str]) -> Any:
    fields = list(_fields(model, names))
    # A company's number and a year's first day stand for the company and the year.
    named = fields[-2] if len(fields) > 1 and fields[-2].name in NAMED_BY else fields[-1]
    return named.verbose_name


def _fields(model: type[Model], names: Sequence[str]) -> Iterator["Field[Any, Any]"]:
    here: Any = model
    for name in names:
        field: Any = here._meta.get_field(name)
        yield field
        here = field.related_model


def _shown_column(model_admin: Any, name: str) -> Column:
    label = label_for_field(name, model_admin.model, model_admin)
    return Column(heading=capfirst(str(label)), value=model_admin.exported.get(name) or _reader(model_admin, name))


def _reader(model_admin: Any, name: str) -> Callable[[Any], Value]:
    """How a column's value is found: by the field of that name, else as the page does."""
    try:
        field: Any = model_admin.model._meta.get_field(name)
    except FieldDoesNotExist:
        return lambda row: plain(lookup_field(name, row, model_admin)[2])
    if getattr(field, "flatchoices", None):
        labels = {value: capfirst(str(label)) for value, label in field.flatchoices}
        return lambda row: labels.get(getattr(row, name), getattr(row, name))
    return lambda row: plain(getattr(row, name))


def plain(value: Any) -> Value:
    """Return a value as a cell takes it: an amount from its column, a text from its HTML, a row by its name."""
    match value:
        case ShownAmount():
            return value.amount
        case SafeString():
            return html.unescape(strip_tags(value)).strip()
        case None | bool() | int() | Decimal() | date():
            return value
        case (_state, label) if isinstance(value, tuple):  # a label with its colour
            return plain(label)
        case list() | tuple() | set():
            return ", ".join(str(plain(part)) for part in value)
        case _:
            return str(value)
