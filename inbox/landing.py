"""What was read of a message becomes rows: its files, its invoices, and for those with data the register's.

All in the transaction of the caller, in the company's turn; the files' bytes stand in the storage before.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django.utils import timezone

from inbox import contents, duplicates, entering, quarantine, reasons, rules, storage, suppliers
from inbox.checks import check
from inbox.formats import Finding, Invoice
from inbox.formats.numbers import normal_organisation_number
from inbox.found import Found, found_for
from inbox.models import IncomingInvoice, Mail, MailFile
from inbox.reading import ReadMessage
from inbox.reading.results import Candidate, Headers, Part
from ledger.importing.messages import message as _
from ledger.models import Company
from ledger.services.values import UNSTORABLE

Kind = MailFile.Kind
State = IncomingInvoice.State

KINDS = {"invoice": Kind.INVOICE, "attachment": Kind.ATTACHMENT}
LEFT_OUT = {"body", "container"}
MESSAGE = "message"  # the format of what has no file that could be looked at
LONGEST_PART = MailFile._meta.get_field("part").max_length or 0
LONGEST_TEXT = 100_000
UNOPENED = {"outlook_message"}
PICTURES = {"damaged_picture", "too_large_picture", "heic"}  # beside an invoice most likely logos
MOST_TOLD = 5


def keep_files(message: ReadMessage) -> None:
    """Keep the bytes of what will be referred to, before anything refers to it. Raises OSError."""
    for part in message.parts:
        if part.role in KINDS:
            storage.keep(message.content(part.path))


def land(*, mail: Mail, message: ReadMessage, at_once: bool = False) -> list[IncomingInvoice]:
    """Give a message, locked, what was found in it; one without invoices goes to quarantine unless it was released.

    What is handed in `at_once` never does: whoever does it is there to be told.
    """
    note_headers(mail, message.headers)
    mail.text = storable(message.text)[:LONGEST_TEXT]
    mail.remarks = storable([{"code": one.code, "path": one.path, "detail": one.detail} for one in message.problems])
    mail.duplicate_of = duplicates.earlier_mail(mail) if mail.company_id else None
    reason = None if mail.released or at_once else _in_the_way(mail, message)
    if mail.company is None or reason is not None:
        _files(mail, message)
        quarantine.put(mail=mail, reason=reason or reasons.kept(reasons.UNKNOWN_COMPANY))
        return []
    files = _files(mail, message)  # whatever the storage is asked for, nobody waits for the turn meanwhile
    entering.lock(mail.company)
    known = found_for(company=mail.company, digests=(file.digest for file in files.values()))
    invoices = [
        _incoming(mail, message, candidate, files, position=position, known=known)
        for position, candidate in enumerate(message.candidates, 1)
    ] or [_to_enter(mail, message.headers, files)]
    _attach(zip(invoices, message.candidates, strict=False), files)
    finish(mail)
    return invoices


def land_unread(*, mail: Mail, headers: Headers | None = None) -> IncomingInvoice:
    """Give a released message that can't be read the invoice that a person enters from it.

    Without `headers`, where not even those may be read, what is known of them stays.
    """
    if headers is not None:
        note_headers(mail, headers)
    mail.files.all().delete()
    incoming = _to_enter(mail, headers or Headers(), {})
    finish(mail)
    return incoming


def note_headers(mail: Mail, headers: Headers) -> None:
    """Say, unsaved, what the message's head claims."""
    sender, reply_to = headers.sender, headers.reply_to
    mail.message_id = storable(headers.message_id)[:255]
    mail.subject = storable(headers.subject)[:500]
    mail.sender = storable(f"{sender.name} <{sender.address}>".strip() if sender and sender.name else _address(sender))
    mail.sender = mail.sender[:500]
    mail.reply_to = storable(_address(reply_to))[:320]
    mail.sent_at = headers.date


def finish(mail: Mail) -> None:
    """Say that a message is read."""
    mail.status, mail.reason = Mail.Status.READ, None
    mail.go_free()
    mail.settled_at = timezone.now()
    mail.save()


