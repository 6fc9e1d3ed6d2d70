"""Reading what suppliers send: a mail or a file in; its text, its files and the invoices that it may be out.

Invariants: what is read knows no database and no setting, and is read in a process of its own that sees one message,
is bounded in time and memory, and has neither files nor network; what that process answers is checked like a stranger's
word. Nothing in a message is run, fetched or shown as it came.
"""

import dataclasses
import hashlib
import time
from typing import TypeVar

from inbox.reading.exceptions import ReadingDied, ReadingError, ReadingRefused, ReadingUnavailable
from inbox.reading.limits import LIMITS, Limits
from inbox.reading.plain import WrongShape, restored
from inbox.reading.process import Answer, Readers
from inbox.reading.results import (
    Address,
    Candidate,
    Forwarded,
    Headers,
    Part,
    Problem,
    Proposal,
    ReadMessage,
)

__all__ = [
    "LIMITS",
    "Address",
    "Candidate",
    "Forwarded",
    "Headers",
    "Limits",
    "Part",
    "Problem",
    "Proposal",
    "ReadMessage",
    "ReadingDied",
    "ReadingError",
    "ReadingRefused",
    "ReadingUnavailable",
    "read_document",
    "read_headers",
    "read_message",
    "readers",
    "render_pages",
    "render_picture",
]

T = TypeVar("T")
MOST_LEFT_OUT = 10
SHORTEST = 2.0  # seconds in which it is worth to begin anew
PNG = b"\x89PNG\r\n\x1a\n"

readers = Readers()


def read_message(content: bytes, *, limits: Limits = LIMITS) -> ReadMessage:
    """Read a mail. What is wrong with it stands in the result; `ReadingDied` where reading it can't be ended well.

    A file that takes the process with it is left out, and the rest read once more, all within the same time.
    """
    end = time.monotonic() + limits.seconds
    left_out: dict[tuple[str, str], str] = {}
    while True:
        options = {"left_out": [(path, step, code) for (path, step), code in left_out.items()]}
        try:
            return message_of(readers.read("message", content, options, limits))
        except ReadingDied as died:
            seconds = end - time.monotonic()
            if died.at is None or died.at in left_out or len(left_out) == MOST_LEFT_OUT or seconds < SHORTEST:
                raise
            left_out[died.at] = died.code
            limits = dataclasses.replace(limits, seconds=seconds)


def read_document(content: bytes, *, file_name: str = "", limits: Limits = LIMITS) -> ReadMessage:
    """Read one file that came by another way than mail: the same result, without headers, the file as part "1"."""
    return message_of(readers.read("document", content, {"file_name": file_name[:1000]}, limits))


def read_headers(content: bytes) -> Headers:
    """The head of a mail alone: cheap, for mails that can't be read."""
    answer = readers.read("headers", content[: LIMITS.header_bytes])
    return _restored(Headers, answer)


def render_pages(content: bytes, *, first: int = 1, count: int = LIMITS.pages) -> list[bytes]:
    """Pages of a PDF (or a TIFF, or the one of another picture) as PNG, from `first` on."""
    answer = readers.read("pages", content, {"first": max(1, first), "count": max(0, count)})
    if len(answer.files) > LIMITS.pages or not all(page.startswith(PNG) for page in answer.files):
        raise ReadingDied("crash", "no pictures", answer.usage)
    return answer.files


def render_picture(content: bytes) -> bytes:
    """A picture, or the first page of a PDF, as PNG."""
    pages = render_pages(content, count=1)
    if not pages:
        raise ReadingRefused("empty")
    return pages[0]


def message_of(answer: Answer) -> ReadMessage:
    """The result in an answer, checked, with its files."""
    files = {hashlib.sha256(content).hexdigest(): content for content in answer.files}
    read = _restored(ReadMessage, answer, files)
    paths = {part.path for part in read.parts}
    pointed = [path for found in read.candidates for path in (found.document, found.data, *found.attachments) if path]
    if len(paths) != len(read.parts) or not paths.issuperset(pointed):
        raise ReadingDied("crash", "parts that aren't there", answer.usage)
    object.__setattr__(read, "files", files)
    return read


def _restored(kind: type[T], answer: Answer, files: dict[str, bytes] | None = None) -> T:
    try:
        found: T = restored(kind, answer.told, files or {})
    except WrongShape:
        raise ReadingDied("crash", "an answer of another shape", answer.usage) from None
    return found
