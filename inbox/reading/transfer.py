"""The ways in which mail packs bytes into letters, undone as far as they go."""

import binascii
import re

BASE64 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
NOT_BASE64 = bytes(set(range(256)) - set(BASE64))
BLANKS = b" \t\r\n="
UU_BEGIN = re.compile(rb"^begin [0-7]{3,4} ([^\r\n]{1,1000})\r?\n", re.MULTILINE)
LONGEST_UU_LINE = 100


def decoded(body: bytes, encoding: str) -> tuple[bytes, bool]:
    """The bytes that were meant, and whether all was well."""
    match encoding:
        case "base64":
            return base64(body)
        case "quoted-printable":
            return binascii.a2b_qp(body), True
        case "x-uuencode" | "uuencode" | "x-uue":
            begin = UU_BEGIN.search(body)
            return uuencoded(body, begin.end())[:2] if begin else (b"", False)
        case "" | "7bit" | "8bit" | "binary":
            return body, True
        case _:
            return body, False


def base64(body: bytes) -> tuple[bytes, bool]:
    """What can be read of base64: foreign characters are left out, a missing end is filled in."""
    letters = body.translate(None, NOT_BASE64)
    clean = len(body.translate(None, BASE64 + BLANKS)) == 0
    padding = len(letters) % 4
    if padding == 1:
        letters, clean = letters[:-1], False
    elif padding:
        clean = clean and body.rstrip().endswith(b"=" * (4 - padding))
        letters += b"=" * (4 - padding)
    return binascii.a2b_base64(letters), clean


def uuencoded(body: bytes, start: int) -> tuple[bytes, bool, int]:
    """The file that begins at `start` (after its `begin` line), whether it is whole, and where it ends."""
    lines: list[bytes] = []
    while True:
        newline = body.find(b"\n", start)
        line = body[start : newline if newline >= 0 else len(body)].rstrip(b"\r")
        if newline < 0 or line in (b"end", b"") or len(line) > LONGEST_UU_LINE:
            return b"".join(lines), line == b"end", newline + 1 if newline >= 0 else len(body)
        try:
            lines.append(binascii.a2b_uu(line))
        except binascii.Error:
            return b"".join(lines), False, start
        start = newline + 1
