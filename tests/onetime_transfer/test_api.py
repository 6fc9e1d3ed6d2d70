"""`/api/v1/transfers`: the contract, to the letter."""

from typing import Any

import pytest
from pytest_django import Settings

from access.models import KeyRights
from ledger.models import Company
from onetime_transfer import running
from onetime_transfer.models import Transfer
from tests import factories
from tests.access.probe import errors, problem
from tests.integrators import Integrator, body

pytestmark = pytest.mark.django_db

MONTHS = {"period_from": "2024-01", "period_to": "2024-12"}


@pytest.fixture(autouse=True)
def _unlimited(settings: Settings) -> None:
    settings.UTKORG_THROTTLE_RATES = {}


@pytest.fixture
def books() -> factories.Books:
    return factories.make_books()


@pytest.fixture
def integrator(books: factories.Books) -> Integrator:
    """An integration of everything but customers, in the company of `books` alone."""
    names = ["accounts", "suppliers", "supplier_invoices", "ledger_entries"]
    return Integrator(factories.make_subscription(*names, companies=[books.company]))


def ask(integrator: Integrator, information_type: str, **fields: Any) -> Any:
    return integrator.post("transfers", information_type=information_type, **fields)


def test_a_transfer_is_accepted_and_says_where_it_is(integrator: Integrator, books: factories.Books) -> None:
    books.post()
    answer = ask(integrator, "ledger_entries", company=books.company.number, parameters=MONTHS)
    asked = body(answer, 202)
    transfer = Transfer.objects.get()
    assert asked == {
        "id": transfer.pk,
        "status": "queued",
        "progress": 0.0,
        "rows_done": 0,
        "rows_total": 0,
        "message": "waiting",
    }
    assert answer["Location"] == f"http://testserver/api/v1/transfers/{transfer.pk}"
    assert (transfer.company, transfer.parameters) == (books.company, MONTHS)
    assert transfer.requested_by is not None


def test_it_tells_how_far_it_has_come(integrator: Integrator, books: factories.Books) -> None:
    books.post()
    answer = ask(integrator, "ledger_entries", parameters=MONTHS)
    running.run(transfer_id=body(answer, 202)["id"])
    done = body(integrator.client.get(answer["Location"]))
    assert (done["status"], done["progress"], done["rows_done"], done["rows_total"]) == ("done", 1.0, 2, 2)
    assert done["message"] == "The transfer is done"
    rows = [row for row in integrator.fetch_all() if row["operation"] == "transferred"]
    assert [row["key"]["row"] for row in rows] == [1, 2]


def test_the_message_is_in_the_callers_language(integrator: Integrator) -> None:
    asked = body(ask(integrator, "accounts"), 202)
    path = f"/api/v1/transfers/{asked['id']}"
    assert integrator.client.get(path, headers={"Accept-Language": "sv"})["Content-Language"] == "sv"


@pytest.mark.parametrize(
    ("information_type", "parameters", "expected"),
    [
        ("ledger_entries", {}, ("parameters.period_from", "required")),
        ("ledger_entries", {**MONTHS, "period_to": "2024-13"}, ("parameters.period_to", "invalid")),
        ("ledger_entries", {**MONTHS, "period_to": "2023-12"}, ("parameters.period_to", "invalid")),
        ("ledger_entries", {**MONTHS, "period_to": 202412}, ("parameters.period_to", "invalid")),
        ("ledger_entries", {**MONTHS, "active_only": True}, ("parameters.active_only", "unknown_parameter")),
        ("accounts", {"date_from": "2024-01-01"}, ("parameters.date_from", "unknown_parameter")),
        ("accounts", {"active_only": "yes"}, ("parameters.active_only", "invalid")),
        ("supplier_invoices", {"date_from": "yesterday"}, ("parameters.date_from", "invalid")),
        ("supplier_invoices", {"period_from": "2024-01"}, ("parameters.period_from", "unknown_parameter")),
        ("customers", {}, ("information_type", "not_subscribed")),
        ("time", {}, ("information_type", "invalid_choice")),
    ],
)
def test_a_wrong_request_is_named(
    integrator: Integrator, information_type: str, parameters: Any, expected: tuple[str, str]
) -> None:
    found = errors(ask(integrator, information_type, parameters=parameters))
    assert expected in found
    assert not Transfer.objects.exists()


