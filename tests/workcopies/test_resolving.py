"""Resolving conflicts: what was chosen is written by the services, once, and both sides are kept."""

from collections.abc import Mapping
from decimal import Decimal

import pytest
from django.contrib.auth.models import User

from access.rights import rights_of
from ledger.exceptions import PeriodLocked, Unbalanced
from ledger.models import Supplier, Voucher
from revisions import fan_out
from tests import factories
from tests.integrators import Integrator
from tests.workcopies.conflicts import document_of, make_conflict
from workcopies import resolving
from workcopies.choosing import Choice, Side
from workcopies.exceptions import ConflictClosed, MayNotResolve, NotChosen, TheirsMoved
from workcopies.landing.refusing import Refused
from workcopies.models import Conflict, Landed

pytestmark = pytest.mark.django_db

MINE, THEIRS, BOTH = Choice(Side.MINE), Choice(Side.THEIRS), Choice(Side.BOTH)


@pytest.fixture
def supplier(books: factories.Books) -> Supplier:
    return factories.SupplierFactory.create(
        company=books.company, number="2001", name="Ahlsell (publ)", bankgiro="5402-9681", city="Stockholm"
    )


@pytest.fixture
def conflict(supplier: Supplier) -> Conflict:
    """The bank giro is another on both sides; the name was changed here only, the phone in the copy only."""
    return make_conflict(
        supplier,
        base={"bankgiro": "5050-1055", "name": "Ahlsell"},
        mine={"bankgiro": "991-2346", "phone": "08-685 70 00"},
    )


def resolve(conflict: Conflict, choices: Mapping[str, Choice], *, by: User | None = None) -> Conflict:
    by = by or factories.SuperuserFactory.create(username="eva")
    seen = resolving.mark_of(resolving.theirs_now(conflict))
    return resolving.resolve(conflict=conflict, choices=choices, seen=seen, by=by, rights=rights_of(by))


def test_a_side_is_chosen_for_a_field_and_the_rest_goes_together(conflict: Conflict, supplier: Supplier) -> None:
    before = {side: getattr(conflict, side) for side in ("base", "mine", "theirs")}
    resolve(conflict, {"bankgiro": MINE})
    supplier.refresh_from_db()
    assert (supplier.bankgiro, supplier.name, supplier.phone) == ("991-2346", "Ahlsell (publ)", "08-685 70 00")
    conflict.refresh_from_db()
    assert (conflict.status, conflict.resolved_by_name) == (Conflict.Status.RESOLVED, "eva")
    assert conflict.resolved_at is not None
    assert conflict.choices == {"bankgiro": {"side": "mine"}}
    assert {side: getattr(conflict, side) for side in before} == before
    assert conflict.resolution == document_of(supplier).as_json()


def test_another_value_is_neither_sides(conflict: Conflict, supplier: Supplier) -> None:
    resolve(conflict, {"bankgiro": Choice(Side.OTHER, "123-4567"), "phone": THEIRS})
    supplier.refresh_from_db()
    assert (supplier.bankgiro, supplier.phone) == ("123-4567", "")


def test_all_theirs_writes_nothing_and_settles_it_all_the_same(conflict: Conflict, supplier: Supplier) -> None:
    changed_at = Supplier.objects.get(pk=supplier.pk).changed_at
    resolve(conflict, resolving.all_of(Side.THEIRS, resolving.parts(conflict, resolving.theirs_now(conflict))))
    found = Supplier.objects.get(pk=supplier.pk)
    assert (found.bankgiro, found.phone, found.changed_at) == ("5402-9681", "", changed_at)
    landed = Landed.objects.get(working_copy=conflict.working_copy)
    assert (landed.mine, landed.theirs) == (conflict.mine_in_copy, document_of(supplier).as_json())
    assert landed.server_key == ["100", "2001"]


def test_what_is_not_chosen_is_not_guessed(conflict: Conflict, supplier: Supplier) -> None:
    with pytest.raises(NotChosen) as error:
        resolve(conflict, {})
    assert error.value.parts == ["bankgiro"]
    conflict.refresh_from_db()
    assert conflict.status == Conflict.Status.OPEN


def test_nothing_is_written_over_what_was_changed_meanwhile(conflict: Conflict, supplier: Supplier) -> None:
    seen = resolving.mark_of(resolving.theirs_now(conflict))
    Supplier.objects.filter(pk=supplier.pk).update(city="Göteborg")
    by = factories.SuperuserFactory.create()
    with pytest.raises(TheirsMoved):
        resolving.resolve(conflict=conflict, choices={"bankgiro": MINE}, seen=seen, by=by, rights=rights_of(by))
    assert Supplier.objects.get(pk=supplier.pk).bankgiro == "5402-9681"
    resolve(conflict, {"bankgiro": MINE}, by=by)
    found = Supplier.objects.get(pk=supplier.pk)
    assert (found.bankgiro, found.city) == ("991-2346", "Göteborg")
    conflict.refresh_from_db()
    assert conflict.theirs["fields"]["city"] == "Göteborg"


def test_it_is_resolved_once(conflict: Conflict) -> None:
    resolve(conflict, {"bankgiro": MINE})
    with pytest.raises(ConflictClosed):
        resolve(conflict, {"bankgiro": THEIRS}, by=factories.SuperuserFactory.create())


