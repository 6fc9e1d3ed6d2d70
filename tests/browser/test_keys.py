"""A key is made, seen once, and replaced, in a browser that reads Swedish."""

import re

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from access.add_on import activate
from access.exceptions import KeyReplaced
from access.models import ApiKey, Application, ClientAccess, KeyKind, KeyRights, Membership, Office
from access.services import authenticate_key
from tests.browser.admin import Admin
from tests.factories import (
    ApplicationFactory,
    CompanyFactory,
    OfficeFactory,
    UserFactory,
    give,
    make_key,
    permission,
)

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def office() -> Office:
    return OfficeFactory.create(name="Byrån", company=CompanyFactory.create(number="900"))


@pytest.fixture
def karin(office: Office) -> Membership:
    """An employee of the office, who looks at accounts."""
    person = UserFactory.create(username="karin", first_name="Karin", last_name="Nord", is_staff=True)
    return give(person, "ledger.view_account", office=office)


@pytest.fixture
def applications() -> dict[str, Application]:
    exopen = ApplicationFactory.create(name="Exopen", supports_office_keys=True)
    exopen.permissions.add(permission("ledger.view_account"), permission("ledger.change_account"))
    return {"Exopen": exopen, "Planima": ApplicationFactory.create(name="Planima")}


def keys_of(membership: Membership) -> str:
    return f"office/900/employees/{membership.pk}/keys/"


def shown_text(page: Page) -> str:
    """The text in the dialog, which can't be left before it is stored."""
    dialog = page.get_by_role("dialog", name="API-nyckel (Employee token)")
    expect(dialog).to_be_visible()
    expect(dialog.get_by_role("button", name="OK")).to_be_disabled()
    page.keyboard.press("Escape")
    expect(dialog).to_be_visible()
    return dialog.get_by_role("textbox", name="Nyckeln").input_value()


def store(page: Page) -> None:
    page.get_by_label("Jag har sparat nyckeln").check()
    page.get_by_role("button", name="OK").click()


def test_a_key_is_made_on_an_employees_card_and_seen_once(
    admin: Admin, karin: Membership, office: Office, applications: dict[str, Application]
) -> None:
    page = admin.page
    activate(by=User.objects.get(username="ekonomi"), office=office)
    admin.open(keys_of(karin))
    page.get_by_role("link", name="Ny nyckel").click()
    page.get_by_label("Applikation", exact=True).select_option("Planima")
    expect(page.get_by_label("Byråns nyckel")).to_be_disabled()
    page.get_by_label("Applikation", exact=True).select_option("Exopen")
    expect(page.locator("#key-asks")).to_contain_text("Exopen begär detta, som nyckeln inte får")
    page.get_by_label("Byråns nyckel").check()
    page.get_by_label("Ge nyckeln ett namn").fill("Exopen bokföring")
    page.get_by_role("button", name="Skapa nyckel").click()
    text = shown_text(page)
    key = authenticate_key(text)
    assert (key.owner, key.kind, key.office) == (karin.user, KeyKind.OFFICE, office)
    with page.expect_download() as download:
        page.get_by_role("button", name="Spara som fil").click()
    assert download.value.path().read_text() == f"{text}\n"
    assert download.value.suggested_filename == f"exopen-exopen-bokforing-{key.public_id}.txt"
    assert page.url.endswith(keys_of(karin))  # what reloading or going back leads to
    store(page)
    row = page.get_by_role("row", name="Exopen bokföring")
    expect(row).to_contain_text("Aktiv")
    assert text not in page.content()
    page.go_back()
    assert text not in page.content()


def test_who_leaves_without_having_stored_the_key_is_warned(
    admin: Admin, karin: Membership, office: Office, applications: dict[str, Application]
) -> None:
    page = admin.page
    activate(by=User.objects.get(username="ekonomi"), office=office)
    admin.open(f"{keys_of(karin)}new/")
    page.get_by_label("Anpassad inställning").check()
    page.get_by_label("Applikationens namn").fill("Eget program")
    page.get_by_label("Bestäm själv").check()
    page.get_by_label("Ge nyckeln ett namn").fill("Egen")
    page.get_by_role("button", name="Skapa nyckel").click()
    shown_text(page)
    with page.expect_event("dialog") as warned:
        page.close(run_before_unload=True)
    assert warned.value.type == "beforeunload"
    warned.value.dismiss()
    store(page)
    # Without rights as yet, it leads to where they are chosen.
    page.get_by_label("Kontoplan: visa").check()
    expect(page.get_by_label("Kontoplan: ändra")).to_be_disabled()
    with page.expect_navigation():
        page.get_by_role("button", name="Spara", exact=True).click()
    key = ApiKey.objects.get()
    assert list(key.permissions.all()) == [permission("ledger.view_account")]


