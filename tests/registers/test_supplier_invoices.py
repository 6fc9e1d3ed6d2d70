"""Supplier invoices registered over REST as JSON, each once."""

from decimal import Decimal
from typing import Any

import pytest
from pytest_django import Settings

from ledger.models import Supplier, SupplierInvoice
from revisions import fan_out
from tests import factories
from tests.access.probe import problem
from tests.connections import Together
from tests.integrators import Integrator, body
from tests.registers.reader import errors_of
from tests.registers.writer import Writer

pytestmark = pytest.mark.django_db(transaction=True)
ADDRESS = "supplier-invoices"


@pytest.fixture(autouse=True)
def unthrottled(settings: Settings) -> None:
    settings.UTKORG_THROTTLE_RATES = {}


@pytest.fixture
def books() -> factories.Books:
    return factories.make_books(number="100")


@pytest.fixture
def supplier(books: factories.Books) -> Supplier:
    made: Supplier = factories.SupplierFactory.create(company=books.company, number="2001")
    return made


@pytest.fixture
def writer(supplier: Supplier) -> Writer:
    return Writer()


def invoice(**fields: Any) -> dict[str, Any]:
    return {
        "supplier": "2001",
        "invoice_number": "F17",
        "invoice_date": "2024-02-01",
        "amount": "1250.00",
        **fields,
    }


def test_a_bare_invoice_gets_a_number_and_the_usual_values(writer: Writer) -> None:
    answer = writer.post(ADDRESS, invoice(), company="100")
    made = body(answer, 201)
    assert made == {
        "company": "100",
        "number": "1",
        "supplier": "2001",
        "invoice_number": "F17",
        "invoice_date": "2024-02-01",
        "due_date": None,
        "currency": "SEK",
        "amount": "1250.00",
        "vat_amount": "0.00",
        "balance": "1250.00",
        "payment_reference": None,
        "status": "registered",
        "voucher": None,
    }
    read = writer.follow_to(answer["Location"])
    assert (read.content, read["ETag"]) == (answer.content, answer["ETag"])


def test_what_was_read_is_registered_anew_when_its_number_is_taken_out(writer: Writer) -> None:
    read = body(writer.post(ADDRESS, invoice(), company="100"), 201)
    answer = writer.post(ADDRESS, {**read, "number": None, "invoice_number": "F18"}, company="100")
    assert body(answer, 201) == {**read, "number": "2", "invoice_number": "F18"}


def test_every_field_may_be_said(writer: Writer, books: factories.Books) -> None:
    books.post()
    said = {
        "due_date": "2024-03-01",
        "currency": "NOK",
        "vat_amount": "250.00",
        "balance": "1000.00",
        "payment_reference": "123",
        "status": "approved",
        "voucher": {"financial_year": "2024-01-01", "series": "A", "number": "1"},
    }
    made = body(writer.post(ADDRESS, invoice(company="100", **said)), 201)
    assert made == {**made, **said}


def test_the_currency_is_the_suppliers_and_what_is_settled_has_no_balance(writer: Writer, supplier: Supplier) -> None:
    Supplier.objects.update(currency="EUR")
    made = body(writer.post(ADDRESS, invoice(status="paid", amount="-10.5"), company="100"), 201)
    assert (made["currency"], made["balance"], made["amount"]) == ("EUR", "0.00", "-10.50")


def test_the_same_invoice_again_is_refused_with_the_address_of_the_first(writer: Writer) -> None:
    first = writer.post(ADDRESS, invoice(), company="100")
    for number in ("F17", " f 17"):
        again = invoice(amount="1.00", invoice_number=number)
        found = problem(writer.post(ADDRESS, again, company="100"), 409, "duplicate_invoice")
        assert found["location"] == first["Location"]
        assert [error["field"] for error in found["errors"]] == ["invoice_number"]
    assert SupplierInvoice.objects.count() == 1
    SupplierInvoice.objects.update(status="rejected")
    body(writer.post(ADDRESS, invoice(), company="100"), 201)


def test_another_supplier_may_use_the_same_number(writer: Writer, books: factories.Books) -> None:
    factories.SupplierFactory.create(company=books.company, number="2002")
    numbers = [
        body(writer.post(ADDRESS, invoice(supplier=supplier), company="100"), 201)["number"]
        for supplier in ("2001", "2002")
    ]
    assert numbers == ["1", "2"]


def test_the_same_at_the_same_time_is_registered_once(writer: Writer) -> None:
    text = factories.make_key()[1]
    with Together() as together:
        sent = [together.start(Writer(text).post, ADDRESS, invoice(), company="100") for _n in range(6)]
    assert sorted(one.result().status_code for one in sent) == [201] + [409] * 5
    assert SupplierInvoice.objects.count() == 1


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        ({"number": "7"}, {"number": "read_only"}),
        ({"supplier": "9"}, {"supplier": "does_not_exist"}),
        ({"supplier": None}, {"supplier": "null"}),
        ({"amount": 1250}, {"amount": "not_a_string"}),
        ({"vat_amount": "1.234"}, {"vat_amount": "invalid"}),
        ({"invoice_number": ""}, {"invoice_number": "blank"}),
        ({"invoice_date": "1 Feb"}, {"invoice_date": "invalid"}),
        ({"currency": "kr"}, {"currency": "invalid"}),
        ({"status": "open"}, {"status": "invalid_choice"}),
        ({"company": "200"}, {"company": "conflict"}),
        ({"supplier_name": "x"}, {"supplier_name": "unknown_parameter"}),
        (
            {"voucher": {"financial_year": "2024-01-01", "series": "A", "number": "9"}},
            {"voucher": "does_not_exist"},
        ),
    ],
)
def test_bad_input_is_told(writer: Writer, change: dict[str, Any], wrong: dict[str, str]) -> None:
    assert errors_of(writer.post(ADDRESS, invoice(**change), company="100")) == wrong
    assert not SupplierInvoice.objects.exists()


def test_whose_it_is_must_be_said(writer: Writer) -> None:
    assert errors_of(writer.post(ADDRESS, invoice())) == {"company": "required"}
    problem(writer.post(ADDRESS, invoice(), company="nobody"), 404, "not_found")


def test_the_right_is_asked_for(supplier: Supplier) -> None:
    user = factories.UserFactory.create()
    factories.give(user, "ledger.view_supplierinvoice", company=supplier.company)
    writer = Writer(factories.make_key(owner=user, company=supplier.company)[1])
    problem(writer.post(ADDRESS, invoice(), company="100"), 403, "permission_denied")


def test_subscribers_hear_whose_it_was_and_the_writers_own_does_not_where_it_asks_so(supplier: Supplier) -> None:
    application = factories.ApplicationFactory.create(name="Medius")
    fan_out.drain()
    deaf = Integrator(factories.make_subscription("supplier_invoices", application=application, own_changes=False))
    ears = Integrator(factories.make_subscription("supplier_invoices"))
    writer = Writer(factories.make_key(application=application)[1])
    made = body(writer.post(ADDRESS, invoice(), company="100"), 201)
    factories.SupplierInvoiceFactory.create(company=supplier.company, supplier=supplier, amount=Decimal(1), number="X1")
    fan_out.drain()
    first, second = ears.fetch_all()
    assert (first["origin"], first["data"], second["origin"]) == ("Medius", made, None)
    (only,) = deaf.fetch_all()
    assert only["data"] == second["data"]
