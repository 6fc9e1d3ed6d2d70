"""Accounting offices: whoever administers the installation makes them and gives them clients, many at once."""

import pytest
from django.test import Client

from access.models import ClientAccess, Office
from tests import factories
from tests.access.clients import Practice, make_practice, signed_in
from tests.ledger.admin_client import text_of

pytestmark = pytest.mark.django_db

OFFICES = "/admin/access/office/"


@pytest.fixture
def practice() -> Practice:
    return make_practice()


@pytest.fixture
def boss() -> Client:
    return signed_in(factories.SuperuserFactory.create())


def numbers_of(office: Office) -> list[str]:
    return list(
        ClientAccess.objects.filter(office=office).order_by("company").values_list("company__number", flat=True)
    )


def test_an_office_is_made_and_listed_with_its_clients(practice: Practice, boss: Client) -> None:
    own = factories.CompanyFactory.create(number="900")
    boss.post(f"{OFFICES}add/", {"name": "Ny byrå", "company": own.pk})
    assert Office.objects.get(company=own).name == "Ny byrå"
    page = boss.get(OFFICES)
    assert {(office.name, office.clients_counted) for office in page.context["cl"].result_list} == {
        ("Byrån", 4),
        ("Ny byrå", 0),
    }


def test_clients_are_pasted_and_searched_asked_about_and_added(practice: Practice, boss: Client) -> None:
    searched, first, second = (factories.CompanyFactory.create(number=number) for number in ("601", "602", "603"))
    url = f"{OFFICES}{practice.office.pk}/clients/"
    filled_in = {"companies": [searched.pk], "numbers": f"{first.number}, 501\n{second.number};602"}
    asked = text_of(boss.post(url, filled_in))
    assert "Make 3 companies clients of Byrån?" in asked
    assert "Are clients already 501 Klient 501" in asked
    assert len(numbers_of(practice.office)) == 4
    told = text_of(boss.post(url, {**filled_in, "confirmed": "yes"}, follow=True))
    assert "3 companies are clients of Byrån now." in told
    assert set(numbers_of(practice.office)) == {"501", "502", "503", "504", "601", "602", "603"}


@pytest.mark.parametrize(
    ("numbers", "why"),
    [
        ("", "Choose at least one company."),
        ("601 999", "There is no company with number 999."),
        ("601 701", "Another accounting office keeps the books of 701 Klient 701."),
        ("601 {own}", "is the office's own company, so it can't be a client of it."),
    ],
)
def test_what_cant_be_a_client_is_named_and_nothing_is_added(
    practice: Practice, boss: Client, numbers: str, why: str
) -> None:
    factories.CompanyFactory.create(number="601")
    make_practice(name="Another", first=701)
    filled_in = {"numbers": numbers.format(own=practice.office.company.number), "confirmed": "yes"}
    assert why in text_of(boss.post(f"{OFFICES}{practice.office.pk}/clients/", filled_in))
    assert len(numbers_of(practice.office)) == 4


def test_an_offices_own_people_add_no_companies_of_others(practice: Practice) -> None:
    factories.CompanyFactory.create(number="601")
    member = practice.member(
        ["access.view_office", "access.add_office", "access.add_clientaccess", "ledger.view_company"]
    )
    browser = signed_in(member)
    url = f"{OFFICES}{practice.office.pk}/clients/"
    assert "There is no company with number 601." in text_of(browser.post(url, {"numbers": "601", "confirmed": "yes"}))
    assert browser.get(f"{OFFICES}add/").status_code == 403
    other = make_practice(name="Another", first=701)
    assert browser.get(f"{OFFICES}{other.office.pk}/clients/").status_code == 404


def test_whoever_may_only_look_adds_none(practice: Practice) -> None:
    browser = signed_in(practice.member(["access.view_office"]))
    assert browser.get(f"{OFFICES}{practice.office.pk}/change/").status_code == 200
    assert browser.get(f"{OFFICES}{practice.office.pk}/clients/").status_code == 403


def test_an_office_that_has_clients_isnt_deleted(practice: Practice, boss: Client) -> None:
    boss.post(f"{OFFICES}{practice.office.pk}/delete/", {"post": "yes"})
    assert Office.objects.filter(pk=practice.office.pk).exists()
