"""The subscriptions of a run, and the key that fetches them."""

import dataclasses
from collections.abc import Sequence

from django.contrib.auth.models import User

from access.models import Application, KeyKind, KeyRights
from access.services import create_key
from information_types import registry
from information_types.definition import InformationType
from subscriptions.models import Resync, Subscription
from subscriptions.services import Wish, create_subscription

BACKLOG, WAITING, EMPTY = "BACKLOG", "WAITING", "EMPTY"


@dataclasses.dataclass(frozen=True)
class Subscribers:
    """`many` get every change; `backlog` holds what nobody fetched, `waiting` gets accounts, `empty` never anything."""

    key: str
    many: Sequence[Subscription]
    backlog: Subscription
    waiting: Subscription
    empty: Subscription

    def activate(self, count: int) -> None:
        """Let just so many of the many get what is written."""
        chosen = [subscription.pk for subscription in self.many[:count]]
        Subscription.objects.filter(pk__in=[subscription.pk for subscription in self.many]).update(active=False)
        Subscription.objects.filter(pk__in=chosen).update(active=True)


def make(count: int) -> Subscribers:
    """Make them; nothing is missing from them, as if they had had their first transfers."""
    application = Application.objects.create(name="Bench")
    owner = User.objects.create_superuser("bench")
    _key, text = create_key(
        owner=owner, application=application, name="Bench", kind=KeyKind.END_USER, rights=KeyRights.ALL
    )
    every = registry.all_types()

    def subscribe(integration_id: str, types: Sequence[InformationType]) -> Subscription:
        wish = Wish(name=integration_id, application=application, information_types=types)
        return create_subscription(integration_id=integration_id, wish=wish)

    subscribers = Subscribers(
        key=text,
        many=[subscribe(f"S{n}", every) for n in range(count)],
        backlog=subscribe(BACKLOG, [registry.get("ledger_entries")]),
        waiting=subscribe(WAITING, [registry.get("accounts")]),
        empty=subscribe(EMPTY, [registry.get("customers")]),
    )
    Resync.objects.all().delete()
    return subscribers
