"""Asking for, pausing, resuming and cancelling one-off transfers; admin, REST and commands go through here."""

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from celery import current_app
from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from kombu.exceptions import OperationalError

from information_types.definition import InformationType
from ledger.models import Company
from onetime_transfer import parameters as transfer_parameters
from onetime_transfer.exceptions import NotSubscribed, WrongState
from onetime_transfer.models import Transfer
from onetime_transfer.walk import Walk
from revisions import fan_out, queues
from subscriptions.models import Subscription

logger = logging.getLogger(__name__)

TASK = "onetime_transfer.tasks.run"


@transaction.atomic
def request_transfer(
    *,
    subscription: Subscription,
    information_type: InformationType,
    company: Company | None = None,
    parameters: Mapping[str, Any] | None = None,
    requested_by: User | None = None,
) -> Transfer:
    """Ask for a transfer of one type, of one company or all of the subscription's; it starts at commit.

    Raises `NotSubscribed` for a type or company outside the subscription, `TransferError` for a wrong parameter.
    """
    _check_subscribed(subscription, information_type, company)
    cleaned = transfer_parameters.clean(information_type, parameters or {})
    transfer = Transfer.objects.create(
        subscription=subscription,
        information_type=information_type.number,
        company=company,
        parameters=cleaned,
        requested_by=requested_by,
    )
    transaction.on_commit(lambda: start(transfer), robust=True)
    return transfer


def estimate(
    *,
    subscription: Subscription,
    information_type: InformationType,
    company: Company | None = None,
    parameters: Mapping[str, Any] | None = None,
) -> int:
    """How many rows such a transfer would bring now; raises what `request_transfer` does."""
    _check_subscribed(subscription, information_type, company)
    cleaned = transfer_parameters.clean(information_type, parameters or {})
    return Walk(information_type, cleaned).count(companies=companies_of(subscription, company))


def companies_of(subscription: Subscription, company: Company | None) -> Sequence[int]:
    """The ids of the companies that a transfer is of."""
    if company is not None:
        return [company.pk]
    return list(subscription.selected_companies().values_list("pk", flat=True))


def start(transfer: Transfer) -> None:
    """Ask a worker to run it; with the broker down, beat asks again."""
    try:
        current_app.send_task(TASK, args=[transfer.pk], retry=False)
    except (OperationalError, OSError) as error:
        logger.warning("Transfer %s starts when the broker is back: %s", transfer.pk, error)


@transaction.atomic
def pause(*, transfer: Transfer) -> Transfer:
    """Stop after the chunk under way; what is queued can be fetched."""
    transfer = _lock(transfer, Transfer.Status.QUEUED, Transfer.Status.RUNNING)
    transfer.status = Transfer.Status.PAUSED
    transfer.save(update_fields=["status"])
    return transfer


@transaction.atomic
def resume(*, transfer: Transfer) -> Transfer:
    """Go on from the last committed chunk."""
    transfer = _lock(transfer, Transfer.Status.PAUSED)
    transfer.status = Transfer.Status.QUEUED
    transfer.save(update_fields=["status"])
    transaction.on_commit(lambda: start(transfer), robust=True)
    return transfer


@transaction.atomic
def cancel(*, transfer: Transfer, keep_queued: bool) -> Transfer:
    """End it. Without `keep_queued` its rows leave the queue: where any still stood there, the epoch rises."""
    fan_out.take_lock()
    transfer = _lock(transfer, *Transfer.UNFINISHED)
    if not keep_queued:
        brought = list(transfer.chunks.values_list("change_set_id", flat=True))
        queues.cut(subscription=transfer.subscription, change_sets=brought)
    transfer.status, transfer.finished_at = Transfer.Status.CANCELLED, timezone.now()
    transfer.save(update_fields=["status", "finished_at"])
    return transfer


def _lock(transfer: Transfer, *states: str) -> Transfer:
    # The fan-out's lock first, as a chunk under way does: it holds both.
    fan_out.take_lock()
    locked = Transfer.objects.select_for_update(of=("self",)).select_related("subscription").get(pk=transfer.pk)
    if locked.status not in states:
        raise WrongState
    return locked


def _check_subscribed(subscription: Subscription, information_type: InformationType, company: Company | None) -> None:
    if information_type not in subscription.information_types:
        raise NotSubscribed(_("The subscription doesn't have this information type."), field="information_type")
    if company is not None and not subscription.selects(company):
        raise NotSubscribed(_("The company isn't in the subscription."), field="company")
