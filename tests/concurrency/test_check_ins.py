"""Check-ins beside others who write: nothing between look and write, nothing twice, whoever is killed when."""

import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from ledger.models import Account, Supplier, Voucher
from ledger.services.master_data import change_row
from tests import factories
from tests.concurrency.installation import Installation
from tests.connections import Gate, Together, other_program, wait_until, waiters
from tests.consumers import Consumer, register
from tests.workcopies.copies import Copy
from workcopies.landing.report import Report
from workcopies.models import CheckIn, Landed

pytestmark = pytest.mark.django_db(transaction=True)

CHECK_IN_AND_DIE = """
import os, signal, sys
from pathlib import Path
from workcopies.checking_in import check_in
from workcopies.checking_out import ALL_RIGHTS
from workcopies.landing.report import Report

def step(stage, done, total):
    if f"{{stage}} {{done}}".startswith("{point}"):
        os.kill(os.getpid(), signal.SIGKILL)

def conclude(report: Report):
    if "{point}" == "before the end":
        os.kill(os.getpid(), signal.SIGKILL)

check_in(path=Path("{path}"), user=None, rights=ALL_RIGHTS, via="command", progress=step, conclude=conclude)
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def copy(books: factories.Books, tmp_path: Path) -> Copy:
    return Copy(tmp_path / "books.utkorg", books.company)


def stopping_at(gate: Gate, stage: str, done: int) -> "Callable[[str, int, int | None], None]":
    """A watch of a check-in that waits at the gate when it is so far."""

    def watch(reached: str, count: int, _total: int | None) -> None:
        if (reached, count) == (stage, done):
            gate.wait()

    return watch


def test_two_copies_checked_in_at_once_land_one_after_the_other(
    books: factories.Books, tmp_path: Path, together: Together, consumer: Consumer
) -> None:
    copies = [Copy(tmp_path / f"{number}.utkorg", books.company) for number in range(3)]
    for number, copy in enumerate(copies):
        copy.post(books.company, [("1910", "1.00"), ("3001", "-1.00")], text=f"Of {number}")
        copy.run("update ledger_account set name = ? where number = '1910'", [f"Of {number}"])
    running = [together.start(copy.check_in) for copy in copies]
    reports: list[Report] = [one.result(60) for one in running]
    assert sorted(Voucher.objects.values_list("number", flat=True)) == ["1", "2", "3"]
    assert sorted(Voucher.objects.values_list("text", flat=True)) == ["Of 0", "Of 1", "Of 2"]
    assert sorted(len(report.conflicts) for report in reports) == [0, 1, 1]
    consumer.fetch_all()
    assert consumer.of_type("ledger_entries") == register("ledger_entries")


def test_the_same_file_checked_in_twice_at_once_lands_once(
    copy: Copy, books: factories.Books, together: Together
) -> None:
    copy.post(books.company, [("1910", "1.00"), ("3001", "-1.00")])
    running = [together.start(copy.check_in) for _ in range(3)]
    assert sorted(len(one.result(60).landed) for one in running) == [0, 0, 1]
    assert Voucher.objects.count() == 1


def test_who_writes_a_row_that_is_being_merged_waits_and_is_not_overwritten(
    copy: Copy, books: factories.Books, together: Together
) -> None:
    copy.run("update ledger_account set name = 'Mine' where number = '1910'")
    copy.run("update ledger_account set name = 'Mine' where number = '3001'")
    gate = Gate()
    landing = together.start(copy.check_in, progress=stopping_at(gate, "landing", 1))
    gate.await_arrival()

    def integration() -> None:
        change_row(row=Account.objects.get(number="3001"), values={"name": "Theirs, later"})

    writing = together.start(integration)
    wait_until(waiters)
    gate.open()
    assert landing.result(60).conflicts == []
    writing.result(60)
    assert dict(Account.objects.values_list("number", "name")) == {"1910": "Mine", "3001": "Theirs, later"}


def test_a_row_that_somebody_adds_to_a_voucher_meanwhile_stays(
    copy: Copy, books: factories.Books, tmp_path: Path, together: Together
) -> None:
    voucher = books.post()
    copy = Copy(tmp_path / "second.utkorg", books.company)
    copy.run("update ledger_voucher set text = 'Mine'")
    copy.run("update ledger_account set name = 'Mine' where number = '1910'")
    gate = Gate()
    landing = together.start(copy.check_in, progress=stopping_at(gate, "landing", 1))
    gate.await_arrival()
    with other_program() as program:
        insert = """insert into ledger_ledgerentry (voucher_id, row, account_id, amount, text, entry_date, signature)
                    values (%s, 3, %s, 0, 'By SQL', '2024-01-01', '')"""
        adding = together.submit(program.execute, insert, [voucher.pk, books.cash.pk])
        wait_until(waiters)
        gate.open()
        assert landing.result(60).refused == []
        adding.result(60)
    voucher.refresh_from_db()
    assert (voucher.text, list(voucher.rows.order_by("row").values_list("row", flat=True))) == ("Mine", [1, 2, 3])


def test_a_deadlock_with_another_program_is_no_end(copy: Copy, books: factories.Books, together: Together) -> None:
    copy.run("update ledger_account set name = 'Mine'")
    with other_program() as program:
        program.execute("update ledger_account set account_type = 'income' where number = '3001'")
        landing = together.start(copy.check_in)
        wait_until(waiters)
        program.execute("update ledger_account set account_type = 'asset' where number = '1910'")
        program.commit()
    assert len(landing.result(60).landed) == 2
    assert sorted(Account.objects.values_list("name", "account_type")) == [("Mine", "asset"), ("Mine", "income")]


def test_two_copies_in_either_order_differ_only_in_numbers(books: factories.Books, tmp_path: Path) -> None:
    ends = []
    for turn in ("there", "back"):
        first, second = (Copy(tmp_path / f"{turn}{name}.utkorg", books.company) for name in "ab")
        first.post(books.company, [("1910", "1.00"), ("3001", "-1.00")], text=f"{turn} a")
        second.post(books.company, [("1910", "2.00"), ("3001", "-2.00")], text=f"{turn} b")
        first.run("update ledger_account set name = ? where number = '1910'", [f"{turn} a"])
        second.run("update ledger_account set account_type = 'asset' where number = '1910'")
        for copy in (first, second) if turn == "there" else (second, first):
            assert copy.check_in().is_complete
        ends.append(sorted(Voucher.objects.filter(text__startswith=turn).values_list("text", flat=True)))
        account = Account.objects.get(number="1910")
        assert (account.name, account.account_type) == (f"{turn} a", "asset")
        Account.objects.update(account_type=None)
    assert ends == [["there a", "there b"], ["back a", "back b"]]


@pytest.mark.parametrize(
    ("point", "has_landed"),
    [("reading", False), ("landing 1", False), ("landing 3", False), ("before the end", False), ("after", True)],
)
def test_a_check_in_that_is_killed_is_completed_by_the_next(
    point: str, has_landed: bool, copy: Copy, books: factories.Books, consumer: Consumer
) -> None:
    copy.run("update ledger_account set name = 'Mine' where number = '1910'")
    copy.insert("ledger_supplier", company_id=books.company.pk, number="2001", name="Papper AB")
    copy.post(books.company, [("1910", "1.00"), ("3001", "-1.00")])
    with Installation() as installation:
        dying: subprocess.Popen[str] = installation.script(CHECK_IN_AND_DIE.format(point=point, path=copy.path))
        assert dying.wait(60) == -signal.SIGKILL
    assert (Voucher.objects.count(), CheckIn.objects.count()) == (int(has_landed), int(has_landed))
    assert Landed.objects.exists() is has_landed
    # The answer was lost: whoever asked asks again.
    report = copy.check_in()
    assert len(report.landed) == (0 if has_landed else 3)
    assert (Voucher.objects.count(), Supplier.objects.count()) == (1, 1)
    consumer.fetch_all()
    assert consumer.of_type("ledger_entries", "suppliers") == register("ledger_entries") | register("suppliers")
