"""Reports of integrations about rows that they couldn't use, and what became of each.

A report keeps what it needs of the row: it outlives the change sets of the trace.
"""

import json
from typing import Any

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from information_types import registry
from information_types.definition import InformationType
from ledger.models import Company
from revisions.models.outbox import ChangeSet
from subscriptions.models import Subscription

LONGEST_CODE = 64
LONGEST_MESSAGE = 2_000
LONGEST_NOTE = 500

code_form = RegexValidator(
    rf"^[A-Za-z0-9][A-Za-z0-9._:-]{{0,{LONGEST_CODE - 1}}}\Z",
    _("1 to 64 letters (a–z), digits, full stops, hyphens, underscores and colons; a letter or digit first."),
)


class Feedback(models.Model):
    """What one integration says of one revision that it was queued, under a code of its own; the same again moves
    `times` and `last_reported_at`."""

    class State(models.TextChoices):
        OPEN = "open", _("open")
        SENT_AGAIN = "sent_again", _("sent again")
        SETTLED = "settled", _("solved by a later change")
        DISMISSED = "dismissed", _("closed with a note")

    subscription = models.ForeignKey(
        Subscription, models.CASCADE, related_name="feedback", verbose_name=_("subscription")
    )
    sequence = models.BigIntegerField(_("sequence"))
    change_set_id = models.BigIntegerField(editable=False)
    row = models.PositiveIntegerField(editable=False)
    information_type = models.PositiveSmallIntegerField(_("information type"))
    company = models.ForeignKey(Company, models.PROTECT, related_name="+", verbose_name=_("company"))
    operation = models.CharField(_("event"), max_length=1, choices=ChangeSet.Operation.choices)
    changed_at = models.DateTimeField(_("changed at"))
    # The row as it was sent: one line of finished JSON, `data` or, of a deletion, the key alone
    line = models.TextField(editable=False)
    row_name = models.CharField(_("row"), max_length=300)

    code = models.CharField(_("code"), max_length=LONGEST_CODE, validators=[code_form])
    message = models.TextField(_("message"), max_length=LONGEST_MESSAGE)
    application_name = models.CharField(_("application"), max_length=200)
    key_name = models.CharField(_("API key"), max_length=100)
    reported_at = models.DateTimeField(_("first report"), default=timezone.now)
    last_reported_at = models.DateTimeField(_("last report"), default=timezone.now)
    times = models.PositiveIntegerField(_("times"), default=1)

    state = models.CharField(_("state"), max_length=16, choices=State.choices, default=State.OPEN)
    closed_at = models.DateTimeField(_("closed"), null=True)
    note = models.CharField(_("note"), max_length=LONGEST_NOTE, blank=True)
    looked_at = models.DateTimeField(default=timezone.now, editable=False)
    sent_sequence = models.BigIntegerField(_("sent again as sequence"), null=True)

    class Meta:
        verbose_name = _("reported row")
        verbose_name_plural = _("reported rows")
        ordering = ("-last_reported_at", "-id")
        default_permissions = ("view", "change")
        constraints = [
            models.UniqueConstraint(fields=["subscription", "change_set_id", "row", "code"], name="feedback_once"),
            models.CheckConstraint(
                condition=Q(state="open", closed_at=None) | (~Q(state="open") & Q(closed_at__isnull=False)),
                name="feedback_closed_has_a_time",
            ),
        ]
        indexes = [
            # what needs somebody: of a subscription, and how many they are
            models.Index(fields=["subscription", "-last_reported_at"], name="feedback_open", condition=Q(state="open")),
            # the integration's own list, newest first
            models.Index(fields=["subscription", "-id"], name="feedback_of_subscription"),
            # earlier reports of the same row
            models.Index(fields=["company", "information_type", "row_name"], name="feedback_of_row"),
            models.Index(fields=["change_set_id", "row"], name="feedback_of_revision"),  # the trace's page
            models.Index(fields=["-last_reported_at", "-id"], name="feedback_latest"),  # the list
            # the clean-up
            models.Index(fields=["closed_at"], name="feedback_closed", condition=~Q(state="open")),
        ]

    def __str__(self) -> str:
        return f"{self.subscription.integration_id}: {self.type.label} {self.row_name}"

    @property
    def type(self) -> InformationType:
        """The information type of the row."""
        return registry.by_number(self.information_type)

    @property
    def revision(self) -> str:
        """The name of the revision that it is about ("90211.4")."""
        return f"{self.change_set_id}.{self.row}"

    @cached_property
    def key(self) -> dict[str, Any]:
        """The row's key."""
        values = json.loads(self.line)
        return {name: values[name] for name in self.type.key}

    @property
    def data(self) -> dict[str, Any] | None:
        """The row as it was sent; None of a deletion."""
        found: dict[str, Any] | None = None
        if self.operation != ChangeSet.Operation.DELETED:
            found = json.loads(self.line)
        return found

    @property
    def answer(self) -> str | None:
        """The note with which it was dismissed."""
        return self.note or None

    @property
    def is_open(self) -> bool:
        """Whether it waits for somebody."""
        return self.state == self.State.OPEN


class FeedbackEvent(models.Model):
    """What happened to a report, in order."""

    class Kind(models.TextChoices):
        REPORTED = "reported", _("reported by the integration")
        SENT_AGAIN = "sent_again", _("sent again")
        SETTLED = "settled", _("solved by a later change")
        DISMISSED = "dismissed", _("closed with a note")
        REOPENED = "reopened", _("reported again: open again")

    feedback = models.ForeignKey(Feedback, models.CASCADE, related_name="events")
    at = models.DateTimeField(default=timezone.now)
    kind = models.CharField(max_length=16, choices=Kind.choices)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, related_name="+", null=True)
    by_name = models.CharField(max_length=150, blank=True)
    note = models.CharField(max_length=LONGEST_NOTE, blank=True)
    sequence = models.BigIntegerField(null=True)

    class Meta:
        default_permissions = ()
        ordering = ("at", "id")

    def __str__(self) -> str:
        return f"{self.feedback_id} {self.kind}"
