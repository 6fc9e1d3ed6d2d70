"""Files out of a single flat zip, within bounds; whatever else there is of archives stays closed."""

import io
import struct
import zipfile
import zlib
from collections.abc import Iterator

from inbox.reading.limits import Limits
from inbox.reading.names import file_name

END_OF_DIRECTORY = struct.Struct("<4s4H2LH")
FURTHEST_END = 65_535 + END_OF_DIRECTORY.size
MOST_ENTRIES = 5000  # an office document has hundreds; more is looked at by nobody
LARGEST_DIRECTORY = 2**21
SMALL = 2**20  # below this a file may be packed as tightly as it likes
CHUNK = 2**16
MACRO_FILES = ("vbaproject.bin", "vbadata.xml")
MACRO_FOLDERS = ("xl/macrosheets/", "basic/", "scripts/")
OFFICE = ("word/", "xl/", "ppt/", "visio/")


class ClosedArchive(Exception):
    """The archive isn't opened; `code` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Zip:
    """A zip whose directory was read and found reasonable."""

    def __init__(self, content: bytes, limits: Limits) -> None:
        _look_at_end(content)
        self.limits = limits
        try:
            self.file = zipfile.ZipFile(io.BytesIO(content))
        except (zipfile.BadZipFile, ValueError, NotImplementedError, struct.error, EOFError, OverflowError):
            raise ClosedArchive("damaged_archive") from None
        self.entries = [entry for entry in self.file.infolist() if not entry.is_dir()]

    @property
    def office_type(self) -> str:
        """The media type, when it is an office document rather than an archive; "" when not."""
        names = {entry.filename for entry in self.entries}
        if "[Content_Types].xml" in names and any(name.startswith(OFFICE) for name in names):
            return "application/vnd.openxmlformats-officedocument"
        if "mimetype" in names and "content.xml" in names:
            return "application/vnd.oasis.opendocument"
        return ""

    @property
    def program(self) -> bool:
        """Whether it is Java's, Android's or Apple's form of a program."""
        names = {entry.filename for entry in self.entries}
        return "META-INF/MANIFEST.MF" in names or "AndroidManifest.xml" in names

    @property
    def macros(self) -> bool:
        """Whether an office document brings macros."""
        return any(
            name.endswith(MACRO_FILES) or name.startswith(MACRO_FOLDERS)
            for name in (entry.filename.lower() for entry in self.entries)
        )

    def files(self) -> Iterator[tuple[str, bytes]]:
        """Name and content of each file; refuses the whole archive before the first where its directory lies."""
        self._check()
        for entry in self.entries:
            try:
                yield file_name(entry.filename), self._read(entry)
            except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, OSError, RuntimeError, ValueError):
                raise ClosedArchive("damaged_archive") from None

    def _check(self) -> None:
        limits = self.limits
        if len(self.entries) > limits.archive_files:
            raise ClosedArchive("too_many_files")
        end = 0
        for entry in sorted(self.entries, key=lambda entry: entry.header_offset):
            if entry.flag_bits & 0x1:
                raise ClosedArchive("encrypted_archive")
            if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                raise ClosedArchive("archive_refused")
            too_tight = entry.file_size > SMALL and entry.file_size > limits.archive_ratio * max(entry.compress_size, 1)
            if entry.file_size > limits.archive_file or too_tight or entry.header_offset < end:
                raise ClosedArchive("archive_bomb")
            end = entry.header_offset + 30 + entry.compress_size

    def _read(self, entry: zipfile.ZipInfo) -> bytes:
        """A file's content, no longer than its directory says."""
        pieces, size = [], 0
        with self.file.open(entry) as file:
            while piece := file.read(CHUNK):
                size += len(piece)
                if size > entry.file_size:
                    raise ClosedArchive("archive_bomb")
                pieces.append(piece)
        return b"".join(pieces)


def _look_at_end(content: bytes) -> None:
    """Refuse a directory that would be costly to read at all."""
    at = content.rfind(b"PK\x05\x06", max(0, len(content) - FURTHEST_END))
    if at < 0 or at + END_OF_DIRECTORY.size > len(content):
        raise ClosedArchive("damaged_archive")
    _, _, _, _, entries, size, _, _ = END_OF_DIRECTORY.unpack_from(content, at)
    if entries > MOST_ENTRIES or size > LARGEST_DIRECTORY:
        raise ClosedArchive("too_many_files")
