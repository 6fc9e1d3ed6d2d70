"""Conflicts of a working copy are resolved, one field by field, one by editing. In a browser that reads Swedish."""

import re
from decimal import Decimal

import pytest
from playwright.sync_api import Page, expect

from ledger.models import Supplier, Voucher
from tests import factories
from tests.browser.admin import Admin
from tests.workcopies.conflicts import make_conflict, make_copy
from workcopies.models import Conflict

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def books() -> factories.Books:
    return factories.make_books(number="100")


@pytest.fixture
def supplier(books: factories.Books) -> Supplier:
    return factories.SupplierFactory.create(
        company=books.company, number="2001", name="Ahlsell (publ)", bankgiro="5402-9681", city="Stockholm"
    )


@pytest.fixture
def voucher(books: factories.Books) -> Voucher:
    return books.post(books.rows("1100.00"), text="Hyra mars")


@pytest.fixture
def of_supplier(books: factories.Books, supplier: Supplier, voucher: Voucher) -> Conflict:
    """Two conflicts of one copy; the supplier's is the newer one."""
    copy = make_copy(books.company, name="Bokslut")
    make_conflict(
        voucher,
        copy=copy,
        base={1: {"amount": "1000.00"}, 2: {"amount": "-1000.00"}},
        mine={1: {"amount": "1250.00"}, 2: {"amount": "-1250.00"}, "voucher_text": "Hyra och el"},
    )
    return make_conflict(
        supplier,
        copy=copy,
        base={"bankgiro": "5050-1055", "name": "Ahlsell"},
        mine={"bankgiro": "991-2346", "phone": "08-685 70 00"},
    )


def choose(page: Page, part: str, side: str) -> None:
    page.locator(f"input[name='choice-{part}'][value={side}]").check()


def go_on(page: Page) -> None:
    page.get_by_role("button", name="Fortsätt").click()


def test_conflicts_are_resolved_field_by_field_and_by_editing(
    admin: Admin, of_supplier: Conflict, supplier: Supplier, voucher: Voucher
) -> None:
    page = admin.page
    page.set_viewport_size({"width": 1280, "height": 900})
    admin.open()
    expect(page.locator(".needs")).to_contain_text("2 konflikter från arbetskopior väntar på att någon väljer")
    page.get_by_role("link", name="Öppna konflikterna").click()
    page.get_by_role("row", name="Leverantör").get_by_role("link").first.click()

    go_on(page)
    expect(page.get_by_role("alert")).to_contain_text("Ingenting har skrivits än")
    bankgiro = page.locator(".conflict-block", has=page.locator("input[name='choice-bankgiro']"))
    expect(bankgiro.locator(".field-error")).to_have_text("Välj en sida eller skriv ett annat värde.")
    choose(page, "bankgiro", "mine")
    go_on(page)
    expect(page.locator(".asked").first).to_contain_text("Bankgiro: 991-2346 (min)")
    expect(page.locator(".asked").last).to_contain_text("Bankgiro, deras: 5402-9681")
    assert Supplier.objects.get(pk=supplier.pk).bankgiro == "5402-9681"
    page.get_by_role("button", name="Lös konflikten").click()

    expect(page.get_by_text("Konflikten är löst: Leverantör 2001.")).to_be_visible()
    found = Supplier.objects.get(pk=supplier.pk)
    assert (found.bankgiro, found.name, found.phone) == ("991-2346", "Ahlsell (publ)", "08-685 70 00")

    # The next one is open already.
    expect(page.locator("#conflict-title")).to_contain_text("Verifikation A 1 (2024)")
    sums = page.locator("#conflict-sum")
    expect(sums).to_contain_text("Alla rader är inte valda än")
    page.get_by_role("button", name="Ta min överallt").click()
    expect(sums).to_contain_text("Debet och kredit är lika")
    choose(page, "rows.2", "other")
    page.locator("[name='other-rows.2-credit']").fill("1 000,00")
    expect(sums).to_contain_text("250,00")
    expect(sums).to_have_class(re.compile("is-unbalanced"))
    page.get_by_role("button", name="Lägg till en rad").click()
    page.locator("[name='new-0-account']").fill("3999")
    page.locator("[name='new-0-credit']").fill("250")
    expect(sums).to_contain_text("Debet och kredit är lika")
    go_on(page)
    expect(page.locator(".new-row .field-error")).to_contain_text("3999")
    page.locator("[name='new-0-account']").fill("3001")
    go_on(page)
    page.get_by_role("button", name="Lös konflikten").click()
    expect(page.get_by_text("Konflikten är löst: Verifikation A 1 (2024).")).to_be_visible()
    assert [row.amount for row in voucher.rows.order_by("row")] == [Decimal(1250), Decimal(-1000), Decimal(-250)]

    # Both sides are still to be seen, with what was chosen.
    expect(page.locator(".panel.good")).to_contain_text("Löst av ekonomi")
    row = page.locator(".conflict-block.is-row").nth(1)
    for amount in ("1 000,00", "1 250,00", "1 100,00"):
        expect(row).to_contain_text(re.compile(f"Kredit {amount}".replace(" ", r"\s")))
    assert not Conflict.objects.filter(status=Conflict.Status.OPEN).exists()


def test_what_changes_meanwhile_is_shown_and_nothing_is_written_on_a_phone(
    admin: Admin, of_supplier: Conflict, supplier: Supplier
) -> None:
    page = admin.page
    page.set_viewport_size({"width": 390, "height": 844})
    admin.open(f"workcopies/conflict/{of_supplier.pk}/change/")
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    page.get_by_role("button", name="Ta deras överallt").focus()
    page.keyboard.press("Enter")
    Supplier.objects.filter(pk=supplier.pk).update(bankgiro="123-4567")
    go_on(page)
    expect(page.get_by_role("alert")).to_contain_text("Det här ändrades efter att du öppnade sidan")
    expect(page.locator(".conflict-block", has=page.locator("input[name='choice-bankgiro']"))).to_contain_text(
        "123-4567"
    )
    assert Conflict.objects.get(pk=of_supplier.pk).status == Conflict.Status.OPEN
    go_on(page)
    page.get_by_role("button", name="Lös konflikten").click()
    expect(page.get_by_text("Konflikten är löst")).to_be_visible()
    assert Supplier.objects.get(pk=supplier.pk).bankgiro == "123-4567"
