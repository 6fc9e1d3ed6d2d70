"""What a file is, by its first bytes: a name's ending says nothing that can be relied on."""

from typing import BinaryIO

from ledger.importing.exceptions import FileError
from ledger.importing.excerpts import first_bytes
from ledger.importing.messages import Message
from ledger.importing.messages import message as _
from ledger.importing.report import Format

LOOKED_AT = 1024
BLANKS = b" \t\r\n"
UTF_16 = (b"\xff\xfe", b"\xfe\xff", b"<\x00", b"\x00<")
ENCRYPTED_ENTRY = 0x01  # the first bit of a zip entry's flags, seven bytes in

_KINDS: tuple[tuple[bytes, Message], ...] = (
    (b"PK\x03\x04", _("a zip archive, or an Excel or Word file")),
    (b"PK\x05\x06", _("an empty zip archive")),
    (b"\x1f\x8b", _("a packed file (gzip)")),
    (b"7z\xbc\xaf\x27\x1c", _("a packed file (7-Zip)")),
    (b"Rar!", _("a packed file (RAR)")),
    (b"BZh", _("a packed file (bzip2)")),
    (b"\xfd7zXZ", _("a packed file (xz)")),
    (b"%PDF", _("a PDF document")),
    (b"\xd0\xcf\x11\xe0", _("an older Excel or Word file, or one that is encrypted")),
    (b"-----BEGIN PGP", _("an encrypted file (PGP)")),
    (b"\x85\x02", _("an encrypted file (PGP)")),
    (b"\x89PNG", _("a picture")),
    (b"\xff\xd8\xff", _("a picture")),
    (b"SQLite format 3", _("a database")),
)
PACKED = (b"PK", b"\x1f\x8b", b"7z\xbc\xaf", b"Rar!", b"BZh", b"\xfd7zXZ")
READ = _("Choose a SIE file (type 1, 2, 3, 4 or 4I) or a SAF-T Financial file of Norway (1.0, 1.10, 1.20 or 1.30).")
UNPACK = _("Unpack it, and choose the SIE or SAF-T file in it.")


class NotReadError(FileError):
    """The file is of a kind that isn't read."""

    code = "not_read"
    usual_advice = READ


def format_of(stream: BinaryIO, name: str) -> Format:
    """The format that a file seems to be of; its reader says whether it is. Raises `NotReadError`."""
    start = first_bytes(stream, LOOKED_AT)
    if not start.strip(BLANKS):
        raise NotReadError(_("The file is empty."), line=1).at(name, 1)
    kind = _foreign_kind(start)
    if kind is not None:
        is_packed = start.startswith(PACKED)
        advice = UNPACK if is_packed else READ
        raise NotReadError(_("The file is %(kind)s.") % {"kind": kind}, line=1, advice=advice).at(name, 1)
    text = start.removeprefix(b"\xef\xbb\xbf").lstrip(BLANKS)
    is_xml = text.startswith(b"<") or (start.startswith(UTF_16) and b"<" in start[:4])
    return "SAF-T" if is_xml else "SIE"


def _foreign_kind(start: bytes) -> Message | None:
    if start.startswith(b"PK\x03\x04") and start[6:7] and start[6] & ENCRYPTED_ENTRY:
        return _("an encrypted zip archive")
    return next((kind for signature, kind in _KINDS if start.startswith(signature)), None)
