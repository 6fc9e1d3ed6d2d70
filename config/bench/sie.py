"""SIE and SAF-T import beside COPY of the rows that they parse, and the memory of SIE's as the file grows."""

import os
import sys
import time
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import NamedTuple

from django.db import connection, transaction

from config.bench.databases import execute, scalar
from config.bench.figures import Figure, interleaved
from config.bench.sizes import Sizes
from config.embedded.home import PROJECT
from ledger.importing.report import ImportReport
from ledger.models import Company
from ledger.saft.generator import write_saft
from ledger.saft.importing import import_saft_file
from ledger.sie.generator import write_sie
from ledger.sie.importing import import_sie_file

# Another company with the same chart, so that the same rows can be written once more.
COMPANY_LIKE = """
    insert into ledger_company (number, name, organisation_number, currency, time_zone, active)
    select %(number)s, name, organisation_number, currency, time_zone, active
    from ledger_company where id = %(model)s;

    insert into ledger_financialyear (company_id, first_day, last_day)
    select copy.id, first_day, last_day
    from ledger_financialyear, ledger_company copy where company_id = %(model)s and copy.number = %(number)s;

    insert into ledger_account (company_id, number, name, account_type, active)
    select copy.id, account.number, account.name, account_type, account.active
    from ledger_account account, ledger_company copy where company_id = %(model)s and copy.number = %(number)s;

    insert into ledger_dimensionvalue (company_id, dimension, code, name, active, valid_from, valid_to)
    select copy.id, dimension, code, value.name, value.active, valid_from, valid_to
    from ledger_dimensionvalue value, ledger_company copy where company_id = %(model)s and copy.number = %(number)s;
"""
VOUCHER = "id, company_id, financial_year_id, series, number, voucher_date, text, registered_on, signature, last_row"
ENTRY = (
    "voucher_id, row, account_id, amount, quantity, text, entry_date, cost_centre_id, project_id, object_id,"
    " management_area_id, other_dimensions, signature"
)
VOUCHERS_OUT = """
    copy (
        select voucher.id + {shift}, copy.id, copy_year.id, series, voucher.number, voucher_date, text, registered_on,
            signature, last_row
        from ledger_voucher voucher
        join ledger_financialyear year on year.id = voucher.financial_year_id
        join ledger_company copy on copy.number = '{number}'
        join ledger_financialyear copy_year on copy_year.company_id = copy.id and copy_year.first_day = year.first_day
        where voucher.company_id = {model} order by voucher.id
    ) to stdout
"""
_DIMENSIONS = ("cost_centre", "project", "object", "management_area")
ENTRIES_OUT = (
    """
    copy (
        select voucher_id + {shift}, row, copy_account.id, amount, quantity, entry.text, entry_date, """
    + ", ".join(f"copy_{name}.id" for name in _DIMENSIONS)
    + """, other_dimensions, entry.signature
        from ledger_ledgerentry entry
        join ledger_voucher voucher on voucher.id = voucher_id
        join ledger_company copy on copy.number = '{number}'
        join ledger_account account on account.id = account_id
        join ledger_account copy_account on copy_account.company_id = copy.id and copy_account.number = account.number
    """
    + "".join(
        f"""
        left join ledger_dimensionvalue {name} on {name}.id = {name}_id
        left join ledger_dimensionvalue copy_{name} on copy_{name}.company_id = copy.id
            and copy_{name}.dimension = {name}.dimension and copy_{name}.code = {name}.code"""
        for name in _DIMENSIONS
    )
    + """
        where voucher.company_id = {model} order by voucher_id, row
    ) to stdout
"""
)
MEGABYTE = 1024


