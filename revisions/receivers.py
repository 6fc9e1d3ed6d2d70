"""What this app does when the apps below announce something."""

from collections.abc import Collection, Sequence
from typing import Any

from django.apps import AppConfig
from django.db import transaction
from django.db.models import Model
from django.db.models.signals import post_delete, post_migrate, post_save, pre_delete

from access.models import Office
from information_types import registry, sql
from journal.signals import journal_failed
from revisions import bell, fan_out, messages, news, outlook, queues, selections
from revisions.models import FanOutState, TraceState
from subscriptions.models import Subscription
from subscriptions.signals import (
    QueueFacts,
    clients_of_subscriptions_changed,
    queues_asked,
    subscription_changed,
    subscription_changing,
)


def connect() -> None:
    """Listen to what subscriptions and captured models announce."""
    post_migrate.connect(_restore_states)
    subscription_changing.connect(_queue_by_the_old_choice)
    subscription_changed.connect(_remember_the_choice)
    clients_of_subscriptions_changed.connect(_remember_the_clients)
    queues_asked.connect(_tell_of_queues)
    journal_failed.connect(_tell_of_gap)
    post_save.connect(_open_queue, sender=Subscription)
    pre_delete.connect(_retire_queue, sender=Subscription)
    for model in _models_that_show():
        post_save.connect(_ring, sender=model)
        post_delete.connect(_ring, sender=model)


def _models_that_show() -> set[type[Model]]:
    parents = {parent.model for known in registry.all_types() for parent in sql.parents(known)}
    return parents | set(registry.captured_models())


def _restore_states(app_config: AppConfig, using: str, **kwargs: Any) -> None:
    # A flush has no plan of migrations; it has emptied every table, these of one row included.
    if app_config.name == "revisions" and "plan" not in kwargs:
        FanOutState.objects.using(using).get_or_create(pk=1)
        TraceState.objects.using(using).get_or_create(pk=1)


def _ring(**_kwargs: Any) -> None:
    bell.ring_on_commit()


def _queue_by_the_old_choice(**_kwargs: Any) -> None:
    reached = fan_out.drain_within()
    transaction.on_commit(lambda: news.publish(reached), robust=True)


def _remember_the_choice(subscription: Subscription, **_kwargs: Any) -> None:
    selections.remember(subscription)


def _remember_the_clients(office: Office, added: Collection[int], removed: Collection[int], **_kwargs: Any) -> None:
    selections.remember_clients(office, added=added, removed=removed)


def _tell_of_queues(subscriptions: Sequence[int], **_kwargs: Any) -> dict[int, QueueFacts]:
    return outlook.facts(subscriptions)


def _tell_of_gap(reason: str, **_kwargs: Any) -> None:
    messages.tell_of_gap(reason=reason)


def _open_queue(instance: Subscription, created: bool, **_kwargs: Any) -> None:
    if created:
        queues.open_queue(instance)


def _retire_queue(instance: Subscription, **_kwargs: Any) -> None:
    queues.retire(instance)
