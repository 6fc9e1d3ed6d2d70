"""Documents out of rows: the same way for a file and for the server, so that both say the same in the same words."""

import dataclasses
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, TypeVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from workcopies.documents.document import Document, Fields
from workcopies.documents.kinds import Content, Json, Key, Kind, Rows, kind_of, kinds_by_register
from workcopies.documents.values import from_column, text_of
from workcopies.exceptions import BadValue
from workcopies.file.reading import Values
from workcopies.file.tables import Table

AT_ONCE = 500
T = TypeVar("T")

# The rows of a register by their ids, those that are there.
Fetch = Callable[[str, Collection[int]], Mapping[int, Values]]


@dataclasses.dataclass(frozen=True)
class Raw:
    """The rows that make a document, as they stand."""

    header: Values
    rows: tuple[Values, ...] = ()


@dataclasses.dataclass(frozen=True)
class Unseen:
    """What is referred to in a register that the copy doesn't hold: nothing is known of it but its id."""

    id: Any


class BadRow(BadValue):
    """A value that can't be, and where it stands."""

    def __init__(self, error: BadValue, *, table: Table, values: Values) -> None:
        super().__init__(str(error), field=error.field)
        self.table = table.name
        self.id = values[0]


def in_parts(wanted: Sequence[T]) -> Iterator[Sequence[T]]:
    """Yield what is wanted in parts that one query asks for."""
    for start in range(0, len(wanted), AT_ONCE):
        yield wanted[start : start + AT_ONCE]


class Assembler:
    """Makes documents of one side's rows; `fetch` gives rows that others refer to.

    Ask for `learn` with many documents before making them, so that what they refer to is fetched together.
    """

    def __init__(self, tables: Iterable[Table], fetch: Fetch) -> None:
        self._tables = {table.name: table for table in tables}
        self._fetch = fetch
        self._known: dict[tuple[str, int], Values | None] = {}
        self._places = {
            table.name: {column.name: place for place, column in enumerate(table.compared)}
            for table in self._tables.values()
        }

    def learn(self, kind: Kind, raws: Iterable[Raw]) -> None:
        """Fetch what documents refer to, and what the keys of that are made of."""
        wanted: dict[str, set[int]] = {}
        for raw in raws:
            self._note(kind.register, raw.header, [*_own_references(kind), *_references(kind.fields)], wanted)
            if kind.rows and raw.rows:
                for row in raw.rows:
                    self._note(kind.rows.register, row, _references(kind.rows.fields), wanted)
        self._learn(wanted)

    def key(self, kind: Kind, values: Values) -> Key:
        """The natural key of a row. Raises `BadRow`."""
        try:
            return self._key(kind, values)
        except BadValue as error:
            raise BadRow(error, table=self._tables[kind.register], values=values) from error

    def document(self, kind: Kind, raw: Raw) -> Document:
        """A document; `Unseen` values may be left in it. Raises `BadRow`."""
        key = self.key(kind, raw.header)
        fields = self._fields(kind.register, kind.fields, key[0], raw.header)
        rows = None
        if kind.rows and kind.rows.register in self._tables:
            rows = self._rows(kind.rows, key[0], fields, raw.rows)
        return Document(kind.register, key, fields, rows)

    def _rows(self, rows: Rows, company: str, header: Fields, raws: Iterable[Values]) -> Mapping[int, Fields]:
        found: dict[int, Fields] = {}
        given = {name: header[of_header] for name, of_header in rows.from_document.items()}
        for values in raws:
            number = self._row_number(rows, values, taken=found)
            found[number] = self._fields(rows.register, rows.fields, company, values, given)
        return dict(sorted(found.items()))

    def _row_number(self, rows: Rows, values: Values, *, taken: Collection[int]) -> int:
        field = rows.model._meta.get_field(rows.number)
        value = values[self._places[rows.register][rows.number]]
        try:
            number = int(from_column(field, value, is_key=True))  # type: ignore[arg-type]
            if number < 1:
                raise _bad(field, _("Rows are numbered from 1."))
            if number in taken:
                raise _bad(field, _("Another row of the document has this number."))
        except BadValue as error:
            raise BadRow(error, table=self._tables[rows.register], values=values) from error
        return number

    def _fields(
        self,
        register: str,
        contents: Iterable[Content],
        company: str,
        values: Values,
        given: Mapping[str, Json] = MappingProxyType({}),
    ) -> Fields:
        places, fields = self._places[register], dict[str, Json]()
        try:
            for content in contents:
                if content.field.column in places:
                    value = values[places[str(content.field.column)]]
                    is_given = value is None and content.name in given
                    fields[content.name] = given[content.name] if is_given else self._value(content, company, value)
        except BadValue as error:
            raise BadRow(error, table=self._tables[register], values=values) from error
        return fields

    def _value(self, content: Content, company: str, value: Any) -> Json:
        if content.target is None:
            return from_column(content.field, value)
        if value is None and content.field.null:
            return None
        kind = kind_of(content.target)
        if kind.register not in self._tables:
            return Unseen(value)
        key = self._referred(content.field, kind, value)
        if key[0] != company:
            raise _bad(content.field, _("It refers to a row of another company."))
        there = dict(zip((part.name for part in kind.key), key, strict=True))
        if any(there[name] != text for name, text in content.fixed.items()):
            raise _bad(content.field, _("It refers to a row of another dimension."))
        return kind.reference(key, fixed=content.fixed)

    def _key(self, kind: Kind, values: Values) -> Key:
        places, company, texts = self._places[kind.register], None, []
        for field in kind.key_fields:
            value = values[places[str(field.column)]]
            if not isinstance(field, models.ForeignKey):
                texts.append(text_of(from_column(field, value, is_key=True)))
                continue
            first, *rest = self._referred(field, kind_of(field.remote_field.model), value)
            if company is not None and first != company:
                raise _bad(field, _("It refers to a row of another company."))
            company = first
            texts += rest
        return tuple(texts) if company is None else (company, *texts)

    def _referred(self, field: Any, kind: Kind, value: Any) -> Key:
        found = self._known.get((kind.register, value)) if isinstance(value, int) else None
        if found is None:
            raise _bad(field, _("It refers to a row that isn't there."))
        try:
            return self._key(kind, found)
        except BadValue as error:
            raise _bad(field, _("It refers to a row whose own values can't be right.")) from error

    def _note(self, register: str, values: Values, fields: Iterable[Any], wanted: dict[str, set[int]]) -> None:
        places = self._places[register]
        for field in fields:
            target = field.remote_field.model._meta.db_table
            if field.column in places and target in self._tables:
                value = values[places[field.column]]
                if isinstance(value, int) and (target, value) not in self._known:
                    wanted.setdefault(target, set()).add(value)

    def _learn(self, wanted: Mapping[str, Collection[int]]) -> None:
        """Fetch rows and, of those, what their own keys are made of."""
        further: dict[str, set[int]] = {}
        for register, ids in wanted.items():
            kind = kinds_by_register()[register]
            for some in in_parts(sorted(ids)):
                found = self._fetch(register, some)
                for row_id in some:
                    self._known[register, row_id] = found.get(row_id)
                for values in found.values():
                    self._note(register, values, _own_references(kind), further)
        if further:
            self._learn(further)


def _own_references(kind: Kind) -> "list[models.ForeignKey[Any, Any]]":
    return [field for field in kind.key_fields if isinstance(field, models.ForeignKey)]


def _references(contents: Iterable[Content]) -> "list[Any]":
    return [content.field for content in contents if content.target is not None]


def _bad(field: Any, reason: Any) -> BadValue:
    return BadValue(reason, field=str(field.column))
