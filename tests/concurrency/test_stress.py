"""A mixed stress: writers on few rows, fan-outs, transfers and consumers, all at once for a while."""

import dataclasses
import itertools
import os
import random
import time
from collections.abc import Callable, Iterator
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import F

from ledger.models import Account, SupplierInvoice, SupplierPayment, Voucher
from ledger.services.vouchers import change_voucher, delete_voucher
from onetime_transfer import running, services
from onetime_transfer.models import Transfer
from revisions import fan_out
from revisions.models import OutboxItem
from tests import factories
from tests.connections import Together
from tests.consumers import Consumer, Line, Name, register
from tests.registers import widest

pytestmark = pytest.mark.django_db(transaction=True)

# A minute unless told otherwise; a quick look takes UTKORG_STRESS_SECONDS=5.
SECONDS = float(os.environ.get("UTKORG_STRESS_SECONDS", "60"))
WRITERS, FAN_OUTS, VOUCHERS = 6, 2, 4


class Watchful(Consumer):
    """Notices a revision of a row that is older than the one before it: writers put a rising version into each."""

    def note(self, name: Name, before: Line | None, now: Line | None) -> None:
        if before and now:
            for field in ("text", "voucher_text", "name"):
                if str(before.get(field) or "").isdigit():
                    assert int(before[field]) <= int(now[field]), f"an older {field} of {name} came after a newer one"


class Writer:
    """Writes at random, through services and the ORM as the admin does; some of it is rolled back."""

    def __init__(self, books: factories.Books, seed: int) -> None:
        self.books, self.random = books, random.Random(seed)

    def write(self) -> None:
        """One transaction, with the locks of one voucher, invoice or account."""
        with transaction.atomic():
            self.random.choice(self.changes())()
            if self.random.random() < 0.1:
                transaction.set_rollback(True)

    def changes(self) -> list[Callable[[], object]]:
        return [self.change, self.header, self.both, self.post, self.delete, self.account, self.invoice, self.payment]

    def change(self, voucher: Voucher | None = None) -> None:
        if voucher := voucher or self._some_voucher():
            version = str(int(voucher.text) + 1)
            header = dataclasses.replace(factories.header_of(voucher), text=version)
            entries = [dataclasses.replace(entry, text=version) for entry in factories.entries_of(voucher)]
            if self.random.random() < 0.5:
                entries += self.books.rows("1.00", text=version)
            elif len(entries) > 2:
                entries = entries[:-2]
            change_voucher(voucher=voucher, header=header, entries=entries)
            voucher.refresh_from_db()

    def header(self, voucher: Voucher | None = None) -> None:
        if voucher := voucher or self._some_voucher():
            voucher.text = str(int(voucher.text) + 1)
            voucher.save()

    def both(self) -> None:
        if voucher := self._some_voucher():
            self.header(voucher)
            self.change(voucher)
            self.header(voucher)

    def post(self) -> None:
        if Voucher.objects.count() < 2 * VOUCHERS:
            self.books.post([*self.books.rows("2.00", text="0"), *self.books.rows("3.00")], text="0")

    def delete(self) -> None:
        if Voucher.objects.count() > VOUCHERS and (voucher := self._some_voucher()):
            delete_voucher(voucher=voucher)

    def account(self) -> None:
        account = Account.objects.select_for_update().filter(number__startswith="9").order_by("?").first()
        if account is None or self.random.random() < 0.2:
            number = self.random.choice(["91", "92"])
            if not Account.objects.filter(number=number).exists():
                self._create_account(number)
        elif self.random.random() < 0.3:
            account.delete()
        else:
            Account.objects.filter(pk=account.pk).update(active=not account.active)

    def invoice(self) -> None:
        supplier = self.random.choice(self._suppliers())
        SupplierInvoice.objects.filter(number="1").update(supplier=supplier, balance=F("balance") + 1)

    def payment(self) -> None:
        SupplierInvoice.objects.select_for_update(no_key=True).get(number="1")
        SupplierPayment.objects.filter(number="1").update(amount=F("amount") + Decimal(1))

    def _create_account(self, number: str) -> None:
        try:
            with transaction.atomic():
                Account.objects.create(company=self.books.company, number=number, name="Account")
        except IntegrityError:
            pass  # another writer was faster

    def _suppliers(self) -> list[object]:
        return [*self.books.company.suppliers.all(), None]

    def _some_voucher(self) -> Voucher | None:
        numbers = list(Voucher.objects.values_list("pk", flat=True))
        if not numbers:
            return None
        chosen = self.random.choice(numbers)
        return Voucher.objects.select_for_update(no_key=True).filter(pk=chosen).first()


