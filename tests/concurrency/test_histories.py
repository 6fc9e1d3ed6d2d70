"""Random histories: whatever happens in whatever order, each consumer ends with exactly the register.

Writers with open transactions, fan-outs that die, subscriptions that change, fetches, receipts sent late or twice, cuts
and transfers, in any order that hypothesis finds; a model consumer keeps account.
"""

import dataclasses
import itertools
import json
from typing import Any

import psycopg
import pytest
from django.db import connection
from django.test import TransactionTestCase
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, rule

from information_types import registry
from ledger.models import Voucher
from onetime_transfer import running, services
from revisions import batch, fan_out, queues, receipts
from revisions.exceptions import EpochChanged
from revisions.models import Queue
from subscriptions.models import Resync, Subscription
from subscriptions.services import change_subscription, delete_subscription, wish_of
from tests import factories
from tests.connections import connect
from tests.consumers import Line, Name, name_of, register
from tests.refusals import run_sql
from tests.registers import widest

pytestmark = pytest.mark.django_db(transaction=True)

TYPES = ("accounts", "ledger_entries", "supplier_invoices", "supplier_payments")
WRITERS = 3
Program = psycopg.Connection[tuple[Any, ...]]


@dataclasses.dataclass(eq=False)
class Integration:
    """What an integration holds: its copy, how far it came, and receipts that it hasn't sent yet."""

    subscription: Subscription
    last: int
    epoch: int
    copy: dict[Name, Line] = dataclasses.field(default_factory=dict)
    unsent: list[tuple[int, int, str]] = dataclasses.field(default_factory=list)

    def take_in(self, line: Line) -> None:
        name = (line["information_type"], name_of(line["key"]))
        if line["data"] is None:
            self.copy.pop(name, None)
        else:
            self.copy[name] = line["data"]


STATEMENTS = {
    "rename an account": "update ledger_account set name = 'Name %(n)s' where number = '%(which)s'",
    "delete an account": "delete from ledger_account where number = '%(which)s'",
    "create an account": """insert into ledger_account (company_id, number, name, active)
        select id, '%(which)s', 'New %(n)s', true from ledger_company on conflict do nothing""",
    "change nothing": "update ledger_account set name = name",
    "change a header": "update ledger_voucher set text = 'Text %(n)s' where number = '%(voucher)s'",
    "change rows": """update ledger_ledgerentry set text = 'Row %(n)s' from ledger_voucher v
        where v.id = voucher_id and v.number = '%(voucher)s'""",
    "add a row": """insert into ledger_ledgerentry (voucher_id, row, account_id, amount, text, entry_date, signature)
        select v.id, 10 + %(n)s, a.id, 0, '', v.voucher_date, '' from ledger_voucher v
        join ledger_account a on a.company_id = v.company_id and a.number = '1910' where v.number = '%(voucher)s'""",
    "delete a row": """delete from ledger_ledgerentry using ledger_voucher v
        where v.id = voucher_id and v.number = '%(voucher)s' and row > 2""",
    "give an invoice a supplier": """update ledger_supplierinvoice
        set supplier_id = (select max(id) from ledger_supplier)""",
    "take an invoice's supplier": "update ledger_supplierinvoice set supplier_id = null, balance = %(n)s",
    "change a payment": "update ledger_supplierpayment set amount = %(n)s",
}


