"""What the reader makes of a file, and how it says what is wrong."""

import datetime as dt
import io
import zlib
from collections.abc import Callable
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.sie import exceptions
from ledger.sie.fields import Fields
from ledger.sie.reading import SieReader
from ledger.sie.records import AccountKind, BalanceLine, Dimension, Record, Row, VoucherStart
from ledger.sie.rows import any_row, common_row

HEAD = "#FLAGGA 0\n#SIETYP 4\n#FNAMN Bolaget\n"
DAY = dt.date(2024, 3, 1)
BALANCED = "#TRANS 1910 {} 100.00\n#TRANS 3010 {} -100.00"


def reader_of(text: str, encoding: str = "cp437") -> SieReader:
    return SieReader(io.BytesIO(text.encode(encoding)), "books.se")


def records(text: str) -> list[Record]:
    return list(reader_of(text))


def voucher(lines: str, start: str = "#VER A 1 20240301") -> str:
    return f"{HEAD}{start}\n{{\n{lines}\n}}\n"


def rows(lines: str) -> list[Row]:
    return [record for record in records(voucher(lines)) if isinstance(record, Row)]


def refusal(text: str) -> exceptions.FileError:
    with pytest.raises(exceptions.FileError) as refused:
        records(text)
    return refused.value


def test_a_row_without_date_has_the_vouchers() -> None:
    first, second = rows('#TRANS 1910 {} 5.00 "" "Kaffe"\n#TRANS 3010 {} -5.00 20240401')
    assert first == Row(6, "1910", (), Decimal("5.00"), DAY, "Kaffe", None, "")
    assert second.entry_date == dt.date(2024, 4, 1)


def test_a_row_has_objects_text_quantity_and_signature() -> None:
    line = '\t#TRANS\t01910\t{"1" "Nord" 7 "101"}\t-5\t20240302\t"En \\"liten\\" sak"\t2.5\tEA'
    row, _other = rows(f"{line}\n#TRANS 1 {{}} 5")
    assert row == Row(
        6, "01910", ((1, "Nord"), (7, "101")), Decimal(-5), dt.date(2024, 3, 2), 'En "liten" sak', Decimal("2.5"), "EA"
    )


def test_an_object_list_may_be_left_out_or_stand_tight() -> None:
    assert [row.amount for row in rows("#TRANS 1910 5.00\n#TRANS 3010 {}-5.00")] == [5, -5]


def test_an_added_row_is_counted_once() -> None:
    lines = "#TRANS 2641 {} 16.81\n#BTRANS 1910 {} -157.00\n#RTRANS 1920 {} -157.00\n#TRANS 1920 {} -157.00\n"
    assert [row.account for row in rows(f"{lines}#TRANS 7690 {{}} 140.19")] == ["2641", "1920", "7690"]


def test_two_equal_rows_after_an_added_one_are_one_row_more() -> None:
    lines = "#RTRANS 1920 {} -5\n#TRANS 1920 {} -5\n#TRANS 1920 {} -5\n#TRANS 1910 {} 10"
    assert [row.account for row in rows(lines)] == ["1920", "1920", "1910"]


def test_added_rows_that_are_repeated_after_all_of_them_are_counted_once() -> None:
    added, other = "TRANS 1920 {} -5", "TRANS 1910 {} 5"
    assert [row.account for row in rows(f"#R{added}\n#R{other}\n#BTRANS 1 {{}} 1\n#{added}\n#{other}")] == [
        "1920",
        "1910",
    ]
    assert len(rows(f"#R{added}\n#R{added}\n#{added}\n#{added}\n#{other}\n#{other}")) == 4


def test_an_added_row_alone_is_a_row_and_said_so() -> None:
    reader = reader_of(voucher("#RTRANS 1920 {} -5\n#TRANS 1910 {} 5"))
    assert [record.account for record in reader if isinstance(record, Row)] == ["1920", "1910"]
    assert [warning.line for warning in reader.warnings.as_tuple()] == [4]


def test_a_file_without_type_is_of_type_1_and_4i_is_what_has_no_balances() -> None:
    def type_of(text: str) -> str:
        reader = reader_of(text)
        list(reader)
        return reader.identity.sie_type

    assert type_of("#FLAGGA 0\n#FNAMN x\n") == "1"
    assert type_of("#SIETYP 3\n#UB 0 1910 5\n") == "3"
    assert type_of(HEAD) == "4I"
    assert type_of(f"{HEAD}#IB 0 1910 5.00\n") == "4"


