"""What a reading is at, told to whoever waits for it: lost there, it is made again without that file or step of it."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Literal

from inbox.formats import UnreadableInvoice
from inbox.reading.archives import ClosedArchive
from inbox.reading.exceptions import ReadingRefused
from inbox.reading.structure import RefusedMessage

Step = Literal["xml", "pdf_data", "pdf_text", "picture", "zip"]
Place = tuple[str, str]  # a file's path in the message, and the step
NOWHERE: Place = ("", "")
REFUSALS = (ClosedArchive, ReadingRefused, RefusedMessage, UnreadableInvoice)


class Steps:
    """The steps of one reading; `left_out` are those at which an earlier one was lost, with the code of how."""

    def __init__(
        self, left_out: Mapping[Place, str] | None = None, tell: Callable[[Place], None] | None = None
    ) -> None:
        self.left_out = left_out or {}
        self._tell = tell or (lambda _place: None)
        self._at = NOWHERE

    def lost_at(self, path: str, step: Step) -> str:
        """How an earlier reading was lost at this step; empty where none was."""
        return self.left_out.get((path, step), "")

    @contextmanager
    def at(self, path: str, step: Step) -> Iterator[None]:
        """Be at a step, and at what was done before when it is over."""
        before = self._at
        self._go(path, step)
        try:
            yield
        except REFUSALS:
            self._go(*before)
            raise
        self._go(*before)  # not after any other error, which ends the reading here

    def _go(self, path: str, step: str) -> None:
        self._at = path, step
        self._tell(self._at)
