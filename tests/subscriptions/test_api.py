"""`/api/v1/subscriptions`: the contract, to the letter."""

import dataclasses
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from access.clients import add_clients
from access.models import AccessTemplate, ApiKey, ClientGrant, KeyKind, KeyRights, Office
from information_types import registry
from ledger.models import Company
from subscriptions.models import Subscription
from tests.access.probe import errors, problem
from tests.factories import (
    ApplicationFactory,
    CompanyFactory,
    OfficeFactory,
    UserFactory,
    give,
    make_key,
    make_subscription,
    permission,
)

pytestmark = pytest.mark.django_db

URL = "/api/v1/subscriptions"
EXOPEN = {"integration_id": "EXOPEN", "name": "Exopen", "information_types": ["ledger_entries"]}


class Api:
    """A client that sends a key and JSON."""

    def __init__(self, key: ApiKey, text: str) -> None:
        self.key = key
        self.client = Client(headers={"Authorization": f"Bearer {text}"}, raise_request_exception=True)

    def get(self, path: str = "") -> Any:
        return self.client.get(f"{URL}{path}")

    def post(self, **body: Any) -> Any:
        return self.client.post(URL, body, content_type="application/json")

    def patch(self, integration_id: str, /, **body: Any) -> Any:
        return self.client.patch(f"{URL}/{integration_id}", body, content_type="application/json")

    def delete(self, integration_id: str) -> Any:
        return self.client.delete(f"{URL}/{integration_id}")


@pytest.fixture
def api() -> Api:
    return Api(*make_key())


@contextmanager
def nothing_changes() -> Iterator[None]:
    """Expect no subscription to be made, changed or deleted."""
    before = _everything()
    yield
    assert _everything() == before


def _everything() -> list[Any]:
    chosen = [sorted(one.companies.values_list("number", flat=True)) for one in Subscription.objects.all()]
    types = [[known.name for known in one.information_types] for one in Subscription.objects.all()]
    return [list(Subscription.objects.values()), chosen, types]


def test_a_subscription_is_made_with_its_defaults(api: Api) -> None:
    response = api.post(**EXOPEN)
    assert (response.status_code, response["Location"]) == (201, f"http://testserver{URL}/EXOPEN")
    expected = {
        "integration_id": "EXOPEN",
        "name": "Exopen",
        "office": None,
        "application": api.key.application.name,
        "companies": [],
        "negative_selection": False,
        "information_types": ["ledger_entries"],
        "own_changes": True,
        "active": True,
    }
    assert response.json() == expected
    assert api.get("/EXOPEN").json() == expected


def test_a_subscription_is_made_as_asked(api: Api) -> None:
    for number in ("200", "007"):
        CompanyFactory.create(number=number)
    asked = {
        "integration_id": "a.b-c_D",
        "name": "Å ä ö",
        "office": None,
        "application": api.key.application.name,
        "companies": ["200", "007"],
        "negative_selection": True,
        "information_types": ["suppliers", "accounts"],
        "own_changes": False,
        "active": False,
    }
    response = api.post(**asked)
    assert response.status_code == 201
    assert response.json() == {**asked, "companies": ["007", "200"], "information_types": ["accounts", "suppliers"]}


def test_every_registered_type_may_be_chosen(api: Api) -> None:
    names = [known.name for known in registry.all_types()]
    assert api.post(**{**EXOPEN, "information_types": names}).json()["information_types"] == names


