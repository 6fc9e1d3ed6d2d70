"""Every way to write a captured row leaves a copy, in the writer's own transaction."""

import dataclasses
import json
from datetime import date
from decimal import Decimal

import psycopg
import pytest
from django.db import connection, transaction
from django.db.models import F

from ledger.models import Account, DimensionValue, LedgerEntry, Supplier, SupplierInvoice, Voucher
from ledger.services.vouchers import Entry, change_voucher, delete_voucher
from revisions.models import ChangeSet, RevisionPage
from revisions.triggers import ISOLATION, MISSING_PARENT, PAGE_ROWS, TRUNCATE
from tests import factories
from tests.connections import other_program
from tests.consumers import Consumer, operations, register
from tests.refusals import run_sql, the_database_refuses

pytestmark = pytest.mark.django_db(transaction=True)

INTO_ACCOUNTS = "insert into ledger_account (company_id, number, name, active)"


def test_save_is_captured(consumer: Consumer, books: factories.Books) -> None:
    account = factories.AccountFactory.create(company=books.company, number="0040", name='Lån "x" \\ å\n')
    account.name = "Lån"
    account.save()
    account.delete()
    created, changed, deleted = consumer.fetch_all()
    key = {"company": books.company.number, "number": "0040"}
    assert created["data"] == key | {"name": 'Lån "x" \\ å\n', "account_type": None, "active": True}
    assert changed["data"] == created["data"] | {"name": "Lån"}
    assert (deleted["operation"], deleted["data"], deleted["key"]) == ("deleted", None, key)


def test_bulk_create_is_captured_as_one_set(consumer: Consumer, books: factories.Books) -> None:
    Account.objects.bulk_create(Account(company=books.company, number=f"{n:04}", name="x") for n in range(1200))
    assert ChangeSet.objects.filter(row_count=1200).count() == 1
    pages = RevisionPage.objects.filter(change_set_id=ChangeSet.objects.get(row_count=1200).pk).order_by("first_row")
    assert [(page.first_row, page.row_count) for page in pages] == [
        (1, PAGE_ROWS),
        (1 + PAGE_ROWS, PAGE_ROWS),
        (1 + 2 * PAGE_ROWS, 200),
    ]
    lines = consumer.fetch_all()
    assert [line["key"]["number"] for line in lines] == [f"{n:04}" for n in range(1200)]


def test_one_statement_over_two_companies_is_a_set_of_each(consumer: Consumer, books: factories.Books) -> None:
    other = factories.CompanyFactory.create()
    Account.objects.bulk_create(Account(company=company, number="1", name="x") for company in (books.company, other))
    assert sorted(line["company"] for line in consumer.fetch_all()) == sorted([books.company.number, other.number])
    assert ChangeSet.objects.count() == 2 + 2  # the books' two accounts before


def test_one_statement_over_two_dimensions_is_a_set_of_each_type(consumer: Consumer, books: factories.Books) -> None:
    DimensionValue.objects.bulk_create(
        DimensionValue(company=books.company, dimension=dimension, code="1") for dimension in (1, 2, 3, 4)
    )
    assert operations(consumer.fetch_all()) == [
        ("created", name) for name in ("cost_centres", "projects", "objects", "management_areas")
    ]


def test_update_is_captured(consumer: Consumer, books: factories.Books) -> None:
    Account.objects.filter(company=books.company).update(active=False)
    assert [line["data"]["active"] for line in consumer.fetch_all()] == [False, False]


def test_an_update_that_changes_nothing_visible_is_nothing(consumer: Consumer, books: factories.Books) -> None:
    voucher = books.post()
    consumer.fetch_all()
    Account.objects.update(name=F("name"))
    Voucher.objects.update(signature="AB", last_row=99)  # neither shows in a row's data
    change_voucher(voucher=voucher, header=factories.header_of(voucher), entries=factories.entries_of(voucher))
    books.cash.save()
    assert consumer.fetch_all() == []


