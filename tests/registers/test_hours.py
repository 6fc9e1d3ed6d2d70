"""Hours registered over REST: one row or many, told by company, external id and category."""

import json
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from ledger.models import Company
from revisions import fan_out
from tests import factories
from tests.access.probe import errors, problem
from tests.connections import Together
from tests.integrators import Integrator, body
from tests.registers.reader import errors_of
from tests.registers.writer import Writer
from timesheets.models import TimeTransaction
from timesheets.services.approving import approve

pytestmark = pytest.mark.django_db(transaction=True)
ADDRESS = "time-transactions"


@pytest.fixture(autouse=True)
def unthrottled(settings: Settings) -> None:
    settings.UTKORG_THROTTLE_RATES = {}


@pytest.fixture
def writer() -> Writer:
    make_company("100")
    return Writer()


def make_company(number: str) -> None:
    company = factories.CompanyFactory.create(number=number)
    for category in (10, 20):
        factories.TimeCategoryFactory.create(company=company, number=category)


def hours(**fields: Any) -> dict[str, Any]:
    return {
        "company": "100",
        "time_category": 10,
        "employee_id": 155,
        "date_in": "2024-07-10",
        "quantity": "7.50",
        **fields,
    }


def rows(answer: Any, status: int = 201) -> list[dict[str, Any]]:
    found: Any = body(answer, status)
    assert isinstance(found, list)
    return found


def test_one_row_comes_back_whole(writer: Writer) -> None:
    answer = writer.post(ADDRESS, hours(employee="Ola", time_in="21:57", time_out="07:01", project_id=7))
    made = body(answer, 201)
    assert made.items() >= {"company": "100", "uid": 1, "time_category": 10, "quantity": "7.50"}.items()
    assert (made["time_in"], made["date_out"], made["record_state_key"]) == ("21:57:00.000", "2024-07-11", "1_10_7.50")
    assert made["approved_level_one"] is None
    assert made["correlation_id"]
    read = writer.follow_to(answer["Location"])
    assert (read.content, read["ETag"]) == (answer.content, answer["ETag"])


def test_a_list_is_answered_by_a_list_in_its_order(writer: Writer) -> None:
    made = rows(writer.post(ADDRESS, [hours(free_text=str(n)) for n in range(5)]))
    assert [(one["free_text"], one["uid"]) for one in made] == [(str(n), n + 1) for n in range(5)]


def test_rows_of_one_external_id_are_one_registration(writer: Writer) -> None:
    sent = [hours(external_id="X1"), hours(external_id="X1", time_category=20), hours(external_id="X2")]
    assert [one["uid"] for one in rows(writer.post(ADDRESS, sent))] == [1, 1, 2]


def test_a_repeat_changes_nothing_and_other_content_changes_that_row(writer: Writer) -> None:
    first = body(writer.post(ADDRESS, hours(external_id="X1", employee="Ola")), 201)
    assert body(writer.post(ADDRESS, hours(external_id="X1")), 200) == first
    changed = body(writer.post(ADDRESS, hours(external_id="X1", quantity="8.00")), 200)
    assert (changed["uid"], changed["quantity"], changed["employee"]) == (first["uid"], "8.00", "Ola")
    both = writer.post(ADDRESS, [hours(external_id="X1", quantity="8.00"), hours(external_id="X2")])
    assert len(rows(both, 201)) == 2
    assert TimeTransaction.objects.count() == 2


def test_a_change_withdraws_approvals(writer: Writer) -> None:
    writer.post(ADDRESS, hours(external_id="X1"))
    approve(rows=TimeTransaction.objects.all(), level=1, by="ineg")
    same = body(writer.post(ADDRESS, hours(external_id="X1")), 200)
    assert (same["approved_level_one"], same["approved_level_one_by"]) == (1, "ineg")
    assert body(writer.post(ADDRESS, hours(external_id="X1", quantity="1.00")), 200)["approved_level_one"] is None


def test_a_uid_may_be_given_once(writer: Writer) -> None:
    assert body(writer.post(ADDRESS, hours(uid=107004)), 201)["record_state_key"] == "107004_10_7.50"
    assert errors_of(writer.post(ADDRESS, hours(uid=107004))) == {"uid": "already_exists"}
    assert body(writer.post(ADDRESS, hours()), 201)["uid"] == 107005


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        ({"approved_level_one": 1}, {"approved_level_one": "read_only"}),
        ({"last_updated_on": "2024-01-01T00:00:00Z"}, {"last_updated_on": "read_only"}),
        ({"record_state_key": "1_10_7.50"}, {"record_state_key": "read_only"}),
        ({"time_category_name": "Hourly"}, {"time_category_name": "read_only"}),
        ({"time_category": 99}, {"time_category": "unknown_category"}),
        ({"quantity": 7.5}, {"quantity": "not_a_string"}),
        ({"quantity": 7}, {"quantity": "not_a_string"}),
        ({"quantity": "x"}, {"quantity": "invalid"}),
        ({"date_in": None}, {"date_in": "required"}),
        ({"hours": "1"}, {"hours": "unknown_field"}),
        ({"company": 100}, {"company": "invalid"}),
    ],
)
def test_bad_input_is_told_at_its_field_and_in_a_list_at_its_row(
    writer: Writer, change: dict[str, Any], wrong: dict[str, str]
) -> None:
    assert errors_of(writer.post(ADDRESS, hours(**change))) == wrong
    in_a_list = {f"1.{name}": code for name, code in wrong.items()}
    assert errors_of(writer.post(ADDRESS, [hours(), hours(**change)])) == in_a_list
    assert not TimeTransaction.objects.exists()