def storable(value: Any) -> Any:
    """A text, or whatever JSON holds, without what the database can't keep."""
    match value:
        case str():
            return UNSTORABLE.sub("\N{REPLACEMENT CHARACTER}", value)
        case dict():
            return {storable(name): storable(member) for name, member in value.items()}
        case list() | tuple():
            return [storable(member) for member in value]
        case _:
            return value


def _in_the_way(mail: Mail, message: ReadMessage) -> dict[str, Any] | None:
    """Why a person should look at a message before anything comes of it."""
    if mail.company is not None and not mail.company.active:
        return reasons.kept(reasons.COMPANY_INACTIVE)
    if message.headers.kind == "bounce":
        return reasons.kept(reasons.BOUNCE)
    if message.refused:
        return reasons.kept(message.refused)
    if message.candidates:
        return None
    if message.headers.kind in {"automatic", "out_of_office"}:
        return reasons.kept(reasons.AUTOMATIC)
    telling = (problem.code for problem in message.problems if problem.code not in HARMLESS)
    return reasons.kept(next(telling, reasons.NO_INVOICE))


# Problems that don't explain why there is no invoice
HARMLESS = {"broken_charset", "broken_transfer", "small_picture", "html", "empty", "no_invoice_xml", "unknown_type"}


def _files(mail: Mail, message: ReadMessage) -> dict[str, MailFile]:
    """The message's files by their places in it."""
    mail.files.all().delete()  # of an earlier reading, before it was released
    parts = [part for part in message.parts if part.role not in LEFT_OUT]
    contents.refer_to({part.sha256: message.content(part.path) for part in parts if part.role in KINDS})
    made = MailFile.objects.bulk_create(_file(mail, part) for part in parts)
    return {part.path: file for part, file in zip(parts, made, strict=True)}


def _file(mail: Mail, part: Part) -> MailFile:
    return MailFile(
        mail=mail,
        part=_place(part.path),
        name=storable(part.file_name)[:255],
        media_type=part.media_type[:100],
        size=part.size,
        digest=part.sha256,
        kind=KINDS.get(part.role, Kind.IGNORED),
    )


def _place(path: str) -> str:
    if len(path) <= LONGEST_PART:
        return path
    return f"{path[: LONGEST_PART - 17]}~{hashlib.sha256(path.encode()).hexdigest()[:16]}"


def _incoming(
    mail: Mail,
    message: ReadMessage,
    candidate: Candidate,
    files: Mapping[str, MailFile],
    *,
    position: int,
    known: Found,
) -> IncomingInvoice:
    invoice = candidate.invoice
    seller = invoice.seller.display_name if invoice else ""
    sent_by = candidate.forwarded_from or message.headers.sender
    findings = [
        *_unread(message),
        *_unopened(message, candidate),
        *(_misaddressed(mail.company, invoice) if invoice else ()),
    ]
    findings += check(invoice) if invoice else ()
    incoming = IncomingInvoice(
        company=mail.company,
        mail=mail,
        position=position,
        document=files.get(candidate.document),
        format=invoice.format if invoice else candidate.kind,
        content=storable(invoice.to_json()) if invoice else None,
        findings=[storable(found.to_json()) for found in findings],
        proposals=[storable(_proposal(proposal)) for proposal in candidate.proposals],
        invoice_number=storable(invoice.number)[:64] if invoice else "",
        sender_name=storable(seller or (sent_by.name or sent_by.address if sent_by else ""))[:200],
        received_at=mail.received_at,
    )
    if invoice is not None:
        entering.land(incoming, invoice, known)
    else:
        _suspect_account(incoming)
        if incoming.document is not None:
            _link_document(incoming, incoming.document)
        incoming.save()
    return incoming


