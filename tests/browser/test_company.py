"""An account's pages, in a browser that reads Swedish: the add-on, the people and their rights, the accountant."""

import pytest
from django.contrib.auth.models import Group
from playwright.sync_api import expect

from access.add_on import is_activated
from access.clients import add_client
from access.models import ClientAccess, Membership
from ledger.models import Company
from tests import factories
from tests.browser.admin import Admin

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_terms_are_opened_before_the_add_on_is_activated(admin: Admin) -> None:
    company = factories.CompanyFactory.create(number="500", name="Granen AB")
    page = admin.page
    admin.open()
    page.get_by_role("link", name="Mitt abonnemang").click()
    # The only account that there is.
    activate, accept = page.get_by_role("button", name="Aktivera"), page.get_by_label("Jag har läst villkoren")
    expect(activate).to_be_disabled()
    expect(accept).to_be_disabled()
    page.get_by_text("Läs villkoren").click()
    expect(page.locator(".terms")).to_contain_text("Behandla den som ett lösenord")
    expect(activate).to_be_disabled()
    accept.check()
    activate.click()
    expect(page.locator("body")).to_contain_text("Tilläggstjänsten Integrationer är aktiverad.")
    assert is_activated(company=company)
    page.get_by_role("link", name="Avaktivera").click()
    expect(page.locator("form.panel")).to_contain_text("Därefter kan inga nya nycklar skapas")
    page.get_by_role("button", name="Avaktivera").click()
    expect(page.get_by_text("Inte aktiverad")).to_be_visible()


def test_one_of_two_thousand_companies_is_chosen_by_its_name(admin: Admin) -> None:
    companies = [factories.CompanyFactory.build(number=str(5000 + n), name=f"Granen {n} AB") for n in range(2000)]
    Company.objects.bulk_create(companies)
    page = admin.page
    admin.open("account/employees/")
    expect(page.get_by_role("heading", name="Välj bolag")).to_be_visible()
    page.get_by_role("link", name="Granen 0 AB").click()
    page.locator(".account-selector summary").click()
    page.get_by_label("Sök på nummer eller namn").fill("1999")
    page.get_by_role("link", name="Granen 1999 AB").click()
    expect(page.locator(".account-selector summary")).to_contain_text("Granen 1999 AB")
    admin.open()
    page.get_by_role("link", name="Anställda").click()
    expect(page.locator(".account-selector summary")).to_contain_text("Granen 1999 AB")


def test_a_new_employee_gets_rights_and_leaves(admin: Admin) -> None:
    factories.CompanyFactory.create(number="500", name="Granen AB")
    Group.objects.create(name="Ekonomi").permissions.add(factories.permission("ledger.view_account"))
    page = admin.page
    admin.open("company/500/employees/")
    page.get_by_role("link", name="Lägg till", exact=True).click()
    page.get_by_role("link", name="Ny person").click()
    page.get_by_label("Användarnamn").fill("berit")
    page.get_by_label("Förnamn").fill("Berit")
    page.get_by_label("E-post").fill("berit@example.com")
    page.get_by_role("button", name="Lägg till").click()
    expect(page.locator("body")).to_contain_text("Berit är tillagd")
    page.get_by_label("Ekonomi", exact=True).check()
    page.get_by_label("Verifikationer: visa").check()
    page.get_by_role("button", name="Spara").click()
    expect(page.locator("body")).to_contain_text("Behörigheterna är sparade.")
    membership = Membership.objects.get(user__username="berit")
    assert [right.codename for right in membership.permissions.all()] == ["view_voucher"]
    assert [group.name for group in membership.groups.all()] == ["Ekonomi"]
    page.get_by_role("navigation", name="Berit").get_by_role("link", name="Anställd").click()
    page.get_by_role("link", name="Avsluta").click()
    page.get_by_role("button", name="Avsluta").click()
    expect(page.locator("body")).to_contain_text("Berit har inte längre några behörigheter i Granen AB.")
    page.get_by_role("link", name="Har slutat").click()
    expect(page.get_by_role("link", name="Berit")).to_be_visible()


def test_the_client_flips_the_switch_and_changes_the_accountant(admin: Admin) -> None:
    company = factories.CompanyFactory.create(number="500", name="Granen AB")
    for name in ("Siffror & Co", "Annan byrå", "Balans AB"):
        office = factories.OfficeFactory.create(name=name)
    add_client(office=office, company=company)
    page = admin.page
    admin.open("company/500/accountant/")
    switch = page.get_by_role("switch", name="API-åtkomst")
    expect(switch).to_be_checked()
    page.locator(".switch").click()
    page.get_by_role("button", name="Spara").click()
    expect(switch).not_to_be_checked()
    assert not ClientAccess.objects.get(company=company).api_access
    page.get_by_label("En annan redovisningsbyrå").fill("siff")
    expect(page.get_by_label("Annan byrå")).to_have_count(0)
    page.get_by_label("Siffror & Co").check()
    page.get_by_label("En annan redovisningsbyrå").fill("annan")
    expect(page.get_by_label("Annan byrå")).to_be_visible()
    expect(page.get_by_label("Siffror & Co")).to_be_checked()
    page.locator(".switch").click()
    page.get_by_role("button", name="Spara").click()
    expect(page.locator("form.panel")).to_contain_text("De som arbetar på Balans AB förlorar allt")
    page.get_by_role("button", name="Byt redovisningsbyrå").click()
    expect(page.locator("body")).to_contain_text("Siffror & Co är redovisningsbyrå")
    assert ClientAccess.objects.get(company=company).api_access
