"""How much there is to take in, for the first page; counted at most once a minute."""

from contextlib import suppress
from dataclasses import dataclass

from django.core.cache import cache
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from redis.exceptions import RedisError

from revisions.taking_in.lacking import lacking

KEY, SECONDS = "lacking", 60


@dataclass(frozen=True)
class Counted:
    """How many of each."""

    writes: int
    mails: int

    def __str__(self) -> str:
        writes = ngettext("%(count)d write over REST", "%(count)d writes over REST", self.writes)
        mails = ngettext("%(count)d message", "%(count)d messages", self.mails)
        parts = [(writes, self.writes), (mails, self.mails)]
        told = [text % {"count": count} for text, count in parts if count]
        return _(" and ").join(told)


def counted() -> Counted:
    """Count them, or say what was counted a moment ago."""
    try:
        kept = cache.get(KEY)
    except (RedisError, OSError):
        kept = None
    if kept is None:
        found = lacking()
        kept = len(found.writes.lost), len(found.mails)
        with suppress(RedisError, OSError):
            cache.set(KEY, kept, SECONDS)
    return Counted(*kept)
