"""The head of a message or part: its fields, with what they hold decoded, however they were encoded.

Own code rather than the email package's, whose parser of fields takes a time that grows with the square of what a
hostile sender writes; here every step is bounded by the length of the field.
"""

import binascii
import codecs
import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from urllib.parse import unquote_to_bytes

from inbox.reading.limits import Limits
from inbox.reading.names import file_name, one_line
from inbox.reading.results import Address

LONGEST_FIELD = 16_384
MOST_ADDRESSES = 100
FIELD = re.compile(rb"([!-9;-~]{1,200})[ \t]*:")
BLANK_LINE = re.compile(rb"[ \t]*\r?(?:\n|$)")
MBOX_LINE = re.compile(rb">?From [^\r\n]{0,1000}\r?\n")
ENCODED_WORD = re.compile(r"=\?([^?\s]{1,60})\?([bBqQ])\?([^?]*)\?=")
BLANK_BETWEEN = re.compile(r"(\?=)\s+(?==\?[^?\s]{1,60}\?[bBqQ]\?)")
PARAMETER = re.compile(r';\s*([^\s=;"]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)(?:"|$)|([^;]*))', re.DOTALL)
SECTION = re.compile(r"([^*]+)(?:\*(\d{1,3}))?(\*)?$")
ADDRESS = re.compile(
    r'(?:"((?:[^"\\]|\\.){0,300})"|([^<>,;:"]{0,300}))\s{0,9}<([^<>]{0,320})>|([^\s<>,;:"()@]{1,320}@[^\s<>,;:"()]{1,320})'
)
IDENTIFIER = re.compile(r"<([^<>\s]{1,998})>|([^<>\s]{1,998})")
# Codecs that aren't ways of writing text, or take a time that grows with the square of what they read.
NO_CHARSETS = {"idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined", "utf_7", "mbcs", "oem"}


@dataclass(frozen=True)
class Fields:
    """The fields of a head in their order, names in small letters, values as they stand there, unfolded."""

    pairs: tuple[tuple[str, bytes], ...]

    def raw(self, name: str) -> str:
        """The first field of a name, with no more done than making letters of its bytes; "" without one."""
        return next((letters(value[:LONGEST_FIELD]) for field, value in self.pairs if field == name), "")

    def has(self, name: str) -> bool:
        """Whether there is such a field."""
        return any(field == name for field, _ in self.pairs)

    def text(self, name: str) -> str:
        """The first field of a name as text on one line."""
        return one_line(words_decoded(self.raw(name)))

    def word(self, name: str) -> str:
        """The value before its parameters, in small letters."""
        return one_line(self.raw(name).partition(";")[0], 200).strip().lower()

    def parameters(self, name: str) -> dict[str, str]:
        """The parameters of a field, RFC 2231's pieces joined, RFC 2047's words decoded."""
        return parameters(self.raw(name))

    def addresses(self, name: str) -> tuple[Address, ...]:
        """The addresses of a field."""
        return tuple(addresses(self.raw(name)))

    def identifier(self, name: str) -> str:
        """A message id without its brackets."""
        found = IDENTIFIER.search(self.raw(name))
        return one_line(found[1] or found[2]) if found else ""

    def date(self, name: str = "date") -> dt.datetime | None:
        """A date in UTC, or None where it can't be understood."""
        return date(self.raw(name))


class EndlessFields(Exception):
    """A head is longer than any that a mail program writes; `fields` are those before."""

    def __init__(self, found: list[tuple[str, bytes]]) -> None:
        super().__init__()
        self.fields = Fields(tuple(found))


def read_fields(content: bytes, start: int, end: int, limits: Limits) -> tuple[Fields, int]:
    """The head that begins at `start`, and where the body begins. What looks like no field begins the body."""
    found: list[tuple[str, bytes]] = []
    mbox = MBOX_LINE.match(content, start, end)
    position = first = mbox.end() if mbox else start
    while position < end:
        field = FIELD.match(content, position, end)
        if not field:
            blank = BLANK_LINE.match(content, position, min(end, position + 1000))
            return Fields(tuple(found)), blank.end() if blank else position
        position = _end_of_field(content, field.end(), end, first + limits.header_bytes)
        if position < 0 or len(found) >= limits.header_fields:
            raise EndlessFields(found)
        value = content[field.end() : position].replace(b"\r", b"").replace(b"\n", b" ").strip()
        found.append((field[1].decode("ascii").lower(), value))
    return Fields(tuple(found)), end


def _end_of_field(content: bytes, start: int, end: int, furthest: int) -> int:
    """Where the next line begins that doesn't go on with the field; -1 where that is too far away."""
    position = start
    while True:
        newline = content.find(b"\n", position, min(end, furthest + 1))
        if newline < 0:
            return -1 if end > furthest else end
        position = newline + 1
        if content[position : position + 1] not in (b" ", b"\t") or not _has_text(content, position, end):
            return position


