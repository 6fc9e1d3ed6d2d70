"""What the tests of the watch share: a queue with rows of any age."""

from datetime import timedelta

import pytest
from django.utils import timezone

from ledger.models import Company
from revisions import fan_out
from revisions.models import ChangeSet
from subscriptions.models import Subscription
from subscriptions.policies import PolicyWish, change_policy
from tests import factories
from tests.mail import mail_server, mailbox

__all__ = ["mail_server", "mailbox"]

TELLER = "kari@example.com"


@pytest.fixture
def company() -> Company:
    return factories.CompanyFactory.create(number="100")


@pytest.fixture
def subscription(company: Company) -> Subscription:
    """A subscription that warns from three rows on."""
    made = factories.make_subscription("suppliers", integration_id="EXOPEN", name="Exopen")
    change_policy(subscription=made, wish=PolicyWish(warn_rows=2, warn_hours=48, addresses=[TELLER]))
    return made


def queue(company: Company, rows: int, *, hours: float = 0) -> None:
    """Queue changed suppliers, as if they had changed some hours ago."""
    before = ChangeSet.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    for _ in range(rows):
        factories.SupplierFactory.create(company=company)
    fan_out.drain()
    if hours:
        ChangeSet.objects.filter(pk__gt=before).update(changed_at=timezone.now() - timedelta(hours=hours))
