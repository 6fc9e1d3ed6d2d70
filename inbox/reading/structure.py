"""How a message is built: its parts by their boundaries, in one pass a level, to a bounded depth and number."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from inbox.reading.fields import EndlessFields, Fields, named_file, read_fields
from inbox.reading.limits import Limits
from inbox.reading.names import ending
from inbox.reading.signed import content_of
from inbox.reading.transfer import decoded

LONGEST_BOUNDARY = 250
LONGEST_BOUNDARY_LINE = 500
SIGNED = {"application/pkcs7-mime", "application/x-pkcs7-mime"}
MESSAGES = {"message/rfc822", "message/global", "message/news"}


class RefusedMessage(Exception):
    """The message isn't read as a whole."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass
class Entity:
    """A message or a part of one: its head, and a body or further entities."""

    path: str
    fields: Fields
    media_type: str
    body: bytes = b""
    whole: bool = True  # the body could be decoded
    children: list["Entity"] = field(default_factory=list)
    message: "Entity | None" = None  # what a forwarded message is
    forwarded: int = 0  # messages around this

    def walk(self) -> Iterator["Entity"]:
        """This and all that is in it, in the order of the message."""
        yield self
        for child in self.children:
            yield from child.walk()
        if self.message:
            yield from self.message.walk()


def is_message(entity: Entity) -> bool:
    """Whether a part is a forwarded message; some programs attach one as a file."""
    return entity.media_type in MESSAGES or (ending(named_file(entity.fields)) == "eml" and bool(entity.body.strip()))


class Splitter:
    """Takes a message apart."""

    def __init__(self, content: bytes, limits: Limits) -> None:
        self.content = content
        self.limits = limits
        self.count = 0
        self.decoded = 0
        self.head = Fields(())

    def message(self) -> Entity:
        """The whole message."""
        return self._entity(self.content, 0, len(self.content), path="", default="text/plain", depth=0, forwarded=0)

    def _entity(
        self, content: bytes, start: int, end: int, *, path: str, default: str, depth: int, forwarded: int
    ) -> Entity:
        self.count += 1
        if self.count > self.limits.parts:
            raise RefusedMessage("too_many_parts")
        if depth > self.limits.depth:
            raise RefusedMessage("too_deep")
        try:
            fields, body = read_fields(content, start, end, self.limits)
        except EndlessFields as error:
            if self.count == 1:
                self.head = error.fields
            raise RefusedMessage("endless_headers") from None
        if self.count == 1:
            self.head = fields
        media_type = fields.word("content-type") or default
        entity = Entity(path, fields, media_type if "/" in media_type else default, forwarded=forwarded)
        if entity.media_type.startswith("multipart/"):
            self._split(entity, content, body, end, depth)
        if not entity.children:
            self._single(entity, content[body:end], depth)
        return entity

    def _split(self, entity: Entity, content: bytes, start: int, end: int, depth: int) -> None:
        boundary = entity.fields.parameters("content-type").get("boundary", "").rstrip()
        if not boundary or len(boundary) > LONGEST_BOUNDARY:
            return
        default = "message/rfc822" if entity.media_type == "multipart/digest" else "text/plain"
        pieces = pieces_between(content, start, end, b"--" + boundary.encode("utf-8", "replace"))
        for number, (first, last) in enumerate(pieces, 1):
            path = f"{entity.path}.{number}" if entity.path else str(number)
            entity.children.append(
                self._entity(
                    content, first, last, path=path, default=default, depth=depth + 1, forwarded=entity.forwarded
                )
            )

    def _single(self, entity: Entity, body: bytes, depth: int) -> None:
        entity.path = entity.path or "1"
        entity.body, entity.whole = decoded(body, entity.fields.word("content-transfer-encoding"))
        self.decoded += len(entity.body)
        if self.decoded > self.limits.unpacked:
            raise RefusedMessage("too_much_content")
        if entity.media_type in SIGNED and (signed := content_of(entity.body)):
            entity.body = b""
            entity.children.append(self._inside(entity, signed, depth, entity.forwarded))
        if not is_message(entity):
            return
        if entity.forwarded >= self.limits.forwarded:
            return  # stays a body: whoever meets it knows that it wasn't opened
        entity.message = self._inside(entity, entity.body, depth, entity.forwarded + 1)

    def _inside(self, entity: Entity, content: bytes, depth: int, forwarded: int) -> Entity:
        """What is wrapped up whole in the body of another."""
        path = f"{entity.path}.1"
        return self._entity(
            content, 0, len(content), path=path, default="text/plain", depth=depth + 1, forwarded=forwarded
        )


def pieces_between(content: bytes, start: int, end: int, delimiter: bytes) -> Iterator[tuple[int, int]]:
    """Where the parts begin and end; a last part that isn't closed ends where all ends."""
    begin: int | None = None
    for found in _lines_of(content, start, end, delimiter):
        newline = content.find(b"\n", found, end)
        after = content[found + len(delimiter) : min(newline if newline >= 0 else end, found + LONGEST_BOUNDARY_LINE)]
        if after.removeprefix(b"--").strip():
            continue
        if begin is not None:
            yield begin, _without_line_end(content, begin, found)
        if after.startswith(b"--"):
            return
        begin = newline + 1 if newline >= 0 else end
    if begin is not None:
        yield begin, end


def _lines_of(content: bytes, start: int, end: int, delimiter: bytes) -> Iterator[int]:
    """Where lines begin that begin so."""
    if content.startswith(delimiter, start, end):
        yield start
    found = content.find(b"\n" + delimiter, start, end)
    while found >= 0:
        yield found + 1
        found = content.find(b"\n" + delimiter, found + 1, end)


def _without_line_end(content: bytes, begin: int, end: int) -> int:
    """The line end before a boundary belongs to the boundary."""
    if end > begin and content[end - 1 : end] == b"\n":
        end -= 1
    if end > begin and content[end - 1 : end] == b"\r":
        end -= 1
    return end