@pytest.mark.parametrize("sent", [[], [1], "7", 7, None, [[]], [None]])
def test_what_is_no_row_is_told(writer: Writer, sent: Any) -> None:
    assert errors(writer.post(ADDRESS, json.dumps(sent)))


def test_at_most_five_thousand_at_once_and_those_in_few_queries(writer: Writer) -> None:
    found = problem(writer.post(ADDRESS, [hours()] * 5001), 400, "invalid")
    assert "5001" in found["errors"][0]["detail"]
    with CaptureQueriesContext(connection) as captured:
        assert len(rows(writer.post(ADDRESS, [hours(external_id=f"X{n}") for n in range(5000)]))) == 5000
    assert len(captured) <= 40


def test_rows_of_several_companies_are_registered_together_or_not_at_all(writer: Writer) -> None:
    make_company("200")
    sent = [hours(company="200"), hours(), hours(company="200", quantity="1.00")]
    assert [(one["company"], one["uid"]) for one in rows(writer.post(ADDRESS, sent))] == [
        ("200", 1),
        ("100", 1),
        ("200", 2),
    ]
    wrong = [hours(company="200"), hours(time_category=9), hours(company="200", time_category=9)]
    assert errors_of(writer.post(ADDRESS, wrong)) == {
        "1.time_category": "unknown_category",
        "2.time_category": "unknown_category",
    }
    problem(writer.post(ADDRESS, [hours(), hours(company="nobody")]), 404, "not_found")
    assert TimeTransaction.objects.count() == 3


def test_the_right_is_asked_for_in_each_company_and_another_to_change(writer: Writer) -> None:
    company = Company.objects.get(number="100")
    user = factories.UserFactory.create()
    factories.give(user, "timesheets.add_timetransaction", company=company)
    adding = Writer(factories.make_key(owner=user, company=company)[1])
    assert adding.post(ADDRESS, hours(external_id="X1")).status_code == 201
    assert adding.post(ADDRESS, hours(external_id="X1")).status_code == 200
    found = problem(adding.post(ADDRESS, hours(external_id="X1", quantity="1.00")), 403, "permission_denied")
    assert "timesheets.change_timetransaction" in found["detail"]
    make_company("200")
    problem(adding.post(ADDRESS, [hours(), hours(company="200")]), 404, "not_found")
    assert TimeTransaction.objects.count() == 1


def test_the_same_at_the_same_time_is_registered_once(writer: Writer) -> None:
    text = factories.make_key()[1]
    with Together() as together:
        sent = [together.start(Writer(text).post, ADDRESS, hours(external_id="X1")) for _n in range(6)]
    assert {one.result().status_code for one in sent} == {200, 201}
    assert TimeTransaction.objects.count() == 1


def test_a_list_under_an_idempotency_key_is_registered_once(writer: Writer) -> None:
    first, again = (writer.post(ADDRESS, [hours(), hours()], {"Idempotency-Key": "a"}) for _time in range(2))
    assert (first.status_code, first.content) == (again.status_code, again.content)
    assert TimeTransaction.objects.count() == 2


def test_subscribers_hear_whose_it_was_and_the_writers_own_does_not_where_it_asks_so() -> None:
    make_company("100")
    application = factories.ApplicationFactory.create(name="Payroll")
    fan_out.drain()
    deaf = Integrator(factories.make_subscription("time_transactions", application=application, own_changes=False))
    ears = Integrator(factories.make_subscription("time_transactions"))
    writer = Writer(factories.make_key(application=application)[1])
    made = body(writer.post(ADDRESS, hours(external_id="X1")), 201)
    changed = body(writer.post(ADDRESS, hours(external_id="X1", quantity="1.00")), 200)
    approve(rows=TimeTransaction.objects.all(), level=1, by="ineg")
    fan_out.drain()
    told = ears.fetch_all()
    assert [(one["operation"], one["origin"]) for one in told] == [
        ("created", "Payroll"),
        ("changed", "Payroll"),
        ("changed", None),
    ]
    assert [one["data"] for one in told[:2]] == [made, changed]
    assert [one["data"]["approved_level_one"] for one in deaf.fetch_all()] == [1]


def test_the_last_day_of_all_and_half_a_character_are_refused_as_all_else(writer: Writer) -> None:
    night = hours(date_in="9999-12-31", time_in="21:00", time_out="05:00")
    assert errors_of(writer.post(ADDRESS, night)) == {"date_in": "out_of_range"}
    problem(writer.post(ADDRESS, hours(company="\ud800")), 404, "not_found")
    problem(writer.post(ADDRESS, hours(company="å")), 404, "not_found")
