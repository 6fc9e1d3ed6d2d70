"""The trace against a plain account of what happened: small histories drawn at random, told again in full."""

import dataclasses
import random
from typing import Any

import pytest
from pytest_django import Settings

from information_types import registry
from ledger.models import Company
from onetime_transfer import running
from onetime_transfer.services import request_transfer
from revisions import fan_out, queues, trace, trace_index
from revisions.models import OutboxItem, RevisionPage
from revisions.trace import Outcome, WhyNot
from subscriptions.models import Subscription
from subscriptions.services import change_parts, delete_subscription, wish_of
from tests import factories
from tests.integrators import Integrator
from tests.refusals import run_sql

pytestmark = pytest.mark.django_db
STEPS = 50
TYPES = ("suppliers", "customers")
Told = tuple[Outcome, WhyNot | None]


@dataclasses.dataclass
class World:
    """What happens, and beside it what the trace should tell: by revision and subscription."""

    random: random.Random
    companies: list[Company]
    integrators: dict[int, Integrator]
    told: dict[str, dict[int, Told]]
    receipts: list[tuple[int, str, list[str]]]

    def look(self) -> None:
        """Queue what changed, and note for whom."""
        fan_out.drain()
        items = list(OutboxItem.objects.all())
        for page in RevisionPage.objects.order_by("change_set_id", "first_row"):
            for row in range(page.first_row, page.first_row + page.row_count):
                self._note(page.change_set_id, row, items)

    def _note(self, change_set: int, row: int, items: list[OutboxItem]) -> None:
        name = f"{change_set}.{row}"
        if name in self.told:
            return
        hit: Any = trace.by_revision(name).revisions[0]
        got = {
            one.subscription_id
            for one in items
            if one.change_set_id == change_set and one.first_row <= row <= one.last_row
        }
        self.told[name] = dict.fromkeys(got, (Outcome.WAITING, None))
        if hit.operation.label == "transferred":
            return
        for subscription in Subscription.objects.all():
            why = self._why_not(subscription, hit)
            assert (why is None) == (subscription.pk in got)
            if why:
                self.told[name][subscription.pk] = (Outcome.NOT_SENT, why)

    def _why_not(self, subscription: Subscription, hit: Any) -> WhyNot | None:
        wish = wish_of(subscription)
        chosen = {company.pk for company in wish.companies}
        if not wish.active:
            return WhyNot.INACTIVE
        if hit.information_type not in wish.information_types:
            return WhyNot.TYPE
        if chosen and (hit.company_id in chosen) is wish.negative_selection:
            return WhyNot.COMPANY
        own = hit.origin == subscription.application.name
        return WhyNot.OWN_CHANGE if own and not wish.own_changes else None

    def leave(self, pk: int, outcome: Outcome, names: Any = None) -> None:
        """What waits leaves the queue, all of it or what is named."""
        for name, known in self.told.items():
            waits = pk in known and known[pk][0] in {Outcome.WAITING, Outcome.FETCHED}
            if waits and (names is None or name in names):
                known[pk] = (outcome, None)

    def change(self) -> None:
        """Somebody writes in a register."""
        makers: list[Any] = [factories.SupplierFactory, factories.CustomerFactory]
        maker = self.random.choice(makers)
        company = self.random.choice(self.companies)
        number = str(self.random.randrange(4))
        row: Any = maker._meta.model.objects.filter(company=company, number=number).first()
        if row is None:
            maker.create(company=company, number=number)
        elif self.random.random() < 0.4:
            row.delete()
        else:
            row.name += "x"
            row.save()
        if self.random.random() < 0.3:
            origin = self.random.choice(list(Subscription.objects.all())).application_id
            run_sql("update revisions_changeset set origin_id = %s where not fanned_out", origin)
        if self.random.random() < 0.6:
            self.look()

    def choose(self) -> None:
        """A subscription is changed."""
        self.look()
        companies = self.random.choice([[], self.companies[:1], self.companies[:2]])
        change_parts(
            subscription=self._any(),
            companies=companies,
            negative_selection=bool(companies) and self.random.random() < 0.5,
            information_types=[registry.get(name) for name in self.random.choice([TYPES, TYPES[:1], TYPES[1:]])],
            active=self.random.random() < 0.8,
            own_changes=self.random.random() < 0.5,
        )

    def fetch(self) -> None:
        """An integration fetches, all or some."""
        self.look()
        pk, query = self._any().pk, self._query()
        found = self.integrators[pk].fetch(**query)
        names = [row["revision"] for row in found["rows"]]
        for name in names:
            assert self.told[name][pk][0] in {Outcome.WAITING, Outcome.FETCHED}
            self.told[name][pk] = (Outcome.FETCHED, None)
        if found["receipt"]:
            self.receipts.append((pk, found["receipt"], names))

    def acknowledge(self) -> None:
        """A receipt comes, maybe late, maybe again; one of before a cut or a deletion is refused."""
        if self.receipts:
            pk, receipt, names = self.random.choice(self.receipts)
            answer = self.integrators[pk].post("receipts", receipt=receipt)
            if answer.status_code == 200:
                self.leave(pk, Outcome.ACKNOWLEDGED, names)
            else:
                assert answer.status_code in {404, 409}

    def take(self) -> None:
        """An integration fetches and deletes."""
        self.look()
        pk = self._any().pk
        answer = self.integrators[pk].post("revisions/take", **self._query())
        self.leave(pk, Outcome.TAKEN, [row["revision"] for row in answer.json()["rows"]])

    def purge(self) -> None:
        """A queue is emptied."""
        self.look()
        subscription = self._any()
        queues.cut(subscription=subscription)
        self.leave(subscription.pk, Outcome.REMOVED)

    def transfer(self) -> None:
        """A one-off transfer."""
        self.look()
        subscription = self._any()
        known = subscription.information_types[0]
        asked = request_transfer(subscription=subscription, information_type=known)
        running.run(transfer_id=asked.pk)
        self.look()

    def replace(self) -> None:
        """A subscription is deleted, and another made."""
        self.look()
        gone = self._any()
        pk = gone.pk
        delete_subscription(subscription=gone)
        self.leave(pk, Outcome.REMOVED)
        self.add()

    def add(self) -> None:
        """A subscription is made."""
        self.look()
        made = factories.make_subscription(*TYPES)
        for known in self.told.values():
            if self._is_a_change(known):
                known[made.pk] = (Outcome.NOT_SENT, WhyNot.NO_SUBSCRIPTION)
        self.integrators[made.pk] = Integrator(made)

    def _is_a_change(self, known: dict[int, Told]) -> bool:
        name = next(name for name, one in self.told.items() if one is known)
        return trace.by_revision(name).revisions[0].operation.label != "transferred"

    def _any(self) -> Subscription:
        return self.random.choice(list(Subscription.objects.order_by("pk")))

    def _query(self) -> dict[str, Any]:
        query: dict[str, Any] = {"limit": self.random.randrange(1, 6)}
        if self.random.random() < 0.4:
            query["information_type"] = [self.random.choice(TYPES)]
        if self.random.random() < 0.3:
            query["company"] = [self.random.choice(self.companies).number]
        return query


