"""What `getTimeTransactions` refuses, and how it goes on beyond its limits."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from ledger.models import Company
from tests.access.offices import Bureau, grant, make_template
from tests.access.probe import errors, problem
from tests.factories import CompanyFactory, TimeCategoryFactory, TimeTransactionFactory, make_key
from tests.timesheets.callers import RIGHTS, Exporter, person, token, uids
from timesheets import time_api
from timesheets.api import views
from timesheets.models import TimeCategory, TimeTransaction
from timesheets.time_api import MOST_RECORDS

pytestmark = pytest.mark.django_db

JULY = {"fromDate": "2024-07-01", "toDate": "2024-07-31"}


@pytest.fixture(autouse=True)
def _unlimited(settings: Settings) -> None:
    settings.UTKORG_THROTTLE_RATES = {}


@pytest.fixture
def category() -> TimeCategory:
    return TimeCategoryFactory.create(company=CompanyFactory.create(number="100"), number=10)


@pytest.fixture
def company(category: TimeCategory) -> Company:
    return category.company


@pytest.fixture
def exporter(company: Company) -> Exporter:
    person(company=company)
    return Exporter(token(), clientId="100", **JULY)


def make_rows(category: TimeCategory, count: int, *, first: int = 1) -> None:
    """So many registrations, spread over July."""
    TimeTransaction.objects.bulk_create(
        TimeTransaction(
            company=category.company,
            time_category=category,
            uid=uid,
            employee_id=uid % 7,
            date_in=date(2024, 7, 1) + timedelta(days=uid % 31),
            quantity="7.50",
        )
        for uid in range(first, first + count)
    )


# Too much


@pytest.mark.parametrize(("last", "days"), [("2024-07-31", 31), ("2024-08-01", 32), ("2025-07-01", 366)])
def test_a_period_has_at_most_31_days(exporter: Exporter, last: str, days: int) -> None:
    for more in ({}, {"cursor": ""}):
        answer = exporter.get(toDate=last, **more)
        if days <= 31:
            assert answer.status_code == 200
        else:
            found = problem(answer, 400, "period_too_long")
            assert (found["count"], found["limit"]) == (days, 31)
            assert found["hint"]
            assert str(days) in found["detail"]


def test_a_period_ends_after_it_begins(exporter: Exporter) -> None:
    assert errors(exporter.get(fromDate="2024-07-02", toDate="2024-07-01")) == [("toDate", "before_from_date")]
    assert exporter.get(toDate="2024-07-01").status_code == 200


def test_5000_records_are_answered_and_5001_counted(category: TimeCategory, exporter: Exporter) -> None:
    make_rows(category, MOST_RECORDS)
    assert len(exporter.get().json()) == MOST_RECORDS
    make_rows(category, 1, first=MOST_RECORDS + 1)
    found = problem(exporter.get(), 400, "too_many_records")
    assert (found["count"], found["limit"]) == (MOST_RECORDS + 1, MOST_RECORDS)
    assert found["hint"]
    assert len(exporter.get(employeeIdFilter="1").json()) == len(range(1, MOST_RECORDS + 2, 7))


# Queries


def queries(exporter: Exporter) -> int:
    with CaptureQueriesContext(
        connection,
    ) as captured:
        assert len(exporter.get().json()) == MOST_RECORDS
    return len(captured)


def test_5000_records_take_at_most_three_queries_with_authentication(
    category: TimeCategory, exporter: Exporter
) -> None:
    """The token with its user or key, the rights, the hours. An office's key: its clients and templates as well."""
    make_rows(category, MOST_RECORDS)
    assert queries(exporter) == 3
    owner = person("olle", company=category.company)
    _key, text = make_key(owner=owner, company=category.company)
    assert queries(Exporter(token(api_key=text), clientId="100", **JULY)) == 3
    bureau = Bureau(clients=[category.company])
    bureau.give(*RIGHTS)
    key, text = bureau.make_key()
    grant(key, make_template(*RIGHTS), category.company)
    assert queries(Exporter(token(api_key=text), clientId="100", **JULY)) == 4


# Pages


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> int:
    """Pages of ten, as if the limit were that."""
    read = time_api.page_of_hours
    monkeypatch.setattr(views, "page_of_hours", lambda *told, **named: read(*told, **named, most=10))
    return 10


