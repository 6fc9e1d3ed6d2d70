"""What services refuse, asked for in the same words on the server and over a working copy's file."""

import dataclasses
import json
import sys
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.db import connections, transaction

from ledger.exceptions import LedgerError
from ledger.models import (
    Account,
    Company,
    Customer,
    CustomerInvoice,
    CustomerPayment,
    DimensionValue,
    FinancialYear,
    OtherDimension,
    OtherDimensionValue,
    Supplier,
    SupplierInvoice,
    SupplierPayment,
    Voucher,
)
from ledger.services import rows
from ledger.services.reversals import reverse_voucher
from ledger.services.vouchers import ENTRY_FIELDS, Entry, Header, change_voucher, delete_voucher, post_voucher
from workcopies.offline.opening import opened

DAY = date(2024, 2, 3)
HALF_A_CHARACTER = "\ud83d"
Cases = Iterator[tuple[str, Callable[[], Any]]]


class Books:
    """A company with something of everything, and another one."""

    def __init__(self) -> None:
        self.ours, self.theirs = self.company("900"), self.company("901")
        self.year = FinancialYear.objects.get(company=self.ours)
        self.cash = self.made(Account, number="1910", name="Kassa")
        self.sales = self.made(Account, number="3001", name="Försäljning")
        self.centre = self.made(DimensionValue, dimension=1, code="10")
        self.project = self.made(DimensionValue, dimension=2, code="10")
        self.supplier = self.made(Supplier, number="2001", name="Bygg AB")
        self.customer = self.made(Customer, number="3001", name="Kund AB")
        self.dated: dict[str, Any] = {"invoice_date": DAY, "amount": Decimal("12.50")}
        self.paid: dict[str, Any] = {"payment_date": DAY, "amount": Decimal(1)}
        self.made(OtherDimension, number=7, dimension=3)
        self.eight = self.made(OtherDimension, number=8)
        rows.create(row=OtherDimensionValue(other_dimension=self.eight), values={"code": "1"})
        self.invoice = self.made(SupplierInvoice, supplier=self.supplier, invoice_number="F1", **self.dated)
        self.owed = self.made(CustomerInvoice, customer=self.customer, **self.dated)
        self.payment = self.made(SupplierPayment, invoice=self.invoice, **self.paid)
        self.made(CustomerPayment, invoice=self.owed, **self.paid)
        self.their_cash = self.made(Account, of=self.theirs, number="1910", name="Kassa")
        self.their_centre = self.made(DimensionValue, of=self.theirs, dimension=1, code="10")
        self.their_supplier = self.made(Supplier, of=self.theirs, number="2001", name="Bygg AB")
        self.their_invoice = self.made(SupplierInvoice, of=self.theirs, supplier=self.their_supplier, **self.dated)
        self.early = self.post(self.entries(), date(2024, 1, 15))
        self.voucher = self.post(self.entries(cost_centre=self.centre))
        self.reversed = self.post(self.entries())
        reverse_voucher(voucher=self.reversed)
        rows.change(row=self.invoice, values={"voucher": self.voucher})
        rows.change(row=self.year, values={"locked_until": date(2024, 1, 31)})

    def company(self, number: str) -> Company:
        made: Company = rows.create(row=Company(), values={"number": number, "name": "AB"})
        days = {"first_day": date(2024, 1, 1), "last_day": date(2024, 12, 31)}
        rows.create(row=FinancialYear(company=made), values=days)
        return made

    def made(self, model: Any, *, of: Company | None = None, **values: Any) -> Any:
        given = {"dimension": values.pop("dimension")} if model is DimensionValue else {}
        return rows.create(row=model(company=of or self.ours, **given), values=values)

    def entries(self, **fields: Any) -> list[Entry]:
        first, second = (Entry(account=self.cash, amount=Decimal(100)), Entry(account=self.sales, amount=Decimal(-100)))
        return [dataclasses.replace(first, **fields), second]

    def post(self, entries: list[Entry], day: date = DAY, **header: Any) -> Voucher:
        made = Header(voucher_date=day, **header)
        return post_voucher(company=self.ours, series="A", header=made, entries=entries)

    def changed(self, voucher: Voucher, day: date = DAY, more: tuple[Entry, ...] = (), **fields: Any) -> Voucher:
        found = voucher.rows.select_related("account", "cost_centre").order_by("row")
        first, *rest = [Entry(row=row.row, **{name: getattr(row, name) for name in ENTRY_FIELDS}) for row in found]
        entries = [dataclasses.replace(first, **fields), *rest, *more]
        return change_voucher(voucher=voucher, header=Header(voucher_date=day), entries=entries)


