"""`setExternalStatusCode`: many at once, by compare-and-set."""

from typing import Any

import pytest
from django.db import connection
from pytest_django import Settings

from ledger.models import Company
from revisions import fan_out
from tests.access.probe import errors, problem
from tests.factories import CompanyFactory, TimeTransactionFactory, make_key, make_subscription
from tests.timesheets.callers import RIGHTS, Exporter, person, token, uids
from timesheets.models import TimeTransaction

pytestmark = pytest.mark.django_db

JULY = {"fromDate": "2024-07-01", "toDate": "2024-07-31"}


@pytest.fixture(autouse=True)
def _unlimited(settings: Settings) -> None:
    settings.UTKORG_THROTTLE_RATES = {}


@pytest.fixture
def company() -> Company:
    return CompanyFactory.create(number="100")


@pytest.fixture
def exporter(company: Company) -> Exporter:
    person(company=company)
    return Exporter(token(), clientId="100")


def rows(company: Company, count: int = 3) -> list[TimeTransaction]:
    return [TimeTransactionFactory.create(company=company) for _one in range(count)]


def named(*found: TimeTransaction, state: bool = True) -> list[dict[str, Any]]:
    """The rows as they were fetched."""
    return [
        {
            "uid": one.uid,
            "timeCategoryId": one.time_category.number,
            **({"recordStateKey": one.record_state_key} if state else {}),
        }
        for one in found
    ]


def codes() -> list[str]:
    return list(TimeTransaction.objects.order_by("pk").values_list("external_status_code", flat=True))


def test_what_was_fetched_is_marked(company: Company, exporter: Exporter) -> None:
    made = rows(company)
    fetched = exporter.get(**JULY).json()
    wanted = [{name: row[name] for name in ("uid", "timeCategoryId", "recordStateKey")} for row in fetched[:2]]
    answer = exporter.mark(wanted)
    assert (answer.status_code, answer.json()) == (200, {"updated": 2, "conflicts": []})
    assert codes() == ["exported", "exported", ""]
    left = exporter.get(**JULY, externalStatusCodeFilter="none", includeElementsWithExternalStatusCodeNull="true")
    assert uids(left) == [made[2].uid]
    assert uids(exporter.get(**JULY, externalStatusCodeFilter="exported")) == [made[0].uid, made[1].uid]


def test_a_mark_is_no_change_of_the_hours(company: Company, exporter: Exporter) -> None:
    (made,) = rows(company, 1)
    exporter.mark(named(made))
    after = TimeTransaction.objects.get()
    assert (after.last_updated_on, after.record_state_key) == (made.last_updated_on, made.record_state_key)
    assert not after.changed_since_status
    TimeTransaction.objects.update(quantity=1)
    assert TimeTransaction.objects.get().changed_since_status


@pytest.mark.parametrize("all_or_nothing", [None, True, False])
def test_what_changed_meanwhile_is_a_conflict(
    company: Company, exporter: Exporter, all_or_nothing: bool | None
) -> None:
    made = rows(company)
    wanted = named(*made)
    TimeTransaction.objects.filter(pk=made[0].pk).update(quantity=8)
    made[1].delete()
    asked: dict[str, Any] = {} if all_or_nothing is None else {"allOrNothing": all_or_nothing}
    answer = exporter.mark(wanted, **asked)
    conflicts = [
        {**wanted[0], "recordStateKey": f"{made[0].uid}_{made[0].time_category.number}_8.00"},
        {**wanted[1], "recordStateKey": None},
    ]
    if all_or_nothing is False:
        assert (answer.status_code, answer.json()) == (200, {"updated": 1, "conflicts": conflicts})
        assert codes() == ["", "exported"]
    else:
        found = problem(answer, 409, "records_changed")
        assert (found["updated"], found["conflicts"]) == (0, conflicts)
        assert codes() == ["", ""]


def test_without_a_state_any_state_will_do(company: Company, exporter: Exporter) -> None:
    made = rows(company, 1)
    TimeTransaction.objects.update(quantity=8)
    assert exporter.mark(named(*made, state=False)).json()["updated"] == 1
    unknown = [{**named(*made)[0], "recordStateKey": None}]
    assert exporter.mark(unknown).json()["updated"] == 1


