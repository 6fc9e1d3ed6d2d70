"""What the trace found, as a story: one event for what one statement changed, its rows, and where they went.

Rows changed together went the same way nearly always, so an event tells each way once, with the sequences of all its
rows. Deciding how is plain data in and out.
"""

import dataclasses
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any, TypeAlias

from django.db import models
from django.utils.functional import Promise
from django.utils.text import capfirst

from access.http.admin.values import shown
from information_types.definition import InformationType
from information_types.sql import Joins
from revisions.admin.rows import OPERATIONS, field_words, key_words
from revisions.models import Feedback
from revisions.trace import Delivery, Outcome, Revision, WhyNot

Column: TypeAlias = models.Field[Any, Any]
MOST_WAYS = 10

# How an outcome looks
LOOKS = {
    Outcome.NOT_QUEUED_YET: ("schedule", ""),
    Outcome.WAITING: ("schedule", "is-waiting"),
    Outcome.FETCHED: ("download", "is-waiting"),
    Outcome.ACKNOWLEDGED: ("check_circle", "is-good"),
    Outcome.TAKEN: ("check_circle", "is-good"),
    Outcome.REMOVED: ("delete", "is-bad"),
    Outcome.NOT_SENT: ("block", ""),
    Outcome.UNKNOWN: ("help", ""),
}
ICONS = {"created": "add", "changed": "edit", "deleted": "delete", "transferred": "move_up"}


@dataclasses.dataclass(frozen=True)
class Difference:
    """One field that a change changed."""

    word: str
    before: str
    after: str


@dataclasses.dataclass(frozen=True)
class JsonLine:
    """A line of `data`; marked where its field was changed."""

    text: str
    is_marked: bool


@dataclasses.dataclass(frozen=True, kw_only=True)
class TracedRow:
    """One row of an event; `differences` is None where the revision before isn't known, `reports` are what integrations
    have said of it."""

    revision: Revision
    key: Sequence[tuple[str, Any]]
    differences: Sequence[Difference] | None
    lines: Sequence[JsonLine]
    reports: Sequence[Feedback] = ()


@dataclasses.dataclass(frozen=True, kw_only=True)
class Way:
    """How rows went to one integration; the delivery is one of theirs, `sequences` are all of theirs."""

    delivery: Delivery
    sequences: Sequence[tuple[int, int]]

    @property
    def outcome(self) -> Outcome:
        """What became of them."""
        return self.delivery.outcome

    @property
    def icon(self) -> str:
        """The sign of it."""
        return LOOKS[self.outcome][0]

    @property
    def look(self) -> str:
        """Its colour."""
        return LOOKS[self.outcome][1]

    @property
    def still_waits(self) -> bool:
        """Whether its rows can be seen in the outbox."""
        return not self.delivery.deleted and self.outcome in {Outcome.WAITING, Outcome.FETCHED}

    @property
    def wants_transfer(self) -> bool:
        """Whether only a transfer would bring the rows now."""
        lost = self.outcome in {Outcome.REMOVED, Outcome.UNKNOWN}
        return lost and self.delivery.needs_transfer and not self.delivery.deleted


@dataclasses.dataclass(frozen=True, kw_only=True)
class Refusal:
    """Integrations that weren't sent the rows, for one reason."""

    why: WhyNot | None
    deliveries: Sequence[Delivery]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Event:
    """What one statement changed of what was looked for."""

    information_type: InformationType
    company_id: int
    company: str
    operation: str
    changed_at: datetime
    origin: str | None
    rows: Sequence[TracedRow]
    ways: Sequence[Way]
    refusals: Sequence[Refusal]

    @property
    def what(self) -> str | Promise:
        """What happened, in a word."""
        return OPERATIONS[self.operation]

    @property
    def icon(self) -> str:
        """The sign of it."""
        return ICONS[self.operation]

    @property
    def tally(self) -> list[tuple[str | Promise, int]]:
        """How many ways ended how."""
        return [(outcome.label, count) for outcome, count in Counter(way.outcome for way in self.ways).items()]

    @property
    def is_wide(self) -> bool:
        """Whether it went so many ways that they are folded up."""
        return len(self.ways) > MOST_WAYS

    @property
    def is_reported(self) -> bool:
        """Whether an integration couldn't use one of the rows."""
        return any(row.reports for row in self.rows)

    @property
    def not_sent_to(self) -> int:
        """How many integrations weren't sent it."""
        return sum(len(refusal.deliveries) for refusal in self.refusals)


