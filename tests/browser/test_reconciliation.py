"""Reconciliation in a browser that reads Swedish: paste what the integration has, and send the month that differs."""

import re
from datetime import date

import pytest
from playwright.sync_api import expect

from tests import factories
from tests.browser.admin import Admin

pytestmark = pytest.mark.django_db(transaction=True)


def test_figures_are_pasted_and_the_month_that_differs_is_transferred(admin: Admin) -> None:
    books = factories.make_books(number="100")
    subscription = factories.make_subscription(integration_id="EXOPEN", companies=[books.company])
    books.post(day=date(2024, 1, 31))
    books.post(day=date(2024, 2, 1))
    admin.open(f"subscriptions/subscription/{subscription.pk}/change/")
    page = admin.page
    page.get_by_role("link", name="Stäm av").click()
    page.get_by_label("Informationstyp").select_option("Kontoplan")
    expect(page.get_by_label("Från period", exact=True)).to_be_hidden()
    page.get_by_label("Informationstyp").select_option("Bokföring")
    expect(page.get_by_label("Från period", exact=True)).to_be_visible()
    page.get_by_role("button", name="Visa", exact=True).click()
    expect(page.get_by_role("row")).to_have_count(3)
    page.get_by_label("Integrationens siffror").fill("100;2024-01;2;100,00;-100,00\n100;2024-02;1;100,00;0,00")
    page.get_by_role("button", name="Jämför").click()
    expect(page.get_by_role("heading", name="1 månad av 2 avviker")).to_be_visible()
    row = page.get_by_role("row", name="2024-02")
    expect(row).to_contain_text("Avviker")
    row.get_by_role("link", name="Överför på nytt").click()
    expect(page).to_have_url(re.compile("period_from=2024-02&period_to=2024-02"))
    expect(page.get_by_label("Informationstyp")).to_have_value("ledger_entries")
