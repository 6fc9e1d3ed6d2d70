"""Random work on both sides, checked in: nothing that only one side changed is lost, and a second time does nothing."""

import dataclasses
import functools
import random
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from ledger.exceptions import LedgerError
from ledger.models import Account, Supplier, SupplierInvoice, Voucher
from ledger.services.rows import change, create, delete
from ledger.services.vouchers import Entry, Header, change_voucher, delete_voucher
from tests import factories
from tests.workcopies.copies import Copy
from workcopies.documents.document import Document
from workcopies.documents.kinds import Key, kind_of
from workcopies.documents.mine import Change, read_mine
from workcopies.documents.theirs import Named, read_theirs
from workcopies.file.reading import open_file
from workcopies.landing.finding import key_of
from workcopies.landing.report import Report

pytestmark = pytest.mark.django_db

MODELS = (Account, Supplier, Voucher, SupplierInvoice)
STEPS = 14


class Server:
    """What others do on the server meanwhile."""

    def __init__(self, books: factories.Books, chance: random.Random) -> None:
        self.books, self.chance = books, chance

    def work(self) -> None:
        """Do something or other, unless the services refuse it."""
        doing = self.chance.choice([self.rename, self.post, self.rewrite, self.remove, self.invoice, self.pay])
        try:
            doing()
        except LedgerError:
            return

    def rename(self) -> None:
        row = self.chance.choice(list(Account.objects.all()))
        change(row=row, values=self.chance.choice([{"name": self.word()}, {"account_type": "asset"}]))

    def post(self) -> None:
        self.books.post(text=self.word())

    def rewrite(self) -> None:
        voucher = self.chance.choice(list(Voucher.objects.all()))
        entries = factories.entries_of(voucher)
        header = Header(voucher_date=voucher.voucher_date, text=self.word())
        more = [Entry(account=self.books.cash, amount=Decimal(0))] if self.chance.random() < 0.5 else []
        change_voucher(voucher=voucher, header=header, entries=[*entries, *more])

    def remove(self) -> None:
        if self.chance.random() < 0.5:
            delete_voucher(voucher=self.chance.choice(list(Voucher.objects.all())))
        else:
            delete(row=self.chance.choice(list(Account.objects.all())))

    def invoice(self) -> None:
        values = {"invoice_date": date(2024, 3, 1), "amount": Decimal(7), "invoice_number": self.word()}
        create(row=SupplierInvoice(company=self.books.company), values=values)

    def pay(self) -> None:
        row = self.chance.choice(list(SupplierInvoice.objects.all()))
        change(row=row, values={"status": self.chance.choice(["paid", "approved"])})

    def word(self) -> str:
        return f"theirs {self.chance.randrange(4)}"


class Offline:
    """What somebody does in the copy, by any program."""

    def __init__(self, copy: Copy, books: factories.Books, chance: random.Random) -> None:
        self.copy, self.books, self.chance = copy, books, chance
        self.made = 0

    def work(self) -> None:
        """Do something or other, right or wrong."""
        self.chance.choice([self.rename, self.add, self.post, self.rewrite, self.remove, self.invoice, self.pay])()

    def rename(self) -> None:
        column, value = self.chance.choice([("name", self.word()), ("account_type", "expense")])
        self.copy.run(f"update ledger_account set {column} = ? where id = ?", [value, self.some("ledger_account")])

    def add(self) -> None:
        self.made += 1
        number = f"{self.chance.choice('AB')}{self.made}"
        self.copy.insert("ledger_account", company_id=self.books.company.pk, number=number, name=self.word())

    def post(self) -> None:
        self.made += 1
        amounts = ("5.00", self.chance.choice(["-5.00", "-5.00", "-4.00"]))
        rows = list(zip(("1910", "3001"), amounts, strict=True))
        if self.copy.run("select count(*) from ledger_account where number in ('1910', '3001')") == [(2,)]:
            self.copy.post(self.books.company, rows, number=f"P{self.made}", text=self.word())

    def rewrite(self) -> None:
        voucher = self.some("ledger_voucher")
        self.copy.run("update ledger_voucher set text = ? where id = ?", [self.word(), voucher])
        if self.chance.random() < 0.3:
            self.copy.run("update ledger_ledgerentry set text = ? where voucher_id = ?", [self.word(), voucher])

    def remove(self) -> None:
        voucher = self.some("ledger_voucher")
        self.copy.run("delete from ledger_ledgerentry where voucher_id = ?", [voucher])
        self.copy.run("delete from ledger_voucher where id = ?", [voucher])

    def invoice(self) -> None:
        self.made += 1
        self.copy.insert(
            "ledger_supplierinvoice",
            company_id=self.books.company.pk,
            number=f"P{self.made}",
            invoice_number=self.word(),
            invoice_date="2024-03-01",
            amount="9.00",
            vat_amount="0.00",
            balance="9.00",
            status="received",
            voucher_id=self.chance.choice([None, self.some("ledger_voucher")]),
        )

    def pay(self) -> None:
        statement = "update ledger_supplierinvoice set status = ? where id = ?"
        self.copy.run(statement, [self.chance.choice(["paid", "rejected"]), self.some("ledger_supplierinvoice")])

    def some(self, table: str) -> int | None:
        rows = self.copy.run(f"select id from {table}")
        return self.chance.choice(rows)[0] if rows else None

    def word(self) -> str:
        return f"mine {self.chance.randrange(4)}"


