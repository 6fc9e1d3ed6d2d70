"""A file of one copy in which two people worked, or of which an older version comes back: nobody's work is undone."""

from pathlib import Path

import pytest

from ledger.models import Account, Supplier, SupplierInvoice, Voucher
from tests import factories
from tests.workcopies.copies import Copy, told
from workcopies.models import CheckIn, Conflict

pytestmark = pytest.mark.django_db


@pytest.fixture
def anna(books: factories.Books, tmp_path: Path) -> Copy:
    return Copy(tmp_path / "anna.utkorg", books.company)


@pytest.fixture
def bo(anna: Copy, tmp_path: Path) -> Copy:
    """The same copy's file, given to somebody else before anybody worked in it."""
    return anna.copied(tmp_path / "bo.utkorg")


def vouchers() -> list[str]:
    return sorted(Voucher.objects.values_list("text", flat=True))


def add_invoice(copy: Copy, books: factories.Books, voucher: int) -> None:
    copy.insert(
        "ledger_supplierinvoice",
        company_id=books.company.pk,
        number="P1",
        invoice_date="2024-03-05",
        amount="7.00",
        vat_amount="0.00",
        balance="7.00",
        voucher_id=voucher,
        status="received",
    )


def test_two_people_work_in_the_same_file(anna: Copy, bo: Copy, books: factories.Books) -> None:
    anna.run("update ledger_account set name = 'Anna' where number = '1910'")
    anna.post(books.company, [("1910", "100.00"), ("3001", "-100.00")], text="Anna")
    bo.run("update ledger_account set name = 'Bo' where number = '3001'")
    voucher = bo.post(books.company, [("1910", "7.00"), ("3001", "-7.00")], text="Bo")
    add_invoice(bo, books, voucher)
    assert len(anna.check_in().landed) == 2
    report = bo.check_in()
    assert ("changed", "accounts", "3001") in told(report)
    assert (len(report.landed), report.conflicts, report.refused) == (3, [], [])
    for again in (anna, bo):
        assert (again.check_in().landed, vouchers()) == ([], ["Anna", "Bo"])
        assert SupplierInvoice.objects.get().voucher == Voucher.objects.get(text="Bo")
        assert dict(Account.objects.values_list("number", "name")) == {"1910": "Anna", "3001": "Bo"}


def test_one_change_each_is_enough(anna: Copy, bo: Copy) -> None:
    anna.run("update ledger_account set name = 'Anna' where number = '1910'")
    bo.run("update ledger_account set name = 'Bo' where number = '3001'")
    bo.run("update ledger_account set name = 'Bo B' where number = '3001'")
    anna.check_in()
    assert told(bo.check_in()) == [("changed", "accounts", "3001")]
    assert anna.check_in().landed == []
    assert dict(Account.objects.values_list("number", "name")) == {"1910": "Anna", "3001": "Bo B"}


def test_an_older_version_of_the_file_undoes_nothing(anna: Copy, bo: Copy, books: factories.Books) -> None:
    anna.run("update ledger_account set name = 'Anna' where number = '1910'")
    anna.post(books.company, [("1910", "100.00"), ("3001", "-100.00")], text="Anna")
    anna.check_in()
    report = bo.check_in()
    assert (report.landed, report.conflicts, report.refused) == ([], [], [])
    assert Account.objects.get(number="1910").name == "Anna"
    assert Voucher.objects.get().text == "Anna"


def test_the_only_document_of_the_first_file_is_not_overwritten(anna: Copy, bo: Copy) -> None:
    anna.run("update ledger_account set name = 'Anna' where number = '1910'")
    for name in ("B", "Bo"):
        bo.run("update ledger_account set name = ? where number = '1910'", [name])
    anna.check_in()
    report = bo.check_in()
    assert (report.landed, report.conflicts[0].fields) == (
        [],
        {"name": {"base": "Kassa", "mine": "Bo", "theirs": "Anna"}},
    )
    assert Account.objects.get(number="1910").name == "Anna"


def test_what_the_second_file_left_alone_is_not_set_back(anna: Copy, bo: Copy) -> None:
    anna.run("update ledger_account set name = 'Anna' where number = '1910'")
    bo.run("update ledger_account set account_type = 'asset' where number = '1910'")
    for name in ("Bo", "Försäljning"):
        bo.run("update ledger_account set name = ? where number = '3001'", [name])
    anna.check_in()
    assert told(bo.check_in()) == [("changed", "accounts", "1910")]
    assert Account.objects.filter(name="Anna", account_type="asset").count() == 1


def test_what_both_did_alike_is_no_sign_that_the_rest_was_undone(anna: Copy, bo: Copy) -> None:
    for copy in (anna, bo):
        copy.run("update ledger_account set name = 'Both' where number = '3001'")
    anna.run("update ledger_account set name = 'Anna' where number = '1910'")
    anna.check_in()
    assert bo.check_in().landed == []
    assert dict(Account.objects.values_list("number", "name")) == {"1910": "Anna", "3001": "Both"}