def keys(books: Books) -> Cases:
    """Yield what would change a key, or give it twice."""
    changes: list[tuple[Any, str, Any]] = [
        (books.ours, "number", "999"),
        (books.year, "first_day", date(2024, 1, 2)),
        (books.cash, "number", "1911"),
        (books.cash, "company", books.theirs),
        (books.centre, "dimension", 2),
        (books.supplier, "number", "2002"),
        (books.invoice, "number", "999"),
        (books.payment, "number", "999"),
        (books.eight, "number", 9),
    ]
    for row, name, value in changes:
        yield f"{type(row).__name__}.{name}", partial(rows.change, row=row, values={name: value})
    yield "a company twice", partial(books.company, "900")
    yield "a company's form", partial(books.company, "9 0")
    yield "an account twice", partial(books.made, Account, number="1910", name="x")
    yield "a cost centre twice", partial(books.made, DimensionValue, dimension=1, code="10")
    yield "a supplier twice", partial(books.made, Supplier, number="2001", name="x")
    yield "a dimension twice", partial(books.made, OtherDimension, number=7)
    yield "a dimension mapped twice", partial(rows.change, row=books.eight, values={"dimension": 3})
    yield "a dimension of ours", partial(books.made, OtherDimension, number=6)
    again = OtherDimensionValue(other_dimension=books.eight)
    yield "an object twice", partial(rows.create, row=again, values={"code": "1"})


def values(books: Books) -> Cases:
    """Yield values that no column could hold, and references that lead elsewhere."""
    of_supplier: list[tuple[str, Any]] = [
        *(("name", "x" * 201), ("name", "a\0b"), ("name", HALF_A_CHARACTER), ("name", ""), ("email", "nobody")),
        *(("currency", "kr"), ("country", "SWE"), ("payment_terms_days", 32768), ("payment_terms_days", -1)),
        ("active", None),
    ]
    of_invoice: list[tuple[str, Any]] = [
        *(("amount", Decimal(text)) for text in ("1.005", "1e17", "NaN")),
        *(("amount", None), ("vat_amount", Decimal("0.001")), ("invoice_date", None), ("status", "open")),
        *(("payment_reference", "x" * 65), ("supplier", books.their_supplier)),
    ]
    for name, value in of_supplier:
        yield f"supplier's {name} {value!r:.20}", partial(rows.change, row=books.supplier, values={name: value})
    for name, value in of_invoice:
        yield f"invoice's {name} {value!r:.20}", partial(rows.change, row=books.invoice, values={name: value})
    yield "no customer", partial(books.made, CustomerInvoice, **books.dated)
    yield "no invoice", partial(books.made, SupplierPayment, **books.paid)
    yield "their invoice", partial(rows.change, row=books.payment, values={"invoice": books.their_invoice})
    twice = {"supplier": books.supplier, "invoice_number": "F1", **books.dated}
    same = SupplierInvoice(company=books.ours)
    for number in ("F1", " f 1"):
        again = {**twice, "invoice_number": number}
        yield f"an invoice twice, {number}", partial(rows.create, row=same, values=again)
    yield "a posted invoice's deletion", partial(rows.delete, row=books.invoice)
    yield "a posted invoice's end", partial(rows.change, row=books.invoice, values={"status": "cancelled"})


