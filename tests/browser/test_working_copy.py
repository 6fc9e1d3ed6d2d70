"""A working copy that is worked in offline: a second server over its file, as `manage.py work` starts it."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.workcopies.offline import Work, left_beside, make_copy, working


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return make_copy(tmp_path / "2026.utkorg")


@pytest.fixture
def work(copy: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Work]:
    with working(copy, home=tmp_path_factory.mktemp("home")) as found:
        yield found


def choose(page: Page, field: str, text: str, found: str) -> None:
    """Choose a row in a field that searches."""
    page.locator(f"#id_{field}").locator("xpath=following-sibling::span").first.click()
    page.locator(".select2-container--open .select2-search__field").fill(text)
    page.locator(".select2-results__option", has_text=found).first.click()


def changed(page: Page, name: str) -> Locator:
    return page.locator(".copy-changes tbody tr", has=page.locator("th", has_text=name))


def test_a_voucher_is_posted_reversed_and_taken_back_offline(page: Page, work: Work, copy: Path) -> None:
    page.set_viewport_size({"width": 1280, "height": 900})
    page.goto(f"{work.url}admin/ledger/voucher/add/")
    banner = page.get_by_role("note", name="Arbetskopia")
    expect(banner).to_contain_text("Arbetskopia från 2026-11-21, 18:30, uthämtad av anna. 100 Exempelbolaget AB")
    choose(page, "company", "100", "Exempelbolaget")
    page.locator("#id_voucher_date").fill("2026-05-04")
    page.locator("#id_text").fill("Hyra maj")
    choose(page, "rows-0-account", "50", "Lokalhyra")
    page.locator("#id_rows-0-debit").fill("1 250,10")
    choose(page, "rows-1-account", "19", "Företagskonto")
    page.locator("#id_rows-1-credit").fill("1250")
    expect(page.locator(".voucher-sum")).to_contain_text("0,10")
    page.locator("#id_rows-1-credit").fill("1250,10")
    expect(page.locator(".voucher-sum")).to_contain_text("Debet och kredit är lika")
    page.get_by_role("button", name="Spara", exact=True).click()
    page.locator("#result_list").get_by_role("link", name="A P1", exact=True).click()
    page.get_by_role("link", name="Vänd").click()
    page.get_by_role("button", name="Vänd").click()
    expect(page.get_by_text("A P1 är vänd av A P2.")).to_be_visible()

    page.get_by_role("link", name="Den här arbetskopian").click()
    expect(changed(page, "A P1")).to_contain_text(re.compile("2026-05-04 · Hyra maj · 1.250,10"))
    changed(page, "A P1").get_by_role("link", name="Ångra").click()
    page.get_by_role("button", name="Ångra").click()
    expect(page.get_by_text("Den används och blir kvar")).to_be_visible()
    for name in ("A P2", "A P1"):
        changed(page, name).get_by_role("link", name="Ångra").click()
        page.get_by_role("button", name="Ångra").click()
    expect(page.get_by_text("Ingenting ännu.")).to_be_visible()
    work.stop()
    assert left_beside(copy) == []


def test_the_language_is_chosen_in_the_menu(page: Page, work: Work) -> None:
    page.set_viewport_size({"width": 1280, "height": 900})
    page.goto(work.url)
    page.get_by_text("anna", exact=True).last.click()
    page.get_by_role("button", name="Norsk").click()
    expect(page.get_by_role("heading", name="Endret her siden den ble hentet ut")).to_be_visible()
    assert page.get_by_text("Logg ut").count() == 0
