"""The findings by the places that they belong to; each is shown once."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from inbox.formats.findings import Finding


@dataclass(frozen=True, slots=True)
class Mark:
    """A finding, and its number in the list of them all."""

    number: int
    finding: Finding


class Marks:
    """What was found, to be taken by place."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        self._left = dict(enumerate(findings))

    def at(self, *paths: str) -> tuple[Mark, ...]:
        """What was found at just these places."""
        return self._taken(number for number, finding in self._left.items() if finding.path in paths)

    def under(self, path: str) -> tuple[Mark, ...]:
        """What was found at this place or within it, and isn't shown yet."""
        within = f"{path}."
        return self._taken(
            number for number, finding in self._left.items() if finding.path == path or finding.path.startswith(within)
        )

    def rest(self) -> tuple[Mark, ...]:
        """What belongs to no place that is shown."""
        return self._taken(iter(self._left))

    def _taken(self, numbers: Iterator[int]) -> tuple[Mark, ...]:
        return tuple(Mark(number, self._left.pop(number)) for number in list(numbers))