def pages(exporter: Exporter, **asked: Any) -> list[list[int]]:
    """Every page, one after the other."""
    found, cursor = [], ""
    while True:
        answer = exporter.get(**asked, cursor=cursor)
        found.append(uids(answer))
        if "X-Next-Cursor" not in answer:
            return found
        cursor = answer["X-Next-Cursor"]


@pytest.mark.parametrize("count", [0, 1, 9, 10, 11, 20, 25])
def test_pages_hold_everything_once(category: TimeCategory, exporter: Exporter, small_pages: int, count: int) -> None:
    make_rows(category, count)
    found = pages(exporter)
    assert [uid for page in found for uid in page] == list(range(1, count + 1))
    assert len(found) == max(1, -(-count // small_pages))


def test_more_than_5000_come_in_pages_of_5000(category: TimeCategory, exporter: Exporter) -> None:
    make_rows(category, MOST_RECORDS + 3)
    assert [len(page) for page in pages(exporter)] == [MOST_RECORDS, 3]


def test_pages_stay_whole_while_others_write(category: TimeCategory, exporter: Exporter, small_pages: int) -> None:
    """What is there all the time comes once, whatever is registered, deleted or moved to another day meanwhile."""
    make_rows(category, 25)
    first = exporter.get(cursor="")
    rows = TimeTransaction.objects.all()
    rows.filter(uid__in=[3, 15]).delete()
    rows.filter(uid__lte=12).update(date_in=date(2024, 7, 31))
    rows.filter(uid__gte=20).update(date_in=date(2024, 7, 1), quantity=1)
    make_rows(category, 2, first=26)
    second = exporter.get(cursor=first["X-Next-Cursor"])
    third = exporter.get(cursor=second["X-Next-Cursor"])
    assert uids(first) == list(range(1, 11))
    assert uids(second) + uids(third) == [uid for uid in range(11, 28) if uid != 15]
    assert "X-Next-Cursor" not in third


def test_a_cursor_is_of_its_question_alone(category: TimeCategory, exporter: Exporter, small_pages: int) -> None:
    make_rows(category, 25)
    cursor = exporter.get(cursor="", employeeIdFilter="1,2,3,4")["X-Next-Cursor"]
    assert exporter.get(cursor=cursor, employeeIdFilter=["4", "3", "2,1"]).status_code == 200
    assert exporter.post(cursor=cursor, employeeIdFilter=[1, 2, 3, 4]).status_code == 200
    for other in ({}, {"employeeIdFilter": "1"}, {"employeeIdFilter": "1,2,3,4", "toDate": "2024-07-30"}):
        assert errors(exporter.get(**other, cursor=cursor)) == [("cursor", "other_question")]


@pytest.mark.parametrize("cursor", ["x", "a:b:c", "WzEsIngiXQ:1abc:def", "é", " "])
def test_a_forged_cursor_is_refused(category: TimeCategory, exporter: Exporter, small_pages: int, cursor: str) -> None:
    make_rows(category, 11)
    given = exporter.get(cursor="")["X-Next-Cursor"]
    for forged in (cursor, given[:-1] + ("A" if given[-1] != "A" else "B"), "x" + given):
        if forged.strip():
            assert errors(exporter.get(cursor=forged)) == [("cursor", "invalid_cursor")]


# What isn't a question


WRONG = [
    ("clientId", "x\0y", "null_characters_not_allowed"),
    ("clientId", "", "blank"),
    ("clientId", "1" * 33, "max_length"),
    ("fromDate", "2024-7-1", "invalid"),
    ("fromDate", "20240701", "invalid"),
    ("fromDate", "2024-02-30", "invalid"),
    ("fromDate", "2024-07-01 00:00", "invalid"),
    ("toDate", "", "invalid"),
    ("approvedLevelFilter", "0", "min_value"),
    ("approvedLevelFilter", "5", "max_value"),
    ("employeeIdFilter", "", "empty_value"),
    ("employeeIdFilter", "1,", "empty_value"),
    ("employeeIdFilter", "Ola", "invalid"),
    ("employeeIdFilter", "1.0", "invalid"),
    ("employeeIdFilter", "1_0", "invalid"),
    ("employeeIdFilter", "9" * 19, "invalid"),
    ("timeCategoryTypeIdFilter", "X", "invalid_choice"),
    ("timeCategoryTypeIdFilter", "o", "invalid_choice"),
    ("includePayableCategory", "3", "invalid_choice"),
    ("includePayableCategory", "true", "invalid_choice"),
    ("includeElementsWithExternalStatusCodeNull", "1", "invalid"),
    ("externalStatusCodeFilter", "", "empty_value"),
    ("externalStatusCodeFilter", "x" * 65, "max_length"),
    ("projectAlphanumericCodeFilter", "B\0", "null_characters_not_allowed"),
    ("lastUpdatedGreaterThanOrEqualToFilter", "yesterday", "invalid"),
    ("lastUpdatedGreaterThanOrEqualToFilter", "2024-07-01T00:00:00Z", "invalid"),
    ("lastUpdatedGreaterThanOrEqualToFilter", "2024-07-01 25:00", "invalid"),
    ("lastApprovedOrUpdatedFilter", "", "invalid"),
    ("cursor", "x" * 1001, "max_length"),
]


@pytest.mark.parametrize(("name", "value", "code"), WRONG, ids=lambda part: str(part)[:40])
def test_a_wrong_value_is_told_at_its_parameter(exporter: Exporter, name: str, value: str, code: str) -> None:
    found = errors(exporter.get(**{name: value}))
    assert {field.split(".")[0] for field, _code in found if field} == {name}
    assert {one for _field, one in found} == {code}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("employeeIdFilter", True),
        ("employeeIdFilter", [True]),
        ("employeeIdFilter", 1.5),
        ("employeeIdFilter", []),
        ("employeeIdFilter", [[1]]),
        ("employeeIdFilter", {"a": 1}),
        ("employeeIdFilter", 2**63),
        ("employeeIdFilter", list(range(5001))),
        ("projectAlphanumericCodeFilter", 7),
        ("projectAlphanumericCodeFilter", [None]),
        ("includePayableCategory", True),
        ("includeElementsWithExternalStatusCodeNull", 1),
        ("clientId", True),
        ("clientId", ["100"]),
        ("fromDate", 20240701),
        ("fromDate", None),
        ("cursor", 7),
        ("timeCategoryTypeIdFilter", {}),
    ],
    ids=lambda part: str(part)[:40],
)
def test_a_wrong_value_of_a_body_is_told_too(exporter: Exporter, name: str, value: Any) -> None:
    found = errors(exporter.post(**{name: value}))
    assert {(field or "").split(".")[0] for field, _code in found} == {name}


