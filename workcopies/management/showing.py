"""How far a command has come, on standard error: one line that moves on a terminal, now and then a line elsewhere."""

import time
from types import TracebackType
from typing import Self, TextIO

from django.core.management.base import OutputWrapper

SECONDS_BETWEEN_ON_TERMINAL = 0.1
SECONDS_BETWEEN_LINES = 5.0


class Percent:
    """Shows a text with a percentage; only what takes long says anything. Use as a context, for the line's end."""

    def __init__(self, stream: TextIO | OutputWrapper) -> None:
        self._stream = stream
        self._is_terminal = stream.isatty()
        self._told = time.monotonic()
        self._is_open = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._is_open:
            self._stream.write("\r\033[K")
            self._stream.flush()

    def tell(self, text: str, done: int, total: int | None) -> None:
        """Tell, if it is time."""
        now = time.monotonic()
        if now - self._told < (SECONDS_BETWEEN_ON_TERMINAL if self._is_terminal else SECONDS_BETWEEN_LINES):
            return
        self._told = now
        line = text if total is None else f"{text} {100 * done // max(total, 1)} %"
        self._stream.write(f"\r\033[K{line}" if self._is_terminal else f"{line}\n")
        self._stream.flush()
        self._is_open = self._is_terminal
