"""What a SAF-T file makes of the registers, the second time and beside what is there."""

import datetime as dt
import io
from decimal import Decimal
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from ledger.importing import exceptions
from ledger.importing.report import ImportReport
from ledger.models import (
    Account,
    Balance,
    Company,
    Customer,
    DimensionValue,
    FinancialYear,
    LedgerEntry,
    OtherDimension,
    Supplier,
    Voucher,
)
from ledger.saft.importing import import_saft_file
from ledger.sie.importing import import_sie_file
from revisions.models import ChangeSet
from tests.ledger.saft_files import ACCOUNTS, SALE, analysis, analysis_entry, saft, transaction
from tests.ledger.test_sie_importing import BOOKS, import_text, queued

pytestmark = pytest.mark.django_db

ANALYSES = (
    analysis_entry("AVD", "Avdeling", "10", "Butikk")
    + analysis_entry("PRO", "Prosjekt", "P1", "Nettbutikk", "<StartDate>2024-01-01</StartDate>")
    + analysis_entry("BIL", "Kjøretøy", "EL1", "Varebil")
)
OBJECTS = analysis("AVD", "10") + analysis("PRO", "P1") + analysis("BIL", "EL1")
CUSTOMER = (
    "<Customers><Customer><RegistrationNumber>987654321</RegistrationNumber><Name>Kunden AS</Name>"
    "<CustomerID>007</CustomerID></Customer></Customers>"
)


def import_saft(text: str, *, company: str | None = None, is_preview: bool = False) -> ImportReport:
    return import_saft_file(
        source=io.BytesIO(text.encode()), name="books.xml", company_number=company, is_preview=is_preview
    )


def refusal(text: str, *, company: str | None = None) -> exceptions.FileError:
    before = (Company.objects.count(), Account.objects.count(), LedgerEntry.objects.count(), ChangeSet.objects.count())
    with pytest.raises(exceptions.FileError) as refused:
        import_saft(text, company=company)
    after = (Company.objects.count(), Account.objects.count(), LedgerEntry.objects.count(), ChangeSet.objects.count())
    assert after == before
    return refused.value


def test_a_company_is_made_with_its_number_currency_time_zone_and_year() -> None:
    report = import_saft(saft())
    company = Company.objects.get()
    assert (company.number, company.name, company.currency) == ("914594685", "Fjordbutikken AS", "NOK")
    assert (company.organisation_number, company.time_zone) == ("914594685", "Europe/Oslo")
    year = FinancialYear.objects.get()
    assert (year.first_day, year.last_day) == (dt.date(2024, 1, 1), dt.date(2024, 12, 31))
    assert (report.format, report.version, report.company_is_new) == ("SAF-T", "1.30", True)


def test_a_transaction_is_a_voucher_with_its_lines_as_rows() -> None:
    import_saft(saft(transaction(("1920", "250.00", OBJECTS), SALE[1]), analyses=ANALYSES))
    voucher = Voucher.objects.get()
    assert (voucher.series, voucher.number, voucher.text, voucher.signature) == ("GL", "1", "Dagsoppgjør", "KN")
    assert (voucher.voucher_date, voucher.registered_on) == (dt.date(2024, 3, 1), dt.date(2024, 3, 5))
    row = voucher.rows.get(row=1)
    assert (row.account.number, row.amount, row.text) == ("1920", Decimal("250.00"), "Kontantsalg")
    assert row.cost_centre is not None
    assert row.project is not None
    assert (row.cost_centre.name, row.project.name, row.project.valid_from) == (
        "Butikk",
        "Nettbutikk",
        dt.date(2024, 1, 1),
    )
    assert row.other_dimensions == {"20": "EL1"}
    other = OtherDimension.objects.get(analysis_type="BIL")
    assert (other.number, other.name, other.values.get().name) == (20, "Kjøretøy", "Varebil")


