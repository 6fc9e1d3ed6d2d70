"""A file of one copy in which two people worked, or of which an older version comes back: nobody's work is undone."""

import shutil
from pathlib import Path

import pytest

from ledger.models import Account, Supplier, SupplierInvoice, Voucher
from tests import factories
from tests.workcopies.copies import Copy, told
from workcopies.models import Conflict

pytestmark = pytest.mark.django_db


@pytest.fixture
def books() -> factories.Books:
    return factories.make_books(number="100")


@pytest.fixture
def anna(books: factories.Books, tmp_path: Path) -> Copy:
    return Copy(tmp_path / "anna.utkorg", books.company)


@pytest.fixture
def bo(anna: Copy, tmp_path: Path) -> Copy:
    """The same copy's file, given to somebody else before anybody worked in it."""
    bo = Copy.__new__(Copy)
    bo.record, bo.path = anna.record, tmp_path / "bo.utkorg"
    shutil.copy(anna.path, bo.path)
    return bo


def test_two_people_work_in_the_same_file(anna: Copy, bo: Copy, books: factories.Books) -> None:
    anna.run("update ledger_account set name = 'Anna' where number = '1910'")
    anna.post(books.company, [("1910", "100.00"), ("3001", "-100.00")], text="Anna")
    bo.run("update ledger_account set name = 'Bo' where number = '3001'")
    voucher = bo.post(books.company, [("1910", "7.00"), ("3001", "-7.00")], text="Bo")
    bo.insert(
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
    assert len(anna.check_in().landed) == 2
    report = bo.check_in()
    assert ("changed", "accounts", "3001") in told(report)
    assert "ledger_entries" in [one.information_type for one in report.conflicts]
    assert [one.code for one in report.refused] == ["unknown_reference"]
    assert not SupplierInvoice.objects.exists()
    assert dict(Account.objects.values_list("number", "name")) == {"1910": "Anna", "3001": "Bo"}
    assert [voucher.text for voucher in Voucher.objects.all()] == ["Anna"]
    assert anna.check_in().landed == []
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


def test_what_one_version_asks_the_other_does_not_settle(anna: Copy, bo: Copy) -> None:
    for name in ("B", "Bo"):
        bo.run("update ledger_account set name = ? where number = '3001'", [name])
    anna.run("update ledger_account set name = 'Anna' where number = '1910'")
    Account.objects.filter(number="3001").update(name="Theirs")
    assert len(bo.check_in().conflicts) == 1
    assert told(anna.check_in()) == [("changed", "accounts", "1910")]
    assert Conflict.objects.get().status == Conflict.Status.OPEN


def test_the_same_question_of_two_versions_is_open_once(anna: Copy, bo: Copy) -> None:
    for name in ("B", "Bo"):
        bo.run("update ledger_account set name = ? where number = '3001'", [name])
    anna.run("update ledger_account set name = 'Anna' where number = '3001'")
    Account.objects.filter(number="3001").update(name="Theirs")
    for copy in (bo, anna, bo):
        assert len(copy.check_in().conflicts) == 1
    assert sorted(Conflict.objects.values_list("mine__fields__name", "status")) == [
        ("Anna", "superseded"),
        ("Bo", "open"),
        ("Bo", "superseded"),
    ]


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
