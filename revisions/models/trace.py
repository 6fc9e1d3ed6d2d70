"""The tables of the trace: what was queued for whom, what was fetched and acknowledged, cut, and selected.

Hardly a row of them refers to another by a constraint: they outlive subscriptions, and nobody waits for them.
"""

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GistIndex
from django.db import models
from django.db.models import F, Func, Q, Value
from django.utils.translation import gettext_lazy as _

from subscriptions.models import Subscription

# A batch's sequences as a range that no other subscription's overlaps, so that one index finds who held a sequence.
SUBSCRIPTION_SPAN = 2**40
SPAN = Func(
    F("subscription_id") * SUBSCRIPTION_SPAN + F("first_sequence"),
    F("subscription_id") * SUBSCRIPTION_SPAN + F("last_sequence"),
    Value("[]"),
    function="int8range",
)


class ClockTimestamp(Func):
    """The clock's time, where the transaction's start would run backwards."""

    function = "clock_timestamp"
    output_field: models.DateTimeField[Any, Any] = models.DateTimeField()


class Numbering(models.Model):
    """What one pass of the fan-out, or one chunk of a transfer, queued: for the trace, since a receipt deletes items.

    `sets` are its change sets in the order of their numbers, `row_counts` their rows, and `kinds` says which of them
    are of one type, company and origin (0: sets written for one subscription alone). Each of `subscriptions` got its
    own after the sequence in `bases`; `parted` is JSON, `[[kind, subscription], …]`, where not all of them got all
    kinds. Ids are drawn under the fan-out's lock, so they stand in the order of the sequences.
    """

    made_at = models.DateTimeField(db_default=ClockTimestamp())
    sets = ArrayField(models.BigIntegerField())
    row_counts = ArrayField(models.IntegerField())
    kinds = ArrayField(models.IntegerField())
    subscriptions = ArrayField(models.BigIntegerField())
    bases = ArrayField(models.BigIntegerField())
    parted = models.TextField(null=True)  # null costs nothing, and is nearly always there

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.pk)


class Mark(models.Model):
    """Where the trace begins to look for a sequence: a numbering of the subscription; the sequences that follow are in
    the same or one of the `STRIDE` numberings after it, or have a mark of their own."""

    pk = models.CompositePrimaryKey("subscription_id", "first_sequence")
    subscription_id = models.BigIntegerField()
    first_sequence = models.BigIntegerField()
    numbering_id = models.BigIntegerField()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.subscription_id}:{self.first_sequence}"


class TracedKey(models.Model):
    """A page that holds rows of a key: `key` is a hash of type, company and the key's handle (a voucher's number)."""

    pk = models.CompositePrimaryKey("key", "change_set_id", "first_row")
    key = models.BigIntegerField()
    change_set_id = models.BigIntegerField()
    first_row = models.PositiveIntegerField()
    numbering_id = models.BigIntegerField()

    class Meta:
        default_permissions = ()
        indexes = [models.Index(fields=["numbering_id"], name="traced_key_numbering")]  # the clean-up

    def __str__(self) -> str:
        return f"{self.change_set_id}.{self.first_row}"


class TraceState(models.Model):
    """How far the trace's index has come, and since when there is a trace. One row."""

    numbering_id = models.BigIntegerField(default=0)
    traced_since = models.DateTimeField(db_default=ClockTimestamp())

    class Meta:
        default_permissions = ()
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="trace_state_is_one_row")]

    def __str__(self) -> str:
        return str(self.numbering_id)


