"""XML from anybody as a tree: what a document could do to its reader is refused while it is read, not after.

No DTD and so no entities, nothing from the network, no inclusions; bounds on bytes, elements, depth, the length of one
tag and (libxml2's own) the length of one text. Comments and processing instructions are passed over.
"""

import re
from collections.abc import Iterator
from typing import Literal

from lxml import etree

from inbox.formats.exceptions import HostileXml, NotXml, UnreadableInvoice, quoted
from ledger.importing.messages import message as _

MOST_BYTES = 40 * 1024 * 1024
MOST_ELEMENTS = 300_000
MOST_DEPTH = 40
# A tag with its attributes and namespaces; real ones have a few hundred bytes.
MOST_BYTES_OF_A_TAG = 1 << 16

_CHUNK = 1 << 16
_LONG_TAG = re.compile(rb"<[^<>!?][^<>]{%d}" % MOST_BYTES_OF_A_TAG)
_DOCTYPE = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_BLANKS = b" \t\r\n"
_ENCODINGS = {"utf-8", "utf8", "utf-16", "utf-16le", "utf-16be", "us-ascii", "ascii", "windows-1252", "cp1252"}
_ENCODINGS |= {"iso-8859-1", "iso8859-1", "latin1", "iso-8859-15", "iso8859-15"}
_ENCODING = re.compile(rb"""^<\?xml[^>]{0,200}?\bencoding\s*=\s*["']([^"']{0,60})["']""")


def tree(content: bytes) -> etree._Element:
    """The whole document's outermost element. Raises `UnreadableInvoice` with the line for anything but plain XML."""
    if len(content) > MOST_BYTES:
        raise HostileXml(_("The document is larger than an invoice can be (%(size)s MB).") % {"size": _mb(content)})
    content = _checked(content)
    parser = _parser(("start", "end"))
    elements = depth = 0
    root: etree._Element | None = None
    for start in range(0, len(content), _CHUNK):
        for event, element in _fed(parser, content[start : start + _CHUNK]):
            if event == "end":
                depth -= 1
                continue
            if root is None:
                root = _without_dtd(element)
            elements += 1
            depth += 1
            if elements > MOST_ELEMENTS or depth > MOST_DEPTH:
                raise _too_much(element, depth)
    _close(parser)
    if root is None:
        raise NotXml(_("The document is no XML."))
    return root


def root_of(content: bytes) -> etree._Element:
    """The outermost element alone, with its attributes; what comes after it isn't read."""
    content = _checked(content[:MOST_BYTES])
    parser = _parser(("start",))
    for start in range(0, len(content), _CHUNK):
        for _event, element in _fed(parser, content[start : start + _CHUNK]):
            return _without_dtd(element)
    raise NotXml(_("The document is no XML."))


def _checked(content: bytes) -> bytes:
    content = content.lstrip(_BLANKS)
    if not content:
        raise NotXml(_("The document is empty."))
    if _DOCTYPE.search(content):
        raise _has_dtd()
    # An element has two tags at most: what has more is seen before anything is made of it.
    if content.count(b"<") > 2 * MOST_ELEMENTS:
        raise _too_many()
    if found := _LONG_TAG.search(content):
        line = content.count(b"\n", 0, found.start()) + 1
        raise HostileXml(_("A tag is longer than any invoice has."), line=line)
    encoding = _ENCODING.match(content.removeprefix(b"\xef\xbb\xbf"))
    if encoding and encoding[1].decode("latin-1").strip().lower() not in _ENCODINGS:
        named = quoted(encoding[1].decode("latin-1"))
        raise NotXml(_("The document says that it is written in %(encoding)s, which isn't read.") % {"encoding": named})
    return content


def _parser(events: "tuple[Literal['start', 'end'], ...]") -> "etree.XMLPullParser[etree._Element]":
    return etree.XMLPullParser(
        events,
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )


def _fed(parser: "etree.XMLPullParser[etree._Element]", chunk: bytes) -> Iterator[tuple[str, etree._Element]]:
    try:
        parser.feed(chunk)
    except etree.XMLSyntaxError as error:
        raise _broken(error) from error
    yield from parser.read_events()


def _close(parser: "etree.XMLPullParser[etree._Element]") -> None:
    try:
        parser.close()
    except etree.XMLSyntaxError as error:
        raise _broken(error) from error


def _broken(error: etree.XMLSyntaxError) -> UnreadableInvoice:
    line = max(error.position[0] or 0, 1)
    reason = str(error.msg).partition(", line ")[0].strip()
    if error.code in (etree.ErrorTypes.ERR_INVALID_ENCODING, etree.ErrorTypes.ERR_INVALID_CHAR):
        return NotXml(
            _("The line holds bytes that are no text in the encoding that the document states (UTF-8, if none)."),
            line=line,
        )
    if "huge" in reason.lower() or "too long" in reason.lower() or "depth" in reason.lower():
        return HostileXml(_("The document holds more than an invoice can (%(error)s).") % {"error": reason}, line=line)
    return NotXml(_("The XML breaks off or is damaged here (%(error)s).") % {"error": quoted(reason)}, line=line)


def _without_dtd(root: etree._Element) -> etree._Element:
    document = root.getroottree().docinfo
    if document.internalDTD is not None or document.externalDTD is not None:
        raise _has_dtd()
    return root


def _has_dtd() -> HostileXml:
    return HostileXml(_("The document has a DTD (DOCTYPE), which no invoice has and which isn't read."), line=1)


def _too_much(element: etree._Element, depth: int) -> HostileXml:
    line = element.sourceline or 0
    if depth > MOST_DEPTH:
        return HostileXml(_("Elements lie more than %(count)s deep in each other.") % {"count": MOST_DEPTH}, line=line)
    return _too_many(line)


def _too_many(line: int = 0) -> HostileXml:
    return HostileXml(_("The document has more than %(count)s elements.") % {"count": MOST_ELEMENTS}, line=line)


def _mb(content: bytes) -> int:
    return len(content) // (1024 * 1024)
