"""Making copies that somebody waits for at a browser: asked for, made by a worker, kept until they are fetched.

A worker holds an advisory lock of the copy's own in the transaction that it works in: first the snapshot, then the one
that the copy is out in. Who dies lets go of it, and beat has the copy made again, from its start.
"""

import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from datetime import date, timedelta
from pathlib import Path

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _

from access.language import language_of
from access.rights import Rights, rights_of
from history.actors import Actor, acting
from ledger.models import Company
from notices import turns
from workcopies import messages, progress
from workcopies.checking_out import as_json, check, made, note_check_out, write
from workcopies.exceptions import CheckOutError, WorkingCopyError, WrongState, as_kept
from workcopies.file.manifest import Manifest
from workcopies.models import CheckIn, WorkingCopy
from workcopies.storage import new_path

Status = WorkingCopy.Status
TASK = "workcopies.tasks.make"
LOCK = 7_310_244  # the first of two numbers of a copy's advisory lock; the second is its id
MOST_ATTEMPTS = 5
SECONDS_BETWEEN = 0.5
LEFT_BEHIND = timedelta(days=1)


class Elsewhere(Exception):
    """Another worker has it, or nobody wants it any more."""


class MakerGone(CheckOutError):
    """Whoever asked for the copy is no user any more."""

    message = _("Whoever asked for the working copy is no user any more.")


class BrokenOff(WorkingCopyError):
    """Making it broke off, for reasons that nobody foresaw."""

    code = "broken_off"
    message = _("Making the working copy broke off. Try again; if it goes on, tell who runs Utkorg.")


@transaction.atomic
def ask(
    *,
    companies: Sequence[Company],
    years: Mapping[str, Sequence[date]] | None = None,
    user: User,
    rights: Rights,
    name: str,
) -> WorkingCopy:
    """Have a copy made, as `check_out` does; refuses at once what can't be. What its maker may do then counts."""
    chosen = check(companies=companies, years=years, rights=rights)
    copy = WorkingCopy.objects.create(
        name=name, years=as_json(chosen), made_by=user, made_by_name=user.get_username(), status=Status.WAITING
    )
    copy.companies.set(companies)
    transaction.on_commit(lambda: start(copy), robust=True)
    return copy


@transaction.atomic
def ask_again(*, copy: WorkingCopy) -> WorkingCopy:
    """Try one again that broke off. Raises `WrongState`."""
    found = lock(copy, Status.FAILED)
    found.status, found.error, found.attempts = Status.WAITING, None, 0
    found.save(update_fields=["status", "error", "attempts"])
    transaction.on_commit(lambda: start(found), robust=True)
    return found


def start(copy: WorkingCopy) -> None:
    """Ask a worker to make it; with the broker down, beat asks again."""
    turns.ask(TASK, copy)


def run(*, copy_id: int) -> None:
    """Make a copy that waits; one that a worker has already is left alone."""
    copy = _begin(copy_id)
    if copy is None:
        return
    maker = copy.made_by
    with translation.override(language_of(maker) if maker else None):
        try:
            if maker is None:
                raise MakerGone
            with acting(Actor(user_id=maker.pk, user_name=maker.get_username(), via="admin")):
                _make(copy, rights_of(maker))
        except Elsewhere:
            return
        except WorkingCopyError as error:
            _refuse(copy, error)
    progress.forget(copy_id)


def waiting() -> list[WorkingCopy]:
    """Copies that should be made and that no worker has."""
    return list(
        WorkingCopy.objects.filter(status__in=WorkingCopy.UNFINISHED).exclude(pk__in=turns.held(LOCK)).order_by("pk")
    )


def fail(*, copy_id: int) -> None:
    """End one that a mistake of ours stopped."""
    copy = WorkingCopy.objects.filter(pk=copy_id, status__in=WorkingCopy.UNFINISHED).first()
    if copy is not None:
        _refuse(copy, BrokenOff())


def fetched(copy: WorkingCopy) -> None:
    """Note that somebody has the file now."""
    WorkingCopy.objects.filter(pk=copy.pk, fetched_at=None).update(fetched_at=timezone.now())


def remove_old() -> int:
    """Remove files older than the setting says, and those that a dead worker left behind; how many there were."""
    count, before = 0, timezone.now() - timedelta(days=settings.UTKORG_WORKING_COPY_DAYS)
    for old in WorkingCopy.objects.filter(made_at__lt=before).exclude(file=""):
        with transaction.atomic():
            copy = WorkingCopy.objects.select_for_update(of=("self",)).get(pk=old.pk)
            turns.drop_file(copy)
            copy.save(update_fields=["file"])
        count += 1
    return count + _remove_left_behind()


