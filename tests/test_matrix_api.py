"""Every address of the API and every method, by every kind of key that must not get through, and by one that must.

The rows come from the URL map: a view that is new fails here until it asks for a right and `CALLS` says how to call it.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import get_resolver
from django.utils import timezone
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView
from pytest_django import DjangoDbBlocker, Settings
from rest_framework.views import APIView

from access import keys
from access.belonging import company_permissions
from access.clients import remove_client
from access.http.problems import unknown_url
from access.http.scope import KeyScope
from access.models import AccessTemplate, ApiKey, Application, ClientAccess, ClientGrant, KeyRights, Membership, Office
from access.services import restore_key, revoke_key
from information_types import registry
from ledger.models import Company
from onetime_transfer.services import request_transfer
from registers.api.addresses import route_of
from registers.register import Register, all_registers
from registers.rows import read_one
from revisions import fan_out
from revisions.models import Feedback
from subscriptions.models import Subscription
from tests.access.offices import Bureau, caller, grant, make_template
from tests.access.probe import problem
from tests.factories import (
    CompanyFactory,
    UserFactory,
    give,
    make_books,
    make_key,
    make_report,
    make_subscription,
    permission,
)
from tests.matrix import addresses, kept_for_a_module
from tests.registers import make_some_of_each
from workcopies.checking_out import ALL_RIGHTS, check_out
from workcopies.models import WorkingCopy

pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("matrix_api")]

# What stands for a thing of the world in a call; `foreign` is put in its place.
INTEGRATION, COMPANY, TRANSFER, KEY, RECEIPT = "{integration}", "{company}", "{transfer}", "{key}", "{receipt}"
REPORT, COPY, FILE = "{report}", "{copy}", "{file}"
NAMES = {INTEGRATION, TRANSFER, KEY, REPORT, COPY}
METHODS = ("get", "post", "put", "patch", "delete")
# They tell nothing about anybody's data, and ask for no key.
OPEN = (SpectacularAPIView, SpectacularSwaggerView)


@dataclass(frozen=True)
class Call:
    """How an address is called so that a key that may gets a good answer."""

    path: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, Any] = field(default_factory=dict)
    body: Mapping[str, Any] | None = None
    # What is sent instead of JSON: a file of the world's.
    file: str = ""
    good: int = 200
    # What a company that is out of sight is answered with; a list of companies tells which of them it is.
    out_of_sight: tuple[int, str] = (404, "not_found")

    def names(self, what: str) -> bool:
        """Tell whether the call names such a thing."""
        return what in json.dumps([self.path, self.query, self.body, self.file])


OF_INTEGRATION = {"integration_id": INTEGRATION}
SUBSCRIPTION = {
    "integration_id": "NEW",
    "name": "New",
    "companies": [COMPANY],
    "information_types": ["accounts"],
}
A_TRANSFER = {"information_type": "accounts", "company": COMPANY, "parameters": {}}
BAD_LIST = (400, "invalid")

REGISTERS = [register for register in all_registers() if register.information_type]
MASTER_DATA = [register for register in REGISTERS if register.is_master_data]
UNUSED = "UNUSED"


def a_row_of(register: Register) -> dict[str, Any]:
    """What stands for the rest of a row's key."""
    return {field.name: f"{{{register.name}.{field.name}}}" for field in register.key_fields[1:]}


OF_VOUCHER = {
    "company": COMPANY,
    **{name: f"{{ledger_entries.{name}}}" for name in ("financial_year", "series", "number")},
}
VOUCHER = "vouchers/<str:company>/<str:financial_year>/<path:series>/<path:number>"
A_VOUCHER = {
    "voucher_date": "2024-05-01",
    "rows": [{"account": "1910", "amount": "1.00"}, {"account": "3001", "amount": "-1.00"}],
}

