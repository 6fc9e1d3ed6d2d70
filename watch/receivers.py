"""What this app does when the apps below announce something."""

from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate, post_save

from revisions.models import Departure, Queue
from subscriptions.models import Subscription
from watch.models import Meter, Pulse, Standing


def connect() -> None:
    """Watch every subscription from its beginning."""
    post_save.connect(_watch, sender=Subscription)
    post_migrate.connect(_restore_pulse)


def _watch(instance: Subscription, created: bool, **_kwargs: Any) -> None:
    # After the heart has opened the queue: an integration id used before goes on with its counters.
    if created:
        Meter.objects.create(
            subscription=instance,
            last_sequence=Queue.objects.values_list("last_sequence", flat=True).get(pk=instance.pk),
            departed=Departure.objects.values_list("rows", flat=True).get(pk=instance.pk),
        )
        Standing.objects.create(subscription=instance)


def _restore_pulse(app_config: AppConfig, using: str, **kwargs: Any) -> None:
    # A flush has no plan of migrations; it has emptied every table, this one row included.
    if app_config.name == "watch" and "plan" not in kwargs:
        Pulse.objects.using(using).get_or_create(pk=1)
