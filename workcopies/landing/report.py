"""What became of a check-in, or would become: the contract's answer, and the preview that a person reads."""

import dataclasses
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from workcopies.documents.values import UNSTORABLE
from workcopies.models import WorkingCopy

# How many of each list a preview shows.
MOST_SHOWN = 1000

Operation = Literal["created", "changed", "deleted"]
Key = Mapping[str, Any]
Json = dict[str, Any]


@dataclasses.dataclass(frozen=True, kw_only=True)
class About:
    """A document that something is said of; `register` is its table, `key` as the contract has it."""

    information_type: str
    key: Key
    register: str
    company: str = ""

    def as_json(self) -> Json:
        """As the contract has it."""
        return {"information_type": self.information_type, "key": dict(self.key)}

    def shown(self) -> Json:
        """As a page has it: with its register, its company, and what is written of it."""
        return {**self.as_json(), "register": self.register, "company": self.company}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Landing(About):
    """A document that landed; `provisional` is the number that it had in the copy, if it was made there.

    `fields` are the values that are written to one that was there, by name.
    """

    operation: Operation
    provisional: str | None = None
    fields: Mapping[str, Mapping[str, Any]] = dataclasses.field(default_factory=dict)

    def as_json(self) -> Json:
        """As the contract has it."""
        told = {**super().as_json(), "operation": self.operation}
        return told if self.provisional is None else {**told, "provisional": self.provisional}

    def shown(self) -> Json:
        """With the values that are written."""
        return {**super().shown(), "fields": {name: dict(values) for name, values in self.fields.items()}}


@dataclasses.dataclass(frozen=True, kw_only=True)
class ConflictOf(About):
    """A document that both sides changed differently; `fields` names what, with base, mine and theirs of each."""

    fields: Mapping[str, Mapping[str, Any]]

    def as_json(self) -> Json:
        """As the contract has it."""
        return {**super().as_json(), "fields": {name: dict(values) for name, values in self.fields.items()}}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Refusal(About):
    """A document that can't land, and why; `code` is stable, `reason` in the language of whoever asks."""

    reason: str
    code: str

    def as_json(self) -> Json:
        """As the contract has it."""
        return {**super().as_json(), "reason": self.reason}

    def shown(self) -> Json:
        """With the code."""
        return {**super().shown(), "code": self.code}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Theirs(About):
    """A document that changed only on the server, and stays as it is there."""

    operation: Operation

    def as_json(self) -> Json:
        """As `Landing` has it."""
        return {**super().as_json(), "operation": self.operation}


@dataclasses.dataclass(frozen=True)
class Missing:
    """How many rows the copy lacks of those that a register had at check-out.

    `register` is its table, or the information type where several share one. `is_held`: nobody has said yet that so
    many deletions are meant.
    """

    register: str
    information_type: str
    rows: int
    of: int
    is_held: bool

    def as_json(self) -> Json:
        """As a page has it."""
        return {"information_type": self.information_type, "missing": self.rows, "of": self.of, "held": self.is_held}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Report:
    """What became of a check-in; `check_in` is its name, None in a dry run.

    `sides` counts, by register, documents that only the copy changed (`mine`), that both did (`both`, of which some go
    together), that both made the same (`same`), and that only the server changed (`theirs`). `deletions` are the rows
    that the copy lacks of each register. `theirs` is known of a dry run only: `has_all_of_theirs`, or there is more.
    """

    check_in: str | None
    working_copy: WorkingCopy | None = None
    dry_run: bool
    landed: Sequence[Landing] = ()
    unchanged: int = 0
    conflicts: Sequence[ConflictOf] = ()
    refused: Sequence[Refusal] = ()
    warnings: Sequence[str] = ()
    theirs: Sequence[Theirs] = ()
    has_all_of_theirs: bool = False
    sides: Mapping[str, Mapping[str, int]] = dataclasses.field(default_factory=dict)
    deletions: Sequence[Missing] = ()

    @property
    def is_complete(self) -> bool:
        """Whether everything landed that the copy changed."""
        return not self.conflicts and not self.refused

    @property
    def theirs_total(self) -> int:
        """How many documents only the server changed, as far as they are told."""
        return len(self.theirs)

    def as_json(self) -> Json:
        """The answer of the contract."""
        told: Json = {
            "check_in": self.check_in,
            "landed": [one.as_json() for one in self.landed],
            "unchanged": self.unchanged,
            "conflicts": [one.as_json() for one in self.conflicts],
            "refused": [one.as_json() for one in self.refused],
            "dry_run": self.dry_run,
        }
        return {name: readable(value) for name, value in {**told, **self._warned()}.items()}

    def preview(self) -> Json:
        """What a page shows: counts of all, and the first of each list."""
        shown: Json = {
            "dry_run": self.dry_run,
            "warnings": list(self.warnings),
            "counts": self._counts(),
            "sides": {register: dict(counts) for register, counts in self.sides.items()},
            "deletions": [one.as_json() for one in self.deletions],
            "many_deletions": [one.as_json() for one in self.deletions if one.is_held],
            **_cut("landed", self.landed),
            **_cut("conflicts", self.conflicts),
            **_cut("refused", self.refused),
            **_cut("theirs", self.theirs),
            "has_all_of_theirs": self.has_all_of_theirs,
        }
        return {name: readable(value) for name, value in shown.items()}

    def _warned(self) -> Json:
        return {"warnings": list(self.warnings)} if self.warnings else {}

    def _counts(self) -> Json:
        of_sides = Counter[str]()
        for counts in self.sides.values():
            of_sides.update(counts)
        return {
            "mine": of_sides["mine"],
            "theirs": len(self.theirs),
            "both": of_sides["both"],
            "same": of_sides["same"],
            "landed": len(self.landed),
            "conflicts": len(self.conflicts),
            "refused": len(self.refused),
            "deletions": sum(landing.operation == "deleted" for landing in self.landed),
            "unchanged": self.unchanged,
        }


def _cut(name: str, about: Sequence[Any]) -> Json:
    return {name: [one.shown() for one in about[:MOST_SHOWN]], f"{name}_total": len(about)}


def readable(told: Any) -> Any:
    """What is told, with a mark in place of each character that a file may hold and neither database nor screen can."""
    match told:
        case str():
            return UNSTORABLE.sub("\N{REPLACEMENT CHARACTER}", told)
        case dict():
            return {readable(name): readable(value) for name, value in told.items()}
        case list() | tuple():
            return [readable(value) for value in told]
        case _:
            return told
