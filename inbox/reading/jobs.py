"""What can be asked of a process that reads: a name and bytes in, JSON and files out."""

from collections.abc import Callable, Mapping
from typing import Any

from inbox.reading import kinds, pdfs, pictures
from inbox.reading.exceptions import ReadingRefused
from inbox.reading.limits import Limits
from inbox.reading.message import read_document, read_headers, read_message
from inbox.reading.plain import plain
from inbox.reading.results import ReadMessage
from inbox.reading.steps import Steps

Answer = tuple[Any, list[bytes]]
Options = Mapping[str, Any]


def message(content: bytes, _: Options, limits: Limits, steps: Steps) -> Answer:
    """A mail."""
    return _told(read_message(content, limits, steps))


def document(content: bytes, options: Options, limits: Limits, steps: Steps) -> Answer:
    """A file."""
    return _told(read_document(content, options["file_name"], limits, steps))


def headers(content: bytes, _: Options, limits: Limits, __: Steps) -> Answer:
    """The head of a mail."""
    return plain(read_headers(content, limits)), []


def pages(content: bytes, options: Options, limits: Limits, _: Steps) -> Answer:
    """Pages of a PDF, or a picture, as PNG."""
    first, count = options["first"], options["count"]
    found = kinds.media_type(content)
    if found == kinds.PDF:
        return None, list(pdfs.pages(content, first, count, limits))
    if found in kinds.PICTURES:
        return None, list(pictures.redrawn(content, first, count, limits))
    raise ReadingRefused("heic" if found == "image/heic" else "not_a_picture")


def _told(read: ReadMessage) -> Answer:
    """A result, and each of its files once, in the order of their digests."""
    return plain(read), [content for _, content in sorted(read.files.items())]


JOBS: Mapping[str, Callable[[bytes, Options, Limits, Steps], Answer]] = {
    "message": message,
    "document": document,
    "headers": headers,
    "pages": pages,
}
