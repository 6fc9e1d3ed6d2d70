"""The e-mail portal of a company over REST: read, chosen by, switched."""

from datetime import timedelta
from typing import Any

import pytest
from pytest_django import Settings

from history.models import Change
from inbox import addresses
from inbox.models import Portal
from ledger.models import Company
from tests import factories
from tests.access.probe import problem
from tests.integrators import body
from tests.registers.reader import Reader, errors_of
from tests.registers.writer import Writer

pytestmark = pytest.mark.django_db

PAGE = "companies/100"


@pytest.fixture(autouse=True)
def unthrottled(settings: Settings) -> None:
    settings.UTKORG_THROTTLE_RATES = {}


@pytest.fixture
def company() -> Company:
    factories.CompanyFactory.create(number="200")
    return factories.CompanyFactory.create(number="100", name="Övningsbolaget AB")


@pytest.fixture
def writer(company: Company) -> Writer:
    return Writer()


def address_of(company: Company) -> str:
    return str(addresses.current(Portal.objects.get(company=company)))


def switch(writer: Writer, to: bool, **headers: str) -> Any:
    return writer.patch(PAGE, {"invoice_portal": to}, **headers)


def test_a_portal_is_switched_on_and_off_and_the_address_comes_back(writer: Writer, company: Company) -> None:
    assert (body(writer.get(PAGE))["invoice_portal"], body(writer.get(PAGE))["invoice_email"]) == (False, None)
    on = switch(writer, to=True)
    address = body(on)["invoice_email"]
    assert body(on)["invoice_portal"] is True
    assert address.startswith("ovningsbolaget-ab-")
    assert addresses.find(address) is not None
    assert writer.get(PAGE).content == on.content
    off = switch(writer, to=False)
    assert (body(off)["invoice_portal"], body(off)["invoice_email"]) == (False, None)
    assert addresses.find(address) is None
    assert body(switch(writer, to=True))["invoice_email"] == address
    assert Portal.objects.count() == 1


def test_the_tag_of_a_company_tells_of_its_portal(writer: Writer, company: Company) -> None:
    before = writer.get(PAGE)["ETag"]
    on = switch(writer, to=True, If_Match=before)
    assert on["ETag"] == writer.get(PAGE)["ETag"] != before
    problem(switch(writer, to=False, If_Match=before), 412, "precondition_failed")
    addresses.replace(portal=Portal.objects.get(), works_for=timedelta(days=30))
    assert writer.get(PAGE, {"If-None-Match": on["ETag"]}).status_code == 200
    assert body(writer.get(PAGE))["invoice_email"] == address_of(company)


def test_companies_are_chosen_by_their_portals(writer: Writer, company: Company) -> None:
    def numbers(**query: str) -> list[str]:
        return [row["number"] for row in writer.rows("companies", **query)]

    assert (numbers(invoice_portal="true"), numbers(invoice_portal="false")) == ([], ["100", "200"])
    portal = addresses.switch_on(company=company)
    first = address_of(company)
    addresses.replace(portal=portal, works_for=timedelta(days=30))
    current = address_of(company)
    assert (numbers(invoice_portal="true"), numbers(invoice_portal="false")) == (["100"], ["200"])
    assert (numbers(invoice_email=current), numbers(invoice_email=current.upper())) == (["100"], ["100"])
    assert (numbers(invoice_email=first), numbers(invoice_email="x"), numbers(invoice_email="")) == ([], [], ["200"])
    assert writer.rows("companies", fields="number,invoice_email") == [
        {"number": "100", "invoice_email": current},
        {"number": "200", "invoice_email": None},
    ]
    assert errors_of(writer.get("companies", invoice_portal="yes")) == {"invoice_portal": "invalid"}


def test_companies_whose_portal_was_changed_have_changed(writer: Writer, company: Company) -> None:
    def changed(since: str) -> list[str]:
        return [row["number"] for row in writer.rows("companies", changed_since=since, limit=1)]

    portal = addresses.switch_on(company=Company.objects.get(number="200"))
    for _time in range(2):
        addresses.replace(portal=portal, works_for=timedelta(days=30))
    after = portal.addresses.latest("made_at").made_at + timedelta(microseconds=1)
    addresses.switch_on(company=company)
    assert changed(after.isoformat()) == ["100"]
    addresses.switch_off(company=portal.company)
    rows = writer.all("companies", changed_since=after.isoformat(), limit=1)
    assert [row["number"] for row in rows] == ["100", "200"]


def test_the_address_of_a_company_that_takes_no_mail_is_not_told(writer: Writer, company: Company) -> None:
    switch(writer, to=True)
    row = body(writer.patch(PAGE, {"active": False}))
    assert (row["invoice_portal"], row["invoice_email"]) == (True, None)
    assert [row["number"] for row in writer.rows("companies", invoice_email="")] == ["100", "200"]


def test_a_domain_with_strange_characters_breaks_nothing(writer: Writer, settings: Settings) -> None:
    settings.UTKORG_MAIL_DOMAIN = "it's%s.se"
    assert body(switch(writer, to=True))["invoice_email"].endswith("@it's%s.se")


def key_with(company: Company, *permissions: str) -> Writer:
    user = factories.UserFactory.create()
    factories.give(user, *permissions, company=company)
    return Writer(factories.make_key(owner=user, company=company)[1])


def test_the_right_to_the_portal_is_asked_for(company: Company) -> None:
    changes = key_with(company, "ledger.change_company")
    problem(switch(changes, to=True), 403, "permission_denied")
    both = {"name": "New", "invoice_portal": True}
    problem(changes.patch(PAGE, both), 403, "permission_denied")
    switches = key_with(company, "inbox.change_portal")
    problem(switches.patch(PAGE, both), 403, "permission_denied")
    problem(switches.patch(PAGE, {"name": "New"}), 403, "permission_denied")
    problem(switches.patch("companies/200", {"invoice_portal": True}), 404, "not_found")
    assert not Portal.objects.exists()
    assert body(switch(switches, to=True))["name"] == "Övningsbolaget AB"
    assert body(key_with(company, "inbox.change_portal", "ledger.change_company").patch(PAGE, both))["name"] == "New"


def test_a_bad_switch_changes_nothing(writer: Writer, company: Company) -> None:
    for value in ("true", None, 1):
        assert errors_of(writer.patch(PAGE, {"invoice_portal": value}))["invoice_portal"] in {"invalid", "null"}
    assert errors_of(writer.patch(PAGE, {"invoice_portal": True, "invoice_email": "a@b.se"})) == {
        "invoice_email": "unknown_parameter"
    }
    assert errors_of(writer.patch(PAGE, "{")) == {None: "parse_error"}
    assert not Portal.objects.exists()


def test_the_history_tells_which_key_switched_it(writer: Writer, company: Company) -> None:
    switch(writer, to=True)
    change = Change.objects.get(subject="inbox.portal")
    assert change.company_id == company.pk
    assert change.key_name


def test_a_list_of_companies_takes_no_query_more(company: Company, django_assert_max_num_queries: Any) -> None:
    reader = Reader()
    reader.rows("companies")
    for number in range(300, 330):
        addresses.switch_on(company=factories.CompanyFactory.create(number=str(number)))
    with django_assert_max_num_queries(8):
        rows = reader.rows("companies", limit="1000")
    assert sum(row["invoice_portal"] for row in rows) == 30