CALLS = {
    ("GET", "me"): Call(query={"company": COMPANY}),
    ("GET", "keys/<str:public_id>/clients"): Call({"public_id": KEY}),
    ("POST", "keys/<str:public_id>/clients"): Call(
        {"public_id": KEY}, body={"clients": [COMPANY], "template": "Reading"}, out_of_sight=BAD_LIST
    ),
    ("DELETE", "keys/<str:public_id>/clients"): Call(
        {"public_id": KEY}, query={"client": COMPANY}, out_of_sight=BAD_LIST
    ),
    ("GET", "subscriptions"): Call(),
    ("POST", "subscriptions"): Call(body=SUBSCRIPTION, good=201, out_of_sight=BAD_LIST),
    ("GET", "subscriptions/<str:integration_id>"): Call(OF_INTEGRATION),
    ("PATCH", "subscriptions/<str:integration_id>"): Call(
        OF_INTEGRATION, body={"companies": [COMPANY]}, out_of_sight=BAD_LIST
    ),
    ("DELETE", "subscriptions/<str:integration_id>"): Call(OF_INTEGRATION, good=204),
    ("GET", "pending"): Call(query=OF_INTEGRATION),
    ("GET", "revisions"): Call(query={**OF_INTEGRATION, "company": COMPANY}),
    ("POST", "revisions/take"): Call(body={**OF_INTEGRATION, "company": [COMPANY]}),
    ("POST", "receipts"): Call(body={**OF_INTEGRATION, "receipt": RECEIPT}),
    ("GET", "feedback"): Call(query=OF_INTEGRATION),
    ("POST", "feedback"): Call(body={**OF_INTEGRATION, "sequence": 1, "code": "x", "message": "y"}, good=201),
    ("GET", "feedback/<int:id>"): Call({"id": REPORT}),
    ("GET", "reconciliation"): Call(query={**OF_INTEGRATION, "information_type": "accounts", "company": COMPANY}),
    ("POST", "transfers"): Call(body={**OF_INTEGRATION, **A_TRANSFER}, good=202),
    ("GET", "transfers/<int:id>"): Call({"id": TRANSFER}),
    ("POST", "transfers/<int:id>/pause"): Call({"id": TRANSFER}),
    ("POST", "transfers/<int:id>/resume"): Call({"id": TRANSFER}),
    ("POST", "transfers/<int:id>/cancel"): Call({"id": TRANSFER}),
    ("POST", "supplier-invoices"): Call(
        query={"company": COMPANY},
        body={
            "supplier": "{suppliers.number}",
            "invoice_number": "NEW",
            "invoice_date": "2024-05-01",
            "amount": "1.00",
        },
        good=201,
    ),
    ("POST", "time-transactions"): Call(
        body={
            "company": COMPANY,
            "time_category": "{time_transactions.time_category}",
            "employee_id": 1,
            "date_in": "2024-05-01",
            "quantity": "7.50",
        },
        good=201,
    ),
    ("GET", "working-copies"): Call(),
    ("POST", "working-copies/check-in"): Call(query={"dry_run": "true"}, file=FILE),
    ("POST", "working-copies"): Call(body={"companies": [COMPANY]}, out_of_sight=BAD_LIST),
    ("GET", "working-copies/<uuid:uid>"): Call({"uid": COPY}),
    ("DELETE", "working-copies/<uuid:uid>"): Call({"uid": COPY}, good=204),
    ("POST", "vouchers"): Call(body={"company": COMPANY, "series": "A", **A_VOUCHER}, good=201),
    ("GET", VOUCHER): Call(OF_VOUCHER),
    ("PUT", VOUCHER): Call(OF_VOUCHER, body=A_VOUCHER),
    ("POST", f"{VOUCHER}/reverse"): Call(OF_VOUCHER, good=201),
    ("GET", "companies"): Call(),
    ("GET", "companies/<path:number>"): Call({"number": COMPANY}),
    **{("GET", register.slug): Call(query={"company": COMPANY}) for register in REGISTERS},
    **{("GET", route_of(register)): Call({"company": COMPANY, **a_row_of(register)}) for register in REGISTERS},
    # A company is made by keys of the whole installation alone.
    ("POST", "companies"): Call(body={"number": "900", "name": "New"}, good=403),
    ("PATCH", "companies/<path:number>"): Call({"number": COMPANY}, body={"name": "Other"}),
    **{
        ("POST", register.slug): Call(body={"company": COMPANY, register.key[-1]: "NEW", "name": "New"}, good=201)
        for register in MASTER_DATA
    },
    **{
        ("PATCH", route_of(register)): Call({"company": COMPANY, **a_row_of(register)}, body={"active": False})
        for register in MASTER_DATA
    },
    **{
        ("DELETE", route_of(register)): Call({"company": COMPANY, register.key[-1]: UNUSED}, good=204)
        for register in MASTER_DATA
    },
}


# The URL map


