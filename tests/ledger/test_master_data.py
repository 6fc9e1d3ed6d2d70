"""Master data, one row at a time: what is stored, and what is refused without anything being written."""

from datetime import date

import pytest
from django.core.exceptions import ValidationError

from information_types import registry
from ledger.exceptions import AlreadyExists, InUse, NaturalKeyChanged
from ledger.models import Account, Company, DimensionValue, LedgerEntry, Supplier
from ledger.services.master_data import change_row, create_row, delete_row
from revisions.models import ChangeSet
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def books() -> factories.Books:
    return factories.make_books()


def codes(error: pytest.ExceptionInfo[ValidationError]) -> dict[str, str | None]:
    return {name: errors[0].code for name, errors in error.value.error_dict.items()}


def test_a_new_row_has_its_values_and_the_usual_ones(books: factories.Books) -> None:
    values = {"number": "2001", "name": "Bygg AB", "city": None, "payment_terms_days": 30}
    create_row(row=Supplier(company=books.company), values=values)
    stored = Supplier.objects.get(number="2001")
    assert (stored.name, stored.city, stored.payment_terms_days, stored.active) == ("Bygg AB", "", 30, True)


def test_a_key_that_is_taken_is_taken(books: factories.Books) -> None:
    create_row(row=Account(company=books.company), values={"number": "6540", "name": "IT"})
    with pytest.raises(AlreadyExists) as error:
        create_row(row=Account(company=books.company), values={"number": "6540", "name": "Other"})
    assert error.value.field == "number"
    create_row(row=Account(company=factories.CompanyFactory.create()), values={"number": "6540", "name": "IT"})


def test_values_that_cannot_be_are_refused_at_their_fields(books: factories.Books) -> None:
    values = {"number": "1", "name": "", "email": "nobody", "currency": "kr", "payment_terms_days": 40000}
    with pytest.raises(ValidationError) as error:
        create_row(row=Supplier(company=books.company), values=values)
    assert codes(error) == {
        "name": "blank",
        "email": "invalid",
        "currency": "invalid",
        "payment_terms_days": "max_value",
    }


def test_only_what_is_given_is_changed_and_looked_at() -> None:
    supplier = factories.SupplierFactory.create(email="of old times", city="Åre", payment_terms_days=30)
    change_row(row=supplier, values={"city": None, "payment_terms_days": None, "phone": "1"})
    stored = Supplier.objects.get(pk=supplier.pk)
    assert (stored.city, stored.payment_terms_days, stored.phone, stored.email) == ("", None, "1", "of old times")


def test_what_is_so_already_is_no_change() -> None:
    account = factories.AccountFactory.create(account_type=None)
    before = ChangeSet.objects.count()
    change_row(row=account, values={"name": account.name, "account_type": ""})
    assert ChangeSet.objects.count() == before


@pytest.mark.parametrize("name", ["company", "number"])
def test_a_key_never_changes(name: str) -> None:
    account = factories.AccountFactory.create()
    other = {"company": factories.CompanyFactory.create(), "number": "other"}
    with pytest.raises(NaturalKeyChanged) as error:
        change_row(row=account, values={name: other[name]})
    assert error.value.field == name


def test_what_nobody_refers_to_is_deleted(books: factories.Books) -> None:
    account = factories.AccountFactory.create(company=books.company)
    delete_row(row=account)
    assert not Account.objects.filter(pk=account.pk).exists()


def test_what_others_refer_to_stays_and_tells_who(books: factories.Books) -> None:
    books.post()
    with pytest.raises(InUse) as error:
        delete_row(row=books.cash)
    assert error.value.used_by == {LedgerEntry: 1}
    assert error.value.members == {"used_by": [{"register": "ledger_entries", "rows": 1}]}
    assert "1 " in str(error.value)
    assert Account.objects.filter(pk=books.cash.pk).exists()


def test_uses_are_counted_up_to_a_bound(books: factories.Books, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ledger.services.checks.MOST_COUNTED", 2)
    for _voucher in range(3):
        books.post()
    with pytest.raises(InUse) as error:
        delete_row(row=books.cash)
    assert error.value.used_by == {LedgerEntry: 2}
    assert "2+" in str(error.value)


def test_a_dimension_value_may_be_used_under_each_of_its_names(books: factories.Books) -> None:
    value = factories.DimensionValueFactory.create(company=books.company, dimension=DimensionValue.Dimension.PROJECT)
    change_row(row=value, values={"valid_from": date(2024, 1, 1), "active": False})
    delete_row(row=value)
    assert not DimensionValue.objects.filter(pk=value.pk).exists()


def test_a_company_is_made_and_changed_alike() -> None:
    create_row(row=Company(), values={"number": "900", "name": "New"})
    with pytest.raises(ValidationError):
        create_row(row=Company(), values={"number": "9 0", "name": "New"})
    with pytest.raises(ValidationError) as error:
        change_row(row=Company.objects.get(number="900"), values={"time_zone": "Europe/Nowhere"})
    assert list(error.value.error_dict) == ["time_zone"]


def test_which_types_are_master_data_is_said_by_their_registration() -> None:
    assert [known.name for known in registry.all_types() if known.is_master_data] == [
        "accounts",
        "cost_centres",
        "projects",
        "objects",
        "management_areas",
        "suppliers",
        "customers",
    ]
