"""Who may check in what, which copies are taken, and that many deletions at once are meant."""

from pathlib import Path

import pytest
from django.contrib.auth.models import User

from access.rights import rights_of
from ledger.models import Account, Supplier
from revisions.models import Installation
from tests import factories
from tests.workcopies.copies import Copy
from workcopies.exceptions import MayNotCheckIn, Withdrawn
from workcopies.models import CheckIn, WorkingCopy

pytestmark = pytest.mark.django_db


@pytest.fixture
def copy(books: factories.Books, tmp_path: Path) -> Copy:
    for number in range(30):
        factories.SupplierFactory.create(company=books.company, number=str(2000 + number))
    copy = Copy(tmp_path / "books.utkorg", books.company)
    copy.run("update ledger_account set name = 'Mine' where number = '1910'")
    return copy


@pytest.fixture
def anna(books: factories.Books) -> User:
    anna = factories.UserFactory.create(username="anna")
    factories.give(anna, "workcopies.check_in", "ledger.view_account", company=books.company)
    return anna


def test_the_right_to_check_in_is_asked_for(copy: Copy) -> None:
    eve = factories.UserFactory.create()
    with pytest.raises(MayNotCheckIn):
        copy.check_in(rights=rights_of(eve))
    assert not CheckIn.objects.exists()


def test_each_document_asks_for_its_own_right(copy: Copy, anna: User, books: factories.Books) -> None:
    report = copy.check_in(rights=rights_of(anna))
    assert [one.reason for one in report.refused] == ["You lack the right to change chart of accounts in company 100."]
    factories.give(anna, "ledger.change_account", company=books.company)
    assert len(copy.check_in(rights=rights_of(anna)).landed) == 1


def test_nobody_learns_of_a_register_that_they_may_not_see(copy: Copy, anna: User) -> None:
    copy.run("update ledger_supplier set name = 'Mine' where number = '2001'")
    Supplier.objects.filter(number="2001").update(name="Secret")
    report = copy.check_in(rights=rights_of(anna), dry_run=True)
    assert [one.code for one in report.refused] == ["permission_denied"] * 2
    assert report.conflicts == []


def test_a_company_that_is_not_of_the_copy_is_out_of_reach(copy: Copy) -> None:
    other = factories.make_books(number="200")
    company = copy.insert("ledger_company", number="200", name="Guessed", time_zone="Europe/Oslo")
    copy.insert("ledger_account", company_id=company, number="1910", name="Guessed")
    anna = factories.UserFactory.create()
    factories.give(
        anna,
        "workcopies.check_in",
        "ledger.view_account",
        "ledger.add_account",
        "ledger.change_account",
        "ledger.view_company",
        "ledger.add_company",
        company=other.company,
    )
    factories.give(anna, "workcopies.check_in", company=copy.record.companies.get())
    report = copy.check_in(rights=rights_of(anna))
    assert {one.code for one in report.refused} == {"not_found", "permission_denied"}
    assert report.conflicts == []
    assert Account.objects.get(company=other.company, number="1910").name == "Kassa"


def test_a_withdrawn_copy_is_refused(copy: Copy) -> None:
    WorkingCopy.objects.update(status=WorkingCopy.Status.WITHDRAWN)
    with pytest.raises(Withdrawn):
        copy.check_in()
    assert Account.objects.get(number="1910").name == "Kassa"


def test_a_copy_that_a_restored_database_forgot_is_known_again(copy: Copy) -> None:
    copy.record.delete()
    report = copy.check_in()
    assert len(report.landed) == 1
    assert "known" in report.as_json()["warnings"][0]
    again = WorkingCopy.objects.get()
    assert (again.uid, again.status, again.companies.get().number) == (copy.record.uid, "out", "100")


def test_a_copy_of_before_a_restoration_says_so(copy: Copy) -> None:
    Installation.objects.update(epoch=2)
    assert "backup was restored" in copy.check_in().warnings[0]


def test_many_deletions_wait_until_they_are_meant(copy: Copy) -> None:
    copy.run("delete from ledger_supplier where number < '2021'")
    report = copy.check_in()
    assert {one.code for one in report.refused} == {"many_deletions"}
    assert len(report.landed) == 1
    assert report.preview()["many_deletions"] == [
        {"information_type": "suppliers", "missing": 21, "of": 30, "held": True}
    ]
    assert Supplier.objects.count() == 30
    assert len(copy.check_in(allow_deletions=True).landed) == 21
    assert copy.check_in().refused == []


def test_some_deletions_need_no_word(copy: Copy) -> None:
    copy.run("delete from ledger_supplier where number < '2020'")
    assert len(copy.check_in().landed) == 21


def test_what_the_server_deleted_as_well_needs_no_word(copy: Copy) -> None:
    copy.run("delete from ledger_supplier where number < '2021'")
    Supplier.objects.filter(number__lt="2021").delete()
    assert copy.check_in().is_complete
