"""A check-in of the admin's, from the file's arrival to its end, whatever comes between."""

from collections.abc import Callable
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from django.utils import translation
from pytest_django import Settings

from access.rights import rights_of
from history.models import Change
from ledger.models import Account, Voucher
from notices.models import Notice
from notices.progress import Cancelled, Reached
from tests import factories
from tests.connections import connect
from tests.workcopies.copies import Copy
from tests.workcopies.handing_in import hand_in, landed, work
from workcopies import check_in_worker, making, receiving, tasks
from workcopies.exceptions import CheckInGoneOn, FileGone, TooLargeFile
from workcopies.models import CheckIn, Conflict, WorkingCopy
from workcopies.withdrawing import withdraw

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("folder")]
Status = CheckIn.Status


@pytest.fixture
def books(books: factories.Books) -> factories.Books:
    books.post()
    return books


@pytest.fixture
def changed(copy: Copy, books: factories.Books) -> Copy:
    """With a new voucher and an account that has another name."""
    copy.post(books.company, [("1910", "12.50"), ("3001", "-12.50")], text="Made offline")
    copy.run("update ledger_account set name = 'Handkassa' where number = '1910'")
    return copy


def kept(folder: Path) -> int:
    return sum(1 for file in folder.rglob("*") if file.is_file())


def test_a_file_is_looked_at_first_and_changes_nothing(changed: Copy, kari: User, folder: Path) -> None:
    found = work(hand_in(changed.path, by=kari))
    assert (found.status, found.working_copy) == (Status.READY, changed.record)
    assert [one["operation"] for one in found.preview["landed"]] == ["changed", "created"]
    assert Voucher.objects.count() == 1
    assert Account.objects.get(number="1910").name == "Kassa"
    (file,) = (file for file in folder.rglob("*") if file.is_file())
    assert file.stat().st_mode & 0o777 == 0o600
    assert "books" not in file.name


def test_what_is_confirmed_lands_is_told_of_and_its_file_goes(
    changed: Copy, kari: User, folder: Path, django_capture_on_commit_callbacks: Callable[..., object]
) -> None:
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[attr-defined]
        found = landed(hand_in(changed.path, by=kari))
    assert (found.status, found.file.name, kept(folder)) == (Status.DONE, "", 0)
    assert [one["operation"] for one in found.report["landed"]] == ["changed", "created"]
    assert found.report["check_in"] == str(found.uid)
    assert Voucher.objects.count() == 2
    notice = Notice.objects.get()
    assert (notice.user, notice.level, notice.words.title) == (kari, "success", "books.utkorg is checked in")
    assert notice.words.detail == "2 documents landed"
    assert changed.known().checked_in_at is not None


def test_the_same_file_once_more_changes_nothing(changed: Copy, kari: User) -> None:
    landed(hand_in(changed.path, by=kari))
    again = landed(hand_in(changed.path, by=kari))
    assert (again.status, again.report["landed"]) == (Status.DONE, [])
    assert Voucher.objects.count() == 2


def test_a_conflict_waits_and_is_told_of(changed: Copy, kari: User) -> None:
    Account.objects.filter(number="1910").update(name="Kontantkassa")
    found = landed(hand_in(changed.path, by=kari))
    assert [one["key"]["number"] for one in found.report["conflicts"]] == ["1910"]
    assert Conflict.objects.get().check_in == found
    notice = Notice.objects.get()
    assert (notice.level, notice.words.detail) == ("warning", "1 document landed, 1 conflict")


def test_many_deletions_land_only_where_somebody_said_so(books: factories.Books, kari: User, tmp_path: Path) -> None:
    for number in range(4000, 4030):
        factories.AccountFactory.create(company=books.company, number=str(number))
    copy = Copy(tmp_path / "many.utkorg", books.company)
    copy.run("delete from ledger_account where number like '40__'")
    found = work(hand_in(copy.path, by=kari))
    assert found.preview["many_deletions"] == [{"information_type": "accounts", "missing": 30, "of": 32, "held": True}]
    landed(hand_in(copy.path, by=kari))
    assert Account.objects.count() == 32
    landed(hand_in(copy.path, by=kari), allow_deletions=True)
    assert Account.objects.count() == 2


