"""Two administrators who leave at the same moment: one of them stays."""

import contextlib

import pytest

from access.exceptions import LastAdministrator
from access.members import end_membership
from access.models import Membership
from tests import factories
from tests.connections import Together

pytestmark = pytest.mark.django_db(transaction=True)


def test_of_two_administrators_who_leave_at_once_one_stays(together: Together) -> None:
    company = factories.CompanyFactory.create()
    both = [factories.give(factories.UserFactory.create(), "access.administer_users", company=company) for _ in "ab"]

    def leave(membership: Membership) -> None:
        with contextlib.suppress(LastAdministrator):
            end_membership(membership=membership)

    for work in [together.start(leave, membership) for membership in both]:
        work.result()
    assert Membership.objects.filter(company=company, ended_at=None).count() == 1
