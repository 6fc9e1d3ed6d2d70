"""Every parameter of `getTimeTransactions`, alone and combined, against a plain filter in Python over the same rows."""

import itertools
import random
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest_django import DjangoDbBlocker
from pytest_django import Settings as DjangoSettings

from tests.factories import CompanyFactory, TimeCategoryFactory
from tests.matrix import kept_for_a_module
from tests.timesheets.callers import Exporter, person, token, uids
from timesheets.models import LEVELS, TimeCategory, TimeTransaction

pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("time_api_filters")]

ROWS, OTHERS = 2_000, 300
OSLO = ZoneInfo("Europe/Oslo")
MONTH = {"fromDate": "2024-07-01", "toDate": "2024-07-31"}
NUMBERS = [None, 1, 2, 3]
CODES = ["", "A", "a", "B400", "x,y"]
STATUS = ["", "", "exported", "EXPORTED", "paid"]
NOON = datetime(2024, 7, 15, 10, tzinfo=UTC)  # 12:00 in Oslo
# A tie for each moment that is asked for, and both sides of it.
MOMENTS = [
    NOON + timedelta(days=day, seconds=second, milliseconds=part)
    for day in (-5, 0, 5)
    for second, part in ((-3600, 0), (-1, 0), (0, -1), (0, 0), (0, 1), (3600, 0))
] + [datetime(2024, 7, 14, 22, tzinfo=UTC), datetime(2024, 7, 14, 21, 59, 59, tzinfo=UTC)]  # midnight in Oslo

Row = dict[str, Any]
Test = Callable[[Row, str], bool]


# The world


class World:
    """One company's hours of a summer, others' beside them, and a program that asks."""

    def __init__(self) -> None:
        draw = random.Random(20240715)
        self.company = CompanyFactory.create(number="100", time_zone="Europe/Oslo")
        other = CompanyFactory.create(number="200", time_zone="Europe/Oslo")
        for company, count, first in ((self.company, ROWS, 1), (other, OTHERS, 1)):
            categories = [
                TimeCategoryFactory.create(company=company, number=number, category_type=letter, payable=payable)
                for number, (letter, payable) in enumerate(itertools.product("OTPS", (True, False)), start=1)
            ]
            made = [self._row(draw, company, categories, uid) for uid in range(first, first + count)]
            TimeTransaction.objects.bulk_create(made)
        with connection.cursor() as cursor:
            cursor.execute("set local session_replication_role = replica")
            for row in TimeTransaction.objects.all():
                row.last_updated_on = draw.choice(MOMENTS)
                row.save(update_fields=["last_updated_on"])
            cursor.execute("set local session_replication_role = origin")
        self.rows: list[Row] = list(
            TimeTransaction.objects.filter(company=self.company)
            .order_by("pk")
            .values(*(field.attname for field in TimeTransaction._meta.concrete_fields), "time_category__number")
        )
        person(company=self.company)
        self.exporter = Exporter(token(), clientId="100")

    def _row(self, draw: random.Random, company: Any, categories: list[TimeCategory], uid: int) -> TimeTransaction:
        numbers = ("department", "task", "order", "project", "sub_project", "project_phase", "shift")
        ids = {f"{name}_id": draw.choice(NUMBERS) for name in (*numbers, "free_dimension1", "free_dimension2")}
        codes = ("project_alphanumeric_code", "sub_project_alphanumeric_code", "phase_alphanumeric_code")
        approvals: Row = {}
        for level in LEVELS:
            if draw.random() < 0.4:
                approvals |= {f"approved_level_{level}": 1, f"approved_level_{level}_on": draw.choice(MOMENTS)}
        return TimeTransaction(
            company=company,
            time_category=draw.choice(categories),
            uid=uid,
            employee_id=draw.choice([1, 2, 3, 155]),
            date_in=date(2024, 6, 25) + timedelta(days=draw.randrange(45)),
            quantity=Decimal(draw.randrange(-100, 1200)) / 100,
            # as classicdutyid it is nothing that dutyIdFilter looks at
            classic_duty_id=draw.choice(NUMBERS),
            external_status_code=draw.choice(STATUS),
            **ids,
            **{name: draw.choice(CODES) for name in codes},
            **approvals,
        )