@pytest.mark.parametrize("seed", range(2))
def test_the_trace_tells_what_happened(seed: int, settings: Settings) -> None:
    settings.UTKORG_THROTTLE_RATES = {}
    made = [factories.CompanyFactory.create() for _ in range(3)]
    world = World(random.Random(seed), made, {}, {}, [])
    for _ in range(3):
        world.add()
    steps = [world.change] * 8 + [world.fetch] * 4 + [world.acknowledge] * 4
    steps += [world.choose] * 2 + [world.take, world.purge, world.transfer, world.replace]
    for _ in range(STEPS):
        world.random.choice(steps)()
        if world.random.random() < 0.1:
            trace_index.catch_up()
    world.look()
    for _look in range(2):
        for name, expected in world.told.items():
            (revision,) = trace.by_revision(name).revisions
            assert {one.subscription_id: (one.outcome, one.why_not) for one in revision.deliveries} == {
                pk: known for pk, known in expected.items() if not _is_forgotten(pk, known)
            }, name
            found = trace.search(
                trace.Sought(
                    information_type=revision.information_type,
                    company=Company.objects.get(pk=revision.company_id),
                    key={"number": revision.key["number"]},
                ),
                limit=500,
            )
            assert revision in found.revisions, name
            for one in revision.deliveries:
                if one.sequence and not one.deleted:
                    subscription = Subscription.objects.get(pk=one.subscription_id)
                    again = trace.by_sequence(subscription=subscription, sequence=one.sequence)
                    assert again.revisions == [revision]
        trace_index.catch_up()


def _is_forgotten(pk: int, known: Told) -> bool:
    """Of a deleted subscription nothing is told that came before it."""
    return known[1] is WhyNot.NO_SUBSCRIPTION and not Subscription.objects.filter(pk=pk).exists()
