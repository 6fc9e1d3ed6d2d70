"""Conflicts of check-ins: asked once, brought up to date, taken back when nothing conflicts any more."""

from pathlib import Path

import pytest

from ledger.models import Account
from ledger.services.master_data import change_row
from tests import factories
from tests.workcopies.copies import Copy
from workcopies.models import Conflict

pytestmark = pytest.mark.django_db


@pytest.fixture
def copy(tmp_path: Path) -> Copy:
    books = factories.make_books(number="100")
    copy = Copy(tmp_path / "books.utkorg", books.company)
    copy.run("update ledger_account set name = 'Mine' where number = '1910'")
    theirs("Theirs")
    copy.check_in()
    return copy


def theirs(name: str) -> None:
    change_row(row=Account.objects.get(number="1910"), values={"name": name})


def states() -> list[tuple[str, str, str]]:
    return [
        (conflict.status, conflict.mine["fields"]["name"], conflict.theirs["fields"]["name"])
        for conflict in Conflict.objects.order_by("pk")
    ]


def test_the_same_question_is_asked_once(copy: Copy) -> None:
    assert len(copy.check_in().conflicts) == 1
    assert states() == [("open", "Mine", "Theirs")]


def test_what_the_server_has_since_is_shown(copy: Copy) -> None:
    theirs("Theirs again")
    copy.check_in()
    assert states() == [("open", "Mine", "Theirs again")]


def test_another_change_in_the_copy_is_another_question(copy: Copy) -> None:
    copy.run("update ledger_account set name = 'Mine again' where number = '1910'")
    copy.check_in()
    assert states() == [("superseded", "Mine", "Theirs"), ("open", "Mine again", "Theirs")]


@pytest.mark.parametrize("name", ["Kassa", "Theirs"])
def test_who_gives_in_is_asked_no_more(copy: Copy, name: str) -> None:
    copy.run("update ledger_account set name = ? where number = '1910'", [name])
    assert copy.check_in().conflicts == []
    assert states() == [("superseded", "Mine", "Theirs")]
    assert Account.objects.get(number="1910").name == "Theirs"


def test_a_dry_run_asks_nobody(copy: Copy) -> None:
    copy.run("update ledger_account set name = 'Mine again' where number = '1910'")
    assert len(copy.check_in(dry_run=True).conflicts) == 1
    assert states() == [("open", "Mine", "Theirs")]


def test_what_the_server_deleted_and_the_copy_changed_waits(copy: Copy) -> None:
    copy.run("update ledger_account set name = 'Mine' where number = '3001'")
    Account.objects.get(number="3001").delete()
    report = copy.check_in()
    assert len(report.conflicts) == 2
    assert Conflict.objects.get(key__number="3001").theirs is None
