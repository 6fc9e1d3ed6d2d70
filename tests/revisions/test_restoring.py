"""A database is put back as it was, by real backups: it is noticed, and nobody's rows are lost by it unawares."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.utils import timezone
from pytest_django import Settings

from access.models import ApiKey, ClientAccess
from access.services import revoke_key
from access.tokens import authenticate_token, give_to_user
from history.models import Change
from history.services import note_event
from ledger.models import Company
from notices.models import Notice
from revisions import broker, clean_up, fan_out, queues, restoring, watermarks
from revisions.installation import installation, last_restoration
from revisions.models import ChangeSet, Installation, OutboxItem, Queue, Restoration
from subscriptions.models import Resync, Subscription
from subscriptions.services import delete_subscription, mark_all_missing
from tests import factories
from tests.access.probe import problem
from tests.backups import Copy, Dump, copied
from tests.connections import Together
from tests.integrators import Integrator, sequences
from tests.refusals import run_sql

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def folder(settings: Settings, tmp_path: Path) -> Iterator[Path]:
    """Where the marks are kept, and none to begin with."""
    settings.UTKORG_MARK_FOLDER = str(tmp_path / "marks")
    settings.UTKORG_THROTTLE_RATES = {}
    _forget_in_broker()
    yield tmp_path / "marks"
    _forget_in_broker()


@pytest.fixture
def integrator(books: factories.Books) -> Integrator:
    return Integrator(factories.make_subscription(integration_id="EXOPEN"))


@pytest.fixture
def backup(integrator: Integrator, books: factories.Books) -> Iterator[Copy]:
    """One voucher, queued and fetched; then the backup."""
    books.post()
    sweep()
    integrator.acknowledge(integrator.fetch()["receipt"])
    with copied() as copy:
        yield copy


def _forget_in_broker() -> None:
    for key in broker.client().scan_iter("utkorg:mark:*"):
        broker.client().delete(key)


def _refuse(*_arguments: object, **_named: object) -> None:
    raise OSError("refused")


def sweep() -> Restoration | None:
    """What the worker does every second."""
    fan_out.drain()
    return restoring.look()


def post(books: factories.Books, times: int = 1) -> None:
    """Change something: each a change set of its own, and all of them queued and marked."""
    for _ in range(times):
        books.post()
    sweep()


def test_an_older_database_is_found_at_the_first_look(backup: Copy, books: factories.Books) -> None:
    last = ChangeSet.objects.latest("pk")
    post(books, 3)
    lost = ChangeSet.objects.latest("pk")
    backup.put_back()
    found = restoring.look()
    assert found is not None
    assert (found.how, found.epoch, installation().epoch) == ("found", 2, 2)
    assert (found.lost_change_set, found.lost_changed_at) == (lost.pk, lost.changed_at)
    assert (found.last_change_set, found.last_changed_at) == (last.pk, last.changed_at)
    assert restoring.look() is None
    assert last_restoration() == found


def test_one_that_has_grown_beyond_the_lost_numbers_is_found(backup: Copy, books: factories.Books) -> None:
    post(books)
    marked = ChangeSet.objects.latest("pk").pk
    backup.put_back()
    for _ in range(5):
        books.post()
    fan_out.drain()
    assert ChangeSet.objects.filter(pk=marked).exists()
    assert restoring.look()


def test_a_dump_put_back_by_pg_restore_is_found(integrator: Integrator, books: factories.Books, tmp_path: Path) -> None:
    post(books)
    dump = Dump(tmp_path)
    post(books, 2)
    dump.put_back()
    assert restoring.look()
    post(books)
    assert restoring.look() is None
    assert integrator.pending()["epoch"] == 2


def test_either_mark_is_enough(backup: Copy, books: factories.Books, folder: Path) -> None:
    post(books)
    (mark,) = folder.iterdir()
    mark.unlink()
    backup.put_back()
    assert restoring.look()
    post(books)
    _forget_in_broker()
    backup.put_back()
    assert restoring.look()


def test_a_place_that_was_not_read_is_not_written(backup: Copy, books: factories.Books, folder: Path) -> None:
    """With the broker away and a new disk nothing is noticed; when the broker is back, it is."""
    post(books)
    backup.put_back()
    (mark,) = folder.iterdir()
    mark.unlink()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(watermarks.Broker, "read", _refuse)
        assert restoring.look() is None
    assert restoring.look()


def test_garbage_in_place_of_a_mark_is_replaced(books: factories.Books, folder: Path) -> None:
    post(books)
    (mark,) = folder.iterdir()
    for garbage in (b"", b"\xff", b"[]", b'"x"', b'{"epoch": 1}', b"{}" * 1000):
        mark.write_bytes(garbage)
        assert restoring.look() is None
        assert json.loads(mark.read_text())["epoch"] == 1


def test_a_write_that_breaks_off_leaves_the_old_mark(
    books: factories.Books, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    post(books)
    (mark,) = folder.iterdir()
    before = mark.read_text()
    monkeypatch.setattr("os.fsync", _refuse)
    post(books)
    assert ([mark], mark.read_text()) == (list(folder.iterdir()), before)
    monkeypatch.undo()
    restoring.look()
    assert mark.read_text() != before


def test_a_mark_is_written_only_when_there_is_something_new(books: factories.Books, folder: Path) -> None:
    post(books)
    (mark,) = folder.iterdir()
    before = mark.stat()
    restoring.look()
    assert mark.stat() == before


def test_without_a_folder_no_mark_is_kept(books: factories.Books, folder: Path, settings: Settings) -> None:
    settings.UTKORG_MARK_FOLDER = ""
    post(books)
    assert not folder.exists()
    assert not list(broker.client().scan_iter("utkorg:mark:*"))


def test_a_recovery_that_loses_nothing_is_no_alarm(books: factories.Books) -> None:
    post(books, 2)
    with copied() as copy:
        copy.put_back()
        assert restoring.look() is None
        post(books)
        assert restoring.look() is None


def test_a_revoked_key_that_works_again_is_noticed_though_no_register_has_changed(backup: Copy) -> None:
    revoke_key(key=ApiKey.objects.get())
    restoring.look()
    backup.put_back()
    assert ApiKey.objects.unrevoked().exists()
    found = restoring.look()
    assert found is not None
    assert (found.lost_change_set, found.last_change_set) == (found.last_change_set, ChangeSet.objects.latest("pk").pk)
    assert found.lost_changed_at is not None
    assert found.last_changed_at is not None
    assert found.lost_changed_at > found.last_changed_at


def test_that_somebody_signed_in_is_no_loss(backup: Copy) -> None:
    note_event(kind=Change.Kind.SIGNED_IN, subject=User)
    restoring.look()
    backup.put_back()
    assert restoring.look() is None


def test_another_or_a_new_database_is_no_alarm(books: factories.Books) -> None:
    """The file stays where it is, and the database is another installation's."""
    post(books, 2)
    Installation.objects.all().delete()
    assert restoring.look() is None
    run_sql("delete from revisions_outboxitem; delete from revisions_numbering; delete from revisions_changeset")
    Installation.objects.all().delete()
    assert restoring.look() is None


