"""Verbs over keys, so that a caller reads as a sentence."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Q

if TYPE_CHECKING:
    from access.models import ApiKey  # noqa: F401 (named in the base class below)


class ApiKeyQuerySet(models.QuerySet["ApiKey"]):
    """Keys."""

    def unrevoked(self) -> Self:
        """Keys that nobody has revoked."""
        return self.filter(revoked_at=None)

    def unused_since(self, moment: datetime) -> Self:
        """Keys not used after a moment."""
        return self.filter(Q(last_used_at=None) | Q(last_used_at__lte=moment))

    def note_use(self, *, at: datetime, every: timedelta) -> int:
        """Write the last use unless that was done less than `every` ago; return rows written."""
        return self.unused_since(at - every).update(last_used_at=at)
