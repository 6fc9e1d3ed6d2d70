"""A message read: its head, its text, its files, and which of them may be invoices."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from inbox.formats import UnreadableInvoice, recognise
from inbox.reading import kinds, pictures, plaintext
from inbox.reading.candidates import candidates
from inbox.reading.fields import EndlessFields, named_file, read_fields
from inbox.reading.files import File, Files
from inbox.reading.heads import headers_of
from inbox.reading.limits import LIMITS, Limits
from inbox.reading.names import file_name
from inbox.reading.results import Address, Forwarded, Headers, Part, Problem, ReadMessage
from inbox.reading.steps import Steps
from inbox.reading.structure import SIGNED, Entity, RefusedMessage, Splitter, is_message
from inbox.reading.transfer import UU_BEGIN, uuencoded

BODIES = {"text/plain", "text/html"}
SIGNATURES = {"application/pkcs7-signature", "application/x-pkcs7-signature", "application/pgp-signature"}
MOST_UUENCODED = 20
SMALLEST_PICTURE = 150  # pixels in either direction: below it nothing can be read


@dataclass
class Body:
    """The texts of a message: its own, not those of what is forwarded in it."""

    plain: list[str] = field(default_factory=list)
    html: list[str] = field(default_factory=list)
    shown: set[str] = field(default_factory=set)  # content ids of the pictures that its HTML shows

    @property
    def text(self) -> str:
        """What is to be read: plain text where there is some."""
        return "\n\n".join(text for text in self.plain if text) or "\n\n".join(text for text in self.html if text)


def read_message(content: bytes, limits: Limits = LIMITS, steps: Steps | None = None) -> ReadMessage:
    """Read a mail."""
    splitter = Splitter(content, limits)
    files = Files(limits, steps)
    try:
        reader = _Reader(splitter.message(), files)
        reader.read()
        return reader.result(splitter)
    except RefusedMessage as error:
        problems = (*files.problems, Problem(error.code))
        return ReadMessage(headers_of(splitter.head), problems=problems, refused=error.code)


def read_document(content: bytes, name: str = "", limits: Limits = LIMITS, steps: Steps | None = None) -> ReadMessage:
    """Read one file that came by another way than mail."""
    files = Files(limits, steps)
    try:
        files.add(File("1", file_name(name), content, ""))
        found = candidates(files.found, {}, limits)
    except RefusedMessage as error:
        return ReadMessage(Headers(), problems=(*files.problems, Problem(error.code)), refused=error.code)
    return ReadMessage(
        Headers(),
        parts=tuple(file.part() for file in files.found),
        candidates=found,
        problems=tuple(files.problems),
        files=dict(files.contents()),
    )


def read_headers(content: bytes, limits: Limits = LIMITS) -> Headers:
    """The head of a message alone."""
    try:
        return headers_of(read_fields(content, 0, len(content), limits)[0])
    except EndlessFields as error:
        return headers_of(error.fields)


def is_text(body: bytes, declared: str) -> bool:
    """Whether a part that is said to be text is that: some programs put an invoice there."""
    found = kinds.media_type(body)
    if found != kinds.XML or declared == "text/html":
        return found in {kinds.TEXT, kinds.XML, kinds.OCTETS, "text/html"}
    try:
        known = recognise(body)
    except UnreadableInvoice:
        return False
    return known is None or not known.is_read


class _Reader:
    """Goes through the entities of a message."""

    def __init__(self, message: Entity, files: Files) -> None:
        self.message = message
        self.files = files
        self.texts: list[Part] = []
        self.bodies: dict[str, Body] = {}
        self.forwarded: list[Forwarded] = []
        self.senders: dict[str, Address | None] = {}

    def read(self) -> None:
        """Read all of it."""
        self._entity(self.message, "")
        for scope, body in self.bodies.items():
            quoted = list(plaintext.quoted(body.text))
            self.forwarded.extend(quoted)
            if quoted and scope not in self.senders:
                self.senders[scope] = quoted[0].sender
        for file in self.files.found:
            if file.family == "picture" and file.role == "attachment" and self._is_logo(file):
                file.role, file.reason = "logo", "small_picture"

    def _entity(self, entity: Entity, scope: str) -> None:
        if entity.message:
            self._forwarded(entity, entity.message)
        elif entity.children:
            for child in entity.children:
                self._entity(child, scope)
        elif not self._body(entity, scope):
            self._file(entity, scope)

    def _forwarded(self, entity: Entity, message: Entity) -> None:
        head = headers_of(message.fields)
        self.forwarded.append(Forwarded(entity.path, head.sender, head.subject, head.date, head.message_id))
        self.senders[entity.path] = head.sender
        name = named_file(entity.fields)
        self.texts.append(
            Part(entity.path, name, "message/rfc822", entity.media_type[:100], len(entity.body), "", "container")
        )
        self._entity(message, entity.path)

    def _body(self, entity: Entity, scope: str) -> bool:
        """Whether an entity is text for a reader rather than a file."""
        fields = entity.fields
        if entity.media_type not in BODIES or fields.word("content-disposition") == "attachment" or named_file(fields):
            return False
        if not is_text(entity.body, entity.media_type):
            return False
        charset = fields.parameters("content-type").get("charset", "")
        body = self.bodies.setdefault(scope, Body())
        rest = b"".join(self._without_uuencoded(entity, scope))
        if entity.media_type == "text/html":
            text, shown, right = plaintext.from_html(rest, charset)
            body.html.append(text)
            body.shown |= shown
        else:
            text, right = plaintext.plain(rest, charset)
            body.plain.append(text)
        if not right:
            self.files.problem("broken_charset", entity.path, charset[:60])
        if not entity.whole:
            self.files.problem("broken_transfer", entity.path)
        self.texts.append(
            Part(entity.path, "", entity.media_type, entity.media_type[:100], len(entity.body), "", "body")
        )
        return True

    def _without_uuencoded(self, entity: Entity, scope: str) -> Iterator[bytes]:
        """The text between files that an old program put into it; the files are taken out."""
        position = number = 0
        while number < MOST_UUENCODED and (begin := UU_BEGIN.search(entity.body, position)):
            content, whole, end = uuencoded(entity.body, begin.end())
            if not content:
                yield entity.body[position : begin.end()]
                position = begin.end()
                continue
            number += 1
            yield entity.body[position : begin.start()]
            position = end
            path = f"{entity.path}/{number}"
            name = file_name(begin[1].decode("utf-8", "replace"))
            self.files.add(File(path, name, content, "", container=entity.path, scope=scope))
            if not whole:
                self.files.problem("broken_transfer", path)
        yield entity.body[position:]

    def _file(self, entity: Entity, scope: str) -> None:
        fields = entity.fields
        file = File(
            entity.path,
            named_file(fields),
            entity.body,
            entity.media_type[:100],
            scope=scope,
            content_id=fields.identifier("content-id"),
            inline=fields.word("content-disposition") == "inline",
        )
        if entity.media_type in SIGNED or entity.media_type == "application/pgp-encrypted":
            self._closed(file, "encrypted_mail")
        elif is_message(entity):
            self._closed(file, "forwarded_too_deep")
        elif entity.media_type in SIGNATURES:
            self.files.keep(file, "signature", entity.media_type)
        elif entity.media_type.startswith("multipart/") and not entity.body.strip():
            return
        else:
            self.files.add(file)
        if not entity.whole and entity.body:
            self.files.problem("broken_transfer", entity.path)

    def _closed(self, file: File, reason: str) -> None:
        """A file that isn't looked into at all."""
        self.files.keep(file, "refused", file.declared, reason)
        self.files.problem(reason, file.path)

    def _is_logo(self, file: File) -> bool:
        """Whether a picture is one of a signature or letterhead rather than an invoice."""
        if file.dimensions and min(file.dimensions) < SMALLEST_PICTURE:
            return True
        shown = file.content_id and file.content_id in self.bodies.get(file.scope, Body()).shown
        banner = file.dimensions is not None and file.dimensions[0] > 3 * file.dimensions[1]
        return bool(shown or (file.inline and file.content_id)) and (pictures.logo(file.dimensions) or banner)

    def result(self, splitter: Splitter) -> ReadMessage:
        """All that was read."""
        limits = self.files.limits
        found = candidates(self.files.found, self.senders, limits)
        text = "\n\n".join(body.text for body in self.bodies.values() if body.text)
        order = {path: number for number, path in enumerate(entity.path for entity in self.message.walk())}
        parts = [*self.texts, *(file.part() for file in self.files.found)]
        parts.sort(key=lambda part: order.get(part.path.partition("/")[0], 0))
        return ReadMessage(
            headers_of(splitter.head),
            text=text[: limits.text],
            text_cut=len(text) > limits.text,
            parts=tuple(parts),
            candidates=found,
            forwarded=tuple(self.forwarded),
            problems=tuple(self.files.problems),
            refused="" if found else self._refused(),
            files=dict(self.files.contents()),
        )

    def _refused(self) -> str:
        """The reason where all that came is closed to us."""
        reasons = {file.reason for file in self.files.found if file.role == "refused"}
        others = any(file.role in {"attachment", "invoice"} for file in self.files.found)
        closed = reasons & {"encrypted_mail", "winmail_dat"}
        return closed.pop() if closed and reasons == closed and not others else ""
