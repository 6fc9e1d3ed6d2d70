"""Values that stand in a PDF's text and may be an invoice's, for a person to look at: pure, and never taken as truth.

A value counts by the label it stands behind, on the same line or the next, and by its check digits where it has some.
"""

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from inbox.reading import values
from inbox.reading.labels import INVOICE, LABELS, Label
from inbox.reading.names import one_line
from inbox.reading.results import Certainty, Proposal, ProposedField

MOST_OF_A_FIELD = 5
LONGEST_LINE = 400
MOST_LINES = 1500  # of a page
EXCERPT = 120
FURTHEST = 80  # characters between a label and its value
LOOSE = 5  # the weight of labels that stand in any text
CERTAINTIES: tuple[Certainty, ...] = ("high", "medium", "low")
WITHOUT_LABEL: tuple[tuple[ProposedField, values.Parser], ...] = (
    ("vat_number", values.vat_numbers),
    ("iban", values.ibans),
)


@dataclass(frozen=True)
class _Line:
    """A line of a page."""

    page: int
    text: str


def propose(pages: Sequence[str]) -> tuple[Proposal, ...]:
    """What the text of a PDF's pages proposes; within a field the best first."""
    lines = list(_lines(pages))
    found: list[tuple[int, int, Proposal]] = []
    for number, line in enumerate(lines):
        following = lines[number + 1] if number + 1 < len(lines) and lines[number + 1].page == line.page else None
        found.extend((rank, number, proposal) for rank, proposal in _in_line(line, following))
    found.sort(key=lambda item: (CERTAINTIES.index(item[2].certainty), item[0], item[1]))
    return tuple(_best(proposal for _, _, proposal in found))


def speaks_of_an_invoice(pages: Iterable[str]) -> bool:
    """Whether a text is that of an invoice as far as its words tell."""
    return any(INVOICE.search(page) for page in pages)


def _lines(pages: Sequence[str]) -> Iterator[_Line]:
    for page, text in enumerate(pages, 1):
        for line in text.replace("\u00a0", " ").replace("\u202f", " ").splitlines()[:MOST_LINES]:
            if shown := one_line(line, LONGEST_LINE):
                yield _Line(page, shown)


def _in_line(line: _Line, following: _Line | None) -> Iterator[tuple[int, Proposal]]:
    """What a line proposes: values behind a label, and those that a check digit tells without one."""
    labels = list(_labels(line.text))
    for number, (label, start, end) in enumerate(labels):
        if label.field is None:
            continue
        next_label = labels[number + 1][1] if number + 1 < len(labels) else len(line.text)
        behind = line.text[end : min(next_label, end + FURTHEST)]
        found = next(label.parse(behind), None)
        where = line.text
        if found is None and following and not behind.strip() and label.weight < LOOSE:
            found = _below(labels, number, following.text)
            where = f"{line.text} | {following.text}"
        if found is None:
            continue
        value, reason, certainty = found
        told = " ".join(filter(None, (line.text[start:end].strip(" :."), reason)))
        excerpt = _around(where, start)
        yield label.weight, Proposal(label.field, value, certainty, told, line.page, excerpt)
        if label.parse is values.amounts and (currency := next(values.currencies(line.text[end:]), None)):
            yield label.weight + 1, Proposal("currency", currency[0], "medium", told, line.page, excerpt)
    for field, parse in WITHOUT_LABEL:
        for value, reason, certainty in parse(line.text):
            yield LOOSE, Proposal(field, value, certainty, reason, line.page, _around(line.text, 0))


def _labels(text: str) -> Iterator[tuple[Label, int, int]]:
    """The labels in a line from left to right; one that is part of a longer one isn't told."""
    found = [
        (word.start(), -word.end(), number)
        for number, label in enumerate(LABELS)
        for word in label.words.finditer(text)
    ]
    furthest = 0
    for start, end, number in sorted(found):
        if start >= furthest:
            furthest = -end
            yield LABELS[number], start, -end


def _below(labels: Sequence[tuple[Label, int, int]], number: int, below: str) -> values.Found | None:
    """The value below a label: in a table's row, the one whose turn it is among those of its kind."""
    parse = labels[number][0].parse
    turn = sum(label.parse is parse for label, _, _ in labels[:number])
    found = next(itertools.islice(parse(below), turn, None), None)
    return found and (found[0], found[1], _lower(found[2]))


def _best(proposals: Iterable[Proposal]) -> Iterator[Proposal]:
    """Each value of a field once, some of each field."""
    seen: set[tuple[str, str]] = set()
    count: dict[str, int] = {}
    for proposal in proposals:
        key = (proposal.field, proposal.value)
        if key in seen or count.get(proposal.field, 0) >= MOST_OF_A_FIELD:
            continue
        seen.add(key)
        count[proposal.field] = count.get(proposal.field, 0) + 1
        yield proposal


def _around(text: str, position: int) -> str:
    start = max(0, min(position - 20, len(text) - EXCERPT))
    return text[start : start + EXCERPT].strip()


def _lower(certainty: Certainty) -> Certainty:
    return "medium" if certainty == "high" else "low"
