"""The messages that came, and the files that were found in them; their bytes are in the mail storage."""

import uuid
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from inbox.models.portals import InvoiceAddress
from ledger.models import Company


class Mail(models.Model):
    """One message to one company, however it came; its envelope in the mail storage has the same `uid`."""

    class Source(models.TextChoices):
        SMTP = "smtp", _("mail")
        IMAP = "imap", _("mailbox")
        API = "api", _("REST")
        UPLOAD = "upload", _("uploaded")

    class Status(models.TextChoices):
        WAITING = "waiting", _("waiting to be read")
        READING = "reading", _("being read")
        READ = "read", _("read")
        QUARANTINED = "quarantined", _("in quarantine")
        REMOVED = "removed", _("removed from quarantine")

    UNFINISHED = (Status.WAITING, Status.READING)

    class Obstacle(models.TextChoices):
        STORAGE = "storage"
        SCANNER = "scanner"
        DATABASE = "database"
        READER = "reader"  # the process of its own

    uid = models.UUIDField(_("identity"), default=uuid.uuid4, unique=True, editable=False)
    # None where no company could be told; those who see the whole installation's mail see it.
    company = models.ForeignKey(
        Company, models.PROTECT, related_name="+", verbose_name=_("company"), null=True, blank=True
    )
    address = models.ForeignKey(
        InvoiceAddress, models.SET_NULL, related_name="+", verbose_name=_("address"), null=True, blank=True
    )
    source = models.CharField(_("came by"), max_length=8, choices=Source.choices, default=Source.SMTP)
    digest = models.CharField(_("content hash"), max_length=64)  # SHA-256 of the message, in hex
    size = models.PositiveBigIntegerField(_("size"))
    recipient = models.CharField(_("to"), max_length=320, blank=True)
    envelope_sender = models.CharField(_("envelope sender"), max_length=320, blank=True)
    received_at = models.DateTimeField(_("received"), default=timezone.now)

    # What its reading found
    message_id = models.CharField(_("Message-ID"), max_length=255, blank=True)
    subject = models.CharField(_("subject"), max_length=500, blank=True)
    sender = models.CharField(_("from"), max_length=500, blank=True)
    reply_to = models.CharField(_("reply to"), max_length=320, blank=True)
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)
    text = models.TextField(_("text"), blank=True)

    status = models.CharField(_("status"), max_length=16, choices=Status.choices, default=Status.WAITING)
    reason: "models.JSONField[Any, Any]" = models.JSONField(null=True, blank=True, editable=False)  # why in quarantine
    remarks: "models.JSONField[Any, Any]" = models.JSONField(default=list, blank=True, editable=False)
    attempts = models.PositiveSmallIntegerField(default=0, editable=False)
    # Nothing is wrong with it, and yet it can't be read: what is away, since when; and when it is tried again
    held_up_by = models.CharField(max_length=16, blank=True, editable=False)
    held_up_since = models.DateTimeField(null=True, editable=False)
    next_try_at = models.DateTimeField(null=True, editable=False)
    released = models.BooleanField(_("released"), default=False)  # read in spite of what was suspect
    settled_at = models.DateTimeField(_("settled"), null=True, blank=True)
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, related_name="+", verbose_name=_("settled by"), null=True, blank=True
    )
    duplicate_of = models.ForeignKey(
        "self", models.SET_NULL, related_name="duplicates", verbose_name=_("duplicate of"), null=True, blank=True
    )

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        ordering = ("-id",)
        default_permissions = ("view", "change")
        indexes = [
            # what beat looks for every few seconds
            models.Index(fields=["id"], name="mail_unfinished", condition=Q(status__in=["waiting", "reading"])),
            # the quarantine's list, and its number on the first page
            models.Index(fields=["company", "-id"], name="mail_quarantined", condition=Q(status="quarantined")),
            models.Index(fields=["company", "-id"], name="mail_by_company"),  # the list of a company's
            models.Index(fields=["status", "-id"], name="mail_by_status"),  # the list of all, those in quarantine first
            models.Index(fields=["company", "digest"], name="mail_by_digest"),  # the same message again
            models.Index(  # the same message again, changed on its way
                fields=["company", "message_id"], name="mail_by_message_id", condition=~Q(message_id="")
            ),
            models.Index(fields=["digest"], name="mail_content"),  # whether somebody still needs a content
        ]

    def __str__(self) -> str:
        return self.subject or self.sender or str(_("Message %(id)s")) % {"id": self.pk}

    def go_free(self) -> None:
        """Say, unsaved, that nothing holds it up any more."""
        self.held_up_by, self.held_up_since, self.next_try_at = "", None, None


class MailFile(models.Model):
    """A file of a message, in the mail storage by its content hash."""

    class Kind(models.TextChoices):
        INVOICE = "invoice", _("invoice")
        ATTACHMENT = "attachment", _("attachment")
        IGNORED = "ignored", _("ignored")

    mail = models.ForeignKey(Mail, models.CASCADE, related_name="files", verbose_name=_("message"))
    part = models.CharField(_("part"), max_length=64)  # where in the message: "2.1", "2.1/factur-x.xml"
    name = models.CharField(_("file"), max_length=255, blank=True)
    media_type = models.CharField(_("kind"), max_length=100)  # by its content, not by what the message says
    size = models.PositiveBigIntegerField(_("size"))
    digest = models.CharField(_("content hash"), max_length=64)
    kind = models.CharField(_("use"), max_length=16, choices=Kind.choices, default=Kind.ATTACHMENT)

    class Meta:
        verbose_name = _("file of a message")
        verbose_name_plural = _("files of messages")
        ordering = ("mail", "id")
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["mail", "part"], name="mail_file_once")]
        indexes = [models.Index(fields=["digest"], name="mail_file_content")]  # as above, and the same document again

    def __str__(self) -> str:
        return self.name or self.part
