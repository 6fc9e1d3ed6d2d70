"""The message in a signature that encloses it (CMS signed data): taken out, its signature not looked at."""

SIGNED_DATA = bytes.fromhex("06092a864886f70d010702")
DATA = bytes.fromhex("06092a864886f70d010701")
SEQUENCE, SET, OCTETS, OCTETS_IN_PIECES, CONTEXT_0 = 0x30, 0x31, 0x04, 0x24, 0xA0
MOST_PIECES = 100_000


class _Unreadable(Exception):
    """Not built as it must be."""


def content_of(content: bytes) -> bytes | None:
    """What was signed, or None where the bytes aren't signed data that hold it."""
    try:
        position = _enter(content, 0, SEQUENCE)
        if not content.startswith(SIGNED_DATA, position):
            return None
        position = _enter(content, position + len(SIGNED_DATA), CONTEXT_0)
        position = _enter(content, position, SEQUENCE)
        position = _after(content, position)  # the version
        position = _after(content, position)  # the digests' names
        position = _enter(content, position, SEQUENCE)
        if not content.startswith(DATA, position):
            return None
        position = _enter(content, position + len(DATA), CONTEXT_0)
        return _octets(content, position)
    except (_Unreadable, IndexError):
        return None


def _head(content: bytes, position: int) -> tuple[int, int, int | None]:
    """Tag, beginning and length of what stands at a position; no length where it ends with two zeros."""
    tag, first = content[position], content[position + 1]
    if first < 0x80:
        return tag, position + 2, first
    if first == 0x80:
        return tag, position + 2, None
    count = first & 0x7F
    if count > 4:
        raise _Unreadable
    return tag, position + 2 + count, int.from_bytes(content[position + 2 : position + 2 + count], "big")


def _enter(content: bytes, position: int, wanted: int) -> int:
    tag, start, _ = _head(content, position)
    if tag != wanted:
        raise _Unreadable
    return start


def _after(content: bytes, position: int) -> int:
    _, start, length = _head(content, position)
    if length is None:
        raise _Unreadable
    return start + length


def _octets(content: bytes, position: int) -> bytes:
    """Bytes in one piece or in several."""
    tag, start, length = _head(content, position)
    if tag == OCTETS and length is not None:
        return content[start : start + length]
    if tag != OCTETS_IN_PIECES:
        raise _Unreadable
    pieces: list[bytes] = []
    end = len(content) if length is None else min(start + length, len(content))
    while start < end and content[start : start + 2] != b"\x00\x00":
        if len(pieces) >= MOST_PIECES:
            raise _Unreadable
        tag, start, size = _head(content, start)
        if tag != OCTETS or size is None:
            raise _Unreadable
        pieces.append(content[start : start + size])
        start += size
    return b"".join(pieces)