def names() -> Iterator[Named]:
    for model in MODELS:
        kind = kind_of(model)
        hops = [part.path.rpartition("__")[0] for part in kind.key if "__" in part.path]
        yield from ((kind.register, key_of(kind, row)) for row in model.objects.select_related(*hops))


def everything() -> dict[Named, Document]:
    return read_theirs(names())


def changes_of(copy: Copy) -> dict[Named, Change]:
    with open_file(copy.path, installation=None) as file:
        return {(change.register, change.key or ()): change for change in read_mine(file).changes}


def keys_of(report: Report) -> dict[Named, Named]:
    """Where what the copy made is on the server, by what it was known by in the copy."""
    found = {}
    for landing in report.landed:
        if landing.provisional is not None:
            texts = tuple(str(value) for value in landing.key.values())
            found[landing.register, (*texts[:-1], landing.provisional)] = (landing.register, texts)
    return found


def renamed_by(made: dict[Named, Named], register: str, key: Key) -> Key:
    return made.get((register, key), (register, key))[1]


@dataclasses.dataclass
class Moment:
    """Both sides just before a first check-in, and what became of it."""

    base: dict[Named, Document]
    theirs: dict[Named, Document]
    mine: dict[Named, Change]
    report: Report
    after: dict[Named, Document]

    def left_alone(self) -> set[Named]:
        """What was refused, or waits for somebody to choose."""
        told = (*self.report.refused, *self.report.conflicts)
        return {(one.register, tuple(map(str, one.key.values()))) for one in told}

    def check_theirs(self) -> None:
        left_alone = self.left_alone()
        for name in self.theirs.keys() | self.base.keys() | left_alone:
            if name not in self.mine or name in left_alone:
                assert self.after.get(name) == self.theirs.get(name), f"theirs is lost: {name}"

    def check_mine(self, landed_before: Mapping[Named, Named] | None = None) -> None:
        made, left_alone = {**(landed_before or {}), **keys_of(self.report)}, self.left_alone()
        for name, change_of in self.mine.items():
            if {name, made.get(name, name)} & left_alone or self.base.get(name) != self.theirs.get(name):
                continue
            if change_of.mine is None:
                assert name not in self.after
            else:
                wanted = change_of.mine.with_references(functools.partial(renamed_by, made))
                assert self.after[made.get(name, name)].says_as(wanted), f"mine is lost: {name}"


def begun_books() -> factories.Books:
    """A company in which there is something to change."""
    books = factories.make_books(number="100")
    for _ in range(4):
        books.post()
        factories.SupplierInvoiceFactory.create(company=books.company, supplier=None)
    return books


@pytest.mark.parametrize("seed", range(3))
def test_nothing_that_only_one_side_changed_is_lost(seed: int, tmp_path: Path) -> None:
    chance = random.Random(seed)
    books = begun_books()
    copy = Copy(tmp_path / "books.utkorg", books.company)
    base = everything()
    workers: tuple[Server | Offline, ...] = (Server(books, chance), Offline(copy, books, chance))
    for turn in range(2):
        for _ in range(STEPS):
            chance.choice(workers).work()
        theirs, mine = everything(), changes_of(copy)
        report = copy.check_in()
        after = everything()
        if turn == 0:
            moment = Moment(base, theirs, mine, report, after)
            moment.check_theirs()
            moment.check_mine()
        again = copy.check_in()
        assert again.landed == []
        assert len(again.conflicts) == len(report.conflicts)
        assert everything() == after


@pytest.mark.parametrize("seed", range(3))
def test_nothing_of_two_versions_of_a_file_is_lost(seed: int, tmp_path: Path) -> None:
    chance = random.Random(seed)
    books = begun_books()
    first = Copy(tmp_path / "first.utkorg", books.company)
    base, anna = everything(), Offline(first, books, chance)
    for _ in range(chance.randrange(STEPS // 2)):
        anna.work()
    second = first.copied(tmp_path / "second.utkorg")
    bo = Offline(second, books, chance)
    bo.made = anna.made
    for _ in range(2 * STEPS):
        chance.choice((anna, bo, Server(books, chance))).work()
    landed = keys_of(first.check_in())
    theirs, mine = everything(), changes_of(second)
    report = second.check_in()
    after = everything()
    moment = Moment(base, theirs, mine, report, after)
    moment.check_theirs()
    moment.check_mine(landed)
    assert second.check_in().landed == []
    assert everything() == after
