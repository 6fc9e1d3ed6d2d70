"""What tests of working copies share: a copy of some books, worked in by another program, and checked in."""

import shutil
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from access.rights import Rights
from ledger.models import Company
from workcopies.checking_in import check_in
from workcopies.checking_out import ALL_RIGHTS, check_out
from workcopies.landing.report import Report
from workcopies.models import WorkingCopy


class Copy:
    """A working copy of companies, and its file."""

    def __init__(self, path: Path, *companies: Company) -> None:
        self.path = path
        self.record = check_out(companies=companies, user=None, rights=ALL_RIGHTS, name=path.stem, path=path)

    def copied(self, path: Path) -> "Copy":
        """The same copy's file as it is now, once more: somebody else's, or kept from now on."""
        another = Copy.__new__(Copy)
        another.record, another.path = self.record, path
        shutil.copy(self.path, path)
        return another

    @contextmanager
    def written(self) -> Iterator[sqlite3.Connection]:
        """The file, as any program may write to it."""
        with closing(sqlite3.connect(self.path)) as file, file:
            yield file

    def run(self, statement: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Run a statement over the file."""
        with self.written() as file:
            return file.execute(statement, values).fetchall()

    def insert(self, table: str, **values: Any) -> int:
        """Add a row; returns its id."""
        names, places = ", ".join(f'"{name}"' for name in values), ", ".join("?" * len(values))
        with self.written() as file:
            made = file.execute(f'insert into "{table}" ({names}) values ({places})', list(values.values()))
            return int(made.lastrowid or 0)

    def id_of(self, table: str, **values: Any) -> int:
        """The id of a row in the file."""
        where = " and ".join(f'"{name}" = ?' for name in values)
        ((row_id,),) = self.run(f'select id from "{table}" where {where}', list(values.values()))
        return int(row_id)

    def post(
        self,
        company: Company,
        rows: Sequence[tuple[str, str]],
        *,
        number: str = "P1",
        day: str = "2024-03-05",
        text: str = "",
        series: str = "A",
        **header: Any,
    ) -> int:
        """A new voucher of rows (account, amount), with a provisional number; returns its id in the file."""
        year = self.run(
            "select id from ledger_financialyear where company_id = ? and first_day <= ? and last_day >= ?",
            [company.pk, day, day],
        )[0][0]
        voucher = self.insert(
            "ledger_voucher",
            company_id=company.pk,
            financial_year_id=year,
            series=series,
            number=number,
            voucher_date=day,
            text=text,
            signature="",
            last_row=len(rows),
            **header,
        )
        for row, (account, amount) in enumerate(rows, start=1):
            account_id = self.id_of("ledger_account", company_id=company.pk, number=account)
            self.insert(
                "ledger_ledgerentry",
                voucher_id=voucher,
                row=row,
                account_id=account_id,
                amount=amount,
                text="",
                entry_date=day,
                signature="",
            )
        return voucher

    def check_in(self, *, rights: Rights = ALL_RIGHTS, **options: Any) -> Report:
        """Check the file in, as a command does."""
        return check_in(path=self.path, user=None, rights=rights, via="command", **options)

    def known(self) -> WorkingCopy:
        """What the server knows of it now."""
        return WorkingCopy.objects.get(pk=self.record.pk)


def told(report: Report) -> list[tuple[str, ...]]:
    """What landed, in few words: what was done, of what, and by which key beyond the company."""
    return [
        (landing.operation, landing.information_type, *(str(value) for value in list(landing.key.values())[1:]))
        for landing in report.landed
    ]
