"""What may be done with time categories."""

import pytest

from tests import factories
from timesheets.exceptions import CategoryExists, CategoryInUse
from timesheets.models import TimeCategory, TimeTransaction
from timesheets.services.categories import change_category, create_category, delete_category

pytestmark = pytest.mark.django_db


def test_a_number_is_given_once_in_a_company() -> None:
    company = factories.CompanyFactory.create()
    create_category(company=company, number=10, name="Timelønn")
    with pytest.raises(CategoryExists):
        create_category(company=company, number=10, name="Fastlønn")
    create_category(company=factories.CompanyFactory.create(), number=10, name="Fastlønn")


def test_a_change_tells_how_many_hours_it_was_written_to() -> None:
    hours = factories.TimeTransactionFactory.create()
    category = hours.time_category
    assert change_category(category=category, name="Fastlønn", active=False) == 1
    assert change_category(category=category, name="Fastlønn", active=True) == 0
    assert TimeTransaction.objects.get().time_category_name == "Fastlønn"


def test_a_category_with_hours_stays() -> None:
    hours = factories.TimeTransactionFactory.create()
    with pytest.raises(CategoryInUse):
        delete_category(category=hours.time_category)
    TimeTransaction.objects.all().delete()
    delete_category(category=hours.time_category)
    assert not TimeCategory.objects.exists()
