"""Where did voucher A 1 go? Asked in a browser that reads Swedish."""

from typing import Any

import pytest
from playwright.sync_api import expect
from pytest_django import Settings

from ledger.models import LedgerEntry
from revisions import fan_out
from tests import factories
from tests.browser.admin import Admin
from tests.integrators import Integrator

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def story(settings: Settings) -> Any:
    """A voucher that EXOPEN has acknowledged, changed since; FORTE was inactive all the time."""
    settings.UTKORG_THROTTLE_RATES = {}
    books = factories.make_books(number="100")
    exopen = factories.make_subscription("ledger_entries", integration_id="EXOPEN")
    factories.make_subscription("ledger_entries", integration_id="FORTE", active=False)
    voucher = books.post(text="Kaffe")
    fan_out.drain()
    integrator = Integrator(exopen)
    integrator.acknowledge(integrator.fetch()["receipt"])
    LedgerEntry.objects.filter(voucher=voucher, row=1).update(text="Rättad")
    fan_out.drain()
    return voucher


def test_a_voucher_is_traced_from_the_menu(admin: Admin, story: Any) -> None:
    page = admin.page
    admin.open()
    page.get_by_role("link", name="Spåra rad").click()
    expect(page.get_by_label("Kod")).to_be_hidden()
    page.get_by_label("Informationstyp").select_option("Projekt (Dim2)")
    expect(page.get_by_label("Kod")).to_be_visible()
    expect(page.get_by_label("Serie")).to_be_hidden()
    page.get_by_label("Informationstyp").select_option("Bokföring")
    admin.choose(page.locator("#id_company"), "100", "100 Company 100")
    page.get_by_label("Nummer").fill("A 1")
    page.get_by_role("button", name="Spåra rad").click()
    newest, first = page.locator(".event").nth(0), page.locator(".event").nth(1)
    expect(newest).to_contain_text("Ändrad")
    expect(newest.get_by_role("row", name="EXOPEN")).to_contain_text("I kö, aldrig hämtad")
    expect(newest.locator(".differences")).to_contain_text("Rättad")
    expect(first.get_by_role("row", name="EXOPEN")).to_contain_text("Kvitterad")
    expect(first.get_by_role("row", name="EXOPEN")).to_contain_text("sekvens 1–2")
    first.get_by_text("Skickades inte till 1 integration").click()
    expect(first).to_contain_text("Prenumerationen var inaktiv då.")
    newest.get_by_text("Revision").click()
    expect(newest.locator("mark")).to_have_text('  "text": "Rättad",')


def test_the_buttons_of_a_row_and_of_the_outbox_lead_to_the_trace(admin: Admin, story: Any) -> None:
    page = admin.page
    admin.open(f"ledger/voucher/{story.pk}/change/")
    page.get_by_role("link", name="Spåra rad").last.click()
    expect(page.locator(".event")).to_have_count(2)
    page.locator(".event").first.get_by_role("link", name="3", exact=True).click()
    page.get_by_role("row", name="rad 1").get_by_role("link", name="Spåra rad").click()
    expect(page.locator(".event")).to_have_count(1)
    page.get_by_role("link", name="Alla ändringar av den här raden").click()
    expect(page.locator(".event")).to_have_count(2)


def test_on_a_phone_the_story_is_cards(admin: Admin, story: Any) -> None:
    page = admin.page
    page.set_viewport_size({"width": 390, "height": 844})
    admin.open(f"trace/?type=ledger_entries&company={story.company_id}&key-number=1")
    expect(page.locator(".event").first).to_contain_text("EXOPEN")
    assert page.evaluate("document.documentElement.scrollWidth") == 390
