"""`GET pending`: is there anything? Answered at once, or as soon as there is.

A synchronous view looks; around it an asynchronous one waits, so that who waits holds no database connection.
"""

import asyncio
import dataclasses
import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from functools import wraps
from typing import Any

from asgiref.sync import sync_to_async
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.utils.cache import patch_cache_control
from django.utils.http import parse_etags, quote_etag
from rest_framework.request import Request

from revisions import pending
from revisions.api import openapi
from revisions.api.scope import FETCH, OutboxView
from revisions.api.serializers import PendingQuery
from revisions.api.waiting import Exchange, release_connections
from subscriptions.models import Subscription

Look = Callable[[HttpRequest], HttpResponseBase]


@dataclasses.dataclass(frozen=True)
class Wait:
    """What an answer that tells nothing new would rather wait for: a subscription (id) that was so, and how long."""

    subscription: int
    seen: pending.Head
    seconds: int


class Answer:
    """An answer to `pending`, and what it would rather wait for."""

    wait: Wait | None = None


class Counted(Answer, JsonResponse):
    """200: what is queued."""


class NotModified(Answer, HttpResponse):
    """304: as it was."""

    status_code = 304


class PendingView(OutboxView):
    """Whether something is queued; `has_waited` when it is asked again for a request that was let through before."""

    required_permissions = {"GET": FETCH}
    throttle_scope = "pending"
    has_waited = False

    @classmethod
    def as_view(cls, **initkwargs: Any) -> Any:
        """Return the asynchronous view around the look."""
        look = super().as_view(**initkwargs)
        look_again = super().as_view(**initkwargs, has_waited=True)

        @wraps(look)
        async def view(request: HttpRequest) -> HttpResponseBase:
            if "wait" not in request.GET:
                return await sync_to_async(look)(request)
            return await _look_until_new(request, look, look_again)

        return view

    @openapi.pending
    def get(self, request: Request) -> HttpResponse:
        """Tell what is queued, as far as the key may read it."""
        wanted = PendingQuery.read(request)
        subscription = self.subscription(wanted["integration_id"])
        answer, head, is_new = self._answer(subscription, request.headers.get("If-None-Match", ""))
        answer["ETag"] = self._etag(subscription, head)
        patch_cache_control(answer, private=True, no_cache=True)
        if wanted["wait"] and not is_new:
            answer.wait = Wait(subscription.pk, head, wanted["wait"])
        return answer

    def check_throttles(self, request: Request) -> None:
        """Count a request once, however often it looks."""
        if not self.has_waited:
            super().check_throttles(request)

    def _answer(self, subscription: Subscription, none_match: str) -> tuple[Counted | NotModified, pending.Head, bool]:
        """The answer, the numbers behind it, and whether it tells anything new."""
        known = parse_etags(none_match)
        head = pending.head(subscription)
        if "*" in known or self._etag(subscription, head) in [etag.removeprefix("W/") for etag in known]:
            return NotModified(), head, False
        found = pending.look(subscription=subscription, readable=self.companies, seen=head)
        return Counted(_as_json(subscription, found)), found.head, bool(known) or found.total > 0

    def _etag(self, subscription: Subscription, head: pending.Head) -> str:
        readable = None if self.companies is None else sorted(self.companies)
        stands_for = repr((subscription.integration_id, dataclasses.astuple(head), readable))
        return quote_etag(hashlib.blake2b(stands_for.encode(), digest_size=15).hexdigest())


async def _look_until_new(request: HttpRequest, look: Look, look_again: Look) -> HttpResponseBase:
    clock = asyncio.get_running_loop().time
    began, since, woken = clock(), Exchange.messages_so_far(), True
    answer = await _look(request, look)
    while woken and (wait := _wait(answer)):
        exchange = Exchange.here()
        with exchange.waiting(wait.subscription, seen=wait.seen, since=since) as waiter:
            woken = await waiter.news(until=began + wait.seconds)
        since = exchange.messages
        answer = await _look(request, look_again)
    return answer


async def _look(request: HttpRequest, look: Look) -> HttpResponseBase:
    return await sync_to_async(_look_and_let_go)(request, look)


def _look_and_let_go(request: HttpRequest, look: Look) -> HttpResponseBase:
    answer = look(request)
    if _wait(answer):
        release_connections()
    return answer


def _wait(answer: HttpResponseBase) -> Wait | None:
    return answer.wait if isinstance(answer, Answer) else None


def _as_json(subscription: Subscription, found: pending.Pending) -> dict[str, Any]:
    return {
        "integration_id": subscription.integration_id,
        "epoch": found.head.epoch,
        "active": found.head.active,
        "total": found.total,
        "withheld": found.withheld,
        "oldest": _moment(found.oldest),
        "resync": [dataclasses.asdict(missing) for missing in found.resync],
        "types": [{**dataclasses.asdict(kind), "oldest": _moment(kind.oldest)} for kind in found.kinds],
    }


def _moment(time: datetime | None) -> str | None:
    if time is None:
        return None
    return time.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
