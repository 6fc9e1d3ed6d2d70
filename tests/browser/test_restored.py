"""A database was restored: the first page leads to what there is to do, until somebody says that it is done."""

from pathlib import Path

import pytest
from playwright.sync_api import expect
from pytest_django import Settings

from inbox.models import Mail
from inbox.receiving import receive
from journal.models import Write
from ledger.models import Company, Supplier
from revisions import restoring
from revisions.models import TakingIn
from revisions.taking_in import running
from tests import factories
from tests.browser.admin import Admin
from tests.registers.writer import Writer

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _restored(transactional_db: None, settings: Settings, tmp_path: Path) -> None:
    """Before anybody signs in: it ends every session. A supplier and a message came in after the backup."""
    settings.UTKORG_JOURNAL_FOLDER = str(tmp_path / "journal")
    settings.UTKORG_MAIL_FOLDER = str(tmp_path / "mails")
    company = factories.CompanyFactory.create(number="100")
    factories.make_subscription("accounts", "suppliers", integration_id="EXOPEN")
    _key, text = factories.make_key(name="Läckt nyckel")
    for number in ("2001", "2002"):
        assert Writer(text).post("suppliers", {"company": "100", "number": number, "name": "Ny"}).status_code == 201
    receive(content=b"Subject: Faktura", company=company, source="smtp", sender="faktura@leverantor.se")
    for model in (Supplier, Write, Mail):
        model.objects.all().delete()
    Supplier.objects.create(company=Company.objects.get(), number="2002", name="Ny")
    restoring.tell()


def test_the_first_page_leads_to_what_there_is_to_do(admin: Admin) -> None:
    admin.open()
    page = admin.page
    expect(page.get_by_text("Databasen har återställts från en säkerhetskopia.")).to_be_visible()
    page.get_by_role("link", name="Se vad du behöver göra").click()
    expect(page.get_by_role("heading", name="Det här behöver du göra")).to_be_visible()
    expect(page.get_by_role("row", name="EXOPEN")).to_contain_text("2")
    expect(page.get_by_role("link", name="Läckt nyckel")).to_be_visible()
    page.get_by_role("button", name="Allt är i ordning").click()
    expect(page.get_by_text("Den återställda databasen är i ordning.")).to_be_visible()
    expect(page.get_by_text("från en säkerhetskopia")).to_have_count(0)


def test_what_came_in_after_the_backup_is_taken_in_and_reported(admin: Admin) -> None:
    admin.open("restored/")
    page = admin.page
    lost = page.get_by_role("region", name="Det som kom in efter säkerhetskopian")
    expect(lost.get_by_role("heading", name="2 skrivningar via REST")).to_be_visible()
    expect(lost.get_by_role("row", name="POST /api/v1/suppliers")).to_have_count(2)
    expect(lost.get_by_role("row", name="faktura@leverantor.se")).to_be_visible()
    lost.get_by_role("button", name="Ta in allt igen").click()
    expect(page.get_by_text("1 meddelande: läses som om det just hade kommit")).to_be_visible()
    page.get_by_role("button", name="Ta in igen").click()
    expect(page.get_by_text("Det tas in …")).to_be_visible()
    running.run(taking_in_id=TakingIn.objects.get().pk)
    report = page.get_by_role("region", name="Hur det gick med var och en")
    expect(report.get_by_text("Intaget", exact=True)).to_have_count(2)
    expect(report.get_by_role("row", name="Inte intaget")).to_contain_text("2002")
    expect(page.get_by_text("Det som inte togs in är inte förlorat")).to_be_visible()
    assert Mail.objects.exists()
    assert Supplier.objects.filter(number="2001").exists()
    page.get_by_role("link", name="Visa dessa").first.click()
    expect(report.get_by_role("row")).to_have_count(2)
    page.locator(".panel").get_by_role("link", name="Återställd från en säkerhetskopia").click()
    expect(lost.get_by_role("heading", name="1 skrivning via REST")).to_be_visible()
