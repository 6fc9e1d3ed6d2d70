"""Asking for, pausing, resuming and cancelling one-off transfers; admin, REST and commands go through here."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import F, Sum
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from information_types.definition import InformationType
from ledger.models import Company
from notices import turns
from onetime_transfer import messages
from onetime_transfer import parameters as transfer_parameters
from onetime_transfer.exceptions import NotSubscribed, WrongState
from onetime_transfer.models import Transfer, TransferCompany
from revisions import fan_out, queues
from revisions.models import OutboxItem, Removal
from subscriptions.models import Subscription

TASK = "onetime_transfer.tasks.run"
Status = Transfer.Status


@transaction.atomic
def request_transfer(
    *,
    subscription: Subscription,
    information_type: InformationType,
    company: Company | None = None,
    companies: Sequence[Company] = (),
    parameters: Mapping[str, Any] | None = None,
    requested_by: User | None = None,
) -> Transfer:
    """Ask for a transfer of one type, of one company, of some, or of all the subscription's; it starts at commit.

    Raises `NotSubscribed` for a type or company outside the subscription, `WrongParameters` for those.
    """
    chosen = [company] if company is not None else list(companies)
    check_subscribed(subscription, information_type, chosen)
    cleaned = transfer_parameters.clean(information_type, parameters or {})
    transfer = Transfer.objects.create(
        subscription=subscription,
        information_type=information_type.number,
        company=chosen[0] if len(chosen) == 1 else None,
        parameters=cleaned,
        requested_by=requested_by,
    )
    if len(chosen) > 1:
        TransferCompany.objects.bulk_create(TransferCompany(transfer=transfer, company=one) for one in chosen)
    transaction.on_commit(lambda: start(transfer), robust=True)
    return transfer


def check_subscribed(
    subscription: Subscription, information_type: InformationType, companies: Sequence[Company]
) -> None:
    """Raise `NotSubscribed` for a type or a company that the subscription isn't of."""
    if information_type not in subscription.information_types:
        raise NotSubscribed(_("The subscription doesn't have this information type."), field="information_type")
    keys = {company.pk for company in companies}
    if keys and subscription.selected_companies().filter(pk__in=keys).count() < len(keys):
        raise NotSubscribed(_("The company isn't in the subscription."), field="company")


def companies_of(transfer: Transfer) -> list[int]:
    """The ids of the companies that a transfer is of."""
    if transfer.company_id is not None:
        return [transfer.company_id]
    chosen = list(transfer.transfer_companies.values_list("company", flat=True))
    return chosen or list(transfer.subscription.selected_companies().values_list("pk", flat=True))


def find_same(
    *,
    subscription: Subscription,
    information_type: InformationType,
    companies: Sequence[Company] = (),
    parameters: Mapping[str, Any],
) -> Transfer | None:
    """An unfinished transfer of just the same, if there is one."""
    same = Transfer.objects.filter(
        subscription=subscription,
        information_type=information_type.number,
        parameters=transfer_parameters.clean(information_type, parameters),
        status__in=Transfer.UNFINISHED,
    )
    chosen = {company.pk for company in companies}
    for transfer in same.prefetch_related("transfer_companies").order_by("pk"):
        if chosen == _chosen(transfer):
            return transfer
    return None


def start(transfer: Transfer) -> None:
    """Ask a worker to run it; with the broker down, beat asks again."""
    turns.ask(TASK, transfer)


@transaction.atomic
def pause(*, transfer: Transfer, by: User | None = None) -> Transfer:
    """Stop after the chunk under way; what is queued can be fetched."""
    transfer = _lock(transfer, Status.QUEUED, Status.RUNNING)
    transfer.status = Status.PAUSED
    transfer.save(update_fields=["status"])
    messages.tell_of_others_doing(transfer, by=by)
    return transfer


@transaction.atomic
def resume(*, transfer: Transfer) -> Transfer:
    """Go on from the last committed chunk, after a pause or when the cause of a failure is mended."""
    transfer = _lock(transfer, Status.PAUSED, Status.FAILED)
    transfer.status, transfer.error, transfer.finished_at = Status.QUEUED, "", None
    transfer.save(update_fields=["status", "error", "finished_at"])
    transaction.on_commit(lambda: start(transfer), robust=True)
    return transfer


@transaction.atomic
def cancel(*, transfer: Transfer, keep_queued: bool, by: User | None = None) -> Transfer:
    """End it. Without `keep_queued` its rows leave the queue: where any still stood there, the epoch rises."""
    fan_out.take_lock()
    transfer = _lock(transfer, *Transfer.UNFINISHED, Status.FAILED)
    if not keep_queued:
        brought = list(transfer.chunks.values_list("change_set_id", flat=True))
        transfer.rows_taken_back = queues.cut(
            subscription=transfer.subscription, change_sets=brought, why=Removal.Reason.CANCELLED, by=by
        )
    transfer.status, transfer.finished_at = Status.CANCELLED, timezone.now()
    transfer.counts = transfer.rows_by_company()
    transfer.save(update_fields=["status", "finished_at", "rows_taken_back", "counts"])
    messages.tell_of_others_doing(transfer, by=by)
    return transfer


def rows_still_queued(transfer: Transfer) -> int:
    """How many of the rows that it brought the integration hasn't acknowledged."""
    brought = transfer.chunks.values("change_set_id")
    items = OutboxItem.objects.filter(subscription_id=transfer.subscription_id, change_set_id__in=brought)
    return int(items.aggregate(rows=Sum(F("last_row") - F("first_row") + 1))["rows"] or 0)


def _chosen(transfer: Transfer) -> set[int]:
    if transfer.company_id is not None:
        return {transfer.company_id}
    return {chosen.company_id for chosen in transfer.transfer_companies.all()}


def _lock(transfer: Transfer, *states: str) -> Transfer:
    # The fan-out's lock first, as a chunk under way does: it holds both.
    fan_out.take_lock()
    locked = Transfer.objects.select_for_update(of=("self",)).select_related("subscription").get(pk=transfer.pk)
    if locked.status not in states:
        raise WrongState
    return locked