def test_customers_and_suppliers_of_lines_are_kept_as_the_dimensions_that_sie_has_for_them() -> None:
    sold = (("1920", "250", "<CustomerID>007</CustomerID>"), ("3000", "-250", "<SupplierID>9</SupplierID>"))
    import_saft(saft(transaction(*sold), partners=CUSTOMER))
    assert [row.other_dimensions for row in LedgerEntry.objects.order_by("row")] == [{"8": "007"}, {"9": "9"}]
    customer = Customer.objects.get()
    assert (customer.number, customer.name, customer.organisation_number) == ("007", "Kunden AS", "987654321")


def test_an_analysis_type_keeps_its_dimension_and_may_be_an_object_of_ours() -> None:
    import_saft(saft(analyses=ANALYSES))
    OtherDimension.objects.filter(analysis_type="BIL").update(dimension=DimensionValue.Dimension.OBJECT)
    other = analysis_entry("ANS", "Ansatt", "1", "Kari")
    import_saft(saft(transaction(("1920", "250", OBJECTS), SALE[1]), analyses=other + ANALYSES))
    row = LedgerEntry.objects.get(row=1)
    assert row.object is not None
    assert (row.object.code, row.object.name) == ("EL1", "Varebil")
    numbers = dict(OtherDimension.objects.values_list("analysis_type", "number"))
    assert numbers == {"BIL": 20, "ANS": 21}


def test_the_same_file_again_changes_and_queues_nothing() -> None:
    text = saft(transaction(("1920", "250.00", OBJECTS), SALE[1]), analyses=ANALYSES, partners=CUSTOMER)
    import_saft(text)
    before = ChangeSet.objects.count()
    report = import_saft(text)
    assert ChangeSet.objects.count() == before
    assert (report.changes.vouchers_unchanged, report.changes.partners_changed) == (1, 0)


def test_a_newer_file_changes_just_what_differs() -> None:
    other = transaction(*SALE, number="2")
    import_saft(saft(transaction(*SALE), other))
    before = len(queued())
    newer = transaction(("1920", "240.00", ""), SALE[1], ("2000", "10.00", ""))
    report = import_saft(saft(newer, other))
    assert sorted(queued()[before:]) == [("c", 1), ("u", 1)]
    assert (report.changes.vouchers_changed, report.changes.vouchers_unchanged) == (1, 1)


def test_what_the_file_does_not_say_of_a_partner_stays() -> None:
    import_saft(saft(partners=CUSTOMER))
    Customer.objects.update(email="a@b.no", active=False)
    report = import_saft(saft(partners=CUSTOMER.replace("Kunden AS", "Kunden ASA")))
    assert (report.changes.partners_created, report.changes.partners_changed) == (0, 1)
    customer = Customer.objects.get()
    assert (customer.name, customer.email, customer.active) == ("Kunden ASA", "a@b.no", False)


def test_balances_are_kept_and_compared_with_the_vouchers() -> None:
    report = import_saft(saft())
    assert report.balance_report is not None
    assert report.balance_report.differences == ()
    kept = set(Balance.objects.values_list("account__number", "kind", "amount"))
    assert kept == {  # type: ignore[comparison-overlap]
        ("1920", "IB", 1000),
        ("1920", "UB", 1250),
        ("2000", "IB", -1000),
        ("2000", "UB", -1000),
        ("3000", "RES", -250),
    }


def test_closing_balances_that_differ_are_told_with_figures() -> None:
    report = import_saft(saft(accounts=[("1920", "Bank", "balanseverdiForOmloepsmiddel", "1920", 1, 2), ACCOUNTS[2]]))
    assert report.balance_report is not None
    (found,) = report.balance_report.differences
    assert (found.account, *map(int, (found.opening, found.vouchers, found.closing))) == ("1920", 1, 250, 2)


def test_a_selection_within_the_year_has_no_opening_balance_of_the_year_but_is_compared() -> None:
    periods = (
        "<PeriodStart>3</PeriodStart><PeriodStartYear>2024</PeriodStartYear>"
        "<PeriodEnd>4</PeriodEnd><PeriodEndYear>2024</PeriodEndYear>"
    )
    report = import_saft(saft(selection=periods))
    assert not Balance.objects.filter(kind="IB").exists()
    assert report.balance_report is not None
    assert report.balance_report.differences == ()
    assert report.balance_report.first_day == dt.date(2024, 3, 1)
    assert "a part of the financial year only: 1 Mar 2024–30 Apr 2024" in str(report.warnings[0].text)


