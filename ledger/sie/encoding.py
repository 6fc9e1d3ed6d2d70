"""Which encoding a file has, decided from its bytes: the label `#FORMAT PC8` is often wrong.

Code page 437 is what the standard says; many programs write UTF-8 or Windows 1252 (ISO 8859-1) under the same label.
Source: SIE 4B §5.2 and §11 (#FORMAT).
"""

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Literal

from ledger.importing.messages import message as _
from ledger.importing.remarks import Remarks
from ledger.sie.exceptions import BrokenLineError, DamagedEncodingError, NotSieError, Text

Encoding = Literal["cp437", "utf-8-sig", "cp1252"]

CHUNK = 1 << 20
ENOUGH_LETTERS = 20_000
MOSTLY = 10  # at most one letter in ten of another encoding is a stray text; more means a file glued together

EXPORT_AGAIN = _("Export the file again from the bookkeeping program, as PC8 (code page 437) or UTF-8.")
UNPACK = _("Unpack it, or export the file from the bookkeeping program as SIE type 1, 2, 3, 4 or 4I.")
UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
# What no text has, in any of the three: a sign of a damaged or binary file. Code page 437 has § and ¶ at 14 and 15.
CONTROL = bytes({*range(9), *range(0x0E, 0x1A), 0x1B} - {0x14, 0x15})

# Paths in #FNR are often in another encoding than the rest of the file.
PATHS = re.compile(rb"(?:^|\r)[ \t]*#FNR\b[^\r\n]*", re.MULTILINE)
UTF_8_LETTERS = re.compile(rb"\xc3[\x80-\xbf]|\xef\xbf\xbd")  # the last: a letter lost on the way


def _letters(small: bytes, capital: bytes) -> tuple[re.Pattern[bytes], re.Pattern[bytes]]:
    within_word = rb"(?<=[A-Za-z])[%b](?=[a-z])|[%b](?=[A-Za-z])" % (small, capital)
    return re.compile(within_word), re.compile(rb"[%b%b]" % (small, capital))


# å ä ö é ü æ, Å Ä Ö É Ü Æ; within words, since each byte is a sign of its own (÷, ”) in the other code page
CP437_LETTERS = _letters(rb"\x86\x84\x94\x82\x81\x91", rb"\x8f\x8e\x99\x90\x9a\x92")
CP1252_LETTERS = _letters(rb"\xe5\xe4\xf6\xe9\xfc\xe6\xf8", rb"\xc5\xc4\xd6\xc9\xdc\xc6\xd8")


@dataclass
class Evidence:
    """How many letters speak for each encoding: within words, and anywhere."""

    utf_8: int = 0
    cp437: int = 0
    cp1252: int = 0
    cp437_anywhere: int = 0
    cp1252_anywhere: int = 0

    def add(self, chunk: bytes) -> None:
        """Count the letters of a piece of the file."""
        text, utf_8 = UTF_8_LETTERS.subn(b"", PATHS.sub(b"", chunk))
        self.utf_8 += utf_8
        for name, (within_word, anywhere) in (("cp437", CP437_LETTERS), ("cp1252", CP1252_LETTERS)):
            setattr(self, name, getattr(self, name) + len(within_word.findall(text)))
            setattr(self, f"{name}_anywhere", getattr(self, f"{name}_anywhere") + len(anywhere.findall(text)))

    @property
    def letters(self) -> int:
        """How many letters were counted."""
        return self.utf_8 + self.cp437 + self.cp1252

    def verdict(self) -> Encoding:
        """The encoding that most letters speak for; code page 437 where none does."""
        if self.utf_8 and self.utf_8 >= max(self.cp437, self.cp1252):
            return "utf-8-sig"
        if (self.cp1252, self.cp1252_anywhere) > (self.cp437, self.cp437_anywhere):
            return "cp1252"
        return "cp437"

    @property
    def strays(self) -> int:
        """How many letters speak for another encoding than the verdict's."""
        return self.letters - max(self.utf_8, self.cp437, self.cp1252)

    def is_mixed(self) -> bool:
        """Whether there are too many of them to be strays."""
        return self.strays * MOSTLY > self.letters


