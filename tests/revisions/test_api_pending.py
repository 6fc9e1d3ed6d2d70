"""`GET /api/v1/pending`: the contract, to the letter; waiting has a file of its own."""

import dataclasses
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from ledger.models import Company
from revisions import fan_out, queues
from subscriptions.models import Subscription
from subscriptions.services import change_subscription, wish_of
from tests import factories
from tests.access.probe import errors, problem
from tests.integrators import Integrator, body

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _unlimited(settings: Settings) -> None:
    settings.UTKORG_THROTTLE_RATES = {}


@pytest.fixture
def integrator(books: factories.Books) -> Integrator:
    return Integrator(factories.make_subscription(integration_id="EXOPEN"))


def of_company(integrator: Integrator, company: Company) -> Integrator:
    """The same integration with an end user's key of one company."""
    subscription = Subscription.objects.get(integration_id=integrator.integration_id)
    _key, text = factories.make_key(application=subscription.application, company=company)
    return Integrator(subscription, key=text)


def queue_voucher(books: factories.Books) -> None:
    books.post()
    fan_out.drain()


def test_an_empty_outbox_says_so_in_every_field(integrator: Integrator) -> None:
    fan_out.drain()
    integrator.fetch_all()
    found = integrator.pending()
    assert found.pop("resync")
    assert found == {
        "integration_id": "EXOPEN",
        "epoch": 1,
        "active": True,
        "total": 0,
        "withheld": 0,
        "oldest": None,
        "types": [],
    }


def test_rows_are_counted_by_type_and_company(integrator: Integrator, books: factories.Books) -> None:
    queue_voucher(books)
    factories.SupplierFactory.create(company=books.company)
    fan_out.drain()
    found = integrator.pending()
    assert found["total"] == 3
    assert [(kind["information_type"], kind["company"], kind["rows"]) for kind in found["types"]] == [
        ("suppliers", books.company.number, 1),
        ("ledger_entries", books.company.number, 2),
    ]
    assert found["oldest"] == min(kind["oldest"] for kind in found["types"])
    assert found["oldest"].endswith("Z")


def test_it_tells_what_was_not_queued(integrator: Integrator, books: factories.Books) -> None:
    assert {"information_type": "accounts", "company": books.company.number} in integrator.pending()["resync"]


def test_a_cut_queue_has_a_higher_epoch_and_says_what_was_lost(books: factories.Books) -> None:
    subscription = factories.make_subscription("ledger_entries")
    subscription.resync.all().delete()
    queue_voucher(books)
    queues.cut(subscription=subscription)
    found = Integrator(subscription).pending()
    assert (found["epoch"], found["total"]) == (2, 0)
    assert found["resync"] == [{"information_type": "ledger_entries", "company": books.company.number}]


def test_an_inactive_subscription_says_so(integrator: Integrator, books: factories.Books) -> None:
    subscription = Subscription.objects.get()
    wish = wish_of(subscription)
    change_subscription(subscription=subscription, wish=dataclasses.replace(wish, active=False))
    queue_voucher(books)
    assert (integrator.pending()["active"], integrator.pending()["total"]) == (False, 0)


def test_rows_that_the_key_may_not_read_are_only_counted(integrator: Integrator, books: factories.Books) -> None:
    other = factories.CompanyFactory.create()
    limited = of_company(integrator, other)
    queue_voucher(books)
    everything = integrator.get("pending")
    found = limited.pending()
    assert (found["total"], found["withheld"], found["types"]) == (0, 2, [])
    assert {one["company"] for one in found["resync"]} <= {other.number}
    # What one key was told is not what another would be.
    assert limited.get("pending")["ETag"] != everything["ETag"]


def test_the_same_etag_is_answered_304_without_a_body(integrator: Integrator, books: factories.Books) -> None:
    queue_voucher(books)
    etag = integrator.get("pending")["ETag"]
    again = integrator.get("pending", {"If-None-Match": etag})
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", etag)
    assert "Content-Type" not in again
    assert integrator.get("pending", {"If-None-Match": f'"other", W/{etag}'}).status_code == 304
    assert integrator.get("pending", {"If-None-Match": "*"}).status_code == 304
    assert integrator.get("pending", {"If-None-Match": "nonsense"}).status_code == 200


