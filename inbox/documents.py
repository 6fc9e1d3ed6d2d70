"""One document handed in at once, over REST or by a person: its invoice, or a refusal that leaves nothing."""

import hashlib
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from inbox import contents, landing, reading, reasons, receiving, storage, virus
from inbox.exceptions import DocumentRefused
from inbox.formats import Finding
from inbox.models import IncomingInvoice, Mail
from inbox.reading import ReadingUnavailable, ReadMessage
from inbox.reading.exceptions import ReadingError
from inbox.rules import DOES_NOT_FIT
from ledger.exceptions import DuplicateInvoice
from ledger.models import Company

State = IncomingInvoice.State


def read(*, content: bytes, file_name: str = "") -> ReadMessage:
    """Read a document, outside of any transaction: it may take a minute.

    Raises `DocumentRefused`; `ReadingUnavailable` and `ScannerAway` where it can't be read now.
    """
    try:
        name = virus.verdict(content)
    except virus.NotScanned as error:
        raise DocumentRefused(reasons.NOT_SCANNED, reasons.TEXTS[reasons.NOT_SCANNED]) from error
    if name is not None:
        raise DocumentRefused(reasons.VIRUS, reasons.told(reasons.kept(reasons.VIRUS, name=name)))
    try:
        message = reading.read_document(content, file_name=file_name)
    except ReadingUnavailable:
        raise
    except ReadingError as error:
        raise DocumentRefused(error.code, reasons.told(reasons.kept(error.code))) from error
    if message.refused:
        raise DocumentRefused(message.refused, reasons.told(reasons.kept(message.refused)))
    if not message.candidates:
        raise _refusal(message)
    if len(message.candidates) > 1:
        raise DocumentRefused("several_invoices", _("There is more than one invoice in it. Send each by itself."))
    storage.keep(content)
    landing.keep_files(message)
    return message


def _refusal(message: ReadMessage) -> DocumentRefused:
    """Why there is no invoice, with the line and the element for whoever made the document."""
    problem = next(iter(message.problems), None)
    code = problem.code if problem else reasons.NO_INVOICE
    told = [reasons.told(reasons.kept(code)), problem.detail if problem else ""]
    return DocumentRefused(code, " ".join(filter(None, told)))


@transaction.atomic
def take_in(
    *,
    company: Company,
    content: bytes,
    message: ReadMessage,
    source: str = Mail.Source.API,
    sender: str = "",
    may_wait: bool = False,
    write: UUID | None = None,
) -> IncomingInvoice:
    """Let a document that was read land: in the register, or with `may_wait` also as a duplicate or to be entered.

    `message` is what `read` gave, which has kept the bytes; `write` is what the journal calls the request. Raises
    `DuplicateInvoice` and `DocumentRefused`.
    """
    mail = Mail(
        company=company,
        source=source,
        digest=hashlib.sha256(content).hexdigest(),
        size=len(content),
        envelope_sender=sender[:320],
        received_at=timezone.now(),
        status=Mail.Status.READING,
    )
    contents.refer_to({mail.digest: content})
    mail.save(force_insert=True)
    (incoming,) = landing.land(mail=mail, message=message, at_once=True)
    if not may_wait:
        _check_entered(incoming)
    # The last word before the commit: what was refused isn't to be taken for lost after a backup is restored.
    storage.note(receiving.envelope_of(mail, write=write))
    return incoming


def _check_entered(incoming: IncomingInvoice) -> None:
    if incoming.state == State.DUPLICATE and incoming.repeats is not None:
        raise DuplicateInvoice(incoming.repeats)
    if incoming.state == State.DUPLICATE:
        raise DocumentRefused("waits_already", _("The same invoice is here already, and waits to be entered."))
    if incoming.state != State.ENTERED:
        kept = [Finding.from_json(one) for one in incoming.findings if one["rule"] == DOES_NOT_FIT]
        told = " ".join(str(finding.message) for finding in kept)
        raise DocumentRefused(DOES_NOT_FIT, told or _("There is no invoice with data in it."), kept)
