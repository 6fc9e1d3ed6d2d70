"""What a person should know about a file that is imported all the same."""

from dataclasses import dataclass, field
from typing import NamedTuple

from ledger.importing.messages import Text

KEPT = 100


class Remark(NamedTuple):
    """A remark on a line; `times` counts the lines that it fits, `line` is the first."""

    line: int
    text: Text
    times: int = 1


@dataclass
class Remarks:
    """Remarks, each text once with its first line; the first hundred texts, so that memory doesn't grow."""

    _by_text: dict[str, Remark] = field(default_factory=dict)

    def add(self, line: int, text: Text) -> None:
        """Remark on a line."""
        key = str(text)
        known = self._by_text.get(key)
        if known is not None:
            self._by_text[key] = known._replace(times=known.times + 1)
        elif len(self._by_text) < KEPT:
            self._by_text[key] = Remark(line, text)

    def as_tuple(self) -> tuple[Remark, ...]:
        """The remarks in the order in which they came up."""
        return tuple(self._by_text.values())
