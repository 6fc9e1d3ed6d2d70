"""`manage.py work`: a working copy in the browser of a machine on which there is nothing else."""

import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from django.conf import settings

from tests.workcopies.offline import LOOKING, Browser, Work, left_beside, make_copy, refused, working
from workcopies.file.reading import open_file

NUMBERS = re.compile(r'<span class="amount">([^<]*)</span>')


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("books")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def work(folder: Path, home: Path) -> Iterator[Work]:
    with working(make_copy(folder / "böcker.utkorg"), home=home) as found:
        yield found


@pytest.fixture
def pages(work: Work) -> Browser:
    return Browser(work.url)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return make_copy(tmp_path / "copy.utkorg")


def changed_rows(path: Path) -> dict[str, int]:
    with open_file(path, installation=None) as file:
        found = {table.name: len(list(file.changes(table))) for table in file.tables}
    return {name: count for name, count in found.items() if count}


def rows_of(voucher_rows: list[tuple[str, str, str]]) -> dict[str, str]:
    """The rows of a voucher's form: account, debit, credit."""
    values = {"rows-TOTAL_FORMS": str(len(voucher_rows)), "rows-INITIAL_FORMS": "0"}
    for place, (account, debit, credit) in enumerate(voucher_rows):
        values |= {f"rows-{place}-account": account, f"rows-{place}-debit": debit, f"rows-{place}-credit": credit}
    return values


LISTS = ("account", "company", "customer", "financialyear", "ledgerentry", "supplier", "supplierinvoice", "voucher")


@pytest.mark.parametrize("register", LISTS)
def test_every_list_row_and_file_is_there(pages: Browser, register: str) -> None:
    assert "Arbetskopia från 2026-11-21, 18:30, uthämtad av anna" in pages.get(f"admin/ledger/{register}/")
    for page in (f"admin/ledger/{register}/export/csv/", f"admin/ledger/{register}/?q=x&o=1"):
        assert pages.status(page) == 200
    if register != "customer":
        assert pages.status(f"admin/ledger/{register}/1/change/") == 200


def test_the_first_page_tells_of_the_copy(pages: Browser) -> None:
    page = pages.get("")
    assert "100 Exempelbolaget AB, 200 Åkeriet i Norr AB" in page
    assert "Ingenting ännu" in page


def test_what_only_a_server_has_is_not_there(pages: Browser) -> None:
    page = pages.get("admin/ledger/voucher/3/change/")
    assert not re.search(r"/(trace|history|notices|subscriptions|login|logout|password_change)", page)
    for address in ("admin/login/", "admin/auth/user/", "api/v1/companies", "admin/ledger/voucher/3/history/"):
        assert pages.status(address) == 404


def test_amounts_are_exact(pages: Browser) -> None:
    page = pages.get("admin/ledger/ledgerentry/?o=6&amount_from=0,2&amount_to=9000000000000000,10")
    assert "9\xa0000\xa0000\xa0000\xa0000\xa0000,10" in page.replace("&nbsp;", "\xa0")
    assert [float(text.replace(",", ".")) for text in invoices(pages, "6")] == [-25.5, 900.0, 1000.0]
    assert [float(text.replace(",", ".")) for text in invoices(pages, "-6")] == [1000.0, 900.0, -25.5]


def invoices(pages: Browser, order: str) -> list[str]:
    page = pages.get(f"admin/ledger/supplierinvoice/?o={order}").replace("&nbsp;", "").replace("\xa0", "")
    return NUMBERS.findall(page)[::2]


def test_every_alphabets_capitals_are_found(pages: Browser) -> None:
    assert "2001" in pages.get("admin/ledger/supplier/?q=%C3%A5KERI")
    assert "2001 Åkeri Öst AB" in pages.get("admin/find/?q=%C3%A5keri")
    assert "Åkeriet" in pages.get("admin/ledger/company/?currency=SEK")


