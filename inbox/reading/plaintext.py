"""The text of a message's body, of HTML only what stands in it; and what is quoted from another message."""

import re
from collections.abc import Iterator

from lxml import etree

from inbox.reading.fields import addresses, charset_decoded, date
from inbox.reading.names import category, one_line
from inbox.reading.results import Forwarded

LONGEST_SOURCE = 2**20
MOST_QUOTED = 20
HIDDEN = {"script", "style", "head", "title", "template", "object", "noscript", "svg", "iframe"}
BLOCKS = frozenset(
    "address article blockquote br dd div dl dt h1 h2 h3 h4 h5 h6 hr li ol p pre section table tr ul".split()  # noqa: SIM905
)
CID = re.compile(r"(?i)cid:([^\s\"'<>)]{1,250})")
BEGIN_QUOTED = (
    "original message|forwarded message|ursprungligt meddelande|vidarebefordrat meddelande|vidarebefordrat brev|"
    "opprinnelig melding|videresendt melding|videresendt e-post|begin forwarded message"
)
SEPARATOR = re.compile(
    rf"(?im)^[ \t>]*(?:-{{2,30}}[ \t]*(?:{BEGIN_QUOTED})[ \t:]*-{{0,30}}|begin forwarded message:|_{{20,100}})[ \t]*$"
)
QUOTED_FIELD = re.compile(
    r"(?im)^[ \t>*]*(?P<name>from|från|fra|subject|ämne|emne|date|sent|datum|skickat|sendt|dato)[ \t*]*:[ \t*]*"
    r"(?P<value>.*)$"
)
QUOTED_NAMES = {
    **dict.fromkeys(("from", "från", "fra"), "from"),
    **dict.fromkeys(("subject", "ämne", "emne"), "subject"),
}
LINES_OF_QUOTED_HEAD = 1500  # characters after the separator


def plain(content: bytes, charset: str) -> tuple[str, bool]:
    """Plain text, and whether its charset was right."""
    text, right = charset_decoded(content[:LONGEST_SOURCE], charset)
    return tidy(text), right


def from_html(content: bytes, charset: str) -> tuple[str, set[str], bool]:
    """The text in HTML, the content ids of pictures that it shows, and whether its charset was right."""
    source, right = charset_decoded(content[:LONGEST_SOURCE], charset)
    parser = etree.HTMLParser(encoding="utf-8", no_network=True, huge_tree=False, remove_comments=True, remove_pis=True)
    try:
        root: etree._Element | None = etree.fromstring(source.encode("utf-8", "replace"), parser)
    except (etree.LxmlError, ValueError):
        return "", set(), right
    shown = set(CID.findall(source))
    return (tidy("".join(_texts(root))) if root is not None else ""), shown, right


def _texts(root: etree._Element) -> Iterator[str]:
    """The texts of a tree in their order, without those that are never shown; blocks begin new lines."""
    hidden: etree._Element | None = None
    for event, element in etree.iterwalk(root, events=("start", "end")):
        if event == "start":
            if hidden is not None:
                continue
            if element.tag in HIDDEN:
                hidden = element
                continue
            if element.tag in BLOCKS:
                yield "\n"
            elif element.tag in {"td", "th"}:
                yield " "
            yield " ".join((element.text or "").split("\n"))
        else:
            if element is hidden:
                hidden = None
            if hidden is None:
                yield " ".join((element.tail or "").split("\n"))


def tidy(text: str) -> str:
    """Text without invisible characters, with single line ends and at most one empty line between."""
    shown = "".join(
        character
        for character in text.replace("\r\n", "\n").replace("\r", "\n")
        if character in "\n\t" or (character >= " " and category(character) not in {"Cc", "Cf", "Cs", "Co", "Cn"})
    )
    lines = "\n".join(line.rstrip() for line in shown.split("\n"))
    return re.sub(r"\n{3,}", "\n\n", lines).strip()


def quoted(text: str) -> Iterator[Forwarded]:
    """The messages that a text quotes whole, by the lines with which mail programs begin them."""
    for number, separator in enumerate(SEPARATOR.finditer(text)):
        if number >= MOST_QUOTED:
            return
        head = text[separator.end() : separator.end() + LINES_OF_QUOTED_HEAD]
        found: dict[str, str] = {}
        for line in QUOTED_FIELD.finditer(head):
            found.setdefault(QUOTED_NAMES.get(line["name"].lower(), "date"), line["value"].strip())
        if "from" in found:
            sender = next(addresses(found["from"].replace("[mailto:", "<").replace("]", ">")), None)
            yield Forwarded("", sender, one_line(found.get("subject", "")), date(found.get("date", "")))
