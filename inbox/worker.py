"""What a worker does with a message: reads it in a process of its own, and lets what it found land, in one transaction.

While it does, that transaction holds an advisory lock of the message's own, and writes nothing before the reading is
done. Who dies lets go of it, and beat has the message taken up again. Each attempt is counted before it is made, so
that a message that takes its worker with it ends in quarantine; what isn't the message's fault (`inbox.obstacles`)
isn't counted.
"""

import contextlib
import logging
from datetime import timedelta

from django.db import DatabaseError, InterfaceError, OperationalError, transaction
from django.db.models import F, Q
from django.utils import timezone

from history.actors import Actor, acting
from inbox import contents, landing, obstacles, quarantine, reading, reasons, telling, virus
from inbox.models import Mail
from inbox.reading import ReadingUnavailable, ReadMessage
from inbox.reading.exceptions import ReadingError
from inbox.reading.results import Headers
from notices import turns

logger = logging.getLogger(__name__)

Status = Mail.Status
LOCK = 7_310_245  # the first of two numbers of a message's advisory lock; the second is its id
ACTOR = Actor(via="mail")
MOST_ATTEMPTS = len(obstacles.PAUSES)
HEAD = 256 * 1024
# The task that was asked for when a message came has this long until beat takes the message for forgotten.
OVERDUE = timedelta(seconds=10)
AT_ONCE = 200


class Elsewhere(Exception):
    """Another worker has it."""


class TryAgain(Exception):
    """The message may be at fault, or what is around it: it is tried again, and that is counted."""


class NotNow(Exception):
    """Nothing is wrong with the message: the storage, the scanner or the database is away, or no process can be had."""


def run(*, mail_id: int) -> None:
    """Read a message and let it land; one that another worker has, or that is done, is left alone. Raises `NotNow`."""
    try:
        if not _begin(mail_id):
            return
    except (OperationalError, InterfaceError) as error:
        raise NotNow(str(error)) from error
    try:
        with acting(ACTOR), transaction.atomic():
            _go_on(_take(mail_id))
    except Elsewhere:
        _uncount(mail_id)
    except TryAgain as error:
        logger.warning("Message %s is tried again: %s", mail_id, error)
    except (ReadingUnavailable, OperationalError, InterfaceError, OSError) as error:
        obstacles.note(mail_id, error)
        raise NotNow(str(error)) from error


def overdue() -> list[int]:
    """Messages that should have been read, whose time it is, and that no worker has: those never tried first."""
    now = timezone.now()
    forgotten = Q(status=Status.READING) | Q(received_at__lt=now - OVERDUE)
    due = Q(next_try_at=None) | Q(next_try_at__lte=now)
    unfinished = Mail.objects.filter(forgotten, due, status__in=Mail.UNFINISHED).exclude(pk__in=turns.held(LOCK))
    return list(unfinished.order_by("attempts", "pk").values_list("pk", flat=True)[:AT_ONCE])


def _begin(mail_id: int) -> bool:
    """Count an attempt; False where there is nothing to do."""
    with acting(ACTOR), transaction.atomic():
        if not turns.hold(LOCK, mail_id):
            return False
        found = Mail.objects.select_for_update(no_key=True, of=("self",)).select_related("company")
        mail = found.filter(pk=mail_id, status__in=Mail.UNFINISHED).first()
        if mail is None:
            return False
        if mail.attempts >= MOST_ATTEMPTS:
            _give_up(mail)
            return False
        mail.status, mail.attempts = Status.READING, mail.attempts + 1
        mail.next_try_at = timezone.now() + obstacles.pause_after(mail.attempts)
        mail.save(update_fields=["status", "attempts", "next_try_at"])
    return True


def _give_up(mail: Mail) -> None:
    """End with what takes its workers with it; released, a person enters it."""
    if mail.released and mail.company is not None:
        landing.land_unread(mail=mail)
    else:
        _put(mail, reasons.kept(reasons.BROKEN_OFF))


def _take(mail_id: int) -> Mail:
    """Hold the message for this transaction, or leave it to whoever does."""
    if not turns.hold(LOCK, mail_id):
        raise Elsewhere
    contents.be_patient()
    mail = Mail.objects.select_related("company").filter(pk=mail_id, status=Status.READING).first()
    if mail is None:
        raise Elsewhere
    return mail


def _go_on(mail: Mail) -> None:
    try:
        content = obstacles.content_of(mail)
    except FileNotFoundError as error:
        if mail.attempts < MOST_ATTEMPTS:
            raise TryAgain(str(error)) from error
        _put(mail, reasons.kept(reasons.CONTENT_MISSING))
        return
    except ValueError:
        _put(mail, reasons.kept(reasons.CONTENT_CHANGED))
        return
    if not _is_trusted(mail) and (reason := _suspicion(content)) is not None:
        landing.note_headers(mail, _headers(content))
        _put(mail, reason)
        return
    try:
        message = _read(mail, content)
    except ReadingUnavailable:
        raise
    except ReadingError as error:
        logger.warning("Message %s can't be read: %s", mail.pk, error)
        headers = _headers(content)
        if mail.released and mail.company is not None:
            landing.land_unread(mail=mail, headers=headers)
            return
        landing.note_headers(mail, headers)
        _put(mail, reasons.kept(error.code))
        return
    landing.keep_files(message)
    invoices = landing.land(mail=mail, message=message)
    telling.tell_landed(mail, invoices)


def _is_trusted(mail: Mail) -> bool:
    """Whether a person has released it in spite of what the scanner said; released for anything else, it is asked."""
    return mail.released and (mail.reason or {}).get("code") in {reasons.VIRUS, reasons.NOT_SCANNED}


def _suspicion(content: bytes) -> dict[str, object] | None:
    """Why a message isn't read at all before a person has released it for that."""
    try:
        name = virus.verdict(content)
    except virus.NotScanned:
        return reasons.kept(reasons.NOT_SCANNED)
    return None if name is None else reasons.kept(reasons.VIRUS, name=name)


def _read(mail: Mail, content: bytes) -> ReadMessage:
    if mail.source in (Mail.Source.API, Mail.Source.UPLOAD):
        return reading.read_document(content, file_name="")
    return reading.read_message(content)


def _headers(content: bytes) -> Headers:
    """Who sent it, and about what, of what isn't read further."""
    try:
        return reading.read_headers(content[:HEAD])
    except ReadingUnavailable:
        raise
    except ReadingError:
        return Headers()


def _put(mail: Mail, reason: dict[str, object]) -> None:
    quarantine.put(mail=mail, reason=reason)
    telling.tell_landed(mail, [])


def _uncount(mail_id: int) -> None:
    with contextlib.suppress(DatabaseError, InterfaceError):
        Mail.objects.filter(pk=mail_id, status=Status.READING, attempts__gt=0).update(attempts=F("attempts") - 1)
