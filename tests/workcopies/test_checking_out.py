"""Checking out: the file holds what somebody may see, whole and of one moment, and nothing that points nowhere."""

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User

from access.rights import rights_of
from ledger.models import Company
from ledger.services.reversals import reverse_voucher
from revisions.installation import installation
from tests.connections import other_program
from tests.factories import (
    Books,
    FinancialYearFactory,
    SupplierInvoiceFactory,
    SupplierPaymentFactory,
    TimeTransactionFactory,
    UserFactory,
    give,
    make_books,
)
from tests.registers import make_some_of_each
from workcopies.checking_out import ALL_RIGHTS, check_out
from workcopies.exceptions import CannotWrite, FileExists, NoCompany, NoRoom, NotAllowed, UnknownYear
from workcopies.file.reading import open_file
from workcopies.file.tables import all_tables
from workcopies.file.writing import FileWriter
from workcopies.models import WorkingCopy

pytestmark = pytest.mark.django_db


def ask(path: Path, statement: str) -> list[Any]:
    with closing(sqlite3.connect(path)) as file:
        return file.execute(statement).fetchall()


def everything(path: Path, *companies: Company, **options: Any) -> WorkingCopy:
    return check_out(
        companies=companies, **{"user": None, "rights": ALL_RIGHTS, "name": "All", "path": path, **options}
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "books.utkorg"


def test_a_copy_holds_every_row_of_its_companies_and_none_of_others(path: Path, books: Books) -> None:
    make_some_of_each(books)
    make_some_of_each(make_books(number="200"))
    books.post()
    everything(path, books.company)
    for table in all_tables():
        assert ask(path, f'select count(*) from "{table.name}"') != [(0,)] or table.name in EMPTY
    assert ask(path, "select number, active, typeof(active), typeof(id) from ledger_company") == [
        ("100", 1, "integer", "integer")
    ]


EMPTY = {"ledger_balance", "ledger_otherdimension", "ledger_otherdimensionvalue"}


def test_what_was_just_checked_out_has_no_changes(path: Path, books: Books) -> None:
    make_some_of_each(books)
    everything(path, books.company)
    with open_file(path, installation=str(installation().uid)) as file:
        assert [change for table in file.tables for change in file.changes(table)] == []
        assert file.manifest.rows == sum(base.rows for base in file.manifest.tables.values()) > 10


def test_what_is_known_of_a_copy_is_what_its_manifest_says(path: Path, books: Books) -> None:
    anna = UserFactory.create(username="anna")
    copy = everything(path, books.company, user=anna)
    copy.refresh_from_db()
    with open_file(path, installation=str(installation().uid)) as file:
        told = file.manifest
    assert (told.uid, told.user, told.companies, told.epoch) == (str(copy.uid), "anna", ("100",), copy.epoch)
    assert (told.position, told.made_at, told.rows) == (copy.position, copy.made_at, copy.rows)
    assert (copy.status, copy.size, copy.made_by_name) == ("out", path.stat().st_size, "anna")
    assert [company.number for company in copy.companies.all()] == ["100"]
    assert "ledger.change_voucher" in told.rights["100"]


def clerk(*permissions: str, company: Company) -> User:
    user = UserFactory.create()
    give(user, "workcopies.add_workingcopy", *permissions, company=company)
    return user


def test_a_register_that_somebody_may_not_view_is_not_in_the_file(path: Path, books: Books) -> None:
    make_some_of_each(books)
    user = clerk("ledger.view_account", "ledger.view_supplier", company=books.company)
    everything(path, books.company, user=user, rights=rights_of(user))
    assert tables(path) == {"ledger_company", "ledger_financialyear", "ledger_account", "ledger_supplier"}
    with open_file(path, installation=str(installation().uid)) as file:
        assert file.manifest.rights["100"] == (
            "ledger.view_account",
            "ledger.view_supplier",
            "workcopies.add_workingcopy",
        )


def tables(path: Path) -> set[str]:
    return set(json.loads(ask(path, "select content from utkorg_manifest")[0][0])["tables"])


def test_rows_of_a_company_whose_register_is_out_of_sight_are_left_out(path: Path, books: Books) -> None:
    other = make_books(number="200")
    user = clerk("ledger.view_account", company=books.company)
    give(user, "workcopies.add_workingcopy", company=other.company)
    everything(path, books.company, other.company, user=user, rights=rights_of(user))
    assert ask(path, "select distinct company_id from ledger_account") == [(books.company.pk,)]
    assert len(ask(path, "select * from ledger_company")) == 2


def test_a_register_comes_with_all_that_it_refers_to_or_not_at_all(path: Path, books: Books) -> None:
    books.post()
    user = clerk("ledger.view_voucher", "ledger.view_ledgerentry", company=books.company)
    everything(path, books.company, user=user, rights=rights_of(user))
    assert tables(path) == {"ledger_company", "ledger_financialyear"}


def test_the_right_is_needed_in_every_company(path: Path, books: Books) -> None:
    other = make_books(number="200")
    user = clerk(company=books.company)
    with pytest.raises(NotAllowed, match="200"):
        everything(path, books.company, other.company, user=user, rights=rights_of(user))
    assert not path.exists()
    assert not WorkingCopy.objects.exists()


def test_financial_years_limit_a_copy_and_nothing_in_it_points_nowhere(path: Path, books: Books) -> None:
    company = books.company
    FinancialYearFactory.create(company=company, first_day=date(2023, 1, 1))
    old, older = (books.post(day=date(2023, month, 1), text=f"2023-{month}") for month in (5, 4))
    left_out = books.post(day=date(2023, 6, 1), text="left out")
    new = books.post(day=date(2024, 5, 1), text="2024")
    reverse_voucher(voucher=old, voucher_date=date(2024, 6, 1))
    open_one = SupplierInvoiceFactory.create(company=company, invoice_date=date(2023, 4, 1), balance=5, voucher=older)
    paid = SupplierInvoiceFactory.create(company=company, invoice_date=date(2023, 4, 1), balance=0, voucher=left_out)
    late = SupplierInvoiceFactory.create(company=company, invoice_date=date(2024, 4, 1), balance=0)
    for invoice in (open_one, paid, late):
        SupplierPaymentFactory.create(company=company, invoice=invoice)
    for day in (date(2023, 7, 1), date(2024, 7, 1)):
        TimeTransactionFactory.create(company=company, date_in=day)
    everything(path, company, years={"100": [date(2024, 1, 1)]})
    vouchers = {text for (text,) in ask(path, "select text from ledger_voucher where reverses_id is null")}
    assert vouchers == {"2023-5", "2023-4", "2024"}
    assert ask(path, "select count(*) from ledger_voucher where reverses_id is not null") == [(1,)]
    assert ask(path, "select count(*) from ledger_ledgerentry") == [(8,)]
    assert {pk for (pk,) in ask(path, "select id from ledger_supplierinvoice")} == {open_one.pk, late.pk}
    assert ask(path, "select count(*) from ledger_supplierpayment") == [(2,)]
    assert ask(path, "select date_in from timesheets_timetransaction") == [("2024-07-01",)]
    assert ask(path, "select count(*) from ledger_financialyear") == [(2,)]
    assert ask(path, "pragma foreign_key_check") == []
    assert new.pk


def test_a_year_that_a_company_has_not_is_refused(path: Path, books: Books) -> None:
    with pytest.raises(UnknownYear, match="2019-01-01"):
        everything(path, books.company, years={"100": [date(2019, 1, 1)]})


def test_a_copy_of_no_company_is_refused(path: Path) -> None:
    with pytest.raises(NoCompany):
        everything(path)


def test_somebodys_file_is_never_written_over(path: Path, books: Books) -> None:
    path.write_text("my work")
    with pytest.raises(FileExists):
        everything(path, books.company)
    assert path.read_text() == "my work"


def test_a_place_where_nothing_can_be_written_leaves_nothing_behind(tmp_path: Path, books: Books) -> None:
    with pytest.raises(CannotWrite, match="No such file or directory"):
        everything(tmp_path / "missing" / "books.utkorg", books.company)
    assert not WorkingCopy.objects.exists()


def test_progress_ends_at_its_total(path: Path, books: Books) -> None:
    books.post()
    told: list[tuple[int, int]] = []
    everything(path, books.company, progress=lambda done, total: told.append((done, total)))
    totals = {total for _done, total in told}
    assert len(totals) == 1
    assert told[-1][0] == totals.pop() > 0


def test_money_and_times_come_exactly(path: Path, books: Books) -> None:
    books.post(books.rows("9999999999999999.99"))
    everything(path, books.company)
    assert ask(path, "select amount, typeof(amount) from ledger_ledgerentry order by id limit 1") == [
        (str(Decimal("9999999999999999.99")), "text")
    ]


@pytest.mark.django_db(transaction=True)
def test_what_is_written_meanwhile_is_in_no_part_of_the_copy(path: Path, books: Books) -> None:
    """The writer waits for nothing; what it wrote is in none of the tables that are read after it."""
    told: list[int] = []

    def write_once(done: int, _total: int) -> None:
        if not told:
            with other_program() as other:
                other.execute(
                    "insert into ledger_account (company_id, number, name, active) values (%s, '9999', 'Late', true)",
                    [books.company.pk],
                )
        told.append(done)

    everything(path, books.company, progress=write_once)
    assert ask(path, "select count(*) from ledger_account") == [(2,)]
    assert books.company.accounts.count() == 3


def test_a_full_disk_is_told_and_leaves_nothing_behind(
    path: Path, books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As SQLite tells it: its file may have no more pages than it has."""
    monkeypatch.setattr(FileWriter, "__enter__", _without_room)
    with pytest.raises(NoRoom):
        everything(path, books.company)
    assert list(path.parent.iterdir()) == []
    assert not WorkingCopy.objects.exists()


def _without_room(writer: FileWriter, enter: Callable[[FileWriter], FileWriter] = FileWriter.__enter__) -> FileWriter:
    enter(writer)._file.execute("pragma max_page_count = 4")
    return writer
