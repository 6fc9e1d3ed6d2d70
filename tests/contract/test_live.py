"""schemathesis against a live server with a valid key: no 500, and no answer that the schema doesn't state."""

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from pytest_django import Settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from revisions import fan_out
from tests import factories
from tests.live import live_server
from tests.revisions.test_registered_types import make_some_of_each

pytestmark = pytest.mark.django_db(transaction=True)

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
INTEGRATION_ID, COMPANY = "EXOPEN", "100"
KNOWN = {"integration_id": INTEGRATION_ID, "company": COMPANY}


class Api:
    """The live installation with rows of every type to fetch: its schema, and a valid key."""

    def __init__(self, url: str) -> None:
        subscription = factories.make_subscription(integration_id=INTEGRATION_ID)
        make_some_of_each(factories.make_books(number=COMPANY))
        fan_out.drain()
        _key, text = factories.make_key(application=subscription.application)
        self.headers = {"Authorization": f"Bearer {text}"}
        self.schema = schemathesis.openapi.from_url(f"{url}/api/schema/?format=json")
        self.operations = {result.ok().label: result.ok() for result in self.schema.get_all_operations()}
        self.statuses: dict[str, set[int]] = {}

    def call(self, case: Any, *, as_generated: bool) -> None:
        """Call what was generated, or the same for the integration and the company that there are."""
        for place in (case.query, case.body, case.path_parameters):
            if isinstance(place, dict) and not as_generated:
                place |= {name: value for name, value in KNOWN.items() if name in place}
        if isinstance(case.query, dict) and "wait" in case.query:
            case.query["wait"] = 0  # waiting has tests of its own
        answer = case.call_and_validate(headers=self.headers, checks=CHECKS)
        self.statuses.setdefault(case.operation.label, set()).add(answer.status_code)


@pytest.fixture
def api(settings: Settings) -> Iterator[Api]:
    settings.UTKORG_THROTTLE_RATES = {}
    with live_server() as server:
        yield Api(server.url)


@pytest.mark.parametrize("mode", list(schemathesis.GenerationMode), ids=lambda mode: mode.value)
@pytest.mark.parametrize("as_generated", [True, False], ids=["unknown names", "known names"])
def test_no_request_finds_a_500_or_an_undocumented_answer(
    api: Api, mode: schemathesis.GenerationMode, as_generated: bool
) -> None:
    for operation in api.operations.values():
        check = given(case=operation.as_strategy(generation_mode=mode))(
            lambda case: api.call(case, as_generated=as_generated)
        )
        quietly = settings(
            max_examples=20,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
        )
        quietly(check)()
    fetched = api.statuses["GET /api/v1/revisions"]
    if mode == schemathesis.GenerationMode.POSITIVE and not as_generated:
        assert 200 in fetched
    assert api.statuses.keys() == api.operations.keys()