def test_a_lost_answer_is_asked_for_again(company: Company, exporter: Exporter) -> None:
    wanted = named(*rows(company))
    assert exporter.mark(wanted).content == exporter.mark(wanted).content
    assert codes() == ["exported"] * 3


def test_an_empty_code_takes_the_mark_away(company: Company, exporter: Exporter) -> None:
    wanted = named(*rows(company))
    exporter.mark(wanted)
    assert exporter.mark(wanted, code="").json()["updated"] == 3
    assert codes() == [""] * 3


def test_anothers_hours_are_not_there(company: Company, exporter: Exporter) -> None:
    other = TimeTransactionFactory.create()
    found = problem(exporter.mark(named(other)), 409, "records_changed")
    assert found["conflicts"][0]["recordStateKey"] is None
    assert codes() == [""]


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        ({"transactions": []}, "transactions"),
        ({"transactions": [{"uid": 1}]}, "transactions.0.timeCategoryId"),
        ({"transactions": [{"uid": "x", "timeCategoryId": 1}]}, "transactions.0.uid"),
        ({"transactions": [{"uid": 2**63, "timeCategoryId": 1}]}, "transactions.0.uid"),
        ({"transactions": [{"uid": 1, "timeCategoryId": 1, "state": 1}]}, "transactions.0.state"),
        ({"transactions": [{"uid": 1, "timeCategoryId": 1}] * 5001}, "transactions"),
        ({"transactions": "1"}, "transactions"),
        ({"externalStatusCode": "x" * 65}, "externalStatusCode"),
        ({"externalStatusCode": 7}, "externalStatusCode"),
        ({"externalStatusCode": None}, "externalStatusCode"),
        ({"externalStatusCode": "a\0b"}, "externalStatusCode"),
        ({"allOrNothing": "yes"}, "allOrNothing"),
        ({"all": True}, "all"),
        ({"clientId": None}, "clientId"),
    ],
    ids=lambda part: str(part)[:50],
)
def test_what_is_wrong_is_told(company: Company, exporter: Exporter, change: dict[str, Any], wrong: str) -> None:
    body = {"transactions": named(*rows(company, 1)), "code": "exported"} | change
    found = errors(exporter.mark(**body) if "externalStatusCode" not in change else _with(exporter, body))
    assert wrong in {field for field, _code in found}
    assert codes() == [""]


def _with(exporter: Exporter, body: dict[str, Any]) -> Any:
    return exporter.mark(body["transactions"], **{name: body[name] for name in body if name.startswith("external")})


def test_marking_takes_no_right_to_change_hours(company: Company) -> None:
    """Those of fetching suffice; without one of them it is refused."""
    made = rows(company, 1)
    person("reader", company=company, rights=RIGHTS)
    assert Exporter(token("reader"), clientId="100").mark(named(*made)).status_code == 200
    person("half", company=company, rights=RIGHTS[:1])
    problem(Exporter(token("half"), clientId="100").mark(named(*made)), 403, "permission_denied")


def test_subscribers_get_marks_as_changes_of_the_keys_application(company: Company) -> None:
    made = rows(company, 1)
    subscription = make_subscription("time_transactions")
    own = make_subscription("time_transactions", own_changes=False)
    _key, text = make_key(owner=person(company=company), company=company, application=own.application)
    fan_out.drain()
    Exporter(token(api_key=text), clientId="100").mark(named(*made))
    fan_out.drain()
    assert (queued(subscription.pk), queued(own.pk)) == (1, 0)


def queued(subscription: int) -> int:
    with connection.cursor() as cursor:
        cursor.execute("select count(*) from revisions_outboxitem where subscription_id = %s", [subscription])
        return int(cursor.fetchone()[0])


def test_5000_are_marked_in_few_queries(
    company: Company, exporter: Exporter, django_assert_max_num_queries: Any
) -> None:
    (first,) = rows(company, 1)
    category = first.time_category
    more = [
        TimeTransaction(
            company=company,
            time_category=category,
            uid=first.uid + number,
            employee_id=1,
            date_in=first.date_in,
            quantity="1.00",
        )
        for number in range(1, 5000)
    ]
    TimeTransaction.objects.bulk_create(more)
    wanted = [{"uid": first.uid + number, "timeCategoryId": category.number} for number in range(5000)]
    with django_assert_max_num_queries(12):
        assert exporter.mark(wanted).json()["updated"] == 5000