class Histories(RuleBasedStateMachine):
    integrations = Bundle("integrations")

    @initialize()
    def begin(self) -> None:
        self.numbers = itertools.count(1)
        self.books = factories.make_books()
        for _ in range(2):
            self.books.post()
        payment = factories.SupplierPaymentFactory.create(company=self.books.company, number="1")
        assert payment.pk
        self.writers: list[Program] = [connect(options="-c lock_timeout=50ms") for _ in range(WRITERS)]
        self.everyone: list[Integration] = []

    def teardown(self) -> None:
        for writer in getattr(self, "writers", []):
            writer.rollback()
            writer.close()
        try:
            if hasattr(self, "everyone"):
                self.compare()
        finally:
            # Also when the copies differ, or the next history would begin with this one's rows.
            flush: Any = TransactionTestCase("run")
            flush._fixture_teardown()

    # Writers

    @rule(who=st.integers(0, WRITERS - 1), what=st.sampled_from(sorted(STATEMENTS)), which=st.integers(1, 2))
    def write(self, who: int, what: str, which: int) -> None:
        """A statement in the writer's open transaction; in the way of another it gives up and rolls back."""
        parameters = {"n": next(self.numbers), "which": f"9{which}", "voucher": str(which)}
        try:
            self.writers[who].execute(STATEMENTS[what] % parameters)
        except psycopg.OperationalError:
            self.writers[who].rollback()

    @rule(who=st.integers(0, WRITERS - 1))
    def commit(self, who: int) -> None:
        self.writers[who].commit()

    @rule(who=st.integers(0, WRITERS - 1))
    def roll_back(self, who: int) -> None:
        self.writers[who].rollback()

    @rule(who=st.integers(0, WRITERS - 1))
    def die(self, who: int) -> None:
        """The writer's server process is ended in the midst of its transaction."""
        pid = self.writers[who].info.backend_pid
        run_sql(f"select pg_terminate_backend({pid}, 1000)")
        self.writers[who].close()
        self.writers[who] = connect(options="-c lock_timeout=50ms")

    @rule(series=st.sampled_from("AB"))
    def post(self, series: str) -> None:
        if Voucher.objects.count() < 6:
            self.books.post(series=series)

    # Fan-out

    @rule(limit=st.sampled_from([1, 2, 1000]))
    def drain(self, limit: int) -> None:
        fan_out.drain(limit=limit)

    @rule()
    def drain_and_die(self) -> None:
        """The pass is done, but its transaction never commits."""
        dying = connect()
        dying.execute("select pg_advisory_xact_lock(%s)", [fan_out.LOCK])
        dying.execute(fan_out.PASS, {"limit": 1000})
        run_sql(f"select pg_terminate_backend({dying.info.backend_pid}, 1000)")
        dying.close()

    # Subscriptions

    @rule(target=integrations, types=st.sets(st.sampled_from(TYPES), min_size=1), name=st.sampled_from("ABC"))
    def subscribe(self, types: set[str], name: str) -> Any:
        if any(known.subscription.integration_id == name for known in self.everyone):
            return self.everyone[0]
        subscription = factories.make_subscription(*sorted(types), integration_id=name)
        queue = Queue.objects.get(subscription=subscription)
        made = Integration(subscription, last=queue.last_sequence, epoch=queue.epoch)
        self.everyone.append(made)
        return made

    @rule(who=integrations, types=st.sets(st.sampled_from(TYPES), min_size=1), active=st.booleans())
    def change(self, who: Integration, types: set[str], active: bool) -> None:
        if who in self.everyone:
            chosen = [registry.get(each) for each in sorted(types)]
            wish = dataclasses.replace(wish_of(who.subscription), information_types=chosen, active=active)
            who.subscription = change_subscription(subscription=who.subscription, wish=wish)

    @rule(who=consumes(integrations))
    def unsubscribe(self, who: Integration) -> None:
        if who in self.everyone:
            delete_subscription(subscription=Subscription.objects.get(pk=who.subscription.pk))
            self.everyone.remove(who)

    # Fetching

    @rule(who=integrations, limit=st.integers(1, 7))
    def fetch(self, who: Integration, limit: int) -> None:
        """Fetch without acknowledging; the rows are applied when the receipt is accepted."""
        if who in self.everyone:
            epoch = Queue.objects.get(subscription=who.subscription).epoch
            found = batch.read(subscription=who.subscription, choice=batch.Choice(), limit=limit)
            receipt = receipts.issue(subscription=who.subscription, epoch=epoch, batch=found, choice=batch.Choice())
            self._check_dense(who, [json.loads(row.json) for row in found.rows], epoch)
            if receipt:
                who.unsent.append((found.rows[0].sequence, found.rows[-1].sequence, receipt))

    @rule(who=integrations, which=st.integers(0, 99))
    def acknowledge(self, who: Integration, which: int) -> None:
        """Send one of the receipts, old or new, perhaps not for the first time.

        Which one is drawn whatever there is: a writer that gave up waiting, on a busy machine, changes what there is.
        """
        if who not in self.everyone or not who.unsent:
            return
        first, last, receipt = who.unsent[which % len(who.unsent)]
        lines = [line for line in self._queued(who) if first <= line["sequence"] <= last]
        try:
            done = receipts.acknowledge(subscription=who.subscription, receipt=receipt)
        except EpochChanged:
            assert Queue.objects.get(subscription=who.subscription).epoch > 1
            return
        assert done.acknowledged == len(lines)
        self._take_in(who, lines)

    @rule(who=integrations, limit=st.integers(1, 7))
    def take(self, who: Integration, limit: int) -> None:
        if who in self.everyone:
            self._take_in(who, self._take(who, limit=limit))

    @rule(who=integrations)
    def cut(self, who: Integration) -> None:
        if who in self.everyone:
            queues.cut(subscription=who.subscription)

    @rule(who=integrations, name=st.sampled_from(TYPES), chunk=st.integers(1, 3))
    def transfer(self, who: Integration, name: str, chunk: int) -> None:
        if who in self.everyone and registry.get(name) in who.subscription.information_types:
            self._transfer(who, name, chunk)

    @invariant()
    def counters_are_what_is_queued(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                """select count(*) from (
                       select subscription_id, information_type, company_id, sum(rows) from (
                           select subscription_id, information_type, company_id, rows from revisions_queuedcount
                           union all
                           select subscription_id, information_type, company_id, -rows from revisions_departedcount
                           union all
                           select subscription_id, information_type, company_id, first_row - last_row - 1
                           from revisions_outboxitem
                       ) moved group by 1, 2, 3 having sum(rows) <> 0) wrong"""
            )
            assert cursor.fetchone() == (0,)

    # At the end

    def compare(self) -> None:
        """All is committed, what is missing is transferred, all is fetched: copies equal the register."""
        fan_out.drain()
        for who in self.everyone:
            for missing in list(Resync.objects.filter(subscription=who.subscription)):
                self._transfer(who, registry.by_number(missing.information_type).name, 2)
            self._take_all(who)
            if who.subscription.active:
                names = [known.name for known in who.subscription.information_types]
                assert {name: line for name, line in who.copy.items() if name[0] in names} == register(*names)

    def _transfer(self, who: Integration, name: str, chunk: int) -> None:
        known = registry.get(name)
        if Resync.objects.filter(subscription=who.subscription, information_type=known.number).exists():
            # What was not queued may have been a deletion: the copy is made anew, of what is not fetched yet.
            self._take_all(who)
            who.copy = {row: line for row, line in who.copy.items() if row[0] != name}
        asked = services.request_transfer(
            subscription=who.subscription, information_type=known, parameters=widest(known)
        )
        type(asked).objects.filter(pk=asked.pk).update(units_per_chunk=chunk)
        running.run(transfer_id=asked.pk)

    def _take_all(self, who: Integration) -> None:
        while rows := self._take(who, limit=5000):
            self._take_in(who, rows)

    def _take(self, who: Integration, *, limit: int) -> list[Line]:
        found, _epoch = receipts.take(subscription=who.subscription, choice=batch.Choice(), limit=limit, after=None)
        return [json.loads(row.json) for row in found.rows]

    def _queued(self, who: Integration) -> list[Line]:
        found = batch.read(subscription=who.subscription, choice=batch.Choice(), limit=5000)
        return [json.loads(row.json) for row in found.rows]

    def _take_in(self, who: Integration, lines: list[Line]) -> None:
        self._check_dense(who, lines, Queue.objects.get(subscription=who.subscription).epoch)
        for line in lines:
            who.take_in(line)
        if lines:
            who.last = lines[-1]["sequence"]

    def _check_dense(self, who: Integration, lines: list[Line], epoch: int) -> None:
        """Sequences go on without gap; after a cut they go on further on, in a higher epoch."""
        sequences = [line["sequence"] for line in lines]
        if sequences:
            assert sequences == list(range(sequences[0], sequences[0] + len(sequences)))
            assert sequences[0] == who.last + 1 or epoch > who.epoch
        if epoch > who.epoch:
            who.epoch, who.last = epoch, (sequences[0] - 1 if sequences else who.last)
            if not sequences:
                who.epoch -= 1  # seen when there is something to fetch


TestHistories = pytest.mark.django_db(transaction=True)(Histories.TestCase)
TestHistories.settings = settings(
    max_examples=25, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck), print_blob=True
)
