"""A document as plain data: what is compared, merged, kept of both sides, and shown."""

import dataclasses
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Self

from workcopies.documents.kinds import Content, Json, Key, Kind, kind_of, kinds_by_register

Fields = Mapping[str, Json]
# (register, key) of what is referred to, and the key that it has instead
Renamed = Callable[[str, Key], Key]


@dataclasses.dataclass(frozen=True)
class Document:
    """A document of a register, by its natural key, which begins with the company's number.

    `fields` are values as the contract's `data` has them; `rows` the rows by their number, None where there are none by
    nature, or where the copy doesn't hold them.
    """

    register: str
    key: Key
    fields: Fields
    rows: Mapping[int, Fields] | None = None

    @property
    def kind(self) -> Kind:
        """What it is."""
        return kinds_by_register()[self.register]

    @property
    def company(self) -> str:
        """The number of the company that it is of."""
        return self.key[0]

    @property
    def information_type(self) -> str:
        """What reports call it."""
        return self.kind.name_of(self.key)

    @property
    def named_key(self) -> dict[str, Json]:
        """Its key as reports have it."""
        return self.kind.named_key(self.key)

    def says_as(self, other: "Document") -> bool:
        """Whether both say the same, whatever their keys, in what both know: a file of an older version knows less."""
        if not _alike(self.fields, other.fields):
            return False
        if self.rows is None or other.rows is None:
            return True
        ours, theirs = self.rows, other.rows
        return ours.keys() == theirs.keys() and all(_alike(row, theirs[number]) for number, row in ours.items())

    def flat(self) -> dict[str, Json]:
        """All values by name, those of rows as `rows.3.amount`."""
        cells = {
            f"rows.{number}.{name}": value
            for number, row in sorted((self.rows or {}).items())
            for name, value in row.items()
        }
        return {**self.fields, **cells}

    def references(self) -> Iterator[tuple[str, str, Key]]:
        """Yield what it refers to: the name that stands for it (`rows.3.account`), its register and key."""
        yield from self._references("", self.fields, self.kind.fields_by_name)
        if self.kind.rows:
            for number, row in (self.rows or {}).items():
                yield from self._references(f"rows.{number}.", row, self.kind.rows.fields_by_name)

    def with_references(self, renamed: Renamed) -> Self:
        """The same document where what it refers to has other keys: the real numbers of what was made in a copy."""
        fields = self._renamed(self.fields, self.kind.fields_by_name, renamed)
        rows = self.rows
        if rows is not None and self.kind.rows:
            known = self.kind.rows.fields_by_name
            rows = {number: self._renamed(row, known, renamed) for number, row in rows.items()}
        return dataclasses.replace(self, fields=fields, rows=rows)

    def as_json(self) -> dict[str, Json]:
        """The document as it is kept."""
        rows = None if self.rows is None else {str(number): dict(row) for number, row in sorted(self.rows.items())}
        return {"register": self.register, "key": list(self.key), "fields": dict(self.fields), "rows": rows}

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Self:
        """The document that was kept."""
        rows = None if kept["rows"] is None else {int(number): row for number, row in kept["rows"].items()}
        return cls(kept["register"], tuple(kept["key"]), kept["fields"], rows)

    def _references(self, prefix: str, fields: Fields, known: Mapping[str, Content]) -> Iterator[tuple[str, str, Key]]:
        for name, value in fields.items():
            if value is not None and (found := self._referred(known[name], value)):
                yield f"{prefix}{name}", *found

    def _referred(self, content: Content, value: Json) -> tuple[str, Key] | None:
        if content.target is None:
            return None
        kind = kind_of(content.target)
        return kind.register, kind.referred(self.company, value, fixed=content.fixed)

    def _renamed(self, fields: Fields, known: Mapping[str, Content], renamed: Renamed) -> Fields:
        changed = {
            name: kinds_by_register()[found[0]].reference(renamed(*found), fixed=known[name].fixed)
            for name, value in fields.items()
            if value is not None and (found := self._referred(known[name], value))
        }
        return {**fields, **changed}


def key_text(key: Key) -> str:
    """A key as one text, the same for the same key."""
    return json.dumps(key, ensure_ascii=False, separators=(",", ":"))


def key_from_text(text: str) -> Key:
    """The key that a text stands for."""
    return tuple(json.loads(text))


def _alike(ours: Fields, theirs: Fields) -> bool:
    return all(ours[name] == theirs[name] for name in ours.keys() & theirs.keys())
