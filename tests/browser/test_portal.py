"""A company's e-mail portal from its own page on, and a message in quarantine. In a browser that reads Swedish."""

import pytest
from playwright.sync_api import expect

from inbox import addresses, quarantine, reasons
from inbox.models import Mail, Portal
from inbox.receiving import receive
from tests import factories
from tests.browser.admin import Admin

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_portal_is_switched_on_and_what_is_in_quarantine_is_decided(admin: Admin) -> None:
    page, company = admin.page, factories.CompanyFactory.create(number="100", name="Café Hörnan AB")
    admin.open(f"ledger/company/{company.pk}/change/")
    page.get_by_role("button", name="Slå på").click()
    expect(page.locator("#invoice-address")).to_be_visible()
    portal = Portal.objects.get()
    first = addresses.current(portal)
    expect(page.locator("#invoice-address")).to_have_text(str(first))
    expect(page.locator("#letter-nb")).to_contain_text(f"én faktura per fil, til {first}")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Kopiera", exact=True).first.click()
    expect(page.get_by_role("button", name="Kopierat").first).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == str(first)
    page.get_by_role("link", name="Byt adress").click()
    page.locator("input[name=choice][value='7']").check()
    page.get_by_role("button", name="Byt adress").click()
    expect(page.locator(".earlier-addresses")).to_contain_text(str(first))
    expect(page.locator("#invoice-address")).to_have_text(str(addresses.current(portal)))

    mail = receive(content=b"Subject: x\r\n\r\n<script>document.title = 'run'</script>", company=company, source="smtp")
    Mail.objects.filter(pk=mail.pk).update(subject="<b>Reklam</b>", text="<img src=x onerror=alert(1)>")
    mail.refresh_from_db()
    quarantine.put(mail=mail, reason=reasons.kept(reasons.NO_INVOICE))
    admin.open()
    expect(page.locator(".needs")).to_contain_text("1 meddelande till e-postportalen är i karantän")
    page.get_by_role("link", name="Öppna karantänen").click()
    page.locator("#result_list tbody a").first.click()
    expect(page.locator("#mail-title")).to_contain_text("<b>Reklam</b>")
    expect(page.locator("pre.mail-text").first).to_have_text("<img src=x onerror=alert(1)>")
    with page.expect_download() as download:
        page.get_by_role("link", name="Ladda ner originalet").click()
    assert download.value.suggested_filename.endswith(".eml")
    page.get_by_role("link", name="Ta bort").click()
    page.get_by_role("button", name="Ta bort").click()
    expect(page.get_by_text("1 meddelande är borttaget.")).to_be_visible()
    page.get_by_role("link", name="Ta tillbaka").click()
    page.get_by_role("button", name="Ta tillbaka").click()
    expect(page.get_by_text("Meddelandet är i karantän.")).to_be_visible()