def test_what_was_cleaned_up_is_no_alarm(integrator: Integrator, books: factories.Books, folder: Path) -> None:
    """The mark of a host that was away for months names a change set that nobody keeps any more."""
    post(books)
    (mark,) = folder.iterdir()
    months_ago = mark.read_text()
    post(books, 2)
    integrator.acknowledge(integrator.fetch()["receipt"])
    assert clean_up.remove_old(kept=timedelta(0))
    assert restoring.look() is None
    mark.write_text(months_ago)
    _forget_in_broker()
    assert restoring.look() is None


def test_the_marked_change_set_outlives_the_clean_up(integrator: Integrator, books: factories.Books) -> None:
    post(books)
    integrator.acknowledge(integrator.fetch()["receipt"])
    clean_up.remove_old(kept=timedelta(0))
    assert ChangeSet.objects.count() == 1
    with copied() as copy:
        post(books)
        integrator.acknowledge(integrator.fetch()["receipt"])
        clean_up.remove_old(kept=timedelta(0))
        assert restoring.look() is None
        copy.put_back()
        assert restoring.look()


def test_a_mark_of_before_a_restored_database_says_nothing_any_more(
    backup: Copy, books: factories.Books, folder: Path
) -> None:
    """Another host's file still names what was lost."""
    post(books)
    (mark,) = folder.iterdir()
    lost = mark.read_text()
    backup.put_back()
    assert restoring.look()
    mark.write_text(lost)
    assert restoring.look() is None
    assert mark.read_text() != lost