def views_below(prefix: str) -> Iterator[tuple[str, Any]]:
    """Every address below a prefix, with the class of its view, or the function where it has none."""
    for route, pattern in addresses(get_resolver().url_patterns):
        if route.removeprefix("^").startswith(prefix):
            view: Any = pattern.callback
            yield route.removeprefix("^").removeprefix(prefix), getattr(view, "cls", getattr(view, "view_class", view))


def methods_of(view: type[APIView]) -> list[str]:
    """The methods that a view answers."""
    return [name.upper() for name in METHODS if name in view.http_method_names and hasattr(view, name)]


def without_scope(view: Any) -> str | None:
    """Tell what a view lacks to be let through to keys; None if it lacks nothing."""
    if not (isinstance(view, type) and issubclass(view, KeyScope)):
        return "is no KeyScope"
    unnamed = [method for method in methods_of(view) if method not in view.required_permissions]
    if unnamed:
        return f"names no right for {unnamed}"
    known = {None, *company_permissions()}
    strange = {name for name in view.required_permissions.values() if name not in known}
    return f"asks for what isn't a right to what belongs to companies: {strange}" if strange else None


VIEWS = dict(views_below("api/v1/"))
ROWS = [(method, route) for route, view in VIEWS.items() if without_scope(view) is None for method in methods_of(view)]


def test_every_view_has_a_scope() -> None:
    assert {route: lack for route, view in VIEWS.items() if (lack := without_scope(view))} == {}


def test_whatever_else_there_is_below_api_tells_of_nobodys_data() -> None:
    scoped = ("v1/", "public/v1/")
    others = {route: view for route, view in views_below("api/") if not route.startswith(scoped)}
    assert others
    assert all(view is unknown_url or issubclass(view, OPEN) for view in others.values())


def test_for_every_view_it_is_said_how_to_call_it() -> None:
    assert set(ROWS) == CALLS.keys()


def test_a_view_without_scope_is_found() -> None:
    class Bare(APIView):
        def get(self) -> None:
            """Ask for nothing."""

    unnamed = type("Unnamed", (KeyScope,), {"get": Bare.get, "post": Bare.get, "required_permissions": {"GET": None}})
    strange = type("Strange", (KeyScope,), {"get": Bare.get, "required_permissions": {"GET": "auth.add_user"}})
    assert without_scope(Bare) == "is no KeyScope"
    assert without_scope(unknown_url) == "is no KeyScope"
    assert without_scope(unnamed) == "names no right for ['POST']"
    assert "auth.add_user" in str(without_scope(strange))


# The world


