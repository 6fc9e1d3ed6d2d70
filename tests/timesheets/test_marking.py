"""Marking hours that another system has taken over."""

import pytest

from ledger.models import Company
from tests import factories
from timesheets.exceptions import BrokenStatus
from timesheets.models import TimeTransaction
from timesheets.services.marking import Conflict, Mark, Marked, set_external_status

pytestmark = pytest.mark.django_db


@pytest.fixture
def company() -> Company:
    category = factories.TimeCategoryFactory.create(number=10)
    for uid in (1, 2):
        factories.TimeTransactionFactory.create(company=category.company, time_category=category, uid=uid)
    return category.company


def mark(uid: int, state: str | None = None, category: int = 10) -> Mark:
    return Mark(uid=uid, time_category=category, record_state_key=state)


def codes() -> list[str]:
    return list(TimeTransaction.objects.order_by("uid").values_list("external_status_code", flat=True))


def test_rows_in_the_named_state_are_marked(company: Company) -> None:
    marks = [mark(1, "1_10_7.50"), mark(2), mark(2)]
    assert set_external_status(company=company, code="done", transactions=marks) == Marked(updated=2)
    assert codes() == ["done", "done"]
    assert not any(row.changed_since_status for row in TimeTransaction.objects.all())
    before = list(TimeTransaction.objects.order_by("pk").values())
    assert set_external_status(company=company, code="done", transactions=marks).updated == 2
    assert list(TimeTransaction.objects.order_by("pk").values()) == before
    set_external_status(company=company, code="", transactions=marks)
    assert codes() == ["", ""]


def test_a_changed_row_shows_so_until_it_is_marked_again(company: Company) -> None:
    set_external_status(company=company, code="done", transactions=[mark(1)])
    TimeTransaction.objects.filter(uid=1).update(quantity=8)
    assert TimeTransaction.objects.get(uid=1).changed_since_status
    set_external_status(company=company, code="done", transactions=[mark(1, "1_10_8.00")])
    assert not TimeTransaction.objects.get(uid=1).changed_since_status


def test_conflicts_tell_the_state_now(company: Company) -> None:
    marks = [mark(1, "1_10_7.00"), mark(2, "2_10_7.50"), mark(3), mark(2, category=99)]
    conflicts = [
        Conflict(uid=1, time_category=10, record_state_key="1_10_7.50"),
        Conflict(uid=3, time_category=10, record_state_key=None),
        Conflict(uid=2, time_category=99, record_state_key=None),
    ]
    assert set_external_status(company=company, code="done", transactions=marks) == Marked(conflicts=conflicts)
    assert codes() == ["", ""]
    told = set_external_status(company=company, code="done", transactions=marks, all_or_nothing=False)
    assert told == Marked(updated=1, conflicts=conflicts)
    assert codes() == ["", "done"]


def test_another_companys_rows_are_unknown(company: Company) -> None:
    other = factories.TimeCategoryFactory.create(number=10).company
    told = set_external_status(company=other, code="done", transactions=[mark(1)])
    assert told.conflicts == [Conflict(uid=1, time_category=10, record_state_key=None)]


def test_a_code_that_cant_be_kept_is_refused(company: Company) -> None:
    for code in ("x" * 65, "a\0b"):
        with pytest.raises(BrokenStatus):
            set_external_status(company=company, code=code, transactions=[mark(1)])
