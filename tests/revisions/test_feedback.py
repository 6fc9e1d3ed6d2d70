"""An integration reports a row that it couldn't use, and sees what becomes of it."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings

from ledger.models import Supplier
from onetime_transfer import resending
from revisions import fan_out, feedback
from revisions.models import ChangeSet, Feedback, FeedbackEvent, OutboxItem
from subscriptions.models import Subscription
from subscriptions.services import change_parts
from tests import factories
from tests.integrators import Integrator, body
from tests.registers import make_some_of_each

pytestmark = pytest.mark.django_db

State = Feedback.State


@pytest.fixture(autouse=True)
def _unlimited(settings: Settings) -> None:
    settings.UTKORG_THROTTLE_RATES = {}


@pytest.fixture
def exopen(books: factories.Books) -> Subscription:
    return factories.make_subscription(integration_id="EXOPEN")


@pytest.fixture
def integrator(exopen: Subscription) -> Integrator:
    return Integrator(exopen)


@pytest.fixture
def supplier(exopen: Subscription, books: factories.Books) -> Supplier:
    made = factories.SupplierFactory.create(company=books.company, number="2001", name="Ahlsell")
    fan_out.drain()
    return made


def report(integrator: Integrator, status: int = 201, **named: Any) -> dict[str, Any]:
    answer = integrator.post("feedback", **{"code": "unknown_account", "message": "No account 1910.", **named})
    return body(answer, status)


def problem_of(answer: Any, status: int) -> tuple[str, list[tuple[str, str]]]:
    found = body(answer, status)
    return found["code"], [(error["field"], error["code"]) for error in found.get("errors", [])]


# Reporting


def test_a_row_is_reported_by_its_sequence_and_keeps_what_was_sent(integrator: Integrator, supplier: Supplier) -> None:
    (row,) = integrator.fetch()["rows"]
    made = report(integrator, sequence=row["sequence"])
    assert made == {
        "id": made["id"],
        "integration_id": "EXOPEN",
        "state": "open",
        "sequence": row["sequence"],
        "revision": row["revision"],
        "information_type": "suppliers",
        "company": row["company"],
        "key": row["key"],
        "code": "unknown_account",
        "message": "No account 1910.",
        "times": 1,
        "reported_at": made["reported_at"],
        "last_reported_at": made["last_reported_at"],
        "answered_at": None,
        "note": None,
        "sent_again_as": None,
    }
    assert made["reported_at"].endswith("Z")
    assert Feedback.objects.get().data == row["data"]


def test_the_same_report_again_is_counted_whichever_name_it_gives(integrator: Integrator, supplier: Supplier) -> None:
    (row,) = integrator.fetch()["rows"]
    first = report(integrator, sequence=row["sequence"])
    again = report(integrator, 200, revision=row["revision"], message="Still no account 1910.")
    assert (again["id"], again["times"], again["message"]) == (first["id"], 2, "Still no account 1910.")
    other = report(integrator, revision=row["revision"], code="locked")
    assert other["id"] != first["id"]


def test_the_queue_is_left_alone(integrator: Integrator, supplier: Supplier) -> None:
    before = integrator.fetch()
    report(integrator, sequence=1)
    after = integrator.fetch()
    assert after["rows"] == before["rows"]
    assert integrator.acknowledge(before["receipt"])["acknowledged"] == 1


def test_an_acknowledged_row_and_a_deletion_are_reported_too(integrator: Integrator, supplier: Supplier) -> None:
    integrator.fetch_all()
    assert report(integrator, sequence=1)["key"]["number"] == "2001"
    supplier.delete()
    fan_out.drain()
    made = report(integrator, sequence=2)
    assert made["key"]["number"] == "2001"
    assert Feedback.objects.get(pk=made["id"]).data is None


def test_a_row_that_was_never_queued_for_it_is_unknown(
    integrator: Integrator, supplier: Supplier, books: factories.Books
) -> None:
    other = Integrator(factories.make_subscription("suppliers", integration_id="FORTE"))
    factories.AccountFactory.create(company=books.company, number="1920")
    fan_out.drain()
    for named in ({"sequence": 99}, {"revision": "999999.1"}):
        answer = integrator.post("feedback", code="x", message="y", **named)
        assert problem_of(answer, 400) == ("invalid", [(next(iter(named)), "unknown_row")])
    accounts = next(row for row in integrator.fetch()["rows"] if row["information_type"] == "accounts")
    answer = other.post("feedback", code="x", message="y", revision=accounts["revision"])
    assert problem_of(answer, 400) == ("invalid", [("revision", "unknown_row")])
    assert not Feedback.objects.exists()


def test_a_row_of_a_company_that_the_key_may_not_read_is_unknown(
    exopen: Subscription, supplier: Supplier, books: factories.Books
) -> None:
    elsewhere = factories.CompanyFactory.create()
    clerk = factories.UserFactory.create()
    factories.give(clerk, "subscriptions.fetch_outbox", company=elsewhere)
    _key, text = factories.make_key(owner=clerk, application=exopen.application)
    integrator = Integrator(exopen, key=text)
    answer = integrator.post("feedback", code="x", message="y", sequence=1)
    assert problem_of(answer, 400) == ("invalid", [("sequence", "unknown_row")])
    made = report(Integrator(exopen), sequence=1)
    assert integrator.get(f"feedback/{made['id']}").status_code == 400  # it takes no parameters
    assert integrator.client.get(f"/api/v1/feedback/{made['id']}").status_code == 404
    assert body(integrator.get("feedback"))["results"] == []


@pytest.mark.parametrize(
    ("named", "wrong"),
    [
        ({}, ("revision", "required")),
        ({"sequence": 1, "revision": "1.1"}, ("revision", "one_only")),
        ({"sequence": "1"}, ("sequence", "invalid")),
        ({"sequence": 0}, ("sequence", "min_value")),
        ({"revision": "x"}, ("revision", "invalid")),
        ({"revision": 1.1}, ("revision", "invalid")),
        ({"sequence": 1, "code": "två ord"}, ("code", "invalid")),
        ({"sequence": 1, "code": "x" * 65}, ("code", "max_length")),
        ({"sequence": 1, "message": ""}, ("message", "blank")),
        ({"sequence": 1, "message": "x" * 2001}, ("message", "max_length")),
        ({"sequence": 1, "state": "open"}, ("state", "unknown_parameter")),
    ],
)
def test_a_mistake_is_named(
    integrator: Integrator, supplier: Supplier, named: dict[str, Any], wrong: tuple[str, str]
) -> None:
    answer = integrator.post("feedback", **{"code": "x", "message": "y", **named})
    code, errors = problem_of(answer, 400)
    assert code == "invalid"
    assert wrong in errors


def test_more_than_enough_is_refused_but_a_repeat_is_not(
    integrator: Integrator, supplier: Supplier, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feedback, "MOST_OPEN", 1)
    report(integrator, sequence=1)
    assert problem_of(integrator.post("feedback", sequence=1, code="other", message="y"), 409)[0] == "too_many_reports"
    report(integrator, 200, sequence=1)


def test_reports_are_listed_page_by_page_and_by_state(integrator: Integrator, supplier: Supplier) -> None:
    made = [report(integrator, sequence=1, code=f"c{number}")["id"] for number in range(3)]
    first = body(integrator.get("feedback", limit=2))
    assert [one["id"] for one in first["results"]] == made[:0:-1]
    rest = body(integrator.client.get(first["next"]))
    assert ([one["id"] for one in rest["results"]], rest["next"]) == (made[:1], None)
    feedback.dismiss(reports=made[:1], note="Known", by=factories.UserFactory.create())
    (dismissed,) = body(integrator.get("feedback", state="dismissed"))["results"]
    assert (dismissed["id"], dismissed["note"]) == (made[0], "Known")
    assert body(integrator.client.get(f"/api/v1/feedback/{made[0]}")) == dismissed


# What becomes of it


def test_a_later_revision_that_is_acknowledged_settles_it(integrator: Integrator, supplier: Supplier) -> None:
    integrator.fetch_all()
    made = report(integrator, sequence=1)
    supplier.name = "Ahlsell Sverige"
    supplier.save()
    fan_out.drain()
    Feedback.objects.update(looked_at=timezone.now() - timedelta(hours=1))
    assert feedback.settle() == 0
    integrator.fetch_all()
    Feedback.objects.update(looked_at=timezone.now() - timedelta(hours=1))
    assert feedback.settle() == 1
    assert Feedback.objects.get(pk=made["id"]).state == State.SETTLED
    assert report(integrator, 200, sequence=1)["state"] == "open"
    kinds = [event.kind for event in FeedbackEvent.objects.filter(feedback=made["id"])]
    assert kinds == ["reported", "settled", "reopened"]


def test_a_report_of_a_later_revision_takes_the_earlier_ones_place(integrator: Integrator, supplier: Supplier) -> None:
    first = report(integrator, sequence=1)
    supplier.name = "Ahlsell Sverige"
    supplier.save()
    fan_out.drain()
    report(integrator, sequence=2)
    assert Feedback.objects.get(pk=first["id"]).state == State.SETTLED
    assert Feedback.objects.filter(state=State.OPEN).count() == 1


def test_dismissed_it_stays_dismissed_when_it_is_reported_again(integrator: Integrator, supplier: Supplier) -> None:
    made = report(integrator, sequence=1)
    somebody = factories.UserFactory.create(username="eva")
    assert feedback.dismiss(reports=[made["id"]], note="Upplagd nu", by=somebody) == 1
    assert feedback.dismiss(reports=[made["id"]], note="En gång till", by=somebody) == 0
    again = report(integrator, 200, sequence=1)
    assert (again["state"], again["note"], again["times"]) == ("dismissed", "Upplagd nu", 2)


def test_answered_reports_go_in_the_end_and_open_ones_stay(integrator: Integrator, supplier: Supplier) -> None:
    made = report(integrator, sequence=1)
    assert feedback.remove_old(kept=timedelta()) == 0
    feedback.dismiss(reports=[made["id"]], note="x", by=factories.UserFactory.create())
    assert feedback.remove_old() == 0
    assert feedback.remove_old(kept=timedelta()) == 1


def test_it_outlives_the_change_sets(integrator: Integrator, supplier: Supplier) -> None:
    integrator.fetch_all()
    made = report(integrator, sequence=1)
    ChangeSet.objects.all().delete()
    kept = Feedback.objects.get(pk=made["id"])
    assert kept.data is not None
    assert kept.data["name"] == "Ahlsell"


# Sending again


def send(*made: dict[str, Any], **options: Any) -> resending.Sent:
    return resending.send_again(reports=[one["id"] for one in made], **options)


def test_sent_again_it_is_the_row_as_it_stands_now(integrator: Integrator, supplier: Supplier) -> None:
    integrator.fetch_all()
    made = report(integrator, sequence=1)
    Supplier.objects.filter(pk=supplier.pk).update(name="Ny")
    assert send(made) == resending.Sent(reports=1, rows=1)
    changed, again = integrator.fetch_all()
    assert [changed["operation"], again["operation"]] == ["changed", "transferred"]
    assert again["data"] == changed["data"]
    assert (again["sequence"], again["origin"]) == (3, None)
    assert body(integrator.client.get(f"/api/v1/feedback/{made['id']}"))["sent_again_as"] == 3
    assert send(made) == resending.Sent()


def test_it_is_sent_to_nobody_else_and_to_an_inactive_one_too(
    integrator: Integrator, exopen: Subscription, supplier: Supplier
) -> None:
    made = report(integrator, sequence=1)
    integrator.fetch_all()
    change_parts(subscription=exopen, active=False)
    other = factories.make_subscription()
    send(made)
    assert [row["operation"] for row in integrator.fetch_all()] == ["transferred"]
    assert not OutboxItem.objects.filter(subscription_id=other.pk).exists()


def test_a_row_that_is_gone_is_sent_as_deleted(
    integrator: Integrator, supplier: Supplier, books: factories.Books
) -> None:
    made = report(integrator, sequence=1)
    other = factories.make_subscription()
    supplier.delete()
    fan_out.drain()
    deleted = integrator.fetch_all()[-1]
    send(made)
    (again,) = integrator.fetch_all()
    assert (again["operation"], again["key"], again["data"]) == ("deleted", deleted["key"], None)
    assert [row["operation"] for row in Integrator(other).fetch_all()] == ["deleted"]


def test_a_row_of_a_voucher_takes_the_voucher_along_unless_it_is_to_go_alone(
    integrator: Integrator, exopen: Subscription, books: factories.Books
) -> None:
    books.post()
    fan_out.drain()
    rows = integrator.fetch_all()
    both = [report(integrator, revision=row["revision"]) for row in rows]
    assert send(*both) == resending.Sent(reports=2, rows=2)
    again = integrator.fetch()
    assert [row["key"]["row"] for row in again["rows"]] == [1, 2]
    assert again["voucher_complete"]
    integrator.acknowledge(again["receipt"])
    third = report(integrator, revision=again["rows"][1]["revision"])
    assert send(third, whole=False) == resending.Sent(reports=1, rows=1)
    (alone,) = integrator.fetch_all()
    assert alone["key"]["row"] == 2
    assert [one.sent_sequence for one in Feedback.objects.order_by("pk")] == [3, 4, 5]


def test_what_has_left_the_subscription_is_not_sent(
    integrator: Integrator, exopen: Subscription, supplier: Supplier
) -> None:
    made = report(integrator, sequence=1)
    change_parts(subscription=exopen, companies=[factories.CompanyFactory.create()])
    sent = send(made)
    assert (sent.reports, list(sent.refusals.values())) == (0, [1])
    assert Feedback.objects.get().state == State.OPEN


def test_every_type_can_be_reported_and_sent_again(
    integrator: Integrator, exopen: Subscription, books: factories.Books
) -> None:
    make_some_of_each(books)
    fan_out.drain()
    rows = {row["information_type"]: row for row in integrator.fetch_all()}
    made = [report(integrator, revision=row["revision"]) for row in rows.values()]
    assert send(*made, whole=False).reports == len(rows)
    again = {row["information_type"]: row for row in integrator.fetch_all()}
    assert {name: (row["key"], row["data"]) for name, row in again.items()} == {
        name: (row["key"], row["data"]) for name, row in rows.items()
    }