class World:
    """Two accounting offices, each with a client, a subscription, a transfer and keys; calls are the first one's."""

    def __init__(self) -> None:
        self.client = make_books(number="100")
        make_some_of_each(self.client)
        for register in MASTER_DATA:
            values = {register.key[-1]: UNUSED, "name": "Unused", **register.only}
            register.model._default_manager.create(company=self.client.company, **values)
        self.bureau = self._office(self.client.company)
        self.application = self.bureau.application
        self.membership = Membership.objects.get(user=self.bureau.user)
        self.template = make_template(*company_permissions(), name="Everything")
        make_template("ledger.view_supplier", name="Reading")
        self.key, self.text = self.bureau.make_key()
        grant(self.key, self.template, self.client.company)
        self.own_key, self.own_text = make_key(
            owner=self._employee(), application=self.application, company=self.client.company
        )
        self.things = self._things(self.bureau, self.client.company, office=self.bureau.office)
        # The end user's key is no office's
        self.own_things = self._things(self.bureau, self.client.company)
        stranger = CompanyFactory.create(number="300")
        foreign = self._office(stranger)
        self.foreign = self._things(foreign, stranger, office=foreign.office)
        self.ungranted = CompanyFactory.create(number="200")
        ClientAccess.objects.create(office=self.bureau.office, company=self.ungranted)
        self.client.post()
        fan_out.drain()
        for things, text in ((self.things, self.text), (self.own_things, self.own_text)):
            answer = caller(text).get("/api/v1/revisions", {"integration_id": things[INTEGRATION]})
            things[RECEIPT] = answer.json()["receipt"]
        for things in (self.things, self.own_things, self.foreign):
            things[REPORT] = self._report(things).pk

    def _office(self, client: Company) -> Bureau:
        bureau = Bureau(clients=[client])
        membership = give(bureau.user, office=bureau.office)
        membership.permissions.set(Permission.objects.all())
        return bureau

    def _employee(self) -> Any:
        user = UserFactory.create()
        give(user, company=self.client.company).permissions.set(Permission.objects.all())
        return user

    def _things(self, bureau: Bureau, company: Company, *, office: Office | None = None) -> dict[str, Any]:
        """What calls name, by what stands for it."""
        subscription = make_subscription(application=bureau.application, office=office, companies=[company])
        transfer = request_transfer(subscription=subscription, information_type=registry.get("accounts"))
        key, _text = bureau.make_key()
        return {
            INTEGRATION: subscription.integration_id,
            COMPANY: company.number,
            TRANSFER: transfer.pk,
            KEY: key.public_id,
            COPY: str(self._copy(company)),
            FILE: self._file(company),
            **self._rows(),
        }

    def _copy(self, company: Company) -> UUID:
        copy = WorkingCopy.objects.create(name=company.number, status=WorkingCopy.Status.OUT, made_at=timezone.now())
        copy.companies.add(company)
        return copy.uid

    def _file(self, company: Company) -> bytes:
        with TemporaryDirectory() as folder:
            path = Path(folder) / "copy.utkorg"
            check_out(companies=[company], user=None, rights=ALL_RIGHTS, name="A copy", path=path)
            return path.read_bytes()

    def _report(self, things: Mapping[str, Any]) -> Feedback:
        subscription = Subscription.objects.get(integration_id=things[INTEGRATION])
        return make_report(subscription, Company.objects.get(number=things[COMPANY]))

    def _rows(self) -> dict[str, Any]:
        """A row of every register of the client's."""
        found: dict[str, Any] = {}
        for register in REGISTERS:
            key = json.loads(str(read_one(register, register.rows_of(self.client.company))))
            found |= {stand_in: key[name] for name, stand_in in a_row_of(register).items()}
        return found

    def url(self, route: str, things: Mapping[str, Any], method: str | None = None) -> str:
        """The address of a route with some things in it, as it is called with a method."""
        call = next(CALLS[row] for row in ROWS if row[1] == route and method in {row[0], None})
        for name, value in _put(call.path, things).items():
            route = re.sub(f"<[a-z]+:{name}>", str(value), route)
        return f"/api/v1/{route}"

    def call(self, row: tuple[str, str], client: Client, **instead: Any) -> Any:
        """Call an address with the things of the first office, or others instead of them."""
        method, route = row
        call, things = CALLS[row], {**self.things, **instead}
        body = None if call.body is None else json.dumps(_put(call.body, things))
        kind = "application/json" if body else "application/octet-stream" if call.file else ""
        return client.generic(
            method,
            self.url(route, things, method),
            data=body or _put(call.file, things) or b"",
            content_type=kind,
            query_params=_put(call.query, things),
        )


def _put(template: Any, things: Mapping[str, Any]) -> Any:
    """Put things in place of what stands for them."""
    match template:
        case Mapping():
            return {name: _put(value, things) for name, value in template.items()}
        case list():
            return [_put(value, things) for value in template]
        case str():
            return things.get(template, template)
    return deepcopy(template)


