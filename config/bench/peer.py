"""What a developer would write without a heart: on `post_save`, one copy by the ORM for each subscription."""

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, models, transaction
from django.db.models.signals import post_save
from django.forms.models import model_to_dict

from config.bench.capture import switch
from config.bench.figures import Figure, interleaved
from config.bench.sizes import Sizes
from config.bench.subscribers import Subscribers
from ledger.models import Account
from revisions import fan_out
from subscriptions.models import Subscription


class PeerCopy(models.Model):
    """A copy for one subscription; the table exists only while it is measured."""

    subscription = models.ForeignKey(Subscription, models.DO_NOTHING, related_name="+")
    payload = models.TextField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        app_label = "config"
        managed = False
        db_table = "bench_peer_copy"

    def __str__(self) -> str:
        return str(self.pk)


def measure(sizes: Sizes, subscribers: Subscribers) -> Iterator[Figure]:
    """Saves a second by the ORM, each a transaction, to one subscription and to all."""
    with connection.schema_editor() as editor:
        editor.create_model(PeerCopy)
    for count in (1, sizes.subscriptions):
        subscribers.activate(count)
        peer, ours = interleaved(sizes.rounds, baseline=_peer(sizes), figure=_ours(sizes))
        yield Figure(
            name=f"saves_to_{count}_subscription{'s' if count > 1 else ''}",
            value=ours,
            unit="saves/s",
            baseline="the peer: post_save, one ORM copy per subscription, without capture",
            baseline_value=peer,
            goal=1,
        )


def _ours(sizes: Sizes) -> Callable[[], float]:
    def save_and_fan_out() -> float:
        return _rate(sizes, fan_out.drain)

    return save_and_fan_out


def _peer(sizes: Sizes) -> Callable[[], float]:
    def save_and_copy() -> float:
        switch("disable", Account._meta.db_table)
        post_save.connect(_copy, sender=Account)
        try:
            return _rate(sizes, _nothing)
        finally:
            post_save.disconnect(_copy, sender=Account)
            switch("enable", Account._meta.db_table)

    return save_and_copy


def _rate(sizes: Sizes, finish: Callable[[], object]) -> float:
    accounts = list(Account.objects.order_by("pk")[: sizes.peer_saves])
    start = time.perf_counter()
    for account in accounts:
        account.name = f"{account.name[:100]}."
        with transaction.atomic():
            account.save()
    finish()
    return len(accounts) / (time.perf_counter() - start)


def _copy(instance: Account, **_kwargs: Any) -> None:
    payload = json.dumps(model_to_dict(instance), cls=DjangoJSONEncoder)
    for subscription in Subscription.objects.filter(active=True, integration_id__startswith="S"):
        PeerCopy._default_manager.create(subscription=subscription, payload=payload)


def _nothing() -> None:
    """The peer has nothing left to do."""