def test_a_choice_made_twice_is_one(api: Api) -> None:
    CompanyFactory.create(number="100")
    response = api.post(**{**EXOPEN, "companies": ["100", "100"], "information_types": ["accounts", "accounts"]})
    assert (response.json()["companies"], response.json()["information_types"]) == (["100"], ["accounts"])


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        ({"integration_id": "with blank"}, ("integration_id", "invalid")),
        ({"integration_id": "Å"}, ("integration_id", "invalid")),
        ({"integration_id": "EXOPEN\n"}, ("integration_id", "invalid")),
        ({"integration_id": ""}, ("integration_id", "blank")),
        ({"integration_id": "x" * 65}, ("integration_id", "max_length")),
        ({"integration_id": 7}, ("integration_id", "invalid")),
        ({"name": ""}, ("name", "blank")),
        ({"name": None}, ("name", "null")),
        ({"name": "x" * 201}, ("name", "max_length")),
        ({"office": "1"}, ("office", "does_not_exist")),
        ({"application": "Somebody else's"}, ("application", "foreign_application")),
        ({"companies": ["nobody"]}, ("companies.0", "does_not_exist")),
        ({"companies": [100]}, ("companies.0", "invalid")),
        ({"companies": "100"}, ("companies", "not_a_list")),
        ({"companies": None}, ("companies", "null")),
        ({"negative_selection": "true"}, ("negative_selection", "invalid")),
        ({"negative_selection": 1}, ("negative_selection", "invalid")),
        ({"information_types": []}, ("information_types", "min_length")),
        ({"information_types": ["vouchers"]}, ("information_types.0", "invalid_choice")),
        ({"active": None}, ("active", "null")),
        ({"actve": True}, ("actve", "unknown_parameter")),
    ],
)
def test_what_cannot_be_is_refused_by_field(api: Api, wrong: dict[str, Any], expected: tuple[str, str]) -> None:
    with nothing_changes():
        assert expected in errors(api.post(**{**EXOPEN, **wrong}))


def test_what_is_missing_is_named(api: Api) -> None:
    named = ("integration_id", "name", "information_types")
    assert errors(api.post()) == [(name, "required") for name in named]


def test_an_integration_id_is_given_once(api: Api) -> None:
    api.post(**EXOPEN)
    with nothing_changes():
        assert errors(api.post(**EXOPEN)) == [("integration_id", "unique")]
    assert api.post(**{**EXOPEN, "integration_id": "exopen"}).status_code == 201


def test_a_negative_selection_without_companies_is_refused(api: Api) -> None:
    with nothing_changes():
        response = api.post(**EXOPEN, negative_selection=True)
        problem(response, 400, "empty_negative_selection")
    CompanyFactory.create(number="100")
    api.post(**EXOPEN, negative_selection=True, companies=["100"])
    with nothing_changes():
        problem(api.patch("EXOPEN", companies=[]), 400, "empty_negative_selection")


def test_a_change_is_of_what_it_names(api: Api) -> None:
    CompanyFactory.create(number="100")
    before = api.post(**EXOPEN, own_changes=False).json()
    for change in ({"name": "New"}, {"companies": ["100"]}, {"negative_selection": True}, {"active": False}):
        before |= change
        response = api.patch("EXOPEN", **change)
        assert (response.status_code, response.json()) == (200, before)
    assert api.get("/EXOPEN").json() == before


def test_a_whole_subscription_may_be_sent_back(api: Api) -> None:
    made = api.post(**EXOPEN).json()
    assert api.patch("EXOPEN", **made).json() == made


def test_an_integration_id_never_changes(api: Api) -> None:
    api.post(**EXOPEN)
    with nothing_changes():
        assert errors(api.patch("EXOPEN", integration_id="OTHER")) == [("integration_id", "unchangeable")]


@pytest.mark.parametrize(
    "wrong",
    [{"information_types": []}, {"application": "x"}, {"office": "1"}, {"companies": ["x"]}, {"x": 1}, {"name": ""}],
)
def test_a_wrong_change_changes_nothing(api: Api, wrong: dict[str, Any]) -> None:
    api.post(**EXOPEN)
    with nothing_changes():
        errors(api.patch("EXOPEN", **wrong))


def test_a_deleted_subscription_is_gone(api: Api) -> None:
    api.post(**EXOPEN)
    assert api.delete("EXOPEN").status_code == 204
    problem(api.get("/EXOPEN"), 404, "not_found")
    problem(api.delete("EXOPEN"), 404, "not_found")


def test_anothers_subscription_is_answered_like_one_that_does_not_exist(api: Api) -> None:
    theirs, _text = make_key()
    make_subscription(integration_id="THEIRS", application=theirs.application)
    with nothing_changes():
        for answer in (api.get, api.patch, api.delete):
            path = "/{}" if answer == api.get else "{}"
            foreign, absent = answer(path.format("THEIRS")), answer(path.format("NOBODYS"))
            problem(foreign, 404, "not_found")
            assert foreign.content == absent.content
    assert api.get().json()["results"] == []


def test_another_key_of_the_application_sees_the_same(api: Api) -> None:
    api.post(**EXOPEN)
    beside = Api(*make_key(application=api.key.application))
    assert beside.get("/EXOPEN").json() == api.get("/EXOPEN").json()


