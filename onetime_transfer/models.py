"""Transfers, and what each of their chunks brought."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q, Sum
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from information_types import registry
from information_types.definition import InformationType
from ledger.models import Company
from subscriptions.models import Subscription

SILENT_AFTER = timedelta(seconds=15)


class Transfer(models.Model):
    class Status(models.TextChoices):
        QUEUED = "queued", _("waiting")
        RUNNING = "running", _("running")
        PAUSED = "paused", _("paused")
        DONE = "done", _("done")
        FAILED = "failed", _("failed")
        CANCELLED = "cancelled", _("cancelled")

    UNFINISHED = (Status.QUEUED, Status.RUNNING, Status.PAUSED)

    subscription = models.ForeignKey(
        Subscription, models.CASCADE, related_name="transfers", verbose_name=_("subscription")
    )
    information_type = models.PositiveSmallIntegerField(_("information type"))
    company = models.ForeignKey(
        Company, models.PROTECT, related_name="+", verbose_name=_("company"), null=True, blank=True
    )
    # Where it is of more than one and not of all
    companies = models.ManyToManyField(
        Company, through="TransferCompany", related_name="+", verbose_name=_("companies"), blank=True
    )
    parameters = models.JSONField(_("parameters"), default=dict, blank=True)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, related_name="+", verbose_name=_("requested by"), null=True
    )
    requested_at = models.DateTimeField(_("requested"), default=timezone.now)

    status = models.CharField(_("status"), max_length=16, choices=Status.choices, default=Status.QUEUED)
    rows_done = models.BigIntegerField(_("rows transferred"), default=0)
    rows_total = models.BigIntegerField(_("rows in all"), default=0)
    position: models.JSONField[Any, Any] = models.JSONField(null=True, editable=False)
    units_per_chunk = models.PositiveIntegerField(default=2_000, editable=False)
    rows_taken_back = models.BigIntegerField(_("rows taken back"), default=0)
    error = models.TextField(_("error"), blank=True)
    started_at = models.DateTimeField(_("started"), null=True)
    finished_at = models.DateTimeField(_("finished"), null=True)
    heartbeat_at = models.DateTimeField(null=True, editable=False)
    seconds_running = models.FloatField(_("duration"), default=0)
    rows_per_second = models.FloatField(default=0, editable=False)
    # Number, name and rows of each company, written down at the end: chunks are many
    counts: models.JSONField[Any, Any] = models.JSONField(default=list, editable=False)

    class Meta:
        verbose_name = _("one-off transfer")
        verbose_name_plural = _("one-off transfers")
        ordering = ("-requested_at", "-id")
        constraints = [
            models.UniqueConstraint(
                fields=["subscription"], condition=Q(status="running"), name="one_transfer_runs_per_subscription"
            ),
        ]
        indexes = [
            # what beat looks for every few seconds: transfers to start or to take up again
            models.Index(fields=["id"], name="transfer_unfinished", condition=Q(status__in=["queued", "running"])),
            # the rate of earlier ones, from which a new one's duration is told
            models.Index(fields=["information_type", "-id"], name="transfer_rate", condition=Q(status="done")),
        ]

    def __str__(self) -> str:
        return f"{self.subscription.integration_id}: {self.type.label}"

    @property
    def type(self) -> InformationType:
        """The information type that is transferred."""
        return registry.by_number(self.information_type)

    @property
    def is_finished(self) -> bool:
        """Whether nothing more will happen."""
        return self.status not in self.UNFINISHED

    @property
    def seconds_left(self) -> float | None:
        """How long it still takes at the rate of late; None while that isn't known."""
        left = self.rows_total - self.rows_done
        if self.status != self.Status.RUNNING or left <= 0 or self.rows_per_second <= 0:
            return None
        return left / self.rows_per_second

    @property
    def is_silent(self) -> bool:
        """Whether it should run and nothing has been heard of it for a while: its worker is gone, or waits."""
        heard = self.heartbeat_at or self.requested_at
        return self.status == self.Status.RUNNING and heard < timezone.now() - SILENT_AFTER

    @property
    def progress(self) -> float:
        """How far it has come, 0 to 1; rows added meanwhile never take it beyond."""
        if self.status == self.Status.DONE:
            return 1.0
        return min(self.rows_done / self.rows_total, 1.0) if self.rows_total else 0.0

    @property
    def message(self) -> str:
        """What to tell whoever asked for it, in the language in force."""
        match self.status:
            case self.Status.DONE:
                return gettext("The transfer is done")
            case self.Status.FAILED:
                return self.error
            case _:
                return str(self.get_status_display())

    def rows_by_company(self, companies: Sequence[int] = ()) -> list[tuple[str, str, int]]:
        """Number and name of each company, and the rows brought of it; those of `companies` also where it is none."""
        brought = dict(self.chunks.values_list("company").annotate(rows=Sum("row_count")))
        known = Company.objects.filter(pk__in={*brought, *companies}).order_by("number")
        return [(company.number, company.name, brought.get(company.pk, 0)) for company in known]


class TransferCompany(models.Model):
    """A company that a transfer of some is of."""

    transfer = models.ForeignKey(Transfer, models.CASCADE, related_name="transfer_companies")
    company = models.ForeignKey(Company, models.PROTECT, related_name="+")

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["transfer", "company"], name="transfer_company_once")]

    def __str__(self) -> str:
        return f"{self.transfer_id} {self.company_id}"


class Chunk(models.Model):
    """One change set that a transfer wrote: which rows of a queue it brought, so that they can be taken back."""

    transfer = models.ForeignKey(Transfer, models.CASCADE, related_name="chunks")
    change_set_id = models.BigIntegerField()
    company = models.ForeignKey(Company, models.PROTECT, related_name="+")
    row_count = models.PositiveIntegerField()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.transfer_id} {self.change_set_id}"
