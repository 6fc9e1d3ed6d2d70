"""Whether a content has a virus, as clamd says over its socket (`CLAMAV_SOCKET`); without that nothing is asked.

What clamd doesn't answer for is not taken for clean: the message waits, or a person decides.
"""

import re
import socket
import struct
from contextlib import closing, suppress

from django.conf import settings

CHUNK = 64 * 1024
CONNECTS_WITHIN = 5.0
ANSWERS_WITHIN = 120.0  # of silence
LONGEST_ANSWER = 4096
TCP = re.compile(r"(?:tcp://)?(?P<host>[^\s/:]+|\[[0-9A-Fa-f:.]+\]):(?P<port>[0-9]{1,5})")


class ScannerAway(OSError):
    """The scanner can't be asked now: ask again later."""


class NotScanned(Exception):
    """The scanner answers, but won't scan this, such as what is larger than it takes (`StreamMaxLength`)."""


def is_set() -> bool:
    """Tell whether messages are scanned."""
    return bool(settings.CLAMAV_SOCKET)


def verdict(content: bytes) -> str | None:
    """Return the name of the virus in a content; None where it is clean, or nothing scans.

    Raises ScannerAway and NotScanned.
    """
    if not is_set():
        return None
    answer = _ask(content)
    if answer == "stream: OK":
        return None
    if answer.startswith("stream: ") and answer.endswith(" FOUND"):
        return answer.removeprefix("stream: ").removesuffix(" FOUND")
    if "size limit" in answer:
        raise NotScanned(answer)
    raise ScannerAway(answer or "clamd closed the connection without an answer")


def is_answering() -> bool:
    """Tell whether the scanner is there."""
    try:
        with closing(_connect()) as connection:
            connection.sendall(b"zPING\0")
            return _answer(connection) == "PONG"
    except (OSError, ValueError):
        return False


def place_of(setting: str) -> str | tuple[str, int]:
    """Return the path of the socket, or host and port, that a setting names; raises ValueError."""
    if setting.startswith(("/", "unix:")):
        return setting.removeprefix("unix:").replace("///", "/", 1)
    read = TCP.fullmatch(setting)
    if read is None or not 0 < int(read["port"]) < 65536:
        raise ValueError(f"{setting!r} is neither the path of a socket nor host:port.")
    return read["host"].strip("[]"), int(read["port"])


def _ask(content: bytes) -> str:
    try:
        with closing(_connect()) as connection:
            with suppress(BrokenPipeError, ConnectionResetError):  # it has said why before it hung up
                _send(connection, content)
            return _answer(connection)
    except (OSError, ValueError) as error:
        raise ScannerAway(f"clamd at {settings.CLAMAV_SOCKET}: {error}") from error


def _send(connection: socket.socket, content: bytes) -> None:
    connection.sendall(b"zINSTREAM\0")
    for start in range(0, len(content), CHUNK):
        chunk = content[start : start + CHUNK]
        connection.sendall(struct.pack("!L", len(chunk)) + chunk)
    connection.sendall(struct.pack("!L", 0))


def _answer(connection: socket.socket) -> str:
    received = b""
    while not received.endswith(b"\0") and len(received) < LONGEST_ANSWER:
        piece = connection.recv(LONGEST_ANSWER)
        if not piece:
            break
        received += piece
    return received.partition(b"\0")[0].decode("utf-8", "replace").strip()


def _connect() -> socket.socket:
    place = place_of(settings.CLAMAV_SOCKET)
    if isinstance(place, str):
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            connection.settimeout(CONNECTS_WITHIN)
            connection.connect(place)
        except OSError:
            connection.close()
            raise
    else:
        connection = socket.create_connection(place, timeout=CONNECTS_WITHIN)
    connection.settimeout(ANSWERS_WITHIN)
    return connection