@pytest.mark.parametrize("content", [b"", b"%PDF-1.7", b"SQLite format 3\0"])
def test_what_is_no_working_copy_is_refused(content: bytes, kari: User) -> None:
    found = work(hand_in(content, by=kari, name="semester.jpg"))
    assert found.status == Status.REFUSED
    assert found.error["message"]
    assert Notice.objects.get().words.title == "semester.jpg can't be checked in"


def test_a_file_that_is_cut_off_is_refused(changed: Copy, kari: User) -> None:
    whole = changed.path.read_bytes()
    found = work(hand_in(whole[: len(whole) // 2], by=kari))
    assert (found.status, found.error["code"]) == (Status.REFUSED, "damaged_file")
    assert Voucher.objects.count() == 1


def test_a_withdrawn_copy_is_refused(changed: Copy, kari: User) -> None:
    withdraw(copy=changed.record, user=kari)
    found = work(hand_in(changed.path, by=kari))
    assert (found.status, found.error["code"]) == (Status.REFUSED, "withdrawn")


def test_one_withdrawn_while_somebody_looks_at_it_does_not_land(changed: Copy, kari: User) -> None:
    found = work(hand_in(changed.path, by=kari))
    withdraw(copy=changed.record, user=kari)
    assert work(receiving.confirm(check_in=found)).error["code"] == "withdrawn"
    assert Voucher.objects.count() == 1


def test_who_lacks_the_right_in_one_of_its_companies_is_refused(changed: Copy) -> None:
    user = factories.UserFactory.create()
    factories.give(user, "workcopies.check_in", company=factories.CompanyFactory.create())
    found = work(hand_in(changed.path, by=user))
    assert (found.status, found.error["code"]) == (Status.REFUSED, "permission_denied")


def test_the_reasons_are_told_in_the_language_of_who_sent_it(kari: User) -> None:
    with translation.override("sv"):
        found = hand_in(b"%PDF-1.7", by=kari)
    assert "Utkorg" in work(found).error["message"]
    assert "no working copy" not in CheckIn.objects.get().error["message"]


def test_a_cancelled_file_goes_and_nothing_of_it_lands(changed: Copy, kari: User) -> None:
    found = receiving.cancel(check_in=work(hand_in(changed.path, by=kari)))
    assert (found.status, bool(found.file)) == (Status.CANCELLED, False)
    with pytest.raises(CheckInGoneOn):
        receiving.confirm(check_in=found)
    assert Voucher.objects.count() == 1


def test_one_under_way_hears_that_it_is_cancelled(changed: Copy, kari: User) -> None:
    found = receiving.confirm(check_in=work(hand_in(changed.path, by=kari)))
    CheckIn.objects.filter(pk=found.pk).update(status=Status.LANDING)
    receiving.cancel(check_in=CheckIn.objects.get(pk=found.pk))
    with pytest.raises(Cancelled):
        check_in_worker._told(found)("landing", 1, 2)
    assert work(found).status == Status.CANCELLED
    assert Voucher.objects.count() == 1


def test_progress_is_one_bar_for_reading_and_landing(kari: User) -> None:
    found = hand_in(b"", by=kari)
    for stage, done, total, percent in (("reading", 1, 2, 25), ("landing", 1, 2, 75), ("landing", 3, None, 50)):
        check_in_worker._told(found)(stage, done, total)
        assert check_in_worker.reached(found.pk) == Reached(stage, percent, done)
    work(found)
    assert check_in_worker.reached(found.pk) is None
    cache.clear()


def test_one_that_was_looked_at_is_compared_once_more(changed: Copy, kari: User) -> None:
    found = work(hand_in(changed.path, by=kari))
    Account.objects.filter(number="1910").update(name="Kontantkassa")
    found = work(receiving.run_again(check_in=found))
    assert (found.status, found.preview["conflicts_total"]) == (Status.READY, 1)


def test_too_large_a_file_and_one_that_is_gone_are_refused(kari: User, settings: Settings) -> None:
    settings.UTKORG_WORKING_COPY_MAX_MB = 0
    with pytest.raises(TooLargeFile, match=r"books.utkorg is larger than 0 MB"):
        hand_in(b"%PDF", by=kari)
    settings.UTKORG_WORKING_COPY_MAX_MB = 1
    found = hand_in(b"%PDF", by=kari)
    Path(found.file.path).unlink()
    assert work(found).error["code"] == "file_gone"
    CheckIn.objects.update(file="")
    with pytest.raises(FileGone):
        receiving.run_again(check_in=found)


def test_files_that_nobody_goes_on_with_are_removed(changed: Copy, kari: User, settings: Settings) -> None:
    ready, refused = work(hand_in(changed.path, by=kari)), work(hand_in(b"%PDF", by=kari))
    fresh = hand_in(changed.path, by=kari)
    settings.UTKORG_WORKING_COPY_DAYS = 0
    assert receiving.remove_old() == 2
    statuses = dict(CheckIn.objects.values_list("pk", "status"))
    assert statuses == {ready.pk: Status.CANCELLED, refused.pk: Status.REFUSED, fresh.pk: Status.WAITING}


def test_a_mistake_of_ours_ends_it_with_words_for_people(kari: User) -> None:
    found = hand_in(b"%PDF", by=kari)
    check_in_worker.fail(check_in_id=found.pk)
    found.refresh_from_db()
    assert (found.status, found.error["code"]) == (Status.FAILED, "broken_off")
    assert Notice.objects.get().words.title == "The check-in of books.utkorg broke off"


def test_one_that_breaks_off_again_and_again_is_given_up(changed: Copy, kari: User) -> None:
    found = hand_in(changed.path, by=kari)
    CheckIn.objects.update(attempts=check_in_worker.MOST_ATTEMPTS)
    assert work(found).status == Status.FAILED


def test_who_asked_for_a_copy_is_told_when_it_can_be_fetched(books: factories.Books, kari: User) -> None:
    copy = making.ask(companies=[books.company], user=kari, rights=rights_of(kari), name="Books")
    tasks.make(copy.pk)
    assert Notice.objects.get().words.title == "The working copy Books can be fetched"
    WorkingCopy.objects.filter(pk=copy.pk).update(status="making")
    making.fail(copy_id=copy.pk)
    assert Notice.objects.order_by("pk").last().words.title == "The working copy Books couldn't be made"  # type: ignore[union-attr]


@pytest.mark.django_db(transaction=True)
def test_a_dead_workers_check_in_is_taken_up_and_a_living_ones_left_alone(changed: Copy, kari: User) -> None:
    found = hand_in(changed.path, by=kari)
    CheckIn.objects.filter(pk=found.pk).update(status=Status.READING, attempts=1)
    with connect() as living:
        living.execute("select pg_advisory_xact_lock(%s, %s)", [check_in_worker.LOCK, found.pk])
        assert check_in_worker.waiting() == []
        assert work(found).status == Status.READING
    assert check_in_worker.waiting() == [found]
    assert work(found).status == Status.READY


@pytest.mark.django_db(transaction=True)
def test_what_lands_is_in_the_history_as_the_senders(copy: Copy, kari: User) -> None:
    copy.run("update ledger_company set name = 'Avendo AB'")
    landed(hand_in(copy.path, by=kari))
    made = Change.objects.get(subject="ledger.company", kind=Change.Kind.CHANGED)
    assert (made.user_name, made.via) == ("kari", "check-in")
