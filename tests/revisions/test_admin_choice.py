"""What the form of a subscription tells while it is filled in, and what is asked before a queue is emptied."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from revisions import fan_out, recent
from revisions.models import OutboxItem, Queue
from subscriptions.models import Resync, Subscription
from tests import factories
from tests.floor import drain_up_to_the_floor
from tests.ledger.admin_client import signed_in, text_of

pytestmark = pytest.mark.django_db(transaction=True)
SUBSCRIPTIONS = "/admin/subscriptions/subscription/"


@pytest.fixture
def admin() -> Client:
    return signed_in()


def told(admin: Client, language: str = "en", /, **form: Any) -> str:
    return text_of(admin.post(f"{SUBSCRIPTIONS}choice/", form, headers={"accept-language": language}))


def test_the_sentence_follows_companies_and_tick(admin: Client) -> None:
    for number in ("100", "200", "300"):
        factories.CompanyFactory.create(number=number)
    assert "of all companies, those added later too." in told(admin)
    assert "of the 1 chosen company only." in told(admin, companies="100")
    assert "of the 2 chosen companies only." in told(admin, companies="100 200")
    assert "of all companies except the 2 chosen." in told(admin, companies="100 200", negative_selection="on")
    assert "Choose in field 3 the companies to leave out" in told(admin, negative_selection="on")
    swedish = told(admin, "sv", companies="100 200", negative_selection="on")
    assert "Prenumerationen gäller alla bolag förutom de 2 valda." in swedish


def test_what_is_chosen_is_told_in_numbers(admin: Client) -> None:
    first, second, _third = (factories.CompanyFactory.create(number=number) for number in ("100", "200", "300"))
    factories.SupplierFactory.create_batch(3, company=first)
    factories.SupplierFactory.create(company=second)
    drain_up_to_the_floor()
    recent.count()
    form: dict[str, Any] = {"information_types": ["suppliers", "customers"]}
    assert "3 of 3 companies 2 types about 4 rows changed in the last 30 days" in told(admin, **form)
    assert "1 of 3 companies 2 types about 3 rows" in told(admin, companies="100", **form)
    assert "2 of 3 companies 2 types about 1 row changed" in told(
        admin, companies="100", negative_selection="on", **form
    )
    assert "nothing changed in the last 30 days" in told(admin, information_types=["customers"])
    assert "0 types" in told(admin)


def test_telling_takes_few_queries_however_many_companies_are_chosen(admin: Client) -> None:
    numbers = " ".join(company.number for company in factories.CompanyFactory.create_batch(500))
    with CaptureQueriesContext(connection) as captured:
        told(admin, companies=numbers, negative_selection="on", information_types=["suppliers"])
    assert len(captured) <= 6


def test_odd_values_are_no_errors(admin: Client) -> None:
    form: dict[str, Any] = {"companies": "\0 999", "application": "9" * 30, "information_types": ["weather"]}
    assert "0 types" in told(admin, **form)
    assert admin.post(f"{SUBSCRIPTIONS}preview/", form).status_code == 200
    assert admin.get(f"{SUBSCRIPTIONS}choice/").status_code == 405


def test_the_preview_shows_the_json_of_the_form_as_it_stands(admin: Client) -> None:
    company = factories.CompanyFactory.create(number="100")
    factories.SupplierFactory.create(company=company, number="2001", name="<b>Kalle & Co</b>")
    page = admin.post(f"{SUBSCRIPTIONS}preview/", {"information_types": ["suppliers"], "own_changes": "on"})
    assert "The last change that this choice would have queued" in text_of(page)
    shown = page.content.decode()
    assert "&quot;name&quot;: &quot;&lt;b&gt;Kalle &amp; Co&lt;/b&gt;&quot;" in shown
    assert "sequence&quot;" not in shown
    nothing = admin.post(f"{SUBSCRIPTIONS}preview/", {"information_types": ["customers"]})
    assert "Nothing that this choice is of has changed lately" in text_of(nothing)
    assert "Choose at least one information type" in text_of(admin.post(f"{SUBSCRIPTIONS}preview/", {}))


def test_only_who_makes_subscriptions_is_told() -> None:
    clerk = factories.UserFactory.create(is_staff=True)
    factories.give(clerk, "subscriptions.view_subscription")
    client = Client()
    client.force_login(clerk)
    for page in ("choice", "preview"):
        assert client.post(f"{SUBSCRIPTIONS}{page}/").status_code == 403
    assert client.get(f"{SUBSCRIPTIONS}purge/?ids=1").status_code == 403


def test_emptying_a_queue_says_what_is_lost_and_asks(admin: Client) -> None:
    subscription = factories.make_subscription("suppliers", integration_id="EXOPEN")
    factories.SupplierFactory.create_batch(3)
    fan_out.drain()
    url = f"{SUBSCRIPTIONS}purge/?ids={subscription.pk}"
    assert "EXOPEN A subscription 3 3 2" in text_of(admin.get(url))
    assert OutboxItem.objects.exists()
    page = admin.post(url, follow=True)
    assert page.redirect_chain[-1][0] == f"{SUBSCRIPTIONS}{subscription.pk}/change/"
    assert "EXOPEN: 3 rows have left the queue. Transfer what was lost" in text_of(page)
    assert not OutboxItem.objects.exists()
    assert Queue.objects.get().epoch == 2
    assert set(Resync.objects.values_list("reason", flat=True)) == {Resync.Reason.CUT}
    assert "The queue is empty already" in text_of(admin.get(url))
    assert "The queue is empty already" in text_of(admin.post(url, follow=True))


def test_several_queues_are_emptied_from_the_list(admin: Client) -> None:
    chosen = [factories.make_subscription("suppliers").pk for _ in range(2)]
    factories.SupplierFactory.create()
    fan_out.drain()
    page = admin.post(SUBSCRIPTIONS, {"action": "purge_chosen", "_selected_action": chosen}, follow=True)
    assert "Empty the queues?" in text_of(page)
    admin.post(page.redirect_chain[-1][0])
    assert not OutboxItem.objects.exists()
    assert Subscription.objects.count() == 2
