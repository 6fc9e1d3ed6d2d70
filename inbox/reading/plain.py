"""Results as JSON and back. Coming back they are checked against their types: who read mail isn't trusted."""

import dataclasses
import datetime as dt
import types
from collections.abc import Mapping
from functools import cache
from typing import Any, Literal, get_args, get_origin, get_type_hints

from inbox.formats import Invoice
from ledger.importing.messages import Message

LONGEST_TEXT = 2_000_000
MOST_ITEMS = 20_000


class WrongShape(Exception):
    """What came isn't what it should be."""


def plain(value: Any) -> Any:
    """A result as JSON's kinds of values; the files go another way."""
    match value:
        case Invoice():
            return value.to_json()
        case dt.datetime():
            return value.isoformat()
        case tuple():
            return [plain(item) for item in value]
        case _ if dataclasses.is_dataclass(value):
            return {
                field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value) if field.compare
            }
        case _:
            return value


def restored(kind: Any, kept: Any, files: Mapping[str, bytes]) -> Any:  # noqa: PLR0911 - one answer a kind
    """A value of a type out of JSON's; `WrongShape` where it isn't one."""
    if kind is Invoice:
        return _invoice(kept, files)
    if dataclasses.is_dataclass(kind):
        return _record(kind, kept, files)
    if kind is dt.datetime:
        return _time(kept)
    match get_origin(kind):
        case origin if origin is types.UnionType:
            return None if kept is None else restored(_without_none(kind), kept, files)
        case origin if origin is tuple:
            if not isinstance(kept, list) or len(kept) > MOST_ITEMS:
                raise WrongShape
            return tuple(restored(get_args(kind)[0], item, files) for item in kept)
        case origin if origin is Literal:
            if kept not in get_args(kind):
                raise WrongShape
            return kept
    if type(kept) is not kind or (isinstance(kept, str) and len(kept) > LONGEST_TEXT):
        raise WrongShape
    return kept


@cache
def _hints(kind: Any) -> dict[str, Any]:
    return get_type_hints(kind)


def _without_none(kind: Any) -> Any:
    return next(other for other in get_args(kind) if other is not types.NoneType)


def _record(kind: Any, kept: Any, files: Mapping[str, bytes]) -> Any:
    fields = [field for field in dataclasses.fields(kind) if field.compare]
    if not isinstance(kept, dict) or kept.keys() != {field.name for field in fields}:
        raise WrongShape
    hints = _hints(kind)
    return kind(**{field.name: restored(hints[field.name], kept[field.name], files) for field in fields})


def _time(kept: Any) -> dt.datetime:
    try:
        found = dt.datetime.fromisoformat(kept)
    except (TypeError, ValueError):
        raise WrongShape from None
    if found.tzinfo is None:
        raise WrongShape
    return found


def _invoice(kept: Any, files: Mapping[str, bytes]) -> Invoice:
    """An invoice with the contents of the files in it, as far as they came along; addresses of files have none."""
    try:
        contents = [files.get(attachment.get("sha256", ""), b"") for attachment in kept.get("attachments", ())]
        invoice = Invoice.from_json(kept, contents)
    except Exception:  # noqa: BLE001 - whatever it stumbles over, the answer wasn't an invoice
        raise WrongShape from None
    _must_be(Invoice, invoice)
    return invoice


def _must_be(kind: Any, value: Any) -> None:
    """Refuse a value that isn't of its type, all the way down."""
    match get_origin(kind):
        case origin if origin is types.UnionType:
            if value is not None:
                _must_be(_without_none(kind), value)
            return
        case origin if origin is tuple:
            for item in _as(tuple, value):
                _must_be(get_args(kind)[0], item)
            return
        case origin if origin is Literal:
            if value not in get_args(kind):
                raise WrongShape
            return
    if kind is Message:
        _must_be_told(_as(Message, value))
    elif dataclasses.is_dataclass(kind):
        record: Any = kind
        hints = _hints(record)
        for field in dataclasses.fields(_as(record, value)):
            _must_be(hints[field.name], getattr(value, field.name))
    else:
        _as(kind, value)


def _must_be_told(message: Message) -> None:
    """Refuse a message that can't be shown."""
    try:
        _as(str, message.text)
        _as(str, message.plural)
        shown = {name: str(value) for name, value in message.values.items() if not isinstance(value, Message)}
        nested = [value for value in message.values.values() if isinstance(value, Message)]
        for inner in nested:
            _must_be_told(inner)
        _ = message.text % (shown | dict.fromkeys(message.values, "")) if message.values else message.text
    except (TypeError, ValueError, KeyError, AttributeError):
        raise WrongShape from None


def _as(kind: Any, value: Any) -> Any:
    if type(value) is not kind or (isinstance(value, str) and len(value) > LONGEST_TEXT):
        raise WrongShape
    return value
