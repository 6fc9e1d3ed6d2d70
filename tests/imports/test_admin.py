"""The imports' pages: what they take, show and refuse."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from imports.models import FileImport
from ledger.models import Company, Voucher
from tests import factories
from tests.imports.files import SAMPLE, imported, put_in, work
from tests.ledger.admin_client import signed_in, text_of
from tests.ledger.saft_files import saft, transaction

pytestmark = pytest.mark.django_db
PAGES = "/admin/imports/fileimport/"
Status = FileImport.Status


@pytest.fixture
def admin() -> Client:
    return signed_in(username="kari")


def upload(admin: Client, *contents: str | bytes, page: str = "upload", **fields: str) -> Any:
    """Return the answer to files sent by the page."""
    files = [
        SimpleUploadedFile(f"books{number}.xml", content.encode() if isinstance(content, str) else content)
        for number, content in enumerate(contents, 1)
    ]
    return admin.post(f"{PAGES}{page}/", {"uploads": files, **fields})


def page_of(admin: Client, found: FileImport) -> str:
    return text_of(admin.get(f"{PAGES}{found.pk}/change/"))


def do(admin: Client, found: FileImport, what: str) -> Any:
    return admin.post(f"{PAGES}{found.pk}/{what}/", follow=True)


def test_a_file_is_sent_read_confirmed_and_reported(admin: Client) -> None:
    answer = upload(admin, SAMPLE.read_bytes())
    found = FileImport.objects.get()
    assert answer.json() == {"url": f"{PAGES}{found.pk}/change/"}
    assert "Waiting to be read" in page_of(admin, found)
    page = page_of(admin, work(found))
    assert "books1.xml is read. Import it?" in page
    assert "Vouchers 163 Rows 671" in page
    assert "What would change New vouchers 163" in page
    assert not Voucher.objects.exists()
    assert "Waiting to be imported" in text_of(do(admin, found, "confirm"))
    page = page_of(admin, work(found))
    assert "books1.xml is imported" in page
    assert "What has changed New vouchers 163" in page
    assert "Opening balance + vouchers = closing balance on every account" in page


def test_several_files_are_sent_without_a_script_and_imported_at_once(admin: Client) -> None:
    answer = upload(admin, saft(), saft(company="911111111"), page="add")
    assert answer.url == f"{PAGES}add/"
    first, second = map(work, FileImport.objects.order_by("pk"))
    page = admin.get(f"{PAGES}add/")
    assert "Import all 2 that are read" in text_of(page)
    answer = admin.post(f"{PAGES}confirm-all/", {"import": [first.pk, second.pk]}, follow=True)
    assert "2 files are being imported." in text_of(answer)
    assert {work(first).status, work(second).status} == {Status.DONE}
    assert Company.objects.count() == 2


def test_a_company_number_may_be_given(admin: Client) -> None:
    upload(admin, saft(), company_number="0007")
    imported(FileImport.objects.get())
    assert Company.objects.get().number == "0007"


def test_a_refused_file_shows_line_text_place_reason_and_advice(admin: Client) -> None:
    found = work(put_in(saft(transaction(("1920", "12,x", ""), ("3000", "-1", "")))))
    page = page_of(admin, found)
    assert "Nothing of the file is imported" in page
    assert "The line says <DebitAmount><Amount>12,x</Amount>" in page
    assert "Transaction[1]/Line/DebitAmount/Amount" in page
    assert "What to do" in page
    assert "Read the same file again" in page
    assert "Waiting to be read" in text_of(do(admin, found, "again"))


def test_nothing_of_a_file_is_html(admin: Client) -> None:
    found = work(put_in(b"%PDF-1.7 <script>alert(1)</script>", name="<b>x</b>.se"))
    page = admin.get(f"{PAGES}{found.pk}/change/").content.decode()
    assert "<b>x</b>" not in page
    assert "<script>alert(1)" not in page


def test_what_is_wrong_with_an_upload_is_said_at_once(admin: Client, settings: Settings) -> None:
    assert upload(admin).status_code == 400
    assert "letters" in upload(admin, saft(), company_number="å").json()["error"]
    settings.UTKORG_IMPORT_MAX_MB = 0
    assert upload(admin, saft()).json() == {
        "error": "books1.xml is larger than 0 MB, which is the most that this installation takes."
    }
    assert not FileImport.objects.exists()


def test_the_moving_part_reloads_the_page_when_the_state_changes(admin: Client) -> None:
    found = put_in()
    assert "HX-Refresh" not in admin.get(f"{PAGES}{found.pk}/progress/?status=waiting")
    work(found)
    assert admin.get(f"{PAGES}{found.pk}/progress/?status=waiting")["HX-Refresh"] == "true"


def test_an_import_that_went_on_meanwhile_says_so(admin: Client) -> None:
    found = imported(put_in())
    assert "has gone on meanwhile" in text_of(do(admin, found, "cancel"))
    assert do(admin, found, "confirm").status_code == 200


def test_the_history_tells_who_when_what_and_the_outcome(admin: Client) -> None:
    imported(put_in(name="a.xml", user=factories.SuperuserFactory.create(username="ola")))
    work(put_in(b"%PDF", name="b.pdf"))
    page = text_of(admin.get(PAGES))
    assert "a.xml Imported SAF-T 914594685 Fjordbutikken AS 1 ola" in page
    assert "b.pdf Refused" in page
    assert "a.xml" not in text_of(admin.get(f"{PAGES}?q=b.pdf"))


def test_who_may_not_post_vouchers_may_not_import() -> None:
    client = Client()
    client.force_login(factories.UserFactory.create(is_staff=True))
    found = put_in()
    for page in ("", "add/", "under-way/", f"{found.pk}/change/", f"{found.pk}/progress/"):
        assert client.get(f"{PAGES}{page}").status_code == 403
    for page in ("upload/", "confirm-all/", f"{found.pk}/confirm/", f"{found.pk}/cancel/", f"{found.pk}/again/"):
        assert client.post(f"{PAGES}{page}").status_code == 403


def test_what_changes_something_is_a_post(admin: Client) -> None:
    found = work(put_in())
    for page in ("confirm", "cancel", "again"):
        assert admin.get(f"{PAGES}{found.pk}/{page}/").status_code == 403
    assert admin.get(f"{PAGES}upload/").status_code == 403


def test_old_addresses_and_the_companies_list_lead_to_the_page(admin: Client) -> None:
    assert admin.get("/admin/ledger/company/import-sie/")["Location"] == f"{PAGES}add/"
    assert f'href="{PAGES}add/"' in admin.get("/admin/ledger/company/").content.decode()


def test_pages_ask_the_database_little(admin: Client) -> None:
    ready = [work(put_in(name=f"{number}.xml", user=None)) for number in range(3)]
    done = imported(put_in())
    FileImport.objects.update(started_by=admin.session["_auth_user_id"])
    for page in ("", "add/", "under-way/", f"{ready[0].pk}/change/", f"{done.pk}/change/", f"{done.pk}/progress/"):
        with CaptureQueriesContext(connection) as queries:
            assert admin.get(f"{PAGES}{page}").status_code == 200
        assert len(queries) <= 12, f"{page}: {len(queries)}"