@pytest.fixture(scope="module")
def made(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[World]:
    with kept_for_a_module(django_db_blocker):
        with django_db_blocker.unblock():
            world = World()
        yield world


@pytest.fixture
def world(made: World, settings: DjangoSettings) -> World:
    settings.UTKORG_THROTTLE_RATES = {}
    return made


# The reference: a filter is a function of a row and a value as it stands in an address.


def among_numbers(column: str) -> Test:
    return lambda row, value: row[column] in [int(one) for one in value.split(",")]


def among_codes(column: str) -> Test:
    return lambda row, value: row[column] in value.split(",")


def approved(row: Row, value: str) -> bool:
    return any(row[f"approved_level_{LEVELS[int(level) - 1]}"] == 1 for level in value.split(","))


def paid(row: Row, value: str) -> bool:
    return value == "2" or row["time_category_payable"] == (value == "1")


def moment(value: str) -> datetime:
    return datetime.fromisoformat(value).replace(tzinfo=OSLO)


def updated(row: Row, value: str) -> bool:
    return bool(row["last_updated_on"] >= moment(value))


def approved_or_updated(row: Row, value: str) -> bool:
    on = [row[f"approved_level_{level}_on"] for level in LEVELS]
    return updated(row, value) or any(one is not None and one >= moment(value) for one in on)


FILTERS: dict[str, Test] = {
    "approvedLevelFilter": approved,
    "employeeIdFilter": among_numbers("employee_id"),
    "departmentIdFilter": among_numbers("department_id"),
    "taskIdFilter": among_numbers("task_id"),
    "orderIdFilter": among_numbers("order_id"),
    "dutyIdFilter": among_numbers("shift_id"),
    "projectIdFilter": among_numbers("project_id"),
    "subProjectIdFilter": among_numbers("sub_project_id"),
    "projectPhaseIdFilter": among_numbers("project_phase_id"),
    "freeDimension1Filter": among_numbers("free_dimension1_id"),
    "freeDimension2Filter": among_numbers("free_dimension2_id"),
    "timeCategoryIdFilter": among_numbers("time_category__number"),
    "timeCategoryTypeIdFilter": among_codes("time_category_type"),
    "includePayableCategory": paid,
    "lastUpdatedGreaterThanOrEqualToFilter": updated,
    "projectAlphanumericCodeFilter": among_codes("project_alphanumeric_code"),
    "subProjectAlphanumericCodeFilter": among_codes("sub_project_alphanumeric_code"),
    "phaseAlphanumericCodeFilter": among_codes("phase_alphanumeric_code"),
    "lastApprovedOrUpdatedFilter": approved_or_updated,
}
STATUS_FILTER, WITH_NULL = "externalStatusCodeFilter", "includeElementsWithExternalStatusCodeNull"
SOME_NUMBERS = ["1", "2,3", "155", "99", "1,1,2"]
SOME_CODES = ["A", "a,B400", "nothing", "b400"]
SOME_MOMENTS = ["2024-07-15 12:00:00.000", "2024-07-15T11:59:59.999", "2024-07-20", "2024-07-15", "2024-07-10 12:00"]
VALUES: dict[str, list[str]] = {
    **{name: SOME_NUMBERS for name in FILTERS if name.endswith(("IdFilter", "1Filter", "2Filter"))},
    **{name: SOME_CODES for name in FILTERS if name.endswith("CodeFilter")},
    **{name: SOME_MOMENTS for name in FILTERS if name.startswith("last")},
    "approvedLevelFilter": ["1", "2", "3", "4", "1,2"],
    "timeCategoryTypeIdFilter": ["O", "T", "P", "S", "P,S"],
    "includePayableCategory": ["0", "1", "2"],
    STATUS_FILTER: ["exported", "EXPORTED,paid", "nothing"],
    WITH_NULL: ["true", "false", "True"],
}


def expected(world: World, asked: dict[str, str]) -> list[int]:
    """What the plain filter lets through, in the order in which it was registered."""
    first, last = (date.fromisoformat(asked.get(name, MONTH[name])) for name in ("fromDate", "toDate"))
    return [
        row["uid"]
        for row in world.rows
        if first <= row["date_in"] <= last
        and all(FILTERS[name](row, value) for name, value in asked.items() if name in FILTERS)
        and has_status(row, asked)
    ]


def has_status(row: Row, asked: dict[str, str]) -> bool:
    code, codes = row["external_status_code"], asked.get(STATUS_FILTER)
    with_null = asked.get(WITH_NULL, "true" if codes is None else "false").lower() == "true"
    if code == "":
        return with_null
    return codes is None or code in codes.split(",")


def as_json(asked: dict[str, str]) -> dict[str, Any]:
    """The same as a body holds it."""
    return {name: _json(name, value) for name, value in asked.items()}


def _json(name: str, value: str) -> Any:
    if name == WITH_NULL:
        return value.lower() == "true"
    if name in (STATUS_FILTER, "timeCategoryTypeIdFilter") or name.endswith("CodeFilter"):
        return value.split(",")
    if name == "includePayableCategory" or name not in FILTERS or name.startswith("last"):
        return value
    return [int(one) for one in value.split(",")]


def check(world: World, asked: dict[str, str]) -> None:
    """Ask by query, by body and page by page, and compare."""
    wanted = expected(world, asked)
    assert uids(world.exporter.get(**MONTH | asked)) == wanted
    assert uids(world.exporter.post(**MONTH | as_json(asked))) == wanted
    repeated = {name: value.split(",") for name, value in asked.items()}
    assert uids(world.exporter.get(**MONTH | repeated, cursor="")) == wanted


SINGLE = [(name, value) for name, values in VALUES.items() for value in values]


def test_every_filter_of_the_seed_is_tried() -> None:
    assert len(VALUES) == 21


def test_without_a_filter_the_period_comes(world: World) -> None:
    assert 1_000 < len(expected(world, {})) < ROWS
    check(world, {})


@pytest.mark.parametrize(("name", "value"), SINGLE, ids=str)
def test_a_filter_alone(world: World, name: str, value: str) -> None:
    check(world, {name: value})


def test_the_filters_of_status_approval_and_category_in_all_combinations(world: World) -> None:
    together: dict[str, tuple[str | None, ...]] = {
        STATUS_FILTER: (None, "exported", "paid,exported"),
        WITH_NULL: (None, "true", "false"),
        "approvedLevelFilter": (None, "1"),
        "includePayableCategory": (None, "0"),
        "timeCategoryTypeIdFilter": (None, "O,P"),
    }
    for values in itertools.product(*together.values()):
        asked = {name: value for name, value in zip(together, values, strict=True) if value is not None}
        assert uids(world.exporter.get(**MONTH | asked)) == expected(world, asked), asked


@pytest.mark.parametrize("pair", list(itertools.combinations(VALUES, 2)), ids=" ".join)
def test_two_filters(world: World, pair: tuple[str, str]) -> None:
    draw = random.Random(" ".join(pair))
    asked = {name: draw.choice(VALUES[name]) for name in pair}
    assert uids(world.exporter.get(**MONTH | asked)) == expected(world, asked)


DAYS = st.dates(date(2024, 6, 20), date(2024, 8, 12))
PERIODS = st.tuples(DAYS, st.integers(0, 30)).map(
    lambda period: {"fromDate": str(period[0]), "toDate": str(period[0] + timedelta(days=period[1]))}
)
COMBINATIONS = st.lists(st.sampled_from(list(VALUES)), unique=True, max_size=6).flatmap(
    lambda names: st.fixed_dictionaries({name: st.sampled_from(VALUES[name]) for name in names})
)


@settings(max_examples=60, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
@given(asked=COMBINATIONS, period=PERIODS)
def test_any_filters_over_any_period(world: World, asked: dict[str, str], period: dict[str, str]) -> None:
    check(world, asked | period)


@pytest.mark.parametrize(
    "name", ["taskIdFilter", "subProjectIdFilter", "projectPhaseIdFilter", "dutyIdFilter", "orderIdFilter"]
)
def test_what_has_none_passes_no_filter_of_it(world: World, name: str) -> None:
    column = {"taskIdFilter": "taskid", "subProjectIdFilter": "subProjectid", "projectPhaseIdFilter": "projectPhaseid"}
    column |= {"dutyIdFilter": "shiftId", "orderIdFilter": "orderid"}
    found = world.exporter.get(**MONTH, **{name: "1,2,3"}).json()
    assert {row[column[name]] for row in found} == {1, 2, 3}


def test_a_code_with_a_comma_is_asked_for_in_a_list_of_a_body(world: World) -> None:
    with_comma = [
        row["uid"] for row in world.rows if row["project_alphanumeric_code"] == "x,y" and row["date_in"].month == 7
    ]
    assert uids(world.exporter.post(**MONTH, projectAlphanumericCodeFilter=["x,y"])) == with_comma
    assert uids(world.exporter.get(**MONTH, projectAlphanumericCodeFilter="x,y")) == []


def test_null_in_a_body_is_as_good_as_nothing(world: World) -> None:
    nothing = dict.fromkeys(VALUES)
    assert uids(world.exporter.post(**MONTH, **nothing, cursor=None)) == expected(world, {})
