"""People with rights in some companies: given to them by whoever administers the installation, felt at once."""

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from tests import factories
from tests.browser.admin import Admin

pytestmark = pytest.mark.django_db(transaction=True)


def look_as(page: Page, user: User, live_server: LiveServer) -> None:
    """Sign in as somebody else in the same browser."""
    client = Client()
    client.force_login(user)
    name = settings.SESSION_COOKIE_NAME
    page.context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": live_server.url}])


def test_whoever_is_made_a_member_of_a_company_sees_that_one_alone(admin: Admin, live_server: LiveServer) -> None:
    page = admin.page
    page.set_viewport_size({"width": 1280, "height": 900})
    own, foreign = (factories.make_books(number=number) for number in ("100", "200"))
    for books in (own, foreign):
        factories.SupplierFactory.create(company=books.company, name=f"Leverantör i {books.company.number}")
    anna = factories.UserFactory.create(is_staff=True, username="anna")
    look_as(page, anna, live_server)
    admin.open()
    expect(page.get_by_role("heading", name="Du är inte medlem i något bolag än")).to_be_visible()

    look_as(page, User.objects.get(username="ekonomi"), live_server)
    admin.open(f"auth/user/{anna.pk}/change/")
    page.get_by_role("link", name="Lägg till medlemskap").click()
    admin.choose(page.locator("#id_company"), "100", own.company.name)
    groups = page.locator("#id_groups").locator("xpath=following-sibling::span")
    groups.locator(".select2-search__field").press_sequentially("Ekonomiadm")
    page.locator(".select2-results__option", has_text="Ekonomiadministratör").click()
    page.get_by_role("button", name="Spara", exact=True).click()
    admin.open(f"auth/user/{anna.pk}/change/")
    expect(page.get_by_role("row", name="Ekonomiadministratör")).to_contain_text(own.company.name)

    look_as(page, anna, live_server)
    admin.open("ledger/supplier/")
    expect(page.get_by_text("Leverantör i 100")).to_be_visible()
    expect(page.get_by_text("Leverantör i 200")).to_have_count(0)
    expect(page.get_by_role("link", name="Användare")).to_have_count(0)
