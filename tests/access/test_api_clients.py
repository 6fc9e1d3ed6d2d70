"""`/api/v1/keys/{public_id}/clients`: which clients an office's key is for, by keys that may say so."""

from typing import Any

import pytest

from access.grants import ADD, CHANGE, DELETE
from access.models import ApiKey, ClientAccess, ClientGrant
from access.services import revoke_key
from history.models import Change
from ledger.models import Company
from tests.access.offices import Bureau, caller, grant, make_template, numbers
from tests.access.probe import errors, problem
from tests.factories import CompanyFactory, SuperuserFactory, make_key

pytestmark = pytest.mark.django_db

VIEW = "access.view_clientgrant"
READ, WRITE = "ledger.view_supplier", "ledger.add_supplier"


class Software(Bureau):
    """An office's own software: its key administers what another key of the office may do."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.give(ADD, CHANGE, DELETE, VIEW, READ)
        self.own, text = self.make_key(name="Software")
        self.caller = caller(text)
        self.administering = make_template(ADD, CHANGE, DELETE, VIEW, name="Administering")
        grant(self.own, self.administering, *self.clients)
        self.key, _text = self.make_key(name="The other")
        self.template = make_template(READ, name="Reading")
        self.url = f"/api/v1/keys/{self.key.public_id}/clients"

    def post(self, *clients: str, template: str = "Reading", key: ApiKey | None = None) -> Any:
        """Grant."""
        url = f"/api/v1/keys/{(key or self.key).public_id}/clients"
        body = {"clients": clients, "template": template}
        return self.caller.post(url, body, content_type="application/json")

    def delete(self, *clients: str) -> Any:
        """Withdraw."""
        return self.caller.delete(self.url, query_params={"client": clients})

    def granted(self) -> dict[str, str]:
        """The clients of the other key, with their templates."""
        return dict(ClientGrant.objects.filter(key=self.key).values_list("company__number", "template__name"))


@pytest.fixture
def office() -> Software:
    return Software()


def test_clients_are_granted_listed_and_withdrawn(office: Software) -> None:
    first, second, third = sorted(numbers(office.clients))
    made = office.post(first, second)
    assert made.json() == {"added": [first, second], "changed": [], "unchanged": []}
    make_template(READ, WRITE, name="Writing")
    ClientGrant.objects.filter(company__number=second, key=office.key).update(template=office.administering)
    again = office.post(first, second, third)
    assert again.json() == {"added": [third], "changed": [second], "unchanged": [first]}
    listed = office.caller.get(office.url).json()
    row = {"template": "Reading", "api_access": True, "rights": [READ]}
    assert listed == {
        "next": None,
        "previous": None,
        "results": [{"company": number, **row} for number in (first, second, third)],
    }
    assert office.delete(first, second).json() == {"withdrawn": [first, second]}
    assert office.delete(first, second).json() == {"withdrawn": []}
    assert office.granted() == {third: "Reading"}


def test_who_granted_what_stands_in_the_audit_log(office: Software) -> None:
    number = office.clients[0].number
    office.post(number)
    found = Change.objects.get(subject="access.clientgrant", object_name__startswith="The other")
    assert found.key_name == str(office.own)
    assert found.company == office.clients[0]


def test_an_error_is_told_of_each_number_and_nothing_is_granted(office: Software) -> None:
    first, second, third = office.clients
    ClientAccess.objects.filter(company=second).update(api_access=False)
    stranger = CompanyFactory.create()
    answer = office.post(first.number, second.number, stranger.number, "nobody")
    assert errors(answer) == [(f"clients.{place}", "does_not_exist") for place in (1, 2, 3)]
    ClientGrant.objects.filter(key=office.own, company=third).update(template=make_template(READ, name="Other"))
    refused = problem(office.post(first.number, third.number), 403, "permission_denied")
    assert [(one["field"], one["code"]) for one in refused["errors"]] == [("clients.1", "permission_denied")]
    assert office.granted() == {}


def test_what_may_be_withdrawn_is_decided_for_each_client(office: Software) -> None:
    first, second, _third = office.clients
    office.post(first.number, second.number)
    ClientGrant.objects.filter(key=office.own, company=second).update(template=make_template(ADD, name="Adding"))
    refused = problem(office.delete(first.number, second.number), 403, "permission_denied")
    assert [one["field"] for one in refused["errors"]] == ["client.1"]
    assert errors(office.delete(first.number, "nobody")) == [("client.1", "does_not_exist")]
    assert errors(office.caller.delete(office.url)) == [("client", "required")]
    assert len(office.granted()) == 2


def test_a_key_grants_itself_nothing(office: Software) -> None:
    answer = office.post(office.clients[0].number, key=office.own)
    problem(answer, 403, "permission_denied")
    assert ClientGrant.objects.filter(key=office.own, template=office.template).count() == 0


def test_a_template_that_holds_more_than_the_owner_may_is_refused(office: Software) -> None:
    make_template(READ, WRITE, name="Writing")
    refused = problem(office.post(office.clients[0].number, template="Writing"), 403, "permission_denied")
    assert [one["field"] for one in refused["errors"]] == ["template"]
    assert WRITE in refused["errors"][0]["detail"]


def test_the_offices_own_template_comes_before_the_one_of_all_and_anothers_is_not_there(office: Software) -> None:
    make_template(READ, office=Bureau().office, name="Foreign")
    assert errors(office.post(office.clients[0].number, template="Foreign")) == [("template", "does_not_exist")]
    own = make_template(READ, office=office.office, name="Reading")
    office.post(office.clients[0].number)
    assert ClientGrant.objects.get(key=office.key).template == own


def test_a_revoked_key_takes_no_clients_and_has_no_rights(office: Software) -> None:
    office.post(office.clients[0].number)
    revoke_key(key=office.key)
    problem(office.post(office.clients[1].number), 400, "invalid")
    (row,) = office.caller.get(office.url).json()["results"]
    assert row["rights"] == []


def test_a_key_of_another_office_and_any_other_key_is_not_found(office: Software) -> None:
    foreign, _text = Bureau().make_key()
    end_user, _text = make_key(owner=office.user, company=office.clients[0])
    for key in (foreign, end_user):
        problem(office.post(office.clients[0].number, key=key), 404, "not_found")
        problem(office.caller.get(f"/api/v1/keys/{key.public_id}/clients"), 404, "not_found")
    problem(office.caller.get("/api/v1/keys/nobody/clients"), 404, "not_found")
    problem(office.caller.get("/api/v1/keys/a%00b/clients"), 404, "not_found")


def test_an_end_users_key_finds_no_office_key_whatever_its_owner_may(office: Software) -> None:
    for company in (office.clients[0], office.office.company):
        _key, text = make_key(owner=SuperuserFactory.create(), company=company)
        problem(caller(text).get(office.url), 404, "not_found")


def test_a_key_of_the_whole_installation_administers_what_its_owner_may(office: Software) -> None:
    office.post(office.clients[0].number)
    everything = caller(make_key()[1])
    assert len(everything.get(office.url).json()["results"]) == 1
    _key, text = make_key(owner=office.user)
    assert len(caller(text).get(office.url).json()["results"]) == 1
    other = Bureau()
    other.give(VIEW)
    _key, text = make_key(owner=other.user)
    problem(caller(text).get(office.url), 404, "not_found")


def test_clients_out_of_the_callers_sight_are_not_listed(office: Software) -> None:
    first, second, third = office.clients
    office.post(first.number, second.number, third.number)
    ClientAccess.objects.filter(company=second).update(api_access=False)
    ClientAccess.objects.filter(company=third).delete()
    shown = [one["company"] for one in office.caller.get(office.url).json()["results"]]
    assert shown == [first.number]
    ClientAccess.objects.update(api_access=False)
    problem(office.caller.get(office.url), 404, "not_found")
    seen = caller(make_key()[1]).get(office.url).json()["results"]
    assert [(one["company"], one["api_access"], one["rights"]) for one in seen] == [
        (number, False, []) for number in sorted([first.number, second.number])
    ]


def test_a_right_is_needed_for_each_method(office: Software) -> None:
    ClientGrant.objects.filter(key=office.own).update(template=make_template(READ, name="Other"))
    number = office.clients[0].number
    for answer in (office.caller.get(office.url), office.post(number), office.delete(number)):
        problem(answer, 403, "permission_denied")


def test_the_same_number_twice_is_one_client_and_none_is_a_mistake(office: Software) -> None:
    number = office.clients[0].number
    assert office.post(number, number).json()["added"] == [number]
    assert errors(office.post()) == [("clients", "min_length")]
    assert Company.objects.filter(client_grants__key=office.key).count() == 1
