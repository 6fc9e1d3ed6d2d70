"""Copies that somebody waits for at a browser: made once, taken up after a crash, kept until they are fetched."""

import os
import time
from datetime import timedelta
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from pytest_django import Settings

from access.rights import rights_of
from history.models import Change
from revisions.installation import installation
from tests.connections import other_program
from tests.factories import Books, UserFactory, forget, give
from workcopies import making, tasks
from workcopies.exceptions import NotAllowed, WrongState
from workcopies.file.reading import open_file
from workcopies.models import WorkingCopy
from workcopies.withdrawing import give_back, withdraw

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("folder")]


@pytest.fixture
def anna(books: Books) -> User:
    user = UserFactory.create(username="anna")
    give(user, "workcopies.add_workingcopy", "ledger.view_account", company=books.company)
    return user


@pytest.fixture
def copy(books: Books, anna: User) -> WorkingCopy:
    return making.ask(companies=[books.company], user=anna, rights=rights_of(anna), name="Books")


def made(copy: WorkingCopy) -> WorkingCopy:
    making.run(copy_id=copy.pk)
    copy.refresh_from_db()
    return copy


def test_a_copy_that_was_asked_for_is_made_and_kept(copy: WorkingCopy, folder: Path) -> None:
    assert copy.status == "waiting"
    made(copy)
    assert (copy.status, copy.rows, copy.attempts) == ("out", 4, 1)
    with open_file(Path(copy.file.path), installation=str(installation().uid)) as file:
        assert (file.manifest.uid, file.manifest.user) == (str(copy.uid), "anna")
    assert [file.stat().st_mode & 0o777 for file in folder.iterdir()] == [0o600]
    assert folder.stat().st_mode & 0o777 == 0o700


def test_what_was_taken_out_is_in_the_history(copy: WorkingCopy) -> None:
    made(copy)
    entry = Change.objects.get(kind="exported")
    assert (entry.user_name, entry.company, entry.object_name) == ("anna", copy.companies.get(), "Books")
    assert entry.changes == {"companies": [None, "100"], "rows": [None, 4]}


def test_a_copy_is_made_once(copy: WorkingCopy, folder: Path) -> None:
    made(copy)
    making.run(copy_id=copy.pk)
    assert len(list(folder.iterdir())) == 1


def test_what_cannot_be_checked_out_is_refused_at_once(books: Books) -> None:
    user = UserFactory.create()
    with pytest.raises(NotAllowed):
        making.ask(companies=[books.company], user=user, rights=rights_of(user), name="Books")


def test_rights_that_were_lost_meanwhile_count(copy: WorkingCopy, anna: User, folder: Path) -> None:
    anna.memberships.update(ended_at=timezone.now())
    forget(anna)
    made(copy)
    assert copy.status == "failed"
    assert copy.error == {"code": "permission_denied", "message": str(NotAllowed(["100"]))}
    assert not folder.exists()


def test_nobodys_copy_is_never_made_with_all_rights(copy: WorkingCopy, anna: User) -> None:
    anna.memberships.all().delete()
    anna.delete()
    assert made(copy).status == "failed"


def test_one_that_broke_off_is_tried_again(copy: WorkingCopy) -> None:
    making.fail(copy_id=copy.pk)
    copy.refresh_from_db()
    assert copy.error
    assert copy.error["code"] == "broken_off"
    assert made(making.ask_again(copy=copy)).status == "out"
    with pytest.raises(WrongState):
        making.ask_again(copy=copy)


def test_one_that_breaks_off_again_and_again_is_given_up(copy: WorkingCopy) -> None:
    WorkingCopy.objects.update(status="making", attempts=making.MOST_ATTEMPTS)
    assert [found.pk for found in making.waiting()] == [copy.pk]
    assert made(copy).status == "failed"


@pytest.mark.django_db(transaction=True)
def test_one_that_a_worker_has_is_left_alone(copy: WorkingCopy) -> None:
    with other_program() as other, other.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(%s, %s)", [making.LOCK, copy.pk])
        assert making.waiting() == []
        assert made(copy).status == "waiting"
    assert [found.pk for found in making.waiting()] == [copy.pk]
    assert made(copy).status == "out"


def test_one_that_was_withdrawn_while_it_was_made_is_not_out(copy: WorkingCopy, folder: Path) -> None:
    withdraw(copy=copy, user=None)
    making.run(copy_id=copy.pk)
    copy.refresh_from_db()
    assert (copy.status, bool(copy.file)) == ("withdrawn", False)
    assert not folder.exists()
    with pytest.raises(WrongState):
        give_back(copy=copy, user=None)


def test_a_withdrawn_copy_is_given_back(copy: WorkingCopy, anna: User) -> None:
    withdraw(copy=made(copy), user=anna)
    copy.refresh_from_db()
    assert (copy.status, copy.withdrawn_by, copy.withdrawn_by_name, copy.is_out) == ("withdrawn", anna, "anna", False)
    with pytest.raises(WrongState):
        withdraw(copy=copy, user=anna)
    assert give_back(copy=copy, user=anna).is_out
    assert [entry.changes for entry in Change.objects.filter(kind="changed", subject="workcopies.workingcopy")] == [
        {"status": ["withdrawn", "out"]},
        {"status": ["out", "withdrawn"]},
    ]


def test_who_fetched_it_first_is_noted(copy: WorkingCopy) -> None:
    making.fetched(made(copy))
    copy.refresh_from_db()
    first = copy.fetched_at
    making.fetched(copy)
    copy.refresh_from_db()
    assert first is not None
    assert copy.fetched_at == first


def test_old_files_go_and_the_copy_stays_out(
    copy: WorkingCopy, folder: Path, settings: Settings, django_capture_on_commit_callbacks: object
) -> None:
    path = Path(made(copy).file.path)
    WorkingCopy.objects.update(made_at=timezone.now() - timedelta(days=settings.UTKORG_WORKING_COPY_DAYS + 1))
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        tasks.remove_old()
    copy.refresh_from_db()
    assert (copy.status, bool(copy.file), path.exists()) == ("out", False, False)


def test_what_a_dead_worker_left_behind_goes(copy: WorkingCopy, folder: Path) -> None:
    kept = Path(made(copy).file.path)
    left, fresh = folder / ".a.1.unfinished", folder / "fresh"
    for file in (kept, left, fresh):
        file.touch()
    days_ago = time.time() - 3 * 24 * 3600
    for file in (kept, left):
        os.utime(file, (days_ago, days_ago))
    assert making.remove_old() == 1
    assert sorted(folder.iterdir()) == sorted([kept, fresh])