def test_the_same_backup_put_back_again_is_another_epoch(
    backup: Copy, integrator: Integrator, books: factories.Books
) -> None:
    epochs = []
    for _ in range(3):
        post(books)
        backup.put_back()
        assert restoring.look()
        epochs.append((installation().epoch, integrator.pending()["epoch"]))
    assert epochs == [(2, 2), (3, 3), (4, 4)]
    assert Restoration.objects.count() == 1  # the backup knows of none


def test_epochs_rise_above_those_of_cut_queues_that_are_lost(
    backup: Copy, integrator: Integrator, books: factories.Books
) -> None:
    for _ in range(3):
        post(books)
        queues.cut(subscription=Subscription.objects.get())
    restoring.look()
    assert integrator.pending()["epoch"] == 4
    backup.put_back()
    restoring.look()
    assert integrator.pending()["epoch"] == 5


def test_many_processes_find_it_at_once_and_one_puts_it_right(backup: Copy, books: factories.Books) -> None:
    post(books)
    backup.put_back()
    with Together() as threads:
        found = [work.result() for work in [threads.start(restoring.look) for _ in range(8)]]
    assert len([restoration for restoration in found if restoration]) == 1
    assert (installation().epoch, Restoration.objects.count()) == (2, 1)
    assert set(Queue.objects.values_list("epoch", flat=True)) == {2}


