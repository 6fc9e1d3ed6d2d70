"""What a file is by its first bytes, and messages that are told in the language of whoever reads them."""

import io

import pytest
from django.utils import translation

from ledger.importing.excerpts import line_of
from ledger.importing.kinds import NotReadError, format_of
from ledger.importing.messages import counted, message, restored, stored


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"#FLAGGA 0\n", "SIE"),
        (b"anything", "SIE"),
        (b"\xef\xbb\xbf<?xml", "SAF-T"),
        (b"\n <AuditFile", "SAF-T"),
        ("<a/>".encode("utf-16"), "SAF-T"),
    ],
)
def test_the_content_decides_the_format(content: bytes, found: str) -> None:
    assert format_of(io.BytesIO(content), "x") == found


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"", "is empty"),
        (b" \n", "is empty"),
        (b"PK\x03\x04\x14\x00\x00\x00", "a zip archive"),
        (b"PK\x03\x04\x14\x00\x09\x00", "an encrypted zip archive"),
        (b"\x1f\x8b\x08", "gzip"),
        (b"%PDF-1.7", "a PDF document"),
        (b"\xd0\xcf\x11\xe0\xa1", "encrypted"),
        (b"-----BEGIN PGP MESSAGE-----", "PGP"),
    ],
)
def test_other_kinds_are_refused_with_what_they_are(content: bytes, kind: str) -> None:
    with pytest.raises(NotReadError) as refused:
        format_of(io.BytesIO(content), "file.zip")
    assert kind in str(refused.value)
    assert str(refused.value).startswith("file.zip:1: ")


def test_a_message_is_told_in_the_language_of_its_reader_also_after_it_was_stored() -> None:
    told = restored(stored(message("Company %(number)s is inactive.") % {"number": "7"}))
    assert str(told) == "Company 7 is inactive."
    with translation.override("sv"):
        assert str(told) == "Bolag 7 är inaktivt."
    both = counted("%(count)d file was refused.", "%(count)d files were refused.", 2) % {"count": 2}
    assert str(restored(stored(both))) == "2 files were refused."
    assert str(restored(stored("100 % rätt"))) == "100 % rätt"


def test_a_lines_text_is_found_and_cut() -> None:
    stream = io.BytesIO(b"\xef\xbb\xbffirst\r\n" + b"x" * 300 + b"\nl\xf6n\n")
    assert line_of(stream, 1, "utf-8") == "first"
    assert len(line_of(stream, 2, "utf-8")) == 200
    assert line_of(stream, 3, "cp1252") == "lön"
    assert line_of(stream, 9, "utf-8") == ""
