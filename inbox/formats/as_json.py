"""Frozen dataclasses as JSON and back, without loss: amounts and dates as texts, what is at its default left out."""

import dataclasses
import datetime as dt
import types
from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from inbox.formats.findings import Finding

T = TypeVar("T")


def to_json(value: Any) -> Any:
    """A value as JSON; a field that is kept by reference leaves its content out."""
    match value:
        case Finding():
            return value.to_json()
        case Decimal():
            return str(value)
        case dt.date():
            return value.isoformat()
        case tuple():
            return [to_json(item) for item in value]
        case _ if dataclasses.is_dataclass(value):
            return {
                place.name: to_json(getattr(value, place.name))
                for place in dataclasses.fields(value)
                if not place.metadata.get("by_reference") and getattr(value, place.name) != place.default
            }
        case _:
            return value


def from_json(kind: type[T], kept: Mapping[str, Any]) -> T:
    """The dataclass that was kept."""
    hints = _hints(kind)  # type: ignore[arg-type]
    return kind(**{name: _value(hints[name], value) for name, value in kept.items() if name in hints})


@cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


def _value(hint: Any, kept: Any) -> Any:  # noqa: PLR0911 - one return a kind of value
    if isinstance(hint, types.UnionType):
        hint = next(part for part in get_args(hint) if part is not types.NoneType)
    if kept is None:
        return None
    if get_origin(hint) is tuple:
        return tuple(_value(get_args(hint)[0], item) for item in kept)
    if hint is Finding:
        return Finding.from_json(kept)
    if hint is Decimal:
        return Decimal(kept)
    if hint is dt.date:
        return dt.date.fromisoformat(kept)
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        return from_json(hint, kept)
    return kept
