"""`Access/login`, and what a token opens for how long."""

import json
import logging
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from django.test import Client
from django.utils import timezone
from freezegun import freeze_time
from pytest_django import Settings

from access import tokens
from access.models import AccessToken, ApiKey, ClientAccess
from access.services import restore_key, revoke_key
from access.tasks import remove_old_tokens
from history.models import Change
from ledger.models import Company
from sign_in import second_factor
from tests.access.offices import Bureau, grant, make_template
from tests.access.probe import errors, problem
from tests.access.test_sign_in import enrol
from tests.factories import CompanyFactory, give, make_key
from tests.timesheets.callers import LOGIN, PASSWORD, READ, RIGHTS, Exporter, log_in, person, token

pytestmark = pytest.mark.django_db

PERIOD = {"fromDate": "2021-07-01", "toDate": "2021-07-31"}


@pytest.fixture(autouse=True)
def _no_counts(settings: Settings) -> None:
    cache.clear()
    settings.UTKORG_THROTTLE_RATES = {}


@pytest.fixture
def company() -> Company:
    return CompanyFactory.create(number="100")


@pytest.fixture
def trine(company: Company) -> User:
    return person(company=company)


def opens(text: str, *, number: str = "100", **where: Any) -> int:
    """What a token gets."""
    client = Client(headers={"Authorization": f"Bearer {text}"})
    status: int = client.get(READ, {"clientId": number, **PERIOD}, **where).status_code
    return status


# Logging in


def test_name_and_password_get_a_token_for_an_hour(trine: User) -> None:
    answer = log_in()
    assert answer.status_code == 200
    assert set(answer.json()) == {"accessToken", "expiresIn"}
    assert 3595 <= answer.json()["expiresIn"] <= 3600
    assert "no-store" in answer["Cache-Control"]
    assert opens(answer.json()["accessToken"]) == 200


def test_a_key_is_exchanged_for_a_token(company: Company) -> None:
    key, text = make_key(owner=person(company=company), company=company)
    assert opens(token(api_key=text)) == 200
    assert ApiKey.objects.get(pk=key.pk).last_used_at is not None


def test_a_token_of_a_key_ends_with_the_key(company: Company) -> None:
    ends = timezone.now() + timedelta(minutes=5)
    _key, text = make_key(owner=person(company=company), company=company, expires_at=ends)
    assert log_in(api_key=text).json()["expiresIn"] <= 300


def test_the_operator_says_how_long_a_token_works(trine: User, settings: Settings) -> None:
    settings.UTKORG_ACCESS_TOKEN_MINUTES = 5
    assert log_in().json()["expiresIn"] <= 300


@pytest.mark.parametrize(
    "body",
    [
        {"username": "trineg", "password": "wrong"},
        {"username": "nobody", "password": PASSWORD},
        {"username": "TRINEG", "password": PASSWORD},
        {"username": "trineg", "password": f" {PASSWORD}"},
        {"api_key": "utk_nonsense"},
        {"api_key": "utt_" + "x" * 40},
    ],
    ids=str,
)
def test_what_is_wrong_is_not_told(trine: User, body: dict[str, Any]) -> None:
    answer = log_in(**body)
    found = problem(answer, 401, "not_authenticated")
    assert found["detail"] == "The user name, the password or the API key is wrong."
    assert answer["WWW-Authenticate"].startswith("Bearer")


def test_a_key_that_opens_nothing_is_wrong(company: Company) -> None:
    owner = person(company=company)
    revoked, first = make_key(owner=owner, company=company)
    replaced, second = make_key(owner=owner, company=company)
    _elsewhere, third = make_key(owner=owner, company=company, allowed_networks=["192.0.2.0/24"])
    revoke_key(key=revoked)
    restore_key(key=replaced)
    details = {problem(log_in(api_key=text), 401, "not_authenticated")["detail"] for text in (first, second, third)}
    assert details == {"The user name, the password or the API key is wrong."}


