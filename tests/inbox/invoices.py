"""The invoices that tests read: the collection beside the project, and those that are shipped."""

import re
import warnings
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

import pytest
from lxml import etree

SHIPPED = Path(__file__).parent.parent / "data" / "invoices"
COLLECTION = Path(__file__).parents[3] / "shared" / "data" / "peppol"
README = COLLECTION.parent / "README.md"
TEST_SET = "{http://difi.no/xsd/vefa/validator/1.0}"


class Known(NamedTuple):
    """What the README says of an invoice of the collection."""

    file: str
    kind: str
    lines: int
    groups: int
    categories: set[str]
    attachments: int
    payable: Decimal
    currency: str


def content(name: str) -> bytes:
    """A file of the collection, or a shipped one."""
    shipped = SHIPPED / name
    return (shipped if shipped.exists() else COLLECTION / name).read_bytes()


def known() -> list[Known]:
    """The invoices of the collection; without it, none, which is said."""
    if not README.exists():
        warnings.warn("LEFT OUT: the collection of invoices isn't beside the project.", stacklevel=2)
        return []
    return list(_told(README.read_text(encoding="utf-8")))


def _told(text: str) -> Iterator[Known]:
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        counts = re.match(r"(Invoice|CreditNote), (\d+) lines, (\d+) VAT groups \(([^)]*)\), (\d+) att", cells[-4:][0])
        if counts and cells[0].endswith(".xml`"):
            amount, currency = cells[-3].split()[:2]
            yield Known(
                file=cells[0].strip("`"),
                kind=counts[1],
                lines=int(counts[2]),
                groups=int(counts[3]),
                categories=set(counts[4].split(", ")),
                attachments=int(counts[5]),
                payable=Decimal(amount),
                currency=currency,
            )


each_known = pytest.mark.parametrize("told", known(), ids=lambda told: told.file)


def test_sets() -> list[tuple[str, bool, bytes]]:
    """The partial invoices of the rule tests: rule, whether it is marked as right, and the document."""
    found = []
    for file in sorted(COLLECTION.glob("se-rule-*.xml")):
        for test in etree.parse(file).getroot().iter(f"{TEST_SET}test"):
            marks = test.find(f"{TEST_SET}assert")
            assert marks is not None
            is_right = marks.find(f"{TEST_SET}success") is not None
            rule = next(mark.text or "" for mark in marks)
            document = next(child for child in test if child is not marks)
            found.append((rule, is_right, etree.tostring(document)))
    return found


test_sets.__test__ = False  # type: ignore[attr-defined]
