"""What is odd about an invoice: by which rule, in which field, with which value."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from inbox.formats.fields import field_of
from ledger.importing.messages import Message, restored

Severity = Literal["error", "warning", "note"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding. `rule` is the standard's name of it, or ours, which begins with UTK.

    `path` is the place in the `Invoice` ("lines.0.amount"), `field` what the standard calls it ("BT-131").
    """

    severity: Severity
    rule: str
    path: str
    value: str
    message: Message

    @property
    def field(self) -> str:
        """The standard's name of the field, where it has one."""
        return field_of(self.path)

    def to_json(self) -> dict[str, Any]:
        """The finding as it is stored, with all its languages."""
        return {
            "severity": self.severity,
            "rule": self.rule,
            "field": self.field,
            "path": self.path,
            "value": self.value,
            "message": self.message.as_json(),
        }

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> "Finding":
        """The finding that was stored."""
        return cls(kept["severity"], kept["rule"], kept["path"], kept["value"], restored(kept["message"]))
