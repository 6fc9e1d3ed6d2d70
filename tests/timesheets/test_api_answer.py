"""The answer of `getTimeTransactions`: the seed's example, field by field, and what the seed leaves open."""

import json
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection

from ledger.models import Company
from tests.factories import CompanyFactory, TimeCategoryFactory, TimeTransactionFactory
from tests.timesheets.callers import Exporter, person, token
from timesheets.models import TimeTransaction
from timesheets.time_api import FIELDS

pytestmark = pytest.mark.django_db

# seeds/time-api-no.txt, "Returdata": the table's fields in its order, with its column of examples.
EXAMPLE = """
clientId 100
employeeid 155
employee "Ola Danielsen"
datein "2021-07-10"
timein "21:57:00.000"
dateout "2021-07-11"
timeout "07:01:00.000"
departmentid 50
department "Logistikk"
taskid 20
task "Varemottak"
classicdutyid 188
classicdutycode "N2"
classicduty "Nattevakt 22 - 06"
orderid null
order null
projectid 1001
projectAlphanumericCode "B400"
project "Bergtoppen"
subProjectid 8445
subProjectAlphanumericCode "T8877"
subProject "Tilleggsbestilling øst"
projectPhaseid null
phaseAlphanumericCode null
projectPhase null
shiftId 68874
shift "N2"
freeDimension1Id 10
freeDimension1 "Ordinær"
freeDimension2Id 60
freeDimension2 "Bas"
freeText "Overtid fordi Kjell ble forsinket"
approvedLevelOne 1
approvedLevelTwo null
approvedLevelThree null
approvedLevelFour null
approvedLevelOneBy "trineg"
approvedLevelTwoBy null
approvedLevelThreeBy null
approvedLevelFourBy null
approvedLevelOneOn "2021-07-11 11:25:00"
approvedLevelTwoOn null
approvedLevelThreeOn null
approvedLevelFourOn null
timeCategoryId 10
timeCategory "Timelønn"
timeCategoryTypeId "O"
timeCategoryType "Ordinær"
timeCategoryPayable 1
qty 7.50
uid 107004
externalId null
correlationId null
externalStatusCode null
lastUpdatedOn "2021-07-11 07:01:00"
recordStateKey "107004_10_7.50"
"""
EXAMPLE_ROW = [tuple(line.split(" ", 1)) for line in EXAMPLE.strip().splitlines()]


def updated_at(row: TimeTransaction, moment: datetime) -> None:
    """Say when a row was changed, which the database otherwise does itself."""
    with connection.cursor() as cursor:
        cursor.execute("set local session_replication_role = replica")
        TimeTransaction.objects.filter(pk=row.pk).update(last_updated_on=moment)
        cursor.execute("set local session_replication_role = origin")


def example(company: Company) -> TimeTransaction:
    """The seed's registration."""
    row = TimeTransactionFactory.create(
        company=company,
        time_category=TimeCategoryFactory.create(company=company, number=10, name="Timelønn"),
        uid=107004,
        date_in=date(2021, 7, 10),
        time_in=time(21, 57),
        date_out=date(2021, 7, 11),
        time_out=time(7, 1),
        department_id=50,
        department="Logistikk",
        task_id=20,
        task="Varemottak",
        classic_duty_id=188,
        classic_duty_code="N2",
        classic_duty="Nattevakt 22 - 06",
        project_id=1001,
        project_alphanumeric_code="B400",
        project="Bergtoppen",
        sub_project_id=8445,
        sub_project_alphanumeric_code="T8877",
        sub_project="Tilleggsbestilling øst",
        shift_id=68874,
        shift="N2",
        free_dimension1_id=10,
        free_dimension1="Ordinær",
        free_dimension2_id=60,
        free_dimension2="Bas",
        free_text="Overtid fordi Kjell ble forsinket",
        approved_level_one=1,
        approved_level_one_by="trineg",
        approved_level_one_on=datetime(2021, 7, 11, 9, 25, tzinfo=UTC),
    )
    updated_at(row, datetime(2021, 7, 11, 5, 1, 0, 999999, tzinfo=UTC))
    return row


@pytest.fixture
def company() -> Company:
    return CompanyFactory.create(number="100", time_zone="Europe/Oslo")


