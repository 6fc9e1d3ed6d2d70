"""The same request twice does it once: its answer is kept for a day under the caller's key and Idempotency-Key.

The answer is kept in the transaction that did what was asked, so a crash leaves both or neither. Only what was done is
kept: a refused request may be mended and sent again under the same Idempotency-Key. Source: the IETF draft "The
Idempotency-Key HTTP Header Field". Libraries keep answers in a middleware, after the commit, or in a cache.
"""

import dataclasses
import hashlib
import re
from collections.abc import Collection, Mapping
from datetime import timedelta

from django.db import connection
from django.utils import timezone

from access.exceptions import IdempotencyKeyInUse, IdempotencyKeyReused, MalformedIdempotencyKey
from access.models import ApiKey, KeptAnswer

KEPT = timedelta(hours=24)
LOCK = 0x55744F  # "UtO": the first of two numbers of the advisory lock of a request under way

# Visible ASCII without " \ and the comma, by which a header sent twice is joined; the draft has it in quotation marks.
_CHARACTERS = r"[!#-+\--\[\]-~]{1,255}"
NAME_FORM = rf'^(?:{_CHARACTERS}|"{_CHARACTERS}")$'


@dataclasses.dataclass(frozen=True, kw_only=True)
class Asked:
    """A request as it is known again: who asks, under which name, for what."""

    key: ApiKey
    name_digest: str
    request_digest: str


def digest(*parts: bytes) -> str:
    """Return a digest of parts, told apart by their lengths."""
    found = hashlib.sha256()
    for part in parts:
        found.update(len(part).to_bytes(8))
        found.update(part)
    return found.hexdigest()


def digest_of_name(name: str) -> str:
    """Return the digest of an Idempotency-Key, with and without quotation marks the same; raises
    MalformedIdempotencyKey."""
    if not re.fullmatch(NAME_FORM, name):
        raise MalformedIdempotencyKey
    return digest(name.strip('"').encode())


def find(asked: Asked) -> KeptAnswer | None:
    """Return what was answered before; None keeps every other request of this name away until the transaction ends.

    Raises IdempotencyKeyInUse while another is under way, IdempotencyKeyReused if another request was answered.
    """
    _lock(asked)
    # A statement of its own: one that takes the lock doesn't yet see what its last holder wrote.
    found = KeptAnswer.objects.filter(key=asked.key, name_digest=asked.name_digest).first()
    if found is not None and found.kept_at <= timezone.now() - KEPT:
        found.delete()
        return None
    if found is not None and found.request_digest != asked.request_digest:
        raise IdempotencyKeyReused
    return found


def keep(
    asked: Asked, *, status: int, headers: Mapping[str, str], body: bytes, companies: Collection[int]
) -> KeptAnswer:
    """Keep an answer, in the transaction in which nothing was found."""
    return KeptAnswer.objects.create(
        key=asked.key,
        name_digest=asked.name_digest,
        request_digest=asked.request_digest,
        status=status,
        headers=dict(headers),
        body=body,
        companies=sorted(companies),
    )


def remove_old() -> int:
    """Delete the answers that nobody is given again; returns how many."""
    deleted, _by_model = KeptAnswer.objects.filter(kept_at__lte=timezone.now() - KEPT).delete()
    return deleted


def _lock(asked: Asked) -> None:
    with connection.cursor() as cursor:
        name = f"{asked.key.pk} {asked.name_digest}"
        cursor.execute("select pg_try_advisory_xact_lock(%s, hashtext(%s))", [LOCK, name])
        ((is_ours,),) = cursor.fetchall()
    if not is_ours:
        raise IdempotencyKeyInUse
