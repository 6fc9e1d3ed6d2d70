"""Values that stand in a PDF's text and may be an invoice's, for a person to look at: pure, and never taken as truth.

A value counts by the label it stands behind, on the same line or the next, and by its check digits where it has some.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from inbox.reading import values
from inbox.reading.labels import INVOICE, LABELS, Label
from inbox.reading.names import one_line
from inbox.reading.results import Certainty, Proposal, ProposedField

MOST_OF_A_FIELD = 5
LONGEST_LINE = 400
MOST_LINES = 5000
EXCERPT = 120
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
    for label in LABELS:
        for word in label.words.finditer(line.text):
            values = list(_behind(label, line.text[word.end() :]))
            where = line.text
            if not values and following:
                values = [(value, reason, _lower(sure)) for value, reason, sure in _under(label, word, line, following)]
                where = f"{line.text} | {following.text}"
            for value, reason, certainty in values:
                told = " ".join(filter(None, (one_line(word[0]).strip(" :"), reason)))
                yield (
                    label.weight,
                    Proposal(label.field, value, certainty, told, line.page, _around(where, word.start())),
                )
    for field, parse in WITHOUT_LABEL:
        for value, reason, certainty in parse(line.text):
            yield 9, Proposal(field, value, certainty, reason, line.page, _around(line.text, 0))


def _behind(label: Label, rest: str) -> Iterator[values.Found]:
    """The first value behind a label, before the next label begins."""
    end = min((found.start() for other in LABELS if (found := other.words.search(rest))), default=len(rest))
    yield from _first(label.parse(rest[: min(end, 80)]))


def _under(label: Label, word: re.Match[str], line: _Line, following: _Line) -> Iterator[values.Found]:
    """The value on the line below: of a table's head, the one in the label's turn."""
    others = sorted({found.start() for other in LABELS for found in other.words.finditer(line.text)})
    if len(others) <= 1 or line.text[: word.start()].strip() == "":
        yield from _first(label.parse(following.text[:80]))


def _first(values: Iterator[values.Found]) -> Iterator[values.Found]:
    for value in values:
        yield value
        return


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
