"""The way from a register's row to its trace: the search that somebody would fill in, filled in.

The trace's own page is an app above this one; only its address is known here.
"""

from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.db.models import Model
from django.urls import reverse

from information_types import registry
from information_types.definition import Field, InformationType
from information_types.sql import target_of


def trace_url(row: Model) -> str | None:
    """The trace of a captured row, or of all rows of a voucher; None for what is never sent."""
    for known in registry.all_types():
        if known.model is type(row) and known.matches(row):
            return _url(known, {field: field.path for field in known.key_fields}, row)
        if known.unit and target_of(known.model, known.unit) is type(row):
            inside = f"{known.unit}__"
            fields = [field for field in known.key_fields if field.path.startswith(inside)]
            return _url(known, {field: field.path.removeprefix(inside) for field in fields}, row)
    return None


def _url(known: InformationType, paths: dict[Field, str], row: Model) -> str:
    key = {f"key-{field.name}": _at(row, path) for field, path in paths.items() if field.name != "company"}
    company = known.company_path.removeprefix(f"{known.unit}__") if known.model is not type(row) else known.company_path
    values = {"type": known.name, "company": _at(row, company).pk, **key}
    return f"{reverse('trace')}?{urlencode({name: _text(value) for name, value in values.items() if value != ''})}"


def _at(row: Any, path: str) -> Any:
    for name in path.split("__"):
        row = getattr(row, name)
    return row


def _text(value: Any) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)
