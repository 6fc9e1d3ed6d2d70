"""DESIGN's ten laws of the heart, each with two connections and real commits."""

import dataclasses
from concurrent.futures import Future
from contextlib import ExitStack
from datetime import timedelta
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from django.db import IntegrityError, connection, transaction

from information_types import registry
from ledger.models import Account, LedgerEntry, SupplierInvoice, Voucher
from ledger.services.vouchers import change_voucher
from onetime_transfer import running, services
from onetime_transfer.models import Transfer
from revisions import batch, clean_up, fan_out, receipts
from revisions.exceptions import InvalidReceipt
from revisions.models import ChangeSet, FanOutState, OutboxItem
from revisions.triggers import MISSING_PARENT
from subscriptions.models import SubscribedCompany, SubscribedType, Subscription
from subscriptions.services import change_subscription, delete_subscription, wish_of
from tests import factories
from tests.connections import Together, connect, wait_until, waiters
from tests.consumers import Consumer, operations, register
from tests.refusals import run_sql

pytestmark = pytest.mark.django_db(transaction=True)

Program = psycopg.Connection[tuple[Any, ...]]

ROW = "update ledger_ledgerentry set text = 'by the second' where row = 1 and voucher_id = %s"
HEADER = "update ledger_voucher set text = 'by the first' where id = %s"
DELETE_ROWS = "delete from ledger_ledgerentry where voucher_id = %s"


@pytest.fixture
def two() -> Any:
    """Two other programs, each in a transaction of its own from its first statement on."""
    with ExitStack() as stack:
        pair = [connect(), connect()]
        for program in pair:
            stack.callback(program.close)
        yield pair


def blocked(together: Together, program: Program, statement: str, *parameters: Any) -> "Future[Any]":
    """Start a statement that must wait for a lock of somebody else's."""
    before = waiters()
    running = together.submit(program.execute, statement, parameters)
    wait_until(lambda: waiters() > before)
    return running


# 1. Joined data


@pytest.mark.parametrize("order", [(HEADER, ROW), (ROW, HEADER), (HEADER, DELETE_ROWS), (DELETE_ROWS, HEADER)])
def test_a_header_and_a_row_changed_at_once_end_in_their_common_state(
    order: tuple[str, str], two: list[Program], together: Together, consumer: Consumer, books: factories.Books
) -> None:
    voucher = books.post()
    consumer.fetch_all()
    one, other = two
    first, second = order
    one.execute(first, [voucher.pk])
    waiting = blocked(together, other, second, voucher.pk)
    consumer.fetch_all()
    one.commit()
    waiting.result(10)
    consumer.fetch_all()
    other.commit()
    consumer.fetch_all()
    assert consumer.copy == register("ledger_entries")


def test_two_writers_of_one_row_are_queued_in_their_order(
    two: list[Program], together: Together, consumer: Consumer, books: factories.Books
) -> None:
    one, other = two
    one.execute("update ledger_account set name = 'first' where number = '1910'")
    waiting = blocked(together, other, "update ledger_account set name = name || ', second' where number = '1910'")
    one.commit()
    waiting.result(10)
    other.commit()
    assert [line["data"]["name"] for line in consumer.fetch_all()] == ["first", "first, second"]


def test_a_new_row_and_a_new_header_at_once_end_in_their_common_state(
    two: list[Program], together: Together, consumer: Consumer, books: factories.Books
) -> None:
    voucher = books.post()
    consumer.fetch_all()
    one, other = two
    one.execute(HEADER, [voucher.pk])
    insert = """insert into ledger_ledgerentry (voucher_id, row, account_id, amount, text, entry_date, signature)
                values (%s, 3, %s, 0, '', '2024-01-01', '')"""
    waiting = blocked(together, other, insert, voucher.pk, books.cash.pk)
    one.commit()
    waiting.result(10)
    other.commit()
    consumer.fetch_all()
    assert {line["voucher_text"] for line in consumer.copy.values()} == {"by the first"}
    assert consumer.copy == register("ledger_entries")


