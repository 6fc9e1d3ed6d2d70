"""What this app does when an office's clients change: as with any change of a subscription, it takes effect at once."""

from collections.abc import Collection
from itertools import product
from typing import Any

from access.models import Office
from access.signals import clients_changed, clients_changing
from subscriptions.models import Resync, Subscription
from subscriptions.services import mark_missing
from subscriptions.signals import clients_of_subscriptions_changed, subscription_changing


def connect() -> None:
    """Listen to what is announced of offices' clients."""
    clients_changing.connect(_finish_by_the_old_clients)
    clients_changed.connect(_go_on_with_the_new_clients)


def _finish_by_the_old_clients(**_kwargs: Any) -> None:
    subscription_changing.send(sender=Subscription)


def _go_on_with_the_new_clients(
    office: Office, added: Collection[int], removed: Collection[int], **_kwargs: Any
) -> None:
    clients_of_subscriptions_changed.send(sender=Subscription, office=office, added=added, removed=removed)
    subscriptions = Subscription.objects.filter(office=office).order_by("pk").select_for_update(of=("self",))
    for subscription in subscriptions.prefetch_related("types"):
        new = subscription.selected_companies().filter(pk__in=added).values_list("pk", flat=True)
        types = [known.number for known in subscription.information_types]
        mark_missing(subscription=subscription, pairs=product(types, new), reason=Resync.Reason.SELECTED)
        Resync.objects.filter(subscription=subscription, company__in=removed).delete()