def test_without_the_add_on_the_tab_leads_to_it(admin: Admin, karin: Membership) -> None:
    admin.open(keys_of(karin))
    expect(admin.page.get_by_text("Tilläggstjänsten Integrationer är inte aktiverad")).to_be_visible()
    expect(admin.page.get_by_role("link", name="Ny nyckel")).to_have_count(0)
    admin.page.locator("#content").get_by_role("link", name="Mitt abonnemang").click()
    expect(admin.page).to_have_url(re.compile(r"/office/900/subscription/$"))


def test_a_key_is_replaced_with_days_in_which_both_work(admin: Admin, karin: Membership, office: Office) -> None:
    page = admin.page
    key, old = make_key(owner=karin.user, company=office.company, rights=KeyRights.OWN, name="Exopen")
    admin.open(keys_of(karin))
    page.get_by_role("link", name="Återställ nyckel Exopen").click()
    page.get_by_label("Efter 7 dagar: till dess fungerar båda").check()
    page.get_by_role("button", name="Återställ nyckel").click()
    new = shown_text(page)
    assert authenticate_key(new) == authenticate_key(old) == key
    store(page)
    page.get_by_role("link", name="Avsluta den gamla nyckeln nu").click()
    page.get_by_role("button", name="Avsluta den gamla nyckeln nu").click()
    expect(page.get_by_text("Den gamla nyckeln fungerar inte längre.").first).to_be_visible()
    with pytest.raises(KeyReplaced):
        authenticate_key(old)


def test_why_tells_who_says_no(admin: Admin, karin: Membership, office: Office) -> None:
    page = admin.page
    key, _text = make_key(owner=karin.user, company=office.company, name="Exopen")
    admin.open(f"access/apikey/{key.pk}/change/")
    page.get_by_role("link", name="Varför?").click()
    expect(page.locator("[data-factor=owner]")).to_contain_text("Karin Nord har 1 av")
    expect(page.locator("[data-right='ledger.view_account']")).to_have_text("checkja")
    expect(page.locator("[data-right='ledger.change_account']")).to_contain_text("Ägare")
    page.get_by_role("link", name="Bara skillnader").click()
    expect(page.locator("[data-right='ledger.view_account']")).to_be_visible()


def test_a_name_that_was_written_stays_after_a_mistake_and_a_new_office_key_leads_to_its_clients(
    admin: Admin, karin: Membership, office: Office
) -> None:
    page = admin.page
    activate(by=User.objects.get(username="ekonomi"), office=office)
    ClientAccess.objects.create(office=office, company=CompanyFactory.create(name="Gårdens café"))
    admin.open(f"{keys_of(karin)}new/")
    # A page of its own: a form that is refused is an error in the console, which `page` takes for a failure
    address = page.url
    page = page.context.new_page()
    page.goto(address)
    page.get_by_label("Anpassad inställning").check()
    page.get_by_label("Applikationens namn").fill("Eget program")
    page.get_by_label("Bestäm själv").check()
    page.locator("input[name=is_office]").check()
    page.get_by_label("Ge nyckeln ett namn").fill("Nattkörning")
    page.get_by_role("button", name="Skapa nyckel").click()
    page.get_by_label("Applikationen stöder").check()
    expect(page.get_by_label("Ge nyckeln ett namn")).to_have_value("Nattkörning")
    page.get_by_role("button", name="Skapa nyckel").click()
    shown_text(page)
    store(page)
    expect(page.get_by_text("Nyckeln kan inget göra innan den har klientåtkomst")).to_be_visible()
    page.get_by_role("link", name="Klientåtkomst").click()
    expect(page.get_by_role("cell", name="Gårdens café")).to_be_visible()
