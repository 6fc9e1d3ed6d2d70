"""What a file is, by its content: the names and types that mails give are the sender's word."""

import re
from typing import Literal

from inbox.reading.names import ending

Family = Literal["xml", "pdf", "picture", "text", "document", "zip", "archive", "refused", "ignored"]

PDF = "application/pdf"
XML = "application/xml"
ZIP = "application/zip"
TEXT = "text/plain"
OCTETS = "application/octet-stream"

BEGINNINGS: tuple[tuple[bytes, str], ...] = (
    (b"%PDF-", PDF),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
    (b"BM", "image/bmp"),
    (b"PK\x03\x04", ZIP),
    (b"PK\x05\x06", ZIP),
    (b"PK\x07\x08", ZIP),
    (b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (b"Rar!\x1a\x07", "application/vnd.rar"),
    (b"\x1f\x8b", "application/gzip"),
    (b"\x1f\x9d", "application/x-compress"),
    (b"BZh", "application/x-bzip2"),
    (b"\xfd7zXZ\x00", "application/x-xz"),
    (b"\x28\xb5\x2f\xfd", "application/zstd"),
    (b"LZIP", "application/x-lzip"),
    (b"MSCF", "application/vnd.ms-cab-compressed"),
    (b"\x60\xea", "application/x-arj"),
    (b"xar!", "application/x-xar"),
    (b"!<arch>\n", "application/x-archive"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage"),
    (b"\x78\x9f\x3e\x22", "application/vnd.ms-tnef"),
    (b"{\\rtf", "application/rtf"),
    (b"MZ", "application/x-executable"),
    (b"\x7fELF", "application/x-executable"),
    (b"\xca\xfe\xba\xbe", "application/x-executable"),
    (b"\xfe\xed\xfa", "application/x-executable"),
    (b"\xcf\xfa\xed\xfe", "application/x-executable"),
    (b"\x4c\x00\x00\x00\x01\x14\x02\x00", "application/x-executable"),
    (b"#!", "application/x-executable"),
    (b"-----BEGIN PGP MESSAGE", "application/pgp-encrypted"),
    (b"-----BEGIN PGP SIGNATURE", "application/pgp-signature"),
)
ARCHIVES: set[str] = {
    "application/x-7z-compressed",
    "application/vnd.rar",
    "application/gzip",
    "application/x-compress",
    "application/x-bzip2",
    "application/x-xz",
    "application/zstd",
    "application/x-lzip",
    "application/vnd.ms-cab-compressed",
    "application/x-arj",
    "application/x-xar",
    "application/x-archive",
    "application/x-tar",
    "application/x-lzh",
    "application/x-iso9660-image",
    "application/java-archive",
}
PICTURES: set[str] = {"image/jpeg", "image/png", "image/gif", "image/tiff", "image/bmp", "image/webp"}
FURTHER_ON: tuple[tuple[int, bytes, str], ...] = (
    *((4, b"ftyp" + brand, "image/heic") for brand in (b"hei", b"hev", b"mif1", b"msf1", b"avif")),
    (8, b"WEBP", "image/webp"),
    (257, b"ustar", "application/x-tar"),
    (2, b"-lh", "application/x-lzh"),
    (32769, b"CD001", "application/x-iso9660-image"),
)
# Endings of what a system runs when somebody opens it, whatever its content looks like.
RUN_BY_NAME = frozenset(
    "exe scr com pif bat cmd ps1 psm1 vbs vbe js jse wsf wsh hta jar msi msp lnk reg dll cpl scf url iso img vhd vhdx "  # noqa: SIM905
    "one chm sh py pl rb app dmg pkg deb rpm apk appx msix application gadget inf settingcontent-ms xll".split()
)
ROOT = re.compile(r"<(?:[A-Za-z_][\w.-]*:)?([A-Za-z_][\w.-]*)")
SKIPPED_BEFORE_ROOT = re.compile(r"\s+|<\?.*?\?>|<!--.*?-->", re.DOTALL)


def media_type(content: bytes) -> str:
    """The media type by the content's beginning; a file that is several things at once is the one it begins as."""
    found = next((found for beginning, found in BEGINNINGS if content.startswith(beginning)), "")
    further = (found for at, mark, found in FURTHER_ON if content.startswith(mark, at))
    return found or next(further, "") or _text_type(content)


def _text_type(content: bytes) -> str:
    """XML, HTML, a PDF with something before it, text, or bytes."""
    beginning = _letters(content[:4096])
    stripped = beginning.lstrip("\ufeff \t\r\n")
    root = _root(stripped) if stripped.startswith("<") else ""
    if root.lower() in {"html", "script", "body"} or stripped[:14].lower().startswith("<!doctype html"):
        return "text/html"
    if root == "svg":
        return "image/svg+xml"
    if b"%PDF-" in content[:1024]:
        return PDF
    if stripped.startswith(("<?xml", "<!DOCTYPE", "<!--")) or root:
        return XML
    if content and b"\x00" not in content[:4096] and _looks_like_text(content[:4096]):
        return TEXT
    return OCTETS


def _letters(content: bytes) -> str:
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return content.decode("utf-16", "replace")
    if content[:4] == b"<\x00?\x00":
        return content.decode("utf-16-le", "replace")
    if content[:4] == b"\x00<\x00?":
        return content.decode("utf-16-be", "replace")
    return content.decode("utf-8", "replace")


def _root(text: str) -> str:
    """The name of the first element, without its prefix."""
    position = 0
    while skipped := SKIPPED_BEFORE_ROOT.match(text, position):
        position = skipped.end()
    found = ROOT.match(text, position)
    return found[1] if found else ""


def _looks_like_text(content: bytes) -> bool:
    return sum(byte < 32 and byte not in b"\t\r\n\f" for byte in content) == 0


KNOWN: dict[str, tuple[Family, str]] = {
    PDF: ("pdf", ""),
    XML: ("xml", ""),
    ZIP: ("zip", ""),
    TEXT: ("text", ""),
    "text/html": ("ignored", "html"),
    "image/svg+xml": ("ignored", "html"),
    "image/heic": ("refused", "heic"),
    "application/vnd.ms-tnef": ("refused", "winmail_dat"),
    "application/x-ole-storage": ("ignored", "office_old"),
    "application/pgp-encrypted": ("refused", "encrypted_mail"),
    **dict.fromkeys(PICTURES, ("picture", "")),
    **dict.fromkeys(ARCHIVES, ("archive", "archive_refused")),
}


def family(found: str, name: str) -> tuple[Family, str]:
    """What is done with a file of this type and name, and the reason where it isn't read."""
    if found == "application/x-executable" or ending(name) in RUN_BY_NAME:
        return "ignored", "executable"
    if found == "application/x-ole-storage" and ending(name) == "msg":
        return "ignored", "outlook_message"
    return KNOWN.get(found, ("ignored", "unknown_type"))