@pytest.mark.parametrize("invoice_first", [True, False])
def test_a_payment_and_its_invoice_changed_at_once_end_in_their_common_state(
    invoice_first: bool, two: list[Program], together: Together, consumer: Consumer, books: factories.Books
) -> None:
    payment = factories.SupplierPaymentFactory.create(company=books.company)
    supplier = factories.SupplierFactory.create(company=books.company)
    consumer.fetch_all()
    statements = [
        f"update ledger_supplierinvoice set supplier_id = {supplier.pk}",
        "update ledger_supplierpayment set amount = amount + 1",
    ]
    first, second = statements if invoice_first else reversed(statements)
    one, other = two
    one.execute(first)
    waiting = blocked(together, other, second)
    one.commit()
    waiting.result(10)
    other.commit()
    consumer.fetch_all()
    paid = consumer.of_type("supplier_payments")
    assert [line["supplier"] for line in paid.values()] == [supplier.number]
    assert paid == register("supplier_payments")
    assert payment.amount == Decimal("1250.00")


# 2. A missing parent raises


def test_a_row_whose_voucher_another_deletes_meanwhile_is_refused(
    two: list[Program], together: Together, books: factories.Books
) -> None:
    voucher = books.post()
    one, other = two
    one.execute(DELETE_ROWS, [voucher.pk])
    one.execute("delete from ledger_voucher where id = %s", [voucher.pk])
    insert = """insert into ledger_ledgerentry (voucher_id, row, account_id, amount, text, entry_date, signature)
                values (%s, 3, %s, 0, '', '2024-01-01', '')"""
    waiting = blocked(together, other, insert, voucher.pk, books.cash.pk)
    one.commit()
    with pytest.raises(psycopg.IntegrityError) as caught:
        waiting.result(10)
    assert caught.value.sqlstate == MISSING_PARENT


# 3. Natural keys


def test_a_key_deleted_by_one_and_created_by_another_arrives_in_that_order(
    two: list[Program], together: Together, consumer: Consumer, books: factories.Books
) -> None:
    factories.AccountFactory.create(company=books.company, number="9")
    one, other = two
    one.execute("delete from ledger_account where number = '9'")
    insert = "insert into ledger_account (company_id, number, name, active) values (%s, '9', 'new', true)"
    waiting = blocked(together, other, insert, books.company.pk)
    one.commit()
    waiting.result(10)
    other.commit()
    assert [line["operation"] for line in consumer.fetch_all()] == ["created", "deleted", "created"]


def test_no_natural_key_is_deferrable() -> None:
    with connection.cursor() as cursor:
        cursor.execute("select conname from pg_constraint where contype in ('u', 'p') and condeferrable")
        assert cursor.fetchall() == []


# 4. Transfers


def ask_for_transfer(subscription: Subscription, name: str, **parameters: Any) -> Transfer:
    return services.request_transfer(
        subscription=subscription, information_type=registry.get(name), parameters=parameters
    )


def test_a_transfer_stands_before_a_change_that_it_does_not_show(
    two: list[Program], consumer: Consumer, books: factories.Books
) -> None:
    one, _other = two
    one.execute("update ledger_account set name = 'new' where number = '1910'")
    running.run(transfer_id=ask_for_transfer(consumer.subscription, "accounts").pk)
    one.commit()
    lines = [line for line in consumer.fetch_all() if line["key"]["number"] == "1910"]
    assert [(line["operation"], line["data"]["name"]) for line in lines] == [
        ("transferred", "Kassa"),
        ("changed", "new"),
    ]


def test_a_transfer_stands_after_a_change_that_it_shows(consumer: Consumer, books: factories.Books) -> None:
    Account.objects.filter(number="1910").update(name="new")
    running.run(transfer_id=ask_for_transfer(consumer.subscription, "accounts").pk)
    lines = [line for line in consumer.fetch() if line["key"]["number"] == "1910"]
    assert [(line["operation"], line["data"]["name"]) for line in lines] == [("changed", "new"), ("transferred", "new")]


