"""What a working copy changed since its base, document by document.

A value that can't be is a problem of its document alone: the others land. Rows that stayed as they were are read where
a document needs them, by their index; everything else once, page by page.
"""

import dataclasses
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from workcopies.documents.assembling import Assembler, BadRow, Fetch, Raw, Unseen, in_parts
from workcopies.documents.document import Document, Fields
from workcopies.documents.kinds import Json, Key, Kind, Rows, all_kinds, kinds_by_register, owners
from workcopies.documents.values import is_same
from workcopies.exceptions import BadValue
from workcopies.file.reading import RowChange, Values, Watch, WorkingFile

Changed = Mapping[str, Mapping[int, RowChange]]


@dataclasses.dataclass(frozen=True)
class Problem:
    """Why a document can't be taken in: the value that can't be, where it stands, and what to do about it."""

    table: str
    id: Any
    column: str
    reason: str

    def as_json(self) -> dict[str, Json]:
        """The problem as reports have it."""
        return dataclasses.asdict(self)


@dataclasses.dataclass
class Change:
    """A document that the copy made, changed or deleted; None is one that isn't there.

    `key` is None where the row's own key can't be read. With a `problem`, `mine` says nothing. `id` is that of the
    copy's row.
    """

    register: str
    key: Key | None
    base: Document | None = None
    mine: Document | None = None
    problem: Problem | None = None
    id: int | None = None

    @property
    def kind(self) -> Kind:
        """What it is."""
        return kinds_by_register()[self.register]

    @property
    def information_type(self) -> str:
        """What reports call it."""
        return self.kind.name_of(self.key)

    @property
    def named_key(self) -> dict[str, Json]:
        """Its key as reports have it; empty where it can't be read."""
        return self.kind.named_key(self.key) if self.key else {}

    @property
    def operation(self) -> str:
        """What the copy did: `create`, `change` or `delete`."""
        if self.base is None:
            return "create"
        return "delete" if self.mine is None and self.problem is None else "change"


@dataclasses.dataclass(frozen=True)
class Missing:
    """How many rows of a register's base the copy lacks, and how many there were."""

    rows: int
    of: int


class Mine:
    """Everything that a copy changed: what others refer to first. `documents` counts those of the base, and `missing`
    the rows of each table that are gone."""

    def __init__(self, reader: "_Reader", kinds: Sequence[Kind]) -> None:
        self._reader = reader
        self.changes = tuple(change for kind in kinds for change in reader.changes(kind))
        self.documents = sum(reader.size_of(kind.register) for kind in kinds)
        self.missing = reader.missing()

    @property
    def untouched(self) -> int:
        """How many documents are as they were checked out."""
        return self.documents - sum(change.base is not None for change in self.changes)

    def unchanged(self, wanted: Iterable[tuple[str, Key]]) -> dict[tuple[str, Key], Document | None]:
        """Documents that the copy has as they were checked out, of those named by register and key.

        The file must still be open. One that `changes` names isn't among them, nor one that isn't there; None is
        one that refers to what can't be read any more.
        """
        changed = {(change.register, change.key) for change in self.changes}
        return self._reader.standing([name for name in dict.fromkeys(wanted) if name not in changed])


def read_mine(file: WorkingFile, *, progress: Watch | None = None) -> Mine:
    """Read what a copy changed. Raises `BadFile` where the file isn't what was checked out."""
    changed = {
        table.name: {change.id: change for change in file.changes(table, progress=progress) if _says_more(change)}
        for table in file.tables
    }
    return Mine(_Reader(file, changed), [kind for kind in all_kinds() if kind.register in changed])


