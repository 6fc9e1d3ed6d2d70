"""The audit log, in a browser that reads Swedish: from the list by filters to one entry, and home as a file."""

from pathlib import Path

import pytest
from django.contrib.auth.models import Group, User
from playwright.sync_api import expect

from history.actors import Actor
from history.models import Change
from history.services import note_event
from tests import factories
from tests.browser.admin import Admin

pytestmark = pytest.mark.django_db(transaction=True)


def test_from_an_address_to_an_entry_that_tells_rights_before_and_after(admin: Admin) -> None:
    page = admin.page
    clerk = User.objects.create(username="eva.lind")
    for address in ("192.0.2.7", "198.51.100.23"):
        note_event(kind=Change.Kind.SIGN_IN_FAILED, subject=clerk, actor=Actor(via="admin", address=address))
    readers = Group.objects.create(name="Läsare")
    readers.permissions.add(factories.permission("ledger.view_voucher"))
    readers.permissions.set([factories.permission("ledger.add_voucher")])
    page.set_viewport_size({"width": 1280, "height": 900})

    admin.open("history/change/")
    page.get_by_role("button", name="Filter").click()
    page.locator("#changelist-filter input[name=address]").fill("192.0.2.0/24")
    page.get_by_role("button", name="Filtrera").click()
    expect(page.locator(".chips")).to_contain_text("Adress: 192.0.2.0/24")
    expect(page.locator("#result_list tbody tr")).to_have_count(1)
    expect(page.locator("#result_list")).to_contain_text("Misslyckad inloggning")
    expect(page.locator("#result_list")).to_contain_text("Inte inloggad")
    with page.expect_download() as download:
        page.get_by_role("link", name="Exportera som CSV").click()
    text = Path(download.value.path()).read_text(encoding="utf-8-sig")
    assert "192.0.2.7" in text
    assert "198.51.100.23" not in text

    admin.open("history/change/?subject=auth.group")
    page.locator("#result_list tbody tr").first.get_by_role("link").first.click()
    table = page.locator(".difference-table")
    expect(table.locator("del")).to_contain_text("Verifikation | visa")
    expect(table.locator("ins")).to_contain_text("Verifikation | lägga till")