def lock(copy: WorkingCopy, *states: str) -> WorkingCopy:
    """Return it as it is, kept so until the transaction ends. Raises `WrongState` where it isn't in one of these."""
    found = WorkingCopy.objects.select_for_update(of=("self",)).get(pk=copy.pk)
    if found.status not in states:
        raise WrongState
    return found


def _begin(copy_id: int) -> WorkingCopy | None:
    """Mark it as under way; None where there is nothing to do."""
    with transaction.atomic():
        copy = WorkingCopy.objects.select_for_update(of=("self",)).filter(pk=copy_id).first()
        if copy is None or copy.status not in WorkingCopy.UNFINISHED or copy.pk in turns.held(LOCK):
            return None
        if copy.attempts >= MOST_ATTEMPTS:
            _refuse(copy, BrokenOff())
            return None
        copy.status = Status.MAKING
        copy.attempts += 1
        copy.save(update_fields=["status", "attempts"])
        return copy


def _make(copy: WorkingCopy, rights: Rights) -> None:
    companies = list(copy.companies.order_by("number"))
    check(companies=companies, years=None, rights=rights)
    path = new_path()
    watch = _Watch(copy)
    try:
        with ExitStack() as until_out:

            def known(_manifest: Manifest) -> None:
                until_out.enter_context(transaction.atomic())
                watch.take()

            manifest = write(
                copy=copy,
                companies=companies,
                rights=rights,
                path=path,
                held=watch.hold,
                known=known,
                progress=watch,
            )
            _conclude(copy, manifest, path)
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def _conclude(copy: WorkingCopy, manifest: Manifest, path: Path) -> None:
    """In the transaction that holds it: the file and that it can be fetched are known together."""
    found = WorkingCopy.objects.select_for_update(of=("self",)).get(pk=copy.pk)
    if found.status != Status.MAKING:
        raise Elsewhere
    made(found, manifest)
    found.rows = found.rows_total = manifest.rows
    found.size, found.file, found.error = path.stat().st_size, path.name, None
    found.save()
    note_check_out(found)
    messages.tell_made(found)


class _Watch:
    """Holds the copy, tells how far it has come, and ends the work where somebody else has it or withdrew it."""

    def __init__(self, copy: WorkingCopy) -> None:
        self._copy = copy
        self._may_ask = False
        self._told = 0.0

    def hold(self) -> None:
        """Take the lock in the transaction that is open. Raises `Elsewhere`."""
        if not turns.hold(LOCK, self._copy.pk):
            raise Elsewhere

    def take(self) -> None:
        """Hold it in the last transaction, which may ask the database while it goes on."""
        self.hold()
        self._may_ask = True

    def __call__(self, done: int, total: int) -> None:
        now = time.monotonic()
        if now - self._told < SECONDS_BETWEEN:
            return
        self._told = now
        progress.tell(self._copy.pk, done, total)
        # While rows are copied the connection takes no question; later one also tells the server that we are there.
        if self._may_ask and not WorkingCopy.objects.filter(pk=self._copy.pk, status=Status.MAKING).exists():
            raise Elsewhere


@transaction.atomic
def _refuse(copy: WorkingCopy, error: WorkingCopyError) -> None:
    found = WorkingCopy.objects.select_for_update(of=("self",)).get(pk=copy.pk)
    if found.status in WorkingCopy.UNFINISHED:
        found.status, found.error = Status.FAILED, as_kept(error)
        found.save(update_fields=["status", "error"])
        messages.tell_not_made(found)


def _remove_left_behind() -> int:
    """Remove files that nothing here knows of, once they are so old that nobody is making them any more."""
    folder = Path(settings.UTKORG_WORKING_COPY_FOLDER)
    before = time.time() - LEFT_BEHIND.total_seconds()
    old = [file for file in folder.glob("*") if file.is_file() and file.stat().st_mtime < before]
    names = [file.name for file in old]
    known = {
        *WorkingCopy.objects.filter(file__in=names).values_list("file", flat=True),
        *CheckIn.objects.filter(file__in=names).values_list("file", flat=True),
    }
    unknown = [file for file in old if file.name not in known]
    for file in unknown:
        file.unlink(missing_ok=True)
    return len(unknown)
