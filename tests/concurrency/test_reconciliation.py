"""What `sequence` promises, beside writers and fan-out that never rest."""

import random
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from django.db import transaction

from information_types import registry
from ledger.models import LedgerEntry, Voucher
from ledger.services.vouchers import delete_voucher
from revisions import fan_out, reconciliation
from revisions.reconciliation import Figures, Period
from subscriptions.models import Subscription
from tests import factories
from tests.connections import Together
from tests.consumers import Consumer
from tests.revisions import reference

pytestmark = pytest.mark.django_db(transaction=True)

ENTRIES = registry.get("ledger_entries")
TURNS = 60
program = reference.load()


def look(subscription: Subscription, books: factories.Books) -> Figures:
    return reconciliation.figures(
        subscription=subscription, information_type=ENTRIES, companies=[books.company.pk], period=Period()
    )


def write(books: factories.Books, seed: int) -> None:
    """Post, change and delete vouchers, of several months."""
    chance = random.Random(seed)
    for turn in range(TURNS):
        with transaction.atomic():
            voucher = books.post(series=f"S{seed}", day=date(2024, chance.randint(1, 12), 5))
            if turn % 3 == 0:
                voucher.voucher_date = date(2024, chance.randint(1, 12), 6)
                voucher.save(update_fields=["voucher_date"])
        if turn % 4 == 0:
            delete_voucher(voucher=voucher)


class Rewinding(Consumer):
    """A consumer that compares as it passes the sequences of answers."""

    def __init__(self, subscription: Subscription, answers: list[Figures]) -> None:
        super().__init__(subscription)
        self.answers = {answer.sequence: answer for answer in answers if not answer.companies[0].unqueued}
        self.compared = 0

    def _apply(self, line: dict[str, Any]) -> None:
        super()._apply(line)
        if answer := self.answers.get(self.last_sequence):
            assert list(different(answer, self)) == []
            self.compared += 1


def different(answer: Figures, consumer: Consumer) -> Iterator[Any]:
    rows = [data for (name, _key), data in consumer.copy.items() if name == ENTRIES.name]
    (company,) = answer.companies
    lines = [
        {"period": one.period, "rows": one.rows, "debit": one.debit, "credit": one.credit, "hash": one.hash}
        for one in company.periods
    ]
    told = {
        "recipe": reconciliation.recipe(ENTRIES),
        "period_from": None,
        "period_to": None,
        "companies": [{"company": company.company, "periods": lines}],
    }
    yield from program.compare(told, rows)


def test_a_copy_up_to_the_sequence_equals_the_register_of_that_moment(
    books: factories.Books, together: Together
) -> None:
    subscription = factories.make_subscription("ledger_entries")
    writers = [together.start(write, books, seed) for seed in (1, 2)]
    answers = []
    while not all(writer.done() for writer in writers):
        fan_out.drain()
        answers.append(look(subscription, books))
    for writer in writers:
        writer.result()
    fan_out.drain()
    answers.append(look(subscription, books))
    consumer = Rewinding(subscription, answers)
    consumer.fetch_all()
    assert consumer.compared > 1
    assert consumer.last_sequence == answers[-1].sequence
    assert Voucher.objects.count() * 2 == LedgerEntry.objects.count() == len(consumer.copy)
