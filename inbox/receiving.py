"""Taking a message in: stored outside the database, then noted in it, and only then is its sender told so."""

import uuid

from django.db import transaction
from django.utils import timezone

from inbox import storage
from inbox.models import InvoiceAddress, Mail
from inbox.storage import Envelope
from ledger.models import Company
from notices.turns import ask

TASK = "inbox.tasks.read"


def receive(
    *,
    content: bytes,
    company: Company | None,
    source: str,
    address: InvoiceAddress | None = None,
    recipient: str = "",
    sender: str = "",
) -> Mail:
    """Store a message for a company, byte for byte, and have it read; when this returns, it is safe.

    The content stands in the storage before its envelope, and that before the row: whatever dies in between, nothing
    that was promised is lost, and what was not promised is at most stored in vain. Raises OSError where the storage
    can't take it, and Django's database errors.
    """
    mail = Mail(
        uid=uuid.uuid4(),
        company=company,
        address=address,
        source=source,
        digest=storage.keep(content),
        size=len(content),
        recipient=recipient[:320],
        envelope_sender=sender[:320],
        received_at=timezone.now(),
    )
    storage.note(envelope_of(mail))
    with transaction.atomic():
        mail.save(force_insert=True)
        transaction.on_commit(lambda: ask(TASK, mail))
    return mail


def envelope_of(mail: Mail) -> Envelope:
    """What is kept of a message beside its content."""
    return Envelope(
        uid=mail.uid,
        digest=mail.digest,
        size=mail.size,
        company=mail.company.number if mail.company else None,
        address=mail.recipient,
        sender=mail.envelope_sender,
        source=mail.source,
        received_at=mail.received_at,
    )
