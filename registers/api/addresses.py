"""Where a row is found: its key in an address. Source: CONTRACT §0.

The parts are read as they were sent, so that a code may hold a slash (`%2F`); an empty part is written `~`, and a code
that is a tilde `%7E`.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from urllib.parse import quote, unquote

from django.db import models
from django.http import HttpRequest
from django.urls import reverse
from rest_framework.exceptions import NotFound

from information_types import sql
from registers.register import Register

EMPTY = "~"


def parts_of(request: HttpRequest, matched: Mapping[str, str], *, verbs: int = 0) -> list[str]:
    """Return the parts of the key that a request's address ends with, or that stand before its verb.

    Raises NotFound where a slash stands unescaped in one: it would be read as more parts than there are.
    """
    sent: bytes = getattr(request, "scope", {}).get("raw_path") or b""
    split = sent.decode("ascii", "replace").split("/")
    raw = split[len(split) - verbs - len(matched) : len(split) - verbs] if sent else list(matched.values())
    if sent and unquote("/".join(raw)) != "/".join(matched.values()):
        raise NotFound
    return ["" if part == EMPTY else unquote(part) if sent else part for part in raw]


def values_of(register: Register, parts: Sequence[str]) -> dict[str, Any] | None:
    """Return the values of the key that parts of an address stand for; None where they stand for none."""
    try:
        return {
            field.name: _value(_column(register, field.path), part)
            for field, part in zip(register.key_fields, parts, strict=True)
        }
    except ValueError:
        return None


def path_of(register: Register, key: Mapping[str, Any]) -> str:
    """Return the path of the row that has a key, by name as in `data`."""
    parts = (str(key[name]) for name in register.key)
    return "/".join([reverse(name_of(register)), *map(encoded, parts)])


def name_of(register: Register) -> str:
    """Return the name of a register's address."""
    return f"register-{register.slug}"


def route_of(register: Register) -> str:
    """Return the route of a register's rows; what a text holds as a slash is told apart from the raw address."""
    *parents, last = register.key_fields
    parts = [f"<str:{field.name}>" if field.name == "company" else _converter(register, field) for field in parents]
    return "/".join([register.slug, *parts, _converter(register, last)])


def _converter(register: Register, field: Any) -> str:
    is_text = isinstance(_column(register, field.path), models.CharField)
    return f"<{'path' if is_text else 'str'}:{field.name}>"


def _column(register: Register, path: str) -> Any:
    _column, field, _nullable = sql.Joins(register.model).column(path)
    return field


def _value(column: Any, text: str) -> Any:
    """Read a part in its one form; raises ValueError."""
    if "\0" in text:
        raise ValueError(text)
    match column:
        case models.DateField():
            value: Any = date.fromisoformat(text)
        case models.IntegerField():
            value = int(text)
        case _:
            return text
    if str(value) != text:
        raise ValueError(text)
    return value


def encoded(part: str) -> str:
    """Return a part of a key as it stands in an address."""
    if part == EMPTY:
        return "%7E"
    return quote(part, safe="") or EMPTY