def test_an_update_of_many_captures_only_what_it_changes(consumer: Consumer, books: factories.Books) -> None:
    Account.objects.update(name="Kassa")
    assert [line["key"]["number"] for line in consumer.fetch_all()] == ["3001"]


def test_queryset_delete_is_captured_with_the_key_alone(consumer: Consumer, books: factories.Books) -> None:
    voucher = books.post()
    consumer.fetch_all()
    Voucher.objects.all().delete()
    lines = consumer.fetch_all()
    assert operations(lines) == [("deleted", "ledger_entries")] * 2
    assert lines[0]["key"] == {
        "company": books.company.number,
        "financial_year": "2024-01-01",
        "series": voucher.series,
        "number": voucher.number,
        "row": 1,
    }


def test_a_cascade_is_captured(consumer: Consumer, books: factories.Books) -> None:
    voucher = books.post()
    delete_voucher(voucher=voucher)
    assert operations(consumer.fetch_all()) == [("created", "ledger_entries")] * 2 + [("deleted", "ledger_entries")] * 2


def test_raw_sql_is_captured(consumer: Consumer, books: factories.Books) -> None:
    run_sql(
        "insert into ledger_account (company_id, number, name, active) values (%s, '7', 'x', true)", books.company.pk
    )
    run_sql("update ledger_account set active = false where number = '7'")
    run_sql("delete from ledger_account where number = '7'")
    assert operations(consumer.fetch_all()) == [
        ("created", "accounts"),
        ("changed", "accounts"),
        ("deleted", "accounts"),
    ]


def test_an_upsert_is_captured_as_what_it_did(consumer: Consumer, books: factories.Books) -> None:
    run_sql(
        f"""{INTO_ACCOUNTS} values (%s, '1910', 'Cash', true), (%s, '9', 'New', true)
            on conflict (company_id, number) do update set name = excluded.name""",
        books.company.pk,
        books.company.pk,
    )
    assert sorted(operations(consumer.fetch_all())) == [("changed", "accounts"), ("created", "accounts")]
    assert consumer.of_type("accounts").items() <= register("accounts").items()


def test_a_merge_is_captured_as_what_it_did(consumer: Consumer, books: factories.Books) -> None:
    run_sql(
        f"""merge into ledger_account a using (values ('1910'), ('3001'), ('9')) s (number)
           on a.number = s.number
           when matched and s.number = '1910' then delete
           when matched then update set name = 'Sales'
           when not matched then
               insert (company_id, number, name, active) values ({books.company.pk}, s.number, 'New', true)"""
    )
    assert sorted(operations(consumer.fetch_all())) == [
        ("changed", "accounts"),
        ("created", "accounts"),
        ("deleted", "accounts"),
    ]


def test_copy_is_captured(consumer: Consumer, books: factories.Books) -> None:
    with (
        connection.cursor() as cursor,
        cursor.copy("copy ledger_account (company_id, number, name, active) from stdin") as copy,
    ):
        for n in range(3):
            copy.write_row((books.company.pk, str(n), "x", True))
    assert operations(consumer.fetch_all()) == [("created", "accounts")] * 3


def test_another_program_is_captured(consumer: Consumer, books: factories.Books) -> None:
    with other_program() as program:
        program.execute("update ledger_account set name = 'By another'")
    assert {line["data"]["name"] for line in consumer.fetch_all()} == {"By another"}


def test_what_is_rolled_back_is_nothing(consumer: Consumer, books: factories.Books) -> None:
    with transaction.atomic():
        Account.objects.update(name="x")
        transaction.set_rollback(True)
    assert not ChangeSet.objects.filter(operation="u").exists()
    assert consumer.fetch_all() == []


def test_what_is_rolled_back_to_a_savepoint_is_nothing(consumer: Consumer, books: factories.Books) -> None:
    with transaction.atomic():
        Account.objects.filter(number="1910").update(name="kept")
        savepoint = transaction.savepoint()
        Account.objects.update(name="x")
        transaction.savepoint_rollback(savepoint)
    assert [line["data"]["name"] for line in consumer.fetch_all()] == ["kept"]


