"""The documents of a file and of the server: the same words for the same rows, and what can't be is told."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ledger.models import Account, Supplier, SupplierPayment, Voucher
from ledger.services.reversals import reverse_voucher
from revisions.installation import installation
from tests.factories import Books, SupplierInvoiceFactory, make_books
from tests.registers import make_some_of_each
from workcopies.checking_out import ALL_RIGHTS, check_out
from workcopies.documents.document import Document
from workcopies.documents.kinds import Key, all_kinds, kinds_by_register
from workcopies.documents.mine import Change, Mine, read_mine
from workcopies.documents.since import Since, changed_there
from workcopies.documents.theirs import read_theirs
from workcopies.documents.values import to_python
from workcopies.file.reading import open_file

pytestmark = pytest.mark.django_db

Reads = Callable[..., Mine]


@pytest.fixture
def books() -> Books:
    books = make_books(number="100")
    make_some_of_each(books)
    books.post(text="Hyra")
    return books


@pytest.fixture
def path(tmp_path: Path, books: Books) -> Path:
    path = tmp_path / "books.utkorg"
    check_out(companies=[books.company], user=None, rights=ALL_RIGHTS, name="Books", path=path)
    return path


@contextmanager
def reading(path: Path) -> Iterator[Mine]:
    with open_file(path, installation=str(installation().uid)) as file:
        yield read_mine(file)


@pytest.fixture
def after(path: Path) -> Callable[..., tuple[Change, ...]]:
    """What is read of the file after some statements."""

    def run(*statements: str) -> tuple[Change, ...]:
        with closing(sqlite3.connect(path)) as file, file:
            for statement in statements:
                file.execute(statement)
        with reading(path) as mine:
            return mine.changes

    return run


def touch_everything(path: Path) -> None:
    """Write something into a text of each row, so that each document is one that was changed."""
    with closing(sqlite3.connect(path)) as file, file:
        for kind in all_kinds():
            texts = [content for content in kind.fields if content.field.get_internal_type() == "CharField"]
            if texts and not kind.is_read_only:
                column = next(c for c in reversed(texts) if not c.field.choices).field.column
                file.execute(f'update "{kind.register}" set "{column}" = \'~\'')


def test_both_sides_say_the_same_of_the_same_rows(path: Path) -> None:
    touch_everything(path)
    with reading(path) as mine:
        base = {(change.register, change.base.key): change.base for change in mine.changes if change.base}
    kinds = {register for register, _key in base}
    assert kinds >= {
        "ledger_voucher",
        "ledger_supplierinvoice",
        "timesheets_timetransaction",
        "ledger_financialyear",
    } - {"ledger_financialyear"}
    assert read_theirs(base) == base


def test_what_nobody_touched_isnt_read_as_changed(path: Path) -> None:
    with reading(path) as mine:
        assert (mine.changes, mine.untouched) == ((), mine.documents)


def test_a_changed_row_brings_its_whole_voucher(after: Any) -> None:
    voucher = Voucher.objects.latest("id")
    row = voucher.rows.get(row=1)
    (change,) = after(f"update ledger_ledgerentry set amount = '150.5' where id = {row.pk}")
    assert (change.register, change.key) == ("ledger_voucher", ("100", "2024-01-01", "A", voucher.number))
    assert {number: said["amount"] for number, said in change.base.rows.items()} == {1: "100.00", 2: "-100.00"}
    assert {number: said["amount"] for number, said in change.mine.rows.items()} == {1: "150.50", 2: "-100.00"}
    assert change.mine.fields == change.base.fields
    assert change.mine.rows[1]["account"] == "1910"


def test_the_same_value_in_another_text_is_no_change(after: Any) -> None:
    assert (
        after(
            "update ledger_ledgerentry set amount = amount || ''",
            "update ledger_supplierinvoice set amount = replace(amount, '.00', '')",
            "update timesheets_timetransaction set time_in = substr(time_in, 1, 5) where time_in like '%:00'",
            "update ledger_account set changed_at = null",
            "update ledger_ledgerentry set entry_date = null",
        )
        == ()
    )


def test_a_new_voucher_is_a_document_of_its_own(after: Any) -> None:
    (change,) = after(
        "insert into ledger_voucher (company_id, financial_year_id, series, number, voucher_date, text)"
        " select company_id, id, 'A', 'P1', '2024-03-01', 'Ny' from ledger_financialyear limit 1",
        "insert into ledger_ledgerentry (voucher_id, row, account_id, amount) select max(v.id), 1, a.id, '10'"
        " from ledger_voucher v, ledger_account a where a.number = '1910'",
        "insert into ledger_ledgerentry (voucher_id, row, account_id, amount) select max(v.id), 2, a.id, '-10'"
        " from ledger_voucher v, ledger_account a where a.number = '3001'",
    )
    assert (change.operation, change.key[-1], change.base) == ("create", "P1", None)
    assert change.mine.rows[1] | {"amount": "10.00", "entry_date": "2024-03-01"} == change.mine.rows[1]


def test_a_voucher_that_is_gone_is_a_deletion(after: Any) -> None:
    pk = Voucher.objects.latest("id").pk
    (change,) = after(
        f"delete from ledger_ledgerentry where voucher_id = {pk}", f"delete from ledger_voucher where id = {pk}"
    )
    assert (change.operation, change.mine, len(change.base.rows)) == ("delete", None, 2)


def test_another_natural_key_is_a_deletion_and_a_creation(after: Any) -> None:
    gone, new = after("update ledger_supplier set number = 'X-1' where id = (select min(id) from ledger_supplier)")
    assert (gone.operation, new.operation, new.key) == ("delete", "create", ("100", "X-1"))
    assert gone.base.fields == new.mine.fields


def test_two_rows_may_change_their_keys_with_each_other(after: Any) -> None:
    changes = after(
        "update ledger_account set number = 'x' where number = '1910'",
        "update ledger_account set number = '1910' where number = '3001'",
        "update ledger_account set number = '3001' where number = 'x'",
    )
    assert sorted((c.key[1], c.mine.fields["name"]) for c in changes) == [("1910", "Försäljning"), ("3001", "Kassa")]


@pytest.mark.parametrize(
    ("statement", "column", "told"),
    [
        ("update ledger_ledgerentry set amount = '1.234' where id = {entry}", "amount", "decimals"),
        ("update ledger_ledgerentry set amount = '1e3' where id = {entry}", "amount", "is no number"),
        ("update ledger_ledgerentry set amount = '10000000000000000' where id = {entry}", "amount", "too large"),
        ("update ledger_ledgerentry set amount = '٣' where id = {entry}", "amount", "is no number"),
        ("update ledger_ledgerentry set account_id = 99 where id = {entry}", "account_id", "isn't there"),
        ("update ledger_ledgerentry set account_id = 'x' where id = {entry}", "account_id", "isn't there"),
        ("update ledger_ledgerentry set row = 0 where id = {entry}", "row", "from 1"),
        ("update ledger_ledgerentry set other_dimensions = '[1]' where id = {entry}", "other_dimensions", "dimensions"),
        ("update ledger_ledgerentry set project_id = {centre} where id = {entry}", "project_id", "another dimension"),
        ("update ledger_voucher set voucher_date = '2024-02-30' where id = {voucher}", "voucher_date", "is no date"),
        ("update ledger_voucher set voucher_date = '20240201' where id = {voucher}", "voucher_date", "is no date"),
        ("update ledger_voucher set text = hex(zeroblob(300)) where id = {voucher}", "text", "characters"),
        ("update ledger_voucher set text = 'a' || char(0) where id = {voucher}", "text", "is no text"),
        ("update ledger_voucher set text = x'00ff' where id = {voucher}", "text", "is no text"),
        ("update ledger_ledgerentry set amount = 9e999 where id = {entry}", "amount", "is no number"),
        ("update ledger_ledgerentry set account_id = 9e999 where id = {entry}", "account_id", "isn't there"),
        ("update ledger_company set number = '200'", "number", "never changes"),
        ("update ledger_company set active = 2", "active", "neither"),
        ("update ledger_supplier set payment_terms_days = 40000 where id = {supplier}", "payment_terms_days", "large"),
        ("update ledger_supplier set payment_terms_days = 'soon' where id = {supplier}", "payment_terms_days", "whole"),
    ],
)
def test_a_value_that_cant_be_is_a_problem_of_its_document(
    after: Any, books: Books, statement: str, column: str, told: str
) -> None:
    voucher = Voucher.objects.latest("id")
    ids = {
        "voucher": voucher.pk,
        "entry": voucher.rows.get(row=1).pk,
        "supplier": Supplier.objects.earliest("id").pk,
        "centre": books.company.dimension_values.filter(dimension=1).earliest("id").pk,
    }
    bad, good = sorted(
        after(statement.format(**ids), "update ledger_account set name = 'Kassan' where number = '1910'"),
        key=lambda change: change.problem is None,
    )
    assert (good.register, good.problem, good.mine.fields["name"]) == ("ledger_account", None, "Kassan")
    assert (bad.problem.column, bad.mine, bad.key) == (column, None, bad.base.key)
    assert told in bad.problem.reason


def test_a_row_of_nothing_is_a_problem_of_its_own(after: Any) -> None:
    (change,) = after(
        "insert into ledger_ledgerentry (voucher_id, row, account_id, amount) values (424242, 1, 1, '10.00')"
    )
    assert (change.key, change.problem.table, change.problem.column) == (None, "ledger_ledgerentry", "voucher_id")
    assert (change.information_type, change.named_key) == ("ledger_entries", {})


def test_balances_can_be_read_but_not_changed(books: Books, tmp_path: Path) -> None:
    books.year.balances.create(account=books.cash, kind="IB", amount=10)
    path = tmp_path / "more.utkorg"
    check_out(companies=[books.company], user=None, rights=ALL_RIGHTS, name="Books", path=path)
    with closing(sqlite3.connect(path)) as file, file:
        file.execute("update ledger_balance set amount = '11.00'")
    with reading(path) as mine:
        (change,) = mine.changes
    assert change.problem is not None
    assert (change.information_type, change.problem.table) == ("balances", "ledger_balance")


def test_what_stands_as_it_was_is_found_by_its_key(path: Path) -> None:
    voucher = Voucher.objects.latest("id")
    names: list[tuple[str, Key]] = [
        ("ledger_voucher", ("100", "2024-01-01", "A", voucher.number)),
        ("ledger_account", ("100", "1910")),
        ("ledger_account", ("100", "nothing")),
    ]
    with reading(path) as mine:
        found = mine.unchanged(names)
    assert found == read_theirs(names)
    assert {register for register, _key in found} >= {"ledger_voucher", "ledger_account"}


def test_what_the_copy_lacks_is_counted_by_table(path: Path) -> None:
    with closing(sqlite3.connect(path)) as file, file:
        file.execute("delete from ledger_supplierpayment")
    with reading(path) as mine:
        missing = mine.missing["ledger_supplierpayment"]
    assert missing.rows == missing.of == 3


def test_theirs_are_found_in_few_queries(books: Books) -> None:
    vouchers = [books.post(text=f"{n}") for n in range(20)]
    names: list[tuple[str, Key]] = [("ledger_voucher", ("100", "2024-01-01", "A", v.number)) for v in vouchers]
    with CaptureQueriesContext(connection) as asked:
        found = read_theirs(names, lock=True)
    assert len(found) == 20
    assert len(asked) <= 6


def since(path: Path) -> Since:
    with open_file(path, installation=str(installation().uid)) as file:
        return changed_there(file.manifest, read_mine(file))


def test_what_only_the_server_changed_is_told(path: Path, books: Books) -> None:
    assert since(path).documents == ()
    voucher = books.post(text="Ny")
    Supplier.objects.filter(company=books.company).update(city="Umeå")
    books.year.locked_until = books.year.first_day
    books.year.save()
    invoice = SupplierInvoiceFactory.create(company=books.company)
    payment = SupplierPayment.objects.earliest("id")
    payment.delete()
    told = since(path)
    assert (told.is_known, told.is_complete) == (True, True)
    found = {(there.information_type, there.operation): there.key for there in told.documents}
    assert found["ledger_entries", "created"] == ("100", "2024-01-01", "A", voucher.number)
    assert found["supplier_invoices", "created"] == ("100", invoice.number)
    assert found["supplier_payments", "deleted"] == ("100", payment.number)
    assert found["financial_years", "changed"] == ("100", "2024-01-01")
    assert ("suppliers", "changed") in found


def test_what_is_as_it_was_again_isnt_told_and_neither_is_what_both_changed(path: Path) -> None:
    Account.objects.filter(number="1910").update(name="Kassan")
    Account.objects.filter(number="1910").update(name="Kassa")
    Account.objects.filter(number="3001").update(name="Sales")
    with closing(sqlite3.connect(path)) as file, file:
        file.execute("update ledger_account set active = 0 where number = '3001'")
    assert since(path).documents == ()


def test_a_reversal_names_what_it_takes_back(books: Books) -> None:
    voucher = books.post()
    reversal = reverse_voucher(voucher=voucher, voucher_date=voucher.voucher_date)
    key = ("100", "2024-01-01", reversal.series, reversal.number)
    (found,) = read_theirs([("ledger_voucher", key)]).values()
    assert found.fields["reverses"] == {"financial_year": "2024-01-01", "series": "A", "number": voucher.number}


def test_values_go_back_to_what_the_models_have(books: Books) -> None:
    for kind in all_kinds():
        for row in kind.model._default_manager.all():
            document = _document_of(kind.register, row)
            for name, content in kind.fields_by_name.items():
                if content.target is None and document is not None:
                    assert to_python(content.field, document.fields[name]) == getattr(row, content.field.attname)


def _document_of(register: str, row: Any) -> Document | None:
    kind = kinds_by_register()[register]
    values: list[str] = []
    for part in kind.key:
        value = row
        for hop in part.path.split("__"):
            value = getattr(value, hop)
        values.append(str(value))
    return read_theirs([(register, tuple(values))]).get((register, tuple(values)))