def test_a_change_committed_while_a_chunk_waits_for_its_lock_is_queued_before_it(
    two: list[Program], together: Together, consumer: Consumer, books: factories.Books
) -> None:
    asked = ask_for_transfer(consumer.subscription, "accounts")
    one, other = two
    one.execute("select pg_advisory_xact_lock(%s)", [fan_out.LOCK])
    work = together.start(running.run, transfer_id=asked.pk)
    wait_until(waiters)
    other.execute("update ledger_account set name = 'new' where number = '1910'")
    other.commit()
    one.commit()
    work.result(10)
    lines = [line for line in consumer.fetch_all() if line["key"]["number"] == "1910"]
    assert [(line["operation"], line["data"]["name"]) for line in lines] == [("changed", "new"), ("transferred", "new")]


# 5. One order of locks


def test_a_receipt_waits_for_no_fan_out(two: list[Program], consumer: Consumer, books: factories.Books) -> None:
    books.post()
    fan_out.drain()
    books.post()
    one, _other = two
    one.execute("select pg_advisory_xact_lock(%s)", [fan_out.LOCK])
    one.execute("update revisions_queue set last_sequence = last_sequence + 2")
    one.execute("update revisions_queuedcount set rows = rows + 2")
    assert len(consumer.fetch()) == 2


def test_a_subscription_deleted_while_a_receipt_is_on_its_way_does_not_deadlock(
    two: list[Program], together: Together, consumer: Consumer, books: factories.Books
) -> None:
    books.post()
    fan_out.drain()
    one, _other = two
    one.execute("select 1 from revisions_departure where subscription_id = %s for update", [consumer.subscription.pk])
    deletion = together.start(delete_subscription, subscription=consumer.subscription)
    wait_until(waiters)
    one.execute("delete from revisions_outboxitem where subscription_id = %s", [consumer.subscription.pk])
    one.commit()
    deletion.result(10)
    assert not OutboxItem.objects.exists()


def test_a_receipt_after_its_subscription_went_is_refused_and_harms_nothing(
    together: Together, consumer: Consumer, books: factories.Books
) -> None:
    books.post()
    fan_out.drain()
    choice = batch.Choice()
    found = batch.read(subscription=consumer.subscription, choice=choice, limit=10)
    receipt = receipts.issue(subscription=consumer.subscription, epoch=1, batch=found, choice=choice)
    again = factories.make_subscription(integration_id="OTHER")
    delete_subscription(subscription=Subscription.objects.get(pk=consumer.subscription.pk))
    assert receipt
    with pytest.raises(InvalidReceipt):
        receipts.acknowledge(subscription=again, receipt=receipt)


def test_everything_that_locks_at_once_ends_without_deadlock(
    together: Together, consumer: Consumer, books: factories.Books
) -> None:
    subscriptions = [consumer.subscription, *(factories.make_subscription() for _ in range(3))]
    vouchers = [books.post() for _ in range(3)]

    def change(place: int) -> None:
        subscription = subscriptions[place % 4]
        wish = dataclasses.replace(wish_of(subscription), active=place % 2 == 0)
        change_subscription(subscription=subscription, wish=wish)

    def write(place: int) -> None:
        voucher = vouchers[place % 3]
        header = dataclasses.replace(factories.header_of(voucher), text=str(place))
        change_voucher(voucher=voucher, header=header, entries=factories.entries_of(voucher))

    def fetch(place: int) -> None:
        receipts.take(subscription=subscriptions[place % 4], choice=batch.Choice(), limit=3, after=None)

    def bring(place: int) -> None:
        running.run(transfer_id=ask_for_transfer(subscriptions[place % 4], "accounts").pk)

    work = [
        together.start(do, place)
        for place in range(25)
        for do in (change, write, fetch, bring, lambda _: fan_out.drain())
    ]
    for piece in work:
        piece.result(60)


# 6. Sets of one transaction stand together