@pytest.mark.parametrize(
    "fields", [{"voucher_date": date(2024, 5, 1)}, {"text": "New"}, {"registered_on": date(2024, 5, 2)}]
)
def test_a_vouchers_header_is_a_change_of_its_rows(
    consumer: Consumer, books: factories.Books, fields: dict[str, object]
) -> None:
    voucher, other = books.post(), books.post()
    consumer.fetch_all()
    Voucher.objects.filter(pk=voucher.pk).update(**fields)
    lines = consumer.fetch_all()
    assert operations(lines) == [("changed", "ledger_entries")] * 2
    assert {line["key"]["number"] for line in lines} == {voucher.number} != {other.number}
    assert consumer.copy.items() == register("ledger_entries").items()


def test_a_payment_changes_when_its_invoice_gets_another_supplier(consumer: Consumer, books: factories.Books) -> None:
    payment = factories.SupplierPaymentFactory.create(company=books.company)
    consumer.fetch_all()
    other = factories.SupplierFactory.create(company=books.company)
    SupplierInvoice.objects.filter(pk=payment.invoice_id).update(supplier=other)
    SupplierInvoice.objects.filter(pk=payment.invoice_id).update(supplier=None)
    lines = [line for line in consumer.fetch_all() if line["information_type"] == "supplier_payments"]
    assert [line["data"]["supplier"] for line in lines] == [other.number, None]


def test_a_customers_payment_changes_with_its_invoice(consumer: Consumer, books: factories.Books) -> None:
    payment = factories.CustomerPaymentFactory.create(company=books.company)
    consumer.fetch_all()
    payment.invoice.customer = factories.CustomerFactory.create(company=books.company)
    payment.invoice.save()
    assert operations(consumer.fetch_all())[1:] == [("changed", "customer_ledger"), ("changed", "customer_payments")]
    assert consumer.of_type("customer_payments") == register("customer_payments")


def test_an_invoice_shows_its_voucher_as_an_object(consumer: Consumer, books: factories.Books) -> None:
    voucher = books.post()
    invoice = factories.SupplierInvoiceFactory.create(company=books.company)
    SupplierInvoice.objects.filter(pk=invoice.pk).update(voucher=voucher)
    lines = [line for line in consumer.fetch_all() if line["information_type"] == "supplier_invoices"]
    assert [line["data"]["voucher"] for line in lines] == [
        None,
        {"financial_year": "2024-01-01", "series": "A", "number": voucher.number},
    ]


def test_truncate_is_refused_without_leave(consumer: Consumer) -> None:
    for table in ("ledger_account", "ledger_ledgerentry", "ledger_voucher"):
        with the_database_refuses(TRUNCATE):
            run_sql("set local utkorg.allow_truncate = 'off'")
            run_sql(f"truncate {table} cascade")


@pytest.mark.parametrize("level", ["repeatable read", "serializable"])
@pytest.mark.parametrize(
    "statement",
    [
        "update ledger_ledgerentry set text = 'x'",
        "update ledger_voucher set text = 'x'",
        "delete from ledger_ledgerentry",
    ],
)
def test_joined_data_is_written_in_read_committed_only(books: factories.Books, level: str, statement: str) -> None:
    books.post()
    with the_database_refuses(ISOLATION):
        run_sql(f"set transaction isolation level {level}")
        run_sql(statement)


def test_rows_before_their_voucher_are_refused(books: factories.Books) -> None:
    with the_database_refuses(MISSING_PARENT):
        run_sql(
            """insert into ledger_ledgerentry (voucher_id, row, account_id, amount, text, entry_date, signature)
               values (4711, 1, %s, 0, '', '2024-01-01', '')""",
            books.cash.pk,
        )


def test_rows_left_after_their_voucher_are_refused(books: factories.Books) -> None:
    voucher = books.post()
    with the_database_refuses(MISSING_PARENT):
        run_sql("delete from ledger_voucher where id = %s", voucher.pk)
        run_sql("delete from ledger_ledgerentry where voucher_id = %s", voucher.pk)


