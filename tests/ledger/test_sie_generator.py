"""Large files: made the same every time, read and stored in pieces."""

import tracemalloc
from pathlib import Path

import pytest
from django.db import connection

from ledger.importing.staging import CHUNK_ROWS
from ledger.models import LedgerEntry, Voucher
from ledger.sie.generator import write_sie
from ledger.sie.importing import Progress, import_sie_file
from ledger.sie.reading import SieReader


def test_the_same_arguments_give_the_same_bytes(tmp_path: Path) -> None:
    one, other = tmp_path / "one.se", tmp_path / "other.se"
    assert write_sie(one, rows=500) == write_sie(other, rows=500) >= 500
    assert one.read_bytes() == other.read_bytes()


def peak_memory(path: Path) -> int:
    tracemalloc.start()
    with path.open("rb") as stream:
        for _record in SieReader(stream, path.name):
            pass
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak


def test_reading_five_times_the_rows_takes_no_more_memory(tmp_path: Path) -> None:
    small, large = tmp_path / "small.se", tmp_path / "large.se"
    write_sie(small, rows=12_000)
    write_sie(large, rows=60_000)
    assert peak_memory(large) < 1.5 * peak_memory(small)


@pytest.mark.django_db
def test_the_planner_knows_of_rows_that_are_not_committed_yet(tmp_path: Path) -> None:
    path = tmp_path / "large.se"
    write_sie(path, rows=2 * CHUNK_ROWS)
    with connection.cursor() as cursor:
        # What autovacuum notes where it sees none of an import's rows
        cursor.execute("analyze ledger_voucher, ledger_ledgerentry")
        import_sie_file(source=path, name=path.name)
        cursor.execute("select reltuples from pg_class where oid = 'ledger_ledgerentry'::regclass")
        assert cursor.fetchone()[0] >= CHUNK_ROWS


@pytest.mark.django_db
def test_a_file_of_several_pieces_is_stored_whole(tmp_path: Path) -> None:
    path = tmp_path / "large.se"
    rows = write_sie(path, rows=2 * CHUNK_ROWS + 1_000)
    told: list[Progress] = []
    report = import_sie_file(source=path, name=path.name, progress=told.append)
    assert report.rows == rows == LedgerEntry.objects.count()
    assert report.balance_report is not None
    assert report.balance_report.differences == ()
    assert [progress.stage for progress in told] == ["reading", "reading", "storing", "storing", "storing"]
    assert told[-1].done == told[-1].total == Voucher.objects.count()
    again = import_sie_file(source=path, name=path.name)
    assert again.changes.vouchers_unchanged == report.vouchers