def test_who_is_inactive_is_wrong(trine: User) -> None:
    User.objects.update(is_active=False)
    problem(log_in(), 401, "not_authenticated")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"username": "trineg"},
        {"username": "trineg", "password": PASSWORD, "apiKey": "utk_x"},
        {"username": "trineg", "password": PASSWORD, "remember": True},
        {"userName": "trineg", "password": PASSWORD},
        {"username": 7, "password": PASSWORD},
        {"username": "trineg\0", "password": PASSWORD},
        {"username": "trineg", "password": "x" * 5000},
    ],
    ids=lambda body: str(body)[:60],
)
def test_what_is_no_login_is_bad_input(trine: User, body: dict[str, Any]) -> None:
    answer = Client().post(LOGIN, json.dumps(body), content_type="application/json")
    problem(answer, 400, "invalid")


def test_a_form_is_no_json(trine: User) -> None:
    problem(Client().post(LOGIN, {"username": "trineg"}), 415, "unsupported_media_type")
    problem(Client().get(LOGIN), 405, "method_not_allowed")


def test_who_may_not_use_the_time_api_is_told_so(company: Company) -> None:
    person("olle", company=company, rights=("timesheets.view_timetransaction",))
    found = problem(log_in("olle"), 403, "permission_denied")
    assert "timesheets.use_time_api" in found["detail"]
    assert not AccessToken.objects.exists()


def test_who_has_a_second_factor_needs_a_key(trine: User, company: Company) -> None:
    enrol(trine)
    found = problem(log_in(), 401, "not_authenticated")
    assert "API key" in found["detail"]
    assert problem(log_in(password="wrong"), 401, "not_authenticated")["detail"].startswith("The user name")
    _key, text = make_key(owner=trine, company=company)
    assert opens(token(api_key=text)) == 200


def test_who_must_have_a_second_factor_needs_a_key(trine: User, settings: Settings) -> None:
    settings.UTKORG_TWO_FACTOR = "everybody"
    assert "API key" in problem(log_in(), 401, "not_authenticated")["detail"]


# Guessing


def test_wrong_passwords_lock_out_as_on_the_sign_in_page(trine: User, settings: Settings) -> None:
    for _try in range(settings.UTKORG_SIGN_IN_ATTEMPTS - 1):
        problem(log_in(password="wrong"), 401, "not_authenticated")
    problem(log_in(password="wrong"), 429, "throttled")
    locked = log_in()
    problem(locked, 429, "throttled")
    assert 0 < int(locked["Retry-After"]) <= settings.UTKORG_SIGN_IN_LOCKOUT_MINUTES * 60
    page = Client().post("/admin/login/", {"username": "trineg", "password": PASSWORD})
    assert page.status_code == 429
    with freeze_time(timezone.now() + timedelta(minutes=settings.UTKORG_SIGN_IN_LOCKOUT_MINUTES + 1)):
        assert log_in().status_code == 200


def test_an_unknown_name_is_locked_out_the_same_way(settings: Settings) -> None:
    answers = [log_in("nobody").status_code for _try in range(settings.UTKORG_SIGN_IN_ATTEMPTS + 1)]
    assert answers == [401] * (settings.UTKORG_SIGN_IN_ATTEMPTS - 1) + [429] * 2


def test_a_right_password_takes_the_count_back(trine: User, settings: Settings) -> None:
    for _round in range(2):
        for _try in range(settings.UTKORG_SIGN_IN_ATTEMPTS - 1):
            log_in(password="wrong")
        assert log_in().status_code == 200


def test_an_address_may_ask_only_so_often(trine: User, settings: Settings) -> None:
    settings.UTKORG_THROTTLE_RATES = {"login": "2/min"}
    assert [log_in().status_code for _try in range(3)] == [200, 200, 429]
    assert log_in(client=Client(REMOTE_ADDR="192.0.2.7")).status_code == 200


# What the log tells


