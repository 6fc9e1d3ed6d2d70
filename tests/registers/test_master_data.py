"""Master data written over REST: made, changed and deleted row by row, strictly read, captured with its origin."""

import json
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from information_types import registry
from ledger.models import Account, Company, Supplier
from ledger.services.vouchers import Entry
from revisions import batch, fan_out
from tests import factories
from tests.access.offices import caller
from tests.access.probe import errors, problem
from tests.connections import Together, other_program, wait_until, waiters

pytestmark = pytest.mark.django_db

MASTER_DATA = [known for known in registry.all_types() if known.is_master_data]
EVERY_TYPE = pytest.mark.parametrize("known", MASTER_DATA, ids=[known.name for known in MASTER_DATA])
NUL, HALF = "\0", "\ud800"


@pytest.fixture(autouse=True)
def unthrottled(settings: Settings) -> None:
    settings.UTKORG_THROTTLE_RATES = {}


class Writer:
    """Somebody who writes registers, by REST alone; with a key that may everything unless another is given."""

    def __init__(self, **key: Any) -> None:
        self.key, text = factories.make_key(**key)
        self.client: Client = caller(text)

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """Send to an address below `/api/v1/`; underscores in names of headers are hyphens."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        content = b"" if body is None else json.dumps(body)
        return self.client.generic(method, f"/api/v1/{path}", content, content_type="application/json", headers=named)

    def post(self, path: str, body: Any, **headers: str) -> Any:
        return self.send("POST", path, body, **headers)

    def patch(self, path: str, body: Any, **headers: str) -> Any:
        return self.send("PATCH", path, body, **headers)

    def delete(self, path: str, **headers: str) -> Any:
        return self.send("DELETE", path, **headers)

    def get(self, path: str) -> Any:
        return self.send("GET", path)


@pytest.fixture
def books() -> factories.Books:
    return factories.make_books(number="100")


@pytest.fixture
def writer() -> Writer:
    return Writer()


def slug(known: Any) -> str:
    return str(known.name).replace("_", "-")


# Made, changed, deleted


@EVERY_TYPE
def test_a_row_is_made_read_changed_and_deleted(books: factories.Books, writer: Writer, known: Any) -> None:
    key = known.key[-1]
    made = writer.post(slug(known), {"company": "100", key: "x/1 å", "name": "New"})
    assert made.status_code == 201
    data = made.json()
    assert list(data) == [field.name for field in known.fields]
    assert (data["company"], data[key], data["name"], data["active"]) == ("100", "x/1 å", "New", True)
    path = made["Location"].removeprefix("http://testserver/api/v1/")
    read = writer.get(path)
    assert (read.content, read["ETag"]) == (made.content, made["ETag"])

    changed = writer.patch(path, {"active": False}, If_Match=made["ETag"])
    assert changed.json() == data | {"active": False}
    assert changed["ETag"] != made["ETag"]
    assert writer.get(path)["ETag"] == changed["ETag"]

    gone = writer.delete(path, If_Match=changed["ETag"])
    assert (gone.status_code, gone.content) == (204, b"")
    problem(writer.get(path), 404, "not_found")
    problem(writer.delete(path), 404, "not_found")
    problem(writer.patch(path, {}), 404, "not_found")


def test_every_field_may_be_written_and_cleared(books: factories.Books, writer: Writer) -> None:
    values = {
        "number": "2001",
        "name": "Bygg AB",
        "organisation_number": "556677-8899",
        "email": "a@example.com",
        "phone": "08-1",
        "address": "Gatan 1",
        "postal_code": "111 11",
        "city": "Åre",
        "country": "SE",
        "currency": "SEK",
        "payment_terms_days": 30,
        "active": False,
        "bankgiro": "1-2",
        "plusgiro": "3-4",
        "iban": "SE1",
        "bic": "X",
    }
    made = writer.post("suppliers", {"company": "100", **values}).json()
    assert made == {"company": "100", **values}
    cleared = dict.fromkeys(values.keys() - {"number", "name", "active"})
    assert writer.patch("suppliers/100/2001", cleared).json() == made | cleared


def test_dates_and_choices_are_written(books: factories.Books, writer: Writer) -> None:
    project = {"company": "100", "code": "P1", "valid_from": "2024-01-01", "valid_to": None}
    assert writer.post("projects", project).json() == {**project, "name": None, "active": True}
    account = {"company": "100", "number": "6540", "name": "IT", "account_type": "expense"}
    assert writer.post("accounts", account).json() == account | {"active": True}


def test_a_key_that_is_taken_is_told_with_its_address(books: factories.Books, writer: Writer) -> None:
    found = problem(writer.post("accounts", {"company": "100", "number": "1910", "name": "x"}), 409, "already_exists")
    assert found["location"] == "http://testserver/api/v1/accounts/100/1910"
    assert found["errors"] == [{"field": "number", "code": "already_exists", "detail": found["detail"]}]
    assert Account.objects.get(number="1910").name == "Kassa"


def test_the_four_dimensions_are_apart(books: factories.Books, writer: Writer) -> None:
    for dimension in ("cost-centres", "projects", "objects", "management-areas"):
        assert writer.post(dimension, {"company": "100", "code": "1"}).status_code == 201
    assert writer.delete("projects/100/1").status_code == 204
    assert writer.get("objects/100/1").status_code == 200


def test_what_is_in_use_stays_and_what_uses_it_is_told(books: factories.Books, writer: Writer) -> None:
    books.post()
    found = problem(writer.delete("accounts/100/1910"), 409, "in_use")
    assert found["used_by"] == [{"register": "ledger_entries", "rows": 1}]
    supplier = factories.SupplierFactory.create(company=books.company, number="1")
    factories.SupplierInvoiceFactory.create(company=books.company, supplier=supplier)
    found = problem(writer.delete("suppliers/100/1"), 409, "in_use")
    assert found["used_by"] == [{"register": "supplier_invoices", "rows": 1}]


# Strictly read

WRONG = [
    ({"nmae": "x"}, "nmae", "unknown_parameter"),
    ({"number": 7}, "number", "invalid"),
    ({"number": None}, "number", "null"),
    ({"number": ""}, "number", "blank"),
    ({"number": "1" * 33}, "number", "max_length"),
    ({"name": "a" * 201}, "name", "max_length"),
    ({"name": None}, "name", "null"),
    ({"name": f"a{NUL}"}, "name", "null_characters_not_allowed"),
    ({"name": f"a{HALF}"}, "name", "surrogate_characters_not_allowed"),
    ({"name": ["a"]}, "name", "invalid"),
    ({"active": "true"}, "active", "invalid"),
    ({"active": 1}, "active", "invalid"),
    ({"active": None}, "active", "null"),
    ({"payment_terms_days": "30"}, "payment_terms_days", "invalid"),
    ({"payment_terms_days": 30.0}, "payment_terms_days", "invalid"),
    ({"payment_terms_days": True}, "payment_terms_days", "invalid"),
    ({"payment_terms_days": -1}, "payment_terms_days", "min_value"),
    ({"payment_terms_days": 10**30}, "payment_terms_days", "max_value"),
    ({"email": "nobody"}, "email", "invalid"),
    ({"currency": "kr"}, "currency", "invalid"),
    ({"id": 1}, "id", "unknown_parameter"),
]


@pytest.mark.parametrize(("part", "field", "code"), WRONG, ids=str)
def test_what_cannot_be_is_refused_at_its_field(
    books: factories.Books, writer: Writer, part: Any, field: str, code: str
) -> None:
    body = {"company": "100", "number": "2001", "name": "Bygg AB", **part}
    assert errors(writer.post("suppliers", body)) == [(field, code)]
    assert not Supplier.objects.exists()
    if field not in {"number", "company"}:
        supplier = factories.SupplierFactory.create(company=books.company, number="1")
        assert errors(writer.patch("suppliers/100/1", part)) == [(field, code)]
        assert Supplier.objects.get().name == supplier.name


@pytest.mark.parametrize("day", ["2024-13-01", "20240101", "2024-W01-1", "2024-01-01T00:00:00", 20240101, True])
def test_a_date_has_one_form(books: factories.Books, writer: Writer, day: Any) -> None:
    assert errors(writer.post("projects", {"company": "100", "code": "1", "valid_from": day})) == [
        ("valid_from", "invalid")
    ]


def test_a_choice_is_one_of_those_known(books: factories.Books, writer: Writer) -> None:
    account = {"company": "100", "number": "1", "name": "x", "account_type": "debt"}
    assert errors(writer.post("accounts", account)) == [("account_type", "invalid_choice")]


def test_what_must_be_given_is_asked_for(books: factories.Books, writer: Writer) -> None:
    assert errors(writer.post("accounts", {})) == [
        ("company", "required"),
        ("number", "required"),
        ("name", "required"),
    ]
    assert errors(writer.post("accounts", [])) == [(None, "invalid")]
    assert errors(writer.post("accounts?company=100", {"company": "100", "number": "1", "name": "x"})) == [
        ("company", "unknown_parameter")
    ]


@pytest.mark.parametrize("part", [{"company": "200"}, {"number": "1911"}])
def test_a_key_is_given_once(books: factories.Books, writer: Writer, part: dict[str, str]) -> None:
    assert errors(writer.patch("accounts/100/1910", part)) == [(*part, "natural_key_changed")]


def test_a_row_is_sent_back_as_it_was_read(books: factories.Books, writer: Writer) -> None:
    read = writer.get("accounts/100/1910").json()
    assert writer.patch("accounts/100/1910", {**read, "name": "New"}).json() == {**read, "name": "New"}


def test_a_change_of_nothing_is_no_change(books: factories.Books, writer: Writer) -> None:
    fan_out.drain()
    before = writer.get("accounts/100/1910")
    assert writer.patch("accounts/100/1910", {"name": "Kassa"})["ETag"] == before["ETag"]
    assert writer.patch("accounts/100/1910", {}).content == before.content


# Companies


def test_a_company_is_changed_and_keeps_its_number(books: factories.Books, writer: Writer) -> None:
    change = {"name": "New", "organisation_number": "1", "currency": "NOK", "time_zone": "Europe/Oslo", "active": False}
    assert writer.patch("companies/100", change).json() | change == writer.get("companies/100").json()
    assert errors(writer.patch("companies/100", {"number": "101"})) == [("number", "natural_key_changed")]
    assert errors(writer.patch("companies/100", {"time_zone": "Mars"})) == [("time_zone", "invalid")]
    assert errors(writer.patch("companies/100", {"invoice_email": "a@b.se"})) == [
        ("invoice_email", "unknown_parameter")
    ]
    problem(writer.delete("companies/100"), 405, "method_not_allowed")


def test_a_company_is_made_by_keys_of_the_whole_installation(books: factories.Books, writer: Writer) -> None:
    made = writer.post("companies", {"number": "900", "name": "New"})
    assert (made.status_code, made["Location"]) == (201, "http://testserver/api/v1/companies/900")
    assert made.json()["time_zone"] == "Europe/Stockholm"
    problem(writer.post("companies", {"number": "900", "name": "New"}), 409, "already_exists")
    assert errors(writer.post("companies", {"number": "9 0", "name": "New"})) == [("number", "invalid")]
    user = factories.UserFactory.create()
    factories.give(user, "ledger.add_company", "ledger.view_company", company=books.company)
    for key in (Writer(owner=user), Writer(owner=user, company=books.company)):
        problem(key.post("companies", {"number": "901", "name": "New"}), 403, "permission_denied")
    assert Company.objects.count() == 2


# Nobody's change is lost


@pytest.mark.parametrize("given", ['"other"', '"a", "b"', "other", "", '"', "W/{}", 'W/{}, "a"'])
def test_who_has_read_another_state_changes_nothing(books: factories.Books, writer: Writer, given: str) -> None:
    etag = writer.get("accounts/100/1910")["ETag"]
    headers = {"If_Match": given.format(etag)}
    problem(writer.patch("accounts/100/1910", {"name": "x"}, **headers), 412, "precondition_failed")
    problem(writer.delete("accounts/100/1910", **headers), 412, "precondition_failed")
    assert Account.objects.get(number="1910").name == "Kassa"


@pytest.mark.parametrize("given", ["*", " * ", "{}", '"a", {}', 'W/"a",{} , "b"'])
def test_who_has_read_what_is_there_may_change_it(books: factories.Books, writer: Writer, given: str) -> None:
    etag = writer.get("accounts/100/1910")["ETag"]
    assert writer.patch("accounts/100/1910", {"name": "x"}, If_Match=given.format(etag)).status_code == 200


def test_without_a_precondition_the_last_one_counts(books: factories.Books, writer: Writer) -> None:
    for name in ("a", "b"):
        assert writer.patch("accounts/100/1910", {"name": name}).json()["name"] == name


@pytest.mark.django_db(transaction=True)
def test_of_two_who_read_the_same_one_changes_it(books: factories.Books, writer: Writer) -> None:
    """Each waits for the other's lock, and looks again once it has it."""
    etag = writer.get("accounts/100/1910")["ETag"]
    with Together() as threads, other_program() as program:
        program.execute("select * from ledger_account where number = '1910' for update")
        works = [threads.start(writer.patch, "accounts/100/1910", {"name": n}, If_Match=etag) for n in "abcd"]
        wait_until(lambda: waiters() == len(works))
        program.commit()
        statuses = sorted(work.result().status_code for work in works)
    assert statuses == [200, 412, 412, 412]


