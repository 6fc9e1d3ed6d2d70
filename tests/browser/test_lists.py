"""Finding, filtering, exporting and the keys, in a browser that reads Swedish."""

from datetime import date
from pathlib import Path

import pytest
from playwright.sync_api import expect

from access.models import Application
from history.models import Change
from tests import factories
from tests.browser.admin import Admin

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def books() -> factories.Books:
    books = factories.make_books(number="100")
    books.post(text="Hyra januari", day=date(2024, 1, 5))
    books.post(books.rows("1250.50", text="Hyra mars"), series="B", text="Hyra mars", day=date(2024, 3, 5))
    return books


def test_a_voucher_is_found_from_any_page_by_keys_alone(admin: Admin, books: factories.Books) -> None:
    page = admin.page
    admin.open()
    page.keyboard.press("Control+k")
    page.keyboard.type("b 1 2024")
    option = page.get_by_role("option", name="B 1")
    expect(option).to_have_attribute("aria-selected", "true")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator("#voucher-sum")).to_contain_text("1\u00a0250,50")
    page.locator("[data-find-open]").click()
    page.keyboard.type("finns inte")
    expect(page.locator("#find")).to_contain_text("Inget heter ”finns inte”")
    page.keyboard.press("Escape")
    expect(page.locator("#find")).to_be_hidden()


def test_filters_are_chips_and_an_empty_list_says_which_to_loosen(admin: Admin, books: factories.Books) -> None:
    page = admin.page
    admin.open("ledger/voucher/")
    page.get_by_role("button", name="Filter").click()
    page.locator("#changelist-filter input[name=voucher_date_from]").fill("2024-03")
    page.get_by_role("button", name="Filtrera").click()
    expect(page.locator("#result_list tbody tr")).to_have_count(1)
    expect(page.locator(".chips")).to_contain_text("Verifikationsdatum: från 2024-03")
    admin.open("ledger/voucher/?voucher_date_from=2024-03&series__icontains=A")
    expect(page.get_by_role("heading", name="Inget stämmer med urvalet")).to_be_visible()
    page.locator(".empty-list").get_by_role("link", name="Serie: A").click()
    expect(page.locator("#result_list tbody tr")).to_have_count(1)
    page.get_by_role("link", name="Ta bort filtret").click()
    expect(page.locator("#result_list tbody tr")).to_have_count(2)
    expect(page.locator(".chips")).to_be_hidden()


def test_a_list_is_exported_and_the_history_tells_it(admin: Admin, books: factories.Books) -> None:
    page = admin.page
    admin.open("ledger/ledgerentry/?side=credit")
    with page.expect_download() as download:
        page.get_by_role("link", name="Exportera som CSV").click()
    text = Path(download.value.path()).read_text(encoding="utf-8-sig")
    assert download.value.suggested_filename.startswith("bokföringsrader-")
    assert ";1250,50;" in text
    assert len(text.splitlines()) == 3
    with page.expect_download() as download:
        page.keyboard.press("e")
    assert download.value.suggested_filename.endswith(".xlsx")
    assert Change.objects.filter(kind="exported").count() == 2
    admin.open("history/change/?kind__exact=exported")
    expect(page.locator("#result_list")).to_contain_text("ekonomi")
    expect(page.locator("#result_list")).to_contain_text("Exporterad")


def test_a_list_is_walked_by_keys(admin: Admin, books: factories.Books) -> None:
    page = admin.page
    admin.open("ledger/voucher/")
    page.keyboard.press("?")
    expect(page.get_by_role("heading", name="Kortkommandon")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("heading", name="Kortkommandon")).to_be_hidden()
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.locator("#voucher-sum")).to_contain_text("100,00")
    page.go_back()
    page.keyboard.press("n")
    expect(page.locator("#id_voucher_date")).to_be_visible()


def test_an_applications_history_shows_before_and_after(admin: Admin) -> None:
    page = admin.page
    application = Application.objects.create(name="Exopen")
    admin.open(f"access/application/{application.pk}/change/")
    page.get_by_label("Namn").fill("Exopen 2")
    page.keyboard.press("Control+s")
    expect(page.locator("body")).to_contain_text("Exopen 2")
    admin.open(f"access/application/{application.pk}/history/")
    expect(page.locator(".history-table")).to_contain_text("Namn: Exopen → Exopen 2")
    expect(page.locator(".history-table")).to_contain_text("ekonomi")


def test_the_first_tab_leads_past_the_menu(admin: Admin) -> None:
    page = admin.page
    admin.open("ledger/voucher/")
    page.keyboard.press("Tab")
    link = page.get_by_role("link", name="Till innehållet")
    expect(link).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#content")).to_be_focused()
