"""One row by its address, and answers that a client holds already."""

from typing import Any

import httpx
import pytest
from django.test import Client
from pytest_django import Settings

from ledger.models import Account
from registers.api.addresses import path_of
from registers.register import Register, all_registers
from tests import factories
from tests.access.offices import Bureau, grant, make_template
from tests.integrators import body
from tests.live import live_server
from tests.registers.reader import Reader, errors_of

REGISTERS = {register.name: register for register in all_registers()}


@pytest.fixture(autouse=True)
def unthrottled(settings: Settings) -> None:
    settings.UTKORG_THROTTLE_RATES = {}


STRANGE = ["A/1", "A/B/17/2", "~", "%2F", "a b", "å", "1?x=2", "#1", "+", "100%", "a;b", '"', "A\\B", ".a", "..."]


@pytest.mark.django_db(transaction=True)
def test_a_code_is_found_whatever_it_holds() -> None:
    """Over a real server: a test client has decoded the address before anybody sees it."""
    books = factories.make_books(number="100")
    for code in STRANGE:
        factories.DimensionValueFactory.create(company=books.company, code=code)
        books.post(series=code)
    books.post(series="")
    _key, text = factories.make_key()
    with live_server() as server, httpx.Client(headers={"Authorization": f"Bearer {text}"}) as client:
        for code in STRANGE:
            path = path_of(REGISTERS["cost_centres"], {"company": "100", "code": code})
            found = client.get(f"{server.url}{path}")
            assert (found.status_code, found.json().get("code")) == (200, code), path
        # The company of an address is its first part, never a later one.
        for astray in ("zzz/100/A%2F1", "100/100/A%2F1", "100/A/1"):
            assert client.get(f"{server.url}/api/v1/cost-centres/{astray}").status_code == 404, astray
        rows = client.get(f"{server.url}/api/v1/ledger-entries?company=100&limit=1000").json()["results"]
        assert {row["series"] for row in rows} == {*STRANGE, ""}
        for row in rows:
            path = path_of(REGISTERS["ledger_entries"], row)
            assert client.get(f"{server.url}{path}").json() == row, path


def test_an_address_is_written_as_the_contract_says() -> None:
    def address(name: str, **key: Any) -> str:
        register: Register = REGISTERS[name]
        return path_of(register, key)

    entry = {"company": "100", "financial_year": "2024-01-01", "series": "A", "number": "17", "row": 2}
    assert address("suppliers", company="100", number="2001") == "/api/v1/suppliers/100/2001"
    assert address("ledger_entries", **entry) == "/api/v1/ledger-entries/100/2024-01-01/A/17/2"
    assert address("ledger_entries", **{**entry, "series": ""}) == "/api/v1/ledger-entries/100/2024-01-01/~/17/2"
    assert address("projects", company="100", code="A/1") == "/api/v1/projects/100/A%2F1"
    assert address("companies", number="100") == "/api/v1/companies/100"


@pytest.mark.django_db
@pytest.mark.parametrize(
    "path",
    [
        "accounts/100/1911",
        "accounts/101/1910",
        "accounts/100/",
        "accounts/100/1910/",
        "accounts/100/1910%00",
        "accounts/100%00/1910",
        "ledger-entries/100/2024-01-01/A/1/3",
        "ledger-entries/100/2024-01-01/A/1/01",
        "ledger-entries/100/2024-01-01/A/1/-1",
        "ledger-entries/100/2024-01-01/A/1/99999999999999999999",
        "ledger-entries/100/2024-01-01/A/1/x",
        "ledger-entries/100/20240101/A/1/1",
        "ledger-entries/100/2024-01-32/A/1/1",
        "ledger-entries/100/2024-01-01/~/1/1",
        "companies/101",
    ],
)
def test_what_is_not_there_is_not_found(path: str) -> None:
    factories.make_books(number="100").post()
    found = Reader().get(path)
    assert (found.status_code, found["Content-Type"]) == (404, "application/problem+json")
    assert found.json()["code"] == "not_found"


