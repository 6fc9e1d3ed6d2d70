"""An import from the file's arrival to its end, whatever comes between."""

from pathlib import Path

import pytest
from django.core.cache import cache
from django.utils import translation
from pytest_django import Settings

from history.models import Change
from imports import messages, progress, running, services
from imports.exceptions import FileGone, TooLarge, WrongState
from imports.models import FileImport
from imports.outcomes import shown_error, shown_report
from imports.progress import Cancelled, Watch
from ledger.importing.running import Progress
from ledger.models import Account, Company, FinancialYear, Voucher
from notices.models import Notice
from revisions.models import ChangeSet
from tests.connections import connect
from tests.imports.files import SAMPLE, imported, put_in, work
from tests.ledger.saft_files import SALE, saft, transaction

pytestmark = pytest.mark.django_db
Status = FileImport.Status


def kept(folder: Path) -> int:
    return sum(1 for file in folder.rglob("*") if file.is_file())


def test_a_file_is_read_first_and_changes_nothing(folder: Path) -> None:
    found = work(put_in())
    assert (found.status, found.format, found.vouchers) == (Status.READY, "SAF-T", 1)
    assert found.preview["changes"]["vouchers_created"] == 1
    assert found.preview["company_is_new"] is True
    assert not Company.objects.exists()
    assert not ChangeSet.objects.exists()
    (file,) = (file for file in folder.rglob("*") if file.is_file())
    assert file.stat().st_mode & 0o777 == 0o600
    assert "books" not in file.name


def test_a_confirmed_file_is_imported_told_of_and_removed(
    folder: Path, django_capture_on_commit_callbacks: object
) -> None:
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        found = imported(put_in())
    assert (found.status, found.file.name, found.company) == (Status.DONE, "", Company.objects.get())
    assert Voucher.objects.count() == 1
    assert kept(folder) == 0
    notice = Notice.objects.get()
    assert (notice.user, notice.level) == (found.started_by, "success")
    assert notice.words.title == "books.xml is imported"
    assert notice.words.detail == "914594685 Fjordbutikken AS: 1 new voucher, 0 changed, 0 unchanged"


def test_a_sie_file_is_known_by_its_content() -> None:
    found = imported(put_in(SAMPLE.read_bytes(), name="export.xml"))
    assert (found.status, found.format, found.report["version"]) == (Status.DONE, "SIE", "4")
    assert shown_report(found.report)["counts"]["vouchers"] == Voucher.objects.count() == 163


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"PK\x03\x04\x14\x00\x00\x00", "a zip archive"),
        (b"", "is empty"),
        (saft(version="3"), "version 3"),
        (saft(transaction(("1920", "250", ""), ("3000", "-1", ""))), "doesn't sum to zero"),
    ],
)
def test_a_file_that_cannot_be_imported_is_refused_when_it_is_read(content: str | bytes, reason: str) -> None:
    found = work(put_in(content))
    assert found.status == Status.REFUSED
    assert reason in str(shown_error(found.error).reason)
    assert Notice.objects.get().words.title == "books.xml is refused"
    assert not Account.objects.exists()


def test_an_error_is_told_in_the_language_of_its_reader() -> None:
    found = work(put_in(b"%PDF-1.7"))
    with translation.override("sv"):
        assert str(shown_error(found.error).reason) == "Filen är ett PDF-dokument."
        assert "Rad 1: Filen är ett PDF-dokument." in Notice.objects.get().words.detail
    with translation.override("nb"):
        assert str(shown_error(found.error).reason) == "Filen er et PDF-dokument."


def test_a_refused_file_is_read_again_when_the_registers_have_changed() -> None:
    imported(put_in())
    FinancialYear.objects.update(locked_until="2024-06-30")
    found = work(put_in(saft(transaction(*SALE, number="2")), name="more.xml"))
    assert found.status == Status.REFUSED
    FinancialYear.objects.update(locked_until=None)
    assert work(services.run_again(file_import=found)).status == Status.READY


