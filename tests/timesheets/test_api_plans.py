"""What the time API reads: the index of one client's month and nothing else, whatever there is of others'."""

from datetime import date
from typing import Any

import pytest
from django.db import connection, transaction

from tests.factories import CompanyFactory
from timesheets.models import TimeTransaction
from timesheets.time_api import ALL_AT_ONCE, COUNTED, ONE_PAGE, Wish, statement

pytestmark = pytest.mark.django_db(transaction=True)

CLIENTS, CATEGORIES, ROWS = 2, 4, 16_000
FILTERS: dict[str, dict[str, Any]] = {
    "none": {},
    "three numbers": {"ids": {"department_id": [1, 2], "project_id": [1, 2, 3], "task_id": [5, 6, 7]}},
    "status, approval, type": {"status": ["exported"], "levels": [1], "codes": {"time_category_type": ["O"]}},
    "category, payable, updated": {"categories": [1, 2], "payable": True, "updated_since": date(2024, 1, 1)},
    "the rest": {"ids": {"task_id": [1], "order_id": [1], "shift_id": [1], "free_dimension1_id": [1]}},
}
MAKE = """
    insert into timesheets_timecategory (company_id, number, name, category_type, payable, active)
    select id, n, 'Category ' || n, 'O', true, true from ledger_company, generate_series(1, 4) n;
    insert into timesheets_timetransaction (
        company_id, time_category_id, uid, employee_id, employee, date_in, quantity, department_id, department, task,
        classic_duty_code, classic_duty, "order", project_id, project_alphanumeric_code, project,
        sub_project_alphanumeric_code, sub_project, phase_alphanumeric_code, project_phase, shift, free_dimension1,
        free_dimension2, free_text, external_id, approved_level_one_by, approved_level_two_by,
        approved_level_three_by, approved_level_four_by, external_status_code, correlation_id, time_category_name,
        time_category_type, time_category_payable, record_state_key, last_updated_on
    )
    select company_id, id, n, n % 20, 'Name', date '2024-01-01' + n % 366, 7.5, n % 5, '', '', '', '', '', n % 7, '',
        '', '', '', '', '', '', '', '', '', '', '', '', '', '', '', '', 'Category', 'O', true, '', now()
    from timesheets_timecategory, generate_series(1, %s) n
    order by id;  -- as an import of one category after another would leave them: its index looks good to a planner
"""


def make() -> str:
    """Several clients with a year each; return one of them."""
    CompanyFactory.create_batch(CLIENTS)
    with connection.cursor() as cursor:
        cursor.execute("set session_replication_role = replica")  # what the triggers do isn't looked at
        # Only of a commit that is on the disk VACUUM notes that all may see its rows.
        cursor.execute("set synchronous_commit = on")
        cursor.execute(MAKE.replace("%s", str(ROWS // CATEGORIES)))
        cursor.execute("reset synchronous_commit; reset session_replication_role")
        cursor.execute("vacuum analyze timesheets_timetransaction")
    return str(TimeTransaction.objects.earliest("pk").company.number)


def plan(template: str, client: str, chosen: dict[str, Any], **values: int) -> list[dict[str, Any]]:
    """The nodes of the plan that read hours, by what they did."""
    wish = Wish(client=client, first=date(2024, 7, 1), last=date(2024, 7, 31), **chosen)
    sql, named = statement(template, wish, companies=None, **values)
    with transaction.atomic(), connection.cursor() as cursor:
        # For so few rows other ways cost about the same; with a million (`manage.py bench`) it is the plan by itself.
        cursor.execute("set local enable_seqscan = off; set local enable_bitmapscan = off")
        cursor.execute(f"explain (analyze, format json) {sql}", named)
        (found,) = cursor.fetchone()[0]
    return [one for one in _nodes(found["Plan"]) if one.get("Relation Name") == "timesheets_timetransaction"]


def _nodes(node: dict[str, Any]) -> list[dict[str, Any]]:
    return [node, *(inner for part in node.get("Plans", []) for inner in _nodes(part))]


def test_hours_are_counted_and_read_by_the_index_of_the_month_alone() -> None:
    """One world for all of it: emptying it takes longer than asking."""
    client = make()
    month = TimeTransaction.objects.filter(company__number=client, date_in__month=7).count()
    for chosen in FILTERS.values():
        (counted,) = plan(COUNTED, client, chosen)
        is_counted_by_index_alone(counted, month)
        # Too many: counted, and none is read.
        counted, *others = plan(ALL_AT_ONCE, client, chosen, most=-1)
        is_counted_by_index_alone(counted, month)
        assert all(node["Actual Loops"] == 0 for node in others)
        for template, values in ((ALL_AT_ONCE, {"most": 5000}), (ONE_PAGE, {"most": 50, "after": 0})):
            for node in plan(template, client, chosen, **values):
                assert node["Node Type"] != "Seq Scan"
                assert rows_read(node) <= month


def is_counted_by_index_alone(node: dict[str, Any], month: int) -> None:
    # Without a filter an index of less may do as well.
    assert node["Node Type"] == "Index Only Scan"
    assert "date_in" in node["Index Cond"]
    assert "company_id" in node["Index Cond"]
    assert rows_read(node) <= month


def rows_read(node: dict[str, Any]) -> float:
    return float((node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * node["Actual Loops"])
