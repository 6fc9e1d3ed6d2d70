"""Withdrawing a working copy: what is done in it from now on isn't taken in. It can be given back."""

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from history.models import Change
from history.services import note_event
from notices import turns
from workcopies.exceptions import WrongState
from workcopies.making import lock
from workcopies.models import WorkingCopy

Status = WorkingCopy.Status


@transaction.atomic
def withdraw(*, copy: WorkingCopy, user: User | None) -> WorkingCopy:
    """Withdraw a copy, also one that is being made or broke off. Raises `WrongState` for one that is withdrawn."""
    found = lock(copy, Status.WAITING, Status.MAKING, Status.OUT, Status.FAILED)
    _note(found, Status.WITHDRAWN)
    found.status, found.withdrawn_at = Status.WITHDRAWN, timezone.now()
    found.withdrawn_by, found.withdrawn_by_name = user, user.get_username() if user else ""
    turns.drop_file(found)
    found.save(update_fields=["status", "withdrawn_at", "withdrawn_by", "withdrawn_by_name", "file"])
    return found


@transaction.atomic
def give_back(*, copy: WorkingCopy, user: User | None) -> WorkingCopy:  # noqa: ARG001 (the history knows who acts)
    """Let a withdrawn copy be checked in again. Raises `WrongState` for one that isn't, or that was never made."""
    found = lock(copy, Status.WITHDRAWN)
    if found.made_at is None:
        raise WrongState
    _note(found, Status.OUT)
    found.status, found.withdrawn_at = Status.OUT, None
    found.withdrawn_by, found.withdrawn_by_name = None, ""
    found.save(update_fields=["status", "withdrawn_at", "withdrawn_by", "withdrawn_by_name"])
    return found


def _note(copy: WorkingCopy, status: WorkingCopy.Status) -> None:
    companies = list(copy.companies.order_by("number")[:2])
    note_event(
        kind=Change.Kind.CHANGED,
        subject=copy,
        company=companies[0] if len(companies) == 1 else None,
        details={"status": [copy.status, status.value]},
    )
