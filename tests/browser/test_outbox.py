"""Looking into a queue, in a browser that reads Swedish."""

import json

import pytest
from playwright.sync_api import expect

from ledger.models import Account
from revisions import fan_out
from tests import factories
from tests.browser.admin import Admin

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_queue_is_paged_through_and_a_row_copied(admin: Admin) -> None:
    factories.make_subscription(integration_id="EXOPEN", name="Bokföring")
    books = factories.make_books(number="100")
    books.post()
    Account.objects.bulk_create(Account(company=books.company, number=f"{n}", name="x") for n in range(4000, 4060))
    fan_out.drain()
    page = admin.page
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    admin.open("subscriptions/subscription/")
    page.get_by_role("link", name="64", exact=True).click()
    expect(page.locator("#content")).to_contain_text("64 rader väntar, sekvens 1 till 64.")
    expect(page.get_by_role("row")).to_have_count(51)
    page.get_by_role("link", name="Nästa").click()
    expect(page.get_by_role("row")).to_have_count(15)
    page.get_by_role("link", name="Första").click()
    page.get_by_label("Informationstyp").select_option("Bokföring")
    page.get_by_role("button", name="Visa").click()
    expect(page.get_by_role("row")).to_have_count(3)
    expect(page.get_by_role("row").nth(2)).to_contain_text("serie A nummer 1 rad 2")
    page.get_by_role("row").nth(2).get_by_role("link", name="4", exact=True).click()
    page.get_by_role("button", name="Kopiera").click()
    expect(page.get_by_role("button", name="Kopierat")).to_be_visible()
    copied = json.loads(page.evaluate("navigator.clipboard.readText()"))
    assert copied["key"] == {
        "company": "100",
        "financial_year": "2024-01-01",
        "series": "A",
        "number": "1",
        "row": 2,
    }


def test_an_empty_queue_says_so(admin: Admin) -> None:
    subscription = factories.make_subscription()
    admin.open(f"subscriptions/subscription/{subscription.pk}/outbox/")
    expect(admin.page.locator("#content")).to_contain_text("Ingenting väntar i den här utkorgen")
