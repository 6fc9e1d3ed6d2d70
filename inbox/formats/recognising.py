"""What kind of document XML is, by its outermost element: never by its file's name."""

import re
from dataclasses import dataclass

from lxml import etree

from inbox.formats import trees
from inbox.formats.exceptions import NotXml, quoted
from ledger.importing.messages import Message
from ledger.importing.messages import message as _

UBL_INVOICE = "urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"
UBL_CREDIT_NOTE = "urn:oasis:names:specification:ubl:schema:xsd:CreditNote-2"
CII = "urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100"
SVEFAKTURA = "urn:sfti:documents:BasicInvoice:1:0"
ENVELOPE = "http://www.unece.org/cefact/namespaces/StandardBusinessDocumentHeader"
OBJECT_ENVELOPE = "urn:sfti:documents:ObjectEnvelope:1:0"

_WEB_PAGE, _PICTURE = _("a web page"), _("a picture (SVG)")
_DECLARED = re.compile(rb"<!DOCTYPE\s+(html|svg)\b", re.IGNORECASE)
_NEAR = 4096

_READ = {
    (UBL_INVOICE, "Invoice"): ("ubl", _("an invoice in UBL 2")),
    (UBL_CREDIT_NOTE, "CreditNote"): ("ubl", _("a credit note in UBL 2")),
    (CII, "CrossIndustryInvoice"): ("cii", _("an invoice in UN/CEFACT CII")),
    (SVEFAKTURA, "Invoice"): ("svefaktura", _("a Svefaktura 1.0")),
    (SVEFAKTURA, "Invoices"): ("svefaktura", _("a list of Svefaktura 1.0")),
    (ENVELOPE, "StandardBusinessDocument"): ("envelope", _("an envelope (Standard Business Document)")),
}
# By parts of the namespace or, where there is none, by the name of the outermost element
_OTHERS = (
    ("urn:ferd:CrossIndustryDocument", _("a ZUGFeRD 1.0 invoice")),
    (OBJECT_ENVELOPE, _("an ObjectEnvelope: the attachments of a Svefaktura without the invoice")),
    ("Finvoice", _("a Finvoice invoice")),
    ("TEAPPSXML", _("a TEAPPSXML invoice")),
    ("fatture", _("a FatturaPA invoice")),
    ("Facturae", _("a Facturae invoice")),
    ("xoev-de:kosit:xrechnung", _("an XRechnung extension document")),
    ("urn:un:unece:uncefact:data:standard:CrossIndustryInvoice", _("a CII invoice of another version than D16B")),
    ("urn:un:unece:uncefact", _("another UN/CEFACT document than an invoice")),
    ("ubl:schema:xsd", _("another business document in UBL than an invoice or a credit note")),
    ("oasis:names:tc:ubl", _("an invoice in UBL 1")),
    ("iso:20022", _("a payment or account statement (ISO 20022)")),
    ("StandardAuditFile", _("a SAF-T file")),
    ("sie.se", _("a SIE 5 file")),
    ("2000/svg", _PICTURE),
    ("1999/xhtml", _WEB_PAGE),
    ("html", _WEB_PAGE),
)


@dataclass(frozen=True, slots=True)
class Recognised:
    """A kind of document; `format` is empty unless it is one that is read."""

    format: str
    title: Message

    @property
    def is_read(self) -> bool:
        """Whether documents of this kind are read."""
        return bool(self.format)


def recognise(content: bytes) -> Recognised | None:
    """What the document is, by its outermost element alone; None if it is no XML. Raises `HostileXml` for a DTD.

    Web pages and pictures have a DTD by right: they are no invoices, but mean no harm.
    """
    if found := _DECLARED.search(content[:_NEAR]):
        return Recognised("", _WEB_PAGE if found[1].lower() == b"html" else _PICTURE)
    try:
        return recognised(trees.root_of(content))
    except NotXml:
        return None


def recognised(root: etree._Element) -> Recognised:
    """What a document with this outermost element is."""
    name = etree.QName(root)
    namespace = name.namespace or ""
    if known := _READ.get((namespace, name.localname)):
        return Recognised(*known)
    place = f"{namespace} {name.localname}".casefold()
    title = next((title for part, title in _OTHERS if part.casefold() in place), None)
    told = _("other XML: its outermost element is %(element)s (%(namespace)s)")
    told %= {"element": quoted(name.localname), "namespace": quoted(namespace) if namespace else "–"}
    return Recognised("", title or told)
