"""Two copies and the server, all worked in at random: what only one of the three changed is there in the end, whichever
copy comes first."""

import dataclasses
import random
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction

from ledger.models import Account, Supplier, Voucher
from ledger.services.rows import change, create, delete
from ledger.services.vouchers import change_voucher
from revisions.installation import installation
from tests.factories import Books, SupplierFactory, entries_of, header_of, make_books
from workcopies.checking_in import check_in
from workcopies.checking_out import ALL_RIGHTS, check_out
from workcopies.documents.document import Document
from workcopies.documents.kinds import Key, all_kinds
from workcopies.documents.mine import Change, read_mine
from workcopies.documents.theirs import read_theirs
from workcopies.file.reading import open_file
from workcopies.landing.report import Report

pytestmark = pytest.mark.django_db

State = Mapping[tuple[str, Key], Document]
VOUCHERS = "ledger_voucher"
NEW_VOUCHER = """
    insert into ledger_voucher (company_id, financial_year_id, series, number, voucher_date, text)
    select company_id, id, 'A', ?, '2024-05-06', ? from ledger_financialyear
"""
NEW_ROW = """
    insert into ledger_ledgerentry (voucher_id, row, account_id, amount, entry_date)
    select ?, ?, id, ?, '2024-05-06' from ledger_account where number = ?
"""


@contextmanager
def undone() -> Iterator[None]:
    """Take back what is written within."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def work_in(path: Path, chance: random.Random, name: str) -> None:
    """Some changes by another program than ours."""
    with closing(sqlite3.connect(path)) as file, file:
        suppliers, vouchers = (
            [pk for (pk,) in file.execute(f"select id from {table} order by id")]
            for table in ("ledger_supplier", VOUCHERS)
        )
        for n in range(chance.randint(2, 8)):
            match chance.randrange(6):
                case 0:
                    field = chance.choice(["name", "city", "email"])
                    file.execute(
                        f"update ledger_supplier set {field} = ? where id = ?",
                        [f"{name}{n}@example.com", chance.choice(suppliers)],
                    )
                case 1:
                    file.execute("update ledger_account set name = ? where number = '1910'", [f"Kassa {name}{n}"])
                case 2:
                    file.execute(f"update {VOUCHERS} set text = ? where id = ?", [name, chance.choice(vouchers)])
                case 3:
                    pk, amount = chance.choice(vouchers), chance.randint(1, 99)
                    for row, signed in ((1, amount), (2, -amount)):
                        file.execute(
                            "update ledger_ledgerentry set amount = ? where voucher_id = ? and row = ?",
                            [f"{signed}.00", pk, row],
                        )
                case 4:
                    file.execute("delete from ledger_supplier where id = ?", [chance.choice(suppliers)])
                case _:
                    pk = file.execute(NEW_VOUCHER, [f"P{n + 1}", f"Ny {name}{n}"]).lastrowid
                    file.execute(NEW_ROW, [pk, 1, f"{n + 1}.00", "1910"])
                    file.execute(NEW_ROW, [pk, 2, f"-{n + 1}.00", "3001"])


def work_here(books: Books, chance: random.Random) -> None:
    """Some changes by the services."""
    for n in range(chance.randint(2, 6)):
        supplier = chance.choice(list(Supplier.objects.order_by("pk")))
        match chance.randrange(5):
            case 0:
                change(row=supplier, values={chance.choice(["name", "city", "phone"]): f"Server {n}"})
            case 1:
                change(row=Account.objects.get(number="3001"), values={"name": f"Server {n}"})
            case 2:
                voucher = chance.choice(list(Voucher.objects.order_by("pk")))
                change_voucher(voucher=voucher, header=header_of(voucher), entries=_doubled(voucher))
            case 3:
                delete(row=supplier)
            case _:
                books.post(text=f"Server {n}")
                create(row=Supplier(company=books.company), values={"number": f"S{n}", "name": "Server"})


def _doubled(voucher: Voucher) -> Any:
    return [dataclasses.replace(entry, amount=entry.amount * Decimal(2)) for entry in entries_of(voucher)]


def here() -> State:
    """Everything that the server has."""
    return read_theirs(
        (kind.register, tuple(str(value) for value in key))
        for kind in all_kinds()
        if not kind.is_read_only
        for key in kind.model._default_manager.values_list(*(part.path for part in kind.key))
    )


def changes_of(path: Path) -> dict[tuple[str, Key | None], Change]:
    with open_file(path, installation=str(installation().uid)) as file:
        return {(change.register, change.key): change for change in read_mine(file).changes}


def checked_in(*paths: Path) -> list[Report]:
    return [check_in(path=path, user=None, rights=ALL_RIGHTS, via="command", allow_deletions=True) for path in paths]


def in_conflict(reports: list[Report]) -> set[tuple[str, tuple[Any, ...]]]:
    return {(item.information_type, tuple(item.key.values())) for report in reports for item in (*report.conflicts,)}


def sayings(state: State, waiting: set[Any]) -> list[str]:
    """What documents say, without the numbers that depend on who came first, and without those that wait."""
    said = [
        f"{register} {key if register != VOUCHERS else ''} {sorted(document.flat().items(), key=str)}"
        for (register, key), document in state.items()
        if (document.information_type, tuple(document.named_key.values())) not in waiting
    ]
    return sorted(said)


@pytest.mark.parametrize("seed", range(4))
def test_what_only_one_of_three_changed_is_there_in_the_end(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    books = make_books(number="100")
    SupplierFactory.create_batch(3, company=books.company)
    for n in range(3):
        books.post(text=f"{n}")
    base = here()
    one, other = tmp_path / "one.utkorg", tmp_path / "other.utkorg"
    for path in (one, other):
        check_out(companies=[books.company], user=None, rights=ALL_RIGHTS, name=path.name, path=path)
        work_in(path, chance, path.stem)
    work_here(books, chance)
    theirs, ours, others = here(), changes_of(one), changes_of(other)

    ends = []
    for paths in ((one, other), (other, one)):
        with undone():
            reports = checked_in(*paths)
            end = here()
            assert [report.refused for report in reports] == [[], []]
            assert [report.landed for report in checked_in(*paths)] == [[], []]
            assert here() == end
            ends.append((end, in_conflict(reports)))
    (first, waiting), (second, also_waiting) = ends
    assert waiting == also_waiting
    assert sayings(first, waiting) == sayings(second, waiting)

    new = [change.mine for copy in (ours, others) for change in copy.values() if change.base is None]
    assert sayings({(n.register, (str(place),)): n for place, n in enumerate(new) if n}, set()) == sorted(
        said for said in sayings(first, set()) if "'Ny o" in said
    )
    for name in base.keys() | theirs.keys():
        sides = [copy[name].mine for copy in (ours, others) if name in copy]
        if theirs.get(name) != base.get(name):
            sides.append(theirs.get(name))
        if len(sides) < 2:
            assert first.get(name) == (sides[0] if sides else base.get(name)), name
