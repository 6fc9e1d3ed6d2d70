"""The pages of working copies: who has what, checking out, and the file that is handed in."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from ledger.models import Account, Voucher
from notices.models import Notice
from tests import factories
from tests.access.everything import sign_in
from tests.ledger.admin_client import text_of
from tests.workcopies.copies import Copy
from tests.workcopies.handing_in import hand_in, landed, work
from tests.workcopies.samples import make_check_in, make_copy, preview_of
from workcopies import making
from workcopies.models import CheckIn, WorkingCopy

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("folder")]
COPIES, CHECK_INS = "/admin/workcopies/workingcopy/", "/admin/workcopies/checkin/"
Status = CheckIn.Status


@pytest.fixture
def books(books: factories.Books) -> factories.Books:
    books.post()
    return books


@pytest.fixture
def admin(kari: User) -> Client:
    return sign_in(kari)


def clerk(books: factories.Books, *permissions: str) -> User:
    user = factories.UserFactory.create(is_staff=True)
    factories.give(user, *permissions, company=books.company)
    return user


def page_of(client: Client, row: Any) -> str:
    pages = COPIES if isinstance(row, WorkingCopy) else CHECK_INS
    return text_of(client.get(f"{pages}{row.pk}/change/"))


def check_out(client: Client, **values: Any) -> Any:
    return client.post(f"{COPIES}add/", {"companies": "100", "which": "all", "name": "Books", **values})


# Checking out


def test_a_copy_is_asked_for_made_and_fetched(admin: Client, books: factories.Books, folder: Path) -> None:
    copy_url = check_out(admin).url
    copy = WorkingCopy.objects.get()
    assert copy_url == f"{COPIES}{copy.pk}/change/"
    assert "Waiting to be made" in page_of(admin, copy)
    making.run(copy_id=copy.pk)
    assert "Books is checked out" in page_of(admin, copy)
    assert admin.get(f"{COPIES}{copy.pk}/progress/?status=making")["HX-Refresh"] == "true"
    answer = admin.get(f"{COPIES}{copy.pk}/fetch/")
    assert b"".join(answer.streaming_content).startswith(b"SQLite format 3\0")  # type: ignore[attr-defined]
    assert answer["Content-Disposition"] == 'attachment; filename="Books.utkorg"'
    assert "Fetch the file again" in page_of(admin, copy)
    assert not Notice.objects.unread().exists()


def test_years_are_chosen_among_those_of_the_companies(admin: Client, books: factories.Books) -> None:
    other = factories.make_books(number="200")
    factories.FinancialYearFactory.create(company=other.company, first_day="2023-01-01", last_day="2023-12-31")
    years = text_of(admin.post(f"{COPIES}years/", {"companies": "100 200", "which": "some"}))
    assert re.search(r"31 Dec 2024 \( ?2 companies ?\).*31 Dec 2023 \( ?1 company ?\)", years)
    page = check_out(admin, companies="100 200", which="some", years="2023-01-01/2023-12-31")
    assert "Company 100 has none of these years" in text_of(page)
    assert "Choose at least one financial year" in text_of(check_out(admin, which="some"))
    check_out(admin, which="some", years="2024-01-01/2024-12-31", name="")
    copy = WorkingCopy.objects.get()
    assert copy.years == {"100": ["2024-01-01"]}
    assert copy.name == f"100 {books.company.name} {timezone.localdate()}"


def test_it_is_told_how_many_rows_it_is(admin: Client, books: factories.Books) -> None:
    asked = {"companies": "100", "which": "all"}
    assert "7 rows" in text_of(admin.post(f"{COPIES}estimate/", asked))
    assert "Choose companies" in text_of(admin.post(f"{COPIES}estimate/", {}))


def test_only_companies_with_the_right_are_checked_out(books: factories.Books) -> None:
    factories.make_books(number="200")
    anna = sign_in(clerk(books, "workcopies.add_workingcopy", "ledger.view_account", "ledger.view_company"))
    assert check_out(anna).status_code == 302
    assert "There is no company with number 200" in text_of(check_out(anna, companies="200"))
    found = anna.post(f"{COPIES}companies/", {"q": ""}).json()["found"]
    assert [number for number, _name in found] == ["100"]


def test_only_who_checked_it_out_fetches_the_file(admin: Client, books: factories.Books) -> None:
    anna = clerk(books, "workcopies.add_workingcopy", "workcopies.view_workingcopy", "ledger.view_company")
    client = sign_in(anna)
    check_out(client)
    copy = WorkingCopy.objects.get()
    making.run(copy_id=copy.pk)
    assert client.get(f"{COPIES}{copy.pk}/fetch/").status_code == 200
    assert admin.get(f"{COPIES}{copy.pk}/fetch/").status_code == 403
    assert f"The file is with {anna.username}" in page_of(admin, copy)


def test_one_is_withdrawn_and_given_back(admin: Client, kari: User, books: factories.Books) -> None:
    copy = make_copy(books.company, by=kari, name="Lost laptop")
    asked = text_of(admin.get(f"{COPIES}{copy.pk}/withdraw/"))
    assert "The file can't be checked in any more" in asked
    copy.refresh_from_db()
    assert copy.is_out
    assert "Lost laptop is withdrawn" in text_of(admin.post(f"{COPIES}{copy.pk}/withdraw/", follow=True))
    assert admin.get(f"{COPIES}{copy.pk}/give-back/").status_code == 403
    admin.post(f"{COPIES}{copy.pk}/give-back/")
    copy.refresh_from_db()
    assert copy.is_out


def test_whoever_asked_for_one_may_cancel_it(books: factories.Books) -> None:
    client = sign_in(clerk(books, "workcopies.add_workingcopy", "ledger.view_company"))
    check_out(client)
    copy = WorkingCopy.objects.get()
    assert "The file isn't made" in text_of(client.get(f"{COPIES}{copy.pk}/withdraw/"))
    client.post(f"{COPIES}{copy.pk}/withdraw/")
    copy.refresh_from_db()
    assert copy.status == "withdrawn"


def test_the_list_names_only_companies_within_reach(books: factories.Books, kari: User) -> None:
    other = factories.CompanyFactory.create(number="200", name="Elsewhere")
    shared = make_copy(books.company, other, by=kari, name="Shared")
    make_copy(other, by=kari, name="Not theirs")
    client = sign_in(clerk(books, "workcopies.view_workingcopy", "ledger.view_company"))
    page = text_of(client.get(COPIES))
    assert "Shared Checked out 100" in page
    assert "Elsewhere" not in page + page_of(client, shared)
    assert "Not theirs" not in page
    assert client.get(f"{COPIES}{shared.pk}/withdraw/").status_code == 403


# Checking in


@pytest.fixture
def changed(books: factories.Books, tmp_path: Path) -> Copy:
    copy = Copy(tmp_path / "books.utkorg", books.company)
    copy.post(books.company, [("1910", "12.50"), ("3001", "-12.50")], text="Made offline")
    return copy


def upload(client: Client, path: Path, *, page: str = "upload") -> Any:
    file = SimpleUploadedFile(path.name, path.read_bytes())
    return client.post(f"{CHECK_INS}{page}/", {"uploads": file})


def test_a_file_is_sent_looked_at_confirmed_and_reported(admin: Client, changed: Copy) -> None:
    answer = upload(admin, changed.path)
    found = CheckIn.objects.get()
    assert answer.json() == {"url": f"{CHECK_INS}{found.pk}/change/"}
    assert "Waiting to be read" in page_of(admin, found)
    page = page_of(admin, work(found))
    assert "books.utkorg is read. Check it in? Lands 1 New 1" in page
    assert "A 2 (2024) Vouchers New P1" in page
    assert Voucher.objects.count() == 1
    admin.post(f"{CHECK_INS}{found.pk}/confirm/")
    page = page_of(admin, work(found))
    assert "books.utkorg is checked in Landed 1 New 1" in page
    assert "Changed only here" not in page
    voucher = Voucher.objects.get(number="2")
    assert (
        admin.get(f"{CHECK_INS}{found.pk}/document/?of=landed&at=0")["Location"]
        == f"/admin/ledger/voucher/{voucher.pk}/change/"
    )
    assert admin.get(f"{CHECK_INS}{found.pk}/document/?of=landed&at=1").status_code == 404
    file = b"".join(admin.get(f"{CHECK_INS}{found.pk}/list/?of=landed").streaming_content).decode()  # type: ignore[attr-defined]
    assert file.splitlines()[1] == "100,Vouchers,A 2 (2024),New,P1"


def test_a_file_is_sent_without_a_script(admin: Client, changed: Copy) -> None:
    assert upload(admin, changed.path, page="add").url == f"{CHECK_INS}{CheckIn.objects.get().pk}/change/"
    assert "books.utkorg Waiting to be read" in text_of(admin.get(f"{CHECK_INS}add/"))


def test_many_deletions_ask_for_a_tick(admin: Client, books: factories.Books, kari: User, tmp_path: Path) -> None:
    for number in range(4000, 4030):
        factories.AccountFactory.create(company=books.company, number=str(number))
    copy = Copy(tmp_path / "many.utkorg", books.company)
    copy.run("delete from ledger_account where number like '40__'")
    found = work(hand_in(copy.path, by=kari))
    assert "Chart of accounts: 30 of 32" in page_of(admin, found)
    admin.post(f"{CHECK_INS}{found.pk}/confirm/", {"allow_deletions": "on"})
    work(found)
    assert Account.objects.count() == 2


def test_a_refused_file_says_what_to_do(admin: Client, kari: User, changed: Copy) -> None:
    whole = changed.path.read_bytes()
    found = work(hand_in(whole[: len(whole) // 2], by=kari))
    page = page_of(admin, found)
    assert "Nothing of the file is checked in" in page
    assert "What to do Copy it once more" in page
    admin.post(f"{CHECK_INS}{found.pk}/again/")
    assert "Waiting to be read" in page_of(admin, found)


def test_what_is_wrong_with_an_upload_is_said_at_once(admin: Client, changed: Copy, settings: Settings) -> None:
    assert admin.post(f"{CHECK_INS}upload/").status_code == 400
    settings.UTKORG_WORKING_COPY_MAX_MB = 0
    assert "larger than 0 MB" in upload(admin, changed.path).json()["error"]
    assert "larger than 0 MB" in text_of(upload(admin, changed.path, page="add"))
    assert not CheckIn.objects.exists()


def test_two_windows_are_told_that_it_has_gone_on(admin: Client, kari: User, changed: Copy) -> None:
    found = landed(hand_in(changed.path, by=kari))
    for what in ("confirm", "cancel", "again"):
        answer = admin.post(f"{CHECK_INS}{found.pk}/{what}/", follow=True)
        assert "has gone on meanwhile" in text_of(answer)
        assert admin.get(f"{CHECK_INS}{found.pk}/{what}/").status_code == 403


def test_only_the_sender_lets_it_land(books: factories.Books, kari: User, changed: Copy) -> None:
    found = work(hand_in(changed.path, by=kari))
    other = sign_in(clerk(books, "workcopies.check_in", "workcopies.view_checkin"))
    assert other.post(f"{CHECK_INS}{found.pk}/confirm/").status_code == 403
    assert other.post(f"{CHECK_INS}{found.pk}/cancel/").status_code == 403


def test_documents_of_companies_out_of_reach_are_not_shown(books: factories.Books, kari: User) -> None:
    other = factories.CompanyFactory.create(number="200")
    copy = make_copy(books.company, other, by=kari, name="Both")
    kept = preview_of("200")
    report = {name: kept[name] for name in ("landed", "conflicts", "refused", "unchanged")}
    found = make_check_in(copy, by=kari, status=Status.DONE, preview=kept, report=report)
    client = sign_in(clerk(books, "workcopies.view_checkin", "ledger.view_company"))
    page = page_of(client, found)
    assert "A 161" not in page
    assert "200" not in page
    assert client.get(f"{CHECK_INS}{found.pk}/document/?of=landed&at=0").status_code == 404


def test_nothing_of_a_name_is_html(admin: Client, kari: User) -> None:
    found = work(hand_in(b"%PDF", by=kari, name="<b>x</b>.utkorg"))
    assert "<b>x</b>" not in admin.get(f"{CHECK_INS}{found.pk}/change/").content.decode()


def test_pages_ask_the_database_little(admin: Client, kari: User, books: factories.Books) -> None:
    copy = make_copy(books.company, by=kari, name="Books")
    kept = preview_of("100", held=True)
    found = make_check_in(copy, by=kari, status=Status.READY, preview=kept)
    pages = [
        *(COPIES, f"{COPIES}add/", f"{COPIES}{copy.pk}/change/", f"{COPIES}{copy.pk}/withdraw/"),
        *(CHECK_INS, f"{CHECK_INS}add/", f"{CHECK_INS}{found.pk}/change/", f"{CHECK_INS}{found.pk}/progress/"),
    ]
    for page in pages:
        with CaptureQueriesContext(connection) as queries:
            assert admin.get(page).status_code == 200
        assert len(queries) <= 12, f"{page}: {len(queries)}"