class BatchLog(models.Model):
    """A batch that was fetched with a key, and what became of it; the same batch again moves the last time.

    `kinds` are the types and companies of a batch that left something out, null of one that didn't. A batch that was
    acknowledged but whose fetch wasn't written down has no times of fetching.
    """

    class How(models.TextChoices):
        RECEIPT = "receipt", _("receipt")
        TAKE = "take", _("fetched and deleted in one step")

    subscription_id = models.BigIntegerField()
    epoch = models.PositiveIntegerField()
    first_sequence = models.BigIntegerField()
    last_sequence = models.BigIntegerField()
    rows = models.PositiveIntegerField()
    kinds = ArrayField(ArrayField(models.BigIntegerField(), size=2), null=True)
    kinds_hash = models.BigIntegerField()
    key_id = models.BigIntegerField(null=True)
    key_name = models.CharField(max_length=100)

    first_fetched_at = models.DateTimeField(null=True)
    last_fetched_at = models.DateTimeField(null=True)
    times = models.PositiveIntegerField()
    acknowledged_at = models.DateTimeField(null=True)
    acknowledged_rows = models.PositiveIntegerField(null=True)
    acknowledged_by = models.CharField(max_length=100)
    how = models.CharField(max_length=8, choices=How.choices, null=True)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["subscription_id", "epoch", "first_sequence", "last_sequence", "kinds_hash", "key_id"],
                nulls_distinct=False,
                name="batch_once",
            ),
        ]
        indexes = [
            models.Index(fields=["subscription_id", "id"], name="batch_latest"),  # a subscription's log, newest first
            # the trace: which batches held a sequence; subscriptions are kept apart by 2^40
            GistIndex(SPAN, name="batch_span"),
        ]

    def __str__(self) -> str:
        return f"{self.subscription_id}:{self.first_sequence}-{self.last_sequence}"


class LastFetch(models.Model):
    """When a subscription was last fetched, and with which key; it outlives the batches. An empty fetch counts."""

    subscription = models.OneToOneField(Subscription, models.CASCADE, primary_key=True, related_name="last_fetch")
    fetched_at = models.DateTimeField()
    key_id = models.BigIntegerField(null=True)
    key_name = models.CharField(max_length=100)
    rows = models.PositiveIntegerField()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.subscription_id} {self.fetched_at}"


class Removal(models.Model):
    """What left a queue unread; `change_sets` where only theirs did."""

    class Reason(models.TextChoices):
        PURGED = "purged", _("the queue was purged")
        OVERFLOW = "overflow", _("the queue was cut as it had grown beyond its limit")
        CANCELLED = "cancelled", _("the transfer was cancelled")
        RESTORED = "restored", _("the database was restored")
        DELETED = "deleted", _("the subscription was deleted")

    subscription_id = models.BigIntegerField()
    integration_id = models.CharField(max_length=64)
    removed_at = models.DateTimeField(db_default=ClockTimestamp())
    reason = models.CharField(max_length=16, choices=Reason.choices)
    by_id = models.BigIntegerField(null=True)
    by_name = models.CharField(max_length=150)
    epoch = models.PositiveIntegerField()
    first_sequence = models.BigIntegerField()
    last_sequence = models.BigIntegerField()
    rows = models.BigIntegerField()
    change_sets = ArrayField(models.BigIntegerField(), null=True)

    class Meta:
        default_permissions = ()
        # what was removed from a queue; removals are few
        indexes = [models.Index(fields=["subscription_id", "last_sequence"], name="removal_of_subscription")]

    def __str__(self) -> str:
        return f"{self.integration_id} {self.first_sequence}-{self.last_sequence}"


class Selection(models.Model):
    """What a subscription selected from one moment on: for the numberings after `valid_after`, until the next."""

    subscription_id = models.BigIntegerField()
    integration_id = models.CharField(max_length=64)
    name = models.CharField(max_length=200)
    active = models.BooleanField()
    types = ArrayField(models.PositiveSmallIntegerField())
    companies = ArrayField(models.BigIntegerField())
    negative_selection = models.BooleanField()
    own_changes = models.BooleanField()
    application_id = models.BigIntegerField()
    office_id = models.BigIntegerField(null=True)
    deleted = models.BooleanField(default=False)
    changed_at = models.DateTimeField(db_default=ClockTimestamp())
    valid_after = models.BigIntegerField()

    class Meta:
        default_permissions = ()
        # the selections in force at a numbering
        indexes = [models.Index(fields=["subscription_id", "valid_after", "id"], name="selection_in_force")]

    def __str__(self) -> str:
        return f"{self.integration_id} after {self.valid_after}"


class ClientChange(models.Model):
    """That a company became an office's client or left it: for the numberings after `valid_after`, until the next."""

    office_id = models.BigIntegerField()
    company_id = models.BigIntegerField()
    is_client = models.BooleanField()
    valid_after = models.BigIntegerField()

    class Meta:
        default_permissions = ()
        # the office's clients at a numbering
        indexes = [models.Index(fields=["office_id", "company_id", "valid_after", "id"], name="client_at_numbering")]

    def __str__(self) -> str:
        return f"{self.office_id} {self.company_id} after {self.valid_after}"