@pytest.mark.parametrize("name", ["cost_centre", "project", "object", "management_area"])
def test_a_row_before_its_dimension_value_is_refused(books: factories.Books, name: str) -> None:
    voucher = books.post()
    dimension = DimensionValue.Dimension[name.upper()]
    with the_database_refuses(MISSING_PARENT):
        run_sql(f"update ledger_ledgerentry set {name}_id = 4711 where voucher_id = %s and row = 1", voucher.pk)
        run_sql(
            """insert into ledger_dimensionvalue (id, company_id, dimension, code, name, active)
               values (4711, %s, %s, 'x', '', true)""",
            books.company.pk,
            int(dimension),
        )


def test_an_invoice_before_its_supplier_or_voucher_is_refused(books: factories.Books) -> None:
    invoice = factories.SupplierInvoiceFactory.create(company=books.company)
    for column in ("supplier_id", "voucher_id"):
        with the_database_refuses(MISSING_PARENT):
            run_sql(f"update ledger_supplierinvoice set {column} = 4711 where id = %s", invoice.pk)


def test_a_payment_of_an_invoice_without_supplier_is_captured(consumer: Consumer, books: factories.Books) -> None:
    invoice = factories.SupplierInvoiceFactory.create(company=books.company, supplier=None)
    factories.SupplierPaymentFactory.create(company=books.company, invoice=invoice)
    lines = consumer.fetch_all()
    assert operations(lines) == [("created", "supplier_invoices"), ("created", "supplier_payments")]
    assert lines[1]["data"]["supplier"] is None


def test_a_parent_never_goes_from_under_its_rows_unseen(consumer: Consumer, books: factories.Books) -> None:
    """Another row under the same id would change what rows show without a change of theirs."""
    voucher = books.post()
    with the_database_refuses(MISSING_PARENT):
        run_sql("delete from ledger_voucher where id = %s", voucher.pk)
        run_sql(
            """insert into ledger_voucher
                   (id, company_id, financial_year_id, series, number, voucher_date, text, signature, last_row)
               values (%s, %s, %s, 'Z', '1', '2024-01-01', '', '', 0)""",
            voucher.pk,
            books.company.pk,
            books.year.pk,
        )


def test_a_write_without_rows_writes_no_set(consumer: Consumer, books: factories.Books) -> None:
    before = ChangeSet.objects.count()
    run_sql("update ledger_account set name = 'x' where false")
    run_sql("delete from ledger_supplier")
    run_sql(f"{INTO_ACCOUNTS} select 1, '1', 'x', true where false")
    assert ChangeSet.objects.count() == before


def test_rows_of_a_set_stand_by_voucher_and_row(consumer: Consumer, books: factories.Books) -> None:
    vouchers = [books.post() for _ in range(3)]
    consumer.fetch_all()
    order = [(str(voucher.number), row) for voucher in vouchers for row in (1, 2)]
    run_sql(
        """update ledger_ledgerentry e set text = 'x' from
           (select id from ledger_ledgerentry order by row desc, id desc) shuffled where shuffled.id = e.id"""
    )
    assert [(line["key"]["number"], line["key"]["row"]) for line in consumer.fetch_all()] == order


def test_texts_that_look_like_json_stay_texts(consumer: Consumer, books: factories.Books) -> None:
    tricky = ['a,","name":"b', '","name":', "\\", '\\"', "\x01\x1f", "\u2028", "😀", '{"key":', "}\n{"]
    for number, text in enumerate(tricky):
        Supplier.objects.create(company=books.company, number=text[:30], name=text, city=str(number))
    lines = consumer.fetch_all()
    assert [line["key"]["number"] for line in lines] == tricky
    assert [line["data"]["name"] for line in lines] == tricky


def test_a_series_that_looks_like_json_does_not_move_the_keys_end(consumer: Consumer, books: factories.Books) -> None:
    books.post(series=',"voucher_date":', text=',"row":1')
    assert [line["key"]["series"] for line in consumer.fetch_all()] == [',"voucher_date":'] * 2