def test_two_vouchers_that_are_much_alike_are_two(anna: Copy, bo: Copy, books: factories.Books) -> None:
    for copy, text in ((anna, "Hyra mars"), (bo, "Hyra april")):
        copy.post(books.company, [("1910", "5000.00"), ("3001", "-5000.00")], text=text)
        assert len(copy.check_in().landed) == 1
    assert vouchers() == ["Hyra april", "Hyra mars"]


def test_a_number_is_free_for_others_once_its_voucher_is_gone(anna: Copy, bo: Copy, books: factories.Books) -> None:
    rows = [("1910", "5.00"), ("3001", "-5.00")]
    voucher = anna.post(books.company, rows, text="Anna")
    anna.check_in()
    anna.run("delete from ledger_ledgerentry where voucher_id = ?", [voucher])
    anna.run("delete from ledger_voucher where id = ?", [voucher])
    assert [one.operation for one in anna.check_in().landed] == ["deleted"]
    add_invoice(bo, books, bo.post(books.company, rows, text="Bo"))
    report = bo.check_in()
    assert (len(report.landed), report.conflicts, report.refused) == (2, [], [])
    assert SupplierInvoice.objects.get().voucher == Voucher.objects.get(text="Bo")


def test_what_got_another_number_before_the_file_was_copied_is_made_once(
    books: factories.Books, tmp_path: Path
) -> None:
    books.post(text="Of both")
    anna = Copy(tmp_path / "anna.utkorg", books.company)
    anna.run("update ledger_voucher set number = 'P9'")
    bo = anna.copied(tmp_path / "bo.utkorg")
    anna.run("update ledger_account set name = 'Anna' where number = '1910'")
    assert len(anna.check_in().landed) == 3
    bo.run("update ledger_account set name = 'Bo' where number = '3001'")
    report = bo.check_in()
    assert (told(report), report.conflicts) == ([("changed", "accounts", "3001")], [])
    assert vouchers() == ["Of both"]


def test_nothing_lands_with_a_voucher_that_may_be_somebody_elses(anna: Copy, bo: Copy, books: factories.Books) -> None:
    anna.post(books.company, [("1910", "100.00"), ("3001", "-100.00")], text="Anna")
    anna.run("delete from utkorg_made")
    add_invoice(bo, books, bo.post(books.company, [("1910", "7.00"), ("3001", "-7.00")], text="Bo"))
    anna.check_in()
    report = bo.check_in()
    assert (len(report.conflicts), [one.code for one in report.refused]) == (1, ["unknown_reference"])
    assert not SupplierInvoice.objects.exists()


def test_what_was_made_before_the_file_was_copied_is_made_once(
    anna: Copy, books: factories.Books, tmp_path: Path
) -> None:
    rows = [("1910", "5.00"), ("3001", "-5.00")]
    anna.post(books.company, rows, number="P1", text="Before")
    anna.post(books.company, rows, number="P2", text="Before too")
    bo = anna.copied(tmp_path / "bo.utkorg")
    anna.run("update ledger_voucher set text = 'Anna' where number = 'P2'")
    bo.run("insert or replace into ledger_voucher select * from ledger_voucher where number = 'P2'")
    bo.run("update ledger_voucher set text = 'Bo' where number = 'P2'")
    bo.post(books.company, rows, number="P3", text="After")
    anna.check_in()
    report = bo.check_in()
    assert (len(report.landed), len(report.conflicts)) == (1, 1)
    assert Conflict.objects.get().mine["fields"]["voucher_text"] == "Bo"
    assert vouchers() == ["After", "Anna", "Before"]


def test_an_older_state_that_comes_back_is_compared_with_what_landed_of_it(
    anna: Copy, books: factories.Books, tmp_path: Path
) -> None:
    anna.run("update ledger_account set name = 'First' where number = '1910'")
    anna.post(books.company, [("1910", "5.00"), ("3001", "-5.00")], text="First")
    anna.check_in()
    kept = anna.copied(tmp_path / "kept.utkorg")
    anna.run("update ledger_account set name = 'Second' where number = '1910'")
    anna.run("update ledger_voucher set text = 'Second' where number = 'P1'")
    anna.run("update ledger_account set name = 'Second' where number = '3001'")
    assert len(anna.check_in().landed) == 3
    kept.run("update ledger_account set account_type = 'asset' where number = '3001'")
    assert told(kept.check_in()) == [("changed", "accounts", "3001")]
    assert (vouchers(), set(Account.objects.values_list("name", flat=True))) == (["Second"], {"Second"})


