"""What reading can end in beside a result."""

from dataclasses import dataclass
from typing import Literal

Death = Literal["time", "memory", "crash"]


@dataclass(frozen=True)
class Usage:
    """What a reading took: seconds by the clock, and the most memory that its process held, in bytes."""

    seconds: float = 0.0
    peak: int = 0


class ReadingError(Exception):
    """A reading gave nothing."""

    code = "reading_failed"


class ReadingDied(ReadingError):
    """The process that read it ran out of time or memory, or broke; the same bytes would do the same again.

    `at` is the file and the step that it was at, by its own word.
    """

    def __init__(
        self, reason: Death, detail: str = "", usage: Usage | None = None, at: tuple[str, str] | None = None
    ) -> None:
        super().__init__(f"The reading died: {reason} {detail}".rstrip())
        self.reason = reason
        self.code = f"reading_died_{reason}"
        self.detail = detail
        self.usage = usage or Usage()
        self.at = at


class ReadingRefused(ReadingError):
    """What was asked can't be done with this content; `code` says why."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code} {detail}".rstrip())
        self.code = code
        self.detail = detail


class ReadingUnavailable(ReadingError):
    """No process to read in could be had: nothing is known of the content; try again later."""

    code = "reading_unavailable"
