"""Lines of a journal's file: each is a checksum and JSON, by itself whole or known not to be."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CHECKSUM_BYTES = 8


@dataclass(frozen=True)
class Line:
    """A line that was read, and where it begins in its file."""

    offset: int
    said: dict[str, Any]


def as_line(said: Mapping[str, Any]) -> bytes:
    """Return what is appended. It begins on a new line, whatever a crash has left of the one before."""
    text = json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode(errors="surrogatepass")
    return b"\n" + _checksum(text) + b" " + text + b"\n"


def read(path: Path) -> Iterator[Line | None]:
    """Return the lines of a file in their order, None for each that isn't whole."""
    with path.open("rb") as file:
        offset = 0
        for line in file:
            if line != b"\n":
                said = _said(line)
                yield None if said is None else Line(offset=offset, said=said)
            offset += len(line)


def read_at(path: Path, offset: int) -> dict[str, Any]:
    """Return what a line says that was read before. Raises `ValueError` if it isn't there any more."""
    with path.open("rb") as file:
        file.seek(offset)
        said = _said(file.readline())
    if said is None:
        raise ValueError(f"{path} has no whole line at {offset}.")
    return said


def _said(line: bytes) -> dict[str, Any] | None:
    checksum, _blank, text = line.rstrip(b"\n").partition(b" ")
    if checksum != _checksum(text):
        return None
    said: dict[str, Any] = json.loads(text.decode(errors="surrogatepass"))
    return said


def _checksum(text: bytes) -> bytes:
    return hashlib.blake2b(text, digest_size=CHECKSUM_BYTES).hexdigest().encode()
