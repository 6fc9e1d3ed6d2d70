"""What the database refuses of the registers, whoever writes."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import F

from ledger import triggers
from ledger.exceptions import Unbalanced, refusal
from ledger.models import Account, Company, DimensionValue, FinancialYear, LedgerEntry, SupplierInvoice, Voucher
from revisions.triggers import MISSING_PARENT
from tests import factories
from tests.refusals import run_sql, the_database_refuses

pytestmark = pytest.mark.django_db

UNIQUE, CHECK = "23505", "23514"


@pytest.fixture
def books() -> factories.Books:
    return factories.make_books()


def lock(year: FinancialYear, until: date) -> None:
    FinancialYear.objects.filter(pk=year.pk).update(locked_until=until)


def test_a_voucher_that_does_not_sum_to_zero_is_refused_at_commit(books: factories.Books) -> None:
    voucher = books.post()
    with the_database_refuses(triggers.UNBALANCED):
        voucher.rows.filter(row=1).update(amount=F("amount") + 1)


def test_a_row_too_many_is_refused_at_commit(books: factories.Books) -> None:
    voucher = books.post()
    with the_database_refuses(triggers.UNBALANCED):
        LedgerEntry.objects.create(
            voucher=voucher, row=3, account=books.cash, amount=1, entry_date=voucher.voucher_date
        )


def test_a_row_too_few_is_refused_at_commit(books: factories.Books) -> None:
    voucher = books.post()
    with the_database_refuses(triggers.UNBALANCED):
        voucher.rows.filter(row=1).delete()


def test_a_voucher_may_be_unbalanced_on_the_way_to_its_commit(books: factories.Books) -> None:
    voucher = books.post()
    with transaction.atomic():
        voucher.rows.filter(row=1).update(amount=5)
        voucher.rows.filter(row=2).update(amount=-5)
    assert sum(row.amount for row in voucher.rows.all()) == 0
    run_sql("set constraints all immediate")


def test_two_wrongs_in_one_statement_are_not_right(books: factories.Books) -> None:
    first, second = books.post(), books.post()
    with the_database_refuses(triggers.UNBALANCED):
        LedgerEntry.objects.filter(pk__in=[first.rows.get(row=1).pk, second.rows.get(row=2).pk]).update(amount=0)


def test_a_balance_restored_by_a_second_statement_of_the_same_row_is_seen(books: factories.Books) -> None:
    voucher = books.post()
    row = voucher.rows.get(row=1)
    with transaction.atomic():
        LedgerEntry.objects.filter(pk=row.pk).update(amount=F("amount") + 7)
        LedgerEntry.objects.filter(pk=row.pk).update(amount=F("amount") - 7)
        run_sql("set constraints all immediate")


def test_an_unbalanced_part_that_was_rolled_back_leaves_nothing_behind(books: factories.Books) -> None:
    voucher = books.post()
    with transaction.atomic():
        inner = transaction.savepoint()
        voucher.rows.filter(row=1).update(amount=F("amount") + 7)
        transaction.savepoint_rollback(inner)
        run_sql("set constraints all immediate")


def test_an_amount_that_is_no_number_is_refused(books: factories.Books) -> None:
    voucher = books.post()
    with the_database_refuses(triggers.UNBALANCED):
        run_sql("update ledger_ledgerentry set amount = 'NaN' where voucher_id = %s and row = 1", voucher.pk)


def test_deleting_a_voucher_whole_is_balanced(books: factories.Books) -> None:
    voucher = books.post()
    with transaction.atomic():
        voucher.delete()
        run_sql("set constraints all immediate")


def test_balance_is_kept_per_voucher_in_bulk(books: factories.Books) -> None:
    vouchers = [books.post() for _ in range(3)]
    run_sql("update ledger_ledgerentry set amount = amount * 2")
    run_sql("set constraints all immediate")
    assert LedgerEntry.objects.filter(voucher__in=vouchers, amount=Decimal("200.00")).count() == 3


@pytest.mark.parametrize("day", [date(2023, 12, 31), date(2025, 1, 1)])
def test_a_date_outside_the_financial_year_is_refused(books: factories.Books, day: date) -> None:
    voucher = books.post()
    with the_database_refuses(triggers.OUTSIDE_YEAR):
        Voucher.objects.filter(pk=voucher.pk).update(voucher_date=day)


def test_a_voucher_made_outside_its_year_is_refused(books: factories.Books) -> None:
    with the_database_refuses(triggers.OUTSIDE_YEAR):
        Voucher.objects.create(
            company=books.company, financial_year=books.year, number="1", voucher_date=date(2025, 1, 1)
        )


def test_a_year_cut_short_of_its_vouchers_is_refused(books: factories.Books) -> None:
    books.post(day=date(2024, 12, 31))
    with the_database_refuses(triggers.OUTSIDE_YEAR):
        FinancialYear.objects.filter(pk=books.year.pk).update(last_day=date(2024, 11, 30))


def test_years_that_share_a_day_are_refused(books: factories.Books) -> None:
    with the_database_refuses(triggers.YEARS_OVERLAP):
        factories.FinancialYearFactory.create(
            company=books.company, first_day=date(2024, 12, 31), last_day=date(2025, 12, 31)
        )


def test_a_year_that_ends_before_it_begins_is_refused(books: factories.Books) -> None:
    with the_database_refuses(CHECK):
        factories.FinancialYearFactory.create(
            company=books.company, first_day=date(2026, 1, 2), last_day=date(2026, 1, 1)
        )


@pytest.mark.parametrize(
    "change",
    [
        "update ledger_voucher set text = 'new' where id = %s",
        "update ledger_voucher set voucher_date = '2024-06-01' where id = %s",
        "update ledger_ledgerentry set text = 'new' where voucher_id = %s",
        "update ledger_ledgerentry set amount = amount * 2 where voucher_id = %s",
        "delete from ledger_ledgerentry where voucher_id = %s",
    ],
)
def test_a_change_in_a_locked_period_is_refused(books: factories.Books, change: str) -> None:
    voucher = books.post(day=date(2024, 2, 29))
    lock(books.year, date(2024, 2, 29))
    with the_database_refuses(triggers.PERIOD_LOCKED):
        run_sql(change, voucher.pk)


def test_a_voucher_without_rows_cannot_be_deleted_in_a_locked_period(books: factories.Books) -> None:
    voucher = Voucher.objects.create(
        company=books.company, financial_year=books.year, number="1", voucher_date=date(2024, 1, 1)
    )
    lock(books.year, date(2024, 1, 31))
    with the_database_refuses(triggers.PERIOD_LOCKED):
        run_sql("delete from ledger_voucher where id = %s", voucher.pk)


def test_a_voucher_cannot_move_into_a_locked_period(books: factories.Books) -> None:
    voucher = books.post(day=date(2024, 3, 1))
    lock(books.year, date(2024, 2, 29))
    with the_database_refuses(triggers.PERIOD_LOCKED):
        Voucher.objects.filter(pk=voucher.pk).update(voucher_date=date(2024, 2, 29))


def test_a_row_cannot_be_added_in_a_locked_period(books: factories.Books) -> None:
    voucher = books.post(day=date(2024, 2, 1))
    lock(books.year, date(2024, 2, 29))
    with the_database_refuses(triggers.PERIOD_LOCKED):
        LedgerEntry.objects.create(voucher=voucher, row=3, account=books.cash, amount=0, entry_date=date(2024, 2, 1))


def test_the_day_after_the_lock_is_open(books: factories.Books) -> None:
    lock(books.year, date(2024, 2, 29))
    books.post(day=date(2024, 2, 29) + timedelta(days=1))


def test_two_vouchers_of_one_series_and_number_are_refused(books: factories.Books) -> None:
    voucher = books.post()
    with the_database_refuses(UNIQUE):
        Voucher.objects.create(
            company=books.company,
            financial_year=books.year,
            series=voucher.series,
            number=voucher.number,
            voucher_date=date(2024, 1, 1),
        )


def test_a_row_number_used_twice_is_refused(books: factories.Books) -> None:
    voucher = books.post()
    with the_database_refuses(UNIQUE):
        LedgerEntry.objects.create(voucher=voucher, row=1, account=books.cash, amount=0, entry_date=date(2024, 1, 1))


def test_a_row_numbered_zero_is_refused(books: factories.Books) -> None:
    voucher = books.post()
    with the_database_refuses(CHECK):
        LedgerEntry.objects.create(voucher=voucher, row=0, account=books.cash, amount=0, entry_date=date(2024, 1, 1))


def test_an_unknown_account_is_refused(books: factories.Books) -> None:
    voucher = books.post()
    with the_database_refuses(MISSING_PARENT):
        run_sql("update ledger_ledgerentry set account_id = -1 where voucher_id = %s", voucher.pk)


def test_an_account_of_another_company_is_refused(books: factories.Books) -> None:
    voucher = books.post()
    with the_database_refuses(triggers.FOREIGN_COMPANY):
        voucher.rows.filter(row=1).update(account=factories.AccountFactory.create())


@pytest.mark.parametrize("name", ["cost_centre", "project", "object", "management_area"])
def test_a_dimension_value_of_another_company_is_refused(books: factories.Books, name: str) -> None:
    voucher = books.post()
    dimension = DimensionValue.Dimension[name.upper()]
    with the_database_refuses(triggers.FOREIGN_COMPANY):
        voucher.rows.filter(row=1).update(**{name: factories.DimensionValueFactory.create(dimension=dimension)})


@pytest.mark.parametrize("name", ["cost_centre", "project", "object", "management_area"])
def test_a_value_of_another_dimension_is_refused(books: factories.Books, name: str) -> None:
    voucher = books.post()
    wrong = DimensionValue.Dimension[name.upper()] % 4 + 1
    value = factories.DimensionValueFactory.create(company=books.company, dimension=wrong)
    with the_database_refuses(triggers.FOREIGN_COMPANY):
        voucher.rows.filter(row=1).update(**{name: value})


def test_a_voucher_in_another_companys_year_is_refused(books: factories.Books) -> None:
    with the_database_refuses(triggers.FOREIGN_COMPANY):
        Voucher.objects.create(
            company=factories.CompanyFactory.create(),
            financial_year=books.year,
            number="1",
            voucher_date=date(2024, 1, 1),
        )


def test_an_invoice_of_another_companys_supplier_is_refused() -> None:
    with the_database_refuses(triggers.FOREIGN_COMPANY):
        factories.SupplierInvoiceFactory.create(supplier=factories.SupplierFactory.create())


def test_an_invoice_changed_to_another_companys_supplier_is_refused() -> None:
    invoice = factories.SupplierInvoiceFactory.create()
    with the_database_refuses(triggers.FOREIGN_COMPANY):
        SupplierInvoice.objects.filter(pk=invoice.pk).update(supplier=factories.SupplierFactory.create())


def test_an_invoice_of_another_companys_voucher_is_refused(books: factories.Books) -> None:
    with the_database_refuses(triggers.FOREIGN_COMPANY):
        factories.CustomerInvoiceFactory.create(voucher=books.post())


def test_an_invoice_of_another_companys_customer_is_refused() -> None:
    with the_database_refuses(triggers.FOREIGN_COMPANY):
        factories.CustomerInvoiceFactory.create(customer=factories.CustomerFactory.create())


def test_a_payment_of_another_companys_invoice_is_refused() -> None:
    with the_database_refuses(triggers.FOREIGN_COMPANY):
        factories.SupplierPaymentFactory.create(invoice=factories.SupplierInvoiceFactory.create())
    with the_database_refuses(triggers.FOREIGN_COMPANY):
        factories.CustomerPaymentFactory.create(invoice=factories.CustomerInvoiceFactory.create())


@pytest.mark.parametrize(
    ("maker", "fields"),
    [
        (factories.CompanyFactory, {"number": "X"}),
        (factories.AccountFactory, {"number": "X"}),
        (factories.DimensionValueFactory, {"code": "X"}),
        (factories.DimensionValueFactory, {"dimension": 2}),
        (factories.SupplierFactory, {"number": "X"}),
        (factories.CustomerFactory, {"number": "X"}),
        (factories.SupplierInvoiceFactory, {"number": "X"}),
        (factories.CustomerInvoiceFactory, {"number": "X"}),
        (factories.SupplierPaymentFactory, {"number": "X"}),
        (factories.CustomerPaymentFactory, {"number": "X"}),
        (factories.FinancialYearFactory, {"first_day": date(2024, 2, 1)}),
        (factories.AccountFactory, {"id": 4711}),
    ],
)
def test_a_natural_key_never_changes(maker: Any, fields: dict[str, object]) -> None:
    row = maker.create()
    with the_database_refuses(triggers.NATURAL_KEY_CHANGED):
        type(row).objects.filter(pk=row.pk).update(**fields)


@pytest.mark.parametrize(
    "maker", [factories.AccountFactory, factories.SupplierFactory, factories.DimensionValueFactory]
)
def test_a_row_never_moves_to_another_company(maker: Any) -> None:
    row = maker.create()
    with the_database_refuses(triggers.NATURAL_KEY_CHANGED):
        type(row).objects.filter(pk=row.pk).update(company=factories.CompanyFactory.create())


def test_a_vouchers_key_never_changes(books: factories.Books) -> None:
    voucher = books.post()
    for fields in ({"number": "99"}, {"series": "B"}):
        with the_database_refuses(triggers.NATURAL_KEY_CHANGED):
            Voucher.objects.filter(pk=voucher.pk).update(**fields)


def test_rows_are_never_renumbered_or_moved(books: factories.Books) -> None:
    first, second = books.post(), books.post(books.rows("1.00"))
    with the_database_refuses(triggers.NATURAL_KEY_CHANGED):
        first.rows.update(row=F("row") + 10)
    with the_database_refuses(triggers.NATURAL_KEY_CHANGED):
        first.rows.update(voucher=second)


def test_an_account_in_use_cannot_be_deleted(books: factories.Books) -> None:
    books.post()
    with the_database_refuses(MISSING_PARENT):
        Account.objects.filter(pk=books.cash.pk)._raw_delete("default")


def test_a_company_number_of_another_form_is_refused() -> None:
    for number in ("", "with blank", "å", "a/b", "a\n"):
        with the_database_refuses(CHECK):
            Company.objects.bulk_create([Company(number=number, name="x")])


def test_keys_are_never_empty(books: factories.Books) -> None:
    for maker, fields in (
        (factories.AccountFactory, {"number": ""}),
        (factories.SupplierFactory, {"number": ""}),
        (factories.CustomerInvoiceFactory, {"number": ""}),
        (factories.DimensionValueFactory, {"code": ""}),
    ):
        with the_database_refuses(CHECK):
            maker.create(**fields)


def test_a_refusal_is_told_by_its_code_and_not_by_its_words(books: factories.Books) -> None:
    voucher = books.post()
    with the_database_refuses(triggers.UNBALANCED) as errors:
        voucher.rows.filter(row=1).update(amount=1)
    assert isinstance(refusal(errors[0]), Unbalanced)


def test_other_database_errors_are_no_refusal() -> None:
    with pytest.raises(IntegrityError) as caught, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("insert into ledger_company (number) values ('1')")
    assert refusal(caught.value) is None
