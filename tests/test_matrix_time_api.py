"""Every address of the time API and every method, by every kind of token that must not get through, and by those that
must: a user's, an end user's key's, and an office's key's.

The rows come from the URL map, as in tests/test_matrix_api.py, whose world this is.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.utils import timezone

from access import tokens
from access.belonging import company_permissions
from access.http.tokens import TokenScope
from access.models import AccessToken, Application, Membership
from access.tokens import give_to_key, give_to_user
from tests.access.offices import caller, grant, make_template
from tests.access.probe import problem
from tests.factories import give, permission
from tests.test_matrix_api import (
    CLOSED,
    METHODS,
    NOT_A_CLIENT,
    WITHOUT_RIGHT,
    World,
    made,
    methods_of,
    named,
    views_below,
    world,
)
from timesheets.api.login import Login

__all__ = ["made", "world"]

pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("matrix_api")]


@dataclass(frozen=True)
class Call:
    """How an address is called for a company."""

    query: Mapping[str, Any] = field(default_factory=dict)
    body: Mapping[str, Any] | None = None


PERIOD = {"fromDate": "2024-07-01", "toDate": "2024-07-31"}
MARKED = {"externalStatusCode": "x", "transactions": [{"uid": 1, "timeCategoryId": 1}], "allOrNothing": False}
CALLS = {
    ("GET", "Time/getTimeTransactions"): Call(query=PERIOD),
    ("POST", "Time/getTimeTransactions"): Call(body=PERIOD),
    ("POST", "Time/setExternalStatusCode"): Call(body=MARKED),
}
VIEWS = dict(views_below("api/public/v1/"))
ROWS = [(method, route) for route, view in VIEWS.items() if issubclass(view, TokenScope) for method in methods_of(view)]
every_row = named(ROWS)
RIGHTS = [(row, right) for row in ROWS for right in VIEWS[row[1]].required_permissions[row[0]]]
every_right = pytest.mark.parametrize(("row", "right"), RIGHTS, ids=str)


def call(row: tuple[str, str], client: Client, company: str = "100") -> Any:
    """Call an address for a company."""
    method, route = row
    how = CALLS[row]
    body = None if how.body is None else json.dumps({"clientId": company, **how.body})
    return client.generic(
        method,
        f"/api/public/v1/{route}",
        data=body or b"",
        content_type="application/json" if body else "",
        query_params={"clientId": company, **how.query} if body is None else {},
    )


def of_office(world: World) -> Client:
    """A program with a token of the office's key."""
    return caller(give_to_key(text=world.text, address=None)[1].text)


def of_end_user(world: World) -> Client:
    """One with a token of the end user's key."""
    return caller(give_to_key(text=world.own_text, address=None)[1].text)


def the_user(world: World) -> User:
    """The end user as the database has them now."""
    return User.objects.get(pk=world.own_key.owner_id)


def of_user(world: World) -> Client:
    """One with a token of the end user themself."""
    return caller(give_to_user(user=the_user(world), address=None).text)


CALLERS = {"office key": of_office, "end user's key": of_end_user, "user": of_user}
every_caller = pytest.mark.parametrize("who", CALLERS.values(), ids=CALLERS.keys())
Who = Callable[[World], Client]


def test_every_view_asks_for_a_token_but_the_login() -> None:
    assert {view for view in VIEWS.values() if not issubclass(view, TokenScope)} == {Login}


def test_for_every_view_it_is_said_how_to_call_it() -> None:
    assert set(ROWS) == CALLS.keys()


def test_every_method_names_its_rights() -> None:
    for method, route in ROWS:
        asked = VIEWS[route].required_permissions[method]
        assert asked
        assert set(asked) <= company_permissions()


@every_caller
@every_row
def test_who_may_gets_through(world: World, row: tuple[str, str], who: Who) -> None:
    assert call(row, who(world)).status_code == 200


# No token that opens anything


@pytest.mark.parametrize("close", CLOSED.values(), ids=CLOSED.keys())
@every_row
def test_a_token_of_a_key_that_opens_nothing_is_refused(
    world: World, row: tuple[str, str], close: Callable[[World], Any]
) -> None:
    client = of_office(world)
    close(world)
    answer = call(row, client)
    problem(answer, 401, "not_authenticated")
    assert answer["WWW-Authenticate"].startswith("Bearer")


def set_password(world: World) -> None:
    user = the_user(world)
    user.set_password("another one")
    user.save()


def deactivate(world: World) -> None:
    User.objects.filter(pk=world.own_key.owner_id).update(is_active=False)


ENDED: dict[str, Callable[[World], Any]] = {
    "another password": set_password,
    "inactive": deactivate,
    "revoked": lambda _world: [tokens.revoke_token(token=one) for one in AccessToken.objects.all()],
    "expired": lambda _world: AccessToken.objects.update(expires_at=timezone.now()),
}


