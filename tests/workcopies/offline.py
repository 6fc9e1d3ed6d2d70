"""A working copy made from nothing, and `manage.py work` over it in a process that knows no server."""

import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from datetime import time as time_of_day
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
from django.conf import settings
from django.db.models import Model
from django.db.models.expressions import DatabaseDefault
from lxml.html import document_fromstring

from ledger.models import (
    Account,
    Company,
    DimensionValue,
    FinancialYear,
    LedgerEntry,
    Supplier,
    SupplierInvoice,
    Voucher,
)
from timesheets.models import TimeCategory, TimeTransaction
from workcopies.file.manifest import Manifest
from workcopies.file.tables import all_tables
from workcopies.file.writing import FileWriter

MODELS = [table.model._meta for table in all_tables()]
VERBS = ("view", "add", "change", "delete")
EVERYTHING = tuple(f"{meta.app_label}.{verb}_{meta.model_name}" for meta in MODELS for verb in VERBS)
LOOKING = tuple(f"{meta.app_label}.view_{meta.model_name}" for meta in MODELS)
# Sums of floating-point numbers would not come out.
AMOUNTS = ("9000000000000000.10", "0.20", "100.05", "20.00", "3.30")
URL = re.compile(r"http://127\.0\.0\.1:\d+/")


def books() -> dict[type[Model], list[dict[str, Any]]]:
    """The rows of a small company, and of another that may be looked at alone."""
    day = date(2026, 3, 1)
    vouchers = [
        {"id": n, "company_id": 1, "financial_year_id": 1, "series": "A", "number": str(n), "text": f"Hyra {n}"}
        | {"voucher_date": date(2026, 1, 15) if n == 1 else day, "last_row": 2}
        for n in range(1, 6)
    ]
    entries = [
        {"id": 2 * n - side, "voucher_id": n, "row": 2 - side, "account_id": 3 if side else 1}
        | {"amount": Decimal(AMOUNTS[n - 1]) * (1 if side else -1), "entry_date": day}
        for n in range(1, 6)
        for side in (1, 0)
    ]
    return {
        Company: [
            {"id": 1, "number": "100", "name": "Exempelbolaget AB"},
            {"id": 2, "number": "200", "name": "Åkeriet i Norr AB"},
        ],
        FinancialYear: [
            {"id": 1, "company_id": 1, "first_day": date(2026, 1, 1), "last_day": date(2026, 12, 31)}
            | {"locked_until": date(2026, 1, 31)},
            {"id": 2, "company_id": 2, "first_day": date(2026, 1, 1), "last_day": date(2026, 12, 31)},
        ],
        Account: [
            {"id": 1, "company_id": 1, "number": "1930", "name": "Företagskonto"},
            {"id": 2, "company_id": 1, "number": "3010", "name": "Försäljning"},
            {"id": 3, "company_id": 1, "number": "5010", "name": "Lokalhyra"},
            {"id": 4, "company_id": 2, "number": "1930", "name": "Bank"},
        ],
        DimensionValue: [{"id": 1, "company_id": 1, "dimension": 1, "code": "10", "name": "Åre"}],
        Supplier: [
            {"id": 1, "company_id": 1, "number": "2001", "name": "Åkeri Öst AB", "city": "Åre"},
            {"id": 2, "company_id": 1, "number": "2002", "name": "Kontorsmaterial AB"},
        ],
        TimeCategory: [{"id": 1, "company_id": 1, "number": 1, "name": "Arbetad tid"}],
        TimeTransaction: [
            {"id": 1, "company_id": 1, "uid": 1, "time_category_id": 1, "time_category_name": "Arbetad tid"}
            | {"employee_id": 7, "employee": "Anna Berg", "date_in": day, "quantity": Decimal("7.50")},
        ],
        Voucher: vouchers,
        LedgerEntry: entries,
        SupplierInvoice: [
            {"id": n, "company_id": 1, "number": str(n), "supplier_id": 1, "invoice_number": f"F{n}"}
            | {"invoice_date": day, "amount": Decimal(amount), "balance": Decimal(amount), "voucher_id": voucher}
            for n, amount, voucher in ((1, "1000.00", 2), (2, "900.00", None), (3, "-25.50", 99999))
        ],
    }


