"""What the server has now of exactly the documents asked for, found by their natural keys.

A few queries for 500 documents, each a look-up by an index: what the registers hold besides is never read.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from django.db import connection, models
from django.db.models import Model

from ledger.models import Company
from workcopies.documents.assembling import Assembler, Raw, in_parts
from workcopies.documents.document import Document
from workcopies.documents.kinds import Key, Kind, Rows, kinds_by_register
from workcopies.file.reading import Values
from workcopies.file.tables import Table, all_tables, tables_by_name

Named = tuple[str, Key]

# `offset 0` keeps the planner from making joins of the look-ups, which could read whole registers.
BY_KEY = """
    select wanted.place, found.*
    from unnest({arrays}) with ordinality wanted ({names}, place)
    {owners}
    cross join lateral (select {columns} from {table} where {condition} offset 0 {lock}) found
"""
BY_COLUMN = """
    select found.*
    from unnest(%s::bigint[]) wanted (id)
    cross join lateral (select {columns} from {table} where "{column}" = wanted.id offset 0) found
"""
OWNER = """cross join lateral (select id from {table} where {condition} offset 0) "{name}" """


def read_theirs(wanted: Iterable[Named], *, lock: bool = False) -> dict[Named, Document]:
    """Return the documents that the server has of those named by register and key.

    With `lock` nobody else changes them before the transaction's end.
    """
    by_register = defaultdict[str, list[Key]](list)
    for register, key in sorted(set(wanted)):
        by_register[register].append(key)
    assembler = Assembler(all_tables(), _fetch)
    return {
        (document.register, document.key): document
        for register, keys in by_register.items()
        for some in in_parts(keys)
        for document in _documents(kinds_by_register()[register], some, assembler, lock=lock)
    }


def _documents(kind: Kind, keys: Sequence[Key], assembler: Assembler, *, lock: bool) -> Iterator[Document]:
    headers = list(_by_key(kind, keys, lock=lock))
    rows = defaultdict[int, list[Values]](list)
    if kind.rows and headers:
        place = _place(kind.rows)
        for values in _by_column(tables_by_name()[kind.rows.register], kind.rows.column, [h[0] for h in headers]):
            rows[values[place]].append(values)
    raws = [Raw(header, tuple(rows[header[0]])) for header in headers]
    assembler.learn(kind, raws)
    for raw in raws:
        yield assembler.document(kind, raw)


def _by_key(kind: Kind, keys: Sequence[Key], *, lock: bool) -> Iterator[Values]:
    places = {part.path: place for place, part in enumerate(kind.key)}
    statement = BY_KEY.format(
        arrays=", ".join(["%s::text[]"] * len(kind.key)),
        names=", ".join(f"k{place}" for place in places.values()),
        owners=" ".join(dict.fromkeys(_owners(kind.model, "", places))),
        columns=_columns(tables_by_name()[kind.register]),
        table=kind.register,
        condition=_condition(kind.model, "", places),
        lock="for no key update" if lock else "",
    )
    for _place, *values in _rows(statement, [list(texts) for texts in zip(*keys, strict=True)]):
        yield tuple(values)


def _owners(model: type[Model], path: str, places: Mapping[str, int]) -> Iterator[str]:
    """Yield the look-ups of what a natural key names others by, each after those that it needs."""
    for field in kinds_by_register()[model._meta.db_table].key_fields:
        if isinstance(field, models.ForeignKey):
            target, there = field.remote_field.model, f"{path}{field.name}__"
            yield from _owners(target, there, places)
            condition = _condition(target, there, places)
            yield OWNER.format(table=target._meta.db_table, condition=condition, name=_alias(field, there))


def _condition(model: type[Model], path: str, places: Mapping[str, int]) -> str:
    return " and ".join(
        f'"{field.column}" = "{_alias(field, f"{path}{field.name}__")}".id'
        if isinstance(field, models.ForeignKey)
        # The company stands first in every key, and once.
        else f"{_there(field)} = {_given(field, 0 if model is Company else places[f'{path}{field.name}'])}"
        for field in kinds_by_register()[model._meta.db_table].key_fields
    )


def _alias(field: Any, path: str) -> str:
    """One name for the company, whichever way a key leads to it."""
    return "company" if field.name == "company" else path.removesuffix("__")


def _there(field: Any) -> str:
    return f"""coalesce("{field.column}", '')""" if field.null else f'"{field.column}"'


def _given(field: Any, place: int) -> str:
    kinds = {models.IntegerField: "bigint", models.DateField: "date", models.JSONField: "jsonb"}
    cast = next((f"::{name}" for kind, name in kinds.items() if isinstance(field, kind)), "")
    return f"wanted.k{place}{cast}"


def _fetch(register: str, ids: Collection[int]) -> Mapping[int, Values]:
    return {values[0]: values for values in _by_column(tables_by_name()[register], "id", ids)}


def _by_column(table: Table, column: str, ids: Collection[int]) -> Iterator[Values]:
    statement = BY_COLUMN.format(columns=_columns(table), table=table.name, column=column)
    yield from _rows(statement, [list(ids)])


def _columns(table: Table) -> str:
    return ", ".join(f'{column.on_server} as "{column.name}"' for column in table.compared)


def _place(rows: Rows) -> int:
    return [column.name for column in tables_by_name()[rows.register].compared].index(rows.column)


def _rows(statement: str, values: list[Any]) -> Iterator[Values]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        yield from cursor.fetchall()
