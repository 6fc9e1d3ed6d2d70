"""Somebody uses a text that a key had before: the audit log tells of it, and whom it concerns at once."""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from access.letters import tell_of
from access.models import ApiKey, KeyLetter
from access.services import actor_of, company_of
from history.models import Change
from history.services import note_event
from notices.models import Notice

QUIET_FOR = timedelta(hours=1)  # Who keeps sending it is told of once an hour.


@transaction.atomic
def raise_alarm(*, key: ApiKey, replaced_at: datetime, address: str | None, **_told: Any) -> None:
    """Note the use once an hour for each address, and tell people once an hour for the key."""
    noted = note_event(
        kind=Change.Kind.REPLACED_KEY_USED,
        subject=key,
        company=company_of(key),
        details={"replaced_at": replaced_at.isoformat()},
        actor=actor_of(key, address=address),
        most_an_hour=1,
    )
    # What was noted just now holds the others off until this is committed: of many at once one tells.
    if noted is None or _is_told(noted):
        return
    details = {"used_at": timezone.now().isoformat(), "replaced_at": replaced_at.isoformat(), "address": address}
    tell_of(key, kind=KeyLetter.Kind.REPLACED_USED, level=Notice.Level.ERROR, details=details)


def _is_told(noted: Change) -> bool:
    others = Change.objects.filter(kind=noted.kind, subject=noted.subject, object_id=noted.object_id)
    return others.filter(at__gt=noted.at - QUIET_FOR).exclude(pk=noted.pk).exists()