def make_copy(path: Path, *, rights: Mapping[str, Sequence[str]] | None = None, user: str = "anna") -> Path:
    """Write the books into a file, as a check-out would."""
    rows = books()
    with FileWriter(path) as file:
        for table in all_tables():
            file.write(table, (_values(table.columns, table.model(**row)) for row in rows.get(table.model, ())))
        file.finish(
            Manifest(
                uid="0190a0a0-0000-7000-8000-00000000000a",
                installation="0190a0a0-0000-7000-8000-000000000001",
                epoch=1,
                position=17,
                user=user,
                made_at=datetime(2026, 11, 21, 17, 30, tzinfo=UTC),
                companies=("100", "200"),
                rights={name: tuple(names) for name, names in (rights or {"100": EVERYTHING, "200": LOOKING}).items()},
            )
        )
    return path


def _values(columns: Iterable[Any], row: Model) -> tuple[Any, ...]:
    values = (None if column.name == "changed_at" else getattr(row, column.field.attname) for column in columns)
    return tuple(_written(value) for value in values)


def _written(value: Any) -> Any:
    match value:
        case bool():
            return int(value)
        case Decimal():
            return str(value)
        case DatabaseDefault():
            return "2026-03-01 10:00:00.000000"
        case datetime():
            return value.astimezone(UTC).replace(tzinfo=None).isoformat(" ")
        case date() | time_of_day():
            return value.isoformat()
        case _:
            return value


@dataclass
class Work:
    """A running `manage.py work`."""

    process: subprocess.Popen[str]
    url: str = ""
    told: str = ""

    def stop(self, number: signal.Signals = signal.SIGINT) -> str:
        """End it; returns what it said last."""
        self.process.send_signal(number)
        said, _nothing = self.process.communicate(timeout=30)
        return said


def command(path: Path, *options: str, home: Path) -> "subprocess.Popen[str]":
    """Start `manage.py work` with an environment that names nothing, and a home in which there is nothing."""
    arguments = [sys.executable, str(settings.BASE_DIR / "manage.py"), "work", str(path), *options]
    environment = {
        "PATH": "/nonexistent",
        "HOME": str(home),
        "UTKORG_HOME": str(home / "utkorg"),
        "LANG": "sv_SE.UTF-8",
    }
    return subprocess.Popen(
        arguments, env=environment, cwd=home, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def refused(path: Path, *options: str, home: Path) -> str:
    """Run it where it doesn't start; returns what it says."""
    process = command(path, *options, home=home)
    said, _nothing = process.communicate(timeout=60)
    assert process.returncode == 1, said
    assert "Traceback" not in said
    return said


@contextmanager
def working(path: Path, *, home: Path) -> Iterator[Work]:
    """Work in a copy as long as the block lasts."""
    work = Work(command(path, "--port", "0", home=home))
    try:
        work.url = _address(work)
        yield work
    finally:
        if work.process.poll() is None:
            work.process.kill()
        work.process.communicate()


def _address(work: Work) -> str:
    output: Any = work.process.stdout
    # One that never says where it is would be waited for without end.
    patience = threading.Timer(120, work.process.kill)
    patience.start()
    try:
        for line in output:
            work.told += line
            if found := URL.search(line):
                return found[0]
    finally:
        patience.cancel()
    raise AssertionError(f"it did not start: {work.told}")


class Browser:
    """Asks for pages as a browser in Swedish does, and sends their forms."""

    def __init__(self, url: str) -> None:
        self.client = httpx.Client(base_url=url, headers={"Accept-Language": "sv"}, follow_redirects=True, timeout=30)

    def get(self, path: str) -> str:
        """A page's text."""
        return self.client.get(path).raise_for_status().text

    def status(self, path: str, **headers: str) -> int:
        """What a page answers."""
        return self.client.get(path, headers=headers).status_code

    def post(self, path: str, **values: Any) -> str:
        """Send a form that is on that page; returns the page that follows."""
        self.get(path)
        token = self.client.cookies["utkorg_work_csrf"]
        return self.client.post(path, data={"csrfmiddlewaretoken": token, **values}).raise_for_status().text

    def submit(self, path: str, **values: Any) -> str:
        """Send the form of a page as it stands, but for some values; returns the page that follows."""
        (form,) = (form for form in document_fromstring(self.get(path)).forms if form.get("id", "").endswith("_form"))
        sent = {name: value for name, value in form.form_values() if not name.startswith("_")}
        return self.client.post(path, data={**sent, **values, "_save": "1"}).raise_for_status().text


def left_beside(path: Path) -> list[str]:
    """What else there is where the file is."""
    return sorted(file.name for file in path.parent.glob(f"{path.name}?*"))
