"""How often a key may ask; against a real Valkey."""

import logging
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import pytest
import redis
from django.conf import settings as ours
from pytest_django import Settings

from access.http import throttling
from access.http.throttling import Rate, seconds_to_wait
from access.models import AccessTemplate, ClientAccess, ClientGrant, KeyKind
from ledger.models import Company
from tests.access.probe import Probe, get, problem
from tests.factories import ApplicationFactory, CompanyFactory, OfficeFactory, make_key, permission

COUNT_IN_A_PROCESS = """
import sys, django
from django.conf import settings
django.setup()
settings.CACHES["default"]["LOCATION"] = sys.argv[1]
from access.http.throttling import Rate, seconds_to_wait
print(sum(seconds_to_wait({sys.argv[2]: Rate(50, 60)}) is None for _ in range(40)))
"""


@pytest.fixture
def name() -> str:
    return f"test:{uuid4()}"


def let_through(rate: Rate, name: str, times: int) -> int:
    """Ask so many times, as fast as can be; return how many were let through."""
    return sum(seconds_to_wait({name: rate}) is None for _ in range(times))


@pytest.mark.parametrize(
    ("text", "rate"), [("5/s", Rate(5, 1)), ("60/min", Rate(60, 60)), ("1000/h", Rate(1000, 3600))]
)
def test_a_rate_is_read(text: str, rate: Rate) -> None:
    assert Rate.parse(text) == rate


@pytest.mark.parametrize("text", ["", "5", "5/", "/s", "0/s", "-1/s", "5/day", "5.5/s", "five/s"])
def test_a_rate_that_says_nothing_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a rate"):
        Rate.parse(text)


def test_no_more_than_the_rate_are_let_through(name: str) -> None:
    assert let_through(Rate(5, 60), name, 20) == 5


def test_no_stretch_of_a_second_has_more_than_the_rate_wherever_it_begins(name: str) -> None:
    passed: list[float] = []
    end = time.monotonic() + 2.5
    while time.monotonic() < end:
        before = time.monotonic()
        if seconds_to_wait({name: Rate(5, 1)}) is None:
            passed.append(before)
    assert 10 <= len(passed) <= 15
    # 10 ms: our clock is read before the server's.
    assert all(later - earlier > 0.99 for earlier, later in zip(passed, passed[5:], strict=False))


def test_a_client_that_keeps_to_the_rate_is_never_refused(name: str) -> None:
    for _ in range(2):
        assert let_through(Rate(5, 1), name, 5) == 5
        time.sleep(1.01)


def test_who_waits_as_told_is_let_through(name: str) -> None:
    let_through(Rate(5, 1), name, 5)
    wait = seconds_to_wait({name: Rate(5, 1)})
    assert wait == 1
    time.sleep(wait)
    assert seconds_to_wait({name: Rate(5, 1)}) is None


def test_threads_are_counted_together(name: str) -> None:
    with ThreadPoolExecutor(8) as threads:
        counts = threads.map(lambda _number: let_through(Rate(50, 60), name, 20), range(8))
        assert sum(counts) == 50


def test_processes_are_counted_together(name: str) -> None:
    command = [sys.executable, "-c", COUNT_IN_A_PROCESS, str(ours.CACHES["default"]["LOCATION"]), name]
    processes = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    counts = [int(process.communicate(timeout=60)[0]) for process in processes]
    assert sum(counts) == 50


def test_nothing_is_kept_longer_than_the_window(name: str) -> None:
    let_through(Rate(5, 1), name, 5)
    client = redis.Redis.from_url(str(ours.CACHES["default"]["LOCATION"]))
    (key,) = client.keys(f"*{name}*")
    assert 0 < client.pttl(key) <= 1000


@pytest.mark.django_db
def test_a_key_that_asks_too_often_is_told_when_to_come_back(settings: Settings) -> None:
    settings.UTKORG_THROTTLE_RATES = {"pending": "2/min"}
    _key, text = make_key()
    assert [get(text).status_code for _ in range(3)] == [200, 200, 429]
    response = get(text)
    problem(response, 429, "throttled")
    assert 0 < int(response["Retry-After"]) <= 60


@pytest.mark.django_db
def test_each_key_is_counted_for_itself(settings: Settings) -> None:
    settings.UTKORG_THROTTLE_RATES = {"pending": "1/min"}
    texts = [make_key()[1] for _ in range(2)]
    assert [get(text).status_code for text in texts * 2] == [200, 200, 429, 429]


