"""XML from anybody, element by element: what a file could do to its reader is refused, and memory stays flat.

No DTD and so no entities, nothing from the network, libxml2's own limits on depth and size, and every record is dropped
with all that stands before it as soon as it is read.
"""

from collections.abc import Callable, Iterator
from typing import BinaryIO, Literal

from lxml import etree

from ledger.importing.exceptions import DamagedEncodingError, FileError
from ledger.importing.messages import message as _
from ledger.saft.exceptions import BrokenXmlError, NotSaftError

NAMESPACE = "urn:StandardAuditFile-Taxation-Financial:NO"
NS = f"{{{NAMESPACE}}}"
CHUNK = 1 << 16
# An element that isn't dropped for so long would fill the memory. Headers and records have a few thousand bytes.
MOST_BETWEEN_RECORDS = 1 << 22

# What repeats without end, and the parts that hold it
RECORDS = (
    *("Account", "Customer", "Supplier", "TaxTableEntry", "AnalysisTypeTableEntry", "Line", "Transaction", "Journal"),
    *("Taxonomy", "UOMTableEntry", "MovementTypeTableEntry", "Product", "PhysicalStockEntry", "Owner", "Asset"),
    *("Invoice", "Payment", "StockMovement", "AssetTransaction"),
)
PARTS = (
    *("Header", "GeneralLedgerAccounts", "Customers", "Suppliers", "MasterFiles", "GeneralLedgerEntries"),
    *("NumberOfEntries", "TotalDebit", "TotalCredit", "SourceDocuments"),
)
_TAGS = [NS + name for name in (*PARTS, *RECORDS)]
# Further parts of a record: they are read with it, at its end.
_KEPT = {NS + name for name in ("NumberOfEntries", "TotalDebit", "TotalCredit")}

_OTHER_KINDS = (
    ("sie.se/sie5", _("a SIE 5 file")),
    ("StandardAuditFile-Taxation-CashRegister", _("a SAF-T file of a cash register")),
    ("StandardAuditFile", _("a SAF-T file of another country or kind")),
    ("ubl:schema:xsd", _("an invoice or another business document (UBL)")),
)


def elements(stream: BinaryIO, told: Callable[[int], None]) -> Iterator[etree._Element]:
    """The records and parts of a file at their ends, in its order; `told` hears how many bytes are read.

    Raises `FileError` with the line for anything but whole XML of the right kind.
    """
    check_kind(stream)
    stream.seek(0)
    parser = _parser(("end",), _TAGS)
    done = since_record = 0
    for chunk in iter(lambda: stream.read(CHUNK), b""):
        since_record += len(chunk)
        _feed(parser, chunk)
        for _event, element in parser.read_events():
            yield element
            since_record = 0
            if element.tag not in _KEPT:
                _drop(element)
        if since_record > MOST_BETWEEN_RECORDS:
            raise BrokenXmlError(_("An element is larger than a SAF-T file needs."))
        done += len(chunk)
        told(done)
    _close(parser)


def check_kind(stream: BinaryIO) -> None:
    """Raise unless the file is XML without a DTD whose outermost element is that of a Norwegian SAF-T file."""
    stream.seek(0)
    parser = _parser(("start",), None)
    read = 0
    for chunk in iter(lambda: stream.read(CHUNK), b""):
        _feed(parser, chunk)
        for _event, root in parser.read_events():
            _check_root(root)
            return
        read += len(chunk)
        if read > MOST_BETWEEN_RECORDS:
            break
    raise NotSaftError(_("The file is no XML."), line=1)


def _parser(events: tuple[Literal["start", "end"]], tags: list[str] | None) -> "etree.XMLPullParser[etree._Element]":
    return etree.XMLPullParser(
        events,
        tag=tags,
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )


def _feed(parser: "etree.XMLPullParser[etree._Element]", chunk: bytes) -> None:
    try:
        parser.feed(chunk)
    except etree.XMLSyntaxError as error:
        raise _broken(error) from error


def _close(parser: "etree.XMLPullParser[etree._Element]") -> None:
    try:
        parser.close()
    except etree.XMLSyntaxError as error:
        raise _broken(error) from error


def _broken(error: etree.XMLSyntaxError) -> FileError:
    line = max(error.position[0] or 0, 1)
    reason = str(error.msg).partition(", line ")[0].strip()
    if error.code in (etree.ErrorTypes.ERR_INVALID_ENCODING, etree.ErrorTypes.ERR_INVALID_CHAR):
        return DamagedEncodingError(
            _("The line holds bytes that are no text in the encoding that the file states (UTF-8, if it states none)."),
            line=line,
            advice=BrokenXmlError.usual_advice,
        )
    return BrokenXmlError(_("The XML breaks off or is damaged here (%(error)s).") % {"error": reason}, line=line)


def _check_root(root: etree._Element) -> None:
    document = root.getroottree().docinfo
    if document.internalDTD is not None or document.externalDTD is not None:
        raise BrokenXmlError(_("The file has a DTD (DOCTYPE), which no SAF-T file has and which isn't read."), line=1)
    if root.tag == f"{NS}AuditFile":
        return
    name = etree.QName(root)
    namespace = name.namespace or ""
    kind = next((kind for known, kind in _OTHER_KINDS if known in namespace), None)
    if kind is not None:
        raise NotSaftError(_("The file is %(kind)s.") % {"kind": kind}, line=root.sourceline or 1)
    raise NotSaftError(
        _("The file is other XML: its outermost element is %(element)s (%(namespace)s).")
        % {"element": name.localname[:60], "namespace": namespace[:100] or "–"},
        line=root.sourceline or 1,
    )


def _drop(element: etree._Element) -> None:
    parent = element.getparent()
    if parent is None:
        return
    while parent[0] is not element:
        del parent[0]
    del parent[0]
