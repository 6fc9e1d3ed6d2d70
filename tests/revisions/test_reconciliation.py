"""Reconciliation: one snapshot of the register, beside what is still on its way to the integration."""

from datetime import date
from typing import Any

import pytest
from django.db import connection

from information_types import registry
from ledger.models import LedgerEntry, Voucher
from revisions import fan_out, queues, reconciliation
from revisions.exceptions import CannotReconcile
from revisions.reconciliation import Figures, OfCompany, Period
from subscriptions.models import Subscription
from subscriptions.services import change_parts
from tests import factories
from tests.consumers import Consumer

pytestmark = pytest.mark.django_db


def look(subscription: Subscription, *books: factories.Books, name: str = "ledger_entries", **period: Any) -> Figures:
    return reconciliation.figures(
        subscription=subscription,
        information_type=registry.get(name),
        companies=[one.company.pk for one in books],
        period=Period(**period),
    )


def company_of(found: Figures) -> OfCompany:
    (company,) = found.companies
    return company


def test_rows_sums_and_a_hash_stand_by_company_and_month() -> None:
    ours, theirs = factories.make_books(number="100"), factories.make_books(number="200")
    for books, days in (
        (ours, (date(2024, 1, 31), date(2024, 2, 1), date(2024, 2, 29))),
        (theirs, (date(2024, 2, 1),)),
    ):
        for day in days:
            books.post(day=day)
    found = look(factories.make_subscription(), ours, theirs)
    assert [
        (company.company, line.period, line.rows, line.debit, line.credit)
        for company in found.companies
        for line in company.periods
    ] == [
        ("100", "2024-01", 2, "100.00", "-100.00"),
        ("100", "2024-02", 4, "200.00", "-200.00"),
        ("200", "2024-02", 2, "100.00", "-100.00"),
    ]
    assert len({line.hash for company in found.companies for line in company.periods}) == 3


def test_both_months_of_a_period_are_included(books: factories.Books) -> None:
    for month in (1, 2, 3, 12):
        books.post(day=date(2024, month, 28))
    subscription = factories.make_subscription()

    def months(**period: Any) -> list[str | None]:
        return [line.period for line in company_of(look(subscription, books, **period)).periods]

    assert months(first="2024-02", last="2024-03") == ["2024-02", "2024-03"]
    assert months(first="2024-12") == ["2024-12"]
    assert months(last="2024-01") == ["2024-01"]
    assert months(first="0001-01", last="0002-01") == []
    assert months(first="2024-12", last="2024-12") == ["2024-12"]
    assert months(last="9999-12") == ["2024-01", "2024-02", "2024-03", "2024-12"]


def test_a_type_without_date_has_one_line_and_no_periods(books: factories.Books) -> None:
    subscription = factories.make_subscription()
    (line,) = company_of(look(subscription, books, name="accounts")).periods
    assert (line.period, line.rows, line.debit, line.credit) == (None, 2, None, None)
    with pytest.raises(CannotReconcile) as refused:
        look(subscription, books, name="accounts", first="2024-01")
    assert (refused.value.code, refused.value.field) == ("no_periods", "period_from")


def test_types_of_one_table_are_told_apart(books: factories.Books) -> None:
    factories.DimensionValueFactory.create(company=books.company, dimension=1)
    factories.DimensionValueFactory.create_batch(2, company=books.company, dimension=2)
    subscription = factories.make_subscription()
    rows = {
        name: sum(line.rows for line in company_of(look(subscription, books, name=name)).periods)
        for name in ("cost_centres", "projects", "objects")
    }
    assert rows == {"cost_centres": 1, "projects": 2, "objects": 0}


def test_what_is_on_its_way_is_told(books: factories.Books) -> None:
    subscription = factories.make_subscription("ledger_entries")
    subscription.resync.all().delete()
    books.post()
    before = look(subscription, books)
    assert (before.sequence, company_of(before).unqueued, company_of(before).queued) == (0, 2, 0)
    fan_out.drain()
    queued = look(subscription, books)
    assert (queued.sequence, company_of(queued).unqueued, company_of(queued).queued) == (2, 0, 2)
    assert not company_of(queued).is_settled
    Consumer(subscription).fetch_all()
    fetched = look(subscription, books)
    assert (fetched.sequence, company_of(fetched).queued) == (2, 0)
    assert company_of(fetched).is_settled


