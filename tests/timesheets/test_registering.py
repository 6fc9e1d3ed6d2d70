"""Registering hours, and changing them."""

from collections.abc import Sequence
from datetime import date, time
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ledger.models import Company
from tests import factories
from timesheets.exceptions import HoursApproved, HoursChanged, HoursRefused
from timesheets.models import TimeCategory, TimeTransaction
from timesheets.services.approving import approve
from timesheets.services.deleting import delete_hours
from timesheets.services.registering import change_hours, register_hours

pytestmark = pytest.mark.django_db


@pytest.fixture
def company() -> Company:
    company = factories.CompanyFactory.create()
    for number, name in ((10, "Timelønn"), (20, "Overtid 50%")):
        factories.TimeCategoryFactory.create(company=company, number=number, name=name)
    return company


def row(**values: Any) -> dict[str, Any]:
    """A row of hours as a caller gives it."""
    return {"time_category": 10, "employee_id": 155, "date_in": "2024-07-10", "quantity": "7.50", **values}


def outcomes(company: Company, rows: Sequence[dict[str, Any]], **options: Any) -> list[str]:
    return [one.outcome.value for one in register_hours(company=company, rows=rows, **options)]


def refused(company: Company, *rows: dict[str, Any], **options: Any) -> list[tuple[int, str | None, str]]:
    """What is wrong of rows: row, field, code; nothing of them is written."""
    before = TimeTransaction.objects.count()
    with pytest.raises(HoursRefused) as caught:
        register_hours(company=company, rows=rows, **options)
    assert TimeTransaction.objects.count() == before
    assert str(caught.value)
    return [(error.row, error.field, error.code) for error in caught.value.errors]


def test_new_hours_get_running_numbers_of_the_company(company: Company) -> None:
    first = register_hours(company=company, rows=[row(), row()])
    other = factories.TimeCategoryFactory.create(number=10).company
    assert [one.uid for one in first] == [1, 2]
    assert [one.uid for one in register_hours(company=other, rows=[row()])] == [1]
    assert TimeTransaction.objects.get(company=company, uid=1).record_state_key == "1_10_7.50"


def test_rows_of_one_registration_share_their_number(company: Company) -> None:
    rows = [
        row(registration="a"),
        row(registration="a", time_category=20),
        row(external_id="x"),
        row(external_id="x", time_category=20),
        row(uid=77),
        row(uid=77, time_category=20),
        row(),
    ]
    assert [one.uid for one in register_hours(company=company, rows=rows)] == [1, 1, 2, 2, 77, 77, 3]
    assert [one.uid for one in register_hours(company=company, rows=[row()])] == [78]


def test_a_later_category_of_an_external_id_joins_its_registration(company: Company) -> None:
    (first,) = register_hours(company=company, rows=[row(external_id="x")])
    both = register_hours(company=company, rows=[row(external_id="x", time_category=20), row(external_id="x")])
    assert [(one.uid, one.outcome) for one in both] == [(first.uid, "created"), (first.uid, "unchanged")]


def test_numbers_that_others_wrote_are_counted_on_from(company: Company) -> None:
    category = TimeCategory.objects.get(company=company, number=10)
    factories.TimeTransactionFactory.create(company=company, time_category=category, uid=500)
    assert [one.uid for one in register_hours(company=company, rows=[row()])] == [501]
    factories.TimeTransactionFactory.create(company=company, time_category=category, uid=503)
    assert [one.uid for one in register_hours(company=company, rows=[row(), row()])] == [504, 505]


def test_the_same_again_writes_nothing(company: Company) -> None:
    rows = [row(external_id=str(number), time_in="21:57", time_out="07:01:00") for number in range(3)]
    assert outcomes(company, rows) == ["created"] * 3
    before = list(TimeTransaction.objects.order_by("pk").values())
    assert outcomes(company, rows) == ["unchanged"] * 3
    assert list(TimeTransaction.objects.order_by("pk").values()) == before
    assert outcomes(company, [*rows[:2], {**rows[2], "quantity": 8}]) == ["unchanged", "unchanged", "changed"]


