"""Values that another program wrote into a copy: each is refused with its document, and no more is lost with it."""

import sqlite3
from contextlib import closing, suppress
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from ledger.models import Balance, OtherDimension, OtherDimensionValue
from tests import factories
from tests.workcopies.copies import Copy
from workcopies.file.tables import Table, all_tables

pytestmark = pytest.mark.django_db

HOSTILE: list[Any] = [
    *(None, "", " ", "x" * 70_000, "a\0b", "\N{PILE OF POO}", "'; drop table ledger_account; --", "1e400", "NaN"),
    *("Infinity", "-0", "0x10", "\N{FULLWIDTH DIGIT ONE}", "1_000", "9" * 400, "99999-01-01", "2024-02-30", "25:61:61"),
    *("{", '{"a": "\\u0000"}', '"\\ud800"', "[" * 2_000, b"\0\xff", b"", 2**63 - 1, -(2**63), 2**31, 2**15, 0, -1),
    *(1.5, 1e300, float("inf"), True),
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


def put(path: Path, table: Table, place: int, value: Any) -> None:
    """Write a value into one column of the table's first row; some of them SQLite itself doesn't take."""
    column = table.compared[place % len(table.compared)].name
    first = f'(select min("id") from "{table.name}")'
    with closing(sqlite3.connect(path, isolation_level=None)) as file, suppress(sqlite3.Error, OverflowError):
        file.execute(f'update "{table.name}" set "{column}" = ? where "id" = {first}', [value])


@pytest.mark.parametrize("turn", range(0, len(HOSTILE), 2))
def test_a_value_of_another_program_is_refused_with_its_document_alone(copy: Copy, turn: int) -> None:
    copy.run("update ledger_supplier set name = 'Mine' where id = (select max(id) from ledger_supplier)")
    for number, table in enumerate(all_tables()):
        put(copy.path, table, turn + number, HOSTILE[(turn + 3 * number) % len(HOSTILE)])
    report = copy.check_in()
    assert report.refused or report.landed or report.conflicts


@pytest.mark.parametrize("table", all_tables(), ids=lambda table: table.name)
def test_a_row_of_nothing_but_noise_hurts_nobody(copy: Copy, table: Table) -> None:
    original = copy.path.read_bytes()
    for turn in range(0, len(HOSTILE), 16):
        copy.path.write_bytes(original)
        for place in range(1, len(table.compared)):
            put(copy.path, table, place, HOSTILE[(turn + place) % len(HOSTILE)])
        copy.check_in(dry_run=True)
