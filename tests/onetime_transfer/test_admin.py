"""One-off transfers in the admin: asking for one, following it to its end, their history."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from information_types import registry
from onetime_transfer import running, services
from onetime_transfer.models import Transfer
from subscriptions.models import Subscription
from tests import factories
from tests.ledger.admin_client import signed_in, text_of

pytestmark = pytest.mark.django_db
TRANSFERS = "/admin/onetime_transfer/transfer/"


@pytest.fixture
def admin() -> Client:
    return signed_in(username="boss")


@pytest.fixture
def books() -> factories.Books:
    return factories.make_books(number="100")


@pytest.fixture
def subscription(books: factories.Books) -> Subscription:
    return factories.make_subscription("suppliers", "ledger_entries", "supplier_invoices", companies=[books.company])


def asked(admin: Client, of: Subscription, information_type: str, **fields: Any) -> Any:
    """Return the answer to the form that asks for a transfer."""
    form: dict[str, Any] = {"subscription": of.pk, "information_type": information_type, **fields}
    return admin.post(f"{TRANSFERS}add/", form)


def errors_of(page: Any) -> dict[str, Any]:
    """Return what the form says is wrong, by field."""
    return {name: list(found) for name, found in page.context["form"].errors.items()}


def page_of(transfer: Transfer) -> str:
    """Return the address of a transfer's page."""
    return f"{TRANSFERS}{transfer.pk}/change/"


def test_a_transfer_is_asked_for_and_followed_to_its_end(admin: Client, subscription: Subscription) -> None:
    supplier = factories.SupplierFactory.create(company=subscription.companies.get())
    page = asked(admin, subscription, "suppliers", company=supplier.company.pk, active_only="on")
    transfer = Transfer.objects.get()
    assert page["Location"] == page_of(transfer)
    assert (transfer.type.name, transfer.parameters) == ("suppliers", {"active_only": True})
    assert transfer.requested_by == User.objects.get(username="boss")
    assert "Waiting" in text_of(admin.get(page_of(transfer)))
    running.run(transfer_id=transfer.pk)
    text = text_of(admin.get(page_of(transfer)))
    assert "The transfer is done" in text
    assert "1 row was queued for the integration" in text


@pytest.mark.parametrize(
    ("language", "words"),
    [("sv", "Överföringen är genomförd"), ("nb", "Overføringen er fullført"), ("en", "The transfer is done")],
)
def test_the_end_is_told_in_the_readers_language(
    admin: Client, subscription: Subscription, language: str, words: str
) -> None:
    transfer = services.request_transfer(subscription=subscription, information_type=registry.get("suppliers"))
    running.run(transfer_id=transfer.pk)
    page = admin.get(page_of(transfer), headers={"accept-language": language})
    assert words in text_of(page)


@pytest.mark.parametrize(
    ("information_type", "fields", "wrong"),
    [
        ("", {}, ["information_type"]),
        ("accounts", {}, ["information_type"]),
        ("", {"subscription": ""}, ["subscription", "information_type"]),
        ("ledger_entries", {}, ["period_from", "period_to"]),
        ("ledger_entries", {"subscription": ""}, ["subscription", "period_from", "period_to"]),
        ("ledger_entries", {"period_from": "2024-01"}, ["period_to"]),
        ("ledger_entries", {"period_from": "2024-13", "period_to": "x"}, ["period_from", "period_to"]),
        ("ledger_entries", {"period_from": "2024-02", "period_to": "2024-01"}, ["period_to"]),
        ("supplier_invoices", {"date_from": "2024-02-01", "date_to": "2024-01-01"}, ["date_to"]),
        ("supplier_invoices", {"date_from": "yesterday", "date_to": "2024-02-30"}, ["date_from", "date_to"]),
    ],
)
def test_all_mistakes_are_shown_at_once_each_at_its_field(
    admin: Client, subscription: Subscription, information_type: str, fields: dict[str, str], wrong: list[str]
) -> None:
    page = asked(admin, subscription, information_type, **fields)
    assert list(errors_of(page)) == wrong
    assert not Transfer.objects.exists()


def test_a_company_outside_the_subscription_is_refused_at_its_field(admin: Client, subscription: Subscription) -> None:
    other = factories.CompanyFactory.create()
    assert list(errors_of(asked(admin, subscription, "suppliers", company=other.pk))) == ["company"]


