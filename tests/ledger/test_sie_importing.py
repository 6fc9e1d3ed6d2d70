"""What an import makes of the registers, the second time and beside what is there."""

import datetime as dt
import io
from decimal import Decimal

import pytest

from ledger.importing.report import ImportReport
from ledger.models import (
    Account,
    Balance,
    Company,
    DimensionValue,
    FinancialYear,
    LedgerEntry,
    OtherDimension,
    OtherDimensionValue,
    Voucher,
)
from ledger.sie import exceptions
from ledger.sie.importing import import_sie_file
from revisions.models import ChangeSet

pytestmark = pytest.mark.django_db

IDENTITY = '#FNAMN "Bolaget AB"\n#FNR 7\n#ORGNR 556000-0001\n'
HEAD = f"#FLAGGA 0\n#SIETYP 4\n{IDENTITY}#RAR 0 20240101 20241231\n"
CHART = (
    '#KONTO 1910 Kassa\n#KONTO 1930 Bank\n#KONTO 3010 "Försäljning"\n#KTYP 3010 I\n#DIM 1 Kst\n#OBJEKT 1 "10" Nord\n'
)
ROWS = ('1910 {1 "10"} 100.00 "" "Kontant"', "1930 {} 25.00", "3010 {} -125.00 20240302")
BALANCES = "#IB 0 1910 10.00\n#UB 0 1910 110.00\n#UB 0 1930 25.00\n#RES 0 3010 -125.00\n"


def voucher(*rows: str, start: str = 'A 1 20240301 "Dagskassa" 20240303 EA') -> str:
    return f"#VER {start}\n{{\n" + "".join(f"#TRANS {row}\n" for row in rows) + "}\n"


BOOKS = HEAD + CHART + BALANCES + voucher(*ROWS)


def import_text(text: str, *, company: str | None = None, name: str = "books.se") -> ImportReport:
    return import_sie_file(source=io.BytesIO(text.encode("cp437")), name=name, company_number=company)


def refusal(text: str, *, company: str | None = None) -> exceptions.FileError:
    before = (Company.objects.count(), Account.objects.count(), LedgerEntry.objects.count())
    with pytest.raises(exceptions.FileError) as refused:
        import_text(text, company=company)
    assert (Company.objects.count(), Account.objects.count(), LedgerEntry.objects.count()) == before
    assert refused.value.file == "books.se"
    return refused.value


def entries() -> list[tuple[int, str, Decimal | int]]:
    return list(LedgerEntry.objects.order_by("voucher_id", "row").values_list("row", "account__number", "amount"))


def queued() -> list[tuple[str, int]]:
    """The operations and row counts of the ledger entries' changes, oldest first."""
    return list(ChangeSet.objects.filter(information_type=12).order_by("id").values_list("operation", "row_count"))


def test_a_voucher_is_stored_as_the_file_says() -> None:
    report = import_text(BOOKS)
    stored = Voucher.objects.get()
    assert (stored.company.number, stored.series, stored.number, stored.text) == ("7", "A", "1", "Dagskassa")
    assert (stored.registered_on, stored.signature, stored.last_row) == (dt.date(2024, 3, 3), "EA", 3)
    first = stored.rows.get(row=1)
    assert (first.account.number, first.amount, first.text) == ("1910", Decimal("100.00"), "Kontant")
    assert (first.entry_date, first.cost_centre and first.cost_centre.name) == (dt.date(2024, 3, 1), "Nord")
    assert stored.rows.get(row=3).entry_date == dt.date(2024, 3, 2)
    assert (report.changes.vouchers_created, report.changes.rows_created) == (1, 3)


def test_account_types_are_the_files_or_those_of_the_bas_class() -> None:
    import_text(
        HEAD
        + "#KONTO 1910 a\n#KONTO 2440 b\n#KTYP 2440 T\n#KONTO 3010 c\n#KONTO 7010 d\n#KONTO 8310 e\n#KONTO 0100 f\n"
    )
    types = dict(Account.objects.values_list("number", "account_type"))
    assert types == {
        "1910": "asset",
        "2440": "asset",
        "3010": "income",
        "7010": "expense",
        "8310": None,
        "0100": None,
    }


