"""Making the file of a working copy: rows as they come, then the base that they are compared with later, signed."""

import dataclasses
import os
import sqlite3
import zlib
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from workcopies.file import log
from workcopies.file.manifest import BaseOf, Digest, Manifest, sign
from workcopies.file.tables import FIRST_NEW_ID, Table, counters

APPLICATION_ID = 0x55544B31  # "UTK1": what `file` and others know the format by
ROWS_PER_PAGE = 500
ROWS_AT_ONCE = 10_000
MANIFEST = (
    "create table utkorg_manifest (id integer not null primary key check (id = 1), content text not null,"
    " signature text not null)"
)
BASE = (
    "create table utkorg_base (table_name text not null, page integer not null, first_id integer not null,"
    " last_id integer not null, rows integer not null, lines blob not null, primary key (table_name, page))"
)
INSERT_PAGE = "insert into utkorg_base values (?, ?, ?, ?, ?, ?)"


class FileWriter:
    """Writes a working copy beside its place, and puts it there when it is complete: half a file is never seen.

    Use: `with FileWriter(path) as file: file.write(table, rows) …; file.finish(manifest)`.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._unfinished = path.with_name(f".{path.name}.{os.getpid()}.unfinished")
        self._tables: dict[Table, int] = {}
        self._is_finished = False

    def __enter__(self) -> Self:
        self._unfinished.touch(mode=0o600, exist_ok=False)
        self._file = sqlite3.connect(self._unfinished, isolation_level=None)
        self._file.executescript(
            f"pragma page_size = 8192; pragma encoding = 'UTF-8'; pragma application_id = {APPLICATION_ID};"
            "pragma journal_mode = off; pragma synchronous = off; pragma cache_size = -65536; begin;"
        )
        self._file.execute(MANIFEST)
        self._file.execute(BASE)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()
        if not self._is_finished:
            self._unfinished.unlink(missing_ok=True)

    def write(self, table: Table, rows: Iterable[Sequence[Any]]) -> int:
        """Add rows of a table, each with the values of its `columns` as the file has them, in the order of their ids.

        Called at least once for each table that the file is to have; returns how many rows there are so far.
        """
        if table not in self._tables:
            self._file.execute(table.statements[0])
            self._tables[table] = 0
        places = ", ".join("?" * len(table.columns))
        self._tables[table] += self._file.executemany(f'insert into "{table.name}" values ({places})', rows).rowcount
        return self._tables[table]

    def finish(self, manifest: Manifest, *, progress: Callable[[int], None] | None = None) -> Manifest:
        """Make the base, sign, and put the file in its place; returns the manifest with what the base holds.

        `progress` hears of each page how many rows it has.
        """
        for table in self._tables:
            for statement in table.statements[1:]:
                self._file.execute(statement)
            self._seed(table)
        for table in counters():
            self._file.execute(table.statements[0])
        for statement in log.statements(self._tables):  # only now: what was checked out was written by nobody
            self._file.execute(statement)
        bases = {table.name: self._base(table, progress) for table in self._tables}
        manifest = dataclasses.replace(manifest, tables=bases)
        text = manifest.as_text()
        self._file.execute("insert into utkorg_manifest values (1, ?, ?)", [text, sign(text)])
        self._file.execute("commit")
        self._file.close()
        with self._unfinished.open("rb") as written:
            os.fsync(written.fileno())
        self._unfinished.replace(self._path)
        self._is_finished = True
        return manifest

    def _seed(self, table: Table) -> None:
        self._file.execute("delete from sqlite_sequence where name = ?", [table.name])
        self._file.execute("insert into sqlite_sequence values (?, ?)", [table.name, FIRST_NEW_ID])

    def _base(self, table: Table, progress: Callable[[int], None] | None) -> BaseOf:
        digest, page, rows_of_all, size = Digest(), 0, 0, 0
        ends = self._file.execute(
            f"""select min(id), max(id), count(*) from (
                    select id, (row_number() over (order by id) - 1) / {ROWS_PER_PAGE} as page from "{table.name}"
                ) group by page order by page"""
        ).fetchall()
        for page, (first_id, last_id, rows) in enumerate(ends, start=1):
            ((text,),) = self._file.execute(lines_sql(table), [first_id - 1, last_id]).fetchall()
            lines = zlib.compress(text.encode(), 6)
            size += len(text.encode())
            digest.add(page, first_id, last_id, rows, lines)
            self._file.execute(INSERT_PAGE, [table.name, page, first_id, last_id, rows, lines])
            rows_of_all += rows
            if progress is not None:
                progress(rows)
        columns = tuple(column.name for column in table.columns)
        return BaseOf(
            columns=columns,
            statements=table.statements,
            rows=rows_of_all,
            pages=page,
            size=size,
            digest=str(digest),
        )


def lines_sql(table: Table) -> str:
    """The SQL of the rows beyond an id, up to and including another, as text: a JSON array of values a line."""
    columns = ", ".join(f'"{column.name}"' for column in table.compared)
    return f"""
        select group_concat(line, char(10)) from (
            select json_array({columns}) as line from "{table.name}" where "id" > ? and "id" <= ? order by "id"
        )"""
