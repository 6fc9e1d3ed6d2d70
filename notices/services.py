"""Telling, reading and forgetting."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.utils import timezone

from notices import kinds
from notices.models import Notice, NoticeQuerySet


def tell(
    *,
    user: User,
    kind: str,
    parameters: Mapping[str, Any] | None = None,
    url: str = "",
    level: Notice.Level = Notice.Level.INFO,
) -> Notice:
    """Tell somebody something. `parameters` are what the kind's words need, as JSON; `url` is a page of ours."""
    if not kinds.is_known(kind):
        raise ValueError(f"{kind}: no app has registered this kind of message.")
    return Notice.objects.create(user=user, kind=kind, parameters=dict(parameters or {}), url=url, level=level)


def mark_read(notices: NoticeQuerySet) -> int:
    """Mark messages as read; returns how many weren't."""
    return notices.unread().update(read_at=timezone.now())


def remove_old(*, kept: timedelta | None = None) -> int:
    """Delete messages that were read longer ago than the setting says; returns how many went."""
    kept = kept if kept is not None else timedelta(days=settings.UTKORG_NOTICE_DAYS)
    return Notice.objects.filter(read_at__lt=timezone.now() - kept).delete()[0]
