"""A check-in of some changes of a large working copy: what it reads of the file and of the server, and how fast."""

import dataclasses
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path

from django.db import connection, transaction

from config.bench.databases import execute, scalar
from config.bench.figures import Figure, interleaved
from config.bench.sizes import Sizes
from ledger.models import Company, LedgerEntry, Voucher
from ledger.services.vouchers import ENTRY_FIELDS, Entry, Header, change_voucher
from revisions.installation import installation
from workcopies.checking_in import check_in
from workcopies.checking_out import ALL_RIGHTS, check_out
from workcopies.documents.mine import read_mine
from workcopies.file.reading import open_file

LARGE = "SIE-LARGE"
# The first row of vouchers that lie evenly over the whole register
CHANGE = """
    update ledger_ledgerentry set text = 'Ändrad i kopian' where row = 1 and voucher_id in (
        select id from (select id, row_number() over (order by id) as place from ledger_voucher)
        where place % (select max(1, count(*) / {changes}) from ledger_voucher) = 0 order by id limit {changes}
    )
"""
CHANGED = "select voucher_id from ledger_ledgerentry where text = 'Ändrad i kopian'"
READ = """
    select sum(coalesce(idx_tup_fetch, 0) + coalesce(seq_tup_read, 0))
    from pg_stat_xact_user_tables where relname in ('ledger_voucher', 'ledger_ledgerentry')
"""


class _Undone(Exception):
    """Ends what is measured without keeping it."""


def measure(sizes: Sizes, folder: Path) -> Iterator[Figure]:
    """The copy's whole company was imported before, from the large SIE file."""
    path = folder / "large.utkorg"
    company = Company.objects.get(number=LARGE)
    rows = check_out(companies=[company], user=None, rights=ALL_RIGHTS, name=LARGE, path=path).rows
    with closing(sqlite3.connect(path)) as file, file:
        file.execute(CHANGE.format(changes=sizes.changes))
        vouchers = [pk for (pk,) in file.execute(CHANGED)]
    execute("vacuum analyze")
    rounds = min(sizes.rounds, 3)
    plain, compared = interleaved(rounds, baseline=lambda: rows / _plain(path), figure=lambda: rows / _compared(path))
    yield Figure(
        name="check_in_rows_compared",
        value=compared,
        unit="rows/s",
        baseline="every row of the file's registers read once",
        baseline_value=plain,
        goal=0.2,
    )
    yield Figure(
        name="check_in_bytes_of_file",
        value=_bytes_read(lambda: _compared(path)),
        unit="bytes",
        baseline="the file's size",
        baseline_value=path.stat().st_size,
        goal=1.05,
        at_most=True,
    )
    yield Figure(
        name="check_in_rows_of_server",
        value=_rows_read(lambda: _checked_in(path, len(vouchers))),
        unit="rows",
        baseline="vouchers and rows read by changing the same ones one by one",
        baseline_value=_rows_read(lambda: _one_by_one(vouchers)),
        goal=1.1,
        at_most=True,
    )
    by_hand, landed = interleaved(
        1,  # a thousand each is many
        baseline=lambda: len(vouchers) / _one_by_one(vouchers),
        figure=lambda: len(vouchers) / _checked_in(path, len(vouchers)),
    )
    yield Figure(
        name="check_in_changes",
        value=landed,
        unit="documents/s",
        baseline="the same vouchers changed one by one by the service",
        baseline_value=by_hand,
        goal=0.25,
    )


def _plain(path: Path) -> float:
    with closing(sqlite3.connect(path)) as file:
        tables = [name for (name,) in file.execute("select name from sqlite_schema where type = 'table'")]
        start = time.perf_counter()
        for table in tables:
            if not table.startswith(("utkorg_", "sqlite_")):
                for _row in file.execute(f'select * from "{table}"'):
                    pass
        return time.perf_counter() - start


def _compared(path: Path) -> float:
    start = time.perf_counter()
    with open_file(path, installation=str(installation().uid)) as file:
        read_mine(file)
    return time.perf_counter() - start


def _bytes_read(work: Callable[[], object]) -> float:
    before = _read_so_far()
    work()
    return _read_so_far() - before


def _read_so_far() -> int:
    """What this process has read of anything, by its system calls."""
    lines = Path("/proc/self/io").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("rchar"))


def _rows_read(work: Callable[[], object]) -> float:
    """How many vouchers and rows of theirs the server reads meanwhile, by whatever way."""
    with transaction.atomic():
        before = scalar(READ)
        work()
        return float(scalar(READ) - before)


def _checked_in(path: Path, vouchers: int) -> float:
    """Check in as a dry run does: all is done, and taken back."""
    start = time.perf_counter()
    report = check_in(path=path, user=None, rights=ALL_RIGHTS, via="command", dry_run=True)
    seconds = time.perf_counter() - start
    if len(report.landed) != vouchers:
        raise RuntimeError(f"{len(report.landed)} of {vouchers} vouchers landed: {report.as_json()}")
    return seconds


def _one_by_one(vouchers: list[int]) -> float:
    start = time.perf_counter()
    with suppress(_Undone), transaction.atomic():
        for pk in vouchers:
            voucher = Voucher.objects.get(pk=pk)
            header = Header(**{field.name: getattr(voucher, field.name) for field in dataclasses.fields(Header)})
            entries = [_entry(row) for row in voucher.rows.all()]
            with transaction.atomic():
                change_voucher(voucher=voucher, header=header, entries=entries)
                with connection.cursor() as cursor:
                    cursor.execute("set constraints all immediate")
                    cursor.execute("set constraints all deferred")
        raise _Undone
    return time.perf_counter() - start


def _entry(row: LedgerEntry) -> Entry:
    values = {name: getattr(row, name) for name in ENTRY_FIELDS}
    return Entry(row=row.row, **(values | ({"text": "Ändrad i kopian"} if row.row == 1 else {})))
