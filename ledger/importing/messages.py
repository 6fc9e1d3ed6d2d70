"""Texts that are told later, to somebody who may read another language than whoever runs the import.

`message` marks a text for translation just as gettext does, and keeps it with its values until it is shown.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.utils.formats import date_format, number_format
from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext


@dataclass(frozen=True)
class Message:
    """A text and what stands in it; `str` gives it in the language in force."""

    text: str
    values: "Mapping[str, Value]" = field(default_factory=dict)
    plural: str = ""
    count: int = 0

    def __mod__(self, values: Mapping[str, object]) -> "Message":
        """The text with its values, as `%` fills in a text."""
        plain = {name: value if isinstance(value, KEPT) else str(value) for name, value in values.items()}
        return Message(self.text, plain, self.plural, self.count)

    def __str__(self) -> str:
        if not self.text:
            return ""
        told = ngettext(self.text, self.plural, self.count) if self.plural else gettext(self.text)
        return told % {name: _shown(value) for name, value in self.values.items()} if self.values else told

    def __bool__(self) -> bool:
        return bool(self.text)

    def as_json(self) -> dict[str, Any]:
        """The message as it is stored."""
        values = {name: _as_json(value) for name, value in self.values.items()}
        return {"text": self.text, "values": values, "plural": self.plural, "count": self.count}


Value = str | int | Decimal | dt.date | Message
KEPT = (int, Decimal, dt.date, Message)
Text = str | Promise | Message
NOTHING = Message("")


def message(text: str) -> Message:
    """Mark a text for translation, to be told later."""
    return Message(text)


def counted(singular: str, plural: str, count: int) -> Message:
    """Mark a text with a plural form for translation, to be told later."""
    return Message(singular, {}, plural, count)


def stored(text: Text) -> dict[str, Any]:
    """Any text as it is stored: a message with all its languages, another text as it reads now."""
    return text.as_json() if isinstance(text, Message) else Message(str(text)).as_json()


def restored(kept: Mapping[str, Any]) -> Message:
    """The message that was stored."""
    values = {name: _from_json(value) for name, value in kept["values"].items()}
    return Message(kept["text"], values, kept["plural"], kept["count"])


def _shown(value: Value) -> str | int:
    """A value in the form of the language in force; whole numbers are the text's own business."""
    match value:
        case Decimal():
            return str(number_format(value, 2, use_l10n=True, force_grouping=True))
        case dt.date():
            return date_format(value, "SHORT_DATE_FORMAT")
        case int():
            return value
        case _:
            return str(value)


def _as_json(value: Value) -> Any:
    match value:
        case Message():
            return value.as_json()
        case Decimal():
            return {"decimal": str(value)}
        case dt.date():
            return {"date": value.isoformat()}
        case _:
            return value


def _from_json(kept: Any) -> Value:
    match kept:
        case {"decimal": text}:
            return Decimal(text)
        case {"date": text}:
            return dt.date.fromisoformat(text)
        case {"text": _text}:
            return restored(kept)
        case _:
            plain: str | int = kept
            return plain
