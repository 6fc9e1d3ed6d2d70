"""What the database lacks: writes and messages of after the backup."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from django.conf import settings
from django.utils import timezone

from inbox.lost import lost_envelopes
from inbox.storage import Envelope
from journal.lost import Found, known, look
from revisions.installation import last_restoration
from revisions.models import Restoration

# Before the last change that is here, something may have been under way.
BEFORE = timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class Lacking:
    """Both, from a day on. What was handed in over REST is among the messages where the journal couldn't be written."""

    since: date
    writes: Found
    mails: list[Envelope]

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to take in, and nothing that is uncertain."""
        return not (self.writes.lost or self.writes.perhaps or self.mails)


def lacking(*, since: date | None = None) -> Lacking:
    """Look from a day on, by default from shortly before the last change that a restored database holds."""
    since = since or first_day()
    absent = lost_envelopes(since=since)
    # An invoice as XML over REST has an envelope, and stands in the journal as well, unless that couldn't be written.
    handed_in = [envelope.write for envelope in absent if envelope.write is not None]
    writes = look(since=since, about=handed_in)
    elsewhere = writes.written_down.union(known(handed_in))
    return Lacking(since=since, writes=writes, mails=[it for it in absent if it.write not in elsewhere])


def first_day() -> date:
    """From when on something may be lost; where nobody knows, as far back as the journal reaches."""
    unsettled = Restoration.objects.filter(settled_at=None)
    restorations = list(unsettled) or [found for found in [last_restoration()] if found]
    changes = [found.last_changed_at for found in restorations]
    known = [at for at in changes if at is not None]
    if known and len(known) == len(changes):
        return _day(min(known) - BEFORE)
    return _day(timezone.now() - timedelta(days=settings.UTKORG_JOURNAL_DAYS))


def _day(moment: datetime) -> date:
    return moment.astimezone(UTC).date()
