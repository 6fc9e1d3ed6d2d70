"""Texts that are told later, to somebody who may read another language than whoever runs the import.

`message` marks a text for translation just as gettext does, and keeps it with its values until it is shown.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext


@dataclass(frozen=True)
class Message:
    """A text and what stands in it; `str` gives it in the language in force."""

    text: str
    values: "Mapping[str, str | int | Message]" = field(default_factory=dict)
    plural: str = ""
    count: int = 0

    def __mod__(self, values: Mapping[str, object]) -> "Message":
        """The text with its values, as `%` fills in a text."""
        plain = {name: value if isinstance(value, (int, Message)) else str(value) for name, value in values.items()}
        return Message(self.text, plain, self.plural, self.count)

    def __str__(self) -> str:
        if not self.text:
            return ""
        told = ngettext(self.text, self.plural, self.count) if self.plural else gettext(self.text)
        return told % self.values if self.values else told

    def __bool__(self) -> bool:
        return bool(self.text)

    def as_json(self) -> dict[str, Any]:
        """The message as it is stored."""
        values = {name: value.as_json() if isinstance(value, Message) else value for name, value in self.values.items()}
        return {"text": self.text, "values": values, "plural": self.plural, "count": self.count}


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
    values = {name: restored(value) if isinstance(value, dict) else value for name, value in kept["values"].items()}
    return Message(kept["text"], values, kept["plural"], kept["count"])
