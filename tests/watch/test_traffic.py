"""Rows in and out over time, from the counters that the heart keeps anyway."""

from datetime import timedelta

import pytest
from django.db import connection
from django.db.models import F
from django.utils import timezone

from ledger.models import Company
from revisions import queues
from subscriptions.models import Subscription
from subscriptions.services import delete_subscription
from tests import factories
from tests.connections import connect
from tests.consumers import Consumer
from tests.watch.conftest import queue
from watch import traffic
from watch.models import Meter, Pulse, Traffic

pytestmark = pytest.mark.django_db


def moved(grain: str, subscription: Subscription | None = None) -> list[tuple[int, int]]:
    found = Traffic.objects.filter(grain=grain, subscription=subscription).order_by("at")
    return list(found.values_list("rows_in", "rows_out"))


def test_what_came_in_and_went_out_stands_in_every_grain(subscription: Subscription, company: Company) -> None:
    queue(company, 3)
    traffic.read_counters()
    Consumer(subscription).fetch(limit=2)
    traffic.read_counters()
    for grain in Traffic.Grain.values:
        assert sum(rows for rows, _out in moved(grain, subscription)) == 3
        assert sum(rows for _in, rows in moved(grain, subscription)) == 2
        assert moved(grain, subscription) == moved(grain)


def test_what_was_read_is_not_counted_twice(subscription: Subscription, company: Company) -> None:
    queue(company, 3)
    assert traffic.read_counters() == 1
    assert traffic.read_counters() == 0
    assert moved("d") == [(3, 0)]


def test_the_installation_is_the_sum_of_its_subscriptions(subscription: Subscription, company: Company) -> None:
    factories.make_subscription("suppliers")
    queue(company, 3)
    traffic.read_counters()
    assert moved("d") == [(6, 0)]
    delete_subscription(subscription=subscription)
    assert moved("d") == [(6, 0)]


def test_an_integration_id_used_again_begins_at_nothing(subscription: Subscription, company: Company) -> None:
    queue(company, 3)
    traffic.read_counters()
    delete_subscription(subscription=subscription)
    again = factories.make_subscription("suppliers", integration_id="EXOPEN")
    traffic.read_counters()
    assert moved("d", again) == []


def test_rows_that_are_cut_have_left(subscription: Subscription, company: Company) -> None:
    queue(company, 3)
    queues.cut(subscription=subscription)
    traffic.read_counters()
    assert moved("d", subscription) == [(3, 3)]


def test_counters_of_a_restored_database_count_nothing_backwards(subscription: Subscription) -> None:
    Meter.objects.update(last_sequence=100, departed=50)
    traffic.read_counters()
    assert moved("d") == [(0, 0)]
    assert Meter.objects.get().last_sequence == 0


@pytest.mark.django_db(transaction=True)
def test_anothers_reading_is_not_waited_for(subscription: Subscription, company: Company) -> None:
    queue(company, 1)
    with connect() as other:
        other.execute("select pg_advisory_xact_lock(%s)", [traffic.LOCK])
        assert traffic.read_counters() == 0
    assert traffic.read_counters() == 1


def test_each_reading_is_a_sign_of_life() -> None:
    Pulse.objects.update(beat_at=timezone.now() - timedelta(hours=1))
    traffic.read_counters()
    assert timezone.now() - Pulse.objects.get().beat_at < timedelta(minutes=1)


def test_what_no_chart_shows_is_removed(subscription: Subscription, company: Company) -> None:
    queue(company, 1)
    traffic.read_counters()
    for days, kept in [(1, "mhd"), (3, "hd"), (61, "d"), (400, "")]:
        Traffic.objects.update(at=timezone.now() - timedelta(days=days) - F("id") * timedelta(seconds=1))
        traffic.remove_old()
        assert set(Traffic.objects.values_list("grain", flat=True)) == set(kept)


def test_a_reading_of_a_hundred_subscriptions_is_a_few_statements(company: Company) -> None:
    for _ in range(20):
        factories.make_subscription("suppliers")
    queue(company, 1)
    before = len(connection.queries_log)
    connection.force_debug_cursor = True
    traffic.read_counters()
    connection.force_debug_cursor = False
    assert len(connection.queries_log) - before <= 5