@pytest.mark.django_db(transaction=True)
def test_what_comes_into_use_meanwhile_stays(books: factories.Books, writer: Writer) -> None:
    account = factories.AccountFactory.create(company=books.company, number="6540")
    with Together() as threads, other_program() as program:
        program.execute("select * from ledger_account where number = '6540' for no key update")
        work = threads.start(writer.delete, "accounts/100/6540")
        wait_until(waiters)
        books.post([Entry(account=account, amount=Decimal(1)), Entry(account=books.cash, amount=Decimal(-1))])
        program.commit()
        problem(work.result(), 409, "in_use")


# Once


def test_a_row_is_made_once_however_often_it_is_sent(books: factories.Books, writer: Writer) -> None:
    body = {"company": "100", "number": "6540", "name": "IT"}
    first = writer.post("accounts", body, Idempotency_Key="a")
    again = writer.post("accounts", body, Idempotency_Key="a")
    assert (again.status_code, again.content, again["ETag"], again["Location"]) == (
        201,
        first.content,
        first["ETag"],
        first["Location"],
    )
    assert again["Idempotent-Replayed"] == "true"
    other = writer.post("accounts", {**body, "name": "Other"}, Idempotency_Key="a")
    problem(other, 422, "idempotency_key_reused")


# Captured


@pytest.mark.django_db(transaction=True)
def test_each_write_reaches_subscribers_with_its_origin(books: factories.Books, writer: Writer) -> None:
    application = writer.key.application
    deaf = factories.make_subscription("customers", application=application, own_changes=False)
    hearing = factories.make_subscription("customers", application=application, own_changes=True)
    other = factories.make_subscription("customers", own_changes=False)
    writer.post("customers", {"company": "100", "number": "1", "name": "New"})
    writer.patch("customers/100/1", {"name": "Other"})
    problem(writer.post("customers", {"company": "100", "number": "1", "name": "New"}), 409, "already_exists")
    writer.delete("customers/100/1")
    fan_out.drain()

    def heard(subscription: Any) -> list[tuple[str, str]]:
        rows = batch.read(subscription=subscription, choice=batch.Choice(), limit=10).rows
        return [(row["operation"], row["origin"]) for row in (json.loads(one.json) for one in rows)]

    everything = [(operation, application.name) for operation in ("created", "changed", "deleted")]
    assert heard(hearing) == heard(other) == everything
    assert heard(deaf) == []