def measure(sizes: Sizes, folder: Path) -> Iterator[Figure]:
    """The rate with the small file, and the peak memory of both."""
    small, large = folder / "small.se", folder / "large.se"
    small_rows = write_sie(small, rows=sizes.sie_rows // 10)
    write_sie(large, rows=sizes.sie_rows)
    yield _rate(sizes, Sample("sie_import", small, small_rows, import_sie_file), goal=0.4)
    yield _memory(small, large)
    xml = folder / "small.xml"
    yield _rate(
        sizes, Sample("saft_import", xml, write_saft(xml, lines=sizes.sie_rows // 20), import_saft_file), goal=0.15
    )


class Sample(NamedTuple):
    """A file, and the service that stores it."""

    name: str
    file: Path
    rows: int
    import_file: Callable[..., ImportReport]

    def stored_as(self, number: str) -> int:
        """Store it as the books of a company of that number; return the company's id."""
        report = self.import_file(source=self.file, name=self.file.name, company_number=number)
        return Company.objects.get(number=report.company).pk


def _rate(sizes: Sizes, sample: Sample, *, goal: float) -> Figure:
    numbers = count(1)
    model = sample.stored_as(f"{sample.name}-0")

    def imported() -> float:
        start = time.perf_counter()
        sample.stored_as(f"{sample.name}-{next(numbers)}")
        return sample.rows / (time.perf_counter() - start)

    def copied_rate() -> float:
        return sample.rows / _copy(model, f"COPY-{sample.name}-{next(numbers)}")

    copied, value = interleaved(min(sizes.rounds, 3), baseline=copied_rate, figure=imported)
    return Figure(
        name=sample.name,
        value=value,
        unit="rows/s",
        baseline="COPY of the parsed rows into the same tables, triggers on",
        baseline_value=copied,
        goal=goal,
    )


def _copy(model: int, number: str) -> float:
    execute(COMPANY_LIKE, {"model": model, "number": number})
    parts = {"model": model, "number": number, "shift": _reserve_ids(model)}
    vouchers, entries = _out(VOUCHERS_OUT.format(**parts)), _out(ENTRIES_OUT.format(**parts))
    start = time.perf_counter()
    with transaction.atomic():
        _in(f"copy ledger_voucher ({VOUCHER}) from stdin", vouchers)
        _in(f"copy ledger_ledgerentry ({ENTRY}) from stdin", entries)
    return time.perf_counter() - start


def _reserve_ids(model: int) -> int:
    """Draw ids for the vouchers' copies; return how far they lie from the originals."""
    lowest, highest = (
        scalar(f"select {end}(id) from ledger_voucher where company_id = %s", [model]) for end in ("min", "max")
    )
    last: int = scalar("select max(id) from ledger_voucher")
    scalar("select setval('ledger_voucher_id_seq', %s)", [last + highest - lowest + 1])
    return last + 1 - int(lowest)


def _out(query: str) -> list[bytes]:
    with connection.cursor() as cursor, cursor.copy(query) as stream:
        return [bytes(block) for block in stream]


def _in(statement: str, blocks: list[bytes]) -> None:
    with connection.cursor() as cursor, cursor.copy(statement) as stream:
        for block in blocks:
            stream.write(block)


def _memory(small: Path, large: Path) -> Figure:
    return Figure(
        name="sie_import_memory",
        value=_peak(large, "SIE-LARGE"),
        unit="MB",
        baseline="a file with a tenth of the rows",
        baseline_value=_peak(small, "SIE-SMALL"),
        goal=1.5,
        at_most=True,
    )


def _peak(file: Path, number: str) -> float:
    """Import in a process of its own; return the most memory that it held, in megabytes."""
    command = [sys.executable, str(PROJECT / "manage.py"), "import_sie", str(file), "--company", number]
    with open(os.devnull, "wb") as nowhere:  # noqa: PTH123 (a file descriptor is what spawn takes)
        actions = [(os.POSIX_SPAWN_DUP2, nowhere.fileno(), 1), (os.POSIX_SPAWN_DUP2, nowhere.fileno(), 2)]
        process = os.posix_spawn(command[0], command, os.environ, file_actions=actions)
    _process, status, used = os.wait4(process, 0)
    if status:
        raise RuntimeError(f"The import of {file.name} failed: {' '.join(command)}")
    return used.ru_maxrss / MEGABYTE
