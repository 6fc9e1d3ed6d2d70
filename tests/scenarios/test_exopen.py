"""The story that the outbox was made for, told with a company's books: Exopen wants all bookkeeping, and keeps it."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from information_types import registry
from ledger.services.vouchers import Entry, Header, change_voucher, delete_voucher, post_voucher
from onetime_transfer import running, services
from subscriptions.models import Resync
from subscriptions.services import change_subscription, wish_of
from tests import factories
from tests.consumers import Consumer, Line, register

pytestmark = pytest.mark.django_db(transaction=True)


def ledger(consumer: Consumer) -> dict[str, Decimal]:
    """Balances per account, as the integration would add them up."""
    balances: dict[str, Decimal] = {}
    for line in consumer.of_type("ledger_entries").values():
        balances[line["account"]] = balances.get(line["account"], Decimal(0)) + Decimal(line["amount"])
    return balances


def told(lines: list[Line]) -> list[tuple[str, str, int, str | None]]:
    """What a batch says: operation, voucher, row, amount."""
    return [
        (
            line["operation"],
            f"{line['key']['series']}{line['key']['number']}",
            line["key"]["row"],
            line["data"] and line["data"]["amount"],
        )
        for line in lines
    ]


def transfer_2024(consumer: Consumer) -> None:
    asked = services.request_transfer(
        subscription=consumer.subscription,
        information_type=registry.get("ledger_entries"),
        parameters={"period_from": "2024-01", "period_to": "2024-12"},
    )
    running.run(transfer_id=asked.pk)
    asked.refresh_from_db()
    assert asked.message == "The transfer is done"


def test_a_coffee_machine_is_bought_corrected_and_returned() -> None:
    """Debit is positive and credit negative; A1 is a purchase of 1 250,00 with 25 % VAT, paid from the bank."""
    books = factories.make_books(number="100")
    machine = factories.AccountFactory.create(company=books.company, number="5410", name="Förbrukningsinventarier")
    vat = factories.AccountFactory.create(company=books.company, number="2641", name="Ingående moms")
    bank = factories.AccountFactory.create(company=books.company, number="1930", name="Bank")
    exopen = Consumer(factories.make_subscription("ledger_entries", integration_id="EXOPEN"))

    purchase = post_voucher(
        company=books.company,
        series="A",
        header=Header(voucher_date=date(2024, 3, 15), text="Kaffemaskin"),
        entries=[
            Entry(account=machine, amount=Decimal("1000.00")),
            Entry(account=vat, amount=Decimal("250.00")),
            Entry(account=bank, amount=Decimal("-1250.00")),
        ],
    )
    assert told(exopen.fetch_all()) == [
        ("created", "A1", 1, "1000.00"),
        ("created", "A1", 2, "250.00"),
        ("created", "A1", 3, "-1250.00"),
    ]

    # The receipt said 1 240,00: two rows are corrected, the third, unchanged, isn't sent again.
    cost, tax, paid = factories.entries_of(purchase)
    change_voucher(
        voucher=purchase,
        header=factories.header_of(purchase),
        entries=[replace(cost, amount=Decimal("990.00")), tax, replace(paid, amount=Decimal("-1240.00"))],
    )
    assert told(exopen.fetch_all()) == [("changed", "A1", 1, "990.00"), ("changed", "A1", 3, "-1240.00")]
    assert ledger(exopen) == {"5410": Decimal("990.00"), "2641": Decimal("250.00"), "1930": Decimal("-1240.00")}

    # The text shows in every row.
    change_voucher(
        voucher=purchase,
        header=replace(factories.header_of(purchase), text="Espressomaskin"),
        entries=factories.entries_of(purchase),
    )
    assert [line["data"]["voucher_text"] for line in exopen.fetch_all()] == ["Espressomaskin"] * 3

    delete_voucher(voucher=purchase)
    assert told(exopen.fetch_all()) == [
        ("deleted", "A1", 1, None),
        ("deleted", "A1", 2, None),
        ("deleted", "A1", 3, None),
    ]
    assert ledger(exopen) == {}


def test_at_start_up_everything_is_transferred_and_then_only_changes_come() -> None:
    books = factories.make_books(number="100")
    for month in range(1, 13):
        books.post(books.rows(f"{month}00.00"), day=date(2024, month, 1))
    exopen = Consumer(factories.make_subscription("ledger_entries", integration_id="EXOPEN"))
    assert exopen.fetch_all() == []
    assert Resync.objects.count() == 1, "pending says that bookkeeping of company 100 needs a transfer"

    transfer_2024(exopen)
    lines = exopen.fetch_all()
    assert (len(lines), {line["operation"] for line in lines}) == (24, {"transferred"})
    assert Resync.objects.count() == 0
    assert ledger(exopen) == {"1910": Decimal("7800.00"), "3001": Decimal("-7800.00")}

    books.post(books.rows("22.00"), day=date(2024, 12, 31))
    assert told(exopen.fetch_all()) == [("created", "A13", 1, "22.00"), ("created", "A13", 2, "-22.00")]
    assert exopen.copy == register("ledger_entries")


def test_a_company_newly_selected_needs_a_transfer_and_then_follows() -> None:
    first, second = factories.make_books(number="100"), factories.make_books(number="200")
    exopen = Consumer(factories.make_subscription("ledger_entries", companies=[first.company]))
    first.post()
    second.post()
    assert {line["company"] for line in exopen.fetch_all()} == {"100"}

    wish = replace(wish_of(exopen.subscription), companies=[first.company, second.company])
    change_subscription(subscription=exopen.subscription, wish=wish)
    second.post()
    assert told(exopen.fetch_all()) == [("created", "A2", 1, "100.00"), ("created", "A2", 2, "-100.00")]
    assert exopen.copy != register("ledger_entries"), "A1 of company 200 was posted before"

    transfer_2024(exopen)
    exopen.fetch_all()
    assert exopen.copy == register("ledger_entries")


def test_two_integrations_fetch_and_delete_without_consequence_for_each_other() -> None:
    books = factories.make_books()
    exopen, other = (Consumer(factories.make_subscription("ledger_entries")) for _ in range(2))
    books.post()
    assert len(exopen.fetch_all()) == 2
    books.post()
    assert [line["sequence"] for line in other.fetch_all()] == [1, 2, 3, 4]
    assert [line["sequence"] for line in exopen.fetch_all()] == [3, 4]
