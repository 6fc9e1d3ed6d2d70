"""The files in a message, each looked into as far as its kind allows."""

import hashlib
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from inbox.formats import Invoice, UnreadableInvoice, read_all, recognise
from inbox.reading import kinds, pdfs, pictures
from inbox.reading.archives import ClosedArchive, Zip
from inbox.reading.exceptions import ReadingRefused
from inbox.reading.limits import Limits
from inbox.reading.names import ending, file_name
from inbox.reading.results import Part, Problem, Role
from inbox.reading.steps import Step, Steps
from inbox.reading.structure import RefusedMessage
from ledger.importing.messages import Message

KEPT: set[Role] = {"invoice", "attachment", "signature"}
SECONDS_FOR_TEXTS = 25.0  # of all PDFs of a message together
# Where a reading was lost, nothing of the file is used; a PDF whose text alone can't be had may have data.
FIRST_STEPS: Mapping[str, Step] = {"xml": "xml", "pdf": "pdf_data", "picture": "picture", "zip": "zip"}


@dataclass
class File:
    """A file, and what is known of it so far."""

    path: str
    name: str
    content: bytes
    declared: str
    container: str = ""
    scope: str = ""  # path of the message that it came in
    content_id: str = ""
    inline: bool = False

    media_type: str = ""
    family: kinds.Family = "ignored"
    role: Role = "attachment"
    reason: str = ""
    sha256: str = ""
    size: int = 0
    invoices: tuple[Invoice, ...] = ()
    data: "File | None" = None  # the XML in a PDF
    inside: list["File"] = field(default_factory=list)  # files in an XML or PDF
    texts: tuple[str, ...] = ()
    dimensions: tuple[int, int] | None = None

    @cached_property
    def squeezed(self) -> str:
        """The file's name and text, letters and digits alone."""
        return squeezed("\n".join((self.name, *self.texts)))

    def part(self) -> Part:
        """The file as it is told."""
        return Part(
            self.path,
            self.name,
            self.media_type,
            self.declared,
            self.size,
            self.sha256,
            self.role,
            self.reason,
            self.container,
        )


def technical(message: Message) -> str:
    """A message in English with its values: for a log, where no language is known."""
    values = {name: technical(value) if isinstance(value, Message) else value for name, value in message.values.items()}
    return message.text % values if values else message.text


def squeezed(text: str) -> str:
    """Letters and digits alone, in small letters."""
    return re.sub(r"[\W_]+", "", text).lower()


