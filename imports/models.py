"""Imports, from the file's arrival to its report."""

import uuid
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from imports.storage import ImportStorage
from ledger.models import Company


def path_of(_import: "FileImport", _name: str) -> str:
    """Where a file is kept: a name of our own, whatever the file's is."""
    return uuid.uuid4().hex


class FileImport(models.Model):
    class Status(models.TextChoices):
        WAITING = "waiting", _("waiting to be read")
        READING = "reading", _("being read")
        READY = "ready", _("read, not imported")
        QUEUED = "queued", _("waiting to be imported")
        IMPORTING = "importing", _("being imported")
        DONE = "done", _("imported")
        REFUSED = "refused", _("refused")
        FAILED = "failed", _("broken off")
        CANCELLED = "cancelled", _("cancelled")

    WORKING = (Status.WAITING, Status.READING, Status.QUEUED, Status.IMPORTING)
    UNFINISHED = (*WORKING, Status.READY)

    name = models.CharField(_("file"), max_length=255)
    size = models.PositiveBigIntegerField(_("size"))
    file = models.FileField(_("file"), upload_to=path_of, storage=ImportStorage(), blank=True, max_length=100)
    company_number = models.CharField(_("company number"), max_length=32, blank=True)
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, related_name="+", verbose_name=_("started by"), null=True
    )
    received_at = models.DateTimeField(_("received"), default=timezone.now)

    status = models.CharField(_("status"), max_length=16, choices=Status.choices, default=Status.WAITING)
    format = models.CharField(_("format"), max_length=8, blank=True)
    company = models.ForeignKey(
        Company, models.SET_NULL, related_name="+", verbose_name=_("company"), null=True, blank=True
    )
    vouchers = models.PositiveBigIntegerField(_("vouchers"), null=True)
    preview: models.JSONField[Any, Any] = models.JSONField(null=True, editable=False)
    report: models.JSONField[Any, Any] = models.JSONField(null=True, editable=False)
    error: models.JSONField[Any, Any] = models.JSONField(null=True, editable=False)
    cancel_requested = models.BooleanField(default=False, editable=False)
    attempts = models.PositiveSmallIntegerField(default=0, editable=False)
    begun_at = models.DateTimeField(_("begun"), null=True)
    finished_at = models.DateTimeField(_("finished"), null=True)

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        ordering = ("-id",)
        indexes = [
            # what beat looks for every few seconds, and the page of those under way
            models.Index(
                fields=["id"],
                name="import_unfinished",
                condition=Q(status__in=["waiting", "reading", "ready", "queued", "importing"]),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_working(self) -> bool:
        """Whether a worker has something to do."""
        return self.status in self.WORKING

    @property
    def is_finished(self) -> bool:
        """Whether nothing more will happen by itself or by confirmation."""
        return self.status not in self.UNFINISHED

    @property
    def can_run_again(self) -> bool:
        """Whether it ended without being imported and its file is still there."""
        return self.status in (self.Status.REFUSED, self.Status.FAILED) and bool(self.file)
