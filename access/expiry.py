"""Keys that expire: whom it concerns is told 30 and 7 days before, once each."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from access.letters import tell_of
from access.models import ApiKey, ExpiryWarning, KeyLetter
from notices.models import Notice

DAYS = (7, 30)  # the soonest first: of what is late only that is told


def warn_all() -> int:
    """Warn of every key whose time has come; returns of how many."""
    now = timezone.now()
    soon = ApiKey.objects.filter(
        revoked_at=None,
        owner__is_active=True,
        expires_at__gt=now,
        expires_at__lte=now + timedelta(days=max(DAYS)),
    )
    told = 0
    for key in soon.select_related("owner__profile", "application", "office", "company").order_by("expires_at", "pk"):
        told += _warn(key, at=now)
    return told


@transaction.atomic
def _warn(key: ApiKey, *, at: datetime) -> bool:
    """Warn of a key unless that is done. Of two workers one does it, and a crash leaves neither mark nor message."""
    if key.expires_at is None:
        return False
    days = next(days for days in DAYS if key.expires_at - at <= timedelta(days=days))
    if key.expires_at - key.created_at <= timedelta(days=days):
        return False  # Whoever made it for so short a time knows.
    _warning, is_new = ExpiryWarning.objects.get_or_create(key=key, expires_at=key.expires_at, days=days)
    if is_new:
        details = {"expires_at": key.expires_at.isoformat(), "days": days}
        tell_of(key, kind=KeyLetter.Kind.EXPIRES, level=Notice.Level.WARNING, details=details)
    return is_new
