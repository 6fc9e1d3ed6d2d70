"""From a check-in's conflict to the next check-in of the same copy: what was resolved isn't asked again."""

import dataclasses
from decimal import Decimal
from pathlib import Path

import pytest

from access.rights import rights_of
from ledger.models import Account, Voucher
from ledger.services.vouchers import Entry, change_voucher
from tests import factories
from tests.workcopies.copies import Copy, told
from workcopies import resolving
from workcopies.choosing import Choice, Side
from workcopies.models import Conflict

pytestmark = pytest.mark.django_db


def resolve(conflict: Conflict, **choices: Choice) -> None:
    by = factories.SuperuserFactory.create()
    parts = resolving.parts(conflict, resolving.theirs_now(conflict))
    resolving.resolve(
        conflict=conflict,
        choices=choices or resolving.all_of(Side.MINE, parts),
        seen=resolving.mark_of(resolving.theirs_now(conflict)),
        by=by,
        rights=rights_of(by),
    )


@pytest.mark.parametrize("side", [Side.MINE, Side.THEIRS])
def test_what_was_resolved_is_not_asked_again_and_work_goes_on(tmp_path: Path, side: Side) -> None:
    books = factories.make_books(number="100")
    copy = Copy(tmp_path / "books.utkorg", books.company)
    copy.run("update ledger_account set name = 'Handkassa' where number = '1910'")
    Account.objects.filter(number="1910").update(name="Kontanter")
    assert len(copy.check_in().conflicts) == 1
    assert len(copy.check_in().conflicts) == 1
    resolve(Conflict.objects.get(status=Conflict.Status.OPEN), name=Choice(side))
    expected = {Side.MINE: "Handkassa", Side.THEIRS: "Kontanter"}[side]
    assert Account.objects.get(number="1910").name == expected

    again = copy.check_in()
    assert (told(again), list(again.conflicts), list(again.refused)) == ([], [], [])
    assert Account.objects.get(number="1910").name == expected

    copy.run("update ledger_account set name = 'Kassa i receptionen' where number = '1910'")
    assert told(copy.check_in()) == [("changed", "accounts", "1910")]
    assert Account.objects.get(number="1910").name == "Kassa i receptionen"


def test_a_voucher_that_was_resolved_is_not_asked_again(tmp_path: Path) -> None:
    books = factories.make_books(number="100")
    voucher = books.post(text="Hyra")
    copy = Copy(tmp_path / "books.utkorg", books.company)
    copy.run("update ledger_ledgerentry set amount = '120.00' where row = 1")
    copy.run("update ledger_ledgerentry set amount = '-120.00' where row = 2")
    change_voucher(voucher=voucher, header=factories.header_of(voucher), entries=_with_rows(voucher, "130.00"))
    copy.check_in()
    resolve(Conflict.objects.get())
    assert [row.amount for row in voucher.rows.order_by("row")] == [Decimal(120), Decimal(-120)]
    again = copy.check_in()
    assert (told(again), list(again.conflicts)) == ([], [])


def test_what_was_made_anew_is_known_by_its_new_number(tmp_path: Path) -> None:
    books = factories.make_books(number="100")
    voucher = books.post(text="Hyra")
    copy = Copy(tmp_path / "books.utkorg", books.company)
    copy.run("update ledger_voucher set text = 'Hyra mars'")
    Voucher.objects.get(pk=voucher.pk).delete()
    copy.check_in()
    conflict = Conflict.objects.get()
    assert conflict.theirs is None
    resolve(conflict)
    assert [made.text for made in Voucher.objects.all()] == ["Hyra mars"]
    again = copy.check_in()
    assert (told(again), list(again.conflicts), list(again.refused)) == ([], [], [])
    assert Voucher.objects.count() == 1


def _with_rows(voucher: Voucher, amount: str) -> list[Entry]:
    first, second = factories.entries_of(voucher)
    replace = dataclasses.replace
    return [replace(first, amount=Decimal(amount)), replace(second, amount=-Decimal(amount))]