class _Reader:
    """Makes documents of the rows that were changed."""

    def __init__(self, file: WorkingFile, changed: Changed) -> None:
        self._file = file
        self._changed = changed
        self._tables = {table.name: table for table in file.tables}
        self._base = Assembler(file.tables, self._fetch(lambda _register, change: change.base))
        self._mine = Assembler(file.tables, self._fetch(_as_named))

    def changes(self, kind: Kind) -> Iterator[Change]:
        """Yield what was changed of a kind's documents, each key once."""
        found: dict[Any, Change] = {}
        rows, gone = self._changed_rows(kind), set[int]()
        for ids in in_parts(sorted(self._changed[kind.register].keys() | {unit for unit in rows if _is_id(unit)})):
            pairs = self._pairs(kind, ids, rows)
            self._base.learn(kind, (base for base, _mine in pairs.values() if base))
            self._mine.learn(kind, (mine for _base, mine in pairs.values() if mine))
            for row_id, (base, mine) in pairs.items():
                self._add(kind, row_id, base, mine, found)
            gone.update(row_id for row_id, (_base, mine) in pairs.items() if mine is None)
        yield from (change for change in found.values() if _is_change(change))
        for unit, changes in rows.items():
            if not _is_id(unit) or unit in gone:
                yield from self._strays(kind, unit, changes)

    def size_of(self, register: str) -> int:
        """How many rows a register had at check-out."""
        return self._file.manifest.tables[register].rows

    def missing(self) -> dict[str, Missing]:
        """What is gone of each table."""
        return {
            register: Missing(sum(change.mine is None for change in changes.values()), self.size_of(register))
            for register, changes in self._changed.items()
        }

    def standing(self, wanted: Iterable[tuple[str, Key]]) -> dict[tuple[str, Key], Document | None]:
        """Documents as they stand in the file, by their keys; None for one that can't be read any more."""
        found: dict[tuple[str, Key], Document | None] = {}
        for register, key in wanted:
            if register in self._tables and (row_id := self._id_of(kinds_by_register()[register], key)) is not None:
                kind = kinds_by_register()[register]
                ((_base, raw),) = self._pairs(kind, [row_id], {}).values()
                if raw is not None:
                    self._mine.learn(kind, [raw])
                    found[register, key] = None
                    with suppress(BadRow):  # of what it refers to, which tells so itself
                        found[register, key] = _seen(self._mine.document(kind, raw))
        return found

    def _id_of(self, kind: Kind, key: Key) -> int | None:
        """The id of the row that a key names in the copy."""
        by_path = dict(zip((part.path for part in kind.key), key, strict=True))
        conditions, values = list[str](), list[Any]()
        for field in kind.key_fields:
            value: Any = by_path.get(field.name)
            if isinstance(field, models.ForeignKey):
                target = kinds_by_register()[field.remote_field.model._meta.db_table]
                inner = (by_path.get(f"{field.name}__{part.path}", key[0]) for part in target.key)
                value = self._id_of(target, tuple(inner))
            conditions.append(f'"{field.column}" = ?')
            values.append(int(value) if isinstance(field, models.IntegerField) and value is not None else value)
        statement = f'select "id" from "{kind.register}" where {" and ".join(conditions)} limit 1'
        return next((row_id for (row_id,) in self._file.query(statement, values)), None)

    def _add(self, kind: Kind, row_id: int, base: Raw | None, mine: Raw | None, found: dict[Any, Change]) -> None:
        key: Key | None = None
        try:
            was = self._base.document(kind, base) if base else None
            if was is not None:
                key = was.key
                _entry(found, kind, key).base = _seen(was)
            if mine is not None:
                key = key or self._mine.key(kind, mine.header)
                now = self._mine.document(kind, mine)
                self._check(kind, was, now, mine, found)
                change = _entry(found, kind, now.key)
                change.mine, change.id = _seen(now), row_id
        except BadRow as error:
            change = _entry(found, kind, key) if key else found.setdefault(row_id, Change(kind.register, None))
            change.problem = change.problem or Problem(error.table, error.id, error.field, str(error))

    def _check(self, kind: Kind, was: Document | None, now: Document, mine: Raw, found: dict[Any, Change]) -> None:
        """Raise `BadRow` for what each value alone doesn't show."""
        before, of_key = (was.flat() if was else {}), str(kind.key_fields[-1].column)
        unseen = (name for name, value in now.flat().items() if isinstance(value, Unseen) and before.get(name) != value)
        if kind.is_read_only:
            error = BadValue(_("Balances come with imports. They can be read in a copy, not changed."), field=of_key)
        elif was is not None and was.key != now.key and kind.register in owners():
            error = BadValue(_("What others are named by never changes. Set it back to what it was."), field=of_key)
        elif now.key in found and found[now.key].mine is not None:
            error = BadValue(_("Another row has the same key."), field=of_key)
        elif name := next(unseen, None):
            error = BadValue(_("It refers to a register that isn't in the copy."), field=name)
        else:
            return
        raise BadRow(error, table=self._tables[kind.register], values=mine.header)

    def _changed_rows(self, kind: Kind) -> Mapping[Any, Mapping[int, RowChange]]:
        """The changed rows of documents by what they belonged to and by what they belong to."""
        found = defaultdict[Any, dict[int, RowChange]](dict)
        if kind.rows and kind.rows.register in self._tables:
            place = self._place_of_unit(kind.rows)
            for change in self._changed[kind.rows.register].values():
                for values in (change.base, change.mine):
                    if values is not None:
                        found[values[place]][change.id] = change
        return found

    def _place_of_unit(self, rows: Rows) -> int:
        return [column.name for column in self._tables[rows.register].compared].index(rows.column)

    def _pairs(
        self, kind: Kind, ids: Sequence[int], rows: Mapping[Any, Mapping[int, RowChange]]
    ) -> dict[int, tuple[Raw | None, Raw | None]]:
        """The rows of documents, as they were and as they are."""
        base, mine = self._base_and_mine(kind.register, ids)
        were, are = self._rows_of(kind, ids, rows)
        return {
            row_id: (
                Raw(base[row_id], tuple(were[row_id])) if row_id in base else None,
                Raw(mine[row_id], tuple(are[row_id])) if row_id in mine else None,
            )
            for row_id in ids
        }

    def _base_and_mine(self, register: str, ids: Collection[int]) -> tuple[dict[int, Values], dict[int, Values]]:
        changed = self._changed[register]
        base = self._unchanged(register, "id", ids)
        mine = dict(base)
        for change in (changed[row_id] for row_id in ids if row_id in changed):
            base |= {change.id: change.base} if change.base else {}
            mine |= {change.id: change.mine} if change.mine else {}
        return base, mine

    def _rows_of(
        self, kind: Kind, ids: Sequence[int], rows: Mapping[Any, Mapping[int, RowChange]]
    ) -> tuple[Mapping[int, list[Values]], Mapping[int, list[Values]]]:
        were, are = defaultdict[int, list[Values]](list), defaultdict[int, list[Values]](list)
        if kind.rows is None or kind.rows.register not in self._tables:
            return were, are
        place = self._place_of_unit(kind.rows)
        for values in self._unchanged(kind.rows.register, kind.rows.column, ids).values():
            were[values[place]].append(values)
            are[values[place]].append(values)
        # One that was moved stands twice in `rows`.
        for change in {row_id: change for unit in ids for row_id, change in rows.get(unit, {}).items()}.values():
            for side, row in ((were, change.base), (are, change.mine)):
                if row is not None:
                    side[row[place]].append(row)
        return were, are

    def _strays(self, kind: Kind, unit: Any, changes: Mapping[int, RowChange]) -> Iterator[Change]:
        """Yield rows that were made or changed and belong to nothing that is there."""
        if kind.rows is None:
            return
        place = self._place_of_unit(kind.rows)
        for change in changes.values():
            if change.mine is not None and change.mine[place] == unit:
                reason = str(_("It refers to a row that isn't there."))
                problem = Problem(kind.rows.register, change.id, kind.rows.column, reason)
                yield Change(kind.register, None, problem=problem)

    def _fetch(self, side: Callable[[str, RowChange], Values | None]) -> Fetch:
        def fetch(register: str, ids: Collection[int]) -> Mapping[int, Values]:
            changed, found = self._changed[register], self._unchanged(register, "id", ids)
            for row_id in ids:
                if row_id in changed and (values := side(register, changed[row_id])) is not None:
                    found[row_id] = values
            return found

        return fetch

    def _unchanged(self, register: str, column: str, values: Collection[int]) -> dict[int, Values]:
        """Rows that stayed as they were, by their ids."""
        changed, places = self._changed[register], ", ".join("?" * len(values))
        rows = self._file.rows(self._tables[register], f'"{column}" in ({places})', list(values))
        return {row[0]: row for row in rows if row[0] not in changed}