def events_of(revisions: Sequence[Revision], reports: Mapping[str, Sequence[Feedback]] | None = None) -> list[Event]:
    """The story of revisions, as they come from the trace: newest first; with what was reported of them, by name."""
    before = _predecessors(revisions)
    together = groupby(revisions, key=lambda revision: revision.name.partition(".")[0])
    return [_event(list(group), before, reports or {}) for _change_set, group in together]


def _event(
    revisions: Sequence[Revision], before: Mapping[str, Revision], reports: Mapping[str, Sequence[Feedback]]
) -> Event:
    first = revisions[0]
    ways, refusals = _told_once([delivery for revision in revisions for delivery in revision.deliveries])
    return Event(
        information_type=first.information_type,
        company_id=first.company_id,
        company=first.company,
        operation=str(first.operation.label),
        changed_at=first.changed_at,
        origin=first.origin,
        rows=[_row(revision, before.get(revision.name), reports.get(revision.name, ())) for revision in revisions],
        ways=ways,
        refusals=refusals,
    )


def _predecessors(revisions: Sequence[Revision]) -> dict[str, Revision]:
    """For a revision's name the one of the same row before it, where it is among them."""
    found: dict[str, Revision] = {}
    latest: dict[tuple[str, str], Revision] = {}
    for revision in reversed(revisions):
        row = (revision.information_type.name, json.dumps(revision.key, sort_keys=True))
        if row in latest:
            found[revision.name] = latest[row]
        latest[row] = revision
    return found


def _row(revision: Revision, before: Revision | None, reports: Sequence[Feedback]) -> TracedRow:
    differences = _differences(revision, before) if before else None
    changed = {name for name, _difference in differences or ()}
    return TracedRow(
        revision=revision,
        key=[(word, revision.key[name]) for name, word in key_words(revision.information_type)],
        differences=None if differences is None else [difference for _name, difference in differences],
        lines=_lines(revision.data, changed),
        reports=reports,
    )


def _differences(revision: Revision, before: Revision) -> list[tuple[str, Difference]]:
    if revision.data is None or before.data is None:
        return []
    now, then, columns = revision.data, before.data, columns_of(revision.information_type)
    words = field_words(revision.information_type)
    return [
        (name, _difference(words.get(name, name), columns.get(name), then.get(name), now.get(name)))
        for name in dict.fromkeys([*then, *now])
        if then.get(name) != now.get(name)
    ]


def _difference(word: str, column: Column | None, before: Any, after: Any) -> Difference:
    return Difference(str(capfirst(word)), shown(column, before), shown(column, after))


def columns_of(known: InformationType) -> dict[str, Column]:
    """The model fields behind the fields of `data`, but for objects of their own."""
    joins = Joins(known.model)
    return {field.name: joins.column(field.path)[1] for field in known.plain_fields}


def _lines(data: Mapping[str, Any] | None, changed: Iterable[str]) -> list[JsonLine]:
    if data is None:
        return []
    marked, last = set(changed), len(data) - 1
    fields = [
        JsonLine(f"  {json.dumps(name)}: {json.dumps(value, ensure_ascii=False)}{',' * (place < last)}", name in marked)
        for place, (name, value) in enumerate(data.items())
    ]
    return [JsonLine("{", is_marked=False), *fields, JsonLine("}", is_marked=False)]


def _told_once(deliveries: Sequence[Delivery]) -> tuple[list[Way], list[Refusal]]:
    sent: list[tuple[Delivery, list[int]]] = []
    unsent: dict[WhyNot | None, list[Delivery]] = {}
    for delivery in deliveries:
        if delivery.outcome is Outcome.NOT_SENT:
            told = unsent.setdefault(delivery.why_not, [])
            if delivery not in told:
                told.append(delivery)
            continue
        alike = dataclasses.replace(delivery, sequence=None)
        numbers = next((numbers for known, numbers in sent if known == alike), None)
        if numbers is None:
            numbers = []
            sent.append((alike, numbers))
        numbers += [] if delivery.sequence is None else [delivery.sequence]
    ways = [Way(delivery=delivery, sequences=_runs(numbers)) for delivery, numbers in sent]
    return ways, [Refusal(why=why, deliveries=told) for why, told in unsent.items()]


def _runs(numbers: Iterable[int]) -> list[tuple[int, int]]:
    """17, 18, 19, 21 as (17, 19), (21, 21)."""
    runs: list[tuple[int, int]] = []
    for number in sorted(numbers):
        if runs and runs[-1][1] == number - 1:
            runs[-1] = (runs[-1][0], number)
        else:
            runs.append((number, number))
    return runs