@pytest.mark.django_db
@pytest.mark.parametrize("rates", [{}, {"pending": None}, {"pending": ""}, {"revisions": "1/min"}])
def test_a_scope_without_a_rate_is_not_limited(settings: Settings, rates: dict[str, Any]) -> None:
    settings.UTKORG_THROTTLE_RATES = rates
    _key, text = make_key()
    assert {get(text).status_code for _ in range(10)} == {200}


@pytest.mark.django_db
def test_with_the_cache_away_everything_goes_on_and_one_line_is_logged(
    settings: Settings, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    throttling._note_outage.cache_clear()
    settings.UTKORG_THROTTLE_RATES = {"pending": "1/min"}
    settings.CACHES = {"default": {**ours.CACHES["default"], "LOCATION": f"unix://{tmp_path}/gone"}}
    _key, text = make_key()
    began = time.monotonic()
    with caplog.at_level(logging.WARNING, logger=throttling.__name__):
        assert {get(text).status_code for _ in range(10)} == {200}
    assert time.monotonic() - began < 1
    assert [record.name for record in caplog.records].count(throttling.__name__) == 1
    assert text not in caplog.text


def office_keys(count: int) -> list[tuple[Company, Company, str]]:
    """So many keys of an office: for each a client that all have, one of its own, and its text."""
    office, shared = OfficeFactory.create(), CompanyFactory.create()
    ClientAccess.objects.create(office=office, company=shared)
    application = ApplicationFactory.create(supports_office_keys=True)
    found = []
    for _ in range(count):
        key, text = make_key(kind=KeyKind.OFFICE, office=office, application=application)
        own = CompanyFactory.create()
        ClientAccess.objects.create(office=office, company=own)
        template = AccessTemplate.objects.create(name=f"Template {key.pk}")
        template.permissions.add(permission("access.view_application"), permission("ledger.view_voucher"))
        for company in (shared, own):
            ClientGrant.objects.create(key=key, company=company, template=template)
        found.append((shared, own, text))
    return found


class OfClients(Probe):
    """A view that office keys may ask."""

    required_permissions = {"GET": "ledger.view_voucher", "POST": "ledger.view_voucher"}


@pytest.mark.django_db
def test_offices_keys_are_counted_together_for_each_client(settings: Settings) -> None:
    settings.UTKORG_THROTTLE_RATES, settings.UTKORG_THROTTLE_CLIENT_RATES = {}, {"pending": "2/min"}
    keys = office_keys(3)
    answers = [get(text, f"?company={shared.number}", view=OfClients).status_code for shared, _own, text in keys]
    assert answers == [200, 200, 429]
    shared, own, text = keys[2]
    assert get(text, f"?company={own.number}", view=OfClients).status_code == 200
    assert get(text, view=OfClients).status_code == 200
    response = get(text, f"?company={own.number}&company={shared.number}", view=OfClients)
    problem(response, 429, "throttled")
    assert 0 < int(response["Retry-After"]) <= 60
    # What was refused for one client wasn't counted for the other.
    assert get(text, f"?company={own.number}", view=OfClients).status_code == 200
    assert get(text, f"?company={own.number}", view=OfClients).status_code == 429


@pytest.mark.django_db
def test_naming_a_company_out_of_sight_hinders_nobody(settings: Settings) -> None:
    settings.UTKORG_THROTTLE_RATES, settings.UTKORG_THROTTLE_CLIENT_RATES = {}, {"pending": "1/min"}
    ((_shared, own, text), (_same, other, stranger)) = office_keys(2)
    for number in (own.number, "unknown", "\0"):
        assert get(stranger, "?" + urlencode({"company": number}), view=OfClients).status_code != 429
        assert get(stranger, "?" + urlencode({"company": number}), view=OfClients).status_code != 429
    assert get(text, f"?company={own.number}", view=OfClients).status_code == 200
    assert get(stranger, f"?company={other.number}", view=OfClients).status_code == 200


@pytest.mark.django_db
def test_an_end_users_key_isnt_counted_for_its_company(settings: Settings) -> None:
    settings.UTKORG_THROTTLE_RATES, settings.UTKORG_THROTTLE_CLIENT_RATES = {}, {"pending": "1/min"}
    company = CompanyFactory.create()
    _key, text = make_key(company=company)
    assert [get(text, f"?company={company.number}", view=OfClients).status_code for _ in range(3)] == [200] * 3
