"""Receiving, confirming and cancelling check-ins of the admin's; nothing here reads a file."""

from datetime import timedelta
from pathlib import PurePath

from django.conf import settings
from django.contrib.auth.models import User
from django.core.files.base import File
from django.db import transaction
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from notices import turns
from workcopies.exceptions import CheckInGoneOn, FileGone, TooLargeFile
from workcopies.models import CheckIn

TASK = "workcopies.tasks.run_check_in"
MEGABYTE = 1 << 20
VIA = "admin"
Status = CheckIn.Status


@transaction.atomic
def receive(*, upload: "File[bytes]", name: str, by: User) -> CheckIn:
    """Keep a file and have it looked at; nothing is checked in before somebody says so. Raises `TooLargeFile`."""
    if upload.size > settings.UTKORG_WORKING_COPY_MAX_MB * MEGABYTE:
        raise TooLargeFile(
            _("%(file)s is larger than %(limit)d MB, which is the most that this installation takes.")
            % {"file": name, "limit": settings.UTKORG_WORKING_COPY_MAX_MB}
        )
    received = CheckIn(
        name=PurePath(name).name[:255],
        size=upload.size,
        by=by,
        by_name=by.get_username(),
        via=VIA,
        language=get_language() or "",
    )
    received.file.save("file", upload, save=False)
    received.save(force_insert=True)
    transaction.on_commit(lambda: start(received), robust=True)
    return received


def start(check_in: CheckIn) -> None:
    """Ask a worker to go on with it; with the broker down, beat asks again."""
    turns.ask(TASK, check_in)


@transaction.atomic
def confirm(*, check_in: CheckIn, allow_deletions: bool = False) -> CheckIn:
    """Check in what was looked at."""
    found = _lock(check_in, Status.READY)
    found.status, found.allow_deletions = Status.QUEUED, allow_deletions
    found.attempts = 0
    found.save(update_fields=["status", "allow_deletions", "attempts"])
    transaction.on_commit(lambda: start(found), robust=True)
    return found


@transaction.atomic
def cancel(*, check_in: CheckIn) -> CheckIn:
    """End it: at once where nobody works on it, else as soon as its worker hears of it. Nothing of it lands."""
    found = _lock(check_in, *CheckIn.UNFINISHED)
    if found.status in (Status.READING, Status.LANDING):
        found.cancel_requested = True
        found.save(update_fields=["cancel_requested"])
    else:
        finish(found, Status.CANCELLED)
    return found


@transaction.atomic
def run_again(*, check_in: CheckIn) -> CheckIn:
    """Look once more at a file that was refused, broken off, or read a while ago. Raises `FileGone`."""
    found = _lock(check_in, Status.READY, Status.REFUSED, Status.FAILED)
    if not found.file:
        raise FileGone
    found.status, found.error, found.preview, found.report = Status.WAITING, None, None, None
    found.attempts, found.cancel_requested = 0, False
    found.begun_at, found.finished_at = None, None
    found.save()
    transaction.on_commit(lambda: start(found), robust=True)
    return found


def finish(check_in: CheckIn, status: CheckIn.Status) -> None:
    """End it. The file goes when nothing more can be done with it."""
    check_in.status, check_in.finished_at = status, timezone.now()
    check_in.cancel_requested = False
    if status in (Status.DONE, Status.CANCELLED):
        turns.drop_file(check_in)
    check_in.save()


def remove_old() -> int:
    """Remove the files of check-ins that nobody has gone on with for the days of the setting; how many there were."""
    before = timezone.now() - timedelta(days=settings.UTKORG_WORKING_COPY_DAYS)
    stale = CheckIn.objects.filter(received_at__lt=before).exclude(file="").exclude(status__in=CheckIn.WORKING)
    count = 0
    for found in stale:
        count += 1
        with transaction.atomic():
            turns.drop_file(found)
            if found.status == Status.READY:
                finish(found, Status.CANCELLED)
            else:
                found.save(update_fields=["file"])
    return count


def _lock(check_in: CheckIn, *states: str) -> CheckIn:
    found = CheckIn.objects.select_for_update(of=("self",)).get(pk=check_in.pk)
    if found.status not in states:
        raise CheckInGoneOn
    return found
