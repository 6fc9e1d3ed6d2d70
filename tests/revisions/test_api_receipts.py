"""`POST /api/v1/receipts` and `POST /api/v1/revisions/take`: the contract, to the letter."""

from typing import Any

import pytest
from django.core import signing
from pytest_django import Settings

from revisions import queues
from revisions.receipts import SALT
from subscriptions.models import Subscription
from subscriptions.services import delete_subscription
from tests import factories
from tests.access.probe import errors, problem
from tests.integrators import NDJSON, Integrator, body, sequences
from tests.revisions.test_api_revisions import queue

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _unlimited(settings: Settings) -> None:
    settings.UTKORG_THROTTLE_RATES = {}


@pytest.fixture
def integrator(books: factories.Books) -> Integrator:
    return Integrator(factories.make_subscription(integration_id="EXOPEN"))


def test_a_receipt_deletes_exactly_its_batch(integrator: Integrator, books: factories.Books) -> None:
    queue(books, 2, 2, 2)
    first = integrator.fetch(limit=4)
    queue(books, 2)
    assert integrator.acknowledge(first["receipt"]) == {"acknowledged": 4, "remaining": 4}
    assert sequences(integrator.fetch()) == [5, 6, 7, 8]


def test_a_second_time_nothing_is_left_to_delete(integrator: Integrator, books: factories.Books) -> None:
    queue(books, 2, 2)
    receipt = integrator.fetch(limit=2)["receipt"]
    assert integrator.acknowledge(receipt) == {"acknowledged": 2, "remaining": 2}
    assert integrator.acknowledge(receipt) == {"acknowledged": 0, "remaining": 2}


def test_receipts_may_come_in_any_order(integrator: Integrator, books: factories.Books) -> None:
    queue(books, 2, 2)
    small, large = integrator.fetch(limit=2)["receipt"], integrator.fetch()["receipt"]
    assert integrator.acknowledge(large)["acknowledged"] == 4
    assert integrator.acknowledge(small) == {"acknowledged": 0, "remaining": 0}


def test_a_filtered_batchs_receipt_leaves_the_rest(integrator: Integrator, books: factories.Books) -> None:
    queue(books, 2)
    factories.SupplierFactory.create(company=books.company)
    queue(books, 2)
    found = integrator.fetch(information_type="ledger_entries")
    assert sequences(found) == [1, 2, 4, 5]
    assert integrator.acknowledge(found["receipt"]) == {"acknowledged": 4, "remaining": 1}
    assert sequences(integrator.fetch()) == [3]


def test_another_integrations_rows_stay(integrator: Integrator, books: factories.Books) -> None:
    subscription = Subscription.objects.get()
    other = Integrator(factories.make_subscription(application=subscription.application))
    queue(books, 2)
    receipt = integrator.fetch()["receipt"]
    problem(other.post("receipts", receipt=receipt), 400, "invalid_receipt")
    integrator.acknowledge(receipt)
    assert sequences(other.fetch()) == [1, 2]


@pytest.mark.parametrize("forged", ["nonsense", "a:b:c", ".eJw:1:x", "\u00e5", "x" * 10_000])
def test_a_forged_receipt_is_refused(integrator: Integrator, books: factories.Books, forged: str) -> None:
    queue(books, 2)
    problem(integrator.post("receipts", receipt=forged), 400, "invalid_receipt")
    assert len(integrator.fetch()["rows"]) == 2


def test_a_changed_receipt_is_refused(integrator: Integrator, books: factories.Books) -> None:
    queue(books, 2)
    receipt = integrator.fetch()["receipt"]
    content, rest = receipt.split(":", 1)
    for changed in (f"{content}A:{rest}", receipt[:-1], f"{receipt} ", receipt.swapcase()):
        problem(integrator.post("receipts", receipt=changed), 400, "invalid_receipt")


def test_something_else_that_we_signed_is_no_receipt(integrator: Integrator) -> None:
    problem(integrator.post("receipts", receipt=signing.dumps(["EXOPEN"], salt="other")), 400, "invalid_receipt")
    problem(integrator.post("receipts", receipt=signing.dumps("EXOPEN", salt=SALT)), 400, "invalid_receipt")


def test_a_receipt_of_an_earlier_epoch_deletes_nothing(integrator: Integrator, books: factories.Books) -> None:
    queue(books, 2)
    receipt = integrator.fetch()["receipt"]
    queues.cut(subscription=Subscription.objects.get())
    queue(books, 2)
    problem(integrator.post("receipts", receipt=receipt), 409, "epoch_changed")
    found = integrator.fetch()
    assert (found["epoch"], sequences(found)) == (2, [3, 4])