def test_hours_are_read(pages: Browser) -> None:
    assert "7,50" in pages.get("admin/timesheets/timetransaction/")
    page = pages.get("admin/timesheets/timetransaction/1/change/")
    assert "Anna Berg" in page
    assert 'name="_save"' not in page
    assert "Arbetad tid" in pages.get("admin/timesheets/timecategory/")


def test_where_there_is_one_company_forms_have_it(tmp_path: Path, home: Path) -> None:
    with working(make_copy(tmp_path / "copy.utkorg"), home=home) as work:
        # May make new ones in one of two.
        assert "selected>100 Exempelbolaget AB" in Browser(work.url).get("admin/ledger/account/add/")


def test_of_another_company_one_sees_what_one_might_and_changes_nothing(pages: Browser) -> None:
    assert 'name="_save"' not in pages.get("admin/ledger/account/4/change/")
    assert 'name="_save"' in pages.get("admin/ledger/account/1/change/")


def test_another_sites_address_and_forms_are_refused(pages: Browser) -> None:
    for host in ("evil.example", "127.0.0.1.evil.example", "localhost.evil.example:8010", "192.168.0.1", "10.0.0.1"):
        assert pages.status("admin/", Host=host) == 400
    page = "admin/ledger/account/1/change/"
    assert pages.client.post(page, data={"name": "x"}).status_code == 403
    pages.get(page)
    form = {"csrfmiddlewaretoken": pages.client.cookies["utkorg_work_csrf"], "name": "x"}
    for origin in ("https://evil.example", "http://127.0.0.1:1", "null"):
        assert pages.client.post(page, data=form, headers={"Origin": origin}).status_code == 403


def test_this_machine_alone_reaches_it(pages: Browser) -> None:
    # Who listens at every address listens at this one as well.
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.2", pages.client.base_url.port or 0), timeout=10)


def test_a_reference_to_what_was_not_checked_out_stays(copy: Path, home: Path) -> None:
    with working(copy, home=home) as work:
        pages = Browser(work.url)
        values = {"supplier": "1", "invoice_number": "F3b", "status": "registered", "invoice_date": "2026-03-01"}
        amounts = {"currency": "SEK", "amount": "-25,50", "vat_amount": "0", "balance": "-25,50"}
        pages.post("admin/ledger/supplierinvoice/3/change/", **values, **amounts)
    with closing(sqlite3.connect(copy)) as file:
        kept = file.execute("select voucher_id, invoice_number, amount from ledger_supplierinvoice where id = 3")
        assert kept.fetchone() == (99999, "F3b", "-25.50")


def test_vouchers_are_posted_by_the_same_rules_and_numbered_when_they_are_checked_in(copy: Path, home: Path) -> None:
    voucher = {"company": "1", "series": "A", "text": "Ny"}
    with working(copy, home=home) as work:
        pages, form = Browser(work.url), "admin/ledger/voucher/add/"
        rows = rows_of([("3", "1 250,10", ""), ("1", "", "1250,10")])
        assert "Debet och kredit" in pages.post(form, **voucher, voucher_date="2026-05-01", **rows_of([("3", "1", "")]))
        assert "låst" in pages.post(form, **voucher, voucher_date="2026-01-31", **rows)
        assert "A P1" in pages.post(form, **voucher, voucher_date="2026-05-01", **rows)
        assert "A P2" in pages.post(form, **voucher, voucher_date="2026-05-02", **rows)
        assert changed_rows(copy) == {"ledger_voucher": 2, "ledger_ledgerentry": 4}
        assert work.stop().splitlines()[-1].endswith("är stängd.")
        assert work.process.returncode == 0
    assert left_beside(copy) == []


def test_what_was_changed_is_told_and_taken_back(copy: Path, home: Path) -> None:
    with working(copy, home=home) as work:
        pages = Browser(work.url)
        pages.post("admin/ledger/supplier/1/change/", number="2001", name="Åkeri Öst AB", city="Umeå", active="on")
        pages.post("admin/ledger/supplier/2/delete/", post="yes")
        pages.post("admin/ledger/account/add/", company="1", number="1940", name="Sparkonto", active="on")
        first = pages.get("admin/")
        assert re.search(r"<del>Åre</del>\s*→\s*<ins>Umeå</ins>", first)
        assert "2002 Kontorsmaterial AB" in first
        links = re.findall(r'href="/(admin/changes/[^"]+take-back/)"', first)
        assert len(links) == 3
        for link in links:
            pages.post(link)
        assert "Ingenting ännu" in pages.get("admin/")
    assert changed_rows(copy) == {}