class Files:
    """All files of a message, in their order, within the bounds of one message."""

    def __init__(self, limits: Limits, steps: Steps | None = None) -> None:
        self.limits = limits
        self.steps = steps or Steps()
        self.found: list[File] = []
        self.problems: list[Problem] = []
        self.size = 0
        self.texts_until = time.monotonic() + SECONDS_FOR_TEXTS

    def add(self, file: File, *, archives: bool = True) -> File:
        """Look at a file, and into it; `archives` is off inside of an archive."""
        if len(self.found) >= self.limits.parts:
            raise RefusedMessage("too_many_parts")
        self.size += len(file.content)
        if self.size > self.limits.unpacked:
            raise RefusedMessage("too_much_content")
        self.found.append(file)
        file.size = len(file.content)
        file.sha256 = hashlib.sha256(file.content).hexdigest()
        file.media_type = kinds.media_type(file.content)
        file.family, reason = kinds.family(file.media_type, file.name)
        if not file.content:
            self._leave(file, "ignored", "empty")
        elif file.family in {"ignored", "refused"}:
            self._leave(file, "ignored" if file.family == "ignored" else "refused", reason)
        else:
            self._look_into(file, archives=archives)
        return file

    def keep(self, file: File, role: Role, media_type: str, reason: str = "") -> None:
        """Note a file without looking into it."""
        file.role, file.media_type, file.reason, file.size = role, media_type, reason, len(file.content)
        file.sha256 = hashlib.sha256(file.content).hexdigest()
        self.found.append(file)

    def _look_into(self, file: File, *, archives: bool) -> None:
        step = FIRST_STEPS.get(file.family)
        if step and (lost := self.steps.lost_at(file.path, step)):
            self._leave(file, "refused", lost)
            return
        match file.family:
            case "xml":
                self._xml(file)
            case "pdf":
                self._pdf(file)
            case "picture":
                with self.steps.at(file.path, "picture"):
                    file.dimensions = pictures.size(file.content)
                if file.dimensions is None:
                    self._leave(file, "refused", "damaged_picture")
                elif file.dimensions[0] * file.dimensions[1] > self.limits.picture_pixels:
                    self._leave(file, "refused", "too_large_picture")
            case "zip":
                self._zip(file, archives=archives)
            case "archive":
                self._leave(file, "refused", "archive_refused" if archives else "nested_archive")

    def _leave(self, file: File, role: Role, reason: str, detail: str = "") -> None:
        """The file isn't used."""
        file.role, file.reason = role, reason
        if role == "refused":
            self.problem(reason, file.path, detail)

    def problem(self, code: str, path: str, detail: str = "") -> None:
        """Note what wasn't read."""
        self.problems.append(Problem(code, path, detail[:500]))

    def _xml(self, file: File) -> None:
        """The invoices that stand in an XML file, and the files that came in them."""
        if len(file.content) > self.limits.xml:
            self._leave(file, "refused", "unreadable_invoice", "too large")
            return
        try:
            with self.steps.at(file.path, "xml"):
                known = recognise(file.content)
            if known is None or not known.is_read:
                self.problem("no_invoice_xml", file.path, technical(known.title) if known else "")
                return
            with self.steps.at(file.path, "xml"):
                file.invoices = read_all(file.content)
        except UnreadableInvoice as error:
            code = "hostile_xml" if error.code == "hostile_xml" else "unreadable_invoice"
            self._leave(
                file, "refused", code, f"{error.code} {error.field} line {error.line}: {technical(error.reason)}"
            )
            return
        number = 0
        for invoice in file.invoices:
            for attachment in invoice.attachments:
                number += 1
                if attachment.content:
                    file.inside.append(
                        self.add(self._in(file, number, attachment.name, attachment.content, attachment.media_type))
                    )

    def _in(self, file: File, number: int, name: str, content: bytes, declared: str = "") -> File:
        """A file in another."""
        path = f"{file.path}/{number}"
        return File(path, file_name(name), content, declared[:100], container=file.path, scope=file.scope)

    def _pdf(self, file: File) -> None:
        """The data in a PDF and its text. What one library can't open, the other may.

        Where reading its text was the end of an earlier reading, its data is all that is used of it.
        """
        try:
            with self.steps.at(file.path, "pdf_data"):
                embedded = pdfs.embedded_files(file.content, self.limits)
        except ReadingRefused as error:
            if error.code == "encrypted_pdf":
                self._leave(file, "refused", error.code)
                return
            self.problem(error.code, file.path, error.detail)
            embedded = []
        lost = self.steps.lost_at(file.path, "pdf_text")
        if not lost:
            self._text(file)
        if file.role == "refused":
            return
        for number, inside in enumerate(embedded, 1):
            found = self.add(self._in(file, number, inside.name, inside.content), archives=False)
            if found.invoices and file.data is None:
                file.data, file.invoices = found, found.invoices[:1]
                file.inside.extend(found.inside)
            else:
                file.inside.append(found)
        if lost and file.data:
            self.problem(lost, file.path)
        elif lost:
            self._leave(file, "refused", lost)

    def _text(self, file: File) -> None:
        if time.monotonic() > self.texts_until:
            return
        try:
            with self.steps.at(file.path, "pdf_text"):
                file.texts = pdfs.texts(file.content, self.limits)
        except ReadingRefused as error:
            self._leave(file, "refused", error.code, error.detail)

    def _zip(self, file: File, *, archives: bool) -> None:
        try:
            with self.steps.at(file.path, "zip"):
                opened = Zip(file.content, self.limits)
        except ClosedArchive as error:
            self._leave(file, "refused", error.code if archives else "nested_archive")
            return
        if office := opened.office_type:
            file.media_type = office
            if opened.macros or ending(file.name) in {"docm", "xlsm", "pptm", "xlsb", "dotm", "xltm", "xlam"}:
                self._leave(file, "ignored", "macros")
        elif opened.program:
            self._leave(file, "ignored", "executable")
        elif not archives:
            self._leave(file, "refused", "nested_archive")
        else:
            self._open(file, opened)

    def _open(self, file: File, opened: Zip) -> None:
        file.role = "container"
        try:
            with self.steps.at(file.path, "zip"):
                for number, (name, content) in enumerate(opened.files(), 1):
                    self.add(self._in(file, number, name, content), archives=False)
        except ClosedArchive as error:
            self._leave(file, "refused", error.code)

    def contents(self) -> Iterator[tuple[str, bytes]]:
        """What goes along with the answer: digest and bytes."""
        for file in self.found:
            if file.role in KEPT:
                yield file.sha256, file.content
