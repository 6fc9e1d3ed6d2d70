"""Which files of a message may be invoices, and which belong to one as attachments. Pure: files in, candidates out."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from inbox.formats import Invoice
from inbox.reading.files import File, squeezed
from inbox.reading.limits import Limits
from inbox.reading.proposals import propose, speaks_of_an_invoice
from inbox.reading.results import Address, Candidate, CandidateKind
from inbox.reading.structure import RefusedMessage

SHORTEST_NUMBER = 4  # an invoice number shorter than this stands in any text by chance


@dataclass
class _Draft:
    """A candidate being put together."""

    kind: CandidateKind
    document: File
    data: File | None = None
    invoice: Invoice | None = None
    attachments: list[str] = field(default_factory=list)

    def take(self, file: File) -> None:
        """Let a file belong to this invoice."""
        if file.path not in self.attachments and file is not self.document and file is not self.data:
            self.attachments.append(file.path)

    def names(self, file: File) -> bool:
        """Whether a file speaks of this invoice's number, by its name or text."""
        number = squeezed(self.invoice.number) if self.invoice else ""
        if len(number) < SHORTEST_NUMBER:
            return self.data is not None and stem(file) == stem(self.data)
        return number in file.squeezed


def candidates(files: Iterable[File], senders: Mapping[str, Address | None], limits: Limits) -> tuple[Candidate, ...]:
    """The possible invoices in a message's files; `senders` are those of the messages forwarded in it, by path."""
    scopes: dict[str, list[File]] = {}
    for file in files:
        scopes.setdefault(file.scope, []).append(file)
    seen: set[str] = set()
    drafts: list[_Draft] = []
    for found in scopes.values():
        drafts.extend(_of_scope(found, seen))
    if len(drafts) > limits.candidates:
        raise RefusedMessage("too_many_invoices")
    order = {id(file): number for number, file in enumerate(file for found in scopes.values() for file in found)}
    drafts.sort(key=lambda draft: order[id(draft.document)])
    return tuple(_finished(draft, senders) for draft in drafts)


def _finished(draft: _Draft, senders: Mapping[str, Address | None]) -> Candidate:
    draft.document.role = "invoice"
    if draft.data:
        draft.data.role = "invoice"
    return Candidate(
        draft.kind,
        draft.document.path,
        draft.data.path if draft.data else None,
        draft.invoice,
        tuple(draft.attachments),
        propose(draft.document.texts) if draft.kind == "pdf" else (),
        senders.get(draft.document.scope),
    )


def _of_scope(files: list[File], seen: set[str]) -> list[_Draft]:
    """The candidates of one message, not counting what is forwarded in it."""
    usable = [file for file in files if file.role == "attachment"]
    inside = {id(file) for parent in usable for file in parent.inside}
    inside |= {id(parent.data) for parent in usable if parent.data}
    own = [file for file in usable if id(file) not in inside]
    drafts = [*_from_xml(own, seen)]
    rest = list(_with_data(own, drafts, seen))
    if drafts:
        others = [_Draft("pdf", file) for file in rest if _is_another(file, drafts) and not _again(file, seen)]
        for file in rest:
            if all(other.document is not file for other in others):
                _give(file, drafts)
        return [*drafts, *others]
    drafts.extend(_without_data(rest, seen))
    for file in rest:
        if drafts and all(draft.document is not file for draft in drafts):
            for draft in drafts:
                draft.take(file)
    return drafts


def _from_xml(files: Iterable[File], seen: set[str]) -> Iterator[_Draft]:
    for file in files:
        if file.family != "xml" or not file.invoices or _again(file, seen):
            continue
        for invoice in file.invoices:
            key = f"{invoice.seller.organisation_number or invoice.seller.vat_number or invoice.seller.name}"
            if not invoice.number or not _seen(f"{key}\n{invoice.number}\n{invoice.kind}\n{invoice.payable}", seen):
                draft = _Draft("xml", file, file, invoice)
                for inside in file.inside:
                    if inside.role == "attachment":
                        draft.take(inside)
                yield draft


def _with_data(files: Iterable[File], drafts: list[_Draft], seen: set[str]) -> Iterator[File]:
    """Add the PDFs that have data of their own and aren't the picture of an XML; give back what is left."""
    for file in files:
        if file.family == "xml" and file.invoices:
            continue
        if file.family != "pdf" or not file.data:
            yield file
            continue
        invoice = file.invoices[0]
        same = [draft for draft in drafts if draft.invoice and draft.invoice.number == invoice.number]
        if same:
            for draft in same:
                draft.take(file)
        elif not _again(file, seen):
            drafts.append(_Draft("pdf_data", file, file.data, invoice, [inside.path for inside in _usable(file)]))


def _usable(file: File) -> Iterator[File]:
    return (inside for inside in file.inside if inside.role == "attachment")


def _without_data(files: list[File], seen: set[str]) -> Iterator[_Draft]:
    """PDFs, beside one that speaks of an invoice only those that do or can't be read; else pictures."""
    documents = [file for file in files if file.family == "pdf"]
    speaking = [file for file in documents if speaks_of_an_invoice(file.texts)]
    for file in documents:
        if (speaking and file not in speaking and any(text.strip() for text in file.texts)) or _again(file, seen):
            continue
        yield _Draft("pdf", file, attachments=[inside.path for inside in _usable(file)])
    if not documents:
        for file in files:
            if file.family == "picture" and not _again(file, seen):
                yield _Draft("picture", file)


def _give(file: File, drafts: list[_Draft]) -> None:
    """Let a file belong to the invoice that it speaks of; to all where it speaks of none."""
    owners = [draft for draft in drafts if draft.names(file)] if len(drafts) > 1 else []
    for draft in owners or drafts:
        draft.take(file)


def _is_another(file: File, drafts: list[_Draft]) -> bool:
    """Whether a PDF without data says that it is an invoice of a number that none of the read ones has."""
    if file.family != "pdf" or not speaks_of_an_invoice(file.texts) or any(draft.names(file) for draft in drafts):
        return False
    stated = {squeezed(one.value) for one in propose(file.texts) if one.field == "invoice_number"}
    known = [squeezed(draft.invoice.number) for draft in drafts if draft.invoice]
    return bool(stated) and not any(one in number or number in one for one in stated for number in known)


def _again(file: File, seen: set[str]) -> bool:
    return _seen(file.sha256, seen)


def _seen(key: str, seen: set[str]) -> bool:
    """Whether this was met before; it is from now on."""
    if key in seen:
        return True
    seen.add(key)
    return False


def stem(file: File) -> str:
    """A file's name without its ending."""
    return file.name.rpartition(".")[0].lower() or file.name.lower()