def _says_more(change: RowChange) -> bool:
    """Whether a change is more than the same values in another text, which a program may have written to every row."""
    if change.base is None or change.mine is None:
        return True
    columns = change.table.compared
    return any(
        before != after and not is_same(column.field, before, after)
        for column, before, after in zip(columns, change.base, change.mine, strict=True)
    )


def _as_named(register: str, change: RowChange) -> Values | None:
    """A row as others' keys name it: a company or a year whose own key was changed in the copy stays what it was."""
    return change.base if register in owners() and change.base is not None else change.mine


def _entry(found: dict[Any, Change], kind: Kind, key: Key) -> Change:
    return found.setdefault(key, Change(kind.register, key))


def _is_change(change: Change) -> bool:
    if change.problem is not None:
        return True
    if change.base is None or change.mine is None:
        return change.base is not change.mine
    return not change.base.says_as(change.mine)


def _is_id(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _seen(document: Document) -> Document:
    """The document without what the copy doesn't hold."""
    rows = document.rows and {number: _without_unseen(row) for number, row in document.rows.items()}
    return dataclasses.replace(document, fields=_without_unseen(document.fields), rows=rows)


def _without_unseen(fields: Fields) -> Fields:
    return {name: value for name, value in fields.items() if not isinstance(value, Unseen)}
