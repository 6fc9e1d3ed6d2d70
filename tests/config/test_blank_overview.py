"""The overview is never blank."""

import pytest
from django.test import Client

from tests.factories import CompanyFactory, UserFactory, give

pytestmark = pytest.mark.django_db


def test_the_overview_of_companies_without_subscriptions_says_so(client: Client) -> None:
    user = UserFactory.create(is_staff=True)
    give(user, "subscriptions.view_subscription", company=CompanyFactory.create())
    client.force_login(user)
    page = client.get("/admin/", headers={"Accept-Language": "en"}).content.decode()
    assert "There are no subscriptions of your companies" in page