def _unread(message: ReadMessage) -> Iterator[Finding]:
    """What came beside and can't be read, which may be an invoice that nobody would see otherwise."""
    unread = [part for part in message.parts if part.role == "refused" or part.reason in UNOPENED]
    for part in [part for part in unread if part.reason not in PICTURES][:MOST_TOLD]:
        name = part.file_name or part.path
        text = _("Another file of the message couldn't be read, and may be an invoice as well: %(name)s.")
        yield rules.finding("warning", rules.UNREAD_FILE, "", text % {"name": name}, value=name)


def _unopened(message: ReadMessage, candidate: Candidate) -> Iterator[Finding]:
    """That only the data in a PDF could be read: what its pages show, nobody has seen."""
    if any(one.path == candidate.document and one.code.startswith("reading_died") for one in message.problems):
        text = _("The PDF broke the program that read it. What stands here is the data in it; its pages weren't read.")
        yield rules.finding("warning", rules.UNOPENED_DOCUMENT, "", text)


def _misaddressed(company: Company | None, invoice: Invoice) -> Iterator[Finding]:
    """That the invoice names another buyer than the company that it was sent to."""
    stated = suppliers.stated_by_party(invoice.buyer)[suppliers.ORGANISATION_NUMBER]
    own = normal_organisation_number(company.organisation_number) if company else ""
    if own and stated and own not in stated:
        numbers = ", ".join(sorted(stated))
        text = _("The invoice is to %(buyer)s (%(numbers)s), not to this company (%(own)s).")
        values = {"buyer": invoice.buyer.display_name, "numbers": numbers, "own": own}
        yield rules.finding("warning", rules.BUYER_DIFFERS, "buyer.organisation_number", text % values, value=numbers)


def _suspect_account(incoming: IncomingInvoice) -> None:
    """Say, unsaved, where the text of a document names another account than those whom it may be of have."""
    accounts = [one["value"] for one in incoming.proposals if one["field"] in suppliers.ACCOUNTS]
    if not accounts:
        return
    found = suppliers.suggested_account_findings(
        suppliers=suppliers.suggest(incoming=incoming), accounts=accounts, severity="warning"
    )
    if found:
        incoming.findings = rules.renewed(incoming.findings, found)


def _link_document(incoming: IncomingInvoice, document: MailFile) -> None:
    repeat = duplicates.find_document(company=incoming.company, document=document, invoice=None, mail=incoming.mail)
    if repeat is not None:
        entering.link(incoming, repeat)


def _attach(invoices: Iterable[tuple[IncomingInvoice, Candidate]], files: Mapping[str, MailFile]) -> None:
    """Let files belong to the invoices beside which they came, of all at once."""
    link = IncomingInvoice.attachments.through
    link._default_manager.bulk_create(
        link(incominginvoice=incoming, mailfile=file)
        for incoming, candidate in invoices
        for file in _attachments(candidate, files)
    )


def _attachments(candidate: Candidate, files: Mapping[str, MailFile]) -> list[MailFile]:
    """What belongs to an invoice beside its document: among it the data that stood inside of a PDF."""
    paths = dict.fromkeys((candidate.data or "", *candidate.attachments))
    kept = (files[path] for path in paths if path in files and path != candidate.document)
    return [file for file in kept if file.kind != Kind.IGNORED]


def _to_enter(mail: Mail, headers: Headers, files: Mapping[str, MailFile]) -> IncomingInvoice:
    sender = headers.sender
    incoming = IncomingInvoice.objects.create(
        company_id=mail.company_id or 0,
        mail=mail,
        format=MESSAGE,
        sender_name=storable(sender.name or sender.address if sender else mail.sender or mail.envelope_sender)[:200],
        received_at=mail.received_at,
    )
    incoming.attachments.set(file for file in files.values() if file.kind != Kind.IGNORED)
    return incoming


def _proposal(proposal: Any) -> dict[str, Any]:
    names = ("field", "value", "certainty", "reason", "page", "excerpt")
    return {name: getattr(proposal, name) for name in names}


def _address(found: Any) -> str:
    return found.address if found else ""
