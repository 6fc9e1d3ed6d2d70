"""The checksum between two #KSUMMA. Source: SIE 4B §9."""

import zlib

from ledger.sie.exceptions import FileError
from ledger.sie.lines import BLANKS, ObjectList, split_line, split_objects


class Checksum:
    """CRC-32 over the bytes of labels and fields: no blanks, quotation marks, braces or line ends.

    The standard means the bytes of code page 437. Programs that write another encoding sum the bytes that they wrote,
    so both are kept.
    """

    def __init__(self, encoding: str, *, active: bool = False) -> None:
        self.active = active
        self._encoding = encoding
        self._standard = 0
        self._as_written = 0

    def add(self, line: str) -> None:
        """Count a line in, unless it is one of the two #KSUMMA."""
        if line.lstrip(BLANKS)[:7].upper() == "#KSUMMA":
            return
        text = "".join(_parts(line))
        self._as_written = zlib.crc32(text.encode(self._encoding.removesuffix("-sig")), self._as_written)
        self._standard = zlib.crc32(text.encode("cp437", "replace"), self._standard)

    def restarted(self) -> "Checksum":
        """A sum that counts from here."""
        return Checksum(self._encoding, active=True)

    def agrees_with(self, stated: str) -> bool:
        """Whether the number that the file states is the sum of what was added."""
        return stated in (str(self._standard), str(self._as_written))


def _parts(line: str) -> list[str]:
    parts: list[str] = []
    try:
        for field in split_line(line).fields:
            parts.extend(split_objects(field.text) if isinstance(field, ObjectList) else (field,))
    except FileError:
        # The reader of the line says what is wrong, or ignores it for its label.
        return [line]
    return [] if parts in (["{"], ["}"]) else parts