def test_each_method_needs_its_right() -> None:
    owner = UserFactory.create()
    membership = give(owner, "ledger.view_company")
    key, text = make_key(owner=owner)
    api = Api(key, text)
    make_subscription(integration_id="EXOPEN", application=key.application)
    calls: dict[str, Callable[[], Any]] = {
        "view": lambda: api.get("/EXOPEN"),
        "add": lambda: api.post(**{**EXOPEN, "integration_id": "NEW"}),
        "change": lambda: api.patch("EXOPEN", name="New"),
        "delete": lambda: api.delete("EXOPEN"),
    }
    for right, call in calls.items():
        name = f"subscriptions.{right}_subscription"
        with nothing_changes():
            problem(call(), 403, "permission_denied")
        give(owner, name)
        assert call().status_code < 300
        membership.permissions.remove(permission(name))


def test_a_key_without_rights_learns_nothing() -> None:
    api = Api(*make_key(rights=KeyRights.NONE))
    make_subscription(integration_id="EXOPEN", application=api.key.application)
    problem(api.get("/EXOPEN"), 403, "permission_denied")
    problem(api.get("/NOBODYS"), 403, "permission_denied")


def test_a_list_comes_page_by_page(api: Api) -> None:
    for number in range(5):
        make_subscription(integration_id=f"S{number}", application=api.key.application)
    page, seen = api.get("?limit=2").json(), []
    assert page["previous"] is None
    while True:
        seen += [one["integration_id"] for one in page["results"]]
        if page["next"] is None:
            break
        page = api.client.get(page["next"]).json()
    assert seen == ["S0", "S1", "S2", "S3", "S4"]


@pytest.mark.parametrize(
    ("query", "field"),
    [("limit=0", "limit"), ("limit=1001", "limit"), ("cursor=x", "cursor"), ("cursor=%F0%9F", "cursor"), ("x=1", "x")],
)
def test_a_page_that_cannot_be_is_refused(api: Api, query: str, field: str) -> None:
    ((name, _code),) = errors(api.get(f"?{query}"))
    assert name == field


def test_a_long_list_takes_no_more_queries_than_a_short_one(api: Api) -> None:
    make_subscription(integration_id="S", application=api.key.application)
    api.get()
    with CaptureQueriesContext(connection) as few:
        api.get()
    for number in range(10):
        make_subscription(integration_id=f"S{number}", application=api.key.application)
    with CaptureQueriesContext(connection) as many:
        assert len(api.get().json()["results"]) == 11
    assert len(many) == len(few)


@pytest.mark.parametrize("path", ["/EXOPEN?x=1", "/EXOPEN?limit=1"])
def test_one_subscription_takes_no_parameters(api: Api, path: str) -> None:
    api.post(**EXOPEN)
    ((_name, code),) = errors(api.get(path))
    assert code == "unknown_parameter"


def test_the_body_must_be_json(api: Api) -> None:
    response = api.client.post(URL, "name=x", content_type="application/x-www-form-urlencoded")
    problem(response, 415, "unsupported_media_type")
    response = api.client.post(URL, "{", content_type="application/json")
    assert errors(response) == [(None, "parse_error")]
    response = api.client.post(URL, json.dumps([EXOPEN]), content_type="application/json")
    assert errors(response) == [(None, "invalid")]


def test_without_a_key_there_is_nothing(api: Api) -> None:
    problem(Client().get(URL), 401, "not_authenticated")


@dataclasses.dataclass
class Practice:
    """An office with two clients, and the API by its key, which may do everything with subscriptions for both."""

    office: Office
    clients: list[Company]
    key: ApiKey
    api: Api

    @property
    def number(self) -> str:
        return self.office.company.number


@pytest.fixture
def practice() -> Practice:
    office, owner = OfficeFactory.create(), UserFactory.create()
    names = [f"subscriptions.{verb}_subscription" for verb in ("view", "add", "change", "delete")]
    give(owner, *names, office=office)
    clients = CompanyFactory.create_batch(2)
    add_clients(office=office, companies=clients)
    application = ApplicationFactory.create(supports_office_keys=True)
    key, text = make_key(kind=KeyKind.OFFICE, office=office, owner=owner, application=application)
    template = AccessTemplate.objects.create(name="Subscriptions")
    template.permissions.set(permission(name) for name in names)
    for client in clients:
        ClientGrant.objects.create(key=key, company=client, template=template)
    return Practice(office, clients, key, Api(key, text))


