"""How what is asked and answered goes between processes: a length, JSON, and the files that it counts up."""

import json
import socket
import struct
import time
from collections.abc import Sequence
from typing import Any

HEAD = struct.Struct("!QQ")  # length of the JSON, length of all files
PIECE = 2**20


class WrongAnswer(Exception):
    """What came isn't what was agreed."""


class OutOfTime(Exception):
    """It took too long."""


def send(to: socket.socket, told: dict[str, Any], files: Sequence[bytes], deadline: float | None = None) -> None:
    """Send a message; `told` gets the sizes of its files."""
    text = json.dumps(told | {"sizes": [len(file) for file in files]}, ensure_ascii=True).encode("ascii")
    _send(to, HEAD.pack(len(text), sum(map(len, files))) + text, deadline)
    for file in files:
        _send(to, file, deadline)


def _send(to: socket.socket, content: bytes, deadline: float | None) -> None:
    view = memoryview(content)
    while view:
        _wait(to, deadline)
        try:
            view = view[to.send(view[:PIECE]) :]
        except TimeoutError:
            raise OutOfTime from None


def receive(
    source: socket.socket, *, longest_text: int, largest: int, deadline: float | None = None
) -> tuple[dict[str, Any], list[bytes]]:
    """Receive a message; `WrongAnswer` where it is none, is cut off or larger than it may be."""
    length, total = HEAD.unpack(_receive(source, HEAD.size, deadline))
    if length > longest_text or total > largest:
        raise WrongAnswer
    try:
        told = json.loads(_receive(source, length, deadline))
    except (ValueError, RecursionError):
        raise WrongAnswer from None
    sizes = told.pop("sizes", None) if isinstance(told, dict) else None
    if not isinstance(sizes, list) or not all(type(size) is int and size >= 0 for size in sizes) or sum(sizes) != total:
        raise WrongAnswer
    return told, [_receive(source, size, deadline) for size in sizes]


def _receive(source: socket.socket, size: int, deadline: float | None) -> bytes:
    content = bytearray(size)
    view = memoryview(content)
    while view:
        _wait(source, deadline)
        try:
            count = source.recv_into(view, min(len(view), PIECE))
        except TimeoutError:
            raise OutOfTime from None
        if not count:
            raise WrongAnswer
        view = view[count:]
    return bytes(content)


def _wait(on: socket.socket, deadline: float | None) -> None:
    if deadline is None:
        return
    left = deadline - time.monotonic()
    if left <= 0:
        raise OutOfTime
    on.settimeout(left)
