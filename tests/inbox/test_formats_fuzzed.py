"""Real invoices with parts torn out, doubled, moved and filled with nonsense: read or refused, never more than that."""

import json
import random

import pytest
from lxml import etree

from inbox.checks import check
from inbox.formats import Finding, Invoice, UnreadableInvoice, read_xml
from inbox.rendering import rendered
from tests.inbox.invoices import COLLECTION, SHIPPED

FILES = sorted([*SHIPPED.glob("*.xml"), *(file for file in COLLECTION.glob("*.xml") if "se-rule" not in file.name)])
NONSENSE = (
    *("", " ", "0", "-0", "1e5", "NaN", "9" * 15, "9" * 17, "0.005", "-1", "1,5", "١", "²", "true", "2024-02-29"),
    *("SE", "\u202e", "💥", "x" * 6000, "S", "AE", "Ⅷ", "%(value)s", "{0}", "%s %", "<b>", "NO999999999MVA", "SE" * 7),
    *("999999999999999.999", "SE:BANKGIRO", "381", "0007", "0088", "0192", "٣٤", "EUR"),
)


def torn(content: bytes, chance: random.Random) -> bytes:
    """The document with a few changes."""
    root = etree.fromstring(content)
    for _change in range(chance.randint(1, 6)):
        elements = [element for element in root.iter("{*}*") if element is not root]
        element = chance.choice(elements)
        parent = element.getparent()
        assert parent is not None
        match chance.randrange(5):
            case 0:
                parent.remove(element)
            case 1:
                parent.append(etree.fromstring(etree.tostring(element)))
            case 2:
                chance.choice(elements).append(etree.fromstring(etree.tostring(element)))
            case 3:
                for name in element.attrib:
                    element.set(name, chance.choice(NONSENSE))
            case _:
                element.text = chance.choice(NONSENSE)
    return etree.tostring(root)


@pytest.mark.parametrize("seed", range(60))
def test_whatever_is_done_to_a_document_it_is_read_or_refused(seed: int) -> None:
    chance = random.Random(seed)
    try:
        invoice = read_xml(torn(chance.choice(FILES).read_bytes(), chance))
    except UnreadableInvoice as refusal:
        json.dumps(refusal.as_json())
        return
    findings = check(invoice)
    assert [Finding.from_json(json.loads(json.dumps(each.to_json()))) for each in findings] == list(findings)
    kept = json.loads(json.dumps(invoice.to_json()))
    assert Invoice.from_json(kept, [attachment.content for attachment in invoice.attachments]) == invoice
    assert rendered(invoice, findings).count('id="finding-') == len(findings)
