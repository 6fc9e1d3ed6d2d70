"""Messages that a person looks at before anything comes of them: put there, released, removed.

What is released always lands: as the invoices that can be read in it, or else as one that a person enters. What people
decide stands in the history.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from history.models import ChangeKind
from history.services import note_event
from inbox.exceptions import CompanyNeeded, InboxError, NotInQuarantine, NotRemoved
from inbox.models import Mail
from inbox.receiving import TASK
from ledger.models import Company
from notices.turns import ask

Status = Mail.Status


@transaction.atomic
def put(*, mail: Mail, reason: Mapping[str, Any]) -> None:
    """Put a message, best locked, into quarantine for a reason (`inbox.reasons`)."""
    mail.status, mail.reason = Status.QUARANTINED, dict(reason)
    mail.go_free()
    mail.save()


@transaction.atomic
def release(*, mail: Mail, user: User | None = None, company: Company | None = None) -> Mail:
    """Have a message read in spite of what was odd about it; `company` where nobody could tell whose it is.

    Raises `NotInQuarantine` and `CompanyNeeded`.
    """
    locked = _locked(mail)
    found: dict[str, Any] = {}
    if locked.company_id is None:
        if company is None:
            raise CompanyNeeded
        locked.company = company
        found = {"company": str(company)}
    locked.released, locked.attempts = True, 0
    locked.go_free()
    _settle(locked, Status.WAITING, user, found)
    transaction.on_commit(lambda: ask(TASK, locked), robust=True)
    return locked


@transaction.atomic
def remove(*, mail: Mail, user: User | None = None) -> Mail:
    """Say that nothing comes of a message. Raises `NotInQuarantine`."""
    locked = _locked(mail)
    _settle(locked, Status.REMOVED, user)
    return locked


@transaction.atomic
def take_back(*, mail: Mail, user: User | None = None) -> Mail:
    """Put what was removed into quarantine again. Raises `NotRemoved`."""
    locked = _locked(mail, Status.REMOVED, NotRemoved)
    _settle(locked, Status.QUARANTINED, user)
    return locked


def _locked(mail: Mail, status: str = Status.QUARANTINED, refusal: type[InboxError] = NotInQuarantine) -> Mail:
    found = Mail.objects.select_for_update(no_key=True, of=("self",)).select_related("company")
    locked = found.filter(pk=mail.pk).first()
    if locked is None or locked.status != status:
        raise refusal
    return locked


def _settle(mail: Mail, status: Status, user: User | None, found: Mapping[str, Any] = MappingProxyType({})) -> None:
    """Write what somebody has decided, and who; `found` is what they said of it beside."""
    note_event(
        kind=ChangeKind.CHANGED,
        subject=mail,
        company=mail.company,
        details={"status": [mail.status, str(status)], **found},
    )
    mail.status, mail.settled_at, mail.settled_by = status, timezone.now(), user
    moved = ["held_up_by", "held_up_since", "next_try_at"]
    mail.save(update_fields=["company", "status", "released", "attempts", "settled_at", "settled_by", *moved])
