"""What the database fills in of hours, whoever writes them."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from tests import factories
from tests.refusals import run_sql, the_database_refuses
from timesheets.models import TimeTransaction

pytestmark = pytest.mark.django_db


@pytest.fixture
def hours() -> TimeTransaction:
    category = factories.TimeCategoryFactory.create(number=10, name="Timelønn")
    return factories.TimeTransactionFactory.create(company=category.company, time_category=category, uid=107004)


def changed(hours: TimeTransaction, **values: object) -> TimeTransaction:
    """Write values as any program would, and read the row anew."""
    TimeTransaction.objects.filter(pk=hours.pk).update(**values)
    hours.refresh_from_db()
    return hours


def test_the_state_key_is_of_uid_category_and_quantity(hours: TimeTransaction) -> None:
    assert hours.record_state_key == "107004_10_7.50"
    assert changed(hours, quantity=Decimal("8")).record_state_key == "107004_10_8.00"
    assert changed(hours, record_state_key="x").record_state_key == "107004_10_8.00"


def test_a_categorys_change_shows_in_its_hours_and_is_an_update(hours: TimeTransaction) -> None:
    before = hours.last_updated_on
    category = hours.time_category
    category.name, category.payable, category.category_type = "Fastlønn", False, "P"
    category.save()
    hours.refresh_from_db()
    shown = (hours.time_category_name, hours.time_category_payable, hours.time_category_type)
    assert shown == ("Fastlønn", False, "P")
    assert hours.last_updated_on > before


def test_what_is_shown_of_a_category_cant_be_written_past_it(hours: TimeTransaction) -> None:
    assert changed(hours, time_category_name="Other").time_category_name == "Timelønn"


def test_approvals_and_marks_are_no_update(hours: TimeTransaction) -> None:
    before, now = hours.last_updated_on, timezone.now()
    changed(hours, approved_level_two=1, approved_level_two_by="ineg", approved_level_two_on=now)
    changed(hours, external_status_code="done", external_status_set_on=now + timedelta(hours=1), correlation_id="x")
    assert hours.last_updated_on == before
    assert not hours.changed_since_status
    changed(hours, external_status_set_on=now, free_text="Kjell ble forsinket")
    assert hours.last_updated_on > before
    assert hours.changed_since_status


def test_a_level_is_approved_at_a_time_or_not_at_all(hours: TimeTransaction) -> None:
    with the_database_refuses("23514"):
        changed(hours, approved_level_one=1)
    with the_database_refuses("23514"):
        changed(hours, approved_level_one_by="ineg")


def test_a_category_of_another_company_is_refused(hours: TimeTransaction) -> None:
    with the_database_refuses("23U04"):
        run_sql(
            """insert into timesheets_timetransaction (company_id, uid, time_category_id, employee_id, employee,
                   date_in, quantity, department, task, classic_duty_code, classic_duty, "order",
                   project_alphanumeric_code, project, sub_project_alphanumeric_code, sub_project,
                   phase_alphanumeric_code, project_phase, shift, free_dimension1, free_dimension2, free_text,
                   external_id, approved_level_one_by, approved_level_two_by, approved_level_three_by,
                   approved_level_four_by, external_status_code, correlation_id)
               select %s, 1, %s, 1, '', '2024-01-01', 1, '', '', '', '', '', '', '', '', '', '', '', '', '', '', '',
                   '', '', '', '', '', '', ''""",
            factories.CompanyFactory.create().pk,
            hours.time_category_id,
        )
