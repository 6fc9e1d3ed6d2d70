"""Which encoding a file has, whatever it says itself."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.importing.remarks import Remarks
from ledger.sie.encoding import decide_encoding
from ledger.sie.exceptions import DamagedEncodingError, FileError, NotSieError

BOOKS = '#FLAGGA 0\n#FORMAT PC8\n#FNAMN "Övningsbolaget på Åland"\n#KONTO 5460 "Förbrukningsmaterial, ägg och öl"\n'


def decided(content: bytes) -> str:
    return decide_encoding(io.BytesIO(content), Remarks())


def line_refused(content: bytes) -> int:
    with pytest.raises(DamagedEncodingError) as refusal:
        decided(content)
    return refusal.value.line


@pytest.mark.parametrize("encoding", ["cp437", "utf-8", "utf-8-sig", "cp1252"])
def test_the_bytes_tell_what_the_label_does_not(encoding: str) -> None:
    content = BOOKS.encode(encoding)
    assert content.decode(decided(content)) == BOOKS


@given(st.text("abcåäöÅÄÖé .,\n", min_size=1))
def test_utf_8_is_always_found(text: str) -> None:
    content = (BOOKS + text).encode()
    assert content.decode(decided(content)) == BOOKS + text


@pytest.mark.parametrize("word", ["Kö", "Ål", "Ö", "é"])
@pytest.mark.parametrize("encoding", ["cp437", "utf-8", "cp1252"])
def test_one_letter_is_enough(word: str, encoding: str) -> None:
    content = f"#FNAMN {word}\n".encode(encoding)
    assert content.decode(decided(content)) == f"#FNAMN {word}\n"


def test_pure_ascii_is_code_page_437() -> None:
    assert decided(b"#FLAGGA 0\n") == "cp437"


def test_signs_that_are_letters_in_the_other_code_page_do_not_deceive() -> None:
    text = BOOKS + '#KONTO 1 "Kvot 8÷10 > 20 °C"\n'
    assert decided(text.encode("cp437")) == "cp437"
    text = BOOKS + "#KONTO 1 ”Mässan” †\n"
    assert decided(text.encode("cp1252")) == "cp1252"


def test_a_path_in_another_encoding_does_not_matter() -> None:
    content = BOOKS.encode("cp437") + '#FNR "C:\\Bokföring\\Företag\\Övning"\n'.encode("cp1252") * 20
    assert decided(content) == "cp437"


def test_a_letter_cut_in_two_is_damage() -> None:
    content = BOOKS.encode() + b'#KONTO 1 "F\xc3'
    assert line_refused(content) == 5
    assert line_refused(BOOKS.encode() + b'#KONTO 1 "F\xffr"\n') == 5
    assert line_refused(b"\xef\xbb\xbf#FLAGGA 0\n#FNAMN \x84gg\n") == 2


def test_a_letter_lost_in_a_conversion_is_damage() -> None:
    assert line_refused(b"#FLAGGA 0\n#FNAMN \xef\xbf\xbdvningsbolaget\n") == 2


def test_control_characters_are_damage() -> None:
    assert line_refused(b"#FLAGGA 0\n#FNAMN A\x00B\n") == 2


def test_two_files_glued_together_are_damage() -> None:
    assert line_refused(BOOKS.encode("cp437") + BOOKS.encode("cp1252")) in (3, 7)
    assert line_refused(BOOKS.encode("cp437") + BOOKS.encode()) in (3, 7)


@pytest.mark.parametrize(("encoding", "other"), [("cp437", "cp1252"), ("cp1252", "cp437"), ("cp437", "utf-8")])
def test_a_stray_line_in_another_encoding_is_a_warning(encoding: str, other: str) -> None:
    warnings = Remarks()
    content = (BOOKS * 10).encode(encoding) + '#KONTO 4010 "Inköp"\n'.encode(other)
    assert decide_encoding(io.BytesIO(content), warnings) == encoding
    assert [warning.line for warning in warnings.as_tuple()] == [41]


@pytest.mark.parametrize("content", [b"\x1f\x8b\x08\x00\x01", b"PK\x03\x04", b"\x7fELF\x02\x01"])
def test_what_is_packed_or_a_program_is_no_sie(content: bytes) -> None:
    with pytest.raises(NotSieError):
        decided(content)


def test_a_path_does_not_matter_where_lines_end_with_a_carriage_return() -> None:
    content = (BOOKS + "#FNR x\n" + BOOKS).replace("\n", "\r").encode("cp1252")
    assert decided(content) == "cp1252"


def test_utf_16_is_no_sie() -> None:
    for encoding in ("utf-16", "utf-16-le", "utf-16-be"):
        with pytest.raises(NotSieError):
            decided(BOOKS.encode(encoding))


@given(st.binary())
def test_any_bytes_are_decided_or_refused(content: bytes) -> None:
    try:
        encoding = decided(content)
    except FileError as error:
        encoding = error.code
    assert encoding in ("damaged_encoding", "not_sie") or content.decode(encoding) is not None