def test_a_deleted_voucher_comes_back_with_its_rows_once_what_they_refer_to_is_there(copy: Path, home: Path) -> None:
    with working(copy, home=home) as work:
        pages = Browser(work.url)
        for voucher in (3, 4, 5):
            pages.post(f"admin/ledger/voucher/{voucher}/delete/", post="yes")
        with closing(sqlite3.connect(copy)) as file:  # any program may write
            file.execute("delete from ledger_account where id = 3")
            file.commit()
        assert "Ångra det först" in pages.post("admin/changes/voucher/3/take-back/")
        pages.post("admin/changes/account/3/take-back/")
        for voucher in (3, 4, 5):
            assert "Ångra det först" not in pages.post(f"admin/changes/voucher/{voucher}/take-back/")
    assert changed_rows(copy) == {}


def test_who_may_only_look_is_offered_nothing_else(tmp_path: Path, home: Path) -> None:
    path = make_copy(tmp_path / "copy.utkorg", rights={"100": LOOKING})
    with working(path, home=home) as work:
        pages = Browser(work.url)
        assert pages.status("admin/ledger/voucher/add/") == 403
        listed = pages.get("admin/ledger/company/export/csv/")
        assert "Exempelbolaget" in listed
        assert "Åkeriet i Norr" not in listed


def test_a_copy_that_a_command_checked_out_is_nobodys(tmp_path: Path, home: Path) -> None:
    with working(make_copy(tmp_path / "copy.utkorg", user=""), home=home) as work:
        assert "uthämtad av driften" in Browser(work.url).get("admin/")


def test_what_other_programs_wrote_is_shown_as_it_stands(copy: Path, home: Path) -> None:
    with closing(sqlite3.connect(copy)) as file:
        file.execute("update ledger_ledgerentry set amount = 'abc', other_dimensions = '{' where id = 3")
        file.execute("update ledger_ledgerentry set amount = '1e3', entry_date = 'igår' where id = 4")
        file.execute("update ledger_voucher set voucher_date = '2026-02-31', text = x'ff' where id = 2")
        file.execute("update ledger_supplier set active = 'kanske', payment_terms_days = 'x' where id = 1")
        file.execute("update ledger_account set number = 1930.5 where id = 2")
        file.commit()
    with working(copy, home=home) as work:
        pages = Browser(work.url)
        for page in (
            "",
            "ledger/ledgerentry/",
            "ledger/voucher/",
            "ledger/voucher/2/change/",
            "ledger/supplier/",
            "ledger/ledgerentry/3/change/",
        ):
            assert pages.status(f"admin/{page}") == 200, page


def test_nothing_is_made_where_there_was_nothing(home: Path, work: Work) -> None:
    Browser(work.url).get("admin/ledger/voucher/")
    assert list(home.iterdir()) == []


# Files that aren't worked in


def test_a_file_that_is_none_of_ours_is_refused(tmp_path: Path, home: Path, copy: Path) -> None:
    text = tmp_path / "text.utkorg"
    text.write_text("kontoplan")
    other = tmp_path / "other.utkorg"
    with closing(sqlite3.connect(other)) as file:
        file.execute("create table t (a)")
    cut = tmp_path / "cut.utkorg"
    cut.write_bytes(copy.read_bytes()[:-4096])
    for path in (text, other):
        assert "ingen arbetskopia" in refused(path, home=home)
    assert "avklippt eller skadad" in refused(cut, home=home)
    assert "Det finns ingen fil" in refused(tmp_path / "none.utkorg", home=home)
    assert "Det finns ingen fil" in refused(tmp_path, home=home)


