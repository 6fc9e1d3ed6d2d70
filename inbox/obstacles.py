"""What keeps messages from being read though nothing is wrong with them: they wait, and are tried again, ever later.

However long a storage, a scanner or a database is away, no message ends in quarantine for it. One that neither the
storage nor its envelope knows of is waited for like one whose storage is away, for a day.
"""

import contextlib
from datetime import datetime, timedelta

from django.db import DatabaseError, InterfaceError, OperationalError
from django.db.models import Case, F, Value, When
from django.db.models.functions import Greatest
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from inbox import storage, telling
from inbox.models import Mail
from inbox.receiving import envelope_of
from inbox.virus import ScannerAway

Obstacle = Mail.Obstacle

# Tried again after a quarter of the time that it has waited for by then
PART = 4
SHORTEST, LONGEST = timedelta(seconds=10), timedelta(minutes=5)
TOLD_AFTER = timedelta(minutes=10)
LOOKED_FOR = timedelta(days=1)
# After each attempt that ended without a word: with its worker, or with the database
PAUSES = (timedelta(), timedelta(seconds=15), timedelta(minutes=2), timedelta(minutes=15))

TEXTS: dict[str, Promise] = {
    Obstacle.STORAGE: _("The message can't be had from the storage of messages, which is away or another one."),
    Obstacle.SCANNER: _("The virus scanner doesn't answer, and nothing is read unscanned."),
    Obstacle.DATABASE: _("The database was busy or away."),
    Obstacle.READER: _("No process to read it in could be started."),
}


class StorageAway(OSError):
    """The storage has neither a message nor its envelope: it is away, or not the one where they were put."""


def content_of(mail: Mail) -> bytes:
    """A message's bytes. Raises OSError where the storage is away, else FileNotFoundError where they are gone from it,
    and ValueError where they were changed."""
    try:
        return storage.content_of(mail.digest)
    except FileNotFoundError as error:
        since = mail.held_up_since if mail.held_up_by == Obstacle.STORAGE else None
        looked_for = timezone.now() - since if since else timedelta()
        if looked_for < LOOKED_FOR and not storage.is_noted(envelope_of(mail)):
            raise StorageAway(str(error)) from error
        raise


def pause_after(attempt: int) -> timedelta:
    """How long after an attempt, counted from one, of which nobody says how it ended the next is made."""
    return PAUSES[min(attempt, len(PAUSES)) - 1]


def note(mail_id: int, error: Exception) -> None:
    """Say what holds a message up, and when it is tried again; its attempt doesn't count. Best effort: the database
    may be what is away."""
    now, kind = timezone.now(), kind_of(error)
    with contextlib.suppress(DatabaseError, InterfaceError):
        waiting = Mail.objects.filter(pk=mail_id, status=Mail.Status.READING)
        # Each obstacle has its own time: who has waited for the scanner for a day still waits for the storage.
        still = When(held_up_by=kind, held_up_since__isnull=False, then=F("held_up_since"))
        waiting.update(
            attempts=Greatest(F("attempts") - 1, 0), held_up_by=kind, held_up_since=Case(still, default=Value(now))
        )
        since = waiting.values_list("held_up_since", flat=True).first()
        if since is not None:
            waiting.update(next_try_at=now + _pause(now - since))
            _tell(kind, since, now)


def kind_of(error: Exception) -> Obstacle:
    """What is away."""
    match error:
        case ScannerAway():
            return Obstacle.SCANNER
        case OperationalError() | InterfaceError():
            return Obstacle.DATABASE
        case OSError():
            return Obstacle.STORAGE
    return Obstacle.READER


def told(mail: Mail) -> str:
    """What a message waits for, in the language in force; nothing where it only waits for its turn."""
    return str(TEXTS[mail.held_up_by]) if mail.held_up_by else ""


def _pause(waited: timedelta) -> timedelta:
    return min(max(waited / PART, SHORTEST), LONGEST)


def _tell(kind: str, since: datetime, now: datetime) -> None:
    if kind in (Obstacle.STORAGE, Obstacle.SCANNER) and now - since > TOLD_AFTER:
        telling.tell_held_up(kind)
