"""What was taken in again after a database was restored, and what wasn't and why."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class TakingIn(models.Model):
    """That somebody asked for it; a worker does it, and goes on where another died."""

    class What(models.TextChoices):
        WRITES = "writes", _("writes over REST")
        MAILS = "mails", _("messages")
        ALL = "all", _("writes over REST and messages")

    class Status(models.TextChoices):
        WAITING = "waiting", pgettext_lazy("taking in", "waiting")
        RUNNING = "running", pgettext_lazy("taking in", "under way")
        DONE = "done", pgettext_lazy("taking in", "done")
        FAILED = "failed", pgettext_lazy("taking in", "broken off")

    WORKING = (Status.WAITING, Status.RUNNING)

    what = models.CharField(max_length=8, choices=What.choices)
    # Also the writes of which nobody knows whether they were ever done
    with_uncertain = models.BooleanField(default=False)
    since = models.DateField(null=True)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, related_name="+", null=True)
    asked_by_name = models.CharField(max_length=150)
    language = models.CharField(max_length=8, blank=True)  # of whoever asked, in which the report is
    asked_at = models.DateTimeField(default=timezone.now)

    status = models.CharField(max_length=8, choices=Status.choices, default=Status.WAITING)
    total = models.PositiveIntegerField(null=True)
    # Which worker it is of: who finds another number than its own leaves it
    attempts = models.PositiveSmallIntegerField(default=0)
    seen_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()
        ordering = ("-id",)
        constraints = [
            models.UniqueConstraint(
                models.Value(1), name="taking_in_one_at_a_time", condition=Q(status__in=["waiting", "running"])
            )
        ]

    def __str__(self) -> str:
        return f"{self.pk}"

    @property
    def is_working(self) -> bool:
        """Whether it isn't over."""
        return self.status in self.WORKING


class TakenIn(models.Model):
    """What became of one write or message, noted in the transaction that took it in."""

    class Kind(models.TextChoices):
        WRITE = "write", _("REST")
        MAIL = "mail", _("message")

    class Outcome(models.TextChoices):
        TAKEN_IN = "taken_in", _("taken in")
        MOVED = "moved", _("taken in, with another number")
        ANSWERED = "answered", _("was sent again already")
        REFUSED = "refused", _("not taken in")

    taking_in = models.ForeignKey(TakingIn, models.CASCADE, related_name="items")
    uid = models.UUIDField()
    kind = models.CharField(max_length=5, choices=Kind.choices)
    at = models.DateTimeField()
    who = models.CharField(max_length=320)
    subject = models.TextField()
    outcome = models.CharField(max_length=8, choices=Outcome.choices)
    reason = models.TextField(blank=True)
    # The addresses that its rows had, and those that they have now, where these differ
    then = models.JSONField(default=list)
    now = models.JSONField(default=list)

    class Meta:
        default_permissions = ()
        ordering = ("id",)
        constraints = [models.UniqueConstraint(fields=["taking_in", "uid"], name="taken_in_once")]

    def __str__(self) -> str:
        return f"{self.subject} {self.outcome}"