def test_it_takes_the_right_to_resolve_and_the_right_to_write_the_register(conflict: Conflict) -> None:
    company = conflict.company
    for rights in (["workcopies.change_conflict"], ["ledger.change_supplier"]):
        user = factories.UserFactory.create()
        factories.give(user, *rights, company=company)
        with pytest.raises(MayNotResolve):
            resolve(conflict, {"bankgiro": MINE}, by=user)
    elsewhere = factories.UserFactory.create()
    both = ("workcopies.change_conflict", "ledger.change_supplier")
    factories.give(elsewhere, *both, company=factories.CompanyFactory.create())
    with pytest.raises(MayNotResolve):
        resolve(conflict, {"bankgiro": MINE}, by=elsewhere)
    factories.give(elsewhere, *both, company=company)
    assert resolve(conflict, {"bankgiro": MINE}, by=elsewhere).status == Conflict.Status.RESOLVED


def test_subscribers_are_told_like_of_any_change(conflict: Conflict) -> None:
    integrator = Integrator(factories.make_subscription("suppliers", integration_id="EXOPEN"))
    resolve(conflict, {"bankgiro": MINE})
    fan_out.drain()
    assert [row["data"]["bankgiro"] for row in integrator.fetch_all()] == ["991-2346"]


def of_voucher(voucher: Voucher) -> dict[int, tuple[str, Decimal]]:
    return {row.row: (row.account.number, row.amount) for row in voucher.rows.select_related("account")}


@pytest.fixture
def voucher(books: factories.Books) -> Voucher:
    return books.post(books.rows("100.00"), text="Hyra")


def test_a_voucher_takes_rows_of_both_sides_and_new_ones(books: factories.Books, voucher: Voucher) -> None:
    conflict = make_conflict(
        voucher,
        base={1: {"amount": "80.00"}, 2: {"amount": "-80.00"}},
        mine={1: {"amount": "120.00"}, 2: {"amount": "-120.00"}},
    )
    new = {"account": "1910", "amount": "-20.00", "text": "Rest"}
    resolve(conflict, {"rows.1": MINE, "rows.2": THEIRS, "rows.new-0": Choice(Side.OTHER, new)})
    assert of_voucher(voucher) == {
        1: ("1910", Decimal("120.00")),
        2: ("3001", Decimal("-100.00")),
        3: ("1910", Decimal("-20.00")),
    }


def test_rows_that_both_added_may_both_stay(books: factories.Books) -> None:
    voucher = books.post([*books.rows("100.00"), *books.rows("5.00")])
    conflict = make_conflict(
        voucher,
        base={3: None, 4: None},
        mine={3: {"account": "3001", "amount": "7.00"}, 4: {"account": "1910", "amount": "-7.00"}},
    )
    resolve(conflict, {"rows.3": BOTH, "rows.4": BOTH})
    assert [amount for _account, amount in of_voucher(voucher).values()] == [
        Decimal(amount) for amount in ("100.00", "-100.00", "5.00", "-5.00", "7.00", "-7.00")
    ]


def test_a_voucher_balances_and_keeps_to_open_periods(books: factories.Books, voucher: Voucher) -> None:
    conflict = make_conflict(
        voucher,
        base={1: {"amount": "80.00"}, 2: {"amount": "-80.00"}},
        mine={1: {"amount": "120.00"}, 2: {"amount": "-120.00"}},
    )
    user = factories.SuperuserFactory.create()
    with pytest.raises(Unbalanced):
        resolve(conflict, {"rows.1": MINE, "rows.2": THEIRS}, by=user)
    books.year.locked_until = books.year.last_day
    books.year.save()
    with pytest.raises(PeriodLocked):
        resolve(conflict, {"rows.1": MINE, "rows.2": MINE}, by=user)
    assert of_voucher(voucher)[1] == ("1910", Decimal("100.00"))
    assert not Landed.objects.exists()
    resolve(conflict, {"rows.1": THEIRS, "rows.2": THEIRS}, by=user)


def test_a_deletion_against_a_change_keeps_or_deletes(supplier: Supplier) -> None:
    kept = make_conflict(supplier, base={"city": "Ystad"})
    resolve(kept, {"": THEIRS})
    assert Supplier.objects.filter(pk=supplier.pk).exists()
    deleted = make_conflict(supplier, base={"city": "Ystad"})
    by = factories.UserFactory.create()
    factories.give(by, "workcopies.change_conflict", "ledger.change_supplier", company=supplier.company)
    with pytest.raises(Refused):
        resolve(deleted, {"": MINE}, by=by)
    factories.give(by, "ledger.delete_supplier", company=supplier.company)
    done = resolve(deleted, {"": MINE}, by=by)
    assert not Supplier.objects.filter(pk=supplier.pk).exists()
    assert done.resolution is None
    assert done.theirs is not None


def test_what_was_deleted_here_is_made_again_or_stays_away(supplier: Supplier) -> None:
    conflict = make_conflict(supplier, mine={"city": "Lund"}, is_deleted_here=True)
    supplier.delete()
    resolve(conflict, {"": MINE})
    assert Supplier.objects.get(number="2001").city == "Lund"
