"""Two programs that register the same hours at the same moment: they become one row."""

from typing import Any

import pytest

from tests import factories
from tests.connections import Together
from timesheets.models import TimeTransaction
from timesheets.services.registering import Registered, register_hours

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_same_external_id_at_once_is_one_row(together: Together) -> None:
    category = factories.TimeCategoryFactory.create(number=10)
    row: dict[str, Any] = {
        "time_category": 10,
        "employee_id": 155,
        "date_in": "2024-07-10",
        "quantity": "7.50",
        "external_id": "x",
    }

    def register() -> list[Registered]:
        return register_hours(company=category.company, rows=[row])

    done = [work.result()[0] for work in [together.start(register) for _ in range(6)]]
    assert sorted(one.outcome.value for one in done) == ["created"] + ["unchanged"] * 5
    assert TimeTransaction.objects.count() == 1