class Survey:
    """What one pass over the bytes of a file tells."""

    def __init__(self) -> None:
        self.evidence = Evidence()
        self.starts_with_bom = False
        self.is_ascii = True
        self.is_utf_8 = True
        self.has_control = False
        self.looks_like_sie = False
        self.lines = 0
        self._utf_8 = codecs.getincrementaldecoder("utf-8")()

    def add(self, chunk: bytes) -> None:
        """Look at the next piece. Raises `BrokenLineError` for a line that alone would fill the memory."""
        if len(chunk) == CHUNK and b"\n" not in chunk and b"\r" not in chunk:
            raise BrokenLineError(_("The line has more than a million characters."), line=self.lines + 1)
        self.lines += chunk.count(b"\n")
        self.has_control = self.has_control or len(chunk.translate(None, CONTROL)) != len(chunk)
        if self.is_ascii and chunk.isascii():
            return
        self.is_ascii = False
        self.is_utf_8 = self.is_utf_8 and _decodes(self._utf_8, chunk)
        if self.evidence.letters < ENOUGH_LETTERS:
            self.evidence.add(chunk)

    def finish(self) -> None:
        """Say that there are no more pieces."""
        self.is_utf_8 = self.is_utf_8 and _decodes(self._utf_8, b"", final=True)

    def verdict(self) -> Encoding:
        """The encoding of the file, whether all of it can be read so or not."""
        if self.starts_with_bom or (self.is_utf_8 and not self.is_ascii):
            return "utf-8-sig"
        return "cp437" if self.is_ascii else self.evidence.verdict()


def decide_encoding(stream: BinaryIO, warnings: Remarks) -> Encoding:
    """Return the encoding of a file, reading it once from its start to its end in pieces.

    Warns of letters that may be of another encoding. Raises `DamagedEncodingError` with the line for bytes that can't
    be text, `NotSieError` for UTF-16 and for what is no text at all.
    """
    survey = _survey(stream)
    encoding = survey.verdict()
    if survey.has_control and not survey.looks_like_sie:
        raise NotSieError(_("The file is no text: perhaps it is packed, or of another program."), advice=UNPACK)
    if survey.has_control:
        raise _damaged(_("The line holds bytes that no text has."), line=_line_of_control(stream))
    if encoding == "cp1252" or (encoding == "utf-8-sig" and not survey.is_utf_8):
        _refuse_undecodable(stream, encoding)
    if not survey.is_utf_8 and survey.evidence.strays:
        line = _line_of_mixture(stream, encoding)
        if survey.evidence.is_mixed():
            raise _damaged(_("The line is in another encoding than the rest of the file."), line=line)
        warnings.add(line, _("Letters of the line may be in another encoding than the rest of the file: look at them."))
    return encoding


def _survey(stream: BinaryIO) -> Survey:
    survey = Survey()
    stream.seek(0)
    start = stream.read(CHUNK)
    _refuse_utf_16(start)
    survey.starts_with_bom = start.startswith(codecs.BOM_UTF8)
    survey.looks_like_sie = start.removeprefix(codecs.BOM_UTF8).lstrip().startswith(b"#")
    stream.seek(0)
    while chunk := stream.read(CHUNK):
        survey.add(chunk)
    survey.finish()
    return survey


def _damaged(reason: Text, line: int) -> DamagedEncodingError:
    return DamagedEncodingError(reason, line=line, advice=EXPORT_AGAIN)


def _decodes(decoder: codecs.IncrementalDecoder, chunk: bytes, *, final: bool = False) -> bool:
    try:
        text = decoder.decode(chunk, final)
    except UnicodeDecodeError:
        return False
    return "\N{REPLACEMENT CHARACTER}" not in text


def _refuse_utf_16(start: bytes) -> None:
    if start.startswith(UTF_16) or start[1:2] == b"\0" or start[:1] == b"\0":
        raise NotSieError(_("The file is in UTF-16, or no text at all."), advice=EXPORT_AGAIN)


def _refuse_undecodable(stream: BinaryIO, encoding: Encoding) -> None:
    decoder = codecs.getincrementaldecoder(encoding)()
    number = 1
    for number, line in enumerate(_lines(stream), 1):
        if not _decodes(decoder, line):
            raise _damaged(_("The line isn't text in the encoding of the rest of the file."), line=number)
    if not _decodes(decoder, b"", final=True):
        raise _damaged(_("The file ends within a letter."), line=number)


def _lines(stream: BinaryIO) -> Iterator[bytes]:
    stream.seek(0)
    return iter(stream)


def _line_of_control(stream: BinaryIO) -> int:
    return next(
        number for number, line in enumerate(_lines(stream), 1) if len(line.translate(None, CONTROL)) != len(line)
    )


def _line_of_mixture(stream: BinaryIO, encoding: Encoding) -> int:
    for number, line in enumerate(_lines(stream), 1):
        evidence = Evidence()
        evidence.add(line)
        if evidence.letters and evidence.verdict() != encoding:
            return number
    return 1
