"""The tables of the heart; rows in them are written by SQL (triggers, fan-out, receipts), hardly ever by the ORM."""

from typing import Any

from django.db import models

from revisions.captured import proxies
from revisions.models.feedback import Feedback, FeedbackEvent
from revisions.models.installation import Installation, Restoration
from revisions.models.outbox import (
    ChangesCounted,
    ChangeSet,
    ChangesOfDay,
    DepartedCount,
    Departure,
    FanOutState,
    OutboxItem,
    Queue,
    QueuedCount,
    RecentChanges,
    RetiredQueue,
    RevisionPage,
)
from revisions.models.taking_in import TakenIn, TakingIn
from revisions.models.trace import (
    BatchLog,
    ClientChange,
    LastFetch,
    Mark,
    Numbering,
    Removal,
    Selection,
    TracedKey,
    TraceState,
)

__all__ = (
    "BatchLog",
    "ChangeSet",
    "ChangesCounted",
    "ChangesOfDay",
    "ClientChange",
    "DepartedCount",
    "Departure",
    "FanOutState",
    "Feedback",
    "FeedbackEvent",
    "Installation",
    "LastFetch",
    "Mark",
    "Numbering",
    "OutboxItem",
    "Queue",
    "QueuedCount",
    "RecentChanges",
    "Removal",
    "Restoration",
    "RetiredQueue",
    "RevisionPage",
    "Selection",
    "TakenIn",
    "TakingIn",
    "TraceState",
    "TracedKey",
)

# Proxies of the registered models, one each: they carry the capture triggers into this app's migrations.
captured: dict[str, type[models.Model]] = {proxy.__name__: proxy for proxy in proxies()}


def __getattr__(name: str) -> Any:
    try:
        return captured[name]
    except KeyError:
        raise AttributeError(name) from None
