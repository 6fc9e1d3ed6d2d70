"""The pages on rows that integrations couldn't use."""

from typing import Any

import pytest
from django.test import Client
from django.utils import translation
from pytest_django import Settings

from information_types import registry
from ledger.models import Supplier
from onetime_transfer import resending
from revisions import fan_out, feedback
from revisions.admin.rows import field_words
from revisions.models import Feedback
from subscriptions.models import Subscription
from subscriptions.services import change_parts
from tests import factories
from tests.integrators import Integrator
from tests.ledger.admin_client import signed_in, text_of

pytestmark = pytest.mark.django_db

LIST = "/admin/revisions/feedback/"
SEND, DISMISS = f"{LIST}send/", f"{LIST}dismiss/"
State = Feedback.State


@pytest.fixture(autouse=True)
def _unlimited(settings: Settings) -> None:
    settings.UTKORG_THROTTLE_RATES = {}


@pytest.fixture
def admin() -> Client:
    return signed_in()


@pytest.fixture
def exopen(books: factories.Books) -> Subscription:
    return factories.make_subscription(integration_id="EXOPEN", companies=[books.company])


@pytest.fixture
def supplier(exopen: Subscription, books: factories.Books) -> Supplier:
    made = factories.SupplierFactory.create(company=books.company, number="2001", name="Ahlsell")
    fan_out.drain()
    return made


@pytest.fixture
def report(exopen: Subscription, supplier: Supplier) -> Feedback:
    answer = Integrator(exopen).post("feedback", sequence=1, code="unknown", message="<b>Okänd</b>")
    return Feedback.objects.get(pk=answer.json()["id"])


def ids(*reports: Feedback) -> str:
    return "?ids=" + ",".join(str(one.pk) for one in reports)


def messages_of(page: Any) -> list[str]:
    return [str(message) for message in page.context["messages"]]


def test_the_row_is_shown_as_it_was_sent_and_as_it_is_now(admin: Client, report: Feedback, supplier: Supplier) -> None:
    Supplier.objects.filter(pk=supplier.pk).update(name="Ny")
    page = admin.get(f"{LIST}{report.pk}/change/")
    marked = [(field.word, field.sent, field.now) for field in page.context["compared"] if field.is_marked]
    assert marked == [("Name", "Ahlsell", "Ny")]
    text = text_of(page)
    assert "EXOPEN couldn't use a row" in text
    assert "<b>Okänd</b>" in text
    assert "<b>Okänd" not in page.content.decode()
    assert "Reported by the integration" in text


def test_a_row_that_is_gone_says_so(admin: Client, report: Feedback, supplier: Supplier) -> None:
    supplier.delete()
    assert "The row is gone from its register now." in text_of(admin.get(f"{LIST}{report.pk}/change/"))


def test_the_page_leads_to_the_row_and_its_trace_and_the_trace_back(
    admin: Client, report: Feedback, supplier: Supplier
) -> None:
    page = admin.get(f"{LIST}{report.pk}/change/")
    assert page.context["row_url"] == f"/admin/ledger/supplier/{supplier.pk}/change/"
    trace = admin.get(page.context["trace_url"])
    assert "EXOPEN couldn't use this row" in text_of(trace)
    assert f"{LIST}{report.pk}/change/" in trace.content.decode()


def test_it_is_sent_again_after_a_question(admin: Client, report: Feedback) -> None:
    question = admin.get(SEND + ids(report))
    assert "Send 1 row again?" in text_of(question)
    assert "choice" not in question.content.decode().split("<form")[-1].split("</form>")[0]
    assert Feedback.objects.get().state == State.OPEN
    page = admin.post(SEND + ids(report), follow=True)
    assert messages_of(page) == ["1 row is queued again for the integration."]
    assert Feedback.objects.get().state == State.SENT_AGAIN
    assert "Sent again, by" in text_of(page)
    assert messages_of(admin.post(SEND + ids(report), follow=True)) == [
        "There was nothing to do: what you chose is answered already."
    ]


def test_of_a_ledger_entry_the_voucher_is_offered(admin: Client, exopen: Subscription, books: factories.Books) -> None:
    books.post()
    fan_out.drain()
    integrator = Integrator(exopen)
    integrator.post("feedback", sequence=1, code="x", message="y")
    integrator.acknowledge(integrator.fetch()["receipt"])
    address = SEND + ids(Feedback.objects.get())
    assert "The whole voucher" in text_of(admin.get(address))
    admin.post(address, {"choice": "alone"})
    assert len(integrator.fetch()["rows"]) == 1
    Feedback.objects.update(state=State.OPEN, closed_at=None)
    admin.post(address, {"choice": "whole"})
    assert len(integrator.fetch()["rows"]) == 3