@pytest.fixture(scope="module")
def made(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[World]:
    with kept_for_a_module(django_db_blocker):
        with django_db_blocker.unblock():
            world = World()
        yield world


@pytest.fixture
def world(made: World, settings: Settings) -> World:
    settings.UTKORG_THROTTLE_RATES = {}
    return made


def named(rows: list[tuple[str, str]]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("row", rows, ids=" ".join)


def naming(*what: str) -> list[tuple[str, str]]:
    """The rows whose call names one of these things."""
    return [row for row in ROWS if row in CALLS and any(CALLS[row].names(one) for one in what)]


every_row = named([row for row in ROWS if row in CALLS])
OF_RIGHTS = [row for row in ROWS if row in CALLS and VIEWS[row[1]].required_permissions[row[0]] is not None]


def right_for(row: tuple[str, str]) -> str:
    method, route = row
    return str(VIEWS[route].required_permissions[method])


# All good


@every_row
def test_the_offices_key_that_may_gets_through(world: World, row: tuple[str, str]) -> None:
    assert world.call(row, caller(world.text)).status_code == CALLS[row].good


@named([row for row in ROWS if row in CALLS and not CALLS[row].names(KEY)])
def test_the_end_users_key_that_may_gets_through(world: World, row: tuple[str, str]) -> None:
    assert world.call(row, caller(world.own_text), **world.own_things).status_code == CALLS[row].good


# No key that opens anything


def expire(world: World) -> None:
    now = timezone.now()
    world_key(world).update(created_at=now - timedelta(days=2), expires_at=now - timedelta(seconds=1))


def world_key(world: World) -> Any:
    return ApiKey.objects.filter(pk=world.key.pk)


def deactivate_owner(world: World) -> None:
    type(world.bureau.user).objects.filter(pk=world.bureau.user.pk).update(is_active=False)


def allow_another_network(world: World) -> None:
    world_key(world).update(allowed_networks=["192.0.2.0/24"])


CLOSED: dict[str, Callable[[World], Any]] = {
    "expired": expire,
    "revoked": lambda world: revoke_key(key=world.key),
    "restored with another text": lambda world: restore_key(key=world.key),
    "owner inactive": deactivate_owner,
    "forbidden address": allow_another_network,
}


@pytest.mark.parametrize("close", CLOSED.values(), ids=CLOSED.keys())
@every_row
def test_a_key_that_opens_nothing_is_refused(world: World, row: tuple[str, str], close: Callable[[World], Any]) -> None:
    close(world)
    answer = world.call(row, caller(world.text))
    problem(answer, 401, "not_authenticated")
    assert answer["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer x"}, {"Authorization": "Basic eDp5"}], ids=str)
@every_row
def test_no_key_and_what_is_none_is_refused(world: World, row: tuple[str, str], headers: dict[str, str]) -> None:
    problem(world.call(row, Client(headers=headers)), 401, "not_authenticated")


@every_row
def test_an_unknown_key_and_one_of_another_secret_is_refused(world: World, row: tuple[str, str]) -> None:
    unknown = keys.make_key()
    guessed = keys.KeyParts(public_id=world.key.public_id, secret=unknown.secret)
    for parts in (unknown, guessed):
        problem(world.call(row, caller(parts.text())), 401, "not_authenticated")


@every_row
def test_being_signed_in_to_the_admin_opens_nothing(world: World, row: tuple[str, str]) -> None:
    browser = Client()
    browser.force_login(world.bureau.user)
    problem(world.call(row, browser), 401, "not_authenticated")


# A key of the wrong kind


@every_row
def test_an_office_key_of_an_application_that_takes_none_is_of_the_wrong_kind(
    world: World, row: tuple[str, str]
) -> None:
    Application.objects.filter(pk=world.application.pk).update(supports_office_keys=False)
    found = problem(world.call(row, caller(world.text)), 403, "wrong_key_kind")
    assert "support" in found["detail"]


@named([row for row in naming(COMPANY) if CALLS[row].out_of_sight == (404, "not_found")])
def test_an_office_key_is_of_the_wrong_kind_for_the_offices_own_company(world: World, row: tuple[str, str]) -> None:
    own = world.bureau.office.company.number
    problem(world.call(row, caller(world.text), **{COMPANY: own}), 403, "wrong_key_kind")


# What is out of sight


def out_of_sight(world: World, row: tuple[str, str], text: str, **instead: Any) -> bytes:
    answer = world.call(row, caller(text), **instead)
    problem(answer, *CALLS[row].out_of_sight)
    content: bytes = answer.content
    return content


@named(naming(COMPANY))
def test_a_company_of_anothers_is_answered_like_one_that_does_not_exist(world: World, row: tuple[str, str]) -> None:
    absent = out_of_sight(world, row, world.text, **{COMPANY: "nobody"})
    for foreign in (world.foreign[COMPANY], world.ungranted.number):
        assert out_of_sight(world, row, world.text, **{COMPANY: foreign}) == absent


@named([row for row in naming(COMPANY) if not CALLS[row].names(KEY)])
def test_an_end_users_key_across_clients_finds_nothing(world: World, row: tuple[str, str]) -> None:
    give(world.own_key.owner, company=world.ungranted).permissions.set(Permission.objects.all())
    absent = out_of_sight(world, row, world.own_text, **world.own_things | {COMPANY: "nobody"})
    across = world.own_things | {COMPANY: world.ungranted.number}
    assert out_of_sight(world, row, world.own_text, **across) == absent