@pytest.mark.django_db
def test_of_a_row_only_the_fields_that_are_asked_for_are_sent() -> None:
    books = factories.make_books(number="100")
    books.post()
    reader = Reader()
    assert body(reader.get("accounts/100/1910", fields="name,number")) == {"number": "1910", "name": "Kassa"}
    assert list(reader.rows("accounts", company="100", fields="name,number")[0]) == ["number", "name"]
    assert reader.rows("ledger-entries", company="100", fields="voucher_date,account,project") == [
        {"voucher_date": "2024-02-03", "account": "1910", "project": None},
        {"voucher_date": "2024-02-03", "account": "3001", "project": None},
    ]
    assert reader.rows("companies", fields="invoice_portal") == [{"invoice_portal": False}]
    assert errors_of(reader.get("accounts/100/1910", fields="nmae")) == {"fields": "unknown_field"}
    assert errors_of(reader.get("accounts/100/1910", name="x")) == {"name": "unknown_parameter"}


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["accounts?company=100", "accounts/100/1910"])
def test_what_a_client_holds_already_is_not_sent_again(path: str) -> None:
    factories.make_books(number="100")
    reader = Reader()

    def ask(if_none_match: str) -> Any:
        return reader.get(path, {"If-None-Match": if_none_match})

    first = reader.get(path)
    etag = first["ETag"]
    assert etag.startswith('"')
    for held in (etag, f'"x", {etag}', f"W/{etag}", "*"):
        again = ask(held)
        assert (again.status_code, again.content, again["ETag"]) == (304, b"", etag)
        assert "Content-Type" not in again
    assert again["Cache-Control"] == first["Cache-Control"] == "private, no-cache"
    assert "Authorization" in first["Vary"]
    assert again["Vary"] == first["Vary"]
    Account.objects.filter(number="1910").update(name="Other")
    other = ask(etag)
    assert other.status_code == 200
    assert other["ETag"] != etag
    Account.objects.filter(number="1910").update(name="Kassa")
    assert ask(etag).status_code == 304


@pytest.mark.django_db
def test_an_etag_is_of_what_is_sent() -> None:
    factories.make_books(number="100")
    reader = Reader()
    etags = {reader.get(path)["ETag"] for path in ("accounts/100/1910", "accounts/100/1910?fields=name")}
    assert len(etags) == 2
    etags |= {reader.get("accounts", company="100", limit=limit)["ETag"] for limit in (1, 2)}
    assert len(etags) == 4


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["accounts?company=100", "accounts/100/1910", "companies"])
def test_head_has_the_headers_alone(path: str) -> None:
    factories.make_books(number="100")
    client: Client = Reader().client
    found, head = client.get(f"/api/v1/{path}"), client.head(f"/api/v1/{path}")
    assert (head.status_code, head.content) == (200, b"")
    assert {name: head[name] for name in ("ETag", "Content-Type", "Content-Length")} == {
        name: found[name] for name in ("ETag", "Content-Type", "Content-Length")
    }


@pytest.mark.django_db
def test_who_reads_a_whole_register_is_told_of_the_one_off_transfer() -> None:
    factories.make_books(number="100")
    reader = Reader()
    link = '<http://testserver/api/v1/transfers>; rel="alternate"'
    wholes: list[dict[str, Any]] = [{}, {"limit": 1}, {"fields": "number"}]
    for query in wholes:
        assert reader.get("accounts", company="100", **query)["Link"].startswith(link)
    second = reader.client.get(reader.page("accounts", company="100", limit=1)["next"])
    assert second["Link"].startswith(link)
    narrowed: list[dict[str, Any]] = [{"number": "1910"}, {"changed_since": "2024-01-01"}]
    for query in narrowed:
        assert "Link" not in reader.get("accounts", company="100", **query)
    assert "Link" not in reader.get("companies")
    assert "Link" not in reader.get("accounts/100/1910")


@pytest.mark.django_db
def test_looking_up_is_throttled_by_itself(settings: Settings) -> None:
    settings.UTKORG_THROTTLE_RATES = {"registers": "2/min", "pending": "100/s"}
    subscription = factories.make_subscription()
    factories.make_books(number="100")
    reader = Reader(factories.make_key(application=subscription.application)[1])
    assert [reader.get("accounts/100/1910").status_code for _time in range(2)] == [200, 200]
    refused = reader.get("accounts", company="100")
    assert (refused.status_code, refused.json()["code"]) == (429, "throttled")
    assert int(refused["Retry-After"]) <= 60
    assert reader.get("pending", integration_id=subscription.integration_id).status_code == 200


@pytest.mark.django_db
def test_looking_up_counts_for_the_client_that_an_address_names(settings: Settings) -> None:
    settings.UTKORG_THROTTLE_CLIENT_RATES = {"registers": "2/min"}
    client = factories.make_books().company
    bureau = Bureau(clients=[client])
    template = make_template("ledger.view_account")
    factories.give(bureau.user, "ledger.view_account", office=bureau.office)
    answers = []
    for _time in range(3):
        key, text = bureau.make_key()
        grant(key, template, client)
        answers.append(Reader(text).get(f"accounts/{client.number}/1910").status_code)
    assert answers == [200, 200, 429]
