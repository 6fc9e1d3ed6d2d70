"""The log of a working copy's file: that it was written, whatever program wrote it, and which rows were made in it.

Each write leaves a number that no other file has, in a place of its own. So a file goes on from a state of it exactly
where it has that state's mark in that state's place; two files that were copied from one and both worked in have the
same places with other marks. Triggers write it: SQL of ours, word for word, and it does nothing else.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from workcopies.file.tables import Table

WRITES = "create table utkorg_writes (place integer not null primary key, mark integer not null)"
# The mark of a row is that of the first one that had its id.
MADE = (
    "create table utkorg_made (register text not null, row_id integer not null, mark integer not null,"
    " primary key (register, row_id)) without rowid"
)
WRITTEN = "insert into utkorg_writes (mark) values (random());"
# No "or ignore": the statement that a trigger runs for would have its own "or replace" instead.
KEPT = (
    "insert into utkorg_made select '{name}', new.\"id\", random() where not exists"
    " (select 1 from utkorg_made where register = '{name}' and row_id = new.\"id\");"
)


@dataclass(frozen=True)
class Mark:
    """A state of a file: how often it had been written, and the mark that the last write left, none of an unwritten."""

    place: int
    mark: int | None


def tables() -> tuple[str, str]:
    """The SQL of the log's tables."""
    return WRITES, MADE


def triggers(names: Iterable[str]) -> Iterator[str]:
    """Yield the SQL that writes the log, for tables of these names."""
    for name in names:
        kept = KEPT.format(name=name)
        yield f'create trigger "{name}_made" after insert on "{name}" begin {WRITTEN} {kept} end'
        yield f'create trigger "{name}_changed" after update on "{name}" begin {WRITTEN} end'
        yield f'create trigger "{name}_gone" after delete on "{name}" begin {WRITTEN} end'


def statements(tables_of_file: Iterable[Table]) -> Iterator[str]:
    """Yield all SQL of the log of a file that has these tables."""
    yield from tables()
    yield from triggers(table.name for table in tables_of_file)
