"""What a finance admin does, in a browser that reads Swedish."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from ledger.models import Voucher
from tests import factories
from tests.browser.admin import Admin

pytestmark = pytest.mark.django_db(transaction=True)
SAMPLE = Path(__file__).parent.parent.parent / "config" / "sample" / "avendo-ovningsbolaget-typ4.se"


def fill_row(admin: Admin, place: int, account: str, *, debit: str = "", credit: str = "") -> None:
    """Fill in one row of a voucher."""
    admin.choose(admin.page.locator(f"#id_rows-{place}-account"), account, account)
    admin.page.fill(f"#id_rows-{place}-debit", debit)
    admin.page.fill(f"#id_rows-{place}-credit", credit)


def test_a_voucher_is_made_with_its_sum_shown_while_typing(admin: Admin) -> None:
    books = factories.make_books(number="100")
    factories.make_books(number="200")
    page = admin.page
    admin.open("ledger/voucher/add/")
    admin.choose(page.locator("#id_company"), "100", "100")
    page.fill("#id_voucher_date", "2024-02-03")
    page.fill("#id_text", "Kontantförsäljning")
    fill_row(admin, 0, "1910", debit="1 250,50")
    total = page.locator("#voucher-sum")
    expect(total.locator("[data-sum=debit]")).to_have_text("1\u00a0250,50")
    expect(total.locator("[data-sum=difference]")).to_have_text("1\u00a0250,50")
    expect(total).to_contain_text("Debet och kredit är olika")
    fill_row(admin, 1, "3001", credit="1250.5")
    expect(total).to_contain_text("Debet och kredit är lika")
    page.get_by_role("button", name="Spara", exact=True).click()
    expect(page.locator("body")).to_contain_text("A 1")
    voucher = Voucher.objects.get()
    assert (voucher.company, voucher.text, voucher.rows.count()) == (books.company, "Kontantförsäljning", 2)


def test_a_refused_voucher_keeps_its_accounts(admin: Admin) -> None:
    factories.make_books(number="100")
    page = admin.page
    admin.open("ledger/voucher/add/")
    admin.choose(page.locator("#id_company"), "100", "100")
    page.fill("#id_voucher_date", "2024-02-03")
    fill_row(admin, 0, "1910", debit="500")
    fill_row(admin, 1, "3001", credit="400")
    page.get_by_role("button", name="Spara", exact=True).click()
    expect(page.locator("body")).to_contain_text("Verifikationen är inte i balans")
    page.fill("#id_rows-1-credit", "500")
    page.get_by_role("button", name="Spara", exact=True).click()
    expect(page.locator("body")).to_contain_text("A 1")
    assert Voucher.objects.get().rows.count() == 2


def test_rows_are_added_and_removed_and_the_sum_follows(admin: Admin) -> None:
    books = factories.make_books()
    voucher = books.post()
    page = admin.page
    admin.open(f"ledger/voucher/{voucher.pk}/change/")
    page.locator("#rows-group a.add-row").click()
    page.fill("#id_rows-2-debit", "10")
    expect(page.locator("[data-sum=debit]")).to_have_text("110,00")
    page.locator("#id_rows-0-DELETE").locator("xpath=ancestor::label").click()
    expect(page.locator("[data-sum=debit]")).to_have_text("10,00")
    expect(page.locator("[data-sum=difference]")).to_have_text("−90,00")


def test_a_voucher_is_reversed_by_its_button_once(admin: Admin) -> None:
    voucher = factories.make_books().post(text="Kontantförsäljning")
    page = admin.page
    admin.open(f"ledger/voucher/{voucher.pk}/change/")
    button = page.locator("a[href$='/reverse/']")
    expect(button).to_contain_text("Vänd")
    button.click()
    expect(page.get_by_label("Text")).to_have_value("Vändning av A 1: Kontantförsäljning")
    page.get_by_role("button", name="Vänd", exact=True).click()
    expect(page.locator("body")).to_contain_text("Den här verifikationen vänder A 1.")
    page.get_by_role("link", name="Visa den").click()
    expect(page.locator("body")).to_contain_text("Den här verifikationen är vänd av A 2.")
    expect(button).to_have_count(0)


MAIN_PAGES = [
    "",
    "ledger/voucher/",
    "ledger/voucher/add/",
    "ledger/ledgerentry/",
    "ledger/company/",
    "imports/fileimport/",
    "imports/fileimport/add/",
    "subscriptions/subscription/",
    "subscriptions/subscription/add/",
    "onetime_transfer/transfer/",
    "onetime_transfer/transfer/add/",
    "access/apikey/",
]


@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_is_wider_than_the_page(admin: Admin, width: int) -> None:
    books = factories.make_books()
    books.post(text="En verifikation med en ganska lång text som bryts")
    factories.make_subscription(name="En prenumeration med ett ganska långt namn")
    admin.page.set_viewport_size({"width": width, "height": 844})
    wide = []
    for path in MAIN_PAGES:
        admin.open(path)
        if admin.page.evaluate("document.documentElement.scrollWidth") > width:
            wide.append(path)
    assert wide == []


def test_the_language_is_switched(admin: Admin) -> None:
    page = admin.page
    admin.open()
    expect(page.get_by_role("heading", name="Översikt")).to_be_visible()
    page.locator("#nav-sidebar, nav").get_by_text("ekonomi").first.click()
    page.get_by_role("button", name="Norsk").click()
    expect(page.get_by_role("heading", name="Oversikt")).to_be_visible()
