"""Files that somebody made or changed to do harm, or that were broken on their way: a clear error, and nothing else."""

import dataclasses
import json
import os
import random
import sqlite3
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.core import signing

from ledger.models import Account, Company
from workcopies.exceptions import BadFile, BusyFile, DamagedFile, ForeignFile, NewerFile, TamperedFile, UnknownTable
from workcopies.file import opening
from workcopies.file.log import Mark
from workcopies.file.manifest import SALT, VERSION, Manifest, sign
from workcopies.file.opening import check_beside
from workcopies.file.reading import RowChange, open_file
from workcopies.file.tables import FIRST_NEW_ID, tables_by_name
from workcopies.file.writing import FileWriter

HERE = "0190a0a0-0000-7000-8000-000000000001"
ELSEWHERE = "0190a0a0-0000-7000-8000-000000000002"
ACCOUNTS = tables_by_name()[Account._meta.db_table]
COMPANIES = tables_by_name()[Company._meta.db_table]
ROWS = 1234
PAGE = 8192
Sql = tuple[str, ...]


def made(path: Path, *, installation: str = HERE, name: str = "Konto") -> Path:
    manifest = Manifest(
        uid="0190a0a0-0000-7000-8000-00000000000a",
        installation=installation,
        epoch=1,
        position=17,
        user="anna",
        made_at=datetime(2026, 11, 21, tzinfo=UTC),
        companies=("100",),
    )
    with FileWriter(path) as file:
        file.write(COMPANIES, [(1, "100", "Avendo", "", "SEK", "Europe/Stockholm", 1, None)])
        file.write(ACCOUNTS, ((n, 1, f"{n}", f"{name} {n}", None, 1, None) for n in range(1, ROWS + 1)))
        file.finish(manifest)
    return path


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return made(tmp_path_factory.mktemp("original") / "books.utkorg").read_bytes()


def test_the_pages_are_as_large_as_these_tests_think(original: bytes) -> None:
    assert int.from_bytes(original[16:18], "big") == PAGE


@pytest.fixture
def path(tmp_path: Path, original: bytes) -> Path:
    path = tmp_path / "books.utkorg"
    path.write_bytes(original)
    return path


@contextmanager
def written(path: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(path)) as file, file:
        yield file


def run(path: Path, *statements: str) -> None:
    """Run statements on a file as another program would, also such as change how its tables are described."""
    with closing(sqlite3.connect(path, isolation_level=None)) as file:
        file.execute("pragma writable_schema = on")
        for statement in statements:
            file.execute(statement)


def read(path: Path, *, installation: str | None = HERE) -> list[RowChange]:
    """Read all that there is to read of a file."""
    with open_file(path, installation=installation) as file:
        return [change for table in file.tables for change in file.changes(table)]


def refused(path: Path, kind: type[BadFile], *, installation: str | None = HERE) -> BadFile:
    """Return why a file isn't taken; nothing was made or changed by looking at it."""
    folder = sorted(path.parent.iterdir())
    content = path.read_bytes() if path.is_file() else b""
    with pytest.raises(kind) as raised:
        read(path, installation=installation)
    assert str(raised.value)
    assert sorted(path.parent.iterdir()) == folder
    assert not path.is_file() or path.read_bytes() == content
    return raised.value


# What isn't a file of ours


def a_directory(path: Path) -> None:
    path.mkdir()


def a_pipe(path: Path) -> None:
    os.mkfifo(path)


def a_link_to_a_directory(path: Path) -> None:
    path.symlink_to(path.parent)


def a_link_to_itself(path: Path) -> None:
    path.symlink_to(path)


def an_endless_device(path: Path) -> None:
    path.symlink_to("/dev/zero")


def another_database(path: Path) -> None:
    with written(path) as file:
        file.execute("create table utkorg_manifest (content text)")


def nothing(path: Path) -> None:
    path.write_bytes(b"")


def zeros(path: Path) -> None:
    path.write_bytes(bytes(10_000))


