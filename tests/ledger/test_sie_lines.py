"""A line's fields: blanks and tabs between them, quotation marks around them, one escape."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ledger.sie.exceptions import BrokenLineError, BrokenValueError
from ledger.sie.lines import ObjectList, parse_objects, split_line

texts = st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=20)
blanks = st.text(" \t", min_size=1, max_size=3)
dimensions = st.integers(1, 99)


def quoted(text: str) -> str:
    return '"' + text.replace('"', '\\"') + '"'


def can_be_read_back(text: str) -> bool:
    """A backslash before the closing mark, or before a mark of the text, is an escape: nobody can tell it apart."""
    return not text.endswith("\\") and '\\"' not in text


@given(st.lists(st.tuples(texts.filter(can_be_read_back), blanks)))
@example([("", " "), ('Bo säger "hej"', "\t")])
@example([("C:\\Bokföring\\2024", " ")])
def test_what_is_written_in_quotes_is_read_back(fields: list[tuple[str, str]]) -> None:
    line = "#VER" + "".join(blank + quoted(text) for text, blank in fields)
    split = split_line(line)
    assert split.fields == ["#VER", *(text for text, _blank in fields)]
    assert split.is_standard


@given(
    st.lists(st.text(st.characters(exclude_categories=["Cc", "Cs"], exclude_characters=' \t"\\{'), min_size=1)), blanks
)
def test_fields_without_blanks_need_no_quotes(fields: list[str], blank: str) -> None:
    assert split_line(blank.join(["#KONTO", *fields])).fields == ["#KONTO", *fields]


@given(st.dictionaries(dimensions, texts.filter(can_be_read_back).filter(bool), max_size=4), blanks)
def test_an_object_list_is_read_back(objects: dict[int, str], blank: str) -> None:
    text = blank.join(f"{dimension} {quoted(code)}" for dimension, code in objects.items())
    (_label, field) = split_line(f"#TRANS {{{text}}}").fields
    assert isinstance(field, ObjectList)
    assert parse_objects(field.text) == tuple(objects.items())


@given(texts)
def test_any_line_is_split_or_refused(text: str) -> None:
    try:
        fields = split_line(text).fields
    except BrokenLineError:
        assert '"' in text
    else:
        assert bool(fields) == bool(text.strip(" \t"))


def test_a_backslash_is_a_backslash_but_before_a_quotation_mark() -> None:
    assert split_line(r'#FNR "C:\Program\Företag\x" "a\"b" c\d').fields == [
        *("#FNR", r"C:\Program\Företag\x", 'a"b', r"c\d"),
    ]


def test_a_path_may_end_with_a_backslash() -> None:
    split = split_line('#FNR "C:\\Bokföring\\"')
    assert split.fields == ["#FNR", "C:\\Bokföring\\"]
    assert not split.is_standard


def test_an_unescaped_quotation_mark_in_a_name_belongs_to_it() -> None:
    split = split_line('#KONTO 1288 "F"rskott till "Lind" Park"', ends_with_name=True)
    assert split.fields == ["#KONTO", "1288", 'F"rskott till "Lind" Park']
    assert not split.is_standard


def test_an_unescaped_quotation_mark_in_a_word_of_a_row_belongs_to_it() -> None:
    assert split_line('#TRANS 1288 {} 1.00 "" "F"rskott" 2').fields == [
        *("#TRANS", "1288", ObjectList(""), "1.00", "", 'F"rskott', "2"),
    ]


def test_a_quotation_mark_that_is_never_closed_is_refused() -> None:
    with pytest.raises(BrokenLineError, match="isn't closed"):
        split_line('#VER A 1 20240101 "Kaffe')


@pytest.mark.parametrize(
    "text", ["1", '1 "10" 6', 'x "10"', '1 "10" 1 "20"', '1 "10', '-1 "10"', '1 "' + "x" * 65 + '"']
)
def test_a_broken_object_list_is_refused(text: str) -> None:
    with pytest.raises(BrokenValueError):
        parse_objects(text)


def test_an_object_list_may_be_quoted_tabbed_tight_or_empty() -> None:
    assert parse_objects('"1" "Nord"\t7 101') == ((1, "Nord"), (7, "101"))
    assert parse_objects(' 1 "" 6 "P1" ') == ((6, "P1"),)
    assert parse_objects("") == ()
