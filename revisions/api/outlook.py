"""The answer to `pending`, as far as a key may read the outbox."""

import dataclasses
import hashlib
from datetime import UTC, datetime
from typing import Any

from django.http import HttpResponse, JsonResponse
from django.utils.cache import patch_cache_control
from django.utils.http import parse_etags, quote_etag

from access.models import ApiKey
from access.rights import effective_rights
from revisions import pending
from revisions.api.scope import FETCH
from subscriptions.models import Subscription


@dataclasses.dataclass(frozen=True)
class Outlook:
    """What one request looks at: whose key it has, the companies (ids) it may read, the `ETag`s that it knows already,
    and how many seconds it would wait for something new."""

    key: ApiKey
    subscription: Subscription
    readable: frozenset[int] | None
    known: tuple[str, ...]
    seconds: int

    @classmethod
    def of(cls, **seen: Any) -> "Outlook":
        """An outlook from the text of `If-None-Match`."""
        known = parse_etags(seen.pop("if_none_match"))
        return cls(known=tuple(etag.removeprefix("W/") for etag in known), **seen)

    def as_of_now(self, key: ApiKey) -> "Outlook | None":
        """The same with what the key may at this moment; None where it may no longer look."""
        rights = effective_rights(key)
        known = Subscription.objects.known_to(key=key, rights=rights, permission=FETCH)
        if not known.filter(pk=self.subscription.pk, application=key.application).exists():
            return None
        return dataclasses.replace(self, key=key, readable=rights.companies_with(FETCH))

    def answer(self) -> "Answer":
        """Look, and answer; raises `Subscription.DoesNotExist` where it was deleted meanwhile."""
        head = pending.head(self.subscription)
        etag = self._etag(head)
        answer = NotModified() if "*" in self.known or etag in self.known else self._count(head)
        answer["ETag"] = etag
        patch_cache_control(answer, private=True, no_cache=True)
        answer.outlook, answer.head = self, head
        return answer

    def _count(self, head: pending.Head) -> "Counted":
        found = pending.look(subscription=self.subscription, readable=self.readable, seen=head)
        answer = Counted(_as_json(self.subscription, found))
        answer.tells_something = bool(self.known) or found.total > 0
        return answer

    def _etag(self, head: pending.Head) -> str:
        readable = None if self.readable is None else sorted(self.readable)
        stands_for = repr((self.subscription.integration_id, dataclasses.astuple(head), readable))
        return quote_etag(hashlib.blake2b(stands_for.encode(), digest_size=15).hexdigest())


class Answer(HttpResponse):
    """An answer to `pending`, the outlook and the numbers behind it, and whether it tells anything new."""

    outlook: Outlook
    head: pending.Head
    tells_something = False

    @property
    def would_wait(self) -> bool:
        """Whether the request would rather wait than have this answer."""
        return self.outlook.seconds > 0 and not self.tells_something


class Counted(Answer, JsonResponse):
    """200: what is queued."""


class NotModified(Answer):
    """304: as it was, and no content to have a type."""

    status_code = 304

    def __init__(self) -> None:
        super().__init__()
        del self["Content-Type"]


def _as_json(subscription: Subscription, found: pending.Pending) -> dict[str, Any]:
    return {
        "integration_id": subscription.integration_id,
        "epoch": found.head.epoch,
        "active": found.head.active,
        "total": found.total,
        "withheld": found.withheld,
        "oldest": moment(found.oldest),
        "resync": [dataclasses.asdict(missing) for missing in found.resync],
        "types": [{**dataclasses.asdict(kind), "oldest": moment(kind.oldest)} for kind in found.kinds],
    }


def moment(time: datetime | None) -> str | None:
    """A time as the API writes it."""
    if time is None:
        return None
    return time.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