def test_a_repeat_changes_what_it_names_and_nothing_else(company: Company) -> None:
    register_hours(company=company, rows=[row(external_id="x", free_text="Kjell ble forsinket", project_id=1001)])
    assert outcomes(company, [{"external_id": "x", "time_category": 10, "project_id": None}]) == ["changed"]
    hours = TimeTransaction.objects.get()
    assert (hours.free_text, hours.project_id, hours.quantity) == ("Kjell ble forsinket", None, Decimal("7.50"))


def test_a_change_withdraws_what_was_approved(company: Company) -> None:
    register_hours(company=company, rows=[row(external_id="x"), row(external_id="y")])
    approve(rows=TimeTransaction.objects.all(), level=2, by="trineg")
    again = register_hours(company=company, rows=[row(external_id="x", quantity="8"), row(external_id="y")])
    assert [one.approvals_withdrawn for one in again] == [True, False]
    shown = TimeTransaction.objects.order_by("uid").values_list("approved_level_two", "approved_level_two_by")
    assert list(shown) == [(None, ""), (1, "trineg")]


def test_the_end_after_midnight_is_the_next_day(company: Company) -> None:
    register_hours(
        company=company, rows=[row(time_in="21:57", time_out="07:01"), row(time_in="08:00", time_out=time(16))]
    )
    ends = TimeTransaction.objects.order_by("uid").values_list("date_out", flat=True)
    assert list(ends) == [date(2024, 7, 11), date(2024, 7, 10)]


@pytest.mark.parametrize(
    ("values", "field", "code"),
    [
        ({"time_category": 11}, "time_category", "unknown_category"),
        ({"time_category": None}, "time_category", "required"),
        ({"employee_id": "x"}, "employee_id", "invalid"),
        ({"employee_id": True}, "employee_id", "invalid"),
        ({"employee_id": 2**63}, "employee_id", "invalid"),
        ({"employee_id": None}, "employee_id", "required"),
        ({"date_in": "2024-02-30"}, "date_in", "invalid"),
        ({"date_in": "0001-01-01"}, "date_in", "out_of_range"),
        ({"date_in": "9999-12-31"}, "date_in", "out_of_range"),
        ({"date_out": "2024-07-09"}, "date_out", "out_of_order"),
        ({"date_out": "2025-07-09"}, "date_out", "out_of_range"),
        ({"time_in": "25:00"}, "time_in", "invalid"),
        ({"time_in": "09:00", "time_out": "08:00", "date_out": "2024-07-10"}, "time_out", "out_of_order"),
        ({"quantity": "7.505"}, "quantity", "max_decimal_places"),
        ({"quantity": "NaN"}, "quantity", "invalid"),
        ({"quantity": "Infinity"}, "quantity", "invalid"),
        ({"quantity": "1e400"}, "quantity", "out_of_range"),
        ({"quantity": "24.01"}, "quantity", "out_of_range"),
        ({"quantity": None}, "quantity", "required"),
        ({"employee": "x" * 201}, "employee", "max_length"),
        ({"free_text": "a\0b"}, "free_text", "invalid"),
        ({"free_text": "a\ud800"}, "free_text", "invalid"),
        ({"external_id": ["x"]}, "external_id", "invalid"),
        ({"approved_level_one": 1}, "approved_level_one", "read_only"),
        ({"colour": "red"}, "colour", "unknown_field"),
    ],
)
def test_what_is_wrong_is_told_by_row_and_field(
    company: Company, values: dict[str, Any], field: str, code: str
) -> None:
    assert refused(company, row(), row(**values)) == [(1, field, code)]


def test_all_that_is_wrong_is_told_at_once(company: Company) -> None:
    told = refused(company, row(quantity="x", employee_id="y"), row(), row(time_category=99))
    assert told == [(0, "employee_id", "invalid"), (0, "quantity", "invalid"), (2, "time_category", "unknown_category")]


def test_an_inactive_category_takes_no_new_hours_and_keeps_its_old(company: Company) -> None:
    register_hours(company=company, rows=[row(external_id="x")])
    TimeCategory.objects.filter(company=company, number=10).update(active=False)
    assert refused(company, row()) == [(0, "time_category", "inactive_category")]
    assert outcomes(company, [row(external_id="x", quantity="5")]) == ["changed"]


