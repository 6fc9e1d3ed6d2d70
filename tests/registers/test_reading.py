"""Registers read over REST: what is read is what subscribers get, and nothing else."""

import json
from typing import Any
from urllib.parse import quote

import pytest
from pytest_django import Settings

from information_types import registry
from information_types.definition import InformationType
from revisions import fan_out
from tests import factories
from tests.integrators import Integrator
from tests.registers import make_some_of_each
from tests.registers.reader import Reader, errors_of

pytestmark = pytest.mark.django_db(transaction=True)

TYPES = registry.all_types()
EVERY_TYPE = pytest.mark.parametrize("known", TYPES, ids=[known.name for known in TYPES])


@pytest.fixture(autouse=True)
def unthrottled(settings: Settings) -> None:
    settings.UTKORG_THROTTLE_RATES = {}


def slug(known: InformationType) -> str:
    return known.name.replace("_", "-")


def address(known: InformationType, row: dict[str, Any]) -> str:
    return "/".join([slug(known), *(quote(str(row[name]), safe="") or "~" for name in known.key)])


@EVERY_TYPE
def test_rows_are_byte_for_byte_what_subscribers_get(known: InformationType) -> None:
    integrator = Integrator(factories.make_subscription(known.name))
    books = factories.make_books()
    make_some_of_each(books)
    make_some_of_each(factories.make_books())
    fan_out.drain()
    sent = integrator.get("revisions", company=books.company.number).content.decode()
    reader = Reader()

    answer = reader.get(slug(known), company=books.company.number).content.decode()
    rows = json.loads(answer)["results"]
    items = [reader.get(address(known, row)).content.decode() for row in rows]

    assert len(items) == len(json.loads(sent)["rows"]) >= 2
    assert [json.loads(item) for item in items] == rows
    assert all(item in sent for item in items)
    assert answer == f'{{"next":null,"previous":null,"results":[{",".join(items)}]}}'


@EVERY_TYPE
def test_pages_hold_every_row_once_there_and_back(known: InformationType) -> None:
    books = factories.make_books()
    make_some_of_each(books)
    reader = Reader()
    everything = reader.rows(slug(known), company=books.company.number)
    paged = reader.all(slug(known), company=books.company.number, limit=1)
    assert paged == everything
    last = reader.page(slug(known), company=books.company.number, limit=1)
    while last["next"]:
        last = reader.follow(last["next"])
    back = list(last["results"])
    while last["previous"]:
        last = reader.follow(last["previous"])
        back = last["results"] + back
    assert back == everything


def test_companies_are_those_that_the_key_may_see() -> None:
    books, other = factories.make_books(number="100"), factories.make_books(number="200")
    user = factories.UserFactory.create()
    factories.give(user, "ledger.view_company", company=books.company)
    _key, text = factories.make_key(owner=user, company=books.company)
    reader = Reader(text)
    assert reader.rows("companies") == [
        {
            "number": "100",
            "name": "Company 100",
            "organisation_number": None,
            "currency": "SEK",
            "time_zone": "Europe/Stockholm",
            "active": True,
            "invoice_portal": False,
            "invoice_email": None,
        }
    ]
    assert reader.get("companies/100").json() == reader.rows("companies")[0]
    assert reader.get(f"companies/{other.company.number}").status_code == 404
    assert [row["number"] for row in Reader().rows("companies")] == ["100", "200"]


def test_a_company_must_be_named_and_what_is_unknown_is_refused() -> None:
    factories.make_books(number="100")
    reader = Reader()
    assert errors_of(reader.get("accounts")) == {"company": "required"}
    assert errors_of(reader.get("accounts", company="100", nmae="x", limit=0)) == {
        "nmae": "unknown_parameter",
        "limit": "min_value",
    }
    assert errors_of(reader.get("accounts", company="100", fields="number,nmae")) == {"fields": "unknown_field"}
    assert reader.get("accounts", company="999").status_code == 404
