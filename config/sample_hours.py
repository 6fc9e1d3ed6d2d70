"""Sample hours for a new embedded installation: categories, and some weeks of a few people, the older ones approved."""

from datetime import date, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from ledger.models import Company
from timesheets.models import TimeCategory, TimeTransaction
from timesheets.services.approving import approve
from timesheets.services.categories import create_category
from timesheets.services.marking import Mark, set_external_status
from timesheets.services.registering import register_hours

CATEGORIES = (
    (10, "Timlön", "O", True),
    (11, "Månadslön", "O", True),
    (30, "OB-tillägg natt", "T", True),
    (50, "Övertid 50 %", "P", True),
    (60, "Övertidstillägg 100 %", "S", True),
    (90, "Frånvaro utan lön", "O", False),
)
EMPLOYEES = (
    (101, "Karin Lindqvist", 11, {"department_id": 10, "department": "Kontor"}),
    (
        155,
        "Ola Danielsen",
        10,
        {"department_id": 50, "department": "Logistik", "task_id": 20, "task": "Varumottagning"},
    ),
    (162, "Åsa Öberg", 10, {"department_id": 50, "department": "Logistik", "task_id": 30, "task": "Plock"}),
    (178, "Erik Ström", 10, {"project_id": 1001, "project": "Bergtoppen", "project_alphanumeric_code": "B400"}),
)
WEEKS = 5
NIGHTS_OF = 155
OVERTIME_OF = 178
MONDAY_TO_FRIDAY = 5


@transaction.atomic
def make_sample_hours(*, company: Company, by: str) -> None:
    """Make them, if nobody has time categories."""
    if TimeCategory.objects.exists():
        return
    for number, name, category_type, payable in CATEGORIES:
        create_category(company=company, number=number, name=name, category_type=category_type, payable=payable)
    today = timezone.localdate()
    monday = today - timedelta(days=today.weekday() + 7 * (WEEKS - 1))
    days = [monday + timedelta(days=7 * week + day) for week in range(WEEKS) for day in range(MONDAY_TO_FRIDAY)]
    register_hours(company=company, rows=[row for day in days if day <= today for row in _rows(day)])
    rows = TimeTransaction.objects.filter(company=company)
    approve(rows=rows.filter(date_in__lt=monday + timedelta(weeks=WEEKS - 1)), level=1, by=by)
    paid = rows.filter(date_in__lt=monday + timedelta(weeks=WEEKS - 2))
    approve(rows=paid, level=2, by=by)
    marks = [
        Mark(uid=uid, time_category=number)
        for uid, number in paid.filter(date_in__lt=monday + timedelta(weeks=1)).values_list(
            "uid", "time_category__number"
        )
    ]
    set_external_status(company=company, code="PAYROLL", transactions=marks)


def _rows(day: date) -> list[dict[str, Any]]:
    found = []
    for number, name, category, place in EMPLOYEES:
        row = {"employee_id": number, "employee": name, "date_in": day, "registration": f"{day} {number}", **place}
        if number == NIGHTS_OF and day.isocalendar().week % 2:
            row |= {"time_in": "21:57", "time_out": "06:27", "shift_id": 68874, "shift": "N2"}
            found += [
                {**row, "time_category": category, "quantity": "8.00"},
                {**row, "time_category": 30, "quantity": "6.45"},
            ]
            continue
        late = number == OVERTIME_OF and day.weekday() == 1
        row |= {"time_in": "08:00", "time_out": "18:30" if late else "16:30"}
        found.append({**row, "time_category": category, "quantity": "8.00"})
        if late:
            text = "Övertid för att leveransen blev sen"
            found += [{**row, "time_category": number, "quantity": "2.00", "free_text": text} for number in (50, 60)]
    return found
