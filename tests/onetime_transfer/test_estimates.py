"""What a transfer would bring and how long it would take, told before it is asked for."""

from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from information_types import registry
from ledger.models import FinancialYear
from onetime_transfer import estimates, running, services
from onetime_transfer.admin.words import exactly, roughly
from onetime_transfer.exceptions import NotSubscribed, WrongParameters
from onetime_transfer.models import Transfer
from onetime_transfer.presets import presets_for
from subscriptions.models import Subscription
from tests import factories
from tests.registers import make_some_of_each, widest

pytestmark = pytest.mark.django_db


@pytest.fixture
def books() -> factories.Books:
    return factories.make_books(number="100")


@pytest.fixture
def subscription(books: factories.Books) -> Subscription:
    return factories.make_subscription()


def estimate(subscription: Subscription, name: str, **options: Any) -> estimates.Estimate:
    known = registry.get(name)
    return estimates.estimate(
        subscription=subscription, information_type=known, **{"parameters": widest(known), **options}
    )


@pytest.mark.parametrize("name", registry.names())
def test_an_estimate_is_what_the_transfer_then_brings(
    subscription: Subscription, books: factories.Books, name: str
) -> None:
    make_some_of_each(books)
    make_some_of_each(factories.make_books(number="200"))
    found = estimate(subscription, name)
    transfer = services.request_transfer(
        subscription=subscription, information_type=registry.get(name), parameters=widest(registry.get(name))
    )
    running.run(transfer_id=transfer.pk)
    transfer.refresh_from_db()
    assert (found.rows, found.is_about) == (transfer.rows_done, False)
    assert [[company.number, company.name, rows] for company, rows in found.by_company] == transfer.counts


def test_parameters_and_companies_narrow_it(subscription: Subscription, books: factories.Books) -> None:
    books.post(day=date(2024, 2, 3))
    books.post(day=date(2024, 5, 3))
    other = factories.make_books(number="200")
    other.post()
    months = {"period_from": "2024-01", "period_to": "2024-03"}
    assert estimate(subscription, "ledger_entries", parameters=months).rows == 4
    assert estimate(subscription, "ledger_entries", parameters=months, companies=[other.company]).rows == 2


def test_it_refuses_what_the_transfer_would_refuse(books: factories.Books) -> None:
    subscription = factories.make_subscription("suppliers", companies=[books.company])
    with pytest.raises(NotSubscribed):
        estimate(subscription, "accounts")
    with pytest.raises(NotSubscribed):
        estimate(subscription, "suppliers", companies=[factories.CompanyFactory.create()])
    with pytest.raises(WrongParameters):
        estimate(subscription, "suppliers", parameters={"date_from": "2024-01-01"})


def test_beyond_a_bound_it_says_about(
    subscription: Subscription, books: factories.Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    factories.SupplierFactory.create_batch(7, company=books.company)
    monkeypatch.setattr(estimates, "MOST_COUNTED", 5)
    found = estimate(subscription, "suppliers")
    assert found.is_about
    assert found.rows >= 5
    assert not found.by_company


def test_a_count_that_takes_too_long_is_given_up_and_the_connection_is_as_before(
    subscription: Subscription, books: factories.Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    factories.SupplierFactory.create(company=books.company)
    slow = "with chosen as (select u.{segment} as segment, pg_sleep(5) {found} limit %(most)s) select 1, 1 from chosen"
    found = "from {source} where u.{segment} = any(%(segments)s) and {conditions} and {only}"
    monkeypatch.setattr("onetime_transfer.walk.COUNT_BY_SEGMENT", slow.replace("{found}", found))
    monkeypatch.setattr(estimates, "MILLISECONDS", 50)
    assert estimate(subscription, "suppliers").is_about
    with connection.cursor() as cursor:
        cursor.execute("select current_setting('statement_timeout')")
        assert cursor.fetchone() == ("0",)


def test_the_duration_follows_the_last_transfers(subscription: Subscription) -> None:
    known = registry.get("suppliers")
    guess = estimates.seconds_for(30_000, known)
    assert guess == 3
    Transfer.objects.create(
        subscription=subscription,
        information_type=registry.get("accounts").number,
        status="done",
        rows_done=10_000,
        seconds_running=10,
    )
    assert estimates.seconds_for(30_000, known) == 31, "another type's rate is better than a guess"
    Transfer.objects.create(
        subscription=subscription, information_type=known.number, status="done", rows_done=10_000, seconds_running=1
    )
    assert estimates.seconds_for(30_000, known) == 4


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.2, "roughly one second"),
        (12, "roughly 12 seconds"),
        (200, "roughly 3 minutes"),
        (9000, "roughly 2.5 hours"),
    ],
)
def test_lengths_of_time_are_said_as_people_do(seconds: float, words: str) -> None:
    assert roughly(seconds) == words


def test_lengths_of_time_that_passed_are_said_short() -> None:
    assert [exactly(seconds) for seconds in (0.41, 12.4, 75, 3_700)] == ["0.4 s", "12 s", "1 min 15 s", "1 h 1 min"]


def test_presets_know_the_companys_financial_years(books: factories.Books) -> None:
    today = timezone.localdate()
    factories.FinancialYearFactory.create(
        company=books.company, first_day=today.replace(day=1), last_day=date(today.year + 1, 12, 31)
    )
    found = {
        str(preset.label): (preset.first, preset.last)
        for preset in presets_for(registry.get("ledger_entries"), books.company.financial_years.all())
    }
    assert found["This financial year"] == (today.replace(day=1).isoformat(), f"{today.year + 1}-12-31")
    assert found["The financial year before"] == ("2024-01-01", "2024-12-31")
    assert found["All years"] == ("2024-01-01", f"{today.year + 1}-12-31")
    assert len(found["The last 12 months"]) == 2


def test_presets_of_old_books_begin_with_their_last_year(books: factories.Books) -> None:
    years = FinancialYear.objects.all()
    labels = [str(preset.label) for preset in presets_for(registry.get("ledger_entries"), years)]
    assert labels == ["The last financial year", "The last 12 months", "All years"]
    assert presets_for(registry.get("suppliers"), years) == []
    assert [str(preset.label) for preset in presets_for(registry.get("supplier_invoices"), years)][-1] == "All days"
