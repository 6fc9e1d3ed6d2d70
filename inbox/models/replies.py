"""What senders of invoices are answered."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from inbox.models.invoices import IncomingInvoice
from notices.letters import LetterBase


class Reply(LetterBase):
    """An e-mail to who sent an invoice; `content` holds its subject, its text, and which message it answers."""

    incoming = models.ForeignKey(
        IncomingInvoice, models.CASCADE, related_name="replies", verbose_name=_("incoming invoice")
    )

    class Meta:
        default_permissions = ()
        indexes = [
            # letters to send, and those that could not be
            models.Index(fields=["created_at"], name="invoice_reply_unsent", condition=Q(sent_at=None)),
        ]
