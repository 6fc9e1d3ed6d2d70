"""The pages that ask for transfers: what they offer, tell before the click, and start."""

from typing import Any

import pytest
from django.test import Client

from information_types import registry
from notices.models import Notice
from onetime_transfer import running, services
from onetime_transfer.models import Transfer
from subscriptions.models import Subscription
from tests import factories
from tests.ledger.admin_client import signed_in, text_of

pytestmark = pytest.mark.django_db
TRANSFERS = "/admin/onetime_transfer/transfer/"
MONTHS = {"period_from": "2024-01", "period_to": "2024-12"}


@pytest.fixture
def admin() -> Client:
    return signed_in(username="boss")


@pytest.fixture
def books() -> factories.Books:
    return factories.make_books(number="100")


@pytest.fixture
def subscription(books: factories.Books) -> Subscription:
    return factories.make_subscription("suppliers", "ledger_entries", integration_id="EXOPEN")


def chosen(subscription: Subscription, name: str, **fields: Any) -> dict[str, Any]:
    return {"subscription": subscription.pk, "information_type": name, **fields}


# One


def test_the_page_tells_how_much_it_is_and_how_long_it_takes(
    admin: Client, subscription: Subscription, books: factories.Books
) -> None:
    books.post()
    factories.make_books(number="200").post()
    page = admin.post(f"{TRANSFERS}add/estimate/", chosen(subscription, "ledger_entries", **MONTHS))
    assert "4 rows, roughly 2 seconds" in text_of(page)
    assert "100 Company 100 2" in text_of(page)


def test_before_the_choice_is_whole_it_says_what_is_missing(admin: Client, subscription: Subscription) -> None:
    assert "Choose a subscription" in text_of(admin.post(f"{TRANSFERS}add/estimate/"))
    text = text_of(admin.post(f"{TRANSFERS}add/estimate/", chosen(subscription, "ledger_entries")))
    assert "Fill in what is missing" in text
    wrong = {"period_from": "2024-05", "period_to": "2024-01"}
    text = text_of(admin.post(f"{TRANSFERS}add/estimate/", chosen(subscription, "ledger_entries", **wrong)))
    assert "To period: The end comes before the start." in text


def test_it_warns_of_one_that_is_just_the_same_and_asks_again(admin: Client, subscription: Subscription) -> None:
    wanted = chosen(subscription, "ledger_entries", **MONTHS)
    assert admin.post(f"{TRANSFERS}add/", wanted).status_code == 302
    assert "Just the same transfer is under way" in text_of(admin.post(f"{TRANSFERS}add/estimate/", wanted))
    assert "Just the same transfer is under way" in text_of(admin.post(f"{TRANSFERS}add/", wanted))
    assert Transfer.objects.count() == 1
    assert admin.post(f"{TRANSFERS}add/", {**wanted, "anyway": "1"}).status_code == 302
    assert Transfer.objects.count() == 2


@pytest.mark.parametrize("change", [{"period_to": "2024-11"}, {"company": "100"}])
def test_one_that_differs_is_not_the_same(
    admin: Client, subscription: Subscription, books: factories.Books, change: dict[str, str]
) -> None:
    admin.post(f"{TRANSFERS}add/", chosen(subscription, "ledger_entries", **MONTHS))
    if "company" in change:
        change = {"company": str(books.company.pk)}
    admin.post(f"{TRANSFERS}add/", chosen(subscription, "ledger_entries", **{**MONTHS, **change}))
    assert Transfer.objects.count() == 2


def test_an_inactive_subscription_is_told_of_and_works(admin: Client, books: factories.Books) -> None:
    factories.SupplierFactory.create(company=books.company)
    inactive = factories.make_subscription("suppliers", active=False)
    page = admin.post(f"{TRANSFERS}add/estimate/", chosen(inactive, "suppliers"))
    assert "The subscription isn't active" in text_of(page)
    admin.post(f"{TRANSFERS}add/", chosen(inactive, "suppliers"))
    running.run(transfer_id=Transfer.objects.get().pk)
    assert Transfer.objects.get().rows_done == 1


