"""Registering and approving hours, in a browser that reads Swedish."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from ledger.models import Company
from tests import factories
from tests.browser.admin import Admin
from timesheets.models import TimeTransaction
from timesheets.services.categories import create_category
from timesheets.services.registering import register_hours

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def company() -> Company:
    company = factories.CompanyFactory.create(number="100", name="Testföretaget AB")
    for number, name, kind in ((10, "Timlön", "O"), (30, "OB-tillägg natt", "T")):
        create_category(company=company, number=number, name=name, category_type=kind)
    return company


def a_row(**values: object) -> dict[str, object]:
    return {
        "employee_id": 155,
        "employee": "Ola Danielsen",
        "date_in": timezone.localdate(),
        "quantity": "7.50",
        **values,
    }


def test_a_night_is_registered_in_two_categories_and_approved(admin: Admin, company: Company) -> None:
    register_hours(company=company, rows=[a_row(time_category=10, date_in=timezone.localdate() - timedelta(days=3))])
    page = admin.page
    admin.open("timesheets/timetransaction/add/")
    page.locator("#id_employee_id").fill("155")
    expect(page.locator("#id_employee")).to_have_value("Ola Danielsen")
    page.locator("#id_break_minutes").fill("30")
    page.locator("#id_time_in").fill("21:57")
    page.locator("#id_time_out").fill("06:27")
    expect(page.locator("p[data-computed]")).to_contain_text("8,00")
    expect(page.locator("#id_lines-0-quantity")).to_have_value("8,00")
    page.locator("#id_lines-0-time_category").select_option("10")
    page.locator("#id_lines-1-time_category").select_option("30")
    page.locator("#id_lines-1-quantity").fill("6,45")
    page.get_by_role("button", name="Registrera", exact=True).click()
    expect(page.locator("body")).to_contain_text("Registreringen 2 är sparad: Ola Danielsen")
    rows = TimeTransaction.objects.filter(uid=2).order_by("time_category__number")
    assert [str(row.quantity) for row in rows] == ["8.00", "6.45"]
    assert rows[0].date_out == timezone.localdate() + timedelta(days=1)
    page.get_by_role("link", name="Attestera hela registreringen").click()
    expect(page.locator(".facts")).to_contain_text("14,45")
    page.get_by_role("button", name="Attestera").click()
    expect(page.locator("body")).to_contain_text("2 rader är attesterade på nivå 1.")
    assert set(rows.values_list("approved_level_one", "approved_level_one_by")) == {(1, "ekonomi")}


def test_a_change_takes_the_approval_back_and_says_so(admin: Admin, company: Company) -> None:
    register_hours(company=company, rows=[a_row(time_category=10)])
    page = admin.page
    admin.open("timesheets/timetransaction/")
    page.locator("#result_list tbody input[type=checkbox]").first.check()
    page.locator("select[name=action]").select_option("approve_chosen")
    page.get_by_role("button", name="Kör").click()
    page.get_by_role("button", name="Attestera").click()
    expect(page.locator("body")).to_contain_text("1 rad är attesterad på nivå 1.")
    admin.open(f"timesheets/timetransaction/{TimeTransaction.objects.get().pk}/change/")
    page.locator("#id_lines-0-quantity").fill("8,25")
    page.get_by_role("button", name="Spara").click()
    expect(page.locator("body")).to_contain_text("Attesten av 1 rad togs tillbaka")
    assert TimeTransaction.objects.get().approved_level_one is None