def test_balances_have_their_kind_period_objects_and_quantity() -> None:
    lines = '#IB -1 1910 5 2\n#PSALDO 0 202401 3010 {6 "P1"} -7.50\n#OUB 0 1 {} 0'
    found = [record for record in records(HEAD + lines) if isinstance(record, BalanceLine)]
    assert found == [
        BalanceLine(4, "IB", -1, None, "1910", (), Decimal(5), Decimal(2)),
        BalanceLine(5, "PSALDO", 0, "202401", "3010", ((6, "P1"),), Decimal("-7.50"), None),
        BalanceLine(6, "OUB", 0, None, "1", (), Decimal(0), None),
    ]


def test_dimensions_may_be_parts_of_others() -> None:
    assert records(f'{HEAD}#DIM 20 "Avdelning"\n#UNDERDIM 21 "Underavdelning" 20\n#KTYP 1910 T\n') == [
        Dimension(4, 20, "Avdelning", None),
        Dimension(5, 21, "Underavdelning", 20),
        AccountKind(6, "1910", "T"),
    ]


def test_unknown_labels_and_their_blocks_are_ignored() -> None:
    text = f'{HEAD}#NYTT "broken\n#BLOCK 1\n{{\n#TRANS x\n}}\n' + voucher(f"#NYRAD 7\n{BALANCED}").removeprefix(HEAD)
    assert [type(record).__name__ for record in records(text)] == ["VoucherStart", "Row", "Row", "VoucherEnd"]


def test_line_ends_blank_lines_and_the_end_mark_of_dos_do_not_matter() -> None:
    text = voucher(f"\n{BALANCED}\n \t").replace("\n", "\r\n") + "\x1a"
    assert len(records(text)) == len(records(voucher(BALANCED))) == 4


def test_the_flag_of_an_imported_file_is_a_warning() -> None:
    reader = reader_of(HEAD.replace("#FLAGGA 0", "#FLAGGA 1"))
    list(reader)
    assert [warning.line for warning in reader.warnings.as_tuple()] == [1]


@pytest.mark.parametrize(
    ("lines", "line"),
    [
        ('#TRANS 1910 {} 1.00 "" "" 1.23456\n#TRANS 3010 {} -1.00', 6),
        ("#TRANS 1910 {} 1.00\n#TRANS 3010 {} -1.00\n}\n#IB 0 1910 1 0.00001\n#VER A 2 20240301\n{", 9),
        ("}\n#KTYP 1910 X\n#VER A 2 20240301\n{", 7),
        ("}\n#KSUMMA 123\n#VER A 2 20240301\n{", 7),
    ],
)
def test_what_is_not_taken_as_it_stands_is_a_warning(lines: str, line: int) -> None:
    reader = reader_of(voucher(lines))
    list(reader)
    assert [warning.line for warning in reader.warnings.as_tuple()] == [line]


def test_a_quantity_of_as_many_decimals_as_are_kept_is_no_warning() -> None:
    reader = reader_of(voucher('#TRANS 1910 {} 1.00 "" "" 1.500000\n#TRANS 3010 {} -1.00 "" "" 0.0001'))
    list(reader)
    assert reader.warnings.as_tuple() == ()


def test_a_label_ends_at_a_blank_or_tab_alone() -> None:
    assert records(f"{HEAD}#KONTO\N{NO-BREAK SPACE}1910 Kassa\n") == []


def test_series_and_number_may_be_empty() -> None:
    (start,) = [r for r in records(voucher(BALANCED, '#VER "" "" 20240301')) if isinstance(r, VoucherStart)]
    assert (start.series, start.number) == ("", "")


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        ("", "not_sie", 1),
        ("<?xml version='1.0'?>\n<Sie/>", "not_sie", 1),
        ("# A heading\n\nand text\n", "not_sie", 1),
        ("PK\x03\x04", "not_sie", 1),
        (f"{HEAD}#FOO {'x' * (1 << 21)}\n", "broken_line", 4),
        (f"{HEAD}#FOO\n{{\n#BAR\n#VER A 1 20240301\n{{\n}}\n", "broken_block", 5),
        (f"{HEAD}#DIM -5 Part\n", "broken_value", 4),
        (f"{HEAD}#OBJEKT x 10 North\n", "broken_value", 4),
        (f"{HEAD}#RAR 0 20240101 20241231\n#RAR 0 20250101 20251231\n", "financial_year", 5),
        (voucher('#TRANS 1910 {} 1.00 "" "" 12345678901234'), "broken_value", 6),
        ("#FLAGGA 0\n#SIETYP 5\n", "not_sie", 2),
        (voucher("#TRANS 1910 {} 100.00\n#TRANS 3010 {} -99.00"), "unbalanced", 4),
        (voucher(BALANCED).replace("{\n", "", 1), "broken_block", 4),
        (voucher(BALANCED)[:-2], "broken_block", 4),
        (voucher(f"{BALANCED}\n#VER A 2 20240301"), "broken_block", 4),
        (voucher(f"{BALANCED}\n#KONTO 1910 Kassa"), "broken_block", 4),
        (voucher(f"{BALANCED}\n{{"), "broken_block", 8),
        (f"{HEAD}#TRANS 1910 {{}} 1.00\n", "broken_block", 4),
        (f"{HEAD}}}\n", "broken_block", 4),
        (f"{HEAD}{{\n", "broken_block", 4),
        (f"{HEAD}#KONTO 1910 Kassa\nand bank\n", "broken_line", 5),
        (f"{HEAD}#KONTO\n", "broken_line", 4),
        (f"{HEAD}#VER A 1\n{{\n}}\n", "broken_line", 4),
        (f'{HEAD}#VER A 1 20240301 "Kaffe\n{{\n}}\n', "broken_line", 4),
        (voucher(BALANCED, "#VER A 1 20240230"), "broken_value", 4),
        (voucher(BALANCED, f"#VER A 1 20240301 {'x' * 501}"), "broken_value", 4),
        (voucher('#TRANS 1910 {1 "10} 1.00'), "broken_value", 6),
        (voucher('#TRANS 1910 {1} 1.00'), "broken_value", 6),
        (f"{HEAD}#RAR 0 20241231 20240101\n", "broken_value", 4),
        (f"{HEAD}#PSALDO 0 202413 1910 {{}} 1\n", "broken_value", 4),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_with_file_line_and_advice(text: str, code: str, line: int) -> None:
    error = refusal(text)
    assert (error.code, error.file, error.line) == (code, "books.se", line)
    assert str(error).startswith(f"books.se:{line}: {error.reason}")
    assert error.advice
    assert len(str(error)) < 300