def test_a_cancelled_file_goes_and_nothing_of_it_is_stored() -> None:
    found = services.cancel(file_import=work(put_in()))
    assert (found.status, bool(found.file)) == (Status.CANCELLED, False)
    with pytest.raises(WrongState):
        services.confirm(file_import=found)
    assert not Company.objects.exists()


def test_an_import_under_way_hears_that_it_is_cancelled() -> None:
    found = services.confirm(file_import=work(put_in()))
    FileImport.objects.filter(pk=found.pk).update(status=Status.IMPORTING)
    services.cancel(file_import=FileImport.objects.get(pk=found.pk))
    with pytest.raises(Cancelled):
        Watch(found.pk)(Progress("reading", 1, None))
    assert work(found).status == Status.CANCELLED
    assert not Voucher.objects.exists()


def test_progress_is_told_while_it_runs_and_forgotten_at_its_end() -> None:
    found = put_in()
    Watch(found.pk)(Progress("storing", 500, 1000, 0.5))
    assert progress.reached(found.pk) == progress.Reached("storing", 50, 500)
    work(found)
    assert progress.reached(found.pk) is None
    cache.clear()


def test_too_large_a_file_and_one_that_is_gone_are_refused(settings: Settings) -> None:
    settings.UTKORG_IMPORT_MAX_MB = 0
    with pytest.raises(TooLarge, match=r"books.xml is larger than 0 MB"):
        put_in()
    settings.UTKORG_IMPORT_MAX_MB = 1
    found = work(put_in(b"%PDF"))
    FileImport.objects.update(file="")
    with pytest.raises(FileGone):
        services.run_again(file_import=found)


def test_an_import_whose_file_was_lost_is_refused_with_advice() -> None:
    found = put_in()
    Path(found.file.path).unlink()
    assert "can't be read" in str(shown_error(work(found).error).reason)


def test_files_that_nobody_goes_on_with_are_removed(settings: Settings) -> None:
    ready, refused, fresh = work(put_in()), work(put_in(b"%PDF")), put_in(name="fresh.xml")
    settings.UTKORG_IMPORT_DAYS = 0
    assert services.remove_old() == 2
    statuses = dict(FileImport.objects.values_list("pk", "status"))
    assert statuses == {ready.pk: Status.CANCELLED, refused.pk: Status.REFUSED, fresh.pk: Status.WAITING}


def test_a_mistake_of_ours_ends_it_with_words_for_people() -> None:
    found = put_in()
    running.fail(import_id=found.pk)
    found.refresh_from_db()
    assert (found.status, found.can_run_again) == (Status.FAILED, True)
    assert "A mistake of Utkorg's" in str(shown_error(found.error).reason)


def test_an_import_that_breaks_off_again_and_again_is_given_up() -> None:
    found = put_in()
    FileImport.objects.update(attempts=running.MOST_ATTEMPTS)
    assert work(found).status == Status.FAILED


def test_words_are_known_for_every_kind_of_message() -> None:
    assert {messages.DONE, messages.READ, messages.REFUSED, messages.FAILED} == {
        "import_done",
        "import_read",
        "import_refused",
        "import_failed",
    }


@pytest.mark.django_db(transaction=True)
def test_a_dead_workers_import_is_taken_up_and_a_living_ones_left_alone() -> None:
    found = put_in()
    FileImport.objects.filter(pk=found.pk).update(status=Status.READING, attempts=1)
    with connect() as living:
        living.execute("select pg_advisory_xact_lock(%s, %s)", [running.LOCK, found.pk])
        assert running.waiting() == []
        assert work(found).status == Status.READING
    assert running.waiting() == [found]
    assert work(found).status == Status.READY


@pytest.mark.django_db
def test_what_an_import_brings_is_in_the_history_as_its_starters() -> None:
    done = imported(put_in())
    made = Change.objects.get(subject="ledger.company", kind=Change.Kind.CREATED)
    assert done.started_by is not None
    assert (made.user_name, made.via) == (done.started_by.username, "import")
