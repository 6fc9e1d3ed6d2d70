"""What a worker does with a check-in of the admin's: looks at its file, or lets it land, in one transaction.

While it does, that transaction holds an advisory lock of the check-in's own. Who dies lets go of it, and beat has the
check-in taken up again, from its start: nothing of it had landed.
"""

import logging
from pathlib import Path

from django.db import OperationalError, transaction
from django.utils import timezone, translation

from access.rights import rights_of
from history.actors import Actor, acting
from notices import progress, turns
from notices.progress import Cancelled, Reached, Teller
from revisions.installation import installation
from workcopies import messages, receiving
from workcopies.checking_in import Progress, check_in
from workcopies.exceptions import CheckInBrokenOff, FileGone, MayNotCheckIn, TooBusy, WorkingCopyError, as_kept
from workcopies.file.reading import open_file
from workcopies.models import CheckIn, WorkingCopy

logger = logging.getLogger(__name__)

Status = CheckIn.Status
LOCK = 7_310_243  # the first of two numbers of a check-in's advisory lock; the second is its id
MOST_ATTEMPTS = 5
READING_SHARE = 50  # percent


class Elsewhere(Exception):
    """Another worker has it."""


def run(*, check_in_id: int) -> None:
    """Go on with a check-in from where it stands; a worker that has it already is left alone."""
    found = _begin(check_in_id)
    if found is None:
        return
    with translation.override(found.language or None):
        try:
            _identify(found)
            _go_on(found)
        except Elsewhere:
            return
        except Cancelled:
            _end(found, Status.CANCELLED)
        except (OperationalError, TooBusy) as error:
            # Others wrote the same at once, or the connection was lost: beat tries again.
            logger.warning("Check-in %s was broken off: %s", check_in_id, error)
            if found.attempts < MOST_ATTEMPTS:
                raise
            _refuse(found, Status.FAILED, TooBusy())
        except WorkingCopyError as error:
            _refuse(found, Status.REFUSED, error)
    progress.forget(_key(check_in_id))


def waiting() -> list[CheckIn]:
    """Check-ins that should go on and that no worker has."""
    unfinished = CheckIn.objects.filter(status__in=CheckIn.WORKING, via=receiving.VIA)
    return list(unfinished.exclude(pk__in=turns.held(LOCK)).order_by("pk"))


def reached(check_in_id: int) -> Reached | None:
    """How far it has come; None while nobody knows."""
    return progress.reached(_key(check_in_id))


def fail(*, check_in_id: int) -> None:
    """End a check-in that a mistake of ours stopped; the file stays, so that it can be tried again."""
    found = CheckIn.objects.filter(pk=check_in_id, status__in=CheckIn.WORKING).first()
    if found is not None:
        _refuse(found, Status.FAILED, CheckInBrokenOff())


def _begin(check_in_id: int) -> CheckIn | None:
    """Mark it as under way; None where there is nothing to do."""
    with transaction.atomic():
        found = CheckIn.objects.select_for_update(of=("self",)).filter(pk=check_in_id).first()
        if found is None or not found.is_working or found.pk in turns.held(LOCK):
            return None
        if found.attempts >= MOST_ATTEMPTS:
            _refuse(found, Status.FAILED, CheckInBrokenOff())
            return None
        begun = {Status.WAITING: Status.READING, Status.QUEUED: Status.LANDING}
        found.status = begun.get(Status(found.status), Status(found.status))
        found.begun_at = found.begun_at or timezone.now()
        found.attempts += 1
        found.save(update_fields=["status", "begun_at", "attempts"])
        return found


def _identify(found: CheckIn) -> None:
    """Say whose copy it is as soon as that is known: who has to do with it sees what comes of it."""
    if not found.file or not Path(found.file.path).is_file():
        raise FileGone
    if found.working_copy_id is None:
        with open_file(Path(found.file.path), installation=str(installation().uid)) as file:
            found.working_copy = WorkingCopy.objects.filter(uid=file.manifest.uid).first()
        CheckIn.objects.filter(pk=found.pk).update(working_copy=found.working_copy)


@transaction.atomic
def _go_on(found: CheckIn) -> None:
    _take(found)
    if found.by is None or not found.by.is_active:
        raise MayNotCheckIn
    is_preview = found.status == Status.READING
    actor = Actor(user_id=found.by.pk, user_name=found.by.get_username(), via="check-in")
    with acting(actor):
        report = check_in(
            path=Path(found.file.path),
            user=found.by,
            rights=rights_of(found.by),
            via=receiving.VIA,
            dry_run=is_preview,
            allow_deletions=found.allow_deletions,
            progress=_told(found),
            check_in=None if is_preview else found,
            name=found.name,
        )
    locked = CheckIn.objects.select_for_update(of=("self",)).get(pk=found.pk)
    if locked.cancel_requested:
        raise Cancelled
    if is_preview:
        locked.preview, locked.status = report.preview(), Status.READY
        locked.save()
        messages.tell_read(locked)
    else:
        locked.preview, locked.report = report.preview(), report.as_json()
        receiving.finish(locked, Status.DONE)
        messages.tell_done(locked)


def _told(found: CheckIn) -> Progress:
    """What hears of its progress: reading is the first part of the bar, comparing and writing the rest."""
    asked = CheckIn.objects.filter(pk=found.pk, cancel_requested=True)
    teller = Teller(_key(found.pk), is_cancelled=asked.exists)

    def tell(stage: str, done: int, total: int | None) -> None:
        share = min(done / total, 1) if total else 0
        percent = READING_SHARE * share if stage == "reading" else READING_SHARE + (100 - READING_SHARE) * share
        teller.tell(stage, int(percent), done)

    return tell


def _take(found: CheckIn) -> None:
    """Hold the check-in for this transaction, or leave it to whoever does."""
    if not turns.hold(LOCK, found.pk):
        raise Elsewhere
    status = CheckIn.objects.filter(pk=found.pk).values_list("status", flat=True).first()
    if status != found.status:
        raise Elsewhere


@transaction.atomic
def _end(found: CheckIn, status: CheckIn.Status) -> None:
    locked = CheckIn.objects.select_for_update(of=("self",)).get(pk=found.pk)
    if not locked.is_finished:
        receiving.finish(locked, status)


@transaction.atomic
def _refuse(found: CheckIn, status: CheckIn.Status, error: WorkingCopyError) -> None:
    locked = CheckIn.objects.select_for_update(of=("self",)).get(pk=found.pk)
    if locked.is_finished:
        return
    locked.error = as_kept(error)
    receiving.finish(locked, status)
    messages.tell_refused(locked)


def _key(check_in_id: int) -> str:
    return f"check-in:{check_in_id}"