def test_a_file_is_worked_in_once_at_a_time(work: Work, folder: Path, home: Path) -> None:
    assert "redan öppen" in refused(folder / "böcker.utkorg", "--port", "0", home=home)


def test_a_port_that_is_taken_is_told(copy: Path, home: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert f"Port {port} är upptagen" in refused(copy, "--port", str(port), home=home)


ALONE = """
import fcntl, os, socket, struct, subprocess, sys
from pathlib import Path

import django

django.setup()

from tests.workcopies.offline import Browser, make_copy, working

UP = 0x8914  # SIOCSIFFLAGS
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
    fcntl.ioctl(any_socket, UP, struct.pack("16sH14s", b"lo", 1, b""))
folder, home = Path(sys.argv[1]), Path(sys.argv[2])
copy = make_copy(folder / "copy.utkorg")
with working(copy, home=home) as work:
    pages = Browser(work.url)
    pages.post("admin/ledger/account/add/", company="1", number="1940", name="Sparkonto", active="on")
subprocess.run(["mount", "--bind", folder, folder], check=True)
subprocess.run(["mount", "-o", "remount,ro,bind", folder, folder], check=True)
with working(copy, home=home) as work:
    pages = Browser(work.url)
    assert "1940 Sparkonto" in pages.get("admin/")
    assert "den kan läsas, inte ändras" in pages.get("admin/ledger/voucher/")
    assert pages.status("admin/ledger/voucher/add/") == 403
    assert pages.status("admin/ledger/voucher/export/csv/") == 200
print("worked")
"""


@pytest.mark.skipif(shutil.which("unshare") is None, reason="this machine has no way to be without a network")
def test_without_any_network_and_on_a_disk_that_cannot_be_written(tmp_path: Path, home: Path) -> None:
    folder = tmp_path / "disk"
    folder.mkdir()
    lonely = ["unshare", "--map-root-user", "--net", "--mount"]
    if subprocess.run([*lonely, "true"], check=False, capture_output=True).returncode:
        pytest.skip("this machine lets nobody be without a network")
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings.work", "PYTHONPATH": str(settings.BASE_DIR)}
    command = [*lonely, sys.executable, "-c", ALONE, str(folder), str(home)]
    ended = subprocess.run(command, check=False, capture_output=True, text=True, env=environment, timeout=120)
    assert ended.stdout.endswith("worked\n"), ended.stdout + ended.stderr


# Broken off

SAVE_AND_DIE = """
import os, signal, sqlite3, sys
file = sqlite3.connect(sys.argv[1], isolation_level=None)
file.execute("pragma cache_size = 1")
file.execute("pragma cache_spill = 1")
file.execute("begin immediate")
file.execute("update ledger_voucher set text = text || hex(randomblob(2000))")
file.execute("delete from ledger_ledgerentry")
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_save_that_was_killed_is_taken_back(copy: Path, home: Path) -> None:
    ended = subprocess.run([sys.executable, "-c", SAVE_AND_DIE, str(copy)], check=False)
    assert ended.returncode == -signal.SIGKILL
    assert left_beside(copy) == ["copy.utkorg-journal"]
    with working(copy, home=home) as work:
        assert "Ingenting ännu" in Browser(work.url).get("admin/")
    assert left_beside(copy) == []
    assert changed_rows(copy) == {}


def test_killed_it_leaves_a_file_that_opens_again(copy: Path, home: Path) -> None:
    with working(copy, home=home) as work:
        Browser(work.url).post("admin/ledger/account/add/", company="1", number="1940", name="Spar", active="on")
        work.stop(signal.SIGKILL)
    assert changed_rows(copy) == {"ledger_account": 1}
    with working(copy, home=home) as work:
        assert "1940 Spar" in Browser(work.url).get("admin/")


def test_a_log_that_another_program_left_is_put_into_the_file(copy: Path, home: Path) -> None:
    with closing(sqlite3.connect(copy)) as file:
        file.execute("pragma journal_mode = wal")
    with working(copy, home=home) as work:
        assert "Ingenting ännu" in Browser(work.url).get("admin/")
    assert left_beside(copy) == []