def test_what_has_left_the_subscription_is_told_before_and_after(
    admin: Client, report: Feedback, exopen: Subscription
) -> None:
    change_parts(subscription=exopen, companies=[factories.CompanyFactory.create()])
    assert "Not sent: The company isn't in the subscription." in text_of(admin.get(SEND + ids(report)))
    (message,) = messages_of(admin.post(SEND + ids(report), follow=True))
    assert message == "1 row isn't sent: The company isn't in the subscription."


def test_it_is_closed_with_a_note(admin: Client, report: Feedback) -> None:
    assert "Close 1 report without sending the row again?" in text_of(admin.get(DISMISS + ids(report)))
    empty = admin.post(DISMISS + ids(report), {"note": " "})
    assert empty.context["form"].errors
    page = admin.post(DISMISS + ids(report), {"note": "Upplagd nu"}, follow=True)
    assert messages_of(page) == ["1 report is closed."]
    assert text_of(page).count("Upplagd nu") == 2
    assert "What you chose is answered already." in text_of(admin.get(DISMISS + ids(report)))


def test_the_list_leads_to_both_questions(admin: Client, report: Feedback) -> None:
    for action, address in (("send_chosen", SEND), ("dismiss_chosen", DISMISS)):
        answer = admin.post(LIST, {"action": action, "_selected_action": [report.pk]})
        assert answer["Location"] == address + ids(report)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("state__exact=open", 1),
        ("state__exact=dismissed", 0),
        ("code=unknown", 1),
        ("code=other", 0),
        ("type=suppliers", 1),
        ("type=accounts", 0),
        ("q=2001", 1),
        ("q=finns+inte", 0),
    ],
)
def test_the_list_is_narrowed(admin: Client, report: Feedback, query: str, found: int) -> None:
    assert admin.get(f"{LIST}?{query}").context["cl"].result_count == found


def test_the_list_is_taken_home(admin: Client, report: Feedback) -> None:
    text = b"".join(admin.get(f"{LIST}export/csv/")).decode()
    assert "<b>Okänd</b>" in text
    assert "unknown" in text


def test_the_subscriptions_page_and_the_first_page_tell_of_it(admin: Client, report: Feedback) -> None:
    notice = admin.get(f"/admin/subscriptions/subscription/{report.subscription_id}/reported/")
    assert "The integration couldn't use 1 row" in text_of(notice)
    assert "EXOPEN couldn't use 1 row: unknown, <b>Okänd</b>" in text_of(admin.get("/admin/"))
    feedback.dismiss(reports=[report.pk], note="x", by=factories.UserFactory.create())
    notice = admin.get(f"/admin/subscriptions/subscription/{report.subscription_id}/reported/")
    assert text_of(notice).strip() == ""
    assert "EXOPEN couldn't use" not in text_of(admin.get("/admin/"))


def test_a_subscription_with_reports_can_be_deleted(admin: Client, report: Feedback) -> None:
    address = f"/admin/subscriptions/subscription/{report.subscription_id}/delete/"
    assert admin.post(address, {"post": "yes"}).status_code == 302
    assert not Feedback.objects.exists()
    assert resending.send_again(reports=[report.pk]) == resending.Sent()


def clerk(company: Any, *permissions: str) -> Client:
    user = factories.UserFactory.create(is_staff=True)
    factories.give(user, *permissions, company=company)
    client = Client()
    client.force_login(user)
    return client


def test_who_may_look_need_not_be_allowed_to_answer(report: Feedback, books: factories.Books) -> None:
    client = clerk(books.company, "revisions.view_feedback", "subscriptions.view_subscription")
    page = client.get(f"{LIST}{report.pk}/change/")
    assert (page.context["send_url"], page.context["dismiss_url"], page.context["row_url"]) == (None, None, None)
    for address in (SEND, DISMISS):
        assert client.post(address + ids(report), {"note": "x"}).status_code == 403
    assert Feedback.objects.get().state == State.OPEN


def test_who_is_of_another_company_knows_nothing_of_it(report: Feedback) -> None:
    client = clerk(
        factories.CompanyFactory.create(),
        "revisions.view_feedback",
        "revisions.change_feedback",
        "onetime_transfer.add_transfer",
        "subscriptions.view_subscription",
    )
    assert client.get(f"{LIST}{report.pk}/change/").status_code == 404
    assert client.get(LIST).context["cl"].result_count == 0
    client.post(SEND + ids(report))
    client.post(DISMISS + ids(report), {"note": "x"})
    assert Feedback.objects.get().state == State.OPEN
    assert "EXOPEN" not in text_of(client.get("/admin/"))


def test_every_field_has_a_word_of_its_own() -> None:
    with translation.override("sv"):
        for known in registry.all_types():
            words = field_words(known)
            assert words.keys() == {field.name for field in known.fields}
            same = {word for word in words.values() if list(words.values()).count(word) > 1}
            assert not same, known.name
