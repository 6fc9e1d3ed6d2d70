"""Changes carry the application whose key made them, and are left out of its own queue where it asks so."""

import pytest
from django.db import transaction

from access import origin
from information_types import registry
from revisions import batch, fan_out
from subscriptions.services import Wish, create_subscription
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_change_carries_its_application_and_is_not_queued_for_it_where_own_changes_are_off() -> None:
    company, application = factories.CompanyFactory.create(), factories.ApplicationFactory.create()
    types = [registry.get("accounts")]
    deaf = create_subscription(
        integration_id="DEAF", wish=Wish(name="d", application=application, information_types=types, own_changes=False)
    )
    all_ears = create_subscription(
        integration_id="EARS", wish=Wish(name="e", application=application, information_types=types)
    )
    with transaction.atomic():
        origin.write_as(application)
        factories.AccountFactory(company=company, number="1910")
    factories.AccountFactory(company=company, number="1920")
    fan_out.drain()

    heard = batch.read(subscription=all_ears, choice=batch.Choice(), limit=10).rows
    assert [f'"origin":"{application.name}"' in row.json for row in heard] == [True, False]
    (only,) = batch.read(subscription=deaf, choice=batch.Choice(), limit=10).rows
    assert '"number":"1920"' in only.json
    assert only.sequence == 1


def test_an_origin_outside_a_transaction_is_refused() -> None:
    with pytest.raises(RuntimeError):
        origin.write_as(factories.ApplicationFactory.create())