def test_sets_of_one_transaction_stand_together_at_its_end(
    two: list[Program], consumer: Consumer, books: factories.Books
) -> None:
    one, other = two
    insert = "insert into ledger_account (company_id, number, name, active) values (%s, %s, 'x', true)"
    one.execute(insert, [books.company.pk, "A1"])
    other.execute(insert, [books.company.pk, "B1"])
    other.commit()
    one.execute(insert, [books.company.pk, "A2"])
    one.commit()
    assert [line["key"]["number"] for line in consumer.fetch_all()] == ["B1", "A1", "A2"]


def test_a_pass_with_a_limit_keeps_transactions_whole(
    two: list[Program], consumer: Consumer, books: factories.Books
) -> None:
    one, other = two
    insert = "insert into ledger_account (company_id, number, name, active) values (%s, %s, 'x', true)"
    for number in range(6):
        one.execute(insert, [books.company.pk, f"A{number}"])
        other.execute(insert, [books.company.pk, f"B{number}"])
    other.commit()
    one.commit()
    fan_out.drain(limit=3)
    assert [line["key"]["number"][0] for line in consumer.fetch()] == ["A"] * 6 + ["B"] * 6


# 7. The tail stays cheap


def test_the_floor_waits_for_a_transaction_that_drew_an_id_below_it(
    two: list[Program], consumer: Consumer, books: factories.Books
) -> None:
    one, _other = two
    one.execute("update ledger_account set name = 'late' where number = '1910'")
    drawn = ChangeSet.objects.order_by("-id").values_list("id", flat=True)[0] + 1
    for _ in range(5):
        books.post()
        consumer.fetch_all()
        assert FanOutState.objects.get().floor < drawn
    one.commit()
    late = [line for line in consumer.fetch_all() if line["operation"] == "changed"]
    assert [line["data"]["name"] for line in late] == ["late"]
    for _ in range(3):
        books.post()
        fan_out.drain()
    assert FanOutState.objects.get().floor > drawn


def test_the_floor_waits_for_a_transaction_newer_than_any_that_has_ended(
    two: list[Program], consumer: Consumer, books: factories.Books
) -> None:
    """A snapshot's xmax is one more than the last transaction that ended: this one's own id."""
    fan_out.drain()
    one, _other = two
    one.execute("update ledger_account set name = 'late' where number = '1910'")
    for _ in range(4):
        fan_out.drain()
    one.commit()
    assert [line["data"]["name"] for line in consumer.fetch_all()] == ["late"]


def test_a_drain_within_a_transaction_that_has_written_leaves_the_floor(
    consumer: Consumer, books: factories.Books
) -> None:
    before = FanOutState.objects.get().floor
    with transaction.atomic():
        books.post()
        for _ in range(3):
            fan_out.drain()
        assert FanOutState.objects.get().floor == before


def test_a_floor_that_is_lost_loses_nothing(consumer: Consumer, books: factories.Books) -> None:
    FanOutState.objects.all().delete()
    books.post()
    assert len(consumer.fetch_all()) == 2


# 8. Clean-up and times


def test_clean_up_leaves_what_is_not_yet_queued(consumer: Consumer, books: factories.Books) -> None:
    books.post()
    clean_up.remove_old(kept=timedelta(0))
    assert len(consumer.fetch_all()) == 2
    books.post()
    later = consumer.fetch_all()
    assert clean_up.remove_old(kept=timedelta(0)) == 2  # this one, and what had been queued last before
    assert later[0]["revision"] == f"{ChangeSet.objects.get().pk}.1"  # the set that was queued last stays


def test_times_run_forwards_within_an_object(
    two: list[Program], together: Together, consumer: Consumer, books: factories.Books
) -> None:
    one, other = two
    one.execute("select 1")  # its transaction starts first
    other.execute("update ledger_account set name = 'first' where number = '1910'")
    other.commit()
    one.execute("update ledger_account set name = 'second' where number = '1910'")
    one.commit()
    first, second = consumer.fetch_all()
    assert first["changed_at"] < second["changed_at"]


# 10. Edges


