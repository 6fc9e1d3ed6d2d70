"""The file of a working copy: what is written into it comes back as its changes, and nothing else does."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ledger.models import Account, Company, LedgerEntry
from workcopies.exceptions import BadFile, BusyFile, DamagedFile, ForeignFile, TamperedFile
from workcopies.file.manifest import Manifest
from workcopies.file.reading import RowChange, open_file
from workcopies.file.tables import FIRST_NEW_ID, all_tables, tables_by_name
from workcopies.file.writing import FileWriter

HERE = "0190a0a0-0000-7000-8000-000000000001"
ACCOUNTS = tables_by_name()[Account._meta.db_table]
COMPANIES = tables_by_name()[Company._meta.db_table]
ROWS = 1234


def manifest() -> Manifest:
    return Manifest(
        uid="0190a0a0-0000-7000-8000-00000000000a",
        installation=HERE,
        epoch=1,
        position=17,
        user="anna",
        made_at=datetime(2026, 11, 21, tzinfo=UTC),
        companies=("100",),
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "books.utkorg"
    with FileWriter(path) as file:
        file.write(COMPANIES, [(1, "100", "Avendo", "", "SEK", "Europe/Stockholm", 1, None)])
        file.write(ACCOUNTS, ((n, 1, f"{n}", f"Konto {n}", None, 1, None) for n in range(1, ROWS + 1)))
        file.finish(manifest())
    return path


@contextmanager
def written(path: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(path)) as file, file:
        yield file


def changes(path: Path) -> list[RowChange]:
    with open_file(path, installation=HERE) as file:
        return list(file.changes(ACCOUNTS))


def test_each_table_stands_after_those_it_refers_to() -> None:
    names = [table.name for table in all_tables()]
    assert names.index("ledger_company") < names.index("ledger_account") < names.index("ledger_ledgerentry")
    assert len(names) == len(set(names)) == 17


def test_a_file_that_nobody_touched_has_no_changes(path: Path) -> None:
    assert changes(path) == []


def test_any_program_may_change_add_and_delete_rows(path: Path) -> None:
    with written(path) as file:
        file.execute("update ledger_account set name = 'Kassa' where number = '700'")
        file.execute("delete from ledger_account where number = '1234'")
        file.execute("insert into ledger_account (company_id, number, name) values (1, '9999', 'Ny')")
    changed, gone, new = changes(path)
    assert (changed.id, changed.base, changed.mine) == (
        700,
        (700, 1, "700", "Konto 700", None, 1),
        (700, 1, "700", "Kassa", None, 1),
    )
    assert (gone.id, gone.mine) == (1234, None)
    assert new.id == FIRST_NEW_ID + 1
    assert (new.base, new.mine) == (None, (FIRST_NEW_ID + 1, 1, "9999", "Ny", None, 1))


def test_money_keeps_all_its_digits(tmp_path: Path) -> None:
    entries = tables_by_name()[LedgerEntry._meta.db_table]
    path = tmp_path / "money.utkorg"
    with FileWriter(path) as file:
        row = (1, 1, 1, 1, "9999999999999999.99", None, "", "2024-01-01", None, None, None, None, None, "", None)
        file.write(entries, [row])
        file.finish(manifest())
    with written(path) as book:
        assert book.execute("select amount, typeof(amount) from ledger_ledgerentry").fetchall() == [
            ("9999999999999999.99", "text")
        ]


def test_a_row_of_the_base_is_found(path: Path) -> None:
    with open_file(path, installation=HERE) as file:
        assert file.base_row(ACCOUNTS, 700) == (700, 1, "700", "Konto 700", None, 1)
        assert file.base_row(ACCOUNTS, 5000) is None


def test_another_installations_file_is_foreign(path: Path) -> None:
    with pytest.raises(ForeignFile), open_file(path, installation="another"):
        pass


@pytest.mark.parametrize(
    "statement",
    [
        "update utkorg_manifest set content = replace(content, 'anna', 'eve')",
        "create trigger t after insert on ledger_account begin select 1; end",
        "create view v as select 1",
        "create table more (id integer)",
        "alter table ledger_account add column more text",
        "drop table ledger_account",
    ],
)
def test_what_was_signed_and_the_tables_stay_as_they_were(path: Path, statement: str) -> None:
    with written(path) as file:
        file.execute(statement)
    with pytest.raises(TamperedFile), open_file(path, installation=HERE):
        pass


@pytest.mark.parametrize(
    "statement",
    [
        "update utkorg_base set lines = x'789c0300000000010000'",
        "delete from utkorg_base where page = 2",
        "update utkorg_base set page = 9 where page = 1",
        "update utkorg_base set last_id = last_id + 1 where page = 3",
    ],
)
def test_a_changed_base_is_known(path: Path, statement: str) -> None:
    with written(path) as file:
        file.execute(statement)
    with pytest.raises(TamperedFile):
        changes(path)


def test_a_file_cut_off_is_damaged(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    with pytest.raises(DamagedFile), open_file(path, installation=HERE):
        pass


def test_a_file_that_somebody_writes_to_is_left_alone(path: Path) -> None:
    with written(path) as file:
        file.execute("pragma journal_mode = wal")
    with pytest.raises(BusyFile), open_file(path, installation=HERE):
        pass


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"SQLite format 3\0" + b"\0" * 84])
def test_something_else_is_no_working_copy(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "other.utkorg"
    path.write_bytes(content)
    with pytest.raises(BadFile), open_file(path, installation=HERE):
        pass


def test_a_file_that_was_broken_off_is_never_seen(tmp_path: Path) -> None:
    path = tmp_path / "half.utkorg"
    with pytest.raises(sqlite3.IntegrityError), FileWriter(path) as file:
        file.write(COMPANIES, [(None,) * 8])
    assert list(tmp_path.iterdir()) == []
