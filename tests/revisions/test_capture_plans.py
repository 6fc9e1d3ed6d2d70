"""What the triggers read stays in proportion to what is written, whatever the planner believes of the register."""

import pytest
from django.db import connection, transaction

from ledger.models import LedgerEntry, Voucher
from tests import factories
from tests.connections import other_program

pytestmark = pytest.mark.django_db(transaction=True)

VOUCHERS = 500
READ = "select sum(coalesce(idx_tup_fetch, 0) + coalesce(seq_tup_read, 0)) from pg_stat_xact_user_tables"


def test_statistics_from_before_the_commit_do_not_make_capture_read_the_register_for_each_row() -> None:
    books = factories.make_books()
    with transaction.atomic():
        vouchers = Voucher.objects.bulk_create(
            Voucher(
                company=books.company,
                financial_year=books.year,
                series="A",
                number=str(number),
                voucher_date=books.year.first_day,
                last_row=2,
            )
            for number in range(1, VOUCHERS + 1)
        )
        with other_program() as program:
            program.execute("analyze ledger_voucher, ledger_ledgerentry")
        rows = [
            LedgerEntry(voucher=voucher, row=row, account=books.cash, amount=amount, entry_date=voucher.voucher_date)
            for voucher in vouchers
            for row, amount in ((1, 1), (2, -1))
        ]
        before = _rows_read()
        LedgerEntry.objects.bulk_create(rows)
        assert _rows_read() - before < len(rows) * 50


def _rows_read() -> int:
    with connection.cursor() as cursor:
        cursor.execute(READ)
        return int(cursor.fetchone()[0])