def test_the_etag_changes_with_rows_receipts_and_the_subscription(
    integrator: Integrator, books: factories.Books
) -> None:
    etags = [integrator.get("pending")["ETag"]]

    def changed() -> bool:
        answer = integrator.get("pending", {"If-None-Match": etags[-1]})
        etags.append(answer["ETag"])
        return bool(answer.status_code == 200)

    assert not changed()
    queue_voucher(books)
    assert changed()
    integrator.acknowledge(integrator.fetch(limit=2)["receipt"])
    assert changed()
    subscription = Subscription.objects.get()
    change_subscription(subscription=subscription, wish=dataclasses.replace(wish_of(subscription), active=False))
    assert changed()
    factories.CompanyFactory.create()
    assert not changed()
    queues.cut(subscription=subscription)
    assert not changed(), "there was nothing to cut"


def test_a_poll_with_the_etag_asks_the_database_four_times(integrator: Integrator, books: factories.Books) -> None:
    queue_voucher(books)
    etag = integrator.get("pending")["ETag"]
    with CaptureQueriesContext(connection) as asked:
        assert integrator.get("pending", {"If-None-Match": etag}).status_code == 304
    assert len(asked) == 4, "the key, its rights, the subscription, the head"


def test_wait_answers_at_once_when_rows_are_queued(integrator: Integrator, books: factories.Books) -> None:
    queue_voucher(books)
    assert integrator.pending(wait=30)["total"] == 2
    # The etag is of an earlier answer: it differs.
    assert integrator.get("pending", {"If-None-Match": '"earlier"'}, wait=30).status_code == 200


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"wait": 31}, ("wait", "max_value")),
        ({"wait": -1}, ("wait", "min_value")),
        ({"wait": "soon"}, ("wait", "invalid")),
        ({"wait": ""}, ("wait", "invalid")),
        ({"wait": [1, 2]}, ("wait", "repeated")),
        ({"limit": 1}, ("limit", "unknown_parameter")),
        ({"integration_id": ""}, ("integration_id", "blank")),
    ],
)
def test_a_wrong_parameter_is_named(integrator: Integrator, query: Any, expected: tuple[str, str]) -> None:
    assert errors(integrator.get("pending", **query)) == [expected]


def test_an_integration_of_another_application_looks_like_none(integrator: Integrator) -> None:
    other = factories.make_subscription()
    foreign = integrator.get("pending", integration_id=other.integration_id)
    absent = integrator.get("pending", integration_id="NOBODY")
    problem(foreign, 404, "not_found")
    assert foreign.content == absent.content
    problem(integrator.get("pending", integration_id="exopen"), 404, "not_found")


def test_a_key_is_needed_and_the_right_to_fetch(books: factories.Books) -> None:
    subscription = factories.make_subscription()
    problem(Integrator(subscription, key="nonsense").get("pending"), 401, "not_authenticated")
    owner = factories.UserFactory.create()
    factories.give(owner, "ledger.view_company")
    _key, text = factories.make_key(owner=owner, application=subscription.application)
    problem(Integrator(subscription, key=text).get("pending"), 403, "permission_denied")
    factories.give(owner, "subscriptions.fetch_outbox")
    assert body(Integrator(subscription, key=text).get("pending"))["total"] == 0


def test_only_get_is_allowed(integrator: Integrator) -> None:
    answer = integrator.post("pending")
    problem(answer, 405, "method_not_allowed")
    assert answer["Allow"] == "GET, HEAD"


def test_five_polls_a_second_are_let_through(integrator: Integrator, settings: Settings) -> None:
    settings.UTKORG_THROTTLE_RATES = {"pending": "5/h"}
    assert [integrator.get("pending").status_code for _ in range(5)] == [200] * 5
    answer = integrator.get("pending")
    problem(answer, 429, "throttled")
    assert int(answer["Retry-After"]) > 0