def test_a_company_is_searched_for_among_the_subscriptions(admin: Client, books: factories.Books) -> None:
    factories.make_books(number="200")
    subscription = factories.make_subscription("suppliers", companies=[books.company])
    search = {"app_label": "onetime_transfer", "model_name": "transfer", "field_name": "company", "term": "00"}

    def found(**more: Any) -> list[str]:
        answer = admin.get(f"{TRANSFERS}add/companies/", {**search, **more}).json()
        return [result["text"] for result in answer["results"]]

    assert found(subscription=subscription.pk) == ["100 Company 100"]
    assert found() == ["100 Company 100", "200 Company 200"]


def test_the_parts_follow_the_subscription_and_the_type(admin: Client, subscription: Subscription) -> None:
    typed = {"period_from_month": "05", "period_from_year": "2024"}
    page = admin.post(f"{TRANSFERS}add/parts/", chosen(subscription, "ledger_entries", **typed))
    text = page.content.decode()
    assert '<option value="05" selected>May</option>' in text
    assert '<option value="2024" selected>2024</option>' in text
    assert "The last 12 months" in text
    assert 'value="accounts"' not in text


# Several


def test_several_subscriptions_start_one_of_each_type(admin: Client, subscription: Subscription) -> None:
    other = factories.make_subscription("suppliers")
    both = [subscription.pk, other.pk]
    form = {"subscription": both, "subscriptions": both, "information_types": ["suppliers", "ledger_entries"]}
    page = admin.post(f"{TRANSFERS}several/", form)
    assert set(page.context["form"].errors) == {"period_from", "period_to"}
    estimate = admin.post(f"{TRANSFERS}several/estimate/", {**form, **MONTHS})
    assert "3 transfers: about" in text_of(estimate)
    assert admin.post(f"{TRANSFERS}several/", {**form, **MONTHS}).status_code == 302
    assert {(one.subscription, one.type.name) for one in Transfer.objects.all()} == {
        (subscription, "suppliers"),
        (subscription, "ledger_entries"),
        (other, "suppliers"),
    }


def test_companies_offer_the_subscriptions_that_select_them(admin: Client, books: factories.Books) -> None:
    second, third = factories.make_books(number="200").company, factories.make_books(number="300").company
    every = factories.make_subscription("suppliers")
    first_only = factories.make_subscription("suppliers", companies=[books.company])
    not_first = factories.make_subscription("suppliers", companies=[books.company], negative_selection=True)
    factories.make_subscription("suppliers", companies=[third])
    page = admin.get(f"{TRANSFERS}several/?company={books.company.pk}&company={second.pk}")
    assert page.context["form"].offered == [every, first_only, not_first]
    form = {
        "company": [books.company.pk, second.pk],
        "subscriptions": [every.pk, first_only.pk, not_first.pk],
        "information_types": ["suppliers"],
    }
    admin.post(f"{TRANSFERS}several/", form)
    made = {
        one.subscription: (one.company, [company.number for company in one.companies.order_by("number")])
        for one in Transfer.objects.all()
    }
    assert made == {every: (None, ["100", "200"]), first_only: (books.company, []), not_first: (second, [])}


def test_a_transfer_of_some_companies_brings_those_alone_and_is_repeated(
    admin: Client, subscription: Subscription, books: factories.Books
) -> None:
    companies = [books.company, factories.make_books(number="200").company, factories.make_books(number="300").company]
    for company in companies:
        factories.SupplierFactory.create(company=company)
    transfer = services.request_transfer(
        subscription=subscription, information_type=registry.get("suppliers"), companies=companies[:2]
    )
    running.run(transfer_id=transfer.pk)
    transfer.refresh_from_db()
    assert transfer.counts == [["100", "Company 100", 1], ["200", "Company 200", 1]]
    page = admin.get(f"{TRANSFERS}{transfer.pk}/change/")
    assert "100 Company 100, 200 Company 200" in text_of(page)
    again = admin.get(page.context["repeat_url"]).context["form"]
    assert again.companies == companies[:2]
    assert [known.name for known in again.types()] == ["suppliers"]


