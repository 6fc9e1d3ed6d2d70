"""Running an import: reading it for its preview, or storing it, in the one transaction of the ledger's service.

While it runs, that transaction holds an advisory lock of the import's own. Who dies lets go of it, and beat takes the
import up again, from its start: nothing of it was stored.
"""

import logging
from pathlib import Path

from django.db import connection, transaction
from django.utils import timezone

from history.actors import Actor, acting
from imports import messages, progress, services
from imports.models import FileImport
from imports.outcomes import error_as_json, report_as_json
from imports.progress import Cancelled, Watch
from imports.rights import check_company
from ledger.importing.exceptions import BrokenOffError, FileError, UnreadableError
from ledger.importing.messages import message as _
from ledger.importing.report import ImportReport
from ledger.importing.running import Progress
from ledger.models import Company
from ledger.services.files import file_format, import_file
from notices import turns

logger = logging.getLogger(__name__)

Status = FileImport.Status
LOCK = 7_310_241  # the first of two numbers of an import's advisory lock; the second is its id
MOST_ATTEMPTS = 5
# Imports of one company take turns, and a large one takes minutes.
PATIENCE = "set local lock_timeout = '15min'"


class Elsewhere(Exception):
    """Another worker has it."""


def run(*, import_id: int) -> None:
    """Read or store a file, as far as its import has come; a worker that has it already is left alone."""
    found = _begin(import_id)
    if found is None:
        return
    try:
        _import(found)
    except Elsewhere:
        return
    except Cancelled:
        _end(found, Status.CANCELLED)
    except BrokenOffError as error:
        # Beat tries again.
        logger.warning("Import %s was broken off: %s", import_id, error.message)
        if found.attempts >= MOST_ATTEMPTS:
            _refuse(found, Status.FAILED, error)
    except FileError as error:
        _refuse(found, Status.REFUSED, error)
    progress.forget(import_id)


def waiting() -> list[FileImport]:
    """Imports that should go on and that no worker has."""
    return list(
        FileImport.objects.filter(status__in=FileImport.WORKING).exclude(pk__in=turns.held(LOCK)).order_by("pk")
    )


def fail(*, import_id: int) -> None:
    """End an import that a mistake of ours stopped; the file stays, so that it can be run again."""
    found = FileImport.objects.filter(pk=import_id, status__in=FileImport.WORKING).first()
    if found is not None:
        _refuse(found, Status.FAILED, _unknown().at(found.name, 1))


def _begin(import_id: int) -> FileImport | None:
    """Mark it as under way; None where there is nothing to do."""
    with transaction.atomic():
        found = FileImport.objects.select_for_update(of=("self",)).filter(pk=import_id).first()
        if found is None or not found.is_working or found.pk in turns.held(LOCK):
            return None
        if found.attempts >= MOST_ATTEMPTS:
            _refuse(found, Status.FAILED, _often().at(found.name, 1))
            return None
        begun = {Status.WAITING: Status.READING, Status.QUEUED: Status.IMPORTING}
        found.status = begun.get(Status(found.status), Status(found.status))
        found.begun_at = found.begun_at or timezone.now()
        found.attempts += 1
        found.save(update_fields=["status", "begun_at", "attempts"])
        return found


def _import(found: FileImport) -> None:
    is_preview = found.status == Status.READING
    watch = Watch(found.pk)

    def watched(reached: Progress) -> None:
        if reached == Progress("reading", 0, None):
            _take(found)
        watch(reached)

    form = file_format(source=Path(found.file.path), name=found.name)
    FileImport.objects.filter(pk=found.pk).update(format=form)
    with acting(_actor(found)):
        report = import_file(
            source=Path(found.file.path),
            name=found.name,
            company_number=found.company_number or None,
            progress=watched,
            is_preview=is_preview,
            conclude=lambda report: _conclude(found, report),
            check_company=lambda number: check_company(found, number),
        )
    if is_preview:
        _show(found, report)


def _actor(found: FileImport) -> Actor:
    """Who put the file in: the companies and financial years that it brings are theirs in the history."""
    if found.started_by is None:
        return Actor(via="import")
    return Actor(user_id=found.started_by.pk, user_name=found.started_by.get_username(), via="import")


def _take(found: FileImport) -> None:
    """Hold the import for this transaction, or leave it to whoever does."""
    if not turns.hold(LOCK, found.pk):
        raise Elsewhere
    with connection.cursor() as cursor:
        cursor.execute(PATIENCE)
    status = FileImport.objects.filter(pk=found.pk).values_list("status", flat=True).first()
    if status != found.status:
        raise Elsewhere


def _show(found: FileImport, report: ImportReport) -> None:
    """The file is read: what it would change waits for a person."""
    with transaction.atomic():
        locked = FileImport.objects.select_for_update(of=("self",)).get(pk=found.pk)
        if locked.status != Status.READING:
            return
        if locked.cancel_requested:
            services.finish(locked, Status.CANCELLED)
            return
        _note(locked, report)
        locked.preview, locked.status = report_as_json(report), Status.READY
        locked.save()
        messages.tell_read(locked)


def _conclude(found: FileImport, report: ImportReport) -> None:
    """In the import's own transaction: what is stored and that it is stored are seen together."""
    locked = FileImport.objects.select_for_update(of=("self",)).get(pk=found.pk)
    if locked.cancel_requested:
        raise Cancelled
    _note(locked, report)
    locked.report = report_as_json(report)
    services.finish(locked, Status.DONE)
    messages.tell_done(locked)


def _note(locked: FileImport, report: ImportReport) -> None:
    locked.format, locked.vouchers = report.format, report.vouchers
    locked.company = Company.objects.filter(number=report.company).first()


@transaction.atomic
def _end(found: FileImport, status: FileImport.Status) -> None:
    locked = FileImport.objects.select_for_update(of=("self",)).get(pk=found.pk)
    if not locked.is_finished:
        services.finish(locked, status)


@transaction.atomic
def _refuse(found: FileImport, status: FileImport.Status, error: FileError) -> None:
    locked = FileImport.objects.select_for_update(of=("self",)).get(pk=found.pk)
    if locked.is_finished:
        return
    locked.error = error_as_json(error)
    services.finish(locked, status)
    messages.tell_refused(locked)


def _often() -> FileError:
    return BrokenOffError(
        _("The import was broken off several times."),
        advice=_("Nothing of the file is stored. Run it again; if it goes on, tell who runs Utkorg."),
    )


def _unknown() -> FileError:
    return UnreadableError(
        _("A mistake of Utkorg's stopped the import; who runs Utkorg finds it in the log."),
        advice=_("Nothing of the file is stored. Run it again; if it goes on, tell who runs Utkorg."),
    )
