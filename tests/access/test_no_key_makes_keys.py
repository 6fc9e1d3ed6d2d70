"""A key can make no key: whatever address of the API is asked, and however, there are as many keys as before."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from pytest_django import Settings

from access.models import ApiKey, ReplacedSecret
from access.rights import effective_rights
from tests import factories

pytestmark = pytest.mark.django_db

UNSAFE = ("post", "put", "patch", "delete")
KEY_TEXT = re.compile(r"utk_[0-9A-Za-z]{12}_[0-9A-Za-z]{40}")


def addresses(patterns: list[URLPattern | URLResolver], before: str = "") -> Iterator[str]:
    """Yield the address of every view below `/api/`, with its parameters as `<name>`."""
    for pattern in patterns:
        address = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from addresses(pattern.url_patterns, address)
        elif address.startswith("api/"):
            yield "/" + re.sub(r"<(?:\w+:)?(\w+)>", r"<\1>", address)


def bodies(key: ApiKey) -> list[dict[str, Any]]:
    """Nothing, and all that a key could be made of."""
    owner = {"owner": key.owner.username, "user": key.owner.username, "username": key.owner.username}
    wish = {"name": "New", "kind": "end_user", "rights": "all", "application": key.application.name, "clients": []}
    return [{}, owner | wish, {"key": key.public_id, "grace_days": 7, "restore": True}]


def test_no_address_of_the_api_makes_or_restores_a_key(settings: Settings) -> None:
    settings.UTKORG_THROTTLE_RATES = settings.UTKORG_THROTTLE_CLIENT_RATES = {}
    key, text = factories.make_key()
    other, _text = factories.make_key(owner=key.owner, application=key.application)
    subscription = factories.make_subscription("suppliers", integration_id="EXOPEN", application=key.application)
    assert effective_rights(key).may("access.add_apikey")
    known = {"public_id": other.public_id, "integration_id": subscription.integration_id}
    before = set(ApiKey.objects.values_list("pk", "digest"))
    found = sorted(set(addresses(get_resolver().url_patterns)))
    assert len(found) > 10
    for address in found:
        path = re.sub(r"<(\w+)>", lambda name: known.get(name[1], "1"), address)
        for method in UNSAFE:
            for body in bodies(other):
                answer = getattr(Client(), method)(
                    path,
                    json.dumps(body),
                    content_type="application/json",
                    headers={"authorization": f"Bearer {text}"},
                )
                assert answer.status_code < 500, (method, path)
                assert not KEY_TEXT.search(answer.content.decode()), (method, path)
                assert set(ApiKey.objects.values_list("pk", "digest")) == before, (method, path)
    assert not ReplacedSecret.objects.exists()
