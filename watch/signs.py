"""Signs of life of the installation itself: is what is saved queued, does the clock run, do letters go out?"""

import dataclasses
from datetime import datetime, timedelta

from django.db import connection

QUEUED_WITHIN = timedelta(seconds=15)
BEATS_WITHIN = timedelta(minutes=3)

SIGNS = """
    select clock_timestamp(),
        (select changed_at from revisions_changeset
         where not fanned_out and id > coalesce((select floor from revisions_fanoutstate), 0) order by id limit 1),
        (select beat_at from watch_pulse),
        exists (select from ledger_company),
        exists (select from access_apikey
                where revoked_at is null and (expires_at is null or expires_at > clock_timestamp())),
        exists (select from revisions_departure where rows > 0)
"""


@dataclasses.dataclass(frozen=True)
class Signs:
    """What one look found; `unqueued` is when the oldest change was made that isn't queued yet."""

    now: datetime
    unqueued: datetime | None
    beat_at: datetime | None
    has_companies: bool
    has_keys: bool
    has_delivered: bool

    @property
    def lag(self) -> timedelta:
        """How long what is saved waits to be queued."""
        return max(self.now - self.unqueued, timedelta()) if self.unqueued else timedelta()

    @property
    def queues_nothing(self) -> bool:
        """Whether the fan-out stands still."""
        return self.lag > QUEUED_WITHIN

    @property
    def stands_still(self) -> bool:
        """Whether the clock or the worker does."""
        return self.beat_at is not None and self.now - self.beat_at > BEATS_WITHIN


def look() -> Signs:
    """One statement, a row of each kind at most."""
    with connection.cursor() as cursor:
        cursor.execute(SIGNS)
        return Signs(*cursor.fetchone())
