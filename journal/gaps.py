"""Writes that the journal missed because its disk was full or away: told of, and written down once it can be again.

The write itself goes on. The journal is needed only if the database is lost as well, and books that can't be written
because of it would be a loss today; but nobody may believe it whole when it isn't.
"""

import logging
import threading
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from journal.signals import journal_failed

logger = logging.getLogger(__name__)

TOLD_EVERY = timedelta(minutes=10)


class Gap:
    """What this process couldn't write down since it last could."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._since: datetime | None = None
        self._until: datetime | None = None
        self._count = 0
        self._told_at: datetime | None = None

    def widen(self, error: OSError, *, at: datetime) -> None:
        """Note a write that isn't in the journal."""
        with self._lock:
            self._since = self._since or at
            self._until = at
            self._count += 1
        logger.error("A write over REST is done, but can't be written down in the journal: %s", error)

    def tell(self, error: OSError, *, at: datetime) -> None:
        """Announce it, now and then. Not within the write's transaction."""
        with self._lock:
            if self._told_at is not None and at - self._told_at < TOLD_EVERY:
                return
            self._told_at = at
        journal_failed.send_robust(Gap, reason=str(error))

    def missed(self) -> dict[str, Any] | None:
        """What is to be written down of it now; None where nothing was missed."""
        with self._lock:
            if self._since is None or self._until is None:
                return None
            return {"gap": self._count, "since": self._since.isoformat(), "at": self._until.isoformat()}

    def close(self, missed: Mapping[str, Any]) -> None:
        """That is written down; what was missed meanwhile isn't."""
        with self._lock:
            self._count -= missed["gap"]
            if self._count <= 0:
                self._since, self._until, self._count = None, None, 0


of_this_process = Gap()
