"""`GET pending`: is there anything? Answered at once, or as soon as there is.

A synchronous view looks; around it an asynchronous one waits, so that who waits holds no database connection.
"""

import asyncio
from collections.abc import Callable
from functools import wraps
from typing import Any

from asgiref.sync import sync_to_async
from django.http import HttpRequest, HttpResponseBase
from rest_framework.request import Request

from access.services import still_opens
from revisions.api import openapi
from revisions.api.outlook import Answer, Outlook
from revisions.api.scope import FETCH, OutboxView
from revisions.api.serializers import PendingQuery
from revisions.api.waiting import Exchange, release_connections
from subscriptions.models import Subscription

Look = Callable[[HttpRequest], HttpResponseBase]


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
            since = Exchange.messages_so_far()
            answer: HttpResponseBase = await sync_to_async(_release_after)(look, request)
            if isinstance(answer, Answer) and answer.would_wait:
                latest = await _wait_for_more(answer, since=since)
                answer = latest or await sync_to_async(_release_after)(look_again, request)
            return answer

        return view

    @openapi.pending
    def get(self, request: Request) -> Answer:
        """Tell what is queued, as far as the key may read it."""
        wanted = PendingQuery.read(request)
        return Outlook.of(
            key=self.key,
            subscription=self.subscription(wanted["integration_id"]),
            readable=self.companies,
            if_none_match=request.headers.get("If-None-Match", ""),
            seconds=wanted["wait"],
        ).answer()

    def check_throttles(self, request: Request) -> None:
        """Count a request once, however often it looks."""
        if not self.has_waited:
            super().check_throttles(request)


async def _wait_for_more(answer: Answer, *, since: int) -> Answer | None:
    """Wait until there is something to tell, or for the time asked for; None where the view must say what is wrong."""
    until = asyncio.get_running_loop().time() + answer.outlook.seconds
    exchange, latest, in_time = Exchange.here(), answer, True
    while in_time and latest.would_wait:
        with exchange.waiting(answer.outlook.subscription.pk, seen=latest.head, since=since) as waiter:
            in_time = await waiter.news(until=until)
        since = exchange.messages
        found = await sync_to_async(_release_after)(_look_again, latest.outlook)
        if found is None:
            return None
        latest = found
    return latest


def _look_again(outlook: Outlook) -> Answer | None:
    """Look for who was let through before, by what the key may now; None where the view must say what is wrong."""
    key = still_opens(key=outlook.key)
    now = outlook.as_of_now(key) if key else None
    try:
        return now.answer() if now else None
    except Subscription.DoesNotExist:
        return None


def _release_after(look: Callable[[Any], Any], at: Any) -> Any:
    try:
        return look(at)
    finally:
        release_connections()
