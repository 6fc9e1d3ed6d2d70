"""What a reading gives: plain data that a process hands to another, and the bytes of the files that matter."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from inbox.formats import Invoice

MessageKind = Literal["message", "bounce", "out_of_office", "automatic", "bulk"]
Role = Literal["body", "invoice", "attachment", "logo", "signature", "container", "ignored", "refused"]
CandidateKind = Literal["xml", "pdf_data", "pdf", "picture"]
Certainty = Literal["high", "medium", "low"]
ProposedField = Literal[
    "invoice_number",
    "invoice_date",
    "due_date",
    "amount",
    "vat_amount",
    "currency",
    "organisation_number",
    "vat_number",
    "bankgiro",
    "plusgiro",
    "iban",
    "payment_reference",
]


@dataclass(frozen=True)
class Address:
    """A person or mailbox as the message names it."""

    name: str
    address: str


@dataclass(frozen=True)
class Headers:
    """What the head of a message claims; all of it is the sender's word, made harmless as text."""

    message_id: str = ""
    subject: str = ""
    sender: Address | None = None
    recipients: tuple[Address, ...] = ()
    reply_to: Address | None = None
    date: dt.datetime | None = None
    in_reply_to: str = ""
    return_path: str | None = None
    kind: MessageKind = "message"


@dataclass(frozen=True)
class Part:
    """A file or text in a message. `path`: "2.1" as the message is built, "2.1/3" the third file inside of that."""

    path: str
    file_name: str
    media_type: str
    declared_type: str
    size: int
    sha256: str
    role: Role
    reason: str = ""
    container: str = ""


@dataclass(frozen=True)
class Proposal:
    """A value that stands in a text and may be the field's: for a person to look at, never taken as truth."""

    field: ProposedField
    value: str
    certainty: Certainty
    reason: str
    page: int
    excerpt: str


@dataclass(frozen=True)
class Candidate:
    """One possible invoice: what a person looks at, the data where there is some, and what belongs to it."""

    kind: CandidateKind
    document: str
    data: str | None = None
    invoice: Invoice | None = None
    attachments: tuple[str, ...] = ()
    proposals: tuple[Proposal, ...] = ()
    forwarded_from: Address | None = None


@dataclass(frozen=True)
class Forwarded:
    """A message inside of the message: attached at `path`, or quoted in the text (path "")."""

    path: str
    sender: Address | None
    subject: str
    date: dt.datetime | None = None
    message_id: str = ""


@dataclass(frozen=True)
class Problem:
    """What wasn't read, or not as it was meant. `detail` is technical text for whoever runs the server."""

    code: str
    path: str = ""
    detail: str = ""


@dataclass(frozen=True)
class ReadMessage:
    """A message, read. `refused` is the code of why it wasn't as a whole; its head is there as far as it goes."""

    headers: Headers
    text: str = ""
    text_cut: bool = False
    parts: tuple[Part, ...] = ()
    candidates: tuple[Candidate, ...] = ()
    forwarded: tuple[Forwarded, ...] = ()
    problems: tuple[Problem, ...] = ()
    refused: str = ""
    files: Mapping[str, bytes] = field(default_factory=dict, repr=False, compare=False)

    def part(self, path: str) -> Part:
        """The part at a path."""
        return next(part for part in self.parts if part.path == path)

    def content(self, path: str) -> bytes:
        """The bytes of an invoice, an attachment or a signature."""
        return self.files[self.part(path).sha256]
