"""A file's vouchers, rows and balances on their way through temporary tables, so that no file fills the memory."""

import json
from dataclasses import dataclass, field
from functools import lru_cache

from django.db import connection
from django.db.backends.utils import CursorWrapper

from ledger.importing.records import BalanceLine, Objects, Row, VoucherEnd

FLUSHED_LINES = 20_000
CHUNK_ROWS = 10_000
COST_CENTRE, PROJECT = 1, 6  # SIE's reserved dimensions that are ours; source: SIE 4B §8.2

TABLES = """
    drop table if exists pg_temp.import_voucher, pg_temp.import_row, pg_temp.import_balance cascade;
    create temp table import_voucher (
        position int, line int, series text, number text, voucher_date date, text text, registered_on date,
        signature text, rows int
    ) on commit drop;
    create temp table import_row (
        position int, ordinal int, line int, account text, amount numeric(18,2), quantity numeric(18,4), text text,
        entry_date date, cost_centre text, project text, others jsonb, signature text
    ) on commit drop;
    create temp table import_balance (
        line int, year int, kind text, period text, account text, objects jsonb, amount numeric(18,2),
        quantity numeric(18,4)
    ) on commit drop;
"""
# Temporary tables are never analysed by themselves.
COMPLETE = """
    create index on import_row (position);
    create index on import_voucher (position);
    analyze import_row;
    analyze import_voucher;
    analyze import_balance;
"""


@dataclass
class Lines:
    """Lines of one table, in COPY's text format, until they are written."""

    table: str
    waiting: list[str] = field(default_factory=list)

    def flush(self, cursor: CursorWrapper) -> None:
        """Write them."""
        if self.waiting:
            # Django doesn't translate what the driver raises here by itself.
            with connection.wrap_database_errors, cursor.copy(f"copy {self.table} from stdin") as copy:
                copy.write("".join(self.waiting))
            self.waiting.clear()


class Staging:
    """Takes records in the order of the file; `chunks` are each piece's first and last voucher."""

    def __init__(self) -> None:
        self.vouchers = 0
        self.rows = 0
        self.balances = 0
        self.chunks: list[tuple[int, int]] = []
        self._chunk_start = (1, 0)
        self._ordinal = 0
        self._voucher_lines = Lines("import_voucher")
        self._row_lines = Lines("import_row")
        self._balance_lines = Lines("import_balance")
        with connection.cursor() as cursor:
            cursor.execute(TABLES)

    def start(self) -> None:
        """Begin a voucher, whose rows follow."""
        self.vouchers += 1
        self._ordinal = 0

    def add_row(self, row: Row) -> None:
        """Add a row to the voucher begun last."""
        self.rows += 1
        self._ordinal += 1
        cost_centre, project, others = _objects(row.objects)
        self._row_lines.waiting.append(
            f"{self.vouchers}\t{self._ordinal}\t{row.line}\t{_escaped(row.account)}\t{row.amount}\t"
            f"{copied(row.quantity)}\t{_escaped(row.text)}\t{row.entry_date}\t{cost_centre}\t{project}\t{others}\t"
            f"{_escaped(row.signature)}\n"
        )
        if len(self._row_lines.waiting) >= FLUSHED_LINES:
            self.flush()

    def end(self, end: VoucherEnd) -> None:
        """End the voucher; a chunk is whole vouchers."""
        voucher = end.start
        self._voucher_lines.waiting.append(
            f"{self.vouchers}\t{voucher.line}\t{_escaped(voucher.series)}\t{_escaped(voucher.number)}\t"
            f"{voucher.voucher_date}\t{_escaped(voucher.text)}\t{copied(voucher.registered_on)}\t"
            f"{_escaped(voucher.signature)}\t{end.rows}\n"
        )
        first, rows_before = self._chunk_start
        if self.rows - rows_before >= CHUNK_ROWS or self.vouchers - first + 1 >= CHUNK_ROWS:
            self._end_chunk()

    def add_balance(self, balance: BalanceLine) -> None:
        """Add a balance."""
        self.balances += 1
        objects = json.dumps({str(dimension): code for dimension, code in sorted(balance.objects)})
        self._balance_lines.waiting.append(
            f"{balance.line}\t{balance.year}\t{balance.kind}\t{copied(balance.period)}\t{_escaped(balance.account)}\t"
            f"{_escaped(objects)}\t{balance.amount}\t{copied(balance.quantity)}\n"
        )
        if len(self._balance_lines.waiting) >= FLUSHED_LINES:
            self.flush()

    def flush(self) -> None:
        """Write what is waiting."""
        with connection.cursor() as cursor:
            for lines in (self._voucher_lines, self._row_lines, self._balance_lines):
                lines.flush(cursor)

    def complete(self) -> None:
        """Write the rest, and let the database know what there is."""
        if self._chunk_start[0] <= self.vouchers:
            self._end_chunk()
        self.flush()
        with connection.cursor() as cursor:
            cursor.execute(COMPLETE)

    def _end_chunk(self) -> None:
        self.chunks.append((self._chunk_start[0], self.vouchers))
        self._chunk_start = (self.vouchers + 1, self.rows)


@lru_cache(maxsize=8192)
def _objects(objects: Objects) -> tuple[str, str, str]:
    """Cost centre, project and the other objects as COPY writes them."""
    codes = dict(objects)
    cost_centre, project = codes.pop(COST_CENTRE, None), codes.pop(PROJECT, None)
    others = json.dumps({str(dimension): code for dimension, code in sorted(codes.items())}) if codes else None
    return copied(cost_centre), copied(project), copied(others)


def copied(value: object) -> str:
    """A value in COPY's text format."""
    return "\\N" if value is None else _escaped(str(value))


def _escaped(text: str) -> str:
    """A text in COPY's text format; it never holds a line end."""
    if "\\" in text:
        text = text.replace("\\", "\\\\")
    return text.replace("\t", "\\t") if "\t" in text else text
