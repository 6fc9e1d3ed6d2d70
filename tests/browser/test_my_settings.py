"""A person's own settings, in a browser that reads Swedish."""

import pytest
from playwright.sync_api import expect

from tests.browser.admin import Admin

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_language_is_chosen_on_ones_own_page(admin: Admin) -> None:
    page = admin.page
    admin.open()
    page.locator("#nav-sidebar, nav").get_by_text("ekonomi").first.click()
    page.get_by_role("link", name="Mina inställningar").click()
    expect(page.get_by_label("Som webbläsaren säger")).to_be_checked()
    page.get_by_label("Norsk").check()
    page.get_by_role("button", name="Spara").click()
    expect(page.locator("body")).to_contain_text("Innstillingene dine er lagret.")
    page.context.clear_cookies(name="django_language")
    admin.open()
    expect(page.get_by_role("heading", name="Oversikt")).to_be_visible()