@named(naming(*NAMES))
def test_a_thing_of_anothers_is_answered_like_one_that_does_not_exist(world: World, row: tuple[str, str]) -> None:
    """An integration id, a transfer, or a key."""
    client = caller(world.text)
    foreign = {name: world.foreign[name] for name in NAMES}
    absent = {INTEGRATION: "NOBODY", TRANSFER: 99999999, KEY: "nobody", REPORT: 99999999, COPY: str(uuid4())}
    found, missing = world.call(row, client, **foreign), world.call(row, client, **absent)
    problem(found, 404, "not_found")
    assert found.content == missing.content


NOT_A_CLIENT: dict[str, Callable[[World], Any]] = {
    "switch off": lambda world: ClientAccess.objects.filter(office=world.bureau.office).update(api_access=False),
    "client left the office": lambda world: remove_client(office=world.bureau.office, company=world.client.company),
    "grant withdrawn": lambda world: ClientGrant.objects.filter(key=world.key).delete(),
    "owner left the office": lambda world: Membership.objects.filter(pk=world.membership.pk).update(
        ended_at=timezone.now()
    ),
}


@pytest.mark.parametrize("end", NOT_A_CLIENT.values(), ids=NOT_A_CLIENT.keys())
@every_row
def test_what_is_no_client_any_more_is_not_there(
    world: World, row: tuple[str, str], end: Callable[[World], Any]
) -> None:
    """The key's only client: so nothing is."""
    end(world)
    answer = world.call(row, caller(world.text))
    if row in (("GET", "subscriptions"), ("GET", "companies"), ("GET", "working-copies")):
        assert answer.json()["results"] == []
    elif row in (("POST", "subscriptions"), ("POST", "working-copies")):
        problem(answer, *CALLS[row].out_of_sight)
    else:
        problem(answer, 404, "not_found")


# A right is missing


def take_from_template(world: World, right: str) -> None:
    AccessTemplate.permissions.through.objects.filter(permission=permission(right)).delete()


def take_from_owner(world: World, right: str) -> None:
    world.membership.permissions.remove(permission(right))


def take_from_key(world: World, right: str) -> None:
    world_key(world).update(rights=KeyRights.NONE)
    world.key.permissions.set(Permission.objects.exclude(pk=permission(right).pk))


WITHOUT_RIGHT = {"template": take_from_template, "owner": take_from_owner, "key": take_from_key}


@pytest.mark.parametrize("take", WITHOUT_RIGHT.values(), ids=WITHOUT_RIGHT.keys())
@named(OF_RIGHTS)
def test_a_right_that_one_of_them_lacks_is_missing(
    world: World, row: tuple[str, str], take: Callable[[World, str], None]
) -> None:
    take(world, right_for(row))
    problem(world.call(row, caller(world.text)), 403, "permission_denied")


@named([row for row in OF_RIGHTS if not CALLS[row].names(KEY)])
def test_the_right_in_another_company_is_of_no_use(world: World, row: tuple[str, str]) -> None:
    """The end user's key is of one company, where its owner lacks the right; elsewhere they have it."""
    Membership.objects.get(user=world.own_key.owner).permissions.remove(permission(right_for(row)))
    give(world.own_key.owner, company=world.ungranted).permissions.set(Permission.objects.all())
    problem(world.call(row, caller(world.own_text), **world.own_things), 403, "permission_denied")


@named([row for row in OF_RIGHTS if CALLS[row].names(COMPANY) and CALLS[row].out_of_sight[0] == 404])
def test_the_right_for_one_client_is_missing_for_another(world: World, row: tuple[str, str]) -> None:
    """One that the key may know of."""
    less = make_template(*(company_permissions() - {right_for(row)}), name="Less")
    grant(world.key, less, world.ungranted)
    problem(world.call(row, caller(world.text), **{COMPANY: world.ungranted.number}), 403, "permission_denied")


# What isn't there at all


@named([(method.upper(), route) for route in VIEWS for method in METHODS if (method.upper(), route) not in ROWS])
def test_a_method_that_a_view_does_not_have_is_none(world: World, row: tuple[str, str]) -> None:
    method, route = row
    answer = caller(world.text).generic(method, world.url(route, world.things))
    problem(answer, 405, "method_not_allowed")


def test_an_address_that_leads_nowhere_is_not_there(world: World) -> None:
    problem(caller(world.text).get("/api/v1/nowhere"), 404, "not_found")