def test_amounts_and_quantities_are_texts_with_their_decimals(consumer: Consumer, books: factories.Books) -> None:
    books.post(
        [
            Entry(account=books.cash, amount=Decimal("9999999999999999.99"), quantity=Decimal("0.0001")),
            Entry(account=books.sales, amount=Decimal("-9999999999999999.99"), other_dimensions={"7": "121"}),
        ]
    )
    first, second = (line["data"] for line in consumer.fetch_all())
    assert (first["amount"], first["quantity"], first["other_dimensions"]) == ("9999999999999999.99", "0.0001", None)
    assert (second["amount"], second["quantity"], second["other_dimensions"]) == (
        "-9999999999999999.99",
        None,
        {"7": "121"},
    )


def test_what_is_shown_alike_is_no_change(consumer: Consumer, books: factories.Books) -> None:
    books.post()
    consumer.fetch_all()
    run_sql("update ledger_ledgerentry set other_dimensions = '{}'")
    run_sql("update ledger_account set account_type = ''")
    assert consumer.fetch_all() == []


def test_a_session_of_another_date_style_writes_the_same(consumer: Consumer, books: factories.Books) -> None:
    with other_program() as program:
        for setting in ("datestyle = 'german'", "timezone = 'Asia/Tokyo'", "extra_float_digits = -15"):
            program.execute(f"set {setting}")
        program.execute("update ledger_account set name = 'x' where number = '1910'")
        program.execute(
            """insert into ledger_dimensionvalue (company_id, dimension, code, name, active, valid_from)
               values (%s, 1, '1', '', true, '31.12.2024')""",
            [books.company.pk],
        )
    assert consumer.fetch_all()[1]["data"]["valid_from"] == "2024-12-31"


def test_a_changed_voucher_is_captured_once_where_once_is_enough(consumer: Consumer, books: factories.Books) -> None:
    voucher = books.post()
    consumer.fetch_all()
    first, second = factories.entries_of(voucher)
    header = dataclasses.replace(factories.header_of(voucher), text="New")
    new = Entry(account=books.sales, amount=second.amount)
    change_voucher(voucher=voucher, header=header, entries=[first, new])
    assert [(line["operation"], line["key"]["row"]) for line in consumer.fetch_all()] == [
        ("deleted", 2),
        ("changed", 1),
        ("created", 3),
    ]
    assert consumer.copy == register("ledger_entries")


def test_every_line_is_finished_json(consumer: Consumer, books: factories.Books) -> None:
    books.post()
    for page in RevisionPage.objects.all():
        lines = page.lines.split("\n")
        assert len(lines) == page.row_count
        assert all(isinstance(json.loads(line), dict) for line in lines)


def test_capture_cannot_be_switched_off_by_a_session_without_rights(books: factories.Books) -> None:
    with other_program() as program:
        program.execute("create role clerk")
        program.execute("grant select, update on all tables in schema public to clerk")
        program.execute("set role clerk")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            program.execute("set session_replication_role = 'replica'")
        program.rollback()


def test_entries_are_counted_from_their_own_statement(consumer: Consumer, books: factories.Books) -> None:
    """A voucher and its rows, written by one statement, are complete when their triggers run."""
    run_sql(
        f"""with made as (
                insert into ledger_voucher
                    (company_id, financial_year_id, series, number, voucher_date, text, signature, last_row)
                values ({books.company.pk}, {books.year.pk}, 'S', '1', '2024-01-01', 'CTE', '', 2) returning id
            )
            insert into ledger_ledgerentry (voucher_id, row, account_id, amount, text, entry_date, signature)
            select id, n, {books.cash.pk}, n * 2 - 3, '', '2024-01-01', '' from made, generate_series(1, 2) n"""
    )
    assert {line["data"]["voucher_text"] for line in consumer.fetch_all()} == {"CTE"}
    assert LedgerEntry.objects.count() == 2