def test_registers_take_active_only_and_invoices_dates(integrator: Integrator) -> None:
    body(ask(integrator, "accounts", parameters={"active_only": True}), 202)
    body(ask(integrator, "supplier_invoices", parameters={"date_from": "2024-01-01"}), 202)
    body(ask(integrator, "supplier_invoices", company=None), 202)


def test_a_company_outside_the_subscription_is_refused_and_an_unknown_one_not_found(integrator: Integrator) -> None:
    outside = factories.CompanyFactory.create()
    assert errors(ask(integrator, "accounts", company=outside.number)) == [("company", "not_subscribed")]
    problem(ask(integrator, "accounts", company="nobody"), 404, "not_found")
    assert errors(ask(integrator, "accounts", company=17)) == [("company", "invalid")]
    assert errors(ask(integrator, "accounts", companies=["17"])) == [("companies", "unknown_parameter")]


def test_it_is_paused_resumed_and_cancelled(integrator: Integrator) -> None:
    number = body(ask(integrator, "accounts"), 202)["id"]

    def do(verb: str, **fields: Any) -> Any:
        return integrator.client.post(f"/api/v1/transfers/{number}/{verb}", fields, content_type="application/json")

    assert body(do("pause"))["status"] == "paused"
    assert body(do("pause"))["status"] == "paused", "a lost answer, asked for again"
    assert body(do("resume"))["status"] == "queued"
    assert body(do("resume"))["status"] == "queued"
    assert errors(do("cancel", keep_queued="yes")) == [("keep_queued", "invalid")]
    assert errors(do("cancel", keep=True)) == [("keep", "unknown_parameter")]
    assert body(do("cancel", keep_queued=True))["status"] == "cancelled"
    assert body(do("cancel"))["status"] == "cancelled"
    assert errors(do("pause")) == errors(do("resume")) == [(None, "wrong_state")]


def test_verbs_need_no_body(integrator: Integrator) -> None:
    number = body(ask(integrator, "accounts"), 202)["id"]
    for verb in ("pause", "resume", "cancel"):
        assert integrator.client.generic("POST", f"/api/v1/transfers/{number}/{verb}").status_code == 200


def test_a_cancelled_transfers_rows_stay_or_leave_the_queue(integrator: Integrator) -> None:
    integrator.fetch_all()
    factories.SupplierFactory.create(company=Company.objects.get())
    for keep_queued, epoch in ((True, 1), (False, 2)):
        transfer = Transfer.objects.get(pk=body(ask(integrator, "accounts"), 202)["id"])
        running.run(transfer_id=transfer.pk)
        Transfer.objects.filter(pk=transfer.pk).update(status=Transfer.Status.PAUSED)
        path = f"/api/v1/transfers/{transfer.pk}/cancel"
        integrator.client.post(path, {"keep_queued": keep_queued}, content_type="application/json")
        found = integrator.fetch()
        assert found["epoch"] == epoch
        assert [row["operation"] for row in found["rows"]].count("transferred") == 2


def test_anothers_transfer_looks_like_none(integrator: Integrator) -> None:
    other = Integrator(factories.make_subscription("accounts"))
    number = body(ask(other, "accounts"), 202)["id"]
    foreign = integrator.client.get(f"/api/v1/transfers/{number}")
    problem(foreign, 404, "not_found")
    assert foreign.content == integrator.client.get("/api/v1/transfers/0").content
    problem(integrator.client.get(f"/api/v1/transfers/{10**30}"), 404, "not_found")
    problem(integrator.client.generic("POST", f"/api/v1/transfers/{number}/cancel"), 404, "not_found")
    problem(ask(integrator, "accounts", integration_id=other.integration_id), 404, "not_found")
    problem(integrator.client.get("/api/v1/transfers/x"), 404, "not_found")


def test_a_permission_of_its_own_is_needed() -> None:
    subscription = factories.make_subscription("accounts")
    key, text = factories.make_key(application=subscription.application, rights=KeyRights.NONE)
    key.permissions.add(factories.permission("subscriptions.fetch_outbox"))
    integrator = Integrator(subscription, key=text)
    problem(ask(integrator, "accounts"), 403, "permission_denied")
    problem(integrator.client.get("/api/v1/transfers/1"), 403, "permission_denied")
    key.permissions.add(factories.permission("onetime_transfer.add_transfer"))
    body(ask(integrator, "accounts"), 202)