@pytest.mark.parametrize("value", [1, "1", [1], ["1"], [1, "2"]], ids=str)
def test_a_body_may_write_numbers_either_way(company: Company, exporter: Exporter, value: Any) -> None:
    row = TimeTransactionFactory.create(company=company, employee_id=1)
    assert uids(exporter.post(employeeIdFilter=value, clientId=100)) == [row.uid]


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("projectIdfilter", "projectIdFilter"),
        ("ClientId", "clientId"),
        ("employeeIdFilters", "employeeIdFilter"),
        ("lastUpdatedFilter", "lastApprovedOrUpdatedFilter"),
        ("zzz", ""),
    ],
)
def test_an_unknown_parameter_is_refused_and_the_near_ones_named(exporter: Exporter, name: str, near: str) -> None:
    for answer in (exporter.get(**{name: "1"}), exporter.post(**{name: "1"})):
        (error,) = problem(answer, 400, "invalid")["errors"]
        assert (error["field"], error["code"]) == (name, "unknown_parameter")
        assert near in error["detail"]


def test_a_single_value_is_not_repeated(exporter: Exporter) -> None:
    assert errors(exporter.get(toDate=["2024-07-01", "2024-07-02"])) == [("toDate", "repeated")]


def test_a_body_takes_no_query_but_the_token(exporter: Exporter) -> None:
    url = "/api/public/v1/Time/getTimeTransactions?fromDate=2024-07-01"
    answer = exporter.client.post(url, "{}", content_type="application/json")
    assert errors(answer) == [("fromDate", "unknown_parameter")]


@pytest.mark.parametrize("body", ["", "[]", "7", "null", '"x"', "{"])
def test_a_body_is_an_object(exporter: Exporter, body: str) -> None:
    url = "/api/public/v1/Time/getTimeTransactions"
    problem(exporter.client.post(url, body, content_type="application/json"), 400, "invalid")
