"""The desk for invoices, by keys alone, and with a message that means harm. In a browser that reads Swedish."""

import re

import pytest
from playwright.sync_api import Dialog, Page, expect

from inbox.models import IncomingInvoice
from ledger.models import SupplierInvoice, Voucher
from tests import factories
from tests.browser.admin import Admin
from tests.inbox import samples

pytestmark = pytest.mark.django_db(transaction=True)

LIST = "inbox/incominginvoice/"
EVIL = "<script>document.title = 'ran'; parent.document.title = 'ran'</script><img src=x onerror=\"top.ran = 1\">"


@pytest.fixture
def books() -> factories.Books:
    books = factories.make_books(number="100")
    for number in ("2440", "2641", "4000"):
        factories.AccountFactory.create(company=books.company, number=number)
    return books


def listens(page: Page) -> None:
    """Wait for the page's own keys: what it shows with them, no page has without its script."""
    expect(page.get_by_role("button", name="Större")).to_be_visible()


def test_the_queue_is_worked_through_by_keys(admin: Admin, books: factories.Books) -> None:
    supplier = factories.SupplierFactory.create(company=books.company, name="Kontorsmaterial", bankgiro="5050-1055")
    samples.make_incoming(books.company, supplier=supplier)
    samples.make_incoming(books.company, supplier=supplier, status="registered", xml=samples.ubl(number="F-1002"))
    pdf = samples.make_to_enter(books.company)
    page = admin.page
    admin.open(LIST)
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.get_by_text("1 av 3")).to_be_visible()
    listens(page)
    page.keyboard.press("?")
    expect(page.locator("#desk-keys")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("r")
    expect(page.get_by_text("är registrerad med nummer")).to_be_visible()
    expect(page.get_by_text("2 av 3")).to_be_visible()
    expect(page.get_by_text("Debet och kredit är lika")).to_be_visible()
    listens(page)
    page.keyboard.press("a")
    expect(page.get_by_text("är attesterad och bokförd")).to_be_visible()
    voucher = Voucher.objects.get()
    assert SupplierInvoice.objects.get(voucher=voucher).status == "approved"
    # What the text of a PDF seems to say is a person's to take over.
    admin.open(f"{LIST}{pdf.pk}/change/")
    amount = page.get_by_label("Att betala")
    expect(amount).to_have_value("")
    page.get_by_role("button", name=re.compile("Använd 1.250,00")).click()
    expect(amount).to_have_value(re.compile("1.250,00"))
    expect(amount).to_be_focused()


def test_nothing_of_a_message_runs_in_the_admin(admin: Admin, books: factories.Books) -> None:
    svg = f'<svg xmlns="http://www.w3.org/2000/svg">{EVIL}</svg>'.encode()
    incoming = samples.make_incoming(
        books.company,
        xml=samples.ubl(number=EVIL[:60], seller=EVIL, note=EVIL),
        mail={"subject": EVIL, "text": EVIL},
        attached=(("<b onmouseover=alert(1)>.html", "text/html", EVIL.encode()), ("x.svg", "image/svg+xml", svg)),
        reject_reason=EVIL,
        sender_name=EVIL[:200],
    )
    page = admin.page
    said: list[str] = []

    def note(dialog: Dialog) -> None:
        said.append(dialog.message)
        dialog.dismiss()

    page.on("dialog", note)
    keys = [incoming.document_id, *incoming.attachments.values_list("pk", flat=True), 0]
    admin.open(LIST)
    expect(page.locator("#result_list")).to_contain_text("<script>")
    for key in keys:
        admin.open(f"{LIST}{incoming.pk}/change/?file={key}")
        frame = page.frame_locator(".desk-sheet iframe")
        expect(frame.locator("body")).not_to_be_empty()
        assert "ran" not in page.title().split()
        assert page.evaluate("window.ran") is None
        assert frame.locator("script, svg, [onerror]").count() == 0
        # Without an origin, the frame can't reach the page, nor the page the frame.
        assert page.evaluate("document.querySelector('.desk-sheet iframe').contentDocument") is None
    assert said == []
    assert IncomingInvoice.objects.get().state == "entered"