def test_an_office_is_named_by_the_number_of_its_own_company(practice: Practice) -> None:
    made = practice.api.post(**EXOPEN, office=practice.number)
    assert (made.status_code, made.json()["office"], made.json()["companies"]) == (201, practice.number, [])
    subscription = Subscription.objects.get()
    assert (subscription.office, set(subscription.selected_companies())) == (practice.office, set(practice.clients))
    assert practice.api.patch("EXOPEN", name="New").json()["office"] == practice.number
    assert practice.api.patch("EXOPEN", **made.json()).json() == made.json()
    assert [one["integration_id"] for one in practice.api.get().json()["results"]] == ["EXOPEN"]
    assert practice.api.delete("EXOPEN").status_code == 204


def test_a_company_that_is_no_client_is_refused_at_its_field(api: Api, practice: Practice) -> None:
    stranger = CompanyFactory.create()
    wrong = {**EXOPEN, "office": practice.number, "companies": [stranger.number]}
    with nothing_changes():
        assert errors(api.post(**wrong)) == [("companies", "not_a_client")]
        assert errors(practice.api.post(**wrong)) == [("companies.0", "does_not_exist")]
        own = practice.api.post(**{**wrong, "companies": [practice.number]})
        problem(own, 403, "wrong_key_kind")


def test_an_office_that_the_key_isnt_of_looks_like_none(practice: Practice) -> None:
    other = OfficeFactory.create()
    ends = [make_key(company=practice.clients[0], application=practice.key.application)]
    with nothing_changes():
        assert errors(practice.api.post(**EXOPEN, office=other.company.number)) == [("office", "does_not_exist")]
        for key, text in ends:
            assert errors(Api(key, text).post(**EXOPEN, office=practice.number)) == [("office", "does_not_exist")]


def test_all_companies_of_the_installation_need_rights_in_all_of_it(practice: Practice) -> None:
    chosen = [client.number for client in practice.clients]
    company = make_key(company=practice.clients[0], application=practice.key.application)
    with nothing_changes():
        for api in (practice.api, Api(*company)):
            problem(api.post(**EXOPEN), 403, "permission_denied")
            problem(api.post(**EXOPEN, companies=chosen[:1], negative_selection=True), 403, "permission_denied")
    assert Api(*company).post(**EXOPEN, companies=chosen[:1]).status_code == 201
    with nothing_changes():
        problem(Api(*company).patch("EXOPEN", companies=[]), 403, "permission_denied")
        assert errors(Api(*company).patch("EXOPEN", companies=chosen)) == [("companies.1", "does_not_exist")]


def test_the_right_is_needed_for_every_company_chosen(practice: Practice) -> None:
    first, second = practice.clients
    looks = AccessTemplate.objects.create(name="Looks")
    looks.permissions.add(permission("subscriptions.view_subscription"))
    ClientGrant.objects.filter(company=second).update(template=looks)
    both = [first.number, second.number]
    with nothing_changes():
        problem(practice.api.post(**EXOPEN, companies=both), 403, "permission_denied")
        problem(practice.api.post(**EXOPEN, office=practice.number), 403, "permission_denied")
    make_subscription(
        "accounts", integration_id="BOTH", application=practice.key.application, companies=[first, second]
    )
    assert practice.api.get("/BOTH").json()["companies"] == sorted(both)
    with nothing_changes():
        problem(practice.api.patch("BOTH", active=False), 403, "permission_denied")
        problem(practice.api.delete("BOTH"), 403, "permission_denied")
    assert practice.api.post(**EXOPEN, companies=both[:1]).status_code == 201


def test_what_a_key_may_not_know_of_is_not_told(practice: Practice) -> None:
    stranger = CompanyFactory.create(number="STRANGER")
    application = practice.key.application
    make_subscription(integration_id="FOREIGN", application=application, companies=[stranger])
    make_subscription(integration_id="MIXED", application=application, companies=[stranger, practice.clients[0]])
    problem(practice.api.get("/FOREIGN"), 404, "not_found")
    assert practice.api.get("/MIXED").json()["companies"] == [practice.clients[0].number]
    assert [one["integration_id"] for one in practice.api.get().json()["results"]] == ["MIXED"]
