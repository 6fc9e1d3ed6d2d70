"""Rows in and out over time, how each queue stands against its policy, and letters to people."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from notices.letters import LetterBase
from subscriptions.models import Subscription


class Meter(models.Model):
    """How far a queue's counters had come when they were last read; what they moved since is traffic."""

    subscription = models.OneToOneField(Subscription, models.CASCADE, primary_key=True, related_name="meter")
    last_sequence = models.BigIntegerField()
    departed = models.BigIntegerField()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.subscription_id} {self.last_sequence}:{self.departed}"


class Traffic(models.Model):
    """Rows that came into a queue and left it in five minutes, an hour or a day; without a subscription, of them all.

    Each reading is added to all three, so that a page reads no more rows than it shows. Nothing moved, no row.
    """

    class Grain(models.TextChoices):
        FIVE_MINUTES = "m", "five minutes"
        HOUR = "h", "hour"
        DAY = "d", "day"

    subscription = models.ForeignKey(
        Subscription, models.CASCADE, related_name="traffic", null=True, blank=True, db_index=False
    )
    grain = models.CharField(max_length=1, choices=Grain.choices)
    at = models.DateTimeField()
    rows_in = models.BigIntegerField()
    rows_out = models.BigIntegerField()

    class Meta:
        default_permissions = ()
        constraints = [
            # also the charts' index; the installation's own rows have no subscription, and are one each all the same
            models.UniqueConstraint(fields=["subscription", "grain", "at"], name="traffic_once", nulls_distinct=False),
        ]
        indexes = [
            # the sparklines of all subscriptions, and what is old enough to be removed
            models.Index(fields=["grain", "at"], name="traffic_age"),
        ]

    def __str__(self) -> str:
        return f"{self.subscription_id} {self.at:%Y-%m-%d %H:%M} {self.rows_in}:{self.rows_out}"


class Pulse(models.Model):
    """When the worker last read the counters, as the clock asks it to every minute. One row."""

    beat_at = models.DateTimeField(db_default=Now())

    class Meta:
        default_permissions = ()
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="pulse_is_one_row")]

    def __str__(self) -> str:
        return str(self.beat_at)


class Standing(models.Model):
    """How a queue stands against its policy. An episode begins with a warning and ends when it is cleared or cut."""

    subscription = models.OneToOneField(Subscription, models.CASCADE, primary_key=True, related_name="standing")
    episode = models.PositiveIntegerField(default=0)
    warned_at = models.DateTimeField(null=True)
    cut_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.subscription_id} {self.episode}"


class Letter(LetterBase):
    """An e-mail to one person about one event of a queue."""

    class Kind(models.TextChoices):
        WARNED = "warned", _("the queue is over its limit")
        CLEARED = "cleared", _("the queue is below its limits again")
        CUT = "cut", _("the queue was cut")

    subscription = models.ForeignKey(Subscription, models.SET_NULL, related_name="letters", null=True)
    kind = models.CharField(max_length=8, choices=Kind.choices)
    episode = models.PositiveIntegerField()

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["subscription", "episode", "kind", "address"], name="letter_once", nulls_distinct=True
            ),
        ]
        indexes = [
            # letters to send, and those that could not be
            models.Index(fields=["created_at"], name="letter_unsent", condition=Q(sent_at=None)),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.address}"