def an_archive(path: Path) -> None:
    path.write_bytes(b"PK\x03\x04" + bytes(200))


def a_head_alone(path: Path) -> None:
    path.write_bytes(b"SQLite format 3\0")


NOT_FILES = (
    *(a_directory, a_pipe, a_link_to_a_directory, a_link_to_itself, an_endless_device, another_database),
    *(nothing, zeros, an_archive, a_head_alone),
)


@pytest.mark.parametrize("make", NOT_FILES, ids=lambda make: make.__name__)
def test_what_is_no_working_copy_is_none(tmp_path: Path, make: Callable[[Path], None]) -> None:
    path = tmp_path / "books.utkorg"
    make(path)
    with pytest.raises(BadFile):
        read(path)


@pytest.mark.parametrize("name", ["no.utkorg", "a\0b", "\udcff.utkorg", "x" * 300])
def test_a_name_that_leads_to_nothing_is_no_working_copy(tmp_path: Path, name: str) -> None:
    with pytest.raises(BadFile):
        read(tmp_path / name)


@pytest.mark.parametrize("name", ["a?mode=rwc&b#c%20.utkorg", "räksmörgås ' \".utkorg", os.fsdecode(b"\xff.utkorg")])
def test_a_name_is_a_name_whatever_it_holds(tmp_path: Path, original: bytes, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(original)
    assert read(path) == []
    assert list(tmp_path.iterdir()) == [path]


def test_a_link_to_a_file_is_the_file(tmp_path: Path, path: Path) -> None:
    link = tmp_path / "link.utkorg"
    link.symlink_to(path)
    assert read(link) == []


def test_a_file_that_says_that_it_is_huge_is_not_taken_at_its_word(path: Path) -> None:
    with path.open("r+b") as file:
        file.truncate(2**40)
    with pytest.raises(DamagedFile):
        read(path)


# Broken on the way


def test_a_file_cut_off_anywhere_is_refused(path: Path, original: bytes) -> None:
    for place in range(200):
        path.write_bytes(original[: len(original) * place // 200])
        refused(path, BadFile)


def test_a_file_cut_off_that_says_it_is_whole_is_refused(path: Path, original: bytes) -> None:
    for left in range(1, len(original) // PAGE):
        head = bytearray(original[: left * PAGE])
        head[28:32] = left.to_bytes(4, "big")
        path.write_bytes(head)
        refused(path, BadFile)


@pytest.mark.parametrize("seed", range(10))
def test_a_bit_that_turned_is_a_broken_file_or_another_value(path: Path, original: bytes, seed: int) -> None:
    chance = random.Random(seed)
    for _place in range(50):
        content = bytearray(original)
        content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
        path.write_bytes(content)
        try:
            changes = read(path)
        except BadFile:
            continue
        assert len(changes) <= 2 * ROWS


@pytest.mark.parametrize("seed", range(5))
def test_a_page_of_noise_is_a_broken_file_or_another_value(path: Path, original: bytes, seed: int) -> None:
    chance = random.Random(seed)
    for page in range(len(original) // PAGE):
        content = bytearray(original)
        content[page * PAGE + 100 : page * PAGE + 600] = chance.randbytes(500)
        path.write_bytes(content)
        try:
            read(path)
        except BadFile:
            continue


def root_of(path: Path, name: str) -> int:
    with written(path) as file:
        return int(file.execute("select rootpage from sqlite_schema where name = ?", [name]).fetchone()[0])


def children(content: bytes, page: int) -> list[int]:
    """Return where in a file the pointers of an interior page stand."""
    start = (page - 1) * PAGE
    assert content[start] == 5
    cells = int.from_bytes(content[start + 3 : start + 5], "big")
    places = [start + 12 + 2 * cell for cell in range(cells)]
    return [start + int.from_bytes(content[place : place + 2], "big") for place in places] + [start + 8]


def test_pages_that_lead_back_to_themselves_end(path: Path, original: bytes) -> None:
    root = root_of(path, "ledger_account")
    for place in children(original, root):
        content = bytearray(original)
        content[place : place + 4] = root.to_bytes(4, "big")
        path.write_bytes(content)
        refused(path, DamagedFile)


def test_pages_that_lead_to_the_same_page_are_broken(path: Path, original: bytes) -> None:
    places = children(original, root_of(path, "ledger_account"))
    content = bytearray(original)
    for place in places:
        content[place : place + 4] = original[places[0] : places[0] + 4]
    path.write_bytes(content)
    refused(path, DamagedFile)


def test_a_page_that_is_left_out_is_no_deletion(path: Path, original: bytes) -> None:
    root = root_of(path, "ledger_account")
    start = (root - 1) * PAGE
    content = bytearray(original)
    cells = int.from_bytes(content[start + 3 : start + 5], "big")
    # The page says that it has one child less: its rows can't be found any more.
    content[start + 3 : start + 5] = (cells - 1).to_bytes(2, "big")
    path.write_bytes(content)
    refused(path, DamagedFile)


@pytest.mark.parametrize("place", [16, 20, 21, 22, 23, 24, 28, 32, 36, 40, 44, 48, 52, 56, 64, 92])
def test_a_header_of_noise_is_refused_or_means_nothing(path: Path, original: bytes, place: int) -> None:
    for noise in (b"\xff\xff\xff\xff", b"\0\0\0\0", b"\x7f\xff\xff\xff", b"\0\0\0\2"):
        content = bytearray(original)
        content[place : place + 4] = noise
        path.write_bytes(content)
        try:
            assert read(path) == []
        except BadFile:
            continue


# Files beside it


@pytest.mark.parametrize("ending", ["-journal", "-wal"])
def test_a_log_beside_a_file_is_not_played_back(path: Path, ending: str) -> None:
    beside = path.with_name(path.name + ending)
    beside.write_bytes(bytes.fromhex("d9d505f920a163d7") + bytes(600))
    refused(path, BusyFile)


def test_a_file_that_keeps_a_log_is_in_use(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[18:20] = b"\2\2"
    path.write_bytes(content)
    refused(path, BusyFile)


def test_a_journal_that_names_another_file_is_refused_before_it_is_played_back(tmp_path: Path, path: Path) -> None:
    check_beside(path)
    victim = str(tmp_path / "victim").encode()
    beside = path.with_name(path.name + "-journal")
    beside.write_bytes(bytes(512) + victim + bytes(8) + bytes.fromhex("d9d505f920a163d7"))
    with pytest.raises(TamperedFile):
        check_beside(path)


@pytest.mark.parametrize("ending", ["-journal", "-wal", "-shm"])
def test_a_link_beside_a_file_is_refused(tmp_path: Path, path: Path, ending: str) -> None:
    path.with_name(path.name + ending).symlink_to(tmp_path / "victim")
    with pytest.raises(TamperedFile):
        check_beside(path)


def test_a_file_that_is_written_while_it_is_read_is_in_use(path: Path) -> None:
    with open_file(path, installation=HERE) as file:
        found = file.changes(ACCOUNTS)
        run(path, "update ledger_account set name = 'x' where id = 1")
        with pytest.raises(BadFile):
            list(found)


# Tables that aren't ours

TRIGGER = "create trigger t after insert on ledger_account begin delete from ledger_company; end"
RENAMED = "update sqlite_schema set name = 'ledger_other', tbl_name = 'ledger_other' where name = 'ledger_company'"
NOT_OURS: dict[str, Sql] = {
    "trigger": (TRIGGER,),
    "a trigger of the log that does something else": (
        "drop trigger ledger_account_gone",
        "create trigger ledger_account_gone after delete on ledger_account begin delete from ledger_company; end",
    ),
    "a trigger of the log on another table": (
        "drop trigger ledger_account_gone",
        "create trigger ledger_account_gone after delete on utkorg_base begin delete from utkorg_writes; end",
    ),
    "a log that is a view": ("drop table utkorg_made", "create view utkorg_made as select 1 as mark"),
    "view": ("create view v as select 1",),
    "table": ("create table more (id integer)",),
    "index": ("create index more on ledger_account (name)",),
    "index on an expression": ("create index more on ledger_account (abs(id))",),
    "partial index": ("create index more on ledger_account (name) where id > 1",),
    "virtual table": ("create virtual table more using fts5 (x)",),
    "r-tree": ("create virtual table more using rtree (id, a, b)",),
    "generated column": ("alter table ledger_account add column more as (abs(id))",),
    "column": ("alter table ledger_account add column more text",),
    "no column": ("alter table ledger_account drop column name",),
    "renamed table": ("alter table ledger_account rename to ledger_other",),
    "no table": ("drop table ledger_account",),
    "no counter": ("drop table ledger_numberseries",),
    "a view in a table's place": (
        "alter table ledger_account rename to kept",
        "create view ledger_account as select * from kept",
    ),
    "a trigger called an index": (
        TRIGGER,
        "update sqlite_schema set type = 'index' where name = 't'",
    ),
    "a trigger called one of SQLite's tables": (
        TRIGGER,
        "update sqlite_schema set type = 'table', name = 'sqlite_stat1' where name = 't'",
    ),
    "a view called one of SQLite's tables": (
        "create view v as select 1",
        "update sqlite_schema set name = 'sqlite_stat1', tbl_name = 'sqlite_stat1' where name = 'v'",
    ),
    "a trigger called a key's index": (
        TRIGGER,
        "update sqlite_schema set type = 'index', name = 'sqlite_autoindex_more_1' where name = 't'",
    ),
    "a table that says more than it is": (
        "update sqlite_schema set sql = replace(sql, 'not null', 'not null check (abs(1))') where name like 'ledger%'",
    ),
    "a default that is run": (
        "update sqlite_schema set sql = replace(sql, 'default ''''', 'default (randomblob(9))') where name like 'l%'",
    ),
    "a table twice": ("insert into sqlite_schema select * from sqlite_schema where name = 'ledger_company'",),
    "what isn't SQL": ("insert into sqlite_schema values ('table', 'x', 'x', 2, 'create everything')",),
    "no SQL at all": ("insert into sqlite_schema values ('table', 'x', 'x', 2, null)",),
    "bytes for SQL": ("update sqlite_schema set sql = cast(sql as blob) where name = 'ledger_account'",),
    "an index of nothing": ("insert into sqlite_schema values ('index', 'sqlite_autoindex_x_1', 'x', 2, null)",),
    "a page that isn't there": ("update sqlite_schema set rootpage = 99999 where name = 'ledger_account'",),
    "a page below none": ("update sqlite_schema set rootpage = -1 where name = 'ledger_account'",),
    "the schema's page": ("update sqlite_schema set rootpage = 1 where name = 'ledger_account'",),
    "a description without end": (
        "update sqlite_schema set sql = sql || printf('%.*c', 200000, ' ') where name = 'ledger_account'",
    ),
    "no manifest's table": ("drop table utkorg_manifest",),
    "no base's table": ("drop table utkorg_base",),
    "a manifest that is computed": (
        "alter table utkorg_manifest rename to kept",
        "create view utkorg_manifest as select id, content, signature from kept",
    ),
}


@pytest.mark.parametrize("installation", [HERE, None], ids=["here", "offline"])
@pytest.mark.parametrize("statements", NOT_OURS.values(), ids=NOT_OURS.keys())
def test_tables_that_are_not_ours_are_refused(path: Path, statements: Sql, installation: str | None) -> None:
    run(path, *statements)
    refused(path, BadFile, installation=installation)


def test_what_sqlite_keeps_for_itself_is_no_harm(path: Path) -> None:
    run(path, "analyze", "vacuum")
    assert read(path) == []


@pytest.mark.parametrize(
    "statement",
    [
        "drop trigger ledger_account_changed",
        "drop table utkorg_writes",
        "insert into utkorg_writes values (9223372036854775807, 'x')",
        "insert into utkorg_writes values (7, x'00')",
        "insert into utkorg_writes values (-1, 1)",
        "insert into utkorg_writes values (0, 1)",
        "insert into utkorg_writes values (9223372036854775807, 1)",
    ],
)
def test_a_log_that_tells_nothing_is_no_harm(path: Path, statement: str) -> None:
    run(path, statement)
    with open_file(path, installation=HERE) as file:
        assert file.mark is None
        assert not file.goes_on_from(Mark(7, 1))


def test_thousands_of_tables_are_not_read_to_the_end(path: Path) -> None:
    run(path, "begin", *(f"create table t{number} (x)" for number in range(2_500)), "commit")
    refused(path, DamagedFile)


@pytest.mark.parametrize("name", ["ledger_company", "sqlite_sequence"])
def test_tables_that_share_their_rows_are_data_or_broken(path: Path, name: str) -> None:
    root = root_of(path, name)
    run(path, f"update sqlite_schema set rootpage = {root} where name = 'ledger_account'")
    refused(path, BadFile)


@pytest.mark.parametrize(
    "statement",
    [
        "attach ':memory:' as other",
        "pragma trusted_schema = on",
        "pragma writable_schema = on",
        "update ledger_account set name = 'x'",
        "insert into ledger_company select * from ledger_company",
        "delete from utkorg_base",
        "create temp table x (y)",
        "create trigger t after insert on ledger_account begin select 1; end",
        "drop table ledger_account",
        "select load_extension('/tmp/x.so')",
        "select fts3_tokenizer('simple')",
        "select writefile('/tmp/x', 'y')",
        "select * from pragma_table_info('ledger_account')",
        "vacuum into '/tmp/utkorg-stolen'",
    ],
)
def test_nothing_but_looking_is_possible(path: Path, statement: str) -> None:
    with open_file(path, installation=HERE) as file, pytest.raises(DamagedFile):
        list(file.query(statement))
    assert list(path.parent.iterdir()) == [path]


def test_what_would_never_end_is_stopped(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "STEPS_AT_LEAST", 100_000)
    endless = "with recursive n(x) as (select 1 union all select x + 1 from n) select max(x) from n"
    with open_file(path, installation=HERE) as file, pytest.raises(DamagedFile):
        list(file.query(endless))


# What it says of its origin


def content_of(path: Path) -> dict[str, Any]:
    with written(path) as file:
        found: dict[str, Any] = json.loads(file.execute("select content from utkorg_manifest").fetchone()[0])
        return found


def rewrite(path: Path, content: Any, signature: str | None = None) -> None:
    """Put another manifest in, as it is signed here, or with a signature."""
    text = content if isinstance(content, str) else json.dumps(content, sort_keys=True, separators=(",", ":"))
    with written(path) as file:
        file.execute("update utkorg_manifest set content = ?, signature = ?", [text, signature or sign(text)])


def signature_of(path: Path) -> str:
    with written(path) as file:
        return str(file.execute("select signature from utkorg_manifest").fetchone()[0])


CHANGES: dict[str, dict[str, Any]] = {
    "user": {"user": "eve"},
    "rights": {"rights": {"100": ["ledger.delete_voucher"]}},
    "companies": {"companies": ["100", "200"]},
    "position": {"position": 99999},
    "epoch": {"epoch": 2},
    "copy": {"uid": "0190a0a0-0000-7000-8000-00000000000b"},
    "tables": {"tables": {}},
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_a_word_of_the_manifest_that_is_changed_is_known(path: Path, change: dict[str, Any]) -> None:
    rewrite(path, {**content_of(path), **change}, signature_of(path))
    refused(path, TamperedFile)


def test_another_installations_signature_is_none(path: Path, settings: Any) -> None:
    text = json.dumps(content_of(path), sort_keys=True, separators=(",", ":"))
    theirs = signing.Signer(key="another installation's", salt=SALT).signature(text)
    rewrite(path, text, theirs)
    refused(path, TamperedFile)
    ours_for_something_else = signing.Signer(salt="something else").signature(text)
    rewrite(path, text, ours_for_something_else)
    refused(path, TamperedFile)


def test_another_installations_file_is_foreign_whoever_signed_it(tmp_path: Path, path: Path) -> None:
    refused(made(tmp_path / "theirs.utkorg", installation=ELSEWHERE), ForeignFile)
    rewrite(path, {**content_of(path), "installation": ELSEWHERE}, "none")
    refused(path, ForeignFile)


def test_a_later_version_is_newer_whoever_signed_it(path: Path) -> None:
    later = {"version": VERSION + 1, "and": "whatever it has"}
    for signature in (None, "none"):
        rewrite(path, later, signature)
        refused(path, NewerFile)
        refused(path, NewerFile, installation=None)


DEEP = 100_000
BROKEN: dict[str, Any] = {
    "no JSON": "{",
    "a list": [],
    "a number": 7,
    "null": None,
    "too deep": "[" * DEEP + "]" * DEEP,
    "very many entries": "[" + "[]," * 200_000 + "[]]",
    "a number without end": '{"version":1' + "0" * 10_000 + "}",
    "half a character": '{"version":1,"user":"\\ud800"}',
    "version as text": {"version": "1"},
    "version below": {"version": -1},
    "no version": {"user": "anna"},
}
WRONG: dict[str, dict[str, Any]] = {
    "user": {"user": 7},
    "epoch": {"epoch": "1"},
    "position": {"position": -1},
    "made_at": {"made_at": "yesterday"},
    "companies": {"companies": 100},
    "companies' numbers": {"companies": [100]},
    "years": {"years": {"100": ["2024"]}},
    "rights": {"rights": []},
    "tables": {"tables": []},
    "a table": {"tables": {"ledger_account": {}}},
    "more": {"more": 1},
}


@pytest.mark.parametrize("installation", [HERE, None], ids=["here", "offline"])
@pytest.mark.parametrize("content", [*BROKEN.values(), *WRONG.values()], ids=[*BROKEN, *WRONG])
def test_a_manifest_that_cannot_be_read_is_refused_even_if_it_was_signed(
    path: Path, content: Any, installation: str | None
) -> None:
    whole = {**content_of(path), **content} if content in WRONG.values() else content
    rewrite(path, whole)
    refused(path, BadFile, installation=installation)
    rewrite(path, whole, "none")
    refused(path, BadFile, installation=installation)


@pytest.mark.parametrize(
    "statement",
    [
        "delete from utkorg_manifest",
        "update utkorg_manifest set content = cast(content as blob)",
        "update utkorg_manifest set signature = cast(signature as blob)",
        "update utkorg_manifest set signature = ''",
        "update utkorg_manifest set signature = content",
        "update utkorg_manifest set content = zeroblob(20000000)",
        "update utkorg_manifest set content = content || printf('%.*c', 20000000, ' ')",
        "update utkorg_manifest set content = 7",
    ],
)
def test_a_manifest_that_is_no_text_is_refused(path: Path, statement: str) -> None:
    run(path, statement)
    refused(path, BadFile)
    if "signature" not in statement:
        refused(path, BadFile, installation=None)


def with_statement(path: Path, statement: str, *, instead: bool) -> None:
    """Let the manifest say that a statement made the accounts: what an unsigned file may say of itself."""
    content = content_of(path)
    accounts = content["tables"]["ledger_account"]
    accounts["statements"] = [statement] if instead else [*accounts["statements"], statement]
    rewrite(path, content, "none")


@pytest.mark.parametrize(
    ("statement", "kind"),
    [
        (TRIGGER, "index"),
        ("create view v as select 1", "table"),
        ("create virtual table v using fts5 (x)", "table"),
        ("create index v on ledger_account (abs(id))", "index"),
        ('create index "v" on "ledger_account" ("name") where 1', "index"),
        ('create table "v" ("id" integer not null default (abs(1)))', "table"),
        ('create table "v" ("id" integer not null check (1))', "table"),
        ('create table "v" ("id" integer not null) strict', "table"),
        ('create table "v" ("id" integer, "x" as (1))', "table"),
    ],
)
@pytest.mark.parametrize("instead", [False, True], ids=["beside ours", "instead"])
def test_offline_a_file_may_not_say_itself_what_is_ours(path: Path, statement: str, kind: str, instead: bool) -> None:
    with_statement(path, statement, instead=instead)
    run(path, statement, f"update sqlite_schema set type = '{kind}' where name in ('t', 'v')")
    refused(path, BadFile, installation=None)


def test_tables_and_columns_that_nobody_knows_are_of_another_version(path: Path) -> None:
    content = content_of(path)
    accounts = content["tables"].pop("ledger_account")
    gone = {**accounts, "columns": [*accounts["columns"], "colour"]}
    rewrite(path, {**content, "tables": {**content["tables"], "ledger_account": gone}})
    assert "ledger_account.colour" in str(refused(path, UnknownTable))


# The base


def reread(path: Path, change: Callable[[sqlite3.Connection], None]) -> None:
    with written(path) as file:
        change(file)


BASES: dict[str, Sql] = {
    "rows as text": ("update utkorg_base set rows = 'many' where page = 1",),
    "no rows": ("update utkorg_base set rows = 0 where page = 1",),
    "rows below none": ("update utkorg_base set rows = -1 where page = 1",),
    "many rows": ("update utkorg_base set rows = 9223372036854775807 where page = 1",),
    "ids as text": ("update utkorg_base set first_id = 'a' where page = 1",),
    "ids as parts": ("update utkorg_base set first_id = 1.5 where page = 1",),
    "ids turned round": ("update utkorg_base set first_id = last_id, last_id = first_id where page = 2",),
    "overlapping ids": ("update utkorg_base set first_id = 400 where page = 2",),
    "pages as parts": ("update utkorg_base set page = 1.5 where page = 2",),
    "pages as text": ("update utkorg_base set page = 'x' where page = 3",),
    "pages from nought": ("update utkorg_base set page = page - 1 where table_name = 'ledger_account'",),
    "a page more": ("insert into utkorg_base select table_name, 4, 5000, 5001, 1, lines from utkorg_base limit 1",),
    "a page less": ("delete from utkorg_base where page = 3",),
    "no page": ("delete from utkorg_base",),
    "pages exchanged": (
        "update utkorg_base set page = -1 where table_name = 'ledger_account' and page = 1",
        "update utkorg_base set page = 1 where table_name = 'ledger_account' and page = 2",
        "update utkorg_base set page = 2 where page = -1",
    ),
    "another table's": ("update utkorg_base set table_name = 'ledger_company' where page = 3",),
    "lines as text": ("update utkorg_base set lines = 'text' where page = 1",),
    "no lines": ("update utkorg_base set lines = x'' where page = 1",),
    "lines that aren't packed": ("update utkorg_base set lines = x'00112233' where page = 1",),
    "rows deleted from both": (
        "delete from ledger_account where id > 1000",
        "delete from utkorg_base where page = 3",
    ),
}


@pytest.mark.parametrize("statements", BASES.values(), ids=BASES.keys())
def test_a_base_that_is_not_what_was_signed_is_refused(path: Path, statements: Sql) -> None:
    run(path, *statements)
    refused(path, TamperedFile)


def packed(text: bytes) -> bytes:
    return zlib.compress(text, 9)


LINES: dict[str, bytes] = {
    "a bomb": packed(bytes(300 * 2**20)),
    "a small bomb": packed(b"\n" * 20 * 2**20),
    "cut off": packed(b"[1]")[:-3],
    "with more behind": packed(b"[1]") + b"more",
    "no UTF-8": packed(b"\xff\xfe"),
    "no JSON": packed(b"[1"),
    "no rows": packed(b"7\n{}\nnull"),
    "empty rows": packed(b"[]\n[]"),
    "deep": packed(b"[" * 50_000),
    "ids that can't be": packed(b"[[1]]\n[{}]"),
}


@pytest.mark.parametrize("lines", LINES.values(), ids=LINES.keys())
def test_pages_that_are_something_else_are_refused(path: Path, lines: bytes) -> None:
    with written(path) as file:
        file.execute("update utkorg_base set lines = ? where table_name = 'ledger_account' and page = 2", [lines])
    refused(path, BadFile)


def test_an_older_base_cannot_be_replayed(tmp_path: Path, path: Path) -> None:
    other = made(tmp_path / "other.utkorg", name="Account")
    with written(other) as theirs:
        pages = theirs.execute("select * from utkorg_base").fetchall()
        ((content, signature),) = theirs.execute("select content, signature from utkorg_manifest").fetchall()
    with written(path) as file:
        file.execute("update utkorg_manifest set content = ?, signature = ?", [content, signature])
    refused(path, TamperedFile)  # their manifest over our base
    path.write_bytes(made(tmp_path / "again.utkorg").read_bytes())
    with written(path) as file:
        file.execute("delete from utkorg_base")
        file.executemany("insert into utkorg_base values (?, ?, ?, ?, ?, ?)", pages)
    refused(path, TamperedFile)  # our manifest over their base


# Values


def put(path: Path, value: Any, *, column: str = "name") -> None:
    with written(path) as file:
        file.execute(f"update ledger_account set {column} = ? where id = 700", [value])


def test_a_giant_is_a_broken_file(path: Path) -> None:
    put(path, "x" * (65 * 2**20))
    refused(path, DamagedFile)


@pytest.mark.parametrize("value", ["c3", "eda080", "ff", "c080", "f4908080"])
def test_text_that_is_no_utf8_is_no_text(path: Path, value: str) -> None:
    run(path, f"update ledger_account set name = cast(x'{value}' as text) where id = 700")
    (change,) = read(path)
    assert change.mine == (700, 1, "700", bytes.fromhex(value), None, 1)


@pytest.mark.parametrize(
    ("column", "value", "read_as"),
    [
        ("name", "a\0b", "a\0b"),
        ("name", b"bytes", b"bytes"),
        ("name", b"\xff\xfe", b"\xff\xfe"),
        ("active", float("inf"), "inf"),
        ("active", b"", b""),
        ("name", "]\n[1,", "]\n[1,"),
        ("name", "x" * 2**20, "x" * 2**20),
        ("name", 7, "7"),
        ("active", "yes", "yes"),
        ("active", 2**63 - 1, 2**63 - 1),
        ("active", 0.1, "0.1"),
        ("company_id", "Robert'); drop table ledger_account; --", "Robert'); drop table ledger_account; --"),
        ("company_id", -5, -5),
    ],
)
def test_a_value_of_another_kind_is_a_value(path: Path, column: str, value: Any, read_as: Any) -> None:
    put(path, value, column=column)
    (change,) = read(path)
    names = [known.name for known in ACCOUNTS.compared]
    assert change.mine is not None
    assert change.mine[names.index(column)] == read_as
    assert (change.id, dataclasses.astuple(change)[1]) == (700, 700)


def test_many_new_rows_come_a_part_at_a_time(path: Path) -> None:
    with written(path) as file:
        rows = ((f"N{number}", "x" * 100) for number in range(12_000))
        file.executemany("insert into ledger_account (company_id, number, name) values (1, ?, ?)", rows)
    changes = read(path)
    assert len(changes) == 12_000
    assert [change.id for change in changes] == list(range(FIRST_NEW_ID + 1, FIRST_NEW_ID + 12_001))


def test_ids_below_nought_and_between_are_rows_too(path: Path) -> None:
    with written(path) as file:
        file.execute("insert into ledger_account (id, company_id, number, name) values (-7, 1, 'N1', '')")
        file.execute(f"insert into ledger_account (id, company_id, number, name) values ({2**63 - 1}, 1, 'N2', '')")
    assert [change.id for change in read(path)] == [-7, 2**63 - 1]
