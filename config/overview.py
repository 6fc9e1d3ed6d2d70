"""The admin's first page: every subscription with its queue, and what needs a person."""

import dataclasses
from collections.abc import Iterator, Sequence
from typing import Any

from django.db.models import Count, Max
from django.http import HttpRequest
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ledger.models import Company
from onetime_transfer.models import Transfer
from subscriptions.models import Resync, Subscription

MOST_SHOWN = 100


@dataclasses.dataclass(frozen=True)
class Need:
    """Something that waits for a person, and the page where it is done."""

    text: str
    url: str


def add_overview(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """What the first page shows of subscriptions, to who may see them."""
    if not request.user.has_perm("subscriptions.view_subscription"):
        return context
    found = list(
        Subscription.objects.select_related("application", "queue", "departure")
        .annotate(missing=Count("resync"))
        .order_by("integration_id")[: MOST_SHOWN + 1]
    )
    shown = found[:MOST_SHOWN]
    return context | {
        "subscriptions": [_line(subscription) for subscription in shown],
        "has_more": len(found) > MOST_SHOWN,
        "needs": list(_needs(shown)),
        "has_companies": Company.objects.exists(),
    }


def _line(subscription: Subscription) -> dict[str, Any]:
    return {
        "subscription": subscription,
        "queued": subscription.queue.last_sequence - subscription.departure.rows,
        "missing": getattr(subscription, "missing", 0),
        "url": reverse("admin:subscriptions_subscription_change", args=[subscription.pk]),
    }


def _needs(subscriptions: Sequence[Subscription]) -> Iterator[Need]:
    missing = Resync.objects.values("subscription").annotate(registers=Count("pk"))
    counts = {line["subscription"]: line["registers"] for line in missing}
    for subscription in subscriptions:
        if count := counts.get(subscription.pk):
            text = ngettext(
                "%(subscription)s: %(count)s register needs a new transfer",
                "%(subscription)s: %(count)s registers need a new transfer",
                count,
            )
            numbers = {"subscription": subscription.integration_id, "count": number_format(count, force_grouping=True)}
            yield Need(text % numbers, reverse("admin:subscriptions_subscription_change", args=[subscription.pk]))
    yield from _transfers_in_need()


def _transfers_in_need() -> Iterator[Need]:
    # Of each subscription and type the newest alone: a failed one that was repeated needs nobody.
    newest = Transfer.objects.values("subscription", "information_type").annotate(newest=Max("pk")).values("newest")
    states = (Transfer.Status.FAILED, Transfer.Status.PAUSED)
    transfers = Transfer.objects.filter(pk__in=newest, status__in=states).select_related("subscription")
    for transfer in transfers.order_by("-pk")[:20]:
        names = {"subscription": transfer.subscription.integration_id, "type": transfer.type.label}
        text = (
            _("%(subscription)s: the transfer of %(type)s has failed")
            if transfer.status == Transfer.Status.FAILED
            else _("%(subscription)s: the transfer of %(type)s is paused")
        )
        yield Need(text % names, reverse("admin:onetime_transfer_transfer_change", args=[transfer.pk]))