def test_selections_are_deduplicated(consumer: Consumer, books: factories.Books) -> None:
    chosen = factories.make_subscription(companies=[books.company, books.company])
    assert chosen.subscribed_companies.count() == 1
    with pytest.raises(IntegrityError), transaction.atomic():
        SubscribedCompany.objects.create(subscription=chosen, company=books.company)
    with pytest.raises(IntegrityError), transaction.atomic():
        SubscribedType.objects.create(subscription=chosen, information_type=1)


def test_an_empty_transfer_writes_no_item(consumer: Consumer, books: factories.Books) -> None:
    fan_out.drain()
    running.run(transfer_id=ask_for_transfer(consumer.subscription, "suppliers").pk)
    assert not OutboxItem.objects.exists()
    assert Transfer.objects.get().status == Transfer.Status.DONE


# A changed subscription takes effect at once


def test_what_was_committed_before_a_change_is_queued_by_the_old_choice(
    consumer: Consumer, books: factories.Books
) -> None:
    books.post()
    wish = dataclasses.replace(wish_of(consumer.subscription), information_types=[registry.get("accounts")])
    change_subscription(subscription=consumer.subscription, wish=wish)
    books.post()
    factories.AccountFactory.create(company=books.company)
    assert operations(consumer.fetch_all()) == [("created", "ledger_entries")] * 2 + [("created", "accounts")]


def test_a_transaction_open_while_a_subscription_changes_is_queued_by_the_new_choice(
    two: list[Program], consumer: Consumer, books: factories.Books
) -> None:
    one, _other = two
    one.execute("update ledger_account set name = 'x'")
    change_subscription(
        subscription=consumer.subscription, wish=dataclasses.replace(wish_of(consumer.subscription), active=False)
    )
    change_subscription(
        subscription=consumer.subscription, wish=dataclasses.replace(wish_of(consumer.subscription), active=True)
    )
    late = Consumer(factories.make_subscription())
    one.commit()
    assert len(consumer.fetch_all()) == len(late.fetch_all()) == 2


def test_a_long_open_transaction_delays_nobody_and_loses_nothing(
    two: list[Program], consumer: Consumer, books: factories.Books
) -> None:
    one, _other = two
    one.execute("update ledger_account set name = 'long' where number = '1910'")
    for _ in range(20):
        books.post()
        assert len(consumer.fetch_all()) == 2
    one.commit()
    assert [line["data"]["name"] for line in consumer.fetch_all()] == ["long"]


def test_posting_in_a_year_waits_for_nobody_who_changes_a_voucher_in_it(
    two: list[Program], together: Together, books: factories.Books
) -> None:
    voucher = books.post()

    with transaction.atomic():
        change_voucher(voucher=voucher, header=factories.header_of(voucher), entries=factories.entries_of(voucher))
        together.start(books.post).result(10)


def test_numbers_have_no_gaps_whoever_posts_at_once(together: Together, books: factories.Books) -> None:
    def post(place: int) -> None:
        if place % 3:
            books.post()
        else:
            with transaction.atomic():
                books.post()
                transaction.set_rollback(True)

    for work in [together.start(post, place) for place in range(60)]:
        work.result(30)
    assert sorted(int(number) for number in Voucher.objects.values_list("number", flat=True)) == list(range(1, 41))
    assert LedgerEntry.objects.count() == 80


def test_a_lock_of_a_period_and_a_voucher_in_it_wait_for_each_other(
    two: list[Program], together: Together, books: factories.Books
) -> None:
    voucher = books.post()
    one, other = two
    one.execute(HEADER, [voucher.pk])
    waiting = blocked(together, other, "update ledger_financialyear set locked_until = '2024-12-31'")
    one.commit()
    waiting.result(10)
    late = blocked(together, one, HEADER, voucher.pk)
    other.commit()
    with pytest.raises(psycopg.IntegrityError, match="locked"):
        late.result(10)
    run_sql("update ledger_financialyear set locked_until = null")
    assert SupplierInvoice.objects.count() == 0
