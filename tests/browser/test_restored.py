"""A database was restored: the first page leads to what there is to do, until somebody says that it is done."""

import pytest
from playwright.sync_api import expect

from revisions import restoring
from tests import factories
from tests.browser.admin import Admin

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _restored(transactional_db: None) -> None:
    """Before anybody signs in: it ends every session."""
    factories.CompanyFactory.create(number="100")
    factories.make_subscription("accounts", "suppliers", integration_id="EXOPEN")
    factories.make_key(name="Läckt nyckel")
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
