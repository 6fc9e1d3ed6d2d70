"""Files put in by a person: dragged to the page, looked at, imported, refused."""

import base64
from pathlib import Path

import pytest
from playwright.sync_api import expect
from pytest_django import Settings

from imports import running
from imports.models import FileImport
from ledger.models import Voucher
from tests.browser.admin import Admin
from tests.imports.files import SAMPLE
from tests.ledger.saft_files import SALE, saft, transaction

pytestmark = pytest.mark.django_db(transaction=True)
DROP = """([place, files]) => {
    const data = new DataTransfer();
    for (const [name, content] of files) {
        data.items.add(new File([Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0))], name));
    }
    document.querySelector(place).dispatchEvent(new DragEvent("drop", { dataTransfer: data, bubbles: true }));
}"""


@pytest.fixture(autouse=True)
def at_the_desk(admin: Admin, settings: Settings, tmp_path: Path) -> None:
    settings.UTKORG_IMPORT_FOLDER = str(tmp_path / "imports")
    admin.page.set_viewport_size({"width": 1280, "height": 900})


def drop(admin: Admin, **files: str) -> None:
    """Drag files to the page."""
    contents = [[name.replace("_", "."), base64.b64encode(text.encode()).decode()] for name, text in files.items()]
    admin.page.evaluate(DROP, ["[data-drop]", contents])


def work() -> None:
    """Let a worker go on with everything that waits."""
    for found in running.waiting():
        running.run(import_id=found.pk)


def test_a_sie_file_is_chosen_read_looked_at_and_imported(admin: Admin) -> None:
    page = admin.page
    admin.open("imports/fileimport/add/")
    page.set_input_files("#id_uploads", SAMPLE)
    page.wait_for_url("**/change/")
    expect(page.get_by_role("status")).to_contain_text("Väntar på att läsas")
    work()
    expect(page.get_by_role("heading", name=f"{SAMPLE.name} är läst. Importera den?")).to_be_visible()
    expect(page.locator(".figures").first).to_contain_text("163")
    assert not Voucher.objects.exists()
    page.get_by_role("button", name="Importera", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("Väntar på import")
    work()
    expect(page.get_by_role("heading", name=f"{SAMPLE.name} är importerad")).to_be_visible()
    expect(page.locator("body")).to_contain_text("Ingående balans + verifikationer = utgående balans på varje konto")
    assert Voucher.objects.count() == 163


def test_several_files_are_dragged_to_the_page_and_imported_together(admin: Admin) -> None:
    page = admin.page
    admin.open("imports/fileimport/add/")
    with page.expect_navigation():
        drop(admin, norge_xml=saft(), danmark_xml=saft(country="DK"), mer_xml=saft(company="911111111"))
    work()
    ways = page.get_by_role("region", name="Dina filer på väg")
    ways.get_by_role("button", name="Importera alla 2 som är lästa").click()
    expect(page.locator("body")).to_contain_text("2 filer importeras.")
    work()
    expect(ways).to_have_count(0)
    page.get_by_role("link", name="Alla importer").click()
    expect(page.locator("#result_list")).to_contain_text("danmark.xml")
    statuses = sorted(FileImport.objects.values_list("status", flat=True))
    assert statuses == ["done", "done", "refused"]


def test_a_refused_file_shows_its_line(admin: Admin) -> None:
    page = admin.page
    admin.open("imports/fileimport/add/")
    drop(admin, fel_xml=saft(transaction(("1920", "12,x", ""), SALE[1])))
    page.wait_for_url("**/change/")
    work()
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("Inget ur filen är importerat")
    expect(alert).to_contain_text("<Amount>12,x</Amount>")
    expect(alert).to_contain_text("12,x är inget belopp")


def test_too_large_a_file_is_not_sent(admin: Admin, settings: Settings) -> None:
    settings.UTKORG_IMPORT_MAX_MB = 0
    admin.open("imports/fileimport/add/")
    drop(admin, stor_xml=saft())
    expect(admin.page.locator("[data-uploads]")).to_contain_text("Större än 0 MB")
    assert not FileImport.objects.exists()