def test_the_same_file_again_changes_and_queues_nothing() -> None:
    import_text(BOOKS)
    before = ChangeSet.objects.count()
    report = import_text(BOOKS)
    assert ChangeSet.objects.count() == before
    assert report.changes.vouchers_unchanged == 1


def test_a_newer_export_changes_just_what_differs() -> None:
    other = voucher("1910 {} 1.00", "3010 {} -1.00", start="A 2 20240302")
    import_text(BOOKS + other)
    before = len(queued())
    # The bank's row goes, the cash row gets another amount, and a row comes between.
    newer = ('1910 {1 "10"} 120.00 "" "Kontant"', "1940 {} 5.00", "3010 {} -125.00 20240302")
    report = import_text(HEAD + CHART + "#KONTO 1940 Kort\n" + BALANCES + voucher(*newer) + other)
    assert entries()[:3] == [(1, "1910", 120), (3, "3010", -125), (4, "1940", 5)]
    assert sorted(queued()[before:]) == [("c", 1), ("d", 1), ("u", 1)]
    assert Voucher.objects.get(number="1").last_row == 4
    changes = report.changes
    assert (changes.vouchers_changed, changes.vouchers_unchanged, changes.vouchers_created) == (1, 1, 0)
    assert (changes.rows_created, changes.rows_changed, changes.rows_deleted) == (1, 1, 1)


def test_a_deleted_rows_number_is_never_used_again() -> None:
    import_text(BOOKS)
    import_text(HEAD + CHART + BALANCES + voucher(ROWS[0], "3010 {} -100.00 20240302"))
    import_text(
        HEAD + CHART + "#KONTO 1940 Kort\n" + BALANCES + voucher(ROWS[0], "3010 {} -102.00 20240302", "1940 {} 2")
    )
    assert [row for row, _account, _amount in entries()] == [1, 3, 4]
    Voucher.objects.get().rows.get(row=4).delete()
    import_text(
        HEAD + CHART + "#KONTO 1940 Kort\n" + BALANCES + voucher(ROWS[0], "3010 {} -103.00 20240302", "1940 {} 3")
    )
    assert [row for row, _account, _amount in entries()] == [1, 3, 5]


def test_rows_in_another_order_are_the_same_rows() -> None:
    import_text(BOOKS)
    before = ChangeSet.objects.count()
    report = import_text(HEAD + CHART + BALANCES + voucher(*reversed(ROWS)))
    assert ChangeSet.objects.count() == before
    assert report.changes.rows_changed == 0


def test_a_vouchers_new_text_is_a_change_of_all_its_rows() -> None:
    import_text(BOOKS)
    before = len(queued())
    import_text(BOOKS.replace("Dagskassa", "Kassa"))
    assert queued()[before:] == [("u", 3)]
    assert Voucher.objects.get().text == "Kassa"


def test_a_voucher_that_a_newer_export_lacks_stays_and_is_counted() -> None:
    import_text(BOOKS + voucher(*ROWS, start="B 1 20240301"))
    report = import_text(BOOKS)
    assert report.others_kept == 1
    assert Voucher.objects.count() == 2


def test_balances_are_kept_and_compared_with_the_vouchers() -> None:
    report = import_text(BOOKS)
    assert Balance.objects.count() == 4
    assert report.balance_report is not None
    assert report.balance_report.differences == ()
    report = import_text(BOOKS.replace("#UB 0 1910 110.00", "#UB 0 1910 111.00"))
    assert report.balance_report is not None
    (wrong,) = report.balance_report.differences
    assert wrong.account == "1910"
    assert [wrong.opening, wrong.vouchers, wrong.closing, wrong.difference] == [10, 100, 111, -1]