def vouchers(books: Books) -> Cases:
    """Yield vouchers that can't be, and what can't be done to those that are."""
    fields: list[tuple[str, Any]] = [
        *(("amount", Decimal(text)) for text in ("100.01", "100.001", "1e17", "NaN")),
        *(("quantity", Decimal("0.00001")), ("quantity", Decimal("1e14")), ("text", "x" * 501), ("text", "\0")),
        *(("other_dimensions", {"7": HALF_A_CHARACTER}), ("account", books.their_cash)),
        *(("cost_centre", books.their_centre), ("cost_centre", books.project), ("project", books.centre)),
    ]
    for name, value in fields:
        yield f"a row's {name} {value!r:.20}", partial(books.post, books.entries(**{name: value}))
        yield f"a changed row's {name} {value!r:.20}", partial(books.changed, books.voucher, **{name: value})
    yield "no rows", partial(books.post, [])
    yield "a text", partial(books.post, books.entries(), text="x" * 501)
    yield "a signature", partial(books.post, books.entries(), signature="\0")
    yield "a locked day", partial(books.post, books.entries(), date(2024, 1, 31))
    yield "a day of no year", partial(books.post, books.entries(), date(2025, 1, 1))
    yield "out of a locked period", partial(books.changed, books.early)
    yield "into a locked period", partial(books.changed, books.voucher, date(2024, 1, 31))
    yield "into another year", partial(books.changed, books.voucher, date(2025, 1, 1))
    yield "deleting a locked one", partial(delete_voucher, voucher=books.early)
    yield "deleting one of an invoice", partial(delete_voucher, voucher=books.voucher)
    yield "deleting a reversed one", partial(delete_voucher, voucher=books.reversed)
    yield "reversing twice", partial(reverse_voucher, voucher=books.reversed)
    strange = Entry(row=9, account=books.cash, amount=Decimal(0))
    yield "no such row", partial(books.changed, books.voucher, more=(strange,))


def years_and_deletions(books: Books) -> Cases:
    """Yield years that can't be, and deletions of what others refer to."""
    for name, first_day, last_day in (
        ("years that overlap", date(2024, 12, 31), date(2025, 12, 31)),
        ("a year twice", date(2024, 1, 1), date(2025, 12, 31)),
        ("days turned round", date(2026, 1, 2), date(2026, 1, 1)),
    ):
        yield name, partial(books.made, FinancialYear, first_day=first_day, last_day=last_day)
    yield "vouchers outside", partial(rows.change, row=books.year, values={"last_day": date(2024, 1, 31)})
    for row in (books.cash, books.centre, books.supplier, books.customer, books.invoice, books.owed, books.year):
        yield f"deleting {type(row).__name__}", partial(rows.delete, row=row)
    yield "deleting a company", partial(rows.delete, row=books.ours)


def answers() -> dict[str, Any]:
    """Ask for everything, and leave nothing behind; returns why each was refused."""
    found: dict[str, Any] = {}
    with transaction.atomic():
        books = Books()
        for part in (keys, values, vouchers, years_and_deletions):
            for name, do in part(books):
                found[f"{len(found)}: {name}"] = _answer(do)
        transaction.set_rollback(True)
    return found


def _answer(do: Callable[[], Any]) -> Any:
    try:
        with transaction.atomic():
            done = do()
            transaction.set_rollback(True)
    except LedgerError as error:
        return [type(error).__name__, error.code, error.field]
    except ValidationError as error:
        return {field: [one.code for one in errors] for field, errors in error.error_dict.items()}
    return f"done: {done!r}"


def main(path: Path) -> None:
    """Ask over a file, and tell as JSON."""
    with opened(path) as copy:
        connections.settings["default"]["NAME"] = copy.address
        found = answers()
        connections.close_all()
    sys.stdout.write(json.dumps({"vendor": connections["default"].vendor, "answers": found}))
