"""The tables of the outbox: captured rows, queues, and the counters that say how much is in them."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from ledger.models import Company
from subscriptions.models import Subscription


class ChangeSet(models.Model):
    """What one statement changed of one information type in one company: written by a trigger, with its pages.

    `transaction` (PostgreSQL's 64-bit transaction id) holds the sets of a transaction together until they are fanned
    out; a restored database starts its ids anew, so nothing is ordered by it.
    """

    class Operation(models.TextChoices):
        CREATED = "c", "created"
        CHANGED = "u", "changed"
        DELETED = "d", "deleted"
        TRANSFERRED = "t", "transferred"

    information_type = models.PositiveSmallIntegerField()
    company = models.ForeignKey(Company, models.PROTECT, related_name="+", db_index=False)
    operation = models.CharField(max_length=1, choices=Operation.choices)
    row_count = models.PositiveIntegerField()
    changed_at = models.DateTimeField(db_default=Now())
    transaction = models.BigIntegerField()
    origin_id = models.BigIntegerField(null=True)

    fanned_out = models.BooleanField(db_default=False)

    class Meta:
        default_permissions = ()
        indexes = [
            # the fan-out's tail of sets not yet queued
            models.Index(fields=["id"], name="change_set_tail", condition=Q(fanned_out=False)),
            # the clean-up's oldest sets
            models.Index(fields=["changed_at"], name="change_set_age"),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class RevisionPage(models.Model):
    """Up to 500 rows of a change set: one line of finished JSON a row, `data` or, of a deletion, the key alone."""

    pk = models.CompositePrimaryKey("change_set_id", "first_row")
    change_set_id = models.BigIntegerField()
    first_row = models.PositiveIntegerField()
    row_count = models.PositiveIntegerField()
    lines = models.TextField()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.change_set_id}.{self.first_row}"


class OutboxItem(models.Model):
    """A run of a change set's rows in one subscription's queue: rows `first_row` to `last_row`, numbered from
    `first_sequence` on. A receipt deletes it or moves both up."""

    pk = models.CompositePrimaryKey("subscription_id", "first_sequence")
    subscription_id = models.BigIntegerField()
    first_sequence = models.BigIntegerField()
    change_set_id = models.BigIntegerField()
    first_row = models.PositiveIntegerField()
    last_row = models.PositiveIntegerField()
    information_type = models.PositiveSmallIntegerField()
    company_id = models.BigIntegerField()

    class Meta:
        default_permissions = ()
        indexes = [
            # a fetch that asks for some types or companies, and the oldest row of each in `pending`
            models.Index(
                fields=["subscription_id", "information_type", "company_id", "first_sequence"], name="outbox_by_kind"
            ),
            models.Index(fields=["change_set_id"], name="outbox_by_change_set"),  # the clean-up: is it referred to?
        ]

    def __str__(self) -> str:
        return f"{self.subscription_id}:{self.first_sequence}"


class Queue(models.Model):
    """What the fan-out moves of a subscription: the last sequence given, and the epoch that rises with each cut."""

    subscription = models.OneToOneField(Subscription, models.CASCADE, primary_key=True, related_name="queue")
    epoch = models.PositiveIntegerField(default=1)
    last_sequence = models.BigIntegerField(default=0)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.subscription_id} {self.epoch}:{self.last_sequence}"


class QueuedCount(models.Model):
    """Rows ever queued, moved by the fan-out alone."""

    pk = models.CompositePrimaryKey("subscription_id", "information_type", "company_id")
    subscription = models.ForeignKey(Subscription, models.CASCADE, related_name="+", db_index=False)
    information_type = models.PositiveSmallIntegerField()
    company = models.ForeignKey(Company, models.PROTECT, related_name="+")
    rows = models.BigIntegerField()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.rows)


class Departure(models.Model):
    """What receipts move of a subscription: how many rows have left its queue, and when it last acknowledged; its row
    lock puts receipts in line."""

    subscription = models.OneToOneField(Subscription, models.CASCADE, primary_key=True, related_name="departure")
    rows = models.BigIntegerField(default=0)
    acknowledged_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.rows)


class DepartedCount(models.Model):
    """Rows ever taken out of the queue (acknowledged, taken, cut), moved by receipts alone."""

    pk = models.CompositePrimaryKey("subscription_id", "information_type", "company_id")
    subscription = models.ForeignKey(Subscription, models.CASCADE, related_name="+", db_index=False)
    information_type = models.PositiveSmallIntegerField()
    company = models.ForeignKey(Company, models.PROTECT, related_name="+")
    rows = models.BigIntegerField()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.rows)


class RetiredQueue(models.Model):
    """A deleted subscription's integration id: used again, its sequence goes on and its epoch is higher."""

    integration_id = models.CharField(max_length=64, primary_key=True)
    epoch = models.PositiveIntegerField()
    last_sequence = models.BigIntegerField()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return self.integration_id


class FanOutState(models.Model):
    """The floor: no set up to it is unfanned, so that the tail's index is read from there. One row."""

    floor = models.BigIntegerField(default=0)
    candidate = models.BigIntegerField(default=0)
    candidate_xid = models.BigIntegerField(default=0)

    class Meta:
        default_permissions = ()
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="fan_out_state_is_one_row")]

    def __str__(self) -> str:
        return str(self.floor)


class ChangesOfDay(models.Model):
    """Rows changed on a day (UTC), counted after the fact from change sets; kept as long as they are recent."""

    pk = models.CompositePrimaryKey("day", "information_type", "company_id")
    day = models.DateField()
    information_type = models.PositiveSmallIntegerField()
    company_id = models.BigIntegerField()
    rows = models.BigIntegerField()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.rows)


class RecentChanges(models.Model):
    """The sum of the days that are kept; company 0 stands for all companies together."""

    pk = models.CompositePrimaryKey("information_type", "company_id")
    information_type = models.PositiveSmallIntegerField()
    company_id = models.BigIntegerField()
    rows = models.BigIntegerField()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.rows)


class ChangesCounted(models.Model):
    """Up to which change set they are counted. One row."""

    change_set_id = models.BigIntegerField(default=0)

    class Meta:
        default_permissions = ()
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="changes_counted_is_one_row")]

    def __str__(self) -> str:
        return str(self.change_set_id)