def test_a_newer_files_balances_replace_those_of_their_kind_alone() -> None:
    import_text(f'{BOOKS}#PSALDO 0 202403 1910 {{}} 100\n#PSALDO 0 202403 1910 {{1 "10"}} 100\n')
    import_text(BOOKS.replace("#UB 0 1930 25.00\n", "") + "#PSALDO 0 202403 1930 {} 25\n")
    stored = Balance.objects.order_by("kind", "account").values_list("kind", "account__number", "objects_json")
    assert list(stored) == [
        ("IB", "1910", {}),
        ("PSALDO", "1910", {"1": "10"}),
        ("PSALDO", "1930", {}),
        ("RES", "3010", {}),
        ("UB", "1910", {}),
    ]


def test_a_balance_without_account_or_year_is_left_out_and_said_so() -> None:
    report = import_text(BOOKS + "#UB 0 9010 5\n#UB -1 1910 5\n")
    assert Balance.objects.count() == 4
    assert len(report.warnings) == 2


def test_names_follow_the_books_but_not_another_programs_file() -> None:
    import_text(BOOKS)
    import_text(BOOKS.replace("Kassa\n", "Handkassa\n").replace("Nord", "Norr"))
    assert Account.objects.get(number="1910").name == "Handkassa"
    assert DimensionValue.objects.get().name == "Norr"
    import_text(HEAD + CHART)
    assert Account.objects.get(number="1910").name == "Handkassa"
    assert DimensionValue.objects.get().name == "Norr"


def test_a_dimension_first_used_and_later_declared_gets_its_name_and_parent() -> None:
    used = voucher('1910 {20 "a"} 1.00', "3010 {} -1.00")
    import_text(HEAD + CHART + used)
    import_text(HEAD + CHART + '#UNDERDIM 20 "Avdelning" 19\n#IB 0 1910 0\n' + used)
    assert OtherDimension.objects.values_list("number", "name", "parent_number").get() == (20, "Avdelning", 19)


def test_an_accounts_type_may_come_without_its_name() -> None:
    import_text(BOOKS)
    import_text(HEAD + "#KTYP 1910 K\n#IB 0 1930 0\n")
    assert Account.objects.values_list("name", "account_type").get(number="1910") == ("Kassa", "expense")


def test_objects_that_only_rows_use_are_created() -> None:
    import_text(HEAD + CHART + voucher('1910 {1 "20" 6 "P1" 8 "4711"} 1.00', "3010 {} -1.00"))
    assert set(DimensionValue.objects.values_list("dimension", "code", "name")) == {
        *((1, "10", "Nord"), (1, "20", "20"), (2, "P1", "P1")),
    }
    assert OtherDimension.objects.get().name == "Kund"
    assert OtherDimensionValue.objects.get().code == "4711"
    row = LedgerEntry.objects.get(row=1)
    assert (row.cost_centre_id, row.project_id) == (
        DimensionValue.objects.get(code="20").pk,
        DimensionValue.objects.get(code="P1").pk,
    )
    assert row.other_dimensions == {"8": "4711"}


def test_a_mapped_dimension_is_ours() -> None:
    text = (
        HEAD + CHART + '#DIM 7 "Anställd"\n#UNDERDIM 21 Del 20\n' + voucher('1910 {7 "101" 21 "x"} 1.00', "3010 {} -1")
    )
    import_text(text)
    assert OtherDimension.objects.get(number=21).parent_number == 20
    assert LedgerEntry.objects.get(row=1).other_dimensions == {"7": "101", "21": "x"}
    OtherDimension.objects.filter(number=7).update(dimension=3)
    report = import_text(text)
    row = LedgerEntry.objects.get(row=1)
    assert (row.object and row.object.code, row.other_dimensions) == ("101", {"21": "x"})
    assert report.changes.rows_changed == 1
    assert import_text(text).changes.vouchers_unchanged == 1


def test_vouchers_without_number_get_the_next_ones_of_their_series() -> None:
    import_text(BOOKS)
    unnumbered = (("A", "0101"), ("A", "0201"), ('""', "0101"))
    vouchers = [voucher("1910 {} 1", "3010 {} -1", start=f'{series} "" 2024{day} "Lön"') for series, day in unnumbered]
    report = import_text(HEAD + CHART + "".join(vouchers))
    assert report.version == "4I"
    assert sorted(Voucher.objects.values_list("series", "number")) == [("", "1"), ("A", "1"), ("A", "2"), ("A", "3")]


