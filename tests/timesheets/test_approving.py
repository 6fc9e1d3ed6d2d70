"""Approving hours, and taking it back."""

import pytest

from tests import factories
from timesheets.exceptions import HoursChanged, UnknownLevel
from timesheets.models import TimeTransaction
from timesheets.services.approving import Approved, approve, state_of, withdraw_approval

pytestmark = pytest.mark.django_db


@pytest.fixture
def hours() -> TimeTransaction:
    category = factories.TimeCategoryFactory.create(number=10)
    rows = [
        factories.TimeTransactionFactory.create(company=category.company, time_category=category) for _row in range(3)
    ]
    return rows[0]


def test_levels_are_apart_from_each_other(hours: TimeTransaction) -> None:
    every = TimeTransaction.objects.all()
    assert approve(rows=every.filter(pk=hours.pk), level=2, by="trineg") == Approved(changed=1, already=0)
    assert approve(rows=every, level=2, by="ineg") == Approved(changed=2, already=1)
    assert approve(rows=every, level=1, by="ineg") == Approved(changed=3, already=0)
    hours.refresh_from_db()
    assert (hours.approved_level_one_by, hours.approved_level_two_by) == ("ineg", "trineg")
    assert hours.approved_level_three is None
    assert hours.correlation_id
    assert withdraw_approval(rows=every, level=2) == Approved(changed=3, already=0)
    assert withdraw_approval(rows=every) == Approved(changed=3, already=0)
    assert withdraw_approval(rows=every) == Approved(changed=0, already=3)
    hours.refresh_from_db()
    assert (hours.approved_level_one, hours.approved_level_one_by, hours.approved_level_one_on) == (None, "", None)


def test_hours_that_changed_since_somebody_looked_arent_approved(hours: TimeTransaction) -> None:
    every = TimeTransaction.objects.all()
    state = state_of(every)
    approve(rows=every, level=1, by="trineg", state=state)
    every.filter(pk=hours.pk).update(quantity=1)
    with pytest.raises(HoursChanged):
        approve(rows=every, level=2, by="trineg", state=state)
    assert not every.filter(approved_level_two=1).exists()
    approve(rows=every, level=2, by="trineg", state=state_of(every))


def test_there_are_four_levels(hours: TimeTransaction) -> None:
    for level in (0, 5):
        with pytest.raises(UnknownLevel):
            approve(rows=TimeTransaction.objects.all(), level=level, by="trineg")