def test_logging_in_stands_in_the_audit_log(trine: User, company: Company) -> None:
    log_in(password="wrong")
    token()
    key, text = make_key(owner=trine, company=company)
    token(api_key=text)
    kinds = (Change.Kind.SIGNED_IN, Change.Kind.SIGN_IN_FAILED)
    told = Change.objects.filter(kind__in=kinds).order_by("pk")
    assert [(one.kind, one.object_name, one.via, one.address) for one in told] == [
        ("sign_in_failed", "trineg", "api", "127.0.0.1"),
        ("signed_in", "trineg", "api", "127.0.0.1"),
        ("signed_in", str(key), "api", "127.0.0.1"),
    ]
    trine.refresh_from_db()
    assert trine.last_login is not None


def test_neither_token_nor_password_is_kept(trine: User, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    text = token()
    stored = AccessToken.objects.get()
    assert text not in str(vars(stored))
    assert trine.password not in str(vars(stored))
    history = str(list(Change.objects.values()))
    assert text not in history
    assert PASSWORD not in history
    assert PASSWORD not in caplog.text


# What a token opens, and how long


def test_a_token_opens_for_its_time_alone(trine: User) -> None:
    text = token()
    with freeze_time(timezone.now() + timedelta(minutes=59)):
        assert opens(text) == 200
    with freeze_time(timezone.now() + timedelta(minutes=61)):
        assert opens(text) == 401
        remove_old_tokens()
    assert not AccessToken.objects.exists()


@pytest.mark.parametrize("way", ["header", "query", "body"])
def test_a_token_goes_in_the_header_the_query_or_the_body(trine: User, way: str) -> None:
    text, asked = token(), {"clientId": "100", **PERIOD}
    client = Client(headers={"Authorization": f"bearer {text}"} if way == "header" else {})
    in_query = {"accessToken": text} if way == "query" else {}
    in_body = {"accessToken": text} if way == "body" else {}
    body = json.dumps({**asked, **in_body})
    assert client.post(READ, body, content_type="application/json", query_params=in_query).status_code == 200
    if way != "body":
        assert client.get(READ, {**asked, **in_query}).status_code == 200


def test_the_same_token_twice_is_one_and_two_are_too_many(trine: User) -> None:
    one, two = token(), token()
    client = Client(headers={"Authorization": f"Bearer {one}"})
    assert client.get(READ, {"clientId": "100", **PERIOD, "accessToken": one}).status_code == 200
    problem(client.get(READ, {"clientId": "100", **PERIOD, "accessToken": two}), 401, "not_authenticated")


@pytest.mark.parametrize("text", ["", "x", "utt_", "utt_" + "a" * 40, "utk_x", "é"])
def test_what_is_no_token_is_refused(trine: User, text: str) -> None:
    answer = Client().get(READ, {"clientId": "100", **PERIOD, "accessToken": text})
    problem(answer, 401, "not_authenticated")
    assert answer["WWW-Authenticate"].startswith("Bearer")


def test_a_key_in_place_of_a_token_is_told_the_way(company: Company) -> None:
    _key, text = make_key(owner=person(company=company), company=company)
    found = problem(Client(headers={"Authorization": f"Bearer {text}"}).get(READ), 401, "not_authenticated")
    assert "Access/login" in found["detail"]


def test_a_token_is_no_key_and_opens_no_admin(trine: User) -> None:
    client = Client(headers={"Authorization": f"Bearer {token()}"})
    problem(client.get("/api/v1/me"), 401, "not_authenticated")
    assert client.get("/admin/").status_code == 302


def new_password(user: User) -> None:
    user.set_password("en annan lång fras")
    user.save()


def deactivate(user: User) -> None:
    user.is_active = False
    user.save()


@pytest.mark.parametrize("end", [new_password, deactivate, enrol], ids=lambda end: end.__name__)
def test_a_users_token_ends_at_once(trine: User, end: Any) -> None:
    text = token()
    end(trine)
    assert opens(text) == 401


def test_who_is_active_again_needs_a_new_token(trine: User) -> None:
    text = token()
    deactivate(trine)
    trine.is_active = True
    trine.save()
    assert opens(text) == 401


def test_a_token_ends_with_its_key(company: Company) -> None:
    key, text = make_key(owner=person(company=company), company=company)
    given = token(api_key=text)
    text = restore_key(key=key)
    assert opens(given) == 401
    given = token(api_key=text)
    assert opens(given) == 200
    revoke_key(key=key)
    assert opens(given) == 401


def test_a_token_of_an_old_text_works_as_long_as_that_does(company: Company) -> None:
    key, text = make_key(owner=person(company=company), company=company)
    given = token(api_key=text)
    restore_key(key=key, grace=timedelta(minutes=30))
    also = token(api_key=text)
    assert (opens(given), opens(also)) == (200, 200)
    with freeze_time(timezone.now() + timedelta(minutes=31)):
        assert (opens(given), opens(also)) == (401, 401)


def test_a_token_of_a_key_works_only_from_where_the_key_does(company: Company) -> None:
    _key, text = make_key(owner=person(company=company), company=company, allowed_networks=["127.0.0.1/32"])
    given = token(api_key=text)
    assert opens(given) == 200
    assert opens(given, REMOTE_ADDR="192.0.2.7") == 401


@pytest.mark.parametrize("right", RIGHTS)
def test_a_right_that_goes_is_gone_at_once(trine: User, company: Company, right: str) -> None:
    text = token()
    trine.memberships.get().permissions.remove(
        *trine.memberships.get().permissions.filter(codename=right.split(".")[1])
    )
    assert opens(text) == 403
    trine.memberships.update(ended_at=timezone.now())
    assert opens(text) == 404


def test_both_rights_are_needed_in_the_same_company(company: Company) -> None:
    user = person(company=company, rights=RIGHTS[:1])
    give(user, RIGHTS[1], company=CompanyFactory.create(number="200"))
    text = token()
    assert (opens(text), opens(text, number="200"), opens(text, number="300")) == (403, 403, 404)


def test_a_company_out_of_reach_is_answered_like_one_that_does_not_exist(trine: User) -> None:
    CompanyFactory.create(number="200")
    exporter = Exporter(token(), **PERIOD)
    found, missing = exporter.get(clientId="200"), exporter.get(clientId="nobody")
    problem(found, 404, "not_found")
    assert found.content == missing.content


def test_revoking_ends_a_token_and_is_noted(trine: User) -> None:
    text = token()
    assert tokens.revoke_token(token=AccessToken.objects.get())
    assert opens(text) == 401
    assert Change.objects.get(kind=Change.Kind.TOKEN_REVOKED).object_name == "trineg"


def test_signing_out_everywhere_is_signing_out_of_the_time_api(trine: User) -> None:
    text = token()
    enrol(trine)
    assert not second_factor.is_required_of(trine)
    assert opens(text) == 401


def test_an_offices_key_opens_its_clients_and_not_its_own_company(company: Company) -> None:
    bureau = Bureau(clients=[company])
    bureau.give(*RIGHTS)
    key, text = bureau.make_key()
    problem(log_in(api_key=text), 403, "permission_denied")
    grant(key, make_template(*RIGHTS), company)
    given = token(api_key=text)
    assert (opens(given), opens(given, number="nobody")) == (200, 404)
    own = Exporter(given, **PERIOD).get(clientId=bureau.office.company.number)
    problem(own, 403, "wrong_key_kind")
    ClientAccess.objects.update(api_access=False)
    assert opens(given) == 404


def test_a_caller_may_ask_only_so_often_with_however_many_tokens(trine: User, settings: Settings) -> None:
    settings.UTKORG_THROTTLE_RATES = {"time": "2/min"}
    assert [opens(token()) for _try in range(3)] == [200, 200, 429]


def test_errors_name_what_is_missing(trine: User) -> None:
    assert errors(Exporter(token()).get()) == [
        ("clientId", "required"),
        ("fromDate", "required"),
        ("toDate", "required"),
    ]


def test_half_a_character_is_no_token() -> None:
    answer = Client().post(READ, '{"accessToken": "utt_\\ud800"}', content_type="application/json")
    problem(answer, 401, "not_authenticated")