def test_what_was_filled_in_for_another_type_and_hidden_is_dropped(admin: Client, subscription: Subscription) -> None:
    hidden = {"period_from": "nonsense", "period_to": "2024-01", "date_from": "nonsense", "active_only": "on"}
    asked(admin, subscription, "supplier_invoices", date_to="2024-12-31", **{**hidden, "date_from": ""})
    assert Transfer.objects.get().parameters == {"date_to": "2024-12-31"}


def test_the_form_offers_the_subscriptions_types_and_each_types_parameters(
    admin: Client, subscription: Subscription
) -> None:
    page = admin.get(f"{TRANSFERS}add/?subscription={subscription.pk}&information_type=ledger_entries")
    form = page.context["form"]
    offered = [name for name, _label in form.fields["information_type"].choices if name]
    assert offered == [known.name for known in subscription.information_types]
    assert [field.name for field in form.months] == ["period_from", "period_to"]
    assert "active_only" not in form.fields


@pytest.mark.parametrize("written", ["2024-3", "202403", "3/2024", "2024 03", "2024-03"])
def test_a_month_may_be_written_as_people_write_it(admin: Client, subscription: Subscription, written: str) -> None:
    asked(admin, subscription, "ledger_entries", period_from="2024-01", period_to=written)
    assert Transfer.objects.get().parameters == {"period_from": "2024-01", "period_to": "2024-03"}


def test_a_month_is_chosen_with_its_year(admin: Client, subscription: Subscription) -> None:
    ends = {"period_from_month": "01", "period_from_year": "2024", "period_to_month": "03"}
    page = asked(admin, subscription, "ledger_entries", **ends)
    assert errors_of(page) == {"period_to": ["Choose both month and year."]}
    asked(admin, subscription, "ledger_entries", **ends, period_to_year="2024")
    assert Transfer.objects.get().parameters == {"period_from": "2024-01", "period_to": "2024-03"}


def test_a_transfer_is_paused_resumed_and_cancelled(admin: Client, subscription: Subscription) -> None:
    transfer = services.request_transfer(subscription=subscription, information_type=registry.get("suppliers"))

    def done(what: str, **form: str) -> str:
        assert admin.post(f"{TRANSFERS}{transfer.pk}/{what}/", form).status_code == 302
        transfer.refresh_from_db()
        return str(transfer.status)

    assert done("pause") == "paused"
    assert done("resume") == "queued"
    question = admin.get(f"{TRANSFERS}{transfer.pk}/cancel/")
    assert "It hasn't queued anything yet" in text_of(question)
    transfer.refresh_from_db()
    assert transfer.status == "queued"
    assert done("cancel", keep_queued="no") == "cancelled"
    assert done("resume") == "cancelled"
    assert "this can no longer be done" in text_of(admin.get(page_of(transfer)))


@pytest.mark.parametrize("what", ["pause", "resume", "cancel"])
def test_a_link_changes_nothing(admin: Client, subscription: Subscription, what: str) -> None:
    transfer = services.request_transfer(subscription=subscription, information_type=registry.get("suppliers"))
    admin.get(f"{TRANSFERS}{transfer.pk}/{what}/")
    transfer.refresh_from_db()
    assert transfer.status == "queued"


def test_the_moving_part_brings_the_rest_of_the_page_when_the_state_has_changed(
    admin: Client, subscription: Subscription
) -> None:
    transfer = services.request_transfer(subscription=subscription, information_type=registry.get("suppliers"))
    part = f"{TRANSFERS}{transfer.pk}/progress/?status=queued"
    assert "transfer-state" not in admin.get(part).content.decode()
    running.run(transfer_id=transfer.pk)
    moved = admin.get(part)
    assert "The transfer is done" in text_of(moved)
    assert "every 1s" not in moved.content.decode()
    assert moved["HX-Trigger"] == "look-for-notices"


def test_whoever_was_signed_out_meanwhile_is_asked_to_sign_in(subscription: Subscription) -> None:
    transfer = services.request_transfer(subscription=subscription, information_type=registry.get("suppliers"))
    assert Client().get(f"{TRANSFERS}{transfer.pk}/progress/")["HX-Refresh"] == "true"