def test_a_failure_in_the_middle_leaves_it_to_be_found_again(
    backup: Copy, books: factories.Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    post(books)
    backup.put_back()
    monkeypatch.setattr("revisions.restoring.end_everybodys", _refuse)
    with pytest.raises(OSError, match="refused"):
        restoring.look()
    assert (installation().epoch, Restoration.objects.exists(), Resync.objects.filter(reason="restored").exists()) == (
        1,
        False,
        False,
    )
    monkeypatch.undo()
    assert restoring.look()


def test_what_was_left_unqueued_is_queued_before(integrator: Integrator, books: factories.Books) -> None:
    post(books)
    integrator.acknowledge(integrator.fetch()["receipt"])
    books.post()
    with copied() as copy:
        post(books)
        copy.put_back()
        assert restoring.look()
    found = integrator.fetch()
    assert sequences(found) == [3, 4]
    assert (found["epoch"], integrator.acknowledge(found["receipt"])["acknowledged"]) == (2, 2)


def test_an_old_receipt_deletes_nothing(backup: Copy, integrator: Integrator, books: factories.Books) -> None:
    """The sequences are given again, to other rows, and none of them goes by the receipt of those that are lost."""
    post(books, 2)
    lost = integrator.fetch()
    backup.put_back()
    restoring.look()
    problem(integrator.post("receipts", receipt=lost["receipt"]), 409, "epoch_changed")
    post(books, 2)
    again = integrator.fetch()
    assert sequences(again) == sequences(lost)
    problem(integrator.post("receipts", receipt=lost["receipt"]), 409, "epoch_changed")
    assert integrator.fetch()["rows"] == again["rows"]


def test_after_shows_that_the_queue_went_back(backup: Copy, integrator: Integrator, books: factories.Books) -> None:
    post(books, 2)
    held = integrator.fetch()["rows"][-1]["sequence"]
    backup.put_back()
    restoring.look()
    found = problem(integrator.get("revisions", after=held), 409, "out_of_step")
    assert found["expected"] == held - 4
    post(books)
    assert sequences(integrator.fetch(after=held - 4)) == [held - 3, held - 2]


def test_a_receipt_from_between_two_restored_databases_deletes_nothing(
    backup: Copy, integrator: Integrator, books: factories.Books
) -> None:
    post(books)
    backup.put_back()
    restoring.look()
    post(books)
    between = integrator.fetch()["receipt"]
    backup.put_back()
    restoring.look()
    post(books)
    problem(integrator.post("receipts", receipt=between), 409, "epoch_changed")


def test_an_integration_made_anew_begins_above_the_lost_ones_epoch(backup: Copy, books: factories.Books) -> None:
    lost = Integrator(factories.make_subscription(integration_id="LATER"))
    post(books)
    receipt = lost.fetch()["receipt"]
    backup.put_back()
    restoring.look()
    again = Integrator(factories.make_subscription(integration_id="LATER"))
    post(books)
    assert again.pending()["epoch"] == 2
    problem(again.post("receipts", receipt=receipt), 409, "epoch_changed")


def test_an_integration_deleted_before_the_backup_comes_back_higher(books: factories.Books) -> None:
    delete_subscription(subscription=factories.make_subscription(integration_id="GONE"))
    post(books)
    with copied() as copy:
        again = factories.make_subscription(integration_id="GONE")
        assert Queue.objects.get(subscription=again).epoch == 2
        post(books)
        copy.put_back()
    restoring.look()
    assert Queue.objects.get(subscription=factories.make_subscription(integration_id="GONE")).epoch == 4


def test_numbers_known_outside_are_given_to_nothing_else(backup: Copy, books: factories.Books) -> None:
    post(books, 3)
    lost = factories.make_subscription()
    account = factories.AccountFactory.create(company=books.company)
    post(books)
    revision = ChangeSet.objects.latest("pk").pk
    backup.put_back()
    restoring.look()
    post(books)
    assert ChangeSet.objects.latest("pk").pk > revision
    assert factories.AccountFactory.create(company=Company.objects.get(pk=books.company.pk)).pk > account.pk
    assert lost.pk < factories.make_subscription().pk < 2**23


def test_everything_selected_needs_a_new_transfer(integrator: Integrator, books: factories.Books) -> None:
    """The one statement selects what the model does, whatever is chosen."""
    others = [factories.CompanyFactory.create() for _ in range(4)]
    office = factories.OfficeFactory.create()
    for company in others[:2]:
        ClientAccess.objects.create(office=office, company=company)
    factories.make_subscription("accounts", "suppliers", companies=others[:2])
    factories.make_subscription("accounts", companies=others[1:], negative_selection=True)
    factories.make_subscription("accounts", active=False)
    factories.make_subscription("accounts", office=office)
    factories.make_subscription("accounts", office=office, companies=others[:1])
    factories.make_subscription("accounts", office=office, companies=others[:1], negative_selection=True)
    Resync.objects.all().delete()
    mark_all_missing(reason=Resync.Reason.RESTORED)
    for subscription in Subscription.objects.all():
        missing = set(subscription.resync.values_list("information_type", "company"))
        companies = subscription.selected_companies().values_list("pk", flat=True)
        assert missing == {(known.number, pk) for known in subscription.information_types for pk in companies}
        assert missing
    pending = integrator.pending()["resync"]
    assert len(pending) == Company.objects.count() * len(Subscription.objects.get(integration_id="EXOPEN").types.all())


def test_what_is_still_queued_stays(integrator: Integrator, books: factories.Books) -> None:
    post(books, 2)
    before = integrator.fetch()["rows"]
    with copied() as copy:
        post(books)
        copy.put_back()
    restoring.look()
    assert integrator.fetch()["rows"] == before
    assert OutboxItem.objects.exists()


def test_who_was_signed_in_signs_in_again(books: factories.Books) -> None:
    """Whoever signed out after the backup would be signed in again."""
    user = factories.UserFactory.create()
    Session.objects.create(session_key="x" * 32, expire_date=timezone.now() + timedelta(hours=1))
    token = give_to_user(user=user, address=None)
    post(books)
    with copied() as copy:
        post(books)
        copy.put_back()
    restoring.look()
    assert not Session.objects.exists()
    with pytest.raises(Exception, match="has expired, was revoked"):
        authenticate_token(token.text, address=None)


def test_people_who_see_to_the_installation_are_told(backup: Copy, books: factories.Books) -> None:
    overseer = factories.SuperuserFactory.create(username="overseer")
    factories.give(factories.UserFactory.create(), "subscriptions.view_subscription", company=books.company)
    post(books)
    with copied() as copy:
        post(books)
        copy.put_back()
    restoring.look()
    told = Notice.objects.get(user__username=overseer.username)
    assert told.kind == "database_restored"
    assert "What was changed after" in told.words.detail
    assert set(Notice.objects.values_list("user__is_superuser", flat=True)) == {True}


def test_a_person_can_tell_what_no_mark_shows(books: factories.Books, integrator: Integrator) -> None:
    post(books)
    told = restoring.tell()
    assert (told.how, told.lost_change_set, installation().epoch) == ("told", None, 2)
    assert (integrator.pending()["epoch"], restoring.look()) == (2, None)