def test_a_year_that_is_no_calendar_year_is_the_selections_or_the_companys() -> None:
    broken = "<SelectionStartDate>2024-03-01</SelectionStartDate><SelectionEndDate>2025-02-28</SelectionEndDate>"
    import_saft(saft(selection=broken))
    part = "<SelectionStartDate>2024-04-01</SelectionStartDate><SelectionEndDate>2024-04-30</SelectionEndDate>"
    import_saft(saft(transaction(*SALE, number="2", date="2024-04-02"), selection=part))
    assert str(FinancialYear.objects.get()) == "2024-03-01–2025-02-28"


def test_a_transaction_dated_before_the_year_is_booked_in_its_period_and_keeps_its_date_on_the_rows() -> None:
    report = import_saft(saft(transaction(*SALE, date="2023-12-28", period=2)))
    assert Voucher.objects.get().voucher_date == dt.date(2024, 2, 1)
    assert set(LedgerEntry.objects.values_list("entry_date", flat=True)) == {dt.date(2023, 12, 28)}
    assert "is outside the financial years" in str(report.warnings[0].text)


def test_another_companys_file_is_refused_rather_than_mixed_in() -> None:
    import_saft(saft(), company="1")
    error = refusal(saft(name="Andre AS", company="911111111"), company="1")
    assert isinstance(error, exceptions.CompanyError)
    assert "Andre AS" in str(error)


def test_an_unknown_account_a_voucher_twice_and_a_locked_period_are_refused() -> None:
    assert isinstance(refusal(saft(transaction(("9999", "250", ""), SALE[1]))), exceptions.UnknownAccountError)
    assert isinstance(refusal(saft(transaction(*SALE), transaction(*SALE))), exceptions.DuplicateVoucherError)
    import_saft(saft())
    FinancialYear.objects.update(locked_until="2024-06-30")
    error = refusal(saft(transaction(*SALE), transaction(*SALE, number="2")))
    assert isinstance(error, exceptions.PeriodLockedError)
    assert "<Transaction><TransactionID>2<" in error.excerpt


def test_a_preview_tells_what_would_change_and_changes_nothing() -> None:
    before = ChangeSet.objects.count()
    report = import_saft(saft(), is_preview=True)
    assert (report.vouchers, report.rows, report.changes.vouchers_created, report.company_is_new) == (1, 2, 1, True)
    assert report.balance_report is not None
    assert report.balance_report.differences == ()
    assert not Company.objects.exists()
    assert ChangeSet.objects.count() == before


def test_a_sie_file_has_a_preview_too() -> None:
    import_text(BOOKS)
    before = ChangeSet.objects.count()
    changed = BOOKS.replace("Kontant", "Kort").replace("#KONTO 1910 Kassa", "#KONTO 1910 Kassan")
    file = io.BytesIO(changed.encode("cp437"))
    report = import_sie_file(source=file, name="books.se", is_preview=True)
    assert (report.changes.vouchers_changed, report.changes.vouchers_created) == (1, 0)
    assert Account.objects.get(number="1910").name == "Kassa"
    assert ChangeSet.objects.count() == before


def test_the_command_prints_a_line_per_file(tmp_path: Path) -> None:
    good, bad = tmp_path / "good.xml", tmp_path / "bad.xml"
    good.write_text(saft())
    bad.write_text(saft(version="9"))
    stdout, stderr = io.StringIO(), io.StringIO()
    with pytest.raises(CommandError) as ended:
        call_command("import_saft", str(bad), str(good), "--company", "44", stdout=stdout, stderr=stderr)
    assert ended.value.returncode == 1
    assert stdout.getvalue() == f"{good}: version 1.30, company 44, accounts 3, vouchers 1, rows 2\n"
    assert stderr.getvalue().startswith(f"{bad}:3: /AuditFile/Header: The file states version 9")
    assert Supplier.objects.count() == 0
