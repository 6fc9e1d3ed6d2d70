"""Values that another program wrote into a copy: each is refused with its document, and no more is lost with it."""

import sqlite3
from contextlib import closing
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from ledger.models import Account, Balance, LedgerEntry, OtherDimension, OtherDimensionValue, Supplier
from tests import factories
from tests.workcopies.copies import Copy
from workcopies.exceptions import BadFile
from workcopies.file.tables import Column, Table, all_tables

pytestmark = pytest.mark.django_db

HOSTILE: list[Any] = [
    *(None, "", " ", "x" * 70_000, "a\0b", "\N{PILE OF POO}", "'; drop table ledger_account; --", "1e400", "NaN"),
    *("Infinity", "-0", "0x10", "１２", "1_000", "9" * 400, "99999-01-01", "2024-02-30", "25:61:61", "{", '{"a": "\\u0000"}'),
    *('"\\ud800"', "[" * 2_000, b"\0\xff", b"", 2**63 - 1, -(2**63), 0, -1, 1.5, 1e300, float("inf"), True, 2**31, 2**15),
]


@pytest.fixture
def copy(tmp_path: Path) -> Copy:
    books = factories.make_books(number="100")
    company = books.company
    centre = factories.DimensionValueFactory.create(company=company)
    voucher = books.post(books.rows("100.00", cost_centre=centre))
    books.post()
    invoice = factories.SupplierInvoiceFactory.create(company=company, voucher=voucher)
    owed = factories.CustomerInvoiceFactory.create(company=company)
    factories.SupplierPaymentFactory.create(company=company, invoice=invoice)
    factories.CustomerPaymentFactory.create(company=company, invoice=owed)
    other = OtherDimension.objects.create(company=company, number=7, name="Staff")
    OtherDimensionValue.objects.create(other_dimension=other, code="1")
    Balance.objects.create(financial_year=books.year, account=books.cash, kind="IB", amount=Decimal(1))
    factories.TimeTransactionFactory.create(company=company)
    return Copy(tmp_path / "books.utkorg", company)


def columns_of(copy: Copy) -> list[tuple[Table, Column]]:
    return [(table, column) for table in all_tables() for column in table.compared]


def test_explore(copy: Copy) -> None:
    original = copy.path.read_bytes()
    failures = []
    import random, time
    todo = [(t, c, v) for t, c in columns_of(copy) for v in HOSTILE]
    random.Random(5).shuffle(todo)
    end = time.time() + 240
    out = open("/tmp/w/rules_fuzz.txt", "w")
    count = 0
    for table, column, value in todo:
        if time.time() > end:
            break
        count += 1
        if True:
            for statement in (f'update "{table.name}" set "{column.name}" = ?',):
                copy.path.write_bytes(original)
                try:
                    with closing(sqlite3.connect(copy.path, isolation_level=None)) as file:
                        file.execute(statement + " where id = (select min(id) from " + table.name + ")", [value])
                except (sqlite3.Error, OverflowError):
                    continue
                try:
                    report = copy.check_in(dry_run=True)
                except BadFile as e:
                    failures.append(("badfile", table.name, column.name, repr(value)[:30], str(e)[:60]))
                except Exception as e:
                    failures.append((type(e).__name__, table.name, column.name, repr(value)[:30], str(e)[:200]))
                    from django.db import connection
                    assert not connection.needs_rollback, failures
        while failures:
            print(failures.pop(), file=out, flush=True)
    print("DONE", count, len(todo))
