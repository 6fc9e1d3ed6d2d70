"""What was changed in a copy since it was checked out, by document: a voucher with its rows, or a row of a register."""

import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Any

from django.db.models import Model
from django.utils.dateparse import parse_datetime, parse_time

from ledger.models import LedgerEntry, OtherDimension, OtherDimensionValue, Voucher
from workcopies.exceptions import BusyFile
from workcopies.file.reading import RowChange, open_file
from workcopies.file.tables import Column, Table
from workcopies.sqlite.functions import decimal_of

# Of which register's rows others are a part, and by which column
PARTS: dict[type[Model], tuple[type[Model], str]] = {
    LedgerEntry: (Voucher, "voucher_id"),
    OtherDimensionValue: (OtherDimension, "other_dimension_id"),
}
MOST_KEPT = 2_000
PATIENCE = 20
PAUSE = 0.1


class Operation(StrEnum):
    """What became of a document."""

    NEW = "new"
    CHANGED = "changed"
    DELETED = "deleted"


@dataclass
class Document:
    """A document that isn't as it was: its own row, if that was changed, and those of its rows that were."""

    model: type[Model]
    pk: int
    head: RowChange | None = None
    rows: list[RowChange] = field(default_factory=list)

    @property
    def operation(self) -> Operation:
        """What became of it."""
        if self.head is None or None not in (self.head.base, self.head.mine):
            return Operation.CHANGED
        return Operation.NEW if self.head.base is None else Operation.DELETED

    @property
    def parts(self) -> list[RowChange]:
        """All its changes, its own row's first."""
        return [*([self.head] if self.head else []), *self.rows]

    @cached_property
    def instance(self) -> Model:
        """The document as it is here; as it was, if it is deleted."""
        if self.head is None:
            return self.model._base_manager.get(pk=self.pk)
        return instance_of(self.head.table, self.head.mine or self.head.base or ())


@dataclass(frozen=True)
class Changes:
    """The documents that were changed; so many are kept, the others counted."""

    documents: Sequence[Document]
    count: int


def changes_of(path: Path) -> Changes:
    """Return what was changed in a file, read anew when the file has been written. Raises `BadFile`."""
    stamp = _stamp(path)
    if path not in _READ or _READ[path][0] != stamp:
        _READ[path] = (stamp, _patiently(path))
    return _READ[path][1]


_READ: dict[Path, tuple[tuple[int, int], Changes]] = {}


def document_of(path: Path, model: type[Model], pk: int) -> Document | None:
    """Return the changes of one document; None where it is as it was."""
    return next((found for found in changes_of(path).documents if (found.model, found.pk) == (model, pk)), None)


def instance_of(table: Table, values: Sequence[Any]) -> Model:
    """The row that some values of the file are, in memory alone."""
    given = zip(table.compared, values, strict=True)
    return table.model(**{column.field.attname: python_value(column, value) for column, value in given})


def same(column: Column, one: Any, other: Any) -> bool:
    """Whether two texts of the file mean the same value."""
    return bool(one == other or python_value(column, one) == python_value(column, other))


def _stamp(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_mtime_ns, found.st_size


def _patiently(path: Path) -> Changes:
    for left in range(PATIENCE, -1, -1):
        try:
            return _read(path)
        except BusyFile:
            if not left:
                raise
            time.sleep(PAUSE)
    raise BusyFile


def _read(path: Path) -> Changes:
    found: dict[tuple[type[Model], int], Document | None] = {}
    with open_file(path, installation=None) as file:
        for table in reversed(file.tables):  # rows before what they are part of: those of new vouchers follow later
            for change in file.changes(table):
                if _is_change(change):
                    _add(found, change)
    kept = [document for document in found.values() if document is not None]
    order = {table.model: place for place, table in enumerate(reversed(file.tables))}
    kept.sort(key=lambda document: (order[document.model], document.pk))
    return Changes(kept, len(found))


def _add(found: dict[tuple[type[Model], int], Document | None], change: RowChange) -> None:
    model, pk, is_part = _document(change)
    key = (model, pk)
    if key not in found:
        found[key] = Document(model, pk) if len(found) < MOST_KEPT else None
    document = found[key]
    if document is None:
        return
    if is_part:
        document.rows.append(change)
    else:
        document.head = change


def _document(change: RowChange) -> tuple[type[Model], int, bool]:
    if change.table.model not in PARTS:
        return change.table.model, change.id, False
    whole, name = PARTS[change.table.model]
    values = change.mine or change.base or ()
    place = [column.name for column in change.table.compared].index(name)
    return whole, values[place], True


def _is_change(change: RowChange) -> bool:
    if change.base is None or change.mine is None:
        return True
    return any(True for _found in differing(change))


def differing(change: RowChange) -> Iterator[tuple[Column, Any, Any]]:
    """Yield the columns of a changed row that differ, with both values."""
    for column, before, after in zip(change.table.compared, change.base or (), change.mine or (), strict=True):
        if not same(column, before, after):
            yield column, before, after


def python_value(column: Column, value: Any) -> Any:
    """A value of the file as Python has it; as it stands there if it can't be what its column holds."""
    if value is None:
        return None
    try:
        found = READERS.get(column.kind, column.field.to_python)(value)
    except Exception:  # noqa: BLE001 (any program may have written anything)
        return value
    return value if found is None else found


READERS: dict[str, Callable[[Any], Any]] = {
    "DecimalField": decimal_of,
    "BooleanField": {0: False, 1: True}.get,
    "DateTimeField": lambda value: parse_datetime(str(value)),
    "TimeField": lambda value: parse_time(str(value)),
    "JSONField": json.loads,
}
