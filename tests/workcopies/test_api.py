"""Working copies over REST: a file for who may have it, a list of what is out, and withdrawing."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from access.models import KeptAnswer, KeyRights
from history.models import Change
from ledger.models import Company
from revisions.installation import installation
from revisions.models import ChangeSet
from tests.access.offices import caller
from tests.access.probe import problem
from tests.factories import Books, UserFactory, give, make_books, make_key
from workcopies.file.reading import open_file
from workcopies.models import CheckIn, WorkingCopy

pytestmark = pytest.mark.django_db

URL = "/api/v1/working-copies"


@pytest.fixture(autouse=True)
def folder(folder: Path, settings: Settings) -> Path:
    settings.UTKORG_THROTTLE_RATES = {}
    return folder


def client_with(*permissions: str, company: Company) -> Client:
    user = UserFactory.create(username=f"anna{company.number}")
    give(user, *permissions, company=company)
    _key, text = make_key(owner=user, company=company, rights=KeyRights.ALL)
    return caller(text)


@pytest.fixture
def anna(books: Books) -> Client:
    names = ("add_workingcopy", "view_workingcopy", "delete_workingcopy")
    return client_with("ledger.view_account", *(f"workcopies.{name}" for name in names), company=books.company)


def check_out(client: Client, **body: Any) -> Any:
    return client.post(URL, body, content_type="application/json")


@pytest.fixture
def operator() -> Client:
    return caller(make_key()[1])


def test_the_file_is_the_answer_and_stays_nowhere(anna: Client, tmp_path: Path, folder: Path) -> None:
    answer = check_out(anna, companies=["100"], name="Böcker 2024", financial_years=["2024-01-01"])
    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/vnd.sqlite3"
    assert answer["Content-Disposition"] == "attachment; filename*=utf-8''B%C3%B6cker_2024.utkorg"
    path = tmp_path / "books.utkorg"
    path.write_bytes(b"".join(answer.streaming_content))
    assert int(answer["Content-Length"]) == path.stat().st_size
    assert list(folder.iterdir()) == []
    with open_file(path, installation=str(installation().uid)) as file:
        assert file.manifest.user == "anna100"
        assert {table.name for table in file.tables} == {
            "ledger_company",
            "ledger_financialyear",
            "ledger_account",
        }
        assert answer["Location"].endswith(f"/api/v1/working-copies/{file.manifest.uid}")
    with closing(sqlite3.connect(path)) as file_:
        assert file_.execute("select number from ledger_account order by number").fetchall() == [("1910",), ("3001",)]


def test_what_a_key_takes_out_is_in_the_history_as_its_doing(anna: Client) -> None:
    check_out(anna, companies=["100"])
    entry = Change.objects.get(kind="exported")
    assert (entry.user_name, entry.via) == ("anna100", "api")
    assert entry.key_name.startswith("A key")


@pytest.mark.parametrize("accept", ["*/*", "application/json", "application/vnd.sqlite3", "application/octet-stream"])
def test_the_file_may_be_asked_for_by_its_kind(anna: Client, accept: str) -> None:
    answer = anna.post(URL, {"companies": ["100"]}, content_type="application/json", headers={"Accept": accept})
    assert answer["Content-Type"] == "application/vnd.sqlite3"


def test_an_idempotency_key_is_let_be(anna: Client) -> None:
    for _time in range(2):
        answer = anna.post(
            URL, {"companies": ["100"]}, content_type="application/json", headers={"Idempotency-Key": "once"}
        )
        assert answer.status_code == 200
        assert "Idempotent-Replayed" not in answer
    assert WorkingCopy.objects.count() == 2


@pytest.mark.parametrize(
    ("body", "field", "code"),
    [
        ({}, "companies", "required"),
        ({"companies": []}, "companies", "min_length"),
        ({"companies": ["999"]}, "companies.0", "does_not_exist"),
        ({"companies": ["100"], "financial_years": ["2019-01-01"]}, "financial_years", "does_not_exist"),
        ({"companies": ["100"], "financial_years": ["2019"]}, "financial_years.0", "invalid"),
        ({"companies": ["100"], "name": ""}, "name", "blank"),
        ({"companies": ["100"], "rows": 1}, "rows", "unknown_parameter"),
    ],
)
def test_what_is_wrong_is_told_at_its_place(operator: Client, body: dict[str, Any], field: str, code: str) -> None:
    make_books(number="100")
    found = problem(check_out(operator, **body), 400, "invalid")
    assert [(error["field"], error["code"]) for error in found["errors"]] == [(field, code)]
    assert not WorkingCopy.objects.exists()


def test_the_right_is_needed(books: Books) -> None:
    client = client_with("ledger.view_account", company=books.company)
    problem(check_out(client, companies=["100"]), 403, "permission_denied")


def test_who_has_what_is_listed_with_the_companies_in_sight(anna: Client, operator: Client, books: Books) -> None:
    make_books(number="200")
    make_books(number="300")
    check_out(operator, companies=["100", "200"], name="Both")
    check_out(operator, companies=["300"], name="Another's")
    (found,) = anna.get(URL).json()["results"]
    assert (found["name"], found["companies"], found["status"], found["rows"]) == ("Both", ["100"], "out", 8)
    assert [copy["name"] for copy in operator.get(URL, {"status": "out"}).json()["results"]] == ["Another's", "Both"]
    assert operator.get(URL, {"status": "withdrawn"}).json()["results"] == []
    assert operator.get(f"{URL}/{found['uid']}").json()["companies"] == ["100", "200"]


def test_a_copy_out_of_sight_is_not_there(anna: Client, operator: Client) -> None:
    make_books(number="300")
    url = check_out(operator, companies=["300"])["Location"]
    problem(anna.get(url), 404, "not_found")
    problem(anna.delete(url), 404, "not_found")


def test_a_copy_is_withdrawn_once(anna: Client) -> None:
    url = check_out(anna, companies=["100"])["Location"]
    assert [anna.delete(url).status_code for _time in range(2)] == [204, 204]
    found = anna.get(url).json()
    assert found["status"] == "withdrawn"
    assert found["withdrawn_at"]


def test_withdrawing_takes_the_right_in_every_company(anna: Client, operator: Client, books: Books) -> None:
    make_books(number="200")
    url = check_out(operator, companies=["100", "200"])["Location"]
    problem(anna.delete(url), 403, "permission_denied")
    assert WorkingCopy.objects.get().is_out


# Checking in

CHECK_IN = f"{URL}/check-in"
OFFLINE = "update ledger_account set name = 'Kassan' where number = '1910'"


@pytest.fixture
def path(operator: Client, tmp_path: Path, books: Books) -> Path:
    path = tmp_path / "books.utkorg"
    path.write_bytes(b"".join(check_out(operator, companies=[books.company.number]).streaming_content))
    with closing(sqlite3.connect(path)) as file, file:
        file.execute(OFFLINE)
    return path


def send(client: Client, content: bytes, *, kind: str = "application/vnd.sqlite3", **query: str) -> Any:
    return client.post(CHECK_IN, content, content_type=kind, query_params=query)


def test_a_dry_run_tells_what_would_land_and_writes_nothing(operator: Client, path: Path, books: Books) -> None:
    told = send(operator, path.read_bytes(), dry_run="true").json()
    assert told == {
        "check_in": None,
        "landed": [
            {"information_type": "accounts", "key": {"company": "100", "number": "1910"}, "operation": "changed"}
        ],
        "unchanged": told["unchanged"],
        "conflicts": [],
        "refused": [],
        "dry_run": True,
    }
    books.cash.refresh_from_db()
    assert books.cash.name == "Kassa"


@pytest.mark.parametrize("kind", ["application/vnd.sqlite3", "application/octet-stream"])
def test_what_the_copy_changed_lands_as_the_applications(path: Path, books: Books, folder: Path, kind: str) -> None:
    key, text = make_key()
    told = send(caller(text), path.read_bytes(), kind=kind).json()
    books.cash.refresh_from_db()
    assert (books.cash.name, len(told["landed"]), told["dry_run"]) == ("Kassan", 1, False)
    assert CheckIn.objects.get(uid=told["check_in"]).via == "api"
    assert ChangeSet.objects.latest("pk").origin_id == key.application_id
    assert list(folder.iterdir()) == []
    assert send(caller(text), path.read_bytes(), kind=kind).json()["landed"] == []


def test_what_both_changed_is_a_conflict_and_still_an_answer(operator: Client, path: Path, books: Books) -> None:
    books.cash.name = "Cash"
    books.cash.save()
    (conflict,) = send(operator, path.read_bytes()).json()["conflicts"]
    assert conflict["fields"] == {"name": {"base": "Kassa", "mine": "Kassan", "theirs": "Cash"}}


def test_files_that_are_none_are_told_apart(operator: Client, path: Path, folder: Path) -> None:
    content = path.read_bytes()
    with closing(sqlite3.connect(path)) as file, file:
        file.execute("update utkorg_manifest set content = replace(content, '100', '200')")
    bad = {b"PK": "bad_file", content[:-4096]: "damaged_file", path.read_bytes(): "tampered_file"}
    for sent, code in bad.items():
        (error,) = problem(send(operator, sent), 400, "invalid")["errors"]
        assert (error["field"], error["code"]) == (None, code)
    assert list(folder.iterdir()) == []


def test_a_withdrawn_copy_is_refused(operator: Client, path: Path) -> None:
    WorkingCopy.objects.update(status="withdrawn")
    problem(send(operator, path.read_bytes()), 409, "withdrawn")


def test_a_file_that_is_too_large_is_refused(operator: Client, path: Path, settings: Settings) -> None:
    settings.UTKORG_WORKING_COPY_MAX_MB = 0
    problem(send(operator, path.read_bytes()), 413, "too_large")


def test_a_body_of_another_kind_and_a_strange_flag_are_refused(operator: Client, path: Path) -> None:
    problem(send(operator, b"{}", kind="application/json"), 415, "unsupported_media_type")
    problem(send(operator, path.read_bytes(), dry_run="yes"), 400, "invalid")
    problem(send(operator, path.read_bytes(), force="true"), 400, "invalid")


def test_a_body_is_never_read_into_memory_for_its_idempotency_key(operator: Client, path: Path) -> None:
    answer = operator.post(
        CHECK_IN, path.read_bytes(), content_type="application/octet-stream", headers={"Idempotency-Key": "once"}
    )
    assert answer.status_code == 200
    assert not KeptAnswer.objects.exists()


def test_somebody_elses_copy_is_refused_as_its_companies_are(path: Path, anna: Client) -> None:
    stranger = client_with("workcopies.check_in", company=make_books(number="200").company)
    problem(send(stranger, path.read_bytes()), 404, "not_found")
    problem(send(anna, path.read_bytes()), 403, "permission_denied")
