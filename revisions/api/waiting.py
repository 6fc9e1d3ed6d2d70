"""Waiting for news without holding a database connection or a thread that others need.

In each process one task hears the broker's news of queued rows and wakes those who wait for these subscriptions, and
one looks at the queues' heads once a second, so that lost news or a broker that is away cost a second at most.
"""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import ClassVar

from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import Error, connections
from redis.asyncio import Redis
from redis.exceptions import RedisError

from revisions import pending
from revisions.news import CHANNEL

logger = logging.getLogger(__name__)

LOOK_SECONDS = 1.0


class Waiter:
    """One request that waits for a subscription (id) to be other than `seen`."""

    def __init__(self, subscription: int, seen: pending.Head) -> None:
        self.subscription = subscription
        self.seen = seen
        self._woken = asyncio.Event()

    def wake(self) -> None:
        """Let it look again."""
        self._woken.set()

    async def news(self, *, until: float) -> bool:
        """Wait until woken (True) or until a time of the loop's clock (False)."""
        try:
            async with asyncio.timeout_at(until):
                await self._woken.wait()
        except TimeoutError:
            return False
        self._woken.clear()
        return True


class Exchange:
    """Who waits in this process (in one event loop), and the two tasks that wake them."""

    of_loop: "ClassVar[dict[asyncio.AbstractEventLoop, Exchange]]" = {}

    def __init__(self) -> None:
        self.waiters: defaultdict[int, set[Waiter]] = defaultdict(set)
        # How many messages came, and at which of them each subscription was last named: so that who looked first and
        # waits then misses nothing between.
        self.messages = 0
        self._named: dict[int, int] = {}
        self._tasks = [asyncio.create_task(self._hear()), asyncio.create_task(self._look())]

    @classmethod
    def here(cls) -> "Exchange":
        """The exchange of the running loop; the first to ask opens it."""
        loop = asyncio.get_running_loop()
        if loop not in cls.of_loop:
            for closed in [known for known in cls.of_loop if known.is_closed()]:
                del cls.of_loop[closed]
            cls.of_loop[loop] = cls()
        return cls.of_loop[loop]

    @classmethod
    def messages_so_far(cls) -> int:
        """How many messages the running loop has heard."""
        exchange = cls.of_loop.get(asyncio.get_running_loop())
        return exchange.messages if exchange else 0

    @contextmanager
    def waiting(self, subscription: int, *, seen: pending.Head, since: int) -> Iterator[Waiter]:
        """Wait for a subscription; `since` are the `messages` there were before `seen` was read."""
        waiter = Waiter(subscription, seen)
        self.waiters[subscription].add(waiter)
        if self._named.get(subscription, 0) > since:
            waiter.wake()
        try:
            yield waiter
        finally:
            self.waiters[subscription].discard(waiter)
            if not self.waiters[subscription]:
                del self.waiters[subscription]

    async def _hear(self) -> None:
        away = False
        while not _is_cancelled():
            address = str(settings.CACHES["default"]["LOCATION"])
            try:
                async with Redis.from_url(address) as broker, broker.pubsub() as channel:
                    await channel.subscribe(CHANNEL)
                    away = False
                    # With a timeout, for the library swallows a cancellation that comes while it connects.
                    while not _is_cancelled():
                        message = await channel.get_message(ignore_subscribe_messages=True, timeout=LOOK_SECONDS)
                        if message:
                            self._named_in(message["data"])
            except (RedisError, OSError, ValueError) as error:
                if not away:
                    logger.warning("No news while the broker is away; waiting clients look each second: %s", error)
                away = True
                await asyncio.sleep(LOOK_SECONDS)

    def _named_in(self, text: bytes) -> None:
        self.messages += 1
        for number in map(int, text.split(b",")):
            self._named[number] = self.messages
            for waiter in self.waiters.get(number, ()):
                waiter.wake()

    async def _look(self) -> None:
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            if not self.waiters:
                continue
            try:
                self._compare(await sync_to_async(_heads, thread_sensitive=False)(list(self.waiters)))
            except Error as error:
                logger.warning("The queues of waiting clients could not be looked at: %s", error)

    def _compare(self, heads: dict[int, pending.Head]) -> None:
        for subscription, waiters in self.waiters.items():
            for waiter in waiters:
                if heads.get(subscription) != waiter.seen:
                    waiter.wake()


def _is_cancelled() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def _heads(subscriptions: Collection[int]) -> dict[int, pending.Head]:
    try:
        return pending.heads(list(subscriptions))
    finally:
        release_connections()


def release_connections() -> None:
    """Give this thread's connections back, but for one in a transaction."""
    for connection in connections.all(initialized_only=True):
        if not connection.in_atomic_block:
            connection.close()