def test_another_types_and_companies_rows_are_not_counted_as_on_their_way(books: factories.Books) -> None:
    subscription, other = factories.make_subscription(), factories.make_books()
    subscription.resync.all().delete()
    Consumer(subscription).fetch_all()
    other.post()
    factories.SupplierFactory.create(company=books.company)
    assert company_of(look(subscription, books)).is_settled
    fan_out.drain()
    assert company_of(look(subscription, books)).is_settled
    assert company_of(look(subscription, other)).queued == 2


def test_what_was_never_queued_is_told(books: factories.Books) -> None:
    subscription = factories.make_subscription("ledger_entries")
    assert company_of(look(subscription, books)).resync
    subscription.resync.all().delete()
    assert not company_of(look(subscription, books)).resync
    books.post()
    fan_out.drain()
    queues.cut(subscription=subscription)
    cut = look(subscription, books)
    assert (cut.epoch, company_of(cut).resync, company_of(cut).queued) == (2, True, 0)


def test_an_inactive_subscription_says_so(books: factories.Books) -> None:
    subscription = factories.make_subscription()
    assert look(subscription, books).active
    change_parts(subscription=subscription, active=False)
    assert not look(subscription, books).active


def test_what_is_refused(books: factories.Books) -> None:
    def refusal(subscription: Subscription, **period: Any) -> tuple[str, str]:
        with pytest.raises(CannotReconcile) as refused:
            look(subscription, books, **period)
        return refused.value.code, refused.value.field

    subscription = factories.make_subscription()
    assert refusal(subscription, first="2024-02", last="2024-01") == ("invalid", "period_to")
    assert refusal(subscription, first="2014-01", last="2024-01") == ("too_much", "period_to")
    assert look(subscription, books, first="2014-02", last="2024-01").companies
    assert refusal(factories.make_subscription("accounts")) == ("not_subscribed", "information_type")


def test_what_takes_too_long_is_given_up_as_too_much(books: factories.Books, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reconciliation, "MILLISECONDS", 20)
    slow = reconciliation.FIGURES.replace("\nfrom head\n", "\nfrom (select pg_sleep(5)) slow, head\n")
    monkeypatch.setattr(reconciliation, "FIGURES", slow)
    with pytest.raises(CannotReconcile) as refused:
        look(factories.make_subscription(), books)
    assert refused.value.code == "too_much"
    with connection.cursor() as cursor:
        cursor.execute("select current_setting('statement_timeout')")
        assert cursor.fetchone() != ("20ms",)


def test_more_lines_than_an_answer_has_are_too_much(books: factories.Books, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reconciliation, "MOST_LINES", 1)
    subscription = factories.make_subscription()
    books.post()
    assert look(subscription, books).companies
    books.post(day=date(2024, 3, 1))
    with pytest.raises(CannotReconcile) as refused:
        look(subscription, books)
    assert refused.value.code == "too_much"


MANY, VOUCHERS = 10, 60
READ = "select sum(coalesce(idx_tup_fetch, 0) + coalesce(seq_tup_read, 0)) from pg_stat_xact_user_tables"


def test_a_companys_month_reads_its_own_range_alone() -> None:
    companies = [factories.make_books() for _company in range(MANY)]
    for books in companies:
        make_vouchers(books)
    subscription = factories.make_subscription()
    with connection.cursor() as cursor:
        cursor.execute("analyze")
        cursor.execute("set local enable_seqscan = off")  # small tables may be cheapest read whole
        before = rows_read()
        found = look(subscription, companies[0], first="2024-03", last="2024-03")
        # a voucher, its rows, and what their keys need; and what stands beside the register
        assert rows_read() - before < sum(line.rows for line in company_of(found).periods) * 6 + 100


def make_vouchers(books: factories.Books) -> None:
    """Five vouchers a month."""
    vouchers = Voucher.objects.bulk_create(
        Voucher(
            company=books.company,
            financial_year=books.year,
            series="A",
            number=str(number),
            voucher_date=date(2024, number % 12 + 1, 5),
            last_row=2,
        )
        for number in range(1, VOUCHERS + 1)
    )
    LedgerEntry.objects.bulk_create(
        LedgerEntry(voucher=voucher, row=row, account=books.cash, amount=amount, entry_date=voucher.voucher_date)
        for voucher in vouchers
        for row, amount in ((1, 1), (2, -1))
    )


def rows_read() -> int:
    with connection.cursor() as cursor:
        cursor.execute(READ)
        return int(cursor.fetchone()[0])