def test_no_subscription_of_the_companies_is_said(admin: Client, books: factories.Books) -> None:
    page = admin.get(f"{TRANSFERS}several/?company={books.company.pk}")
    assert "No subscription is of any of these companies" in text_of(page)


def test_the_action_on_companies_leads_to_the_subscriptions_that_select_them(
    admin: Client, subscription: Subscription, books: factories.Books
) -> None:
    action = {"action": "transfer_chosen", "_selected_action": [books.company.pk]}
    page = admin.post("/admin/ledger/company/", action, follow=True)
    assert page.context["form"].companies == [books.company]
    assert page.context["form"].offered == [subscription]
    reader = factories.UserFactory.create(is_staff=True)
    factories.give(reader, "ledger.view_company")
    client = Client()
    client.force_login(reader)
    assert "transfer_chosen" not in client.get("/admin/ledger/company/").content.decode()


# Messages


def test_whoever_asked_is_told_when_it_is_done(
    admin: Client, subscription: Subscription, books: factories.Books
) -> None:
    books.post()
    admin.post(f"{TRANSFERS}add/", chosen(subscription, "ledger_entries", **MONTHS))
    transfer = Transfer.objects.get()
    running.run(transfer_id=transfer.pk)
    notice = Notice.objects.get()
    assert (notice.user.username, notice.level, notice.url) == (
        "boss",
        "success",
        f"{TRANSFERS}{transfer.pk}/change/",
    )
    text = text_of(admin.get("/admin/notices/notice/"))
    assert "The transfer is done" in text
    assert "EXOPEN: Bookkeeping, 2 rows from one company" in text


def test_whoever_asked_is_told_when_it_has_failed_or_somebody_else_stops_it(
    admin: Client, subscription: Subscription
) -> None:
    asked_by = factories.SuperuserFactory.create(username="other")
    transfer = services.request_transfer(
        subscription=subscription, information_type=registry.get("suppliers"), requested_by=asked_by
    )
    for what in ("pause", "cancel"):
        admin.post(f"{TRANSFERS}{transfer.pk}/{what}/")
    failing = services.request_transfer(
        subscription=subscription, information_type=registry.get("suppliers"), requested_by=asked_by
    )
    running.fail(transfer_id=failing.pk, error="No space left")
    assert [str(notice) for notice in Notice.objects.filter(user=asked_by).order_by("pk")] == [
        "boss has paused your transfer",
        "boss has cancelled your transfer",
        "The transfer has failed",
    ]


def test_nobody_is_told_of_what_a_program_asked_for_or_they_did_themselves(
    admin: Client, subscription: Subscription
) -> None:
    services.request_transfer(subscription=subscription, information_type=registry.get("suppliers"))
    running.run(transfer_id=Transfer.objects.get().pk)
    admin.post(f"{TRANSFERS}add/", chosen(subscription, "suppliers"))
    admin.post(f"{TRANSFERS}{Transfer.objects.latest('pk').pk}/pause/")
    assert not Notice.objects.exists()


def test_who_may_not_ask_sees_none_of_it(subscription: Subscription) -> None:
    reader = factories.UserFactory.create(is_staff=True)
    factories.give(reader, "onetime_transfer.view_transfer", "subscriptions.view_subscription")
    client = Client()
    client.force_login(reader)
    for path in ("add/", "add/parts/", "add/estimate/", "several/", "several/estimate/"):
        assert client.get(f"{TRANSFERS}{path}").status_code == 403, path