@pytest.mark.parametrize("end", ENDED.values(), ids=ENDED.keys())
@every_row
def test_a_users_token_that_is_over_is_refused(world: World, row: tuple[str, str], end: Callable[[World], Any]) -> None:
    client = of_user(world)
    end(world)
    problem(call(row, client), 401, "not_authenticated")


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer x"}, {"Authorization": "Basic eDp5"}], ids=str)
@every_row
def test_no_token_and_what_is_none_is_refused(world: World, row: tuple[str, str], headers: dict[str, str]) -> None:
    problem(call(row, Client(headers=headers)), 401, "not_authenticated")


@every_row
def test_a_key_itself_and_an_unknown_token_is_refused(world: World, row: tuple[str, str]) -> None:
    for text in (world.text, world.own_text, "utt_" + "x" * 40):
        problem(call(row, caller(text)), 401, "not_authenticated")


@every_row
def test_being_signed_in_to_the_admin_opens_nothing(world: World, row: tuple[str, str]) -> None:
    browser = Client()
    browser.force_login(world.bureau.user)
    problem(call(row, browser), 401, "not_authenticated")


# A key of the wrong kind


@every_row
def test_an_office_key_of_an_application_that_takes_none_is_of_the_wrong_kind(
    world: World, row: tuple[str, str]
) -> None:
    Application.objects.filter(pk=world.application.pk).update(supports_office_keys=False)
    problem(call(row, of_office(world)), 403, "wrong_key_kind")


@every_row
def test_an_office_key_is_of_the_wrong_kind_for_the_offices_own_company(world: World, row: tuple[str, str]) -> None:
    problem(call(row, of_office(world), world.bureau.office.company.number), 403, "wrong_key_kind")


# What is out of sight


@every_caller
@every_row
def test_a_company_of_anothers_is_answered_like_one_that_does_not_exist(
    world: World, row: tuple[str, str], who: Who
) -> None:
    client = who(world)
    absent = call(row, client, "nobody")
    problem(absent, 404, "not_found")
    for foreign in ("300", world.ungranted.number):
        assert call(row, client, foreign).content == absent.content


@every_row
def test_an_end_users_key_across_clients_finds_nothing(world: World, row: tuple[str, str]) -> None:
    give(world.own_key.owner, company=world.ungranted).permissions.set(Permission.objects.all())
    problem(call(row, of_end_user(world), world.ungranted.number), 404, "not_found")
    assert call(row, of_user(world), world.ungranted.number).status_code == 200


@pytest.mark.parametrize("end", NOT_A_CLIENT.values(), ids=NOT_A_CLIENT.keys())
@every_row
def test_what_is_no_client_any_more_is_not_there(
    world: World, row: tuple[str, str], end: Callable[[World], Any]
) -> None:
    client = of_office(world)
    end(world)
    problem(call(row, client), 404, "not_found")


@every_row
def test_who_has_left_the_company_finds_nothing(world: World, row: tuple[str, str]) -> None:
    client = of_user(world)
    Membership.objects.filter(user=world.own_key.owner).update(ended_at=timezone.now())
    problem(call(row, client), 404, "not_found")


# A right is missing


@pytest.mark.parametrize("take", WITHOUT_RIGHT.values(), ids=WITHOUT_RIGHT.keys())
@every_right
def test_a_right_that_one_of_them_lacks_is_missing(
    world: World, row: tuple[str, str], right: str, take: Callable[[World, str], None]
) -> None:
    client = of_office(world)
    take(world, right)
    assert right in problem(call(row, client), 403, "permission_denied")["detail"]


@pytest.mark.parametrize("who", [of_user, of_end_user])
@every_right
def test_the_right_in_another_company_is_of_no_use(world: World, row: tuple[str, str], right: str, who: Who) -> None:
    client = who(world)
    Membership.objects.get(user=world.own_key.owner).permissions.remove(permission(right))
    give(world.own_key.owner, company=world.ungranted).permissions.set(Permission.objects.all())
    problem(call(row, client), 403, "permission_denied")


@every_right
def test_the_right_for_one_client_is_missing_for_another(world: World, row: tuple[str, str], right: str) -> None:
    less = make_template(*(company_permissions() - {right}), name="Less")
    grant(world.key, less, world.ungranted)
    problem(call(row, of_office(world), world.ungranted.number), 403, "permission_denied")


# What isn't there at all


@named([(method.upper(), route) for route in VIEWS for method in METHODS if (method.upper(), route) not in ROWS])
def test_a_method_that_a_view_does_not_have_is_none(world: World, row: tuple[str, str]) -> None:
    if row == ("POST", "Access/login"):
        return
    method, route = row
    problem(of_office(world).generic(method, f"/api/public/v1/{route}"), 405, "method_not_allowed")


def test_an_address_of_another_letter_case_leads_nowhere(world: World) -> None:
    problem(of_office(world).get("/api/public/v1/time/gettimetransactions"), 404, "not_found")
