"""How much changed lately, counted after the fact."""

from datetime import timedelta

import pytest
from django.utils import timezone

from information_types import registry
from revisions import recent
from revisions.models import ChangesCounted, ChangeSet, ChangesOfDay
from tests import factories
from tests.floor import drain_up_to_the_floor

pytestmark = pytest.mark.django_db(transaction=True)
SUPPLIERS = registry.get("suppliers").number
CUSTOMERS = registry.get("customers").number


def count() -> None:
    drain_up_to_the_floor()
    recent.count()


def changed(*types: int, companies: tuple[int, ...] = (), negative: bool = False) -> int:
    return recent.rows_changed(types=types, companies=companies, negative=negative)


def test_rows_are_summed_by_type_and_company() -> None:
    first, second = factories.CompanyFactory.create_batch(2)
    factories.SupplierFactory.create_batch(3, company=first)
    factories.SupplierFactory.create(company=second)
    factories.CustomerFactory.create(company=second)
    count()
    assert changed(SUPPLIERS) == 4
    assert changed(SUPPLIERS, CUSTOMERS) == 5
    assert changed(SUPPLIERS, companies=(first.pk,)) == 3
    assert changed(SUPPLIERS, CUSTOMERS, companies=(first.pk,), negative=True) == 2
    assert changed() == 0


def test_nothing_is_counted_twice() -> None:
    factories.SupplierFactory.create()
    count()
    count()
    factories.SupplierFactory.create()
    count()
    assert changed(SUPPLIERS) == 2


def test_what_is_no_longer_recent_is_forgotten() -> None:
    factories.SupplierFactory.create()
    count()
    ChangesOfDay.objects.update(day=(timezone.now() - timedelta(days=recent.DAYS)).date())
    count()
    assert changed(SUPPLIERS) == 0
    assert not ChangesOfDay.objects.exists()


def test_old_sets_are_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    factories.SupplierFactory.create_batch(3)
    ChangeSet.objects.filter(information_type=SUPPLIERS).update(changed_at=timezone.now() - timedelta(days=recent.DAYS))
    factories.SupplierFactory.create()
    monkeypatch.setattr(recent, "SETS_AT_ONCE", 1)
    count()
    assert changed(SUPPLIERS) == 1
    assert ChangesCounted.objects.get().change_set_id >= ChangeSet.objects.order_by("-pk")[0].pk


def test_a_transfer_changes_nothing() -> None:
    company = factories.CompanyFactory.create()
    ChangeSet.objects.create(
        information_type=SUPPLIERS, company=company, operation="t", row_count=5, transaction=1, fanned_out=True
    )
    count()
    assert changed(SUPPLIERS) == 0
