"""Which installation this database is of, and when it was found to be an older one than was known outside."""

import uuid

from django.db import models
from django.db.models import Q

from revisions.models.trace import ClockTimestamp


class Installation(models.Model):
    """This installation, wherever its database is moved to. One row.

    `epoch` rises with each restored database, `queue_epoch` is what a queue opened from now on begins with: both above
    whatever was given out before. Change sets up to `cleaned_up_to`, of times up to `cleaned_up_at`, may be gone
    because nobody needed them any more; any other that is missing was never in this database's past.
    """

    uid = models.UUIDField(default=uuid.uuid4)
    epoch = models.PositiveIntegerField(default=1)
    queue_epoch = models.PositiveIntegerField(default=1)
    cleaned_up_to = models.BigIntegerField(default=0)
    cleaned_up_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="installation_is_one_row")]

    def __str__(self) -> str:
        return f"{self.uid} {self.epoch}"


class Restoration(models.Model):
    """That the database became an older one: what was known of the lost one, what was found instead, and since when it
    is in order. `epoch` is the installation's from then on."""

    class How(models.TextChoices):
        FOUND = "found", "found by a mark"
        TOLD = "told", "told by a person"

    epoch = models.PositiveIntegerField(unique=True)
    how = models.CharField(max_length=8, choices=How.choices)
    found_at = models.DateTimeField(db_default=ClockTimestamp())
    # The highest change set known outside, null where none was; when the last change was made, of a register or of a
    # setting; and when that was written down
    lost_change_set = models.BigIntegerField(null=True)
    lost_changed_at = models.DateTimeField(null=True)
    marked_at = models.DateTimeField(null=True)
    # The same as it was found in the database
    last_change_set = models.BigIntegerField(null=True)
    last_changed_at = models.DateTimeField(null=True)

    settled_at = models.DateTimeField(null=True)
    settled_by = models.CharField(max_length=150, blank=True)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.epoch)
