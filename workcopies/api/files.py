"""Files on their way to and from integrations: they stand on the disk, never in memory, and go when they are through.

They are made in the folder of the setting, where what a dead process leaves behind is found and removed.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from django.http import HttpRequest
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer

from workcopies.exceptions import NoRoom, TooLargeFile
from workcopies.storage import new_path

FILE = "application/vnd.sqlite3"
BYTES = "application/octet-stream"
PIECE = 1 << 18
MEGABYTE = 1 << 20


class FileRenderer(BaseRenderer):
    """Lets a caller ask for the file by its media type; the view makes the answer itself."""

    media_type = FILE
    format = "utkorg"


class BytesRenderer(FileRenderer):
    """The same for a caller who asks for bytes."""

    media_type = BYTES


class FileParser(BaseParser):
    """Leaves the body where it is: the view writes it to the disk."""

    media_type = FILE

    def parse(self, stream: Any, *_how: Any, **_options: Any) -> Any:
        """Return the stream."""
        return stream


class BytesParser(FileParser):
    """The same for a caller who sends bytes."""

    media_type = BYTES


def pieces_of(path: Path) -> Iterator[bytes]:
    """Open a file, remove its name at once, and yield what is in it: it is gone when nobody reads it any more."""
    file = path.open("rb")
    path.unlink()
    return _pieces(file)


@contextmanager
def received(request: HttpRequest, *, most: int) -> Iterator[Path]:
    """A request's body as a file, which goes afterwards.

    Raises `TooLargeFile` beyond `most` megabytes, at once where the request says how long it is; and `NoRoom`.
    """
    if int(request.META.get("CONTENT_LENGTH") or 0) > most * MEGABYTE:
        raise TooLargeFile
    path = new_path()
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            _copy(request, file, most=most * MEGABYTE)
        yield path
    finally:
        path.unlink(missing_ok=True)


def _pieces(file: BinaryIO) -> Iterator[bytes]:
    with file:
        while piece := file.read(PIECE):
            yield piece


def _copy(stream: Any, file: BinaryIO, *, most: int) -> None:
    size = 0
    while piece := stream.read(PIECE):
        size += len(piece)
        if size > most:
            raise TooLargeFile
        try:
            file.write(piece)
        except OSError as error:
            raise NoRoom from error
