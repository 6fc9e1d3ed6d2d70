"""Receiving, confirming, cancelling and repeating imports; nothing here reads a file."""

from datetime import timedelta
from pathlib import PurePath

from django.conf import settings
from django.contrib.auth.models import User
from django.core.files.base import File
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from imports.exceptions import FileGone, TooLarge, WrongState
from imports.models import FileImport
from notices import turns

TASK = "imports.tasks.run"
MEGABYTE = 1 << 20
Status = FileImport.Status


@transaction.atomic
def receive(*, upload: "File[bytes]", name: str, company_number: str, started_by: User) -> FileImport:
    """Keep a file and have it read; what it would change is shown before anything is imported. Raises `TooLarge`."""
    if upload.size > settings.UTKORG_IMPORT_MAX_MB * MEGABYTE:
        raise TooLarge(
            _("%(file)s is larger than %(limit)d MB, which is the most that this installation takes.")
            % {"file": name, "limit": settings.UTKORG_IMPORT_MAX_MB}
        )
    received = FileImport(
        name=PurePath(name).name[:255], size=upload.size, company_number=company_number, started_by=started_by
    )
    received.file.save("file", upload, save=False)
    received.save(force_insert=True)
    transaction.on_commit(lambda: start(received), robust=True)
    return received


def start(file_import: FileImport) -> None:
    """Ask a worker to go on with it; with the broker down, beat asks again."""
    turns.ask(TASK, file_import)


@transaction.atomic
def confirm(*, file_import: FileImport) -> FileImport:
    """Import what was looked at."""
    found = _lock(file_import, Status.READY)
    found.status = Status.QUEUED
    found.attempts = 0
    found.save(update_fields=["status", "attempts"])
    transaction.on_commit(lambda: start(found), robust=True)
    return found


@transaction.atomic
def cancel(*, file_import: FileImport) -> FileImport:
    """End it: at once where nobody works on it, else as soon as its worker hears of it. Nothing of it is stored."""
    found = _lock(file_import, *FileImport.UNFINISHED)
    if found.status in (Status.READING, Status.IMPORTING):
        found.cancel_requested = True
        found.save(update_fields=["cancel_requested"])
    else:
        finish(found, Status.CANCELLED)
    return found


@transaction.atomic
def run_again(*, file_import: FileImport) -> FileImport:
    """Read a file again that was refused or broken off: the registers may have changed. Raises `FileGone`."""
    found = _lock(file_import, Status.REFUSED, Status.FAILED)
    if not found.file:
        raise FileGone
    found.status, found.error, found.preview = Status.WAITING, None, None
    found.attempts, found.cancel_requested, found.finished_at = 0, False, None
    found.save()
    transaction.on_commit(lambda: start(found), robust=True)
    return found


def finish(file_import: FileImport, status: FileImport.Status) -> None:
    """End it. The file goes when nothing more can be done with it."""
    file_import.status, file_import.finished_at = status, timezone.now()
    file_import.cancel_requested = False
    if status in (Status.DONE, Status.CANCELLED):
        turns.drop_file(file_import)
    file_import.save()


def remove_old() -> int:
    """Remove the files of imports that nobody has gone on with for the days of the setting; how many there were."""
    before = timezone.now() - timedelta(days=settings.UTKORG_IMPORT_DAYS)
    stale = FileImport.objects.filter(received_at__lt=before).exclude(file="").exclude(status__in=FileImport.WORKING)
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


def _lock(file_import: FileImport, *states: str) -> FileImport:
    found = FileImport.objects.select_for_update(of=("self",)).get(pk=file_import.pk)
    if found.status not in states:
        raise WrongState
    return found
