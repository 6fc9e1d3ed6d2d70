"""How far the mailboxes are read that already were there."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class MailboxPosition(models.Model):
    """What of a mailbox has been taken in: every message up to a number, which only counts together with its validity
    (RFC 3501, 2.3.1.1)."""

    mailbox = models.CharField(_("mailbox"), max_length=500, unique=True)  # user@host/folder
    validity = models.BigIntegerField(_("validity of its numbers"))
    last_uid = models.BigIntegerField(_("last message"), default=0)
    # Stored, but perhaps not marked or moved yet
    to_mark = models.BigIntegerField(null=True, editable=False)
    # What was there when we first saw these numbers: of that we take what nobody has read, and after the server gave
    # other numbers, what came since we began
    before_us = models.BigIntegerField(default=0, editable=False)
    renumbered = models.BooleanField(default=False, editable=False)
    begun_at = models.DateTimeField(_("read since"), default=timezone.now)
    failing_since = models.DateTimeField(_("failing since"), null=True, editable=False)

    class Meta:
        verbose_name = _("position in a mailbox")
        verbose_name_plural = _("positions in mailboxes")
        ordering = ("mailbox",)
        default_permissions = ()

    def __str__(self) -> str:
        return self.mailbox
