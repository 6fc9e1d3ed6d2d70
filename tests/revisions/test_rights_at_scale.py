"""What is asked of the database before a `pending` call is answered doesn't grow with keys, people and grants."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from access.models import ApiKey, ClientGrant
from config.bench import keys
from tests.integrators import body

pytestmark = pytest.mark.django_db

OFFICES = 100
GROWING = {
    "access_apikey",
    "access_clientaccess",
    "access_clientgrant",
    "access_membership",
    "access_membership_permissions",
    "auth_user",
    "ledger_company",
}


@pytest.fixture
def text() -> str:
    """The text of one key among ten thousand, with two hundred thousand grants; made without triggers, in seconds."""
    with connection.cursor() as cursor:
        cursor.execute("set local session_replication_role = replica")
    return keys.make(OFFICES)


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A plan's nodes."""
    yield plan
    for inner in plan.get("Plans", ()):
        yield from nodes(inner)


def read_whole(query: str) -> set[str]:
    """The growing tables that a query reads from end to end."""
    with connection.cursor() as cursor:
        cursor.execute(f"explain (format json) {query.replace('%', '%%')}")
        (plan,) = cursor.fetchone()
    found = plan if isinstance(plan, list) else json.loads(plan)
    return {node["Relation Name"] for node in nodes(found[0]["Plan"]) if node["Node Type"] == "Seq Scan"} & GROWING


def test_authentication_and_rights_are_three_queries_by_index_whatever_the_number(
    text: str, settings: Settings
) -> None:
    settings.UTKORG_THROTTLE_RATES = {}
    assert (ApiKey.objects.count(), ClientGrant.objects.count()) == (10_000, 200_000)
    client = Client(headers={"Authorization": f"Bearer {text}"})
    address = f"/api/v1/pending?integration_id={keys.INTEGRATION}"
    body(client.get(address))  # the first use in a minute is noted
    with CaptureQueriesContext(connection) as asked:
        found = body(client.get(address))
    assert (found["total"], found["withheld"]) == (0, 0)
    key, permissions, clients, subscription, _head = (query["sql"] for query in asked)
    assert "access_apikey" in key
    assert "access_membership" in permissions
    assert "access_clientgrant" in clients
    assert "subscriptions_subscription" in subscription
    assert [read_whole(query) for query in (key, permissions, clients, subscription)] == [set()] * 4