def transfers(consumers: list[Consumer], seed: int) -> Iterator[None]:
    """Transfers of everything to everybody, one after the other."""
    chance = random.Random(seed)
    while True:
        subscription = chance.choice(consumers).subscription
        known = chance.choice(subscription.information_types)
        asked = services.request_transfer(subscription=subscription, information_type=known, parameters=widest(known))
        Transfer.objects.filter(pk=asked.pk).update(units_per_chunk=chance.choice([1, 2, 100]))
        running.run(transfer_id=asked.pk)
        assert Transfer.objects.get(pk=asked.pk).status == Transfer.Status.DONE
        yield


def again_until(end: float, do: Callable[[], object]) -> int:
    """Do something again and again; returns how often."""
    for times in itertools.count():
        if time.monotonic() > end:
            return times
        do()
    raise AssertionError


def test_everything_at_once_loses_nothing_and_swaps_nothing(books: factories.Books) -> None:
    consumers: list[Consumer] = [Watchful(factories.make_subscription()) for _ in range(2)]
    consumers.append(Watchful(factories.make_subscription("ledger_entries", "supplier_payments")))
    for number in range(3):
        factories.SupplierFactory.create(company=books.company, number=str(number))
    invoice = factories.SupplierInvoiceFactory.create(company=books.company, number="1")
    factories.SupplierPaymentFactory.create(company=books.company, invoice=invoice, number="1")
    for consumer in consumers:
        bring_all(consumer)

    deadlocks_before = deadlocks()
    end = time.monotonic() + SECONDS
    limits = random.Random(7)
    bringing = transfers(consumers, seed=11)
    with Together(WRITERS + FAN_OUTS + len(consumers) + 1) as threads:
        writing = [threads.start(again_until, end, Writer(books, seed).write) for seed in range(WRITERS)]
        others = [threads.start(again_until, end, fan_out.drain) for _ in range(FAN_OUTS)]
        others.append(threads.start(again_until, end, lambda: next(bringing)))
        others += [threads.start(again_until, end, fetching(consumer, limits)) for consumer in consumers]
        written = sum(work.result() for work in writing)
        assert all(work.result() for work in others)

    for consumer in consumers:
        consumer.fetch_all(limit=5000)
    assert written > 10 * SECONDS
    for consumer in consumers:
        names = [known.name for known in consumer.subscription.information_types]
        assert consumer.copy == register(*names)
    assert not OutboxItem.objects.exists()
    assert deadlocks() == deadlocks_before


def bring_all(consumer: Consumer) -> None:
    """What stood in the registers before."""
    for known in consumer.subscription.information_types:
        asked = services.request_transfer(
            subscription=consumer.subscription, information_type=known, parameters=widest(known)
        )
        running.run(transfer_id=asked.pk)


def fetching(consumer: Consumer, chance: random.Random) -> Callable[[], object]:
    return lambda: consumer.fetch(limit=chance.choice([1, 7, 100, 5000]))


def deadlocks() -> int:
    """How many there have been in this database: some tests make one."""
    with connection.cursor() as cursor:
        cursor.execute("select deadlocks from pg_stat_database where datname = current_database()")
        (count,) = cursor.fetchone()
    return int(count)