def test_of_two_states_the_later_counts_whichever_was_handed_in_first(anna: Copy, tmp_path: Path) -> None:
    anna.run("update ledger_account set name = 'First' where number = '1910'")
    first = anna.copied(tmp_path / "first.utkorg")
    anna.run("update ledger_account set name = 'Second' where number = '1910'")
    handed_in = CheckIn.objects.create(name="second.utkorg")
    first.check_in()
    assert len(anna.check_in(check_in=handed_in).landed) == 1
    Account.objects.filter(number="1910").update(name="First")
    report = anna.check_in()
    assert (report.landed, report.conflicts, Account.objects.get(number="1910").name) == ([], [], "First")


def test_a_log_that_was_emptied_makes_what_landed_nobody_elses(anna: Copy, bo: Copy, books: factories.Books) -> None:
    anna.run("update ledger_account set name = 'Anna' where number = '1910'")
    anna.post(books.company, [("1910", "100.00"), ("3001", "-100.00")], text="Anna")
    anna.run("delete from utkorg_writes")
    assert len(anna.check_in().landed) == 2
    bo.run("update ledger_account set name = 'Bo' where number = '3001'")
    assert told(bo.check_in()) == [("changed", "accounts", "3001")]
    anna.run("delete from utkorg_made")
    assert anna.check_in().landed == []
    assert (vouchers(), Account.objects.get(number="1910").name) == (["Anna"], "Anna")


def test_without_its_log_a_file_is_asked_about_what_landed_before(anna: Copy, bo: Copy) -> None:
    anna.run("update ledger_account set name = 'Anna' where number = '1910'")
    anna.check_in()
    for kind, name in bo.run("select type, name from sqlite_schema where type = 'trigger' or name like 'utkorg_m_de'"):
        bo.run(f"drop {kind} {name}")
    bo.run("update ledger_account set name = 'Bo' where number = '3001'")
    report = bo.check_in()
    assert (told(report), len(report.conflicts)) == ([("changed", "accounts", "3001")], 1)
    assert Account.objects.get(number="1910").name == "Anna"


def test_what_one_version_asks_the_other_does_not_settle(anna: Copy, bo: Copy) -> None:
    for name in ("B", "Bo"):
        bo.run("update ledger_account set name = ? where number = '3001'", [name])
    anna.run("update ledger_account set name = 'Anna' where number = '1910'")
    Account.objects.filter(number="3001").update(name="Theirs")
    assert len(bo.check_in().conflicts) == 1
    assert told(anna.check_in()) == [("changed", "accounts", "1910")]
    assert Conflict.objects.get().status == Conflict.Status.OPEN


def test_two_versions_each_have_their_question_once(anna: Copy, bo: Copy) -> None:
    for name in ("B", "Bo"):
        bo.run("update ledger_account set name = ? where number = '3001'", [name])
    anna.run("update ledger_account set name = 'Anna' where number = '3001'")
    Account.objects.filter(number="3001").update(name="Theirs")
    for copy in (bo, anna, bo):
        assert len(copy.check_in().conflicts) == 1
    assert sorted(Conflict.objects.values_list("mine__fields__name", "status")) == [("Anna", "open"), ("Bo", "open")]
    bo.run("update ledger_account set name = 'Theirs' where number = '3001'")
    bo.check_in()
    assert Conflict.objects.get(status=Conflict.Status.OPEN).mine["fields"]["name"] == "Anna"


def test_each_version_takes_back_its_own_question_alone(anna: Copy, bo: Copy, tmp_path: Path) -> None:
    Account.objects.filter(number="3001").update(name="Theirs")
    for copy in (anna, bo):
        copy.run("update ledger_account set name = 'Mine' where number = '3001'")
        copy.check_in()
    carl = anna.copied(tmp_path / "carl.utkorg")
    carl.run("update ledger_account set name = 'Carl' where number = '1910'")
    assert len(carl.check_in().conflicts) == 1
    left = Conflict.objects.filter(status=Conflict.Status.OPEN, mine__fields__name="Mine")
    assert left.count() == 2
    for copy, waiting in ((anna, 2), (bo, 1), (carl, 0)):
        copy.run("update ledger_account set name = 'Theirs' where number = '3001'")
        copy.check_in()
        assert left.count() == waiting


def test_nothing_lands_in_a_company_that_only_has_the_same_number(anna: Copy, books: factories.Books) -> None:
    with anna.written() as file:
        columns = [name for (_place, name, *_more) in file.execute("pragma table_info(ledger_company)") if name != "id"]
        kept = {"number": "'200'", "name": "'Ours'"}
        values = ", ".join(kept.get(name, f'"{name}"') for name in columns)
        names = ", ".join(f'"{name}"' for name in columns)
        made = file.execute(f"insert into ledger_company ({names}) select {values} from ledger_company").lastrowid
    anna.insert("ledger_supplier", company_id=made, number="2001", name="Ours")
    theirs = factories.make_books(number="200").company
    report = anna.check_in()
    assert [one.information_type for one in report.conflicts] == ["companies"]
    assert [one.code for one in report.refused] == ["unknown_reference"]
    assert not Supplier.objects.filter(company=theirs).exists()
