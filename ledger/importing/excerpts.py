"""A line's own text, for whoever has to find what is wrong with it."""

from typing import BinaryIO

LONGEST = 200
READ_AT_ONCE = 1 << 16


def line_of(stream: BinaryIO, line: int, encoding: str) -> str:
    """The text of a line, cut where it is long; empty where the file has no such line or can't be read any more."""
    try:
        stream.seek(0)
        return _text(stream, line).decode(encoding, "replace").strip("\ufeff \t\r\n")[:LONGEST] if line else ""
    except (OSError, ValueError):
        return ""


def _text(stream: BinaryIO, line: int) -> bytes:
    reached = 1
    for piece in iter(lambda: stream.readline(READ_AT_ONCE), b""):
        if reached == line:
            return piece
        reached += piece.endswith(b"\n")
    return b""


def first_bytes(stream: BinaryIO, count: int) -> bytes:
    """The beginning of a file, which can be read from its start again afterwards."""
    stream.seek(0)
    found = stream.read(count)
    stream.seek(0)
    return found
