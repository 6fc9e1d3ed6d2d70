"""A POST with an Idempotency-Key that comes again is answered as it was, and does nothing."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from access import idempotency
from access.models import ClientAccess, KeptAnswer
from access.services import restore_key
from access.tasks import remove_old_answers
from revisions import fan_out
from revisions.models import OutboxItem
from subscriptions.models import Subscription
from tests.access.offices import Bureau, caller, grant, make_template
from tests.access.probe import errors, problem
from tests.connections import Together, other_program, wait_until, waiters
from tests.factories import AccountFactory, CompanyFactory, make_books, make_key, make_subscription

pytestmark = pytest.mark.django_db

BODY = {"integration_id": "NEW", "name": "New", "information_types": ["accounts"]}


@pytest.fixture
def client() -> Client:
    return caller(make_key()[1])


def create(client: Client, key: str | None = "a", body: Any = BODY, query: str = "", **headers: str) -> Any:
    headers = headers if key is None else {"Idempotency-Key": key, **headers}
    return client.post(f"/api/v1/subscriptions{query}", body, content_type="application/json", headers=headers)


def test_the_same_request_is_answered_the_same_again_and_does_nothing(client: Client) -> None:
    first = create(client)
    assert first.status_code == 201
    assert "Idempotent-Replayed" not in first
    Subscription.objects.update(name="Called otherwise meanwhile")
    again = create(client)
    assert (again.status_code, again.content) == (201, first.content)
    for name in ("Location", "Content-Type", "Vary", "Allow"):
        assert again[name] == first[name]
    assert again["Idempotent-Replayed"] == "true"
    assert Subscription.objects.count() == 1


def test_without_the_header_it_is_done_again(client: Client) -> None:
    assert create(client, None).status_code == 201
    problem(create(client, None), 400, "invalid")
    assert not KeptAnswer.objects.exists()


@pytest.mark.parametrize(
    ("body", "query"), [(BODY | {"name": "Other"}, ""), (BODY | {"integration_id": "OTHER"}, ""), (BODY, "?a=b")]
)
def test_other_content_under_the_same_name_is_refused(client: Client, body: Any, query: str) -> None:
    create(client)
    found = problem(create(client, body=body, query=query), 422, "idempotency_key_reused")
    assert found["errors"][0]["field"] == "Idempotency-Key"
    assert Subscription.objects.count() == 1


def test_another_address_under_the_same_name_is_refused(client: Client) -> None:
    create(client)
    other = client.post("/api/v1/receipts", BODY, content_type="application/json", headers={"Idempotency-Key": "a"})
    problem(other, 422, "idempotency_key_reused")


def test_another_keys_names_are_its_own(client: Client) -> None:
    create(client)
    other = create(caller(make_key()[1]), body=BODY | {"integration_id": "OTHER"})
    assert other.status_code == 201


def test_a_restored_key_is_the_same_key() -> None:
    key, text = make_key()
    create(caller(text))
    assert create(caller(restore_key(key=key)))["Idempotent-Replayed"] == "true"


def test_what_was_refused_may_be_mended_and_sent_again(client: Client) -> None:
    problem(create(client, body=BODY | {"information_types": ["nothing"]}), 400, "invalid")
    assert create(client).status_code == 201


def test_quotation_marks_around_the_name_are_no_part_of_it(client: Client) -> None:
    create(client, "8e03978e-40d5")
    assert create(client, '"8e03978e-40d5"')["Idempotent-Replayed"] == "true"


@pytest.mark.parametrize("name", ["", '"', '""', "a b", "a,a", '"a', 'a"b', "a\\b", "å", "a" * 256, "\x7f"])
def test_a_name_that_is_none_is_refused(client: Client, name: str) -> None:
    assert errors(create(client, name)) == [("Idempotency-Key", "invalid_idempotency_key")]
    assert not Subscription.objects.exists()


def test_the_longest_name_is_let_through(client: Client) -> None:
    assert create(client, "~" * 255).status_code == 201


def test_nothing_but_digests_is_kept_of_the_request(client: Client) -> None:
    create(client, "my-own-secret")
    with connection.cursor() as cursor:
        cursor.execute("select kept::text from access_keptanswer kept")
        ((row,),) = cursor.fetchall()
    assert "my-own-secret" not in row


def test_after_a_day_it_is_another_request(client: Client) -> None:
    create(client)
    KeptAnswer.objects.update(kept_at=timezone.now() - idempotency.KEPT)
    assert create(client, body=BODY | {"integration_id": "OTHER"}).status_code == 201
    assert KeptAnswer.objects.count() == 1


def test_old_answers_are_removed(client: Client) -> None:
    create(client)
    create(client, "b", BODY | {"integration_id": "OTHER"})
    KeptAnswer.objects.filter(pk=KeptAnswer.objects.latest("pk").pk).update(kept_at=timezone.now() - timedelta(days=2))
    remove_old_answers()
    assert KeptAnswer.objects.count() == 1


def test_on_other_methods_the_header_means_nothing(client: Client) -> None:
    create(client, None)
    for _time in range(2):
        answer = client.get("/api/v1/subscriptions/NEW", headers={"Idempotency-Key": "a"})
        assert "Idempotent-Replayed" not in answer
    problem(client.post("/api/v1/me", headers={"Idempotency-Key": "a"}), 405, "method_not_allowed")


def test_a_body_that_is_too_large_is_refused(client: Client, settings: Any) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 10
    problem(create(client), 413, "too_large")


def test_who_opens_nothing_hears_of_no_name() -> None:
    problem(create(Client(), "a b"), 401, "not_authenticated")


@pytest.mark.parametrize("accept", ["application/json", "application/x-ndjson"])
def test_what_was_taken_comes_again_where_its_answer_was_lost(accept: str) -> None:
    books = make_books()
    subscription = make_subscription(companies=[books.company])
    _key, text = make_key(application=subscription.application)
    books.post()
    fan_out.drain()

    def take(name: str) -> Any:
        body = {"integration_id": subscription.integration_id}
        headers = {"Idempotency-Key": name, "Accept": accept}
        return caller(text).post("/api/v1/revisions/take", body, content_type="application/json", headers=headers)

    first = take("a")
    assert b'"sequence"' in first.content
    assert not OutboxItem.objects.exists()
    again = take("a")
    assert (again.content, again["Content-Type"]) == (first.content, first["Content-Type"])
    assert again["Cache-Control"] == first["Cache-Control"]
    assert b'"sequence"' not in take("b").content


def test_what_was_told_of_a_client_is_not_told_again_once_its_switch_is_off() -> None:
    bureau = Bureau(clients=[CompanyFactory.create()])
    (client,) = bureau.clients
    names = ["subscriptions.fetch_outbox", "ledger.view_account"]
    bureau.give(*names)
    key, text = bureau.make_key()
    other = CompanyFactory.create()
    ClientAccess.objects.create(office=bureau.office, company=other)
    grant(key, make_template(*names), client, other)
    subscription = make_subscription(application=bureau.application, office=bureau.office)
    AccountFactory.create(company=client)
    fan_out.drain()
    body = {"integration_id": subscription.integration_id}

    def take() -> Any:
        headers = {"Idempotency-Key": "a"}
        return caller(text).post("/api/v1/revisions/take", body, content_type="application/json", headers=headers)

    assert client.number in take().content.decode()
    ClientAccess.objects.filter(company=client).update(api_access=False)
    problem(take(), 404, "not_found")


@pytest.mark.django_db(transaction=True)
def test_of_two_at_once_one_is_done_and_the_other_told_to_come_again(client: Client) -> None:
    with Together() as threads, other_program() as program:
        # It waits for what it writes to, as long as the other program is at work.
        program.execute("lock table subscriptions_subscription in share mode")
        one = threads.start(create, client)
        wait_until(waiters)
        found = create(client)
        problem(found, 409, "idempotency_key_in_use")
        assert found["Retry-After"] == "1"
        program.commit()
        assert one.result().status_code == 201
    assert create(client)["Idempotent-Replayed"] == "true"


@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_one_is_done(client: Client) -> None:
    with Together() as threads:
        answers = [work.result() for work in [threads.start(create, client) for _one in range(8)]]
    statuses = [answer.status_code for answer in answers]
    assert set(statuses) <= {201, 409}
    done = [answer for answer in answers if answer.status_code == 201 and "Idempotent-Replayed" not in answer]
    assert len(done) == 1
    assert Subscription.objects.count() == KeptAnswer.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_who_dies_before_the_end_leaves_neither_what_was_done_nor_its_answer(client: Client) -> None:
    with connection.cursor() as cursor:
        cursor.execute("alter table access_keptanswer add constraint dies check (status <> 201)")
    try:
        client.raise_request_exception = False
        assert create(client).status_code == 500
        assert not Subscription.objects.exists()
    finally:
        with connection.cursor() as cursor:
            cursor.execute("alter table access_keptanswer drop constraint dies")
    assert create(client).status_code == 201