def test_a_transfer_that_failed_says_why_and_what_to_do_and_goes_on(admin: Client, subscription: Subscription) -> None:
    supplier = factories.SupplierFactory.create(company=subscription.companies.get())
    transfer = services.request_transfer(subscription=subscription, information_type=registry.get("suppliers"))
    running.fail(transfer_id=transfer.pk, error="No space left")
    text = text_of(admin.get(page_of(transfer)))
    assert "The transfer has failed" in text
    assert "No space left" in text
    assert f"it is transfer {transfer.pk}" in text
    admin.post(f"{TRANSFERS}{transfer.pk}/resume/")
    running.run(transfer_id=transfer.pk)
    transfer.refresh_from_db()
    assert (transfer.status, transfer.rows_done, transfer.error) == ("done", 1, "")
    assert transfer.counts == [[supplier.company.number, supplier.company.name, 1]]


def test_cancelling_says_what_is_fetched_and_what_is_not(admin: Client, subscription: Subscription) -> None:
    factories.SupplierFactory.create_batch(2, company=subscription.companies.get())
    transfer = services.request_transfer(subscription=subscription, information_type=registry.get("suppliers"))
    running.run(transfer_id=transfer.pk)
    Transfer.objects.update(status="paused")
    text = text_of(admin.get(f"{TRANSFERS}{transfer.pk}/cancel/"))
    assert "It has queued 2 rows so far" in text
    assert "Still in the queue 2 Fetched already 0" in text
    admin.post(f"{TRANSFERS}{transfer.pk}/cancel/", {"keep_queued": "no"})
    assert "Rows taken out of the queue again: 2" in text_of(admin.get(page_of(transfer)))


def test_one_waits_for_another_of_the_same_subscription_and_says_so(admin: Client, subscription: Subscription) -> None:
    first, second = (
        services.request_transfer(subscription=subscription, information_type=registry.get("suppliers"))
        for _ in range(2)
    )
    text = text_of(admin.get(page_of(second)))
    assert f"Starts when this has ended: {first}" in text
    assert "Starts in a moment" in text_of(admin.get(page_of(first)))


def test_the_history_tells_who_when_what_and_how_it_ended(admin: Client, subscription: Subscription) -> None:
    asked(admin, subscription, "suppliers")
    running.run(transfer_id=Transfer.objects.get().pk)
    Transfer.objects.update(seconds_running=75)
    text = text_of(admin.get(TRANSFERS))
    assert f"{subscription.integration_id} Suppliers All Done 0 1 min 15 s boss" in text


def test_a_transfer_is_repeated_with_the_same_choice(admin: Client, subscription: Subscription) -> None:
    company = subscription.companies.get()
    months = {"period_from": "2024-01", "period_to": "2024-12"}
    asked(admin, subscription, "ledger_entries", company=company.pk, **months)
    transfer = Transfer.objects.get()
    running.run(transfer_id=transfer.pk)
    form = admin.get(admin.get(page_of(transfer)).context["repeat_url"]).context["form"]
    assert (form.chosen_subscription, form.of_company) == (subscription, company)
    assert {field.name: field.value() for field in form.months} == months


def test_a_long_history_takes_no_more_queries_than_a_short_one(admin: Client, subscription: Subscription) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert admin.get(TRANSFERS).status_code == 200
        return len(captured)

    def ask(count: int) -> None:
        for _ in range(count):
            services.request_transfer(subscription=subscription, information_type=registry.get("suppliers"))

    ask(1)
    queries()
    few = queries()
    ask(20)
    assert queries() == few


def test_who_may_only_look_starts_and_stops_nothing(subscription: Subscription) -> None:
    transfer = services.request_transfer(subscription=subscription, information_type=registry.get("suppliers"))
    reader = factories.UserFactory.create(is_staff=True)
    factories.give(reader, "onetime_transfer.view_transfer")
    client = Client()
    client.force_login(reader)
    page = client.get(page_of(transfer))
    assert page.status_code == 200
    assert "/pause/" not in page.content.decode()
    for what in ("pause", "resume", "cancel"):
        assert client.post(f"{TRANSFERS}{transfer.pk}/{what}/").status_code == 403
    assert client.get(f"{TRANSFERS}add/").status_code == 403
