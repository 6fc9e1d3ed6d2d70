"""From bytes to invoices: the document is recognised, an envelope around it opened, and the format's reader asked."""

from collections.abc import Callable, Iterator
from dataclasses import replace

from lxml import etree

from inbox.formats import cii, svefaktura, trees, ubl
from inbox.formats.exceptions import SeveralInvoices, UnknownFormat
from inbox.formats.invoice import Attachment, Invoice
from inbox.formats.nodes import Node, Remarks
from inbox.formats.recognising import OBJECT_ENVELOPE, Recognised, recognised
from ledger.importing.messages import message as _

READERS: dict[str, Callable[[Node], Invoice]] = {"ubl": ubl.read, "cii": cii.read, "svefaktura": svefaktura.read}
_HEADER = "StandardBusinessDocumentHeader"


def read_xml(content: bytes) -> Invoice:
    """The invoice that the document holds. Raises `UnreadableInvoice` for anything but exactly one."""
    invoices = read_all(content)
    if len(invoices) > 1:
        told = _("The document holds %(count)s invoices where one is expected.")
        raise SeveralInvoices(told % {"count": len(invoices)})
    return invoices[0]


def read_all(content: bytes) -> tuple[Invoice, ...]:
    """The invoices that the document holds: one, or those of an envelope or a list. Never none."""
    root = trees.tree(content)
    kind = recognised(root)
    if kind.format == "envelope":
        return _opened(root)
    return tuple(_read(element, kind) for element in _listed(root))


def _opened(envelope: etree._Element) -> tuple[Invoice, ...]:
    documents = [child for child in envelope.iterchildren("*") if etree.QName(child).localname != _HEADER]
    enclosed = [document for document in documents if etree.QName(document).namespace == OBJECT_ENVELOPE]
    others = [(document, recognised(document)) for document in documents if document not in enclosed]
    invoices = [_read(element, kind) for document, kind in others for element in _listed(document)]
    if not invoices:
        raise UnknownFormat(_("The envelope holds no invoice."), line=envelope.sourceline or 0)
    files = [file for document in enclosed for file in _files(document)]
    if files:
        invoices[0] = replace(invoices[0], attachments=(*invoices[0].attachments, *files))
    return tuple(invoices)


def _listed(root: etree._Element) -> list[etree._Element]:
    """The invoices of a list, or the one document."""
    if etree.QName(root).localname != "Invoices":
        return [root]
    return list(root.iterchildren("{*}Invoice")) or [root]


def _read(element: etree._Element, kind: Recognised) -> Invoice:
    if kind.format not in READERS:
        told = _("The document is %(kind)s, which isn't read.") % {"kind": kind.title}
        raise UnknownFormat(told, line=element.sourceline or 0)
    remarks = Remarks()
    invoice = READERS[kind.format](Node(element, remarks))
    return replace(invoice, remarks=tuple(remarks.found))


def _files(envelope: etree._Element) -> Iterator[Attachment]:
    """What an ObjectEnvelope beside a Svefaktura encloses."""
    for item in Node(envelope, Remarks()).each("EncodedObject"):
        data = item.one("EncodedData")
        name, media_type = data.attribute("filename"), data.attribute("mimeCode")
        yield Attachment.of(data.embedded(), id=item.text("ObjectID"), name=name, media_type=media_type)