def test_hours_named_twice_are_refused(company: Company) -> None:
    assert refused(company, row(external_id="x"), row(external_id="x")) == [(1, "time_category", "duplicate")]
    assert refused(company, row(registration="a"), row(registration="a")) == [(1, "time_category", "duplicate")]
    assert refused(company, row(uid=3), row(uid=3)) == [(1, "time_category", "duplicate")]


def test_a_known_uid_is_changed_only_when_asked_for(company: Company) -> None:
    register_hours(company=company, rows=[row(uid=3)])
    assert refused(company, row(uid=3)) == [(0, "uid", "already_exists")]
    assert outcomes(company, [row(uid=3, quantity=4), row(uid=3, time_category=20)], change_known_uids=True) == [
        "changed",
        "created",
    ]


def test_an_external_id_of_another_registration_is_refused(company: Company) -> None:
    register_hours(company=company, rows=[row(uid=3, external_id="x"), row(uid=3, time_category=20)])
    assert refused(company, row(uid=4, external_id="x")) == [(0, "uid", "conflict")]
    assert refused(company, row(time_category=20, external_id="x")) == [(0, "external_id", "conflict")]


def test_rights_are_asked_for_by_what_a_row_turns_out_to_be(company: Company) -> None:
    register_hours(company=company, rows=[row(external_id="x")])
    assert refused(company, row(), may_add=False) == [(0, None, "permission_denied")]
    assert refused(company, row(external_id="x", quantity=1), may_change=False) == [(0, None, "permission_denied")]
    assert outcomes(company, [row(external_id="x")], may_change=False) == ["unchanged"]


def test_a_preview_tells_the_same_and_writes_nothing(company: Company) -> None:
    register_hours(company=company, rows=[row(external_id="x"), row(external_id="y")])
    rows = [row(external_id="x"), row(external_id="y", quantity=1), row()]
    assert outcomes(company, rows, is_preview=True) == ["unchanged", "changed", "created"]
    assert TimeTransaction.objects.filter(quantity="7.50").count() == 2
    assert outcomes(company, rows) == ["unchanged", "changed", "created"]


def test_thousands_of_rows_take_few_statements(company: Company) -> None:
    rows = [row(external_id=str(number)) for number in range(3000)]
    with CaptureQueriesContext(connection) as asked:
        register_hours(company=company, rows=rows)
    assert len(asked) < 30
    with CaptureQueriesContext(connection) as asked:
        register_hours(company=company, rows=[{**one, "quantity": "8.00"} for one in rows])
    assert len(asked) < 30
    assert TimeTransaction.objects.filter(quantity="8.00").count() == 3000


def test_hours_are_changed_by_whoever_has_seen_them_as_they_are(company: Company) -> None:
    (made,) = register_hours(company=company, rows=[row(uid=3)])
    assert made.pk is not None
    seen = {made.pk: TimeTransaction.objects.get().last_updated_on}
    (changed,) = change_hours(company=company, rows={made.pk: {"quantity": "6"}}, seen=seen)
    assert changed.outcome == "changed"
    with pytest.raises(HoursChanged):
        change_hours(company=company, rows={made.pk: {"quantity": "5"}}, seen=seen)
    with pytest.raises(HoursRefused):
        change_hours(company=company, rows={made.pk: {"uid": 4}})
    with pytest.raises(HoursChanged):
        change_hours(company=factories.CompanyFactory.create(), rows={made.pk: {"quantity": "5"}})


def test_an_external_id_that_others_have_is_refused(company: Company) -> None:
    made = register_hours(company=company, rows=[row(external_id="x"), row()])
    with pytest.raises(HoursRefused) as caught:
        change_hours(company=company, rows={made[1].pk or 0: {"external_id": "x"}})
    assert caught.value.errors[0].field == "external_id"


def test_approved_hours_are_deleted_by_those_who_may_approve(company: Company) -> None:
    register_hours(company=company, rows=[row(), row()])
    rows = TimeTransaction.objects.filter(company=company)
    approve(rows=rows.filter(uid=1), level=1, by="trineg")
    with pytest.raises(HoursApproved):
        delete_hours(rows=rows)
    assert delete_hours(rows=rows, may_delete_approved=True) == 2
