"""An accounting office gives its keys access to clients, many at once and one by one, in a Swedish browser."""

import pytest
from playwright.sync_api import expect

from access.clients import switch_api_access
from access.models import ClientGrant
from tests.access.clients import make_practice
from tests.browser.admin import Admin

pytestmark = pytest.mark.django_db(transaction=True)


def test_many_clients_are_given_access_after_a_look_ahead_and_it_is_undone(admin: Admin) -> None:
    practice = make_practice(clients=60)
    switch_api_access(company=practice.companies[1], on=False)
    page = admin.page
    admin.open("access/clientaccess/")
    page.locator("#action-toggle").check()
    page.get_by_role("link", name="60").click()
    page.get_by_role("button", name="Klientåtkomst", exact=True).click()
    expect(page.get_by_role("heading", name="60 klienter hos Byrån")).to_be_visible()
    page.get_by_label("Anställd").select_option(label="Portal Byrån: Alla")
    page.get_by_label("Behörighetsmall").select_option(label="Hämta utkorgen")
    outlook = page.get_by_role("region", name="Vem får vad")
    expect(outlook.get_by_role("heading", name="Får åtkomst: 60 klienter")).to_be_visible()
    expect(outlook.get_by_text("5 behörigheter tillkommer")).to_be_visible()
    expect(outlook).to_contain_text("1 klient har API-åtkomst av")
    assert not ClientGrant.objects.exists()
    page.get_by_role("button", name="Ge åtkomst till 60 klienter").click()
    expect(page.locator("body")).to_contain_text(
        "Portal Byrån: Alla har klientåtkomst genom Hämta utkorgen: 60 klienter är nya."
    )
    assert ClientGrant.objects.count() == 60
    page.get_by_role("link", name="Ångra").click()
    page.get_by_role("button", name="Ångra").click()
    expect(page.locator("body")).to_contain_text("Ångrat för 60 klienter.")
    assert not ClientGrant.objects.exists()


def test_a_key_is_added_to_one_client_and_taken_away_after_asking(admin: Admin) -> None:
    practice = make_practice()
    page = admin.page
    admin.open("")
    page.locator("#nav-sidebar-apps a", has_text="Behörigheter").click()
    page.get_by_role("link", name="502 Klient 502").click()
    page.get_by_role("tab", name="API-nyckel").click()
    page.get_by_text("Lägg till anställd").click()
    page.get_by_label("Anställd", exact=True).select_option(label="Portal Byrån: Alla")
    page.get_by_label("Behörighetsmall", exact=True).select_option(label="Läs allt")
    page.get_by_role("button", name="Spara ändringar").click()
    row = page.get_by_role("row", name="Portal Byrån: Alla")
    expect(row.locator(".outcome-rights")).to_contain_text("behörigheter")
    assert ClientGrant.objects.get().template == practice.reads
    page.get_by_label("Ta bort Portal Byrån: Alla").check()
    page.get_by_role("button", name="Spara ändringar").click()
    expect(page.get_by_role("heading", name="Ta bort nyckelns åtkomst?")).to_be_visible()
    page.get_by_role("button", name="Ta bort").click()
    expect(page.locator("body")).to_contain_text("Ingen nyckel har åtkomst till den här klienten än.")
    assert not ClientGrant.objects.exists()


def test_a_template_is_ticked_together_by_columns(admin: Admin) -> None:
    make_practice()
    page = admin.page
    admin.open("access/accesstemplate/add/")
    page.get_by_label("Namn").fill("Leverantörer")
    partners = page.get_by_role("table", name="Leverantörer och kunder")
    partners.get_by_role("button", name="Se", exact=True).click()
    expect(partners.get_by_label("Leverantörer: visa")).to_be_checked()
    expect(partners.get_by_label("Kunder: visa")).to_be_checked()
    expect(partners.get_by_label("Kunder: ändra")).not_to_be_checked()
    page.get_by_role("button", name="Spara", exact=True).click()
    expect(page.locator("#result_list")).to_contain_text("Leverantörer")