def _has_text(content: bytes, start: int, end: int) -> bool:
    """Whether a line that begins with a blank has more than blanks in it."""
    newline = content.find(b"\n", start, min(end, start + 1000))
    return bool(content[start : newline if newline >= 0 else min(end, start + 1000)].strip())


def letters(raw: bytes) -> str:
    """Bytes of a head as text: UTF-8 where they are, else the Western letters of old programs."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("cp1252", "replace")


def charset_decoded(raw: bytes, charset: str) -> tuple[str, bool]:
    """Bytes as text in a charset that the sender names, and whether that was right; NUL bytes are left out."""
    text, right = None, True
    name = charset.strip().strip("\"'").lower()
    if name:
        try:
            codec = codecs.lookup(name)
            if codec.name.replace("-", "_") not in NO_CHARSETS and codec._is_text_encoding:
                text = raw.decode(codec.name)
        except (LookupError, UnicodeError, ValueError):
            text = None
        right = text is not None
    if text is None:
        text = letters(raw.removeprefix(codecs.BOM_UTF8))
    return text.replace("\x00", ""), right


def words_decoded(text: str) -> str:
    """Encoded words (RFC 2047) as text, broken ones as far as they go."""
    if "=?" not in text:
        return text
    joined = BLANK_BETWEEN.sub(r"\1", text)
    pieces: list[str] = []
    kept, charset, end = b"", "", 0
    for word in ENCODED_WORD.finditer(joined):
        between = joined[end : word.start()]
        name = word[1].partition("*")[0].lower()
        if kept and (between or name != charset):
            pieces.append(charset_decoded(kept, charset)[0])
            kept = b""
        pieces.append(between)
        kept, charset, end = kept + _word_bytes(word), name, word.end()
    if kept:
        pieces.append(charset_decoded(kept, charset)[0])
    return "".join([*pieces, joined[end:]])


def _word_bytes(word: re.Match[str]) -> bytes:
    """The bytes in an encoded word."""
    raw = word[3].encode("utf-8", "replace")
    if word[2] in "qQ":
        return binascii.a2b_qp(raw, header=True)
    kept = re.sub(rb"[^A-Za-z0-9+/]", b"", raw)
    kept = kept[: len(kept) - 1] if len(kept) % 4 == 1 else kept
    return binascii.a2b_base64(kept + b"=" * (-len(kept) % 4))


def parameters(raw: str) -> dict[str, str]:
    """The parameters in a field's value by their names in small letters; the first of a name counts."""
    plain: dict[str, str] = {}
    sections: dict[str, dict[int, tuple[str, bool]]] = {}
    for found in PARAMETER.finditer(raw):
        quoted, bare = found[2], found[3]
        value = re.sub(r"\\(.)", r"\1", quoted) if quoted is not None else (bare or "").strip()
        section = SECTION.match(found[1])
        name = (section[1] if section else found[1]).lower()
        if section and (section[2] or section[3]):
            sections.setdefault(name, {}).setdefault(int(section[2] or 0), (value, bool(section[3])))
        else:
            plain.setdefault(name, words_decoded(value))
    return plain | {name: _joined(pieces) for name, pieces in sections.items()}


def _joined(pieces: dict[int, tuple[str, bool]]) -> str:
    """A parameter from its pieces (RFC 2231): the first names the charset, each may be percent-encoded."""
    charset, raw = "", b""
    for number, (value, encoded) in sorted(pieces.items()):
        rest = value
        if number == 0 and encoded and value.count("'") >= 2:
            charset, _, rest = value.split("'", 2)
        raw += unquote_to_bytes(rest) if encoded else rest.encode("utf-8", "replace")
    return charset_decoded(raw, charset)[0]


def named_file(fields: Fields) -> str:
    """The name that a part gives its file, cleaned."""
    for field, parameter in (("content-disposition", "filename"), ("content-type", "name")):
        name = fields.parameters(field).get(parameter, "")
        if name:
            return file_name(name)
    return file_name(fields.text("content-description")) if fields.word("content-disposition") == "attachment" else ""


def addresses(raw: str) -> Iterator[Address]:
    """The addresses that stand in a field; what is none is passed over."""
    for number, found in enumerate(ADDRESS.finditer(raw)):
        if number >= MOST_ADDRESSES:
            return
        quoted, bare, inside, alone = found.groups()
        name = re.sub(r"\\(.)", r"\1", quoted) if quoted is not None else bare or ""
        yield Address(
            one_line(words_decoded(name).strip(" '\""), 200), one_line(words_decoded(inside or alone or ""), 320)
        )


def date(raw: str) -> dt.datetime | None:
    """A date of a head in UTC, or None where it can't be understood."""
    try:
        found = parsedate_to_datetime(raw[:200])
        return (found if found.tzinfo else found.replace(tzinfo=dt.UTC)).astimezone(dt.UTC)
    except (ValueError, TypeError, OverflowError, IndexError, AttributeError):
        return None