def test_vouchers_without_number_are_recognised_by_their_content() -> None:
    same = voucher("1910 {} 1", "3010 {} -1", start='L "" 20240101 "Lön"')
    import_text(HEAD + CHART + same + same)
    assert Voucher.objects.count() == 2
    before = ChangeSet.objects.count()
    report = import_text(HEAD + CHART + same + same)
    assert ChangeSet.objects.count() == before
    assert report.changes.vouchers_unchanged == 2
    import_text(HEAD + CHART + same * 3 + voucher("1910 {} 2", "3010 {} -2", start='L "" 20240101 "Lön"'))
    assert sorted(Voucher.objects.values_list("number", flat=True)) == ["1", "2", "3", "4"]


def test_a_voucher_without_number_is_known_again_after_it_was_edited() -> None:
    text = HEAD + CHART + '#DIM 7 "Anställd"\n' + voucher('1910 {7 "101"} 1', "3010 {} -1", start='L "" 20240101 "Lön"')
    import_text(text)
    LedgerEntry.objects.update(text="Rättad")
    Voucher.objects.update(text="Rättad", voucher_date=dt.date(2024, 2, 1))
    OtherDimension.objects.update(dimension=3)
    before = ChangeSet.objects.count()
    report = import_text(text)
    assert (report.changes.vouchers_unchanged, Voucher.objects.get().text) == (1, "Rättad")
    assert ChangeSet.objects.count() == before + 1  # the mapped dimension's value


def test_a_voucher_without_number_or_rows_is_recognised_too() -> None:
    for _time in range(2):
        import_text(HEAD + CHART + '#VER L "" 20240101\n{\n}\n')
    assert Voucher.objects.count() == 1


def test_numbers_and_numberless_vouchers_in_one_file_do_not_meet() -> None:
    plain = ("1910 {} 1", "3010 {} -1")
    import_text(HEAD + CHART + voucher(*plain, start='A "" 20240101') + voucher(*plain, start="A 1 20240102"))
    assert sorted(Voucher.objects.values_list("number", "voucher_date")) == [
        ("1", dt.date(2024, 1, 2)),
        ("2", dt.date(2024, 1, 1)),
    ]


def test_a_file_without_year_uses_the_companys_or_opens_the_calendar_year() -> None:
    company = Company.objects.create(number="7", name="Bolaget AB", organisation_number="556000-0001")
    FinancialYear.objects.create(company=company, first_day=dt.date(2023, 7, 1), last_day=dt.date(2024, 6, 30))
    head = HEAD.replace("#RAR 0 20240101 20241231\n", "")
    assert import_text(head + CHART + voucher(*ROWS)).warnings == ()
    report = import_text(head + CHART + voucher(*ROWS, start="A 1 20250101"))
    assert [warning.line for warning in report.warnings] == [12]
    assert FinancialYear.objects.filter(first_day=dt.date(2025, 1, 1), last_day=dt.date(2025, 12, 31)).exists()
    error = refusal(head + CHART + voucher(*ROWS, start="A 1 20240801"))
    assert (error.code, error.line) == ("financial_year", 12)


def test_a_date_outside_the_files_years_is_refused() -> None:
    error = refusal(BOOKS + voucher(*ROWS, start="A 2 20250101"))
    assert (error.code, error.line) == ("financial_year", 23)


def test_years_that_overlap_are_refused() -> None:
    import_text(BOOKS)
    error = refusal(BOOKS.replace("20240101 20241231", "20240101 20241130"))
    assert (error.code, error.line) == ("financial_year", 6)


def test_the_companys_number_is_the_files_or_the_one_asked_for() -> None:
    assert import_text(BOOKS).company == "7"
    assert import_text(BOOKS.replace("#FNR 7", '#FNR "C:\\Företag"')).company == "556000-0001"
    assert import_text(BOOKS, company="X-1").company == "X-1"
    nameless = BOOKS.replace(IDENTITY, "")
    assert refusal(nameless).code == "company"
    assert import_text(nameless, company="9").company_name == "9"
    assert refusal(BOOKS, company="no number").code == "company"