@pytest.fixture
def exporter(company: Company) -> Exporter:
    person(company=company)
    return Exporter(token(), clientId="100", fromDate="2021-07-01", toDate="2021-07-31")


def literals(answer: Any) -> list[tuple[str, str]]:
    """The first row's fields in their order, each with its value as it is written."""
    assert answer.status_code == 200, answer.content
    numbers: Any = {"parse_float": lambda text: f"number {text}", "parse_int": lambda text: f"number {text}"}
    (row,) = json.loads(answer.content, object_pairs_hook=list, **numbers)
    return [
        (
            name,
            value.removeprefix("number ")
            if str(value).startswith("number ")
            else json.dumps(value, ensure_ascii=False),
        )
        for name, value in row
    ]


@pytest.mark.parametrize("method", ["get", "post"])
def test_the_seeds_example_comes_field_by_field(company: Company, exporter: Exporter, method: str) -> None:
    example(company)
    answer = getattr(exporter, method)()
    assert literals(answer) == EXAMPLE_ROW
    assert answer["Content-Type"] == "application/json"


def test_the_fields_are_those_of_the_seeds_table() -> None:
    assert list(FIELDS) == [name for name, _value in EXAMPLE_ROW]


def test_a_bare_row_has_every_field(company: Company, exporter: Exporter) -> None:
    category = TimeCategoryFactory.create(
        company=company, number=7, category_type="S", payable=False, name="Tillegg 50%"
    )
    TimeTransactionFactory.create(
        company=company, time_category=category, employee="", quantity=Decimal("-0.50"), date_in=date(2021, 7, 1)
    )
    found = dict(literals(exporter.get()))
    assert found.keys() == FIELDS.keys()
    assert found["employee"] == found["timein"] == found["dateout"] == found["approvedLevelOne"] == "null"
    assert (found["timeCategoryType"], found["timeCategoryPayable"]) == ('"Overtidstillegg"', "0")
    assert found["qty"] == "-0.50"


@pytest.mark.parametrize(
    ("letter", "word"), [("O", "Ordinær"), ("T", "Tillegg"), ("P", "Overtid"), ("S", "Overtidstillegg")]
)
def test_types_are_said_in_the_seeds_words(company: Company, exporter: Exporter, letter: str, word: str) -> None:
    category = TimeCategoryFactory.create(company=company, category_type=letter)
    TimeTransactionFactory.create(company=company, time_category=category, date_in=date(2021, 7, 1))
    (row,) = exporter.get().json()
    assert (row["timeCategoryTypeId"], row["timeCategoryType"]) == (letter, word)


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("7", 7),
        ("0", 0),
        ("007", "007"),
        ("7A", "7A"),
        ("1.5", "1.5"),
        ("-7", "-7"),
        ("9" * 15, int("9" * 15)),
        ("9" * 16, "9" * 16),
    ],
)
def test_a_company_number_is_a_number_where_it_is_one(number: str, shown: Any) -> None:
    company = CompanyFactory.create(number=number)
    TimeTransactionFactory.create(company=company, date_in=date(2021, 7, 1))
    person(company=company)
    exporter = Exporter(token(), clientId=number, fromDate="2021-07-01", toDate="2021-07-01")
    (row,) = exporter.get().json()
    assert (row["clientId"], type(row["clientId"])) == (shown, type(shown))


def test_odd_texts_come_as_they_are(company: Company, exporter: Exporter) -> None:
    text = 'Æ "quoted" \\ / \t é 😀 </script>'
    TimeTransactionFactory.create(company=company, free_text=text, date_in=date(2021, 7, 1))
    assert exporter.get().json()[0]["freeText"] == text


def test_hours_of_others_and_other_days_do_not_come(company: Company, exporter: Exporter) -> None:
    days = [date(2021, 6, 30), date(2021, 7, 1), date(2021, 7, 31), date(2021, 8, 1)]
    rows = [TimeTransactionFactory.create(company=company, date_in=day) for day in days]
    TimeTransactionFactory.create(date_in=days[1])
    assert [row["uid"] for row in exporter.get().json()] == [rows[1].uid, rows[2].uid]


def test_nothing_found_is_an_empty_list(exporter: Exporter) -> None:
    assert exporter.get().content == b"[]"


def test_an_answer_is_stored_nowhere(exporter: Exporter) -> None:
    assert "no-store" in exporter.get()["Cache-Control"]
