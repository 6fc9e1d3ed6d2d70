"""A working copy: checked out, worked in by another program, handed in, looked at, and landed."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import expect
from pytest_django import Settings

from ledger.models import Account
from tests import factories
from tests.browser.admin import Admin
from workcopies import check_in_worker, making
from workcopies.models import WorkingCopy

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def at_the_desk(admin: Admin, settings: Settings, tmp_path: Path) -> None:
    settings.UTKORG_WORKING_COPY_FOLDER = str(tmp_path / "kept")
    admin.page.set_viewport_size({"width": 1280, "height": 900})


def work() -> None:
    """Let a worker go on with everything that waits."""
    for copy in making.waiting():
        making.run(copy_id=copy.pk)
    for found in check_in_worker.waiting():
        check_in_worker.run(check_in_id=found.pk)


def change(path: Path, *statements: str) -> None:
    """Work in the file with another program."""
    with closing(sqlite3.connect(path)) as file, file:
        for statement in statements:
            file.execute(statement)


def test_a_copy_is_checked_out_worked_in_looked_at_and_checked_in(admin: Admin, tmp_path: Path) -> None:
    books = factories.make_books(number="100")
    page = admin.page
    admin.open("workcopies/workingcopy/")
    page.get_by_role("link", name="Hämta ut en arbetskopia").first.click()
    page.get_by_role("combobox", name="Sök bolag").fill("100")
    page.locator("[role=option]", has_text="100").click()
    expect(page.locator("#check-out-estimate")).to_contain_text("4 rader")
    page.get_by_label("Bara de här").check()
    page.get_by_label("2024-01-01–2024-12-31").check()
    page.get_by_label("Namn").fill("Resa")
    page.get_by_role("button", name="Hämta ut", exact=True).click()
    expect(page.get_by_role("status").first).to_contain_text("Väntar på att göras")
    work()
    expect(page.get_by_role("heading", name="Resa är uthämtad")).to_be_visible()
    with page.expect_download() as fetched:
        page.get_by_role("link", name="Hämta filen").click()
    path = tmp_path / fetched.value.suggested_filename
    fetched.value.save_as(path)
    assert path.name == "Resa.utkorg"

    change(
        path,
        "update ledger_account set name = 'Handkassa' where number = '1910'",
        "update ledger_account set name = 'Min' where number = '3001'",
    )
    Account.objects.filter(pk=books.sales.pk).update(name="Deras")
    admin.open("workcopies/checkin/add/")
    page.set_input_files("#id_uploads", path)
    page.wait_for_url("**/change/")
    work()
    expect(page.get_by_role("heading", name="Resa.utkorg är läst. Lämna in den?")).to_be_visible()
    expect(page.get_by_role("region", name="Ändrat olika på båda sidor")).to_contain_text("3001")
    assert Account.objects.get(number="1910").name == "Kassa"
    page.get_by_role("button", name="Lämna in", exact=True).click()
    expect(page.get_by_role("status").first).to_contain_text("Väntar på att lämnas in")
    work()
    expect(page.get_by_role("heading", name="Resa.utkorg är inlämnad")).to_be_visible()
    assert Account.objects.get(number="1910").name == "Handkassa"
    assert Account.objects.get(number="3001").name == "Deras"
    page.get_by_role("region", name="Det som har förts in").get_by_role("link", name="1910").click()
    expect(page.get_by_label("Namn")).to_have_value("Handkassa")


def test_a_file_that_is_no_working_copy_is_refused_with_advice(admin: Admin, tmp_path: Path) -> None:
    (tmp_path / "semester.jpg").write_bytes(b"JFIF" * 100)
    admin.open("workcopies/checkin/add/")
    admin.page.set_input_files("#id_uploads", tmp_path / "semester.jpg")
    admin.page.wait_for_url("**/change/")
    work()
    expect(admin.page.get_by_role("alert")).to_contain_text("Inget ur filen är inlämnat")
    expect(admin.page.get_by_role("alert")).to_contain_text("med ändelsen .utkorg")


def test_a_lost_copy_is_withdrawn(admin: Admin) -> None:
    factories.make_books(number="100")
    copy = WorkingCopy.objects.create(name="Borttappad", status="out")
    admin.open(f"workcopies/workingcopy/{copy.pk}/change/")
    admin.page.get_by_role("link", name="Återkalla").click()
    expect(admin.page.locator("main, body").first).to_contain_text("kan inte lämnas in längre")
    admin.page.get_by_role("button", name="Återkalla").click()
    expect(admin.page.get_by_role("heading", name="Borttappad är återkallad")).to_be_visible()
