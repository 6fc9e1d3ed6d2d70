"""Working copies that are out, what came back of them, and what waits for somebody to choose."""

import uuid
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ledger.models import Company
from workcopies.exceptions import told
from workcopies.storage import CopyStorage


def _path(_row: models.Model, _name: str) -> str:
    """Where a file is kept: a name of our own, whatever the file's is."""
    return uuid.uuid4().hex


def _person(label: Any) -> "models.ForeignKey[Any, Any]":
    return models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, related_name="+", verbose_name=label, null=True, blank=True
    )


class WorkingCopy(models.Model):
    """One check-out; its file's manifest names it by `uid`."""

    class Status(models.TextChoices):
        WAITING = "waiting", _("waiting to be made")
        MAKING = "making", _("being made")
        OUT = "out", _("checked out")
        WITHDRAWN = "withdrawn", _("withdrawn")
        FAILED = "failed", _("broken off")

    UNFINISHED = (Status.WAITING, Status.MAKING)

    uid = models.UUIDField(_("identity"), default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(_("name"), max_length=200)
    companies: "models.ManyToManyField[Any, Any]" = models.ManyToManyField(
        Company, related_name="+", verbose_name=_("companies")
    )
    # First days of the financial years whose vouchers are in it, by company number; all years of a company without
    years: "models.JSONField[Any, Any]" = models.JSONField(_("financial years"), default=dict, blank=True)
    made_by = _person(_("checked out by"))
    made_by_name = models.CharField(_("checked out by"), max_length=150, blank=True)

    status = models.CharField(_("status"), max_length=16, choices=Status.choices, default=Status.WAITING)
    asked_at = models.DateTimeField(_("asked for"), default=timezone.now)
    made_at = models.DateTimeField(_("checked out"), null=True, blank=True)
    epoch = models.PositiveIntegerField(_("epoch"), default=1)
    position = models.PositiveBigIntegerField(default=0, editable=False)
    rows = models.PositiveBigIntegerField(_("rows"), default=0)
    rows_total = models.PositiveBigIntegerField(default=0, editable=False)
    size = models.PositiveBigIntegerField(_("size"), default=0)
    # What waits to be fetched by a browser; whoever asked over REST or by command has it already.
    file = models.FileField(_("file"), upload_to=_path, storage=CopyStorage(), blank=True, max_length=100)
    attempts = models.PositiveSmallIntegerField(default=0, editable=False)
    error: "models.JSONField[Any, Any]" = models.JSONField(null=True, blank=True, editable=False)
    fetched_at = models.DateTimeField(_("fetched"), null=True, blank=True)
    checked_in_at = models.DateTimeField(_("last checked in"), null=True, blank=True)
    withdrawn_at = models.DateTimeField(_("withdrawn"), null=True, blank=True)
    withdrawn_by = _person(_("withdrawn by"))
    withdrawn_by_name = models.CharField(_("withdrawn by"), max_length=150, blank=True)

    class Meta:
        verbose_name = _("working copy")
        verbose_name_plural = _("working copies")
        ordering = ("-id",)
        permissions = [("check_in", _("Can check in working copies"))]
        indexes = [  # what beat looks for, and the list of those that are out
            models.Index(fields=["id"], name="working_copy_unmade", condition=Q(status__in=["waiting", "making"])),
            models.Index(fields=["status", "-id"], name="working_copy_by_status"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def maker(self) -> str:
        """Who checked it out: a command does so for whoever runs the installation."""
        return self.made_by_name or str(_("the operator"))

    @property
    def reason(self) -> str:
        """Why it failed, in the language in force."""
        return told(self.error)

    @property
    def is_out(self) -> bool:
        """Whether it may be worked in and checked in."""
        return self.status == self.Status.OUT


class CheckIn(models.Model):
    """One file handed in: looked at, and landed where somebody said so."""

    class Status(models.TextChoices):
        WAITING = "waiting", _("waiting to be read")
        READING = "reading", _("being read")
        READY = "ready", _("read, not checked in")
        QUEUED = "queued", _("waiting to be checked in")
        LANDING = "landing", _("being checked in")
        DONE = "done", _("checked in")
        REFUSED = "refused", _("refused")
        FAILED = "failed", _("broken off")
        CANCELLED = "cancelled", _("cancelled")

    WORKING = (Status.WAITING, Status.READING, Status.QUEUED, Status.LANDING)
    UNFINISHED = (*WORKING, Status.READY)

    uid = models.UUIDField(_("identity"), default=uuid.uuid4, unique=True, editable=False)
    working_copy = models.ForeignKey(
        WorkingCopy, models.PROTECT, related_name="check_ins", verbose_name=_("working copy"), null=True, blank=True
    )
    by = _person(_("checked in by"))
    by_name = models.CharField(_("checked in by"), max_length=150, blank=True)
    via = models.CharField(_("by way of"), max_length=16, blank=True)  # admin, api, command
    name = models.CharField(_("file"), max_length=255, blank=True)
    size = models.PositiveBigIntegerField(_("size"), default=0)
    # The state that the file was in when it landed; null of one that has no log of its writes
    file_place = models.PositiveBigIntegerField(null=True, editable=False)
    file_mark = models.BigIntegerField(null=True, editable=False)
    file = models.FileField(_("file"), upload_to=_path, storage=CopyStorage(), blank=True, max_length=100)
    allow_deletions = models.BooleanField(_("many deletions are meant"), default=False)

    status = models.CharField(_("status"), max_length=16, choices=Status.choices, default=Status.WAITING)
    received_at = models.DateTimeField(_("received"), default=timezone.now)
    begun_at = models.DateTimeField(_("begun"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0, editable=False)
    language = models.CharField(max_length=8, blank=True, editable=False)  # what its reader is told in
    cancel_requested = models.BooleanField(default=False, editable=False)
    preview: "models.JSONField[Any, Any]" = models.JSONField(null=True, blank=True, editable=False)
    report: "models.JSONField[Any, Any]" = models.JSONField(null=True, blank=True, editable=False)
    error: "models.JSONField[Any, Any]" = models.JSONField(null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("check-in")
        verbose_name_plural = _("check-ins")
        ordering = ("-id",)
        indexes = [  # what beat looks for
            models.Index(
                fields=["id"],
                name="check_in_unfinished",
                condition=Q(status__in=["waiting", "reading", "ready", "queued", "landing"]),
            ),
        ]

    def __str__(self) -> str:
        return self.name or str(self.uid)

    @property
    def is_working(self) -> bool:
        """Whether a worker has something to do."""
        return self.status in self.WORKING

    @property
    def reason(self) -> str:
        """Why it failed, in the language in force."""
        return told(self.error)

    @property
    def is_finished(self) -> bool:
        """Whether nothing more will happen by itself or by confirmation."""
        return self.status not in self.UNFINISHED


class Landed(models.Model):
    """A document of a copy that was taken in: what both sides were when they last agreed, each in its own terms.

    `register` is the table of the document, `copy_key` its natural key in the copy as JSON, `server_key` the one that
    it has here: a voucher made in the copy got its number only then. None of `mine` or `theirs` is one that is gone.
    Each check-in has its own: two files that were copied from one may both be worked in, and each is compared with what
    landed of it. `made` is the mark that the file has of a row made in it.
    """

    working_copy = models.ForeignKey(WorkingCopy, models.CASCADE, related_name="landed", db_index=False)
    check_in = models.ForeignKey(CheckIn, models.PROTECT, related_name="landed")
    register = models.CharField(max_length=64)
    copy_key = models.CharField(max_length=300)
    server_key: "models.JSONField[Any, Any]" = models.JSONField()
    mine: "models.JSONField[Any, Any]" = models.JSONField(null=True)
    theirs: "models.JSONField[Any, Any]" = models.JSONField(null=True)
    made = models.BigIntegerField(null=True)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["working_copy", "register", "copy_key", "check_in"], name="landed_once_in_a_check_in"
            )
        ]

    def __str__(self) -> str:
        return f"{self.register} {self.copy_key}"


class Conflict(models.Model):
    """A document that both sides changed differently: nothing of either is lost while it waits, nor afterwards."""

    class Status(models.TextChoices):
        OPEN = "open", _("open")
        RESOLVED = "resolved", _("resolved")
        SUPERSEDED = "superseded", _("replaced by a later check-in")

    working_copy = models.ForeignKey(
        WorkingCopy, models.PROTECT, related_name="conflicts", verbose_name=_("working copy")
    )
    check_in = models.ForeignKey(CheckIn, models.PROTECT, related_name="conflicts", verbose_name=_("check-in"))
    company = models.ForeignKey(Company, models.PROTECT, related_name="+", verbose_name=_("company"))
    information_type = models.CharField(_("information type"), max_length=64)
    register = models.CharField(max_length=64, editable=False)
    copy_key = models.CharField(max_length=300, editable=False)
    key: "models.JSONField[Any, Any]" = models.JSONField(_("key"))
    # Whole documents, null for one that isn't there; `fields` names what differs, as the contract has it.
    base: "models.JSONField[Any, Any]" = models.JSONField(_("base"), null=True)
    mine: "models.JSONField[Any, Any]" = models.JSONField(_("mine"), null=True)
    theirs: "models.JSONField[Any, Any]" = models.JSONField(_("theirs"), null=True)
    # Mine as it stands in the file, numbers and rows as they are there: what the next check-in compares with.
    mine_in_copy: "models.JSONField[Any, Any]" = models.JSONField(null=True, editable=False)
    made = models.BigIntegerField(null=True, editable=False)  # as `Landed` has it
    fields: "models.JSONField[Any, Any]" = models.JSONField(default=dict)

    status = models.CharField(_("status"), max_length=16, choices=Status.choices, default=Status.OPEN)
    found_at = models.DateTimeField(_("found"), default=timezone.now)
    resolution: "models.JSONField[Any, Any]" = models.JSONField(null=True, blank=True)
    choices: "models.JSONField[Any, Any]" = models.JSONField(default=dict, blank=True)
    resolved_at = models.DateTimeField(_("resolved"), null=True, blank=True)
    resolved_by = _person(_("resolved by"))
    resolved_by_name = models.CharField(_("resolved by"), max_length=150, blank=True)

    class Meta:
        verbose_name = _("conflict")
        verbose_name_plural = _("conflicts")
        ordering = ("-id",)
        default_permissions = ("view", "change")
        indexes = [  # the admin's list: of a company, and of all
            models.Index(fields=["company", "status", "-id"], name="conflict_by_company"),
            models.Index(fields=["status", "-id"], name="conflict_by_status"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["working_copy", "register", "copy_key", "check_in"],
                name="conflict_open_once",
                condition=Q(status="open"),
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """The document as people know it: `A 17 (2024)`, `2001`."""
        match {name: value for name, value in self.key.items() if name != "company"}:
            case {"financial_year": year, "series": series, "number": number}:
                return f"{series or ''} {number} ({str(year)[:4]})".strip()
            case {**parts} if parts:
                return " ".join(str(value) for value in parts.values())
        return str(self.key.get("company", ""))