@pytest.mark.parametrize("amount", ["1,00", "1.005", "1e3", "1 000", "", "NaN", "12345678901234567", "2²", "--1", "."])
def test_what_is_no_amount_is_refused(amount: str) -> None:
    error = refusal(voucher(f'#TRANS 1910 {{}} "{amount}"'))
    assert (error.code, error.line) == ("broken_value", 6)


@pytest.mark.parametrize(
    ("text", "amount"), [("-0.5", "-0.5"), ("100", "100"), ("+7.", "7"), (".25", "0.25"), ("-0", "0")]
)
def test_amounts_are_exact(text: str, amount: str) -> None:
    assert rows(f"#TRANS 1910 {{}} {text}\n#TRANS 1920 {{}} {-Decimal(amount)}")[0].amount == Decimal(amount)


def checked(encoding: str, stated: int | str | None = None, change: str = "") -> SieReader:
    counted = '#FNAMN "Bolåget AB"\n#KONTO 1910 "Kassa \\"stor\\""\n#TRANS 1 {1 "a b" 6 "c"} 5\n'.replace(
        "#TRANS", "#XYZ"
    )
    value = zlib.crc32('#FNAMNBolåget AB#KONTO1910Kassa "stor"#XYZ11a b6c5'.encode(encoding))
    end = "" if stated == "" else f"#KSUMMA {stated or value}\n"
    return reader_of(f"#FLAGGA 0\n#KSUMMA\n{counted}{change}{end}", encoding)


@pytest.mark.parametrize("encoding", ["cp437", "utf-8", "cp1252"])
def test_the_checksum_is_of_labels_and_fields_alone(encoding: str) -> None:
    list(checked(encoding))


def test_a_wrong_or_missing_checksum_is_refused() -> None:
    for reader in (checked("cp437", stated=1), checked("cp437", change="#PROSA x\n"), checked("cp437", stated="")):
        with pytest.raises(exceptions.ChecksumError):
            list(reader)


fields = st.one_of(
    st.sampled_from(
        ['""', "20240101", '"20240101"', "1", "-1.50", '"x y"', "x", '"C:\\"', '"a\\"b"', "{}", '{1 "2"}', "1,5"]
    ),
    st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=6),
)


def outcome(read: Callable[[], Row | None]) -> Row | str | None:
    try:
        return read()
    except exceptions.FileError as error:
        return error.code


@given(st.lists(fields, max_size=8), st.sampled_from([" ", "\t", "  "]))
def test_the_short_way_of_a_row_is_the_long_ways_result(parts: list[str], blank: str) -> None:
    line = blank.join(["#TRANS", *parts])

    short = outcome(lambda: common_row(line, 1, DAY))
    if short is not None:
        assert short == outcome(lambda: any_row(Fields(line), 1, DAY))


@given(st.binary(max_size=60), st.integers(0, 400))
def test_a_damaged_file_is_read_or_refused_with_its_line(noise: bytes, place: int) -> None:
    content = voucher(BALANCED).encode()
    place %= len(content)
    reader = SieReader(io.BytesIO(content[:place] + noise + content[place + len(noise) :]), "books.se")
    refused = None
    try:
        list(reader)
    except exceptions.FileError as error:
        refused = error
    assert refused is None or (refused.file == "books.se" and refused.line >= 1)
