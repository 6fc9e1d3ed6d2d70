"""What this app announces and asks; the apps above it receive and answer."""

import dataclasses
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.dispatch import Signal

# Sent inside the transaction, before anything of a subscription is read for writing or written.
subscription_changing = Signal()
# Sent inside the same transaction when all of a `subscription` is written.
subscription_changed = Signal()

# Sent inside the transaction when the clients of an `office` are written: `added` and `removed` companies (ids).
clients_of_subscriptions_changed = Signal()

# Asked with `subscriptions` (ids); answered with a `QueueFacts` by id.
queues_asked = Signal()


@dataclasses.dataclass(frozen=True)
class QueueFacts:
    """When the oldest queued row changed, and when the integration last fetched."""

    oldest: datetime | None = None
    last_fetch: datetime | None = None


def queue_facts(subscriptions: Sequence[int]) -> dict[int, QueueFacts]:
    """What is known of the queues of some subscriptions."""
    found: dict[int, QueueFacts] = {}
    answers: list[tuple[Any, Any]] = queues_asked.send(sender=None, subscriptions=subscriptions)
    for _receiver, answer in answers:
        found.update(answer)
    return found