def test_a_file_that_names_no_company_but_its_number_is_the_same_file_again() -> None:
    nameless = BOOKS.replace(IDENTITY, "#FNR 7\n")
    assert import_text(nameless).company_name == "7"
    assert import_text(nameless).changes.vouchers_unchanged == 1


def test_an_empty_company_number_is_not_the_files() -> None:
    assert refusal(BOOKS, company="").code == "company"


def test_an_inactive_company_and_another_currency_are_warnings() -> None:
    import_text(BOOKS)
    Company.objects.update(active=False)
    report = import_text(BOOKS.replace("#RAR", "#VALUTA EUR\n#RAR"))
    assert [warning.line for warning in report.warnings] == [1, 6]
    assert Company.objects.get().currency == "SEK"


def test_another_companys_books_are_not_mixed_in() -> None:
    import_text(BOOKS)
    renamed = BOOKS.replace("Bolaget AB", "Bolaget i Väst AB")
    assert import_text(renamed).company == "7"
    other = renamed.replace("556000-0001", "556000-0002")
    error = refusal(other)
    assert (error.code, error.line) == ("company", 3)
    assert "--company" in str(error)
    assert refusal(other, company="7").code == "company"
    assert import_text(other, company="8").company == "8"


def test_an_organisation_number_is_the_same_with_and_without_its_hyphen() -> None:
    import_text(BOOKS)
    assert import_text(BOOKS.replace("556000-0001", "5560000001").replace("Bolaget", "BOLAGET")).company == "7"


def test_an_account_that_neither_file_nor_company_has_is_refused() -> None:
    error = refusal(HEAD + CHART + voucher("1910 {} 1", "1999 {} -1"))
    assert (error.code, error.line) == ("unknown_account", 16)
    import_text(BOOKS)
    report = import_text(HEAD + voucher("1910 {} 1", "3010 {} -1", start="K 1 20240301"))
    assert report.changes.vouchers_created == 1


def test_a_voucher_that_stands_twice_is_refused() -> None:
    error = refusal(BOOKS + voucher(*ROWS))
    assert (error.code, error.line) == ("duplicate_voucher", 23)


def test_a_locked_period_refuses_changes_but_not_what_is_there() -> None:
    import_text(BOOKS)
    FinancialYear.objects.update(locked_until=dt.date(2024, 3, 31))
    assert import_text(BOOKS).changes.vouchers_unchanged == 1
    for text in (BOOKS.replace("Kontant", "Kort"), BOOKS + voucher(*ROWS, start="A 2 20240331")):
        assert refusal(text).code == "period_locked"
    assert import_text(BOOKS + voucher(*ROWS, start="A 2 20240401")).changes.vouchers_created == 1


def test_a_bad_file_leaves_nothing_behind() -> None:
    assert refusal(BOOKS + voucher("1910 {} 1", start="A 2 20240301")).code == "unbalanced"


def test_backslashes_quotes_and_long_texts_survive() -> None:
    text = 'C:\\\\Bok\tföring \\"x\\" \\N ' + "å" * 400
    import_text(HEAD + CHART + voucher(f'1910 {{1 "a\\\\b"}} 1 "" "{text}"', "3010 {} -1"))
    assert LedgerEntry.objects.get(row=1).text == text.replace('\\"', '"')
    assert LedgerEntry.objects.filter(cost_centre__code="a\\\\b").exists()


class Unseekable(io.BytesIO):
    def seekable(self) -> bool:
        return False


def test_an_amount_that_the_database_cannot_hold_is_refused_in_one_line() -> None:
    error = refusal(HEAD + CHART + "#IB 0 1910 9999999999999999.00\n" * 2)
    assert (error.code, "\n" in str(error)) == ("refused", False)


def test_a_pipe_is_read_too() -> None:
    report = import_sie_file(source=Unseekable(BOOKS.encode("cp437")), name="-")
    assert report.rows == 3
