"""Subscriptions in the admin: the same services, rules and messages as REST."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from access.clients import add_client
from access.models import Application
from information_types import registry
from revisions import fan_out
from subscriptions.admin.forms import GROUPS
from subscriptions.models import Resync, Subscription
from tests import factories
from tests.ledger.admin_client import errors_of, signed_in, text_of

pytestmark = pytest.mark.django_db
SUBSCRIPTIONS = "/admin/subscriptions/subscription/"


@pytest.fixture
def admin() -> Client:
    return signed_in()


@pytest.fixture
def exopen() -> Application:
    return factories.ApplicationFactory.create(name="Exopen")


def fill_in(application: Application, **fields: Any) -> dict[str, Any]:
    """Return the form of a subscription, filled in."""
    usual = {"integration_id": "EXOPEN", "name": "Exopen", "information_types": ["ledger_entries"], "active": "on"}
    return {**usual, "application": application.pk, "own_changes": "on", **fields}


def test_a_subscription_is_made_by_its_service(admin: Client, exopen: Application) -> None:
    companies = factories.CompanyFactory.create_batch(2)
    form = fill_in(exopen, companies=companies[0].number, information_types=["ledger_entries", "suppliers"])
    assert admin.post(f"{SUBSCRIPTIONS}add/", form).status_code == 302
    subscription = Subscription.objects.get()
    assert [known.name for known in subscription.information_types] == ["suppliers", "ledger_entries"]
    assert list(subscription.companies.all()) == companies[:1]
    assert (subscription.application, subscription.active, subscription.own_changes) == (exopen, True, True)
    # What was there before it needs a transfer; only the service notes that.
    assert set(subscription.resync.values_list("company", flat=True)) == {companies[0].pk}


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"integration_id": "å"}, "integration_id"),
        ({"integration_id": "TAKEN"}, "integration_id"),
        ({"name": ""}, "name"),
        ({"negative_selection": "on"}, "companies"),
        ({"information_types": []}, "information_types"),
        ({"information_types": ["weather"]}, "information_types"),
        ({"application": ""}, "application"),
    ],
)
def test_a_mistake_is_shown_at_its_field(admin: Client, exopen: Application, wrong: dict[str, Any], field: str) -> None:
    factories.make_subscription(integration_id="TAKEN")
    page = admin.post(f"{SUBSCRIPTIONS}add/", fill_in(exopen) | wrong)
    assert list(errors_of(page)) == [field]
    assert Subscription.objects.count() == 1


def test_a_change_is_made_by_the_service_and_the_integration_id_stays(admin: Client, exopen: Application) -> None:
    company = factories.CompanyFactory.create()
    subscription = factories.make_subscription("suppliers", integration_id="EXOPEN", application=exopen)
    Resync.objects.all().delete()
    form = fill_in(exopen, integration_id="OTHER", name="New", information_types=["suppliers", "customers"])
    assert admin.post(f"{SUBSCRIPTIONS}{subscription.pk}/change/", form).status_code == 302
    subscription.refresh_from_db()
    assert (subscription.integration_id, subscription.name) == ("EXOPEN", "New")
    customers = registry.get("customers").number
    assert list(subscription.resync.values_list("information_type", "company")) == [(customers, company.pk)]


def test_the_page_shows_the_choice_as_it_stands(admin: Client, exopen: Application) -> None:
    companies = factories.CompanyFactory.create_batch(3)
    subscription = factories.make_subscription("accounts", companies=companies[:2], negative_selection=True)
    form = admin.get(f"{SUBSCRIPTIONS}{subscription.pk}/change/").context["adminform"].form
    assert set(form.initial["companies"]) == set(companies[:2])
    assert form.initial["information_types"] == ["accounts"]


def test_every_registered_type_can_be_chosen(admin: Client) -> None:
    page = admin.get(f"{SUBSCRIPTIONS}add/")
    groups = page.context["adminform"].form.fields["information_types"].choices
    offered = [name for _group, types in groups for name, _label in types]
    assert set(offered) == {known.name for known in registry.all_types()}
    assert {known.group for known in registry.all_types()} <= set(GROUPS)


def test_the_six_fields_stand_in_the_guides_order_in_its_words(admin: Client) -> None:
    page = admin.get(f"{SUBSCRIPTIONS}add/", headers={"accept-language": "sv"})
    text = text_of(page)
    labels = ["1. Integrations-ID", "2. Benämning", "3. Bolag", "4. Negativt urval", "5. Prenumerera på", "6. Aktiv"]
    places = [text.index(label) for label in labels]
    assert places == sorted(places)
    assert "En benämning så att du vet vilken prenumeration det handlar om." in text
    assert "Om du inte väljer något bolag så gäller prenumerationen alla bolag." in text


def test_what_needs_a_transfer_stands_on_the_page_with_a_way_to_it(admin: Client) -> None:
    factories.CompanyFactory.create(number="100")
    subscription = factories.make_subscription("suppliers")
    page = admin.get(f"{SUBSCRIPTIONS}{subscription.pk}/change/")
    assert "Suppliers 1 Newly in the selection" in text_of(page)
    address = f"transfer/missing/?subscription={subscription.pk}"
    assert f'{address}"' in page.content.decode()
    assert f'{address}&amp;information_type=suppliers"' in page.content.decode()


def test_the_list_tells_state_queue_oldest_row_and_what_is_missing(admin: Client) -> None:
    company = factories.CompanyFactory.create()
    factories.make_subscription("suppliers", integration_id="A")
    factories.make_subscription("suppliers", integration_id="B", active=False)
    factories.SupplierFactory.create_batch(3, company=company)
    fan_out.drain()
    text = text_of(admin.get(SUBSCRIPTIONS))
    assert "A A subscription Active 3 just now never 1 register" in text
    assert "B A subscription Inactive 0 – never 1 register" in text


def test_a_long_list_takes_no_more_queries_than_a_short_one(admin: Client) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert admin.get(SUBSCRIPTIONS).status_code == 200
        return len(captured)

    factories.CompanyFactory.create_batch(3)
    factories.make_subscription()
    queries()
    few = queries()
    for _ in range(20):
        factories.make_subscription()
    assert queries() == few


def test_a_page_copes_with_two_thousand_companies(admin: Client, exopen: Application) -> None:
    companies = factories.CompanyFactory.create_batch(2000)
    form = fill_in(exopen, companies=" ".join(company.number for company in companies), information_types=["accounts"])
    assert admin.post(f"{SUBSCRIPTIONS}add/", form).status_code == 302
    subscription = Subscription.objects.get()
    assert subscription.subscribed_companies.count() == 2000
    with CaptureQueriesContext(connection) as captured:
        page = admin.get(f"{SUBSCRIPTIONS}{subscription.pk}/change/")
    assert "Chart of accounts 2,000" in text_of(page)
    assert len([query for query in captured if "SAVEPOINT" not in query["sql"]]) <= 12


def test_deleting_says_what_is_lost_and_asks(admin: Client) -> None:
    company = factories.CompanyFactory.create()
    subscription = factories.make_subscription("suppliers")
    factories.SupplierFactory.create_batch(2, company=company)
    fan_out.drain()
    url = f"{SUBSCRIPTIONS}{subscription.pk}/delete/"
    text = text_of(admin.get(url))
    assert "2 queued rows that the integration hasn't fetched" in text
    assert Subscription.objects.exists()
    admin.post(url, {"post": "yes"})
    assert not Subscription.objects.exists()


def test_the_action_leads_to_the_transfers_page(admin: Client) -> None:
    chosen = [factories.make_subscription(integration_id=name).pk for name in ("A", "B")]
    action = {"action": "transfer_chosen", "_selected_action": chosen[:1]}
    page = admin.post(SUBSCRIPTIONS, action)
    assert page["Location"] == f"/admin/onetime_transfer/transfer/add/?subscription={chosen[0]}"
    page = admin.post(SUBSCRIPTIONS, {**action, "_selected_action": chosen}, follow=True)
    assert [one.pk for one in page.context["form"].offered] == chosen


def test_a_subscription_is_copied_into_a_form_that_makes_nothing_yet(admin: Client, exopen: Application) -> None:
    company = factories.CompanyFactory.create(number="100")
    original = factories.make_subscription(
        "accounts", name="Exopen", application=exopen, companies=[company], negative_selection=True, own_changes=False
    )
    page = admin.post(SUBSCRIPTIONS, {"action": "copy_chosen", "_selected_action": [original.pk]}, follow=True)
    initial = page.context["adminform"].form.initial
    assert initial["companies"] == [company]
    assert (initial["name"], initial["information_types"], initial["active"]) == ("Exopen (copy)", ["accounts"], False)
    assert (initial["negative_selection"], initial["own_changes"]) == (True, False)
    assert initial["application"] == exopen.pk
    assert "integration_id" not in initial
    assert "A copy starts inactive" in text_of(page)
    assert Subscription.objects.count() == 1


def test_a_copy_of_what_isnt_there_is_an_empty_form(admin: Client) -> None:
    for number in ("1", "x", "9" * 40):
        assert admin.get(f"{SUBSCRIPTIONS}add/?copy={number}").status_code == 200


def test_deactivating_and_activating_ask_with_numbers_and_offer_the_way_back(admin: Client) -> None:
    factories.CompanyFactory.create_batch(3)
    subscription = factories.make_subscription("suppliers", "customers", integration_id="EXOPEN")
    factories.SupplierFactory.create()
    fan_out.drain()
    Resync.objects.all().delete()
    url = f"{SUBSCRIPTIONS}deactivate/?ids={subscription.pk}"
    assert "EXOPEN A subscription 1 4 8" in text_of(admin.get(url))
    assert Subscription.objects.get().active
    page = admin.post(url, follow=True)
    assert "EXOPEN is inactive. Activate again" in text_of(page)
    assert not Subscription.objects.get().active
    url = f"{SUBSCRIPTIONS}activate/?ids={subscription.pk}"
    assert url in page.content.decode()
    assert "EXOPEN is active. Deactivate again" in text_of(admin.post(url, follow=True))
    assert Resync.objects.count() == 8
    assert "There is nothing to do" in text_of(admin.get(url))


def test_several_are_switched_from_the_list(admin: Client) -> None:
    chosen = [factories.make_subscription().pk for _ in range(2)]
    page = admin.post(SUBSCRIPTIONS, {"action": "deactivate_chosen", "_selected_action": chosen}, follow=True)
    assert "Deactivate the subscriptions?" in text_of(page)
    assert Subscription.objects.filter(active=True).count() == 2
    admin.post(page.redirect_chain[-1][0])
    assert not Subscription.objects.filter(active=True).exists()


def test_odd_ids_lead_nowhere(admin: Client) -> None:
    for ids in ("", "x", "1,,2", "9" * 40):
        assert "There is nothing to do" in text_of(admin.get(f"{SUBSCRIPTIONS}activate/?ids={ids}"))


def test_the_list_is_filtered_by_what_waits_by_type_and_by_company(admin: Client) -> None:
    first, second = factories.CompanyFactory.create_batch(2)
    factories.make_subscription("suppliers", integration_id="ALL")
    factories.make_subscription("customers", integration_id="CHOSEN", companies=[first])
    factories.make_subscription("customers", integration_id="EXCEPT", companies=[first], negative_selection=True)
    factories.SupplierFactory.create(company=first)
    fan_out.drain()
    Resync.objects.filter(subscription__integration_id="ALL").delete()

    def found(**filters: Any) -> set[str]:
        page = admin.get(SUBSCRIPTIONS, filters)
        return {subscription.integration_id for subscription in page.context["cl"].result_list}

    assert found(waits="transfer") == {"CHOSEN", "EXCEPT"}
    assert found(waits="rows") == {"ALL"}
    assert found(waits="nothing") == {"CHOSEN", "EXCEPT"}
    assert found(type="suppliers") == {"ALL"}
    assert found(companies__id__exact=first.pk) == {"ALL", "CHOSEN"}
    assert found(companies__id__exact=second.pk) == {"ALL", "EXCEPT"}
    assert found(q="chos") == {"CHOSEN"}


def test_a_new_subscription_leads_to_what_it_doesnt_have_yet(admin: Client, exopen: Application) -> None:
    factories.CompanyFactory.create()
    page = admin.post(f"{SUBSCRIPTIONS}add/", fill_in(exopen), follow=True)
    assert "EXOPEN is made. Below stands what the integration doesn't have yet." in text_of(page)
    assert "Transfer all that is missing" in text_of(page)


def test_the_list_is_exported_with_times_and_plain_numbers(admin: Client) -> None:
    factories.make_subscription("suppliers", integration_id="EXOPEN")
    factories.SupplierFactory.create_batch(1500)
    fan_out.drain()
    answer: Any = admin.get(f"{SUBSCRIPTIONS}export/csv/")
    exported = b"".join(answer.streaming_content).decode()
    row = next(line for line in exported.splitlines() if "EXOPEN" in line)
    assert "1500" in row
    assert "ago" not in row


def test_whoever_may_only_look_reads_names_and_has_nothing_to_press(client: Client) -> None:
    subscription = factories.make_subscription("suppliers")
    user = factories.UserFactory.create(is_staff=True)
    factories.give(user, "subscriptions.view_subscription")
    client.force_login(user)
    page = client.get(f"/admin/subscriptions/subscription/{subscription.pk}/change/").content.decode()
    assert "All companies" in page
    assert "InformationType(" not in page
    assert "data-choice" not in page
    refused = client.get(f"/admin/subscriptions/subscription/{subscription.pk}/policy/")
    assert refused.status_code == 403
    assert "You may not see this page" in refused.content.decode()


def test_an_offices_people_make_its_subscription_and_its_clients_people_dont_see_it(client: Client) -> None:
    office = factories.OfficeFactory.create(name="Svea Redovisning")
    mine, stranger = factories.CompanyFactory.create_batch(2)
    add_client(office=office, company=mine)
    factories.OfficeFactory.create(name="Another office")
    verbs = ("view", "add", "change")
    names = [
        *(f"subscriptions.{verb}_subscription" for verb in verbs),
        "ledger.view_company",
        "access.view_application",
    ]
    bookkeeper, owner = factories.UserFactory.create_batch(2, is_staff=True)
    factories.give(bookkeeper, *names, office=office)
    factories.give(owner, *names, company=mine)
    bookkeeper.user_permissions.add(factories.permission("access.view_application"))
    application = factories.ApplicationFactory.create()

    client.force_login(bookkeeper)
    page = client.get(f"{SUBSCRIPTIONS}add/").content.decode()
    assert "Svea Redovisning" in page
    assert "Another office" not in page
    wrong = fill_in(application, companies=stranger.number, information_types=["suppliers"], office=office.pk)
    assert list(errors_of(client.post(f"{SUBSCRIPTIONS}add/", wrong))) == ["companies"]
    everything = fill_in(application, information_types=["suppliers"])
    assert list(errors_of(client.post(f"{SUBSCRIPTIONS}add/", everything))) == ["companies"]
    of_office = fill_in(application, information_types=["suppliers"], office=office.pk)
    assert client.post(f"{SUBSCRIPTIONS}add/", of_office).status_code == 302
    made = Subscription.objects.get()
    assert (made.office, list(made.selected_companies())) == (office, [mine])
    assert client.get(f"{SUBSCRIPTIONS}{made.pk}/change/").status_code == 200

    client.force_login(owner)
    assert client.get(f"{SUBSCRIPTIONS}{made.pk}/change/").status_code == 404
    assert made.integration_id not in client.get(SUBSCRIPTIONS).content.decode()
    assert "Svea Redovisning" not in client.get(f"{SUBSCRIPTIONS}add/").content.decode()


def test_companies_are_searched_among_the_clients_of_the_office_chosen(admin: Client) -> None:
    office, mine = factories.OfficeFactory.create(), factories.CompanyFactory.create()
    add_client(office=office, company=mine)
    found = admin.post(f"{SUBSCRIPTIONS}companies/", {"q": "", "office": office.pk}).json()
    assert found["found"] == [[mine.number, mine.name]]


def test_the_live_sentence_tells_of_the_offices_clients(admin: Client) -> None:
    office = factories.OfficeFactory.create(name="Svea Redovisning")
    clients = factories.CompanyFactory.create_batch(3)
    for company in clients:
        add_client(office=office, company=company)

    def sentence(**choice: Any) -> str:
        form = {"information_types": ["suppliers"], "office": office.pk, **choice}
        return admin.post(reverse("choice_means"), form).content.decode()

    assert "all clients of Svea Redovisning, those that join later too" in sentence()
    assert "3 of 3 companies" in sentence()
    one = clients[0].number
    assert "the 1 chosen client of Svea Redovisning only" in sentence(companies=one)
    assert "except the 1 chosen" in sentence(companies=one, negative_selection="on")
    assert "2 of 3 companies" in sentence(companies=one, negative_selection="on")


def test_a_preview_shows_rows_of_the_offices_clients_alone(admin: Client) -> None:
    office, mine = factories.OfficeFactory.create(), factories.CompanyFactory.create()
    add_client(office=office, company=mine)
    for company in (mine, factories.CompanyFactory.create()):
        factories.SupplierFactory.create(company=company, name=f"Supplier of {company.number}")
    choice = {"information_types": ["suppliers"], "office": office.pk, "own_changes": "on"}
    page = admin.post(reverse("choice_preview"), choice).content.decode()
    assert page.count("&quot;Supplier of") == 1