def test_an_integration_id_used_again_goes_on_in_a_higher_epoch(integrator: Integrator, books: factories.Books) -> None:
    queue(books, 2)
    receipt = integrator.fetch()["receipt"]
    subscription = Subscription.objects.get()
    application = subscription.application
    delete_subscription(subscription=subscription)
    problem(integrator.get("revisions"), 404, "not_found")
    factories.make_subscription(integration_id="EXOPEN", application=application)
    queue(books, 2)
    problem(integrator.post("receipts", receipt=receipt), 409, "epoch_changed")
    assert sequences(integrator.fetch()) == [3, 4]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"receipt": None}, ("receipt", "null")),
        ({"receipt": ""}, ("receipt", "blank")),
        ({"receipt": 17}, ("receipt", "invalid")),
        ({"receipt": ["x"]}, ("receipt", "invalid")),
        ({"receipt": "x", "limit": 1}, ("limit", "unknown_parameter")),
        ({"receipt": "x", "integration_id": 1}, ("integration_id", "invalid")),
    ],
)
def test_a_wrong_body_is_named(integrator: Integrator, change: Any, expected: tuple[str, str]) -> None:
    assert errors(integrator.post("receipts", **change)) == [expected]


def test_what_is_no_json_object_is_refused(integrator: Integrator) -> None:
    for content in ("", "[]", "null", "17", "{", '"x"'):
        answer = integrator.client.post("/api/v1/receipts", content, content_type="application/json")
        problem(answer, 400, "invalid")
    answer = integrator.client.post("/api/v1/receipts", {"receipt": "x"})
    problem(answer, 415, "unsupported_media_type")


def test_a_query_parameter_is_refused(integrator: Integrator) -> None:
    content = {"integration_id": "EXOPEN", "receipt": "x"}
    answer = integrator.client.post("/api/v1/receipts?receipt=x", content, content_type="application/json")
    assert errors(answer) == [("receipt", "unknown_parameter")]


def test_an_integration_of_another_application_looks_like_none(integrator: Integrator) -> None:
    other = factories.make_subscription()
    answer = integrator.post("receipts", integration_id=other.integration_id, receipt="x")
    problem(answer, 404, "not_found")


def test_the_right_to_fetch_is_needed() -> None:
    subscription = factories.make_subscription()
    owner = factories.UserFactory.create()
    factories.give(owner, "ledger.view_company")
    _key, text = factories.make_key(owner=owner, application=subscription.application)
    for path in ("receipts", "revisions/take"):
        problem(Integrator(subscription, key=text).post(path, receipt="x"), 403, "permission_denied")


def test_twenty_receipts_a_second_are_let_through(integrator: Integrator, settings: Settings) -> None:
    settings.UTKORG_THROTTLE_RATES = {"receipts": "20/h"}
    assert {integrator.post("receipts", receipt="x").status_code for _ in range(20)} == {400}
    problem(integrator.post("receipts", receipt="x"), 429, "throttled")


def test_take_fetches_and_deletes_in_one_step(integrator: Integrator, books: factories.Books) -> None:
    queue(books, 2, 2)
    expected = integrator.fetch(limit=3)
    taken = body(integrator.post("revisions/take", limit=3))
    assert taken == {**expected, "receipt": None}
    assert sequences(taken) == [1, 2]
    assert sequences(body(integrator.post("revisions/take", after=2))) == [3, 4]
    assert body(integrator.post("revisions/take"))["rows"] == []
    assert integrator.pending()["total"] == 0


def test_take_takes_the_same_parameters_in_the_body(integrator: Integrator, books: factories.Books) -> None:
    queue(books, 2)
    factories.SupplierFactory.create(company=books.company)
    queue(books, 2)
    number = books.company.number
    taken = body(integrator.post("revisions/take", information_type="suppliers", company=[number]))
    assert sequences(taken) == [3]
    assert sequences(integrator.fetch()) == [1, 2, 4, 5]
    problem(integrator.post("revisions/take", company="nobody"), 404, "not_found")
    problem(integrator.post("revisions/take", after=17), 409, "out_of_step")
    assert errors(integrator.post("revisions/take", limit="5")) == [("limit", "invalid")]
    assert errors(integrator.post("revisions/take", limit=True)) == [("limit", "invalid")]
    assert errors(integrator.post("revisions/take", information_type=["x"])) == [
        ("information_type.0", "invalid_choice")
    ]
    assert errors(integrator.post("revisions/take", after=0, company="x")) == [("after", "filtered")]
    assert sequences(integrator.fetch()) == [1, 2, 4, 5]


def test_take_answers_in_lines_too(integrator: Integrator, books: factories.Books) -> None:
    queue(books, 2)
    answer = integrator.post("revisions/take", {"Accept": NDJSON})
    assert answer["Content-Type"] == NDJSON
    assert len(answer.content.splitlines()) == 3
