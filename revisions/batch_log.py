"""The log of batches: who fetched which rows when, and what became of them. A fetch that can't be written down is a
fetch all the same; what is acknowledged is written down by the statement that deletes it.
"""

import dataclasses
import hashlib
import logging
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import Error, connection

from access.models import ApiKey
from revisions.batch import Batch, Choice
from subscriptions.models import Subscription

logger = logging.getLogger(__name__)

EMPTY_AGAIN_SECONDS = 5

SAME_BATCH = """subscription_id = %(subscription)s and epoch = %(epoch)s and first_sequence = %(first)s
          and last_sequence = %(last)s and kinds_hash = %(kinds_hash)s"""

# Nobody waits for the disk, nor for long for another's row.
_QUICKLY = "set_config('synchronous_commit', 'off', true), set_config('lock_timeout', '100ms', true)"

_LAST_FETCH = f"""
    insert into revisions_lastfetch as known (subscription_id, fetched_at, key_id, key_name, rows)
    select %(subscription)s, clock_timestamp(), %(key)s, %(key_name)s, %(rows)s from settings
    on conflict (subscription_id) do update set
        fetched_at = excluded.fetched_at, key_id = excluded.key_id, key_name = excluded.key_name, rows = excluded.rows
    where known.rows > 0 or excluded.rows > 0
        or known.fetched_at < excluded.fetched_at - interval '{EMPTY_AGAIN_SECONDS} seconds'"""

_BATCH = """
    insert into revisions_batchlog as known
        (subscription_id, epoch, first_sequence, last_sequence, rows, kinds, kinds_hash, key_id, key_name,
         first_fetched_at, last_fetched_at, times, acknowledged_by)
    select %(subscription)s, %(epoch)s, %(first)s, %(last)s, %(rows)s, %(kinds)s::bigint[], %(kinds_hash)s, %(key)s,
        %(key_name)s, clock_timestamp(), clock_timestamp(), 1, ''
    from settings
    on conflict (subscription_id, epoch, first_sequence, last_sequence, kinds_hash, key_id) do update set
        first_fetched_at = coalesce(known.first_fetched_at, excluded.first_fetched_at),
        last_fetched_at = excluded.last_fetched_at, times = known.times + 1"""

_SETTINGS = "with settings as materialized (select {settings})"

# For the statement that takes rows out of a queue, which has them summed up as `total`.
ACKNOWLEDGED = f""",
    marked as (
        update revisions_batchlog batch set
            acknowledged_at = total.at, acknowledged_rows = total.rows, acknowledged_by = %(key_name)s, how = %(how)s
        from total
        where {SAME_BATCH} and batch.acknowledged_at is null and total.rows > 0
        returning batch.id
    )"""
MARKED = "(select count(*) from marked)"

# The same where the fetch was never written down.
_ACKNOWLEDGED_ONLY = """
    insert into revisions_batchlog
        (subscription_id, epoch, first_sequence, last_sequence, rows, kinds, kinds_hash, key_id, key_name, times,
         acknowledged_at, acknowledged_rows, acknowledged_by, how)
    select %(subscription)s, %(epoch)s, %(first)s, %(last)s, %(rows)s, %(kinds)s::bigint[], %(kinds_hash)s, %(key)s,
        %(key_name)s, 0, clock_timestamp(), %(rows)s, %(key_name)s, %(how)s
    on conflict (subscription_id, epoch, first_sequence, last_sequence, kinds_hash, key_id) do update set
        acknowledged_at = excluded.acknowledged_at, acknowledged_rows = excluded.acknowledged_rows,
        acknowledged_by = excluded.acknowledged_by, how = excluded.how
"""


@dataclasses.dataclass(frozen=True)
class Extent:
    """Which rows a batch is of: those from a first to a last sequence, of some kinds where something was left out."""

    epoch: int
    first: int
    last: int
    kinds: Sequence[tuple[int, int]] | None

    @classmethod
    def of(cls, *, epoch: int, batch: Batch, choice: Choice) -> "Extent":
        """The extent of a batch that isn't empty."""
        kinds = None if choice.is_everything else sorted({(row.information_type, row.company_id) for row in batch.rows})
        return cls(epoch, batch.rows[0].sequence, batch.rows[-1].sequence, kinds)

    def parameters(self) -> dict[str, Any]:
        """What the log's SQL calls it."""
        kinds = None if self.kinds is None else [list(kind) for kind in self.kinds]
        return {
            "epoch": self.epoch,
            "first": self.first,
            "last": self.last,
            "kinds": kinds,
            "kinds_hash": 0 if kinds is None else _hash(kinds),
        }


def note_fetch(*, subscription: Subscription, extent: Extent | None, rows: int, key: ApiKey) -> None:
    """Write down that a batch was fetched; without an extent, that there was nothing."""
    quickly = not connection.in_atomic_block  # the settings would be those of the caller's transaction
    settings = _SETTINGS.format(settings=_QUICKLY if quickly else "true")
    parameters = {"subscription": subscription.pk, "rows": rows, **_key(key)}
    if extent is None:
        statement = settings + _LAST_FETCH
    else:
        statement = f"{settings}, last_fetch as ({_LAST_FETCH}){_BATCH}"
        parameters |= extent.parameters()
    try:
        with connection.cursor() as cursor:
            cursor.execute(statement, parameters)
    except Error as error:
        if not quickly:
            raise
        logger.warning("A fetch of %s was not written down: %s", subscription.integration_id, error)


def acknowledged_parameters(*, extent: Extent, key: ApiKey | None, how: str) -> dict[str, Any]:
    """What `ACKNOWLEDGED` needs beside the subscription."""
    return {**extent.parameters(), **_key(key), "how": how}


def note_unfetched(*, rows: int, parameters: Mapping[str, Any]) -> None:
    """Write down a batch that was acknowledged though no fetch of it was; `parameters` are those of the statement."""
    with connection.cursor() as cursor:
        cursor.execute(_ACKNOWLEDGED_ONLY, {**parameters, "rows": rows})


def _key(key: ApiKey | None) -> dict[str, Any]:
    return {"key": key.pk if key else None, "key_name": key.name if key else ""}


def _hash(kinds: list[list[int]]) -> int:
    return int.from_bytes(hashlib.blake2b(repr(kinds).encode(), digest_size=7).digest()) + 1
