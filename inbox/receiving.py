"""Taking a message in: stored outside the database, then noted in it, and only then is its sender told so."""

import contextlib
import dataclasses
import uuid
from collections.abc import Sequence

from django.db import transaction
from django.utils import timezone

from inbox import contents, storage
from inbox.models import InvoiceAddress, Mail
from inbox.storage import Envelope
from ledger.models import Company
from notices.turns import ask

TASK = "inbox.tasks.read"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Delivery:
    """Whom a message is for: a company at an address, or none where none could be told."""

    company: Company | None
    address: InvoiceAddress | None = None
    recipient: str = ""


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
    delivery = Delivery(company=company, address=address, recipient=recipient)
    return receive_all(content=content, deliveries=[delivery], source=source, sender=sender)[0]


def receive_all(*, content: bytes, deliveries: Sequence[Delivery], source: str, sender: str = "") -> list[Mail]:
    """Store a message once for several companies, as above: noted for all of them, or for none.

    Of one that couldn't be noted no envelope is left, if that can be: it would be taken for that of a lost message.
    """
    digest, now = storage.keep(content), timezone.now()
    mails = [
        Mail(
            uid=uuid.uuid4(),
            company=delivery.company,
            address=delivery.address,
            source=source,
            digest=digest,
            size=len(content),
            recipient=delivery.recipient[:320],
            envelope_sender=sender[:320],
            received_at=now,
        )
        for delivery in deliveries
    ]
    noted: list[Envelope] = []

    def have_read() -> None:
        for mail in mails:
            ask(TASK, mail)

    try:
        for mail in mails:
            storage.note(envelope_of(mail))
            noted.append(envelope_of(mail))
        with transaction.atomic():
            contents.refer_to({digest: content})
            for mail in mails:
                mail.save(force_insert=True)
            # They are promised by then: whatever asking meets, their sender isn't told to send again.
            transaction.on_commit(have_read, robust=True)
    except Exception:  # whatever it was: its sender is told to send again, and what was noted would be taken for lost
        with contextlib.suppress(OSError):
            for envelope in noted:
                storage.mail_storage().delete(envelope.path)
        raise
    return mails


def envelope_of(mail: Mail, *, write: uuid.UUID | None = None) -> Envelope:
    """What is kept of a message beside its content; `write` is the journal's name of the request that it came by."""
    return Envelope(
        uid=mail.uid,
        digest=mail.digest,
        size=mail.size,
        company=mail.company.number if mail.company else None,
        address=mail.recipient,
        sender=mail.envelope_sender,
        source=mail.source,
        received_at=mail.received_at,
        write=write,
    )
