"""A row that EXOPEN couldn't use: found on the first page, looked at, sent again. In a browser that reads Swedish."""

from typing import Any

import pytest
from playwright.sync_api import expect
from pytest_django import Settings

from ledger.models import Supplier
from revisions import fan_out
from tests import factories
from tests.browser.admin import Admin
from tests.integrators import Integrator

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def integrator(settings: Settings) -> Any:
    """It has reported a supplier that was changed since, and an account."""
    settings.UTKORG_THROTTLE_RATES = {}
    company = factories.CompanyFactory.create(number="100")
    exopen = factories.make_subscription("accounts", "suppliers", integration_id="EXOPEN")
    supplier = factories.SupplierFactory.create(company=company, number="2001", name="Ahlsell")
    factories.AccountFactory.create(company=company, number="1910")
    fan_out.drain()
    found = Integrator(exopen)
    found.acknowledge(found.fetch()["receipt"])
    found.post("feedback", sequence=2, code="unknown", message="Kontoplanen är låst.")
    found.post("feedback", sequence=1, code="no_bankgiro", message="<b>Bankgiro</b> saknas.")
    Supplier.objects.filter(pk=supplier.pk).update(bankgiro="5402-9681")
    return found


def test_a_reported_row_is_sent_again_from_the_first_page(admin: Admin, integrator: Integrator) -> None:
    page = admin.page
    admin.open()
    expect(page.locator(".needs")).to_contain_text("EXOPEN kunde inte använda 2 rader. Senast: no_bankgiro")
    page.get_by_role("link", name="Öppna rapporterna").click()
    page.get_by_role("row", name="Leverantörer").get_by_role("link").first.click()
    expect(page.locator(".said")).to_contain_text("<b>Bankgiro</b> saknas.")
    marked = page.locator(".compared .is-marked")
    expect(marked).to_have_count(1)
    expect(marked).to_contain_text("5402-9681")
    page.get_by_role("link", name="Skicka igen").click()
    expect(page.locator("form.panel")).to_contain_text("Skicka 1 rad igen?")
    page.get_by_role("button", name="Skicka igen").click()
    expect(page.get_by_text("1 rad står i kö igen för integrationen.")).to_be_visible()
    expect(page.get_by_role("link", name="Skicka igen")).to_have_count(0)
    changed, again = integrator.fetch_all()
    assert (again["operation"], again["data"]) == ("transferred", changed["data"])
    page.get_by_role("link", name="sekvens 4").click()
    expect(page.locator(".event")).to_contain_text("Överförd")


def test_reports_are_closed_with_a_note_on_a_phone(admin: Admin, integrator: Integrator) -> None:
    page = admin.page
    page.set_viewport_size({"width": 390, "height": 844})
    admin.open("revisions/feedback/?code=unknown")
    page.locator("#result_list tbody a").first.click()
    close = page.get_by_role("link", name="Avsluta med anteckning")
    expect(close).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    close.click()
    page.get_by_role("button", name="Avsluta med anteckning").click()
    expect(page.locator(".field-error")).to_be_visible()
    page.get_by_label("Anteckning").fill("Kontoplanen är upplåst nu")
    page.get_by_role("button", name="Avsluta med anteckning").click()
    expect(page.get_by_text("1 rapport är avslutad.")).to_be_visible()
    expect(page.locator(".happened")).to_contain_text("Kontoplanen är upplåst nu")
