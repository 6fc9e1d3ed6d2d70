"""Choosing companies: by number, by search, by the hundred."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from access.http.admin.company_picker import MOST_SHOWN, CompaniesField, numbers_in
from tests import factories
from tests.ledger.admin_client import errors_of, signed_in, text_of

pytestmark = pytest.mark.django_db
SUBSCRIPTIONS = "/admin/subscriptions/subscription/"
SEARCH = f"{SUBSCRIPTIONS}companies/"


@pytest.fixture
def admin() -> Client:
    return signed_in()


def test_numbers_are_read_whatever_stands_between_them() -> None:
    assert numbers_in("100, 200;300\n400\t500  100") == ["100", "200", "300", "400", "500"]
    assert numbers_in(" , ") == []


def test_numbers_that_no_company_has_are_named_at_the_field(admin: Client) -> None:
    factories.CompanyFactory.create(number="100")
    form = {
        "integration_id": "EXOPEN",
        "name": "Exopen",
        "information_types": ["accounts"],
        "companies": "100 998 999",
        "application": factories.ApplicationFactory.create().pk,
    }
    page = admin.post(f"{SUBSCRIPTIONS}add/", form)
    assert errors_of(page) == {"companies": ["There are no companies with numbers 998, 999."]}
    # What was typed is still there, and with it the company that exists.
    assert ">100 998 999</textarea>" in page.content.decode()


def test_the_same_choice_in_another_order_is_no_change() -> None:
    companies = factories.CompanyFactory.create_batch(2)
    field = CompaniesField(required=False)
    numbers = [company.number for company in companies]
    assert not field.has_changed(companies, numbers[::-1])
    assert field.has_changed(companies, numbers[:1])


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", ["100", "101", "200"]),
        ("10", ["100", "101"]),
        ("bygg", ["101", "200"]),
        ("bygg 2", ["200"]),
        ("5560", ["100"]),
    ],
)
def test_companies_are_found_by_number_name_and_organisation_number(admin: Client, text: str, found: list[str]) -> None:
    factories.CompanyFactory.create(number="100", name="Handel", organisation_number="556000-1")
    factories.CompanyFactory.create(number="101", name="Bygg i Luleå")
    factories.CompanyFactory.create(number="200", name="Umeå Bygg")
    answer = admin.post(SEARCH, {"q": text}).json()
    assert [number for number, _name in answer["found"]] == found
    assert answer["count"] == len(found)


def test_few_are_shown_and_all_are_chosen(admin: Client) -> None:
    factories.CompanyFactory.create_batch(MOST_SHOWN + 10)
    shown = admin.post(SEARCH, {"q": ""}).json()
    assert (len(shown["found"]), shown["count"]) == (MOST_SHOWN, MOST_SHOWN + 10)
    assert len(admin.post(SEARCH, {"q": "", "all": "1"}).json()["found"]) == MOST_SHOWN + 10


def test_pasted_numbers_are_looked_up_at_once(admin: Client) -> None:
    factories.CompanyFactory.create(number="100")
    factories.CompanyFactory.create(number="200")
    with CaptureQueriesContext(connection) as captured:
        answer = admin.post(SEARCH, {"numbers": "200\n100, 999"}).json()
    assert [number for number, _name in answer["found"]] == ["100", "200"]
    assert answer["says"] == "There is no company with number 999."
    assert len(captured) <= 4


def test_two_thousand_chosen_are_one_text(admin: Client) -> None:
    companies = factories.CompanyFactory.create_batch(2000)
    subscription = factories.make_subscription("accounts", companies=companies)
    page = admin.get(f"{SUBSCRIPTIONS}{subscription.pk}/change/").content.decode()
    assert " ".join(sorted(company.number for company in companies)) in page
    assert page.count("<option") < 10


def test_the_search_is_only_for_who_may_see_companies(client: Client) -> None:
    client.force_login(factories.UserFactory.create(is_staff=True))
    assert client.post(SEARCH, {"q": ""}).status_code == 403


def test_without_scripts_the_field_is_one_of_numbers(admin: Client) -> None:
    text = text_of(admin.get(f"{SUBSCRIPTIONS}add/"))
    assert "3. Companies" in text
