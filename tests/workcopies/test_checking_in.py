"""Checking in: what only the copy changed lands by the services, what only the server changed stays."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from ledger.models import Account, LedgerEntry, Supplier, SupplierInvoice, Voucher
from ledger.services.master_data import change_row
from tests import factories
from tests.workcopies.copies import Copy, told
from workcopies.models import CheckIn, Conflict, Landed

pytestmark = pytest.mark.django_db


@pytest.fixture
def books(books: factories.Books) -> factories.Books:
    books.post()
    return books


def rename(account: Account, name: str) -> None:
    change_row(row=Account.objects.get(pk=account.pk), values={"name": name})


def test_a_copy_that_nobody_worked_in_changes_nothing(copy: Copy) -> None:
    report = copy.check_in()
    assert report.as_json() == {
        "check_in": str(CheckIn.objects.get().uid),
        "landed": [],
        "unchanged": 5,
        "conflicts": [],
        "refused": [],
        "dry_run": False,
    }
    assert copy.known().checked_in_at is not None


def test_master_data_is_made_changed_and_deleted(copy: Copy, books: factories.Books) -> None:
    copy.run("update ledger_account set name = 'Handkassa' where number = '1910'")
    copy.insert("ledger_supplier", company_id=books.company.pk, number="2001", name="Papper AB")
    factories.AccountFactory.create(company=books.company, number="9999", name="Theirs alone")
    report = copy.check_in()
    assert told(report) == [("changed", "accounts", "1910"), ("created", "suppliers", "2001")]
    assert Account.objects.get(number="1910").name == "Handkassa"
    assert Supplier.objects.get().name == "Papper AB"
    assert Account.objects.filter(number="9999").exists()


def test_a_row_that_the_copy_lacks_is_deleted(copy: Copy, books: factories.Books, tmp_path: Path) -> None:
    factories.AccountFactory.create(company=books.company, number="9999")
    copy = Copy(tmp_path / "second.utkorg", books.company)
    copy.run("delete from ledger_account where number = '9999'")
    assert told(copy.check_in()) == [("deleted", "accounts", "9999")]
    assert not Account.objects.filter(number="9999").exists()


def test_fields_of_a_row_that_each_side_changed_are_merged(copy: Copy, books: factories.Books) -> None:
    copy.run("update ledger_account set account_type = 'asset' where number = '1910'")
    rename(books.cash, "Handkassa")
    report = copy.check_in()
    assert told(report) == [("changed", "accounts", "1910")]
    account = Account.objects.get(number="1910")
    assert (account.name, account.account_type) == ("Handkassa", "asset")


def test_the_same_field_changed_differently_waits_and_the_rest_lands(copy: Copy, books: factories.Books) -> None:
    copy.run("update ledger_account set name = 'Mine' where number = '1910'")
    copy.run("update ledger_account set name = 'Mine too' where number = '3001'")
    rename(books.cash, "Theirs")
    report = copy.check_in()
    assert told(report) == [("changed", "accounts", "3001")]
    assert report.as_json()["conflicts"] == [
        {
            "information_type": "accounts",
            "key": {"company": "100", "number": "1910"},
            "fields": {"name": {"base": "Kassa", "mine": "Mine", "theirs": "Theirs"}},
        }
    ]
    assert Account.objects.get(number="1910").name == "Theirs"
    conflict = Conflict.objects.get()
    assert (conflict.status, conflict.company, conflict.key) == (
        "open",
        books.company,
        {"company": "100", "number": "1910"},
    )


def test_a_voucher_gets_its_number_now(copy: Copy, books: factories.Books) -> None:
    books.post()
    copy.post(books.company, [("1910", "12.50"), ("3001", "-12.50")], text="Made offline")
    report = copy.check_in()
    assert report.as_json()["landed"] == [
        {
            "information_type": "ledger_entries",
            "key": {"company": "100", "financial_year": "2024-01-01", "series": "A", "number": "3"},
            "operation": "created",
            "provisional": "P1",
        }
    ]
    voucher = Voucher.objects.get(number="3")
    assert voucher.text == "Made offline"
    assert list(voucher.rows.order_by("row").values_list("amount", flat=True)) == [Decimal("12.50"), Decimal("-12.50")]


def test_what_refers_to_a_new_voucher_refers_to_its_real_number(copy: Copy, books: factories.Books) -> None:
    books.post()
    voucher = copy.post(books.company, [("1910", "-12.50"), ("3001", "12.50")])
    supplier = copy.insert("ledger_supplier", company_id=books.company.pk, number="2001", name="Papper AB")
    invoice = copy.insert(
        "ledger_supplierinvoice",
        company_id=books.company.pk,
        number="P1",
        supplier_id=supplier,
        invoice_number="F1",
        invoice_date="2024-03-05",
        amount="12.50",
        vat_amount="0.00",
        balance="12.50",
        voucher_id=voucher,
        status="registered",
    )
    copy.insert(
        "ledger_supplierpayment",
        company_id=books.company.pk,
        number="P1",
        invoice_id=invoice,
        payment_date="2024-03-06",
        amount="12.50",
    )
    report = copy.check_in()
    assert report.refused == []
    assert len(report.landed) == 4
    made = SupplierInvoice.objects.get()
    assert made.voucher is not None
    assert (made.number, made.voucher.number, made.payments.get().number) == ("1", "3", "1")


def test_a_changed_voucher_lands_as_a_whole(copy: Copy, books: factories.Books) -> None:
    copy.run("update ledger_ledgerentry set amount = '250.00' where row = 1")
    copy.run("update ledger_ledgerentry set amount = '-250.00' where row = 2")
    copy.run("update ledger_voucher set text = 'Corrected'")
    assert told(copy.check_in()) == [("changed", "ledger_entries", "2024-01-01", "A", "1")]
    assert Voucher.objects.get().text == "Corrected"
    assert sorted(LedgerEntry.objects.values_list("amount", flat=True)) == [Decimal("-250.00"), Decimal("250.00")]


def test_an_unbalanced_voucher_is_refused_alone(copy: Copy, books: factories.Books) -> None:
    copy.post(books.company, [("1910", "12.50"), ("3001", "-12.00")])
    copy.post(books.company, [("1910", "1.00"), ("3001", "-1.00")], number="P2")
    report = copy.check_in()
    assert [(one.code, dict(one.key)["number"]) for one in report.refused] == [("unbalanced", "P1")]
    assert told(report) == [("created", "ledger_entries", "2024-01-01", "A", "2")]


def test_a_period_that_was_locked_meanwhile_refuses(copy: Copy, books: factories.Books) -> None:
    copy.post(books.company, [("1910", "12.50"), ("3001", "-12.50")])
    books.year.locked_until = date(2024, 3, 31)
    books.year.save()
    report = copy.check_in()
    assert [one.code for one in report.refused] == ["period_locked"]
    assert Voucher.objects.count() == 1


def test_a_year_is_locked_after_its_vouchers_landed(copy: Copy, books: factories.Books) -> None:
    copy.post(books.company, [("1910", "12.50"), ("3001", "-12.50")])
    copy.run("update ledger_financialyear set locked_until = '2024-12-31'")
    report = copy.check_in()
    assert [landing.information_type for landing in report.landed] == ["financial_years", "ledger_entries"]
    books.year.refresh_from_db()
    assert books.year.locked_until == date(2024, 12, 31)


def test_a_year_is_not_locked_while_a_voucher_waits(copy: Copy, books: factories.Books) -> None:
    copy.post(books.company, [("1910", "12.50"), ("3001", "-12.00")])
    copy.run("update ledger_financialyear set locked_until = '2024-12-31'")
    report = copy.check_in()
    assert sorted(one.code for one in report.refused) == ["unbalanced", "waiting"]
    books.year.refresh_from_db()
    assert books.year.locked_until is None


def test_a_dry_run_writes_nothing(copy: Copy, books: factories.Books) -> None:
    copy.post(books.company, [("1910", "12.50"), ("3001", "-12.50")])
    copy.run("update ledger_account set name = 'Mine' where number = '1910'")
    report = copy.check_in(dry_run=True)
    assert report.as_json()["check_in"] is None
    assert len(report.landed) == 2
    assert (CheckIn.objects.count(), Landed.objects.count(), Voucher.objects.count()) == (0, 0, 1)
    assert Account.objects.get(number="1910").name == "Kassa"
    assert copy.known().checked_in_at is None


def test_twice_does_nothing(copy: Copy, books: factories.Books) -> None:
    copy.post(books.company, [("1910", "12.50"), ("3001", "-12.50")])
    copy.run("update ledger_account set name = 'Mine' where number = '1910'")
    copy.insert("ledger_supplier", company_id=books.company.pk, number="2001", name="Papper AB")
    assert len(copy.check_in().landed) == 3
    again = copy.check_in()
    assert (again.landed, again.conflicts, again.refused) == ([], [], [])
    assert Voucher.objects.count() == 2


def test_work_goes_on_in_the_same_file(copy: Copy, books: factories.Books) -> None:
    voucher = copy.post(books.company, [("1910", "12.50"), ("3001", "-12.50")])
    copy.check_in()
    rename(books.cash, "Theirs")
    copy.run("update ledger_voucher set text = 'Later' where id = ?", [voucher])
    copy.run("update ledger_account set account_type = 'asset' where number = '1910'")
    report = copy.check_in()
    assert told(report) == [("changed", "accounts", "1910"), ("changed", "ledger_entries", "2024-01-01", "A", "2")]
    assert Voucher.objects.get(number="2").text == "Later"
    assert Account.objects.get(number="1910").name == "Theirs"


def test_what_is_put_back_after_it_landed_is_a_change_too(copy: Copy, books: factories.Books) -> None:
    copy.run("update ledger_account set name = 'Mine' where number = '1910'")
    copy.check_in()
    copy.run("update ledger_account set name = 'Kassa' where number = '1910'")
    assert told(copy.check_in()) == [("changed", "accounts", "1910")]
    assert Account.objects.get(number="1910").name == "Kassa"


def test_what_landed_and_is_gone_from_the_copy_is_deleted(copy: Copy, books: factories.Books) -> None:
    voucher = copy.post(books.company, [("1910", "12.50"), ("3001", "-12.50")])
    copy.check_in()
    copy.run("delete from ledger_ledgerentry where voucher_id = ?", [voucher])
    copy.run("delete from ledger_voucher where id = ?", [voucher])
    assert told(copy.check_in()) == [("deleted", "ledger_entries", "2024-01-01", "A", "2")]
    assert [voucher.number for voucher in Voucher.objects.all()] == ["1"]
    assert copy.check_in().landed == []


def test_a_new_voucher_is_never_taken_for_another_of_its_number(copy: Copy, books: factories.Books) -> None:
    theirs = books.post(text="Theirs")
    copy.post(books.company, [("1910", "12.50"), ("3001", "-12.50")], number=theirs.number, text="Mine")
    report = copy.check_in()
    assert told(report) == [("created", "ledger_entries", "2024-01-01", "A", "3")]
    assert [v.text for v in Voucher.objects.order_by("number")] == ["", "Theirs", "Mine"]


def test_what_refers_to_something_refused_is_refused_with_it(copy: Copy, books: factories.Books) -> None:
    voucher = copy.post(books.company, [("1910", "12.50"), ("3001", "-12.00")])
    copy.insert(
        "ledger_supplierinvoice",
        company_id=books.company.pk,
        number="P1",
        invoice_date="2024-03-05",
        amount="12.50",
        vat_amount="0.00",
        balance="12.50",
        voucher_id=voucher,
        status="received",
    )
    report = copy.check_in()
    assert [one.code for one in report.refused] == ["unbalanced", "unknown_reference"]
    assert not SupplierInvoice.objects.exists()


def test_an_account_that_the_server_uses_stays(copy: Copy, books: factories.Books) -> None:
    copy.run("delete from ledger_ledgerentry where row = 2")
    copy.run("delete from ledger_account where number = '3001'")
    report = copy.check_in()
    assert {one.code for one in report.refused} == {"unbalanced", "in_use"}
    assert Account.objects.count() == 2


def test_a_reversal_made_in_the_copy_lands_as_one(copy: Copy, books: factories.Books) -> None:
    first = copy.id_of("ledger_voucher", number="1")
    copy.post(books.company, [("1910", "-100.00"), ("3001", "100.00")], reverses_id=first)
    copy.check_in()
    assert Voucher.objects.get(number="2").reverses == Voucher.objects.get(number="1")


def test_both_sides_may_have_made_the_same(copy: Copy, books: factories.Books) -> None:
    copy.insert("ledger_account", company_id=books.company.pk, number="2640", name="Moms")
    factories.AccountFactory.create(company=books.company, number="2640", name="Moms")
    report = copy.check_in()
    assert (report.landed, report.conflicts, report.refused) == ([], [], [])
    assert report.preview()["counts"]["same"] == 1


def test_a_value_that_cannot_be_is_refused_with_its_document(copy: Copy, books: factories.Books) -> None:
    copy.run("update ledger_account set name = '' where number = '1910'")
    copy.run("update ledger_account set account_type = 'nonsense' where number = '3001'")
    copy.insert("ledger_supplier", company_id=books.company.pk, number="1", name="Papper AB", currency="kronor")
    report = copy.check_in()
    assert sorted((one.information_type, dict(one.key)["number"]) for one in report.refused) == [
        ("accounts", "1910"),
        ("accounts", "3001"),
        ("suppliers", "1"),
    ]
    assert {one.code for one in report.refused} == {"bad_value", "invalid"}
    assert report.landed == []


def test_the_hours_of_a_copy_land(books: factories.Books, tmp_path: Path) -> None:
    category = factories.TimeCategoryFactory.create(company=books.company, number=11)
    hours = factories.TimeTransactionFactory.create(company=books.company, time_category=category, uid=7)
    copy = Copy(tmp_path / "hours.utkorg", books.company)
    copy.run("update timesheets_timetransaction set quantity = '6.00'")
    copy.run("update timesheets_timecategory set name = 'Overtime'")
    report = copy.check_in()
    assert report.refused == []
    hours.refresh_from_db()
    assert (hours.quantity, hours.time_category_name) == (Decimal("6.00"), "Overtime")
    assert copy.check_in().landed == []


def test_a_new_year_a_dimension_and_its_values_land(copy: Copy, books: factories.Books) -> None:
    copy.insert(
        "ledger_financialyear",
        company_id=books.company.pk,
        first_day="2025-01-01",
        last_day="2025-12-31",
        locked_until="2025-01-31",
    )
    copy.insert("ledger_dimensionvalue", company_id=books.company.pk, dimension=2, code="P9", name="Project")
    dimension = copy.insert("ledger_otherdimension", company_id=books.company.pk, number=20, name="Region")
    copy.insert("ledger_otherdimensionvalue", other_dimension_id=dimension, code="N", name="North")
    copy.post(books.company, [("1910", "1.00"), ("3001", "-1.00")], day="2025-02-01")
    report = copy.check_in()
    assert report.refused == []
    assert {landing.information_type for landing in report.landed} == {
        "financial_years",
        "projects",
        "other_dimensions",
        "other_dimension_values",
        "ledger_entries",
    }
    assert Voucher.objects.get(financial_year__first_day=date(2025, 1, 1)).number == "1"


def test_a_dry_run_tells_all_four_sides(copy: Copy, books: factories.Books) -> None:
    landed = copy.post(books.company, [("1910", "12.50"), ("3001", "-12.50")])
    copy.check_in()
    copy.run("update ledger_voucher set text = 'Mine' where id = ?", [landed])
    copy.run("update ledger_account set name = 'Mine' where number = '1910'")
    rename(books.cash, "Theirs")
    rename(books.sales, "Theirs too")
    books.post()
    preview = copy.check_in(dry_run=True).preview()
    assert preview["counts"] == {
        "mine": 1,
        "theirs": 2,
        "both": 1,
        "same": 0,
        "landed": 1,
        "conflicts": 1,
        "refused": 0,
        "deletions": 0,
        "unchanged": 4,
    }
    assert preview["sides"] == {
        "ledger_account": {"both": 1, "theirs": 1},
        "ledger_voucher": {"mine": 1, "theirs": 1},
    }
    assert [(one["operation"], one["key"].get("number")) for one in preview["theirs"]] == [
        ("changed", "3001"),
        ("created", "3"),
    ]
    assert preview["has_all_of_theirs"]
    assert preview["landed"][0]["fields"] == {"voucher_text": {"base": None, "mine": "Mine"}}


def test_rows_that_belong_to_nothing_are_refused_by_their_table_and_id(copy: Copy, books: factories.Books) -> None:
    stray = copy.insert(
        "ledger_ledgerentry", voucher_id=12345, row=1, account_id=books.cash.pk, amount="1.00", text="",
        entry_date="2024-03-05", signature="",
    )  # fmt: skip
    assert [(one.information_type, one.key) for one in copy.check_in().refused] == [
        ("ledger_entries", {"table": "ledger_ledgerentry", "id": stray})
    ]


def test_a_new_year_whose_lock_waits_is_there_and_is_locked_later(copy: Copy, books: factories.Books) -> None:
    copy.insert(
        "ledger_financialyear",
        company_id=books.company.pk,
        first_day="2025-01-01",
        last_day="2025-12-31",
        locked_until="2025-12-31",
    )
    voucher = copy.post(books.company, [("1910", "2.00"), ("3001", "-1.00")], day="2025-02-01")
    assert sorted(one.code for one in copy.check_in().refused) == ["unbalanced", "waiting"]
    copy.run("update ledger_ledgerentry set amount = '-2.00' where voucher_id = ? and row = 2", [voucher])
    report = copy.check_in()
    assert told(report) == [
        ("changed", "financial_years", "2025-01-01"),
        ("created", "ledger_entries", "2025-01-01", "A", "1"),
    ]
    assert books.company.financial_years.get(first_day=date(2025, 1, 1)).locked_until == date(2025, 12, 31)
