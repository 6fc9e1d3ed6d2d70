"""What the database's triggers refuse, the services refuse before them: here all triggers of the registers are off."""

import dataclasses
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any, TypeVar

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, connection
from django.db.models import Model

from information_types.sql import natural_key
from ledger.exceptions import (
    AlreadyExists,
    AlreadyReversed,
    BrokenAmount,
    BrokenQuantity,
    BrokenText,
    DuplicateInvoice,
    ForeignCompany,
    InUse,
    LedgerError,
    NaturalKeyChanged,
    OutsideYear,
    PeriodLocked,
    Posted,
    Unbalanced,
    YearsOverlap,
)
from ledger.models import (
    Account,
    Company,
    Customer,
    CustomerInvoice,
    CustomerPayment,
    DimensionValue,
    FinancialYear,
    OtherDimension,
    OtherDimensionValue,
    Supplier,
    SupplierInvoice,
    SupplierPayment,
    Voucher,
)
from ledger.services import rows
from ledger.services.invoices import create_invoice
from ledger.services.reversals import reverse_voucher
from ledger.services.vouchers import Entry, Header, change_voucher, delete_voucher, post_voucher
from tests import factories

pytestmark = pytest.mark.django_db

Books = factories.Books
DAY = date(2024, 2, 3)
Refused = TypeVar("Refused", bound=Exception)
HALF_A_CHARACTER = "\ud83d"
TABLES = (
    *("company", "financialyear", "account", "dimensionvalue", "supplier", "customer", "voucher", "ledgerentry"),
    *("supplierinvoice", "supplierpayment", "customerinvoice", "customerpayment"),
)


@pytest.fixture(autouse=True)
def _no_triggers() -> None:
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"alter table ledger_{table} disable trigger user")


@pytest.fixture
def books() -> Books:
    return factories.make_books()


@pytest.fixture
def others() -> Books:
    return factories.make_books()


def refused(kind: type[Refused], do: Callable[[], Any]) -> Refused:
    """Return what the service raises; it is its own, not what the database said."""
    with pytest.raises(kind) as raised:
        do()
    assert not isinstance(raised.value.__cause__, DatabaseError)
    return raised.value


def wrong_fields(do: Callable[[], Any]) -> dict[str, str | None]:
    """Return the fields that a service refuses, each with its code."""
    return {name: errors[0].code for name, errors in refused(ValidationError, do).error_dict.items()}


def lock(year: FinancialYear, until: date) -> None:
    rows.change(row=year, values={"locked_until": until})


# Keys


def rows_with_keys(books: Books) -> list[Model]:
    company = books.company
    invoice = factories.SupplierInvoiceFactory.create(company=company)
    owed = factories.CustomerInvoiceFactory.create(company=company)
    return [
        company,
        books.year,
        books.cash,
        factories.DimensionValueFactory.create(company=company),
        factories.SupplierFactory.create(company=company),
        factories.CustomerFactory.create(company=company),
        invoice,
        owed,
        factories.SupplierPaymentFactory.create(company=company, invoice=invoice),
        factories.CustomerPaymentFactory.create(company=company, invoice=owed),
        OtherDimension.objects.create(company=company, number=7),
    ]


def test_what_names_a_row_never_changes(books: Books, others: Books) -> None:
    other: dict[str, Any] = {
        "company": others.company,
        "first_day": date(2024, 1, 2),
        "number": "999",
        "code": "999",
        "dimension": 4,
    }
    for row in rows_with_keys(books):
        for name in natural_key(type(row)):
            error = refused(NaturalKeyChanged, lambda: rows.change(row=row, values={name: other[name]}))  # noqa: B023
            assert error.field == name


KEYS: list[tuple[type[Model], dict[str, Any], str]] = [
    (Company, {"number": "K1", "name": "x"}, "number"),
    (FinancialYear, {"first_day": date(2030, 1, 1), "last_day": date(2030, 12, 31)}, "first_day"),
    (Account, {"number": "1", "name": "x"}, "number"),
    (DimensionValue, {"dimension": 1, "code": "1"}, "code"),
    (Supplier, {"number": "1", "name": "x"}, "number"),
    (Customer, {"number": "1", "name": "x"}, "number"),
    (OtherDimension, {"number": 7}, "number"),
]


@pytest.mark.parametrize(("model", "values", "field"), KEYS, ids=[model.__name__ for model, _values, _field in KEYS])
def test_a_key_is_given_once(books: Books, model: type[Model], values: dict[str, Any], field: str) -> None:
    given = {} if model is Company else {"company": books.company}
    rows.create(row=model(**given), values=values)
    assert refused(AlreadyExists, lambda: rows.create(row=model(**given), values=values)).field == field


def test_a_further_dimension_is_mapped_once_and_an_objects_code_is_its_own(books: Books) -> None:
    first = rows.create(row=OtherDimension(company=books.company), values={"number": 7, "dimension": 3})
    second = rows.create(row=OtherDimension(company=books.company), values={"number": 8, "dimension": None})
    rows.create(row=OtherDimension(company=books.company), values={"number": 9, "dimension": None})
    assert refused(AlreadyExists, lambda: rows.change(row=second, values={"dimension": 3})).field == "dimension"
    rows.create(row=OtherDimensionValue(other_dimension=first), values={"code": "1"})
    rows.create(row=OtherDimensionValue(other_dimension=second), values={"code": "1"})
    again = OtherDimensionValue(other_dimension=first)
    assert refused(AlreadyExists, lambda: rows.create(row=again, values={"code": "1"})).field == "code"


@pytest.mark.parametrize("number", ["", "å", "a b", "1" * 33, "1\n"])
def test_a_companys_number_has_its_form(number: str) -> None:
    assert set(wrong_fields(lambda: rows.create(row=Company(), values={"number": number, "name": "x"}))) == {"number"}


# Values


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"name": "x" * 201}, "max_length"),
        ({"name": "a\0b"}, "null_characters_not_allowed"),
        ({"name": HALF_A_CHARACTER}, "null_characters_not_allowed"),
        ({"name": None}, "null"),
        ({"active": None}, "invalid"),
        ({"payment_terms_days": 32768}, "max_value"),
        ({"payment_terms_days": -1}, "min_value"),
        ({"email": "nobody"}, "invalid"),
        ({"currency": "kr"}, "invalid"),
        ({"country": "SWE"}, "max_length"),
    ],
)
def test_a_value_that_no_column_could_hold_is_told_at_its_field(
    books: Books, values: dict[str, Any], code: str
) -> None:
    made = rows.create(row=Supplier(company=books.company), values={"number": "1", "name": "x"})
    new = {"number": "2", "name": "x", **values}
    expected = dict.fromkeys(values, code)
    assert wrong_fields(lambda: rows.change(row=made, values=values)) == expected
    assert wrong_fields(lambda: rows.create(row=Supplier(company=books.company), values=new)) == expected


@pytest.mark.parametrize(
    ("model", "values", "field"),
    [
        (DimensionValue, {"dimension": 5, "code": "1"}, "dimension"),
        (DimensionValue, {"dimension": 1, "code": ""}, "code"),
        (Account, {"number": "", "name": "x"}, "number"),
        (Account, {"number": "1", "name": "x", "account_type": "other"}, "account_type"),
        (OtherDimension, {"number": 7, "dimension": 2}, "dimension"),
        (OtherDimension, {"number": 6}, "number"),
        (FinancialYear, {"first_day": date(2026, 1, 2), "last_day": date(2026, 1, 1)}, "last_day"),
        (FinancialYear, {"first_day": None, "last_day": date(2026, 1, 1)}, "first_day"),
        (CustomerInvoice, {"invoice_date": DAY, "amount": Decimal(1)}, "customer"),
        (SupplierPayment, {"payment_date": DAY, "amount": Decimal(1)}, "invoice"),
        (SupplierInvoice, {"invoice_date": None, "amount": Decimal(1)}, "invoice_date"),
        (SupplierInvoice, {"invoice_date": DAY, "amount": Decimal("1.005"), "balance": Decimal(0)}, "amount"),
        (SupplierInvoice, {"invoice_date": DAY, "amount": Decimal("NaN"), "balance": Decimal(0)}, "amount"),
        (SupplierInvoice, {"invoice_date": DAY, "amount": Decimal("1e17"), "balance": Decimal(0)}, "amount"),
        (SupplierInvoice, {"invoice_date": DAY, "amount": Decimal(1), "status": "open"}, "status"),
    ],
)
def test_a_row_that_cannot_be_is_refused(books: Books, model: type[Model], values: dict[str, Any], field: str) -> None:
    assert set(wrong_fields(lambda: rows.create(row=model(company=books.company), values=values))) == {field}
    assert (
        not model._default_manager.filter(pk__gt=books.sales.pk, company=books.company)
        .exclude(pk=books.year.pk)
        .exists()
    )


# References


def test_what_is_referred_to_is_of_the_same_company(books: Books, others: Books) -> None:
    theirs = factories.SupplierInvoiceFactory.create(company=others.company)
    owed = factories.CustomerInvoiceFactory.create(company=others.company)
    invoice = factories.SupplierInvoiceFactory.create(company=books.company)
    payment = factories.SupplierPaymentFactory.create(company=books.company, invoice=invoice)
    dated = {"invoice_date": DAY, "amount": Decimal(1)}
    paid = {"payment_date": DAY, "amount": Decimal(1)}
    voucher = others.post()
    wrong: list[tuple[str, Callable[[], Any]]] = [
        ("supplier", lambda: rows.change(row=invoice, values={"supplier": theirs.supplier})),
        ("voucher", lambda: rows.change(row=invoice, values={"voucher": voucher})),
        ("invoice", lambda: rows.change(row=payment, values={"invoice": theirs})),
        ("supplier", lambda: new(SupplierInvoice, {**dated, "supplier": theirs.supplier})),
        ("customer", lambda: new(CustomerInvoice, {**dated, "customer": owed.customer})),
        ("invoice", lambda: new(SupplierPayment, {**paid, "invoice": theirs})),
        ("invoice", lambda: new(CustomerPayment, {**paid, "invoice": owed})),
    ]

    def new(model: type[Model], values: dict[str, Any]) -> Any:
        return rows.create(row=model(company=books.company), values=values)

    for field, do in wrong:
        assert refused(ForeignCompany, do).field == field


@pytest.mark.parametrize("name", ["cost_centre", "project", "object", "management_area"])
def test_a_rows_dimensions_are_its_companys_and_of_their_kind(books: Books, others: Books, name: str) -> None:
    dimension = DimensionValue.Dimension[name.upper()]
    foreign = factories.DimensionValueFactory.create(company=others.company, dimension=dimension)
    wrong = factories.DimensionValueFactory.create(company=books.company, dimension=dimension % 4 + 1)
    right: Any = factories.DimensionValueFactory.create(company=books.company, dimension=dimension)
    voucher = books.post(books.rows("100", **{name: right}))
    not_theirs: list[Any] = [foreign, wrong]
    for value in not_theirs:
        refused(ForeignCompany, lambda: books.post(books.rows("100", **{name: value})))  # noqa: B023
        refused(ForeignCompany, lambda: changed(voucher, **{name: value}))  # noqa: B023


def changed(voucher: Voucher, **fields: Any) -> Voucher:
    """Change the first row of a voucher."""
    first, *rest = factories.entries_of(voucher)
    entries = [dataclasses.replace(first, **fields), *rest]
    return change_voucher(voucher=voucher, header=factories.header_of(voucher), entries=entries)


def test_a_rows_account_is_its_companys(books: Books, others: Books) -> None:
    voucher = books.post()
    refused(ForeignCompany, lambda: changed(voucher, account=others.cash))
    refused(ForeignCompany, lambda: books.post(others.rows()))


# Vouchers


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({"amount": Decimal("100.01")}, Unbalanced),
        ({"amount": Decimal("1e17")}, BrokenAmount),
        ({"amount": Decimal("NaN")}, BrokenAmount),
        ({"quantity": Decimal("0.00001")}, BrokenQuantity),
        ({"quantity": Decimal("1e14")}, BrokenQuantity),
        ({"text": "x" * 501}, BrokenText),
        ({"text": "\0"}, BrokenText),
        ({"signature": "x" * 101}, BrokenText),
        ({"other_dimensions": {"7": "\0"}}, BrokenText),
        ({"other_dimensions": {HALF_A_CHARACTER: "1"}}, BrokenText),
    ],
)
def test_a_row_that_cannot_be_stored_as_it_is_is_refused(
    books: Books, fields: dict[str, Any], kind: type[LedgerError]
) -> None:
    voucher = books.post()
    first, second = books.rows()
    assert refused(kind, lambda: books.post([dataclasses.replace(first, **fields), second])).field == "rows"
    refused(kind, lambda: changed(voucher, **fields))
    assert Voucher.objects.count() == 1


@pytest.mark.parametrize(
    ("header", "field"),
    [({"text": "x" * 501}, "text"), ({"text": HALF_A_CHARACTER}, "text"), ({"signature": "\0"}, "signature")],
)
def test_a_vouchers_own_texts_are_looked_at_too(books: Books, header: dict[str, Any], field: str) -> None:
    voucher = books.post()
    wrong = Header(voucher_date=DAY, **header)
    post: dict[str, Any] = {"company": books.company, "header": wrong, "entries": books.rows()}
    assert refused(BrokenText, lambda: post_voucher(series="A", **post)).field == field
    entries = factories.entries_of(voucher)
    refused(BrokenText, lambda: change_voucher(voucher=voucher, header=wrong, entries=entries))
    right = {**post, "header": Header(voucher_date=DAY)}
    assert refused(BrokenText, lambda: post_voucher(series="x" * 33, **right)).field == "series"


def test_a_voucher_is_of_an_open_period_of_its_year_before_and_after(books: Books) -> None:
    early, late = books.post(day=date(2024, 1, 31)), books.post(day=date(2024, 3, 1))
    lock(books.year, date(2024, 1, 31))

    def moved(voucher: Voucher, day: date) -> Voucher:
        header = dataclasses.replace(factories.header_of(voucher), voucher_date=day)
        return change_voucher(voucher=voucher, header=header, entries=factories.entries_of(voucher))

    refused(PeriodLocked, lambda: books.post(day=date(2024, 1, 31)))
    refused(PeriodLocked, lambda: moved(early, date(2024, 3, 1)))
    refused(PeriodLocked, lambda: moved(late, date(2024, 1, 31)))
    refused(PeriodLocked, lambda: delete_voucher(voucher=early))
    refused(OutsideYear, lambda: moved(late, date(2025, 1, 1)))
    refused(OutsideYear, lambda: books.post(day=date(2025, 1, 1)))
    lock(books.year, date(2023, 12, 31))
    moved(early, date(2024, 3, 1))


def test_a_voucher_is_reversed_once_and_by_one_of_its_company(books: Books, others: Books) -> None:
    voucher, theirs = books.post(), others.post()
    header = Header(voucher_date=DAY)
    given: dict[str, Any] = {"company": books.company, "series": "A", "header": header, "entries": books.rows("-100")}
    refused(ForeignCompany, lambda: post_voucher(reverses=theirs, **given))
    reversal = post_voucher(reverses=voucher, **given)
    assert refused(AlreadyReversed, lambda: post_voucher(reverses=voucher, **given)).reversal == reversal


# Financial years


def test_years_of_a_company_share_no_day(books: Books, others: Books) -> None:
    def open_year(company: Company, first_day: date, last_day: date) -> Any:
        values = {"first_day": first_day, "last_day": last_day}
        return rows.create(row=FinancialYear(company=company), values=values)

    overlap = refused(YearsOverlap, lambda: open_year(books.company, date(2024, 12, 31), date(2025, 12, 31)))
    assert overlap.field == "first_day"
    refused(YearsOverlap, lambda: open_year(books.company, date(2023, 1, 1), date(2025, 12, 31)))
    after = open_year(books.company, date(2025, 1, 1), date(2025, 12, 31))
    refused(YearsOverlap, lambda: rows.change(row=books.year, values={"last_day": date(2025, 1, 1)}))
    open_year(books.company, date(2026, 1, 1), date(2026, 6, 30))
    refused(YearsOverlap, lambda: rows.change(row=after, values={"last_day": date(2026, 6, 30)}))
    assert others.year.first_day == books.year.first_day


def test_a_year_leaves_no_voucher_outside(books: Books) -> None:
    books.post(day=date(2024, 11, 1))
    error = refused(OutsideYear, lambda: rows.change(row=books.year, values={"last_day": date(2024, 10, 31)}))
    assert error.field == "last_day"
    assert "A 1 of 2024-11-01 would be in no financial year" in str(error)
    rows.change(row=FinancialYear.objects.get(pk=books.year.pk), values={"last_day": date(2024, 11, 1)})
    assert FinancialYear.objects.get(pk=books.year.pk).last_day == date(2024, 11, 1)


# Deleting


def test_what_is_referred_to_stays(books: Books) -> None:
    centre = factories.DimensionValueFactory.create(company=books.company)
    voucher = books.post(books.rows(cost_centre=centre))
    invoice = factories.SupplierInvoiceFactory.create(company=books.company, voucher=voucher)
    owed = factories.CustomerInvoiceFactory.create(company=books.company)
    paid = factories.SupplierPaymentFactory.create(company=books.company, invoice=invoice)
    received = factories.CustomerPaymentFactory.create(company=books.company, invoice=owed)
    used: list[Any] = [books.cash, centre, invoice.supplier, owed.customer, invoice, owed, books.year, books.company]
    assert refused(InUse, lambda: delete_voucher(voucher=voucher)).used_by == {SupplierInvoice: 1}
    reversal = reverse_voucher(voucher=voucher)
    for row in used:
        refused(InUse, lambda: rows.delete(row=row))  # noqa: B023
    free: list[Any] = [paid, received, invoice, owed, invoice.supplier, owed.customer]
    for row in free:
        rows.delete(row=row)
    delete_voucher(voucher=reversal)
    delete_voucher(voucher=voucher)
    rows.delete(row=centre)
    assert not SupplierInvoice.objects.filter(company=books.company).exists()


# Invoices and payments


@pytest.mark.parametrize(("status", "balance"), [("registered", "12.50"), ("paid", "0"), ("rejected", "0")])
def test_a_balance_that_is_not_given_is_what_is_to_be_paid(books: Books, status: str, balance: str) -> None:
    given = {"invoice_date": DAY, "amount": Decimal("12.50"), "vat_amount": None, "status": status}
    invoice = rows.create(row=SupplierInvoice(company=books.company), values=given)
    assert (invoice.number, invoice.balance, invoice.vat_amount) == ("1", Decimal(balance), 0)
    rows.change(row=invoice, values={"amount": Decimal(20), "balance": None, "status": "approved"})
    assert SupplierInvoice.objects.get(pk=invoice.pk).balance == 20


def test_the_same_invoice_of_a_supplier_is_refused_while_the_first_counts(books: Books) -> None:
    supplier = factories.SupplierFactory.create(company=books.company)
    given = {"supplier": supplier, "invoice_number": "F1", "invoice_date": DAY, "amount": Decimal(1)}

    def made(**values: Any) -> SupplierInvoice:
        row: SupplierInvoice = rows.create(row=SupplierInvoice(company=books.company), values={**given, **values})
        return row

    first = made()
    for again in ("F1", " f 1"):
        error = refused(DuplicateInvoice, lambda: made(invoice_number=again))  # noqa: B023
        assert (error.existing, error.field) == (first, "invoice_number")
    assert made(amount=Decimal(-1)).number == "2"
    another = made(invoice_number="F2")
    refused(DuplicateInvoice, lambda: rows.change(row=another, values={"invoice_number": "f1"}))
    rows.change(row=first, values={"status": "cancelled", "due_date": DAY})
    corrected = made()
    refused(DuplicateInvoice, lambda: rows.change(row=first, values={"status": "registered"}))
    said = create_invoice(row=SupplierInvoice(company=books.company), values=given, may_repeat=True)
    rows.change(row=said, values={"due_date": DAY})
    assert SupplierInvoice.objects.filter(supplier=supplier, due_date=None).count() == 3
    assert corrected.number == "4"
    assert made(status="cancelled").number == "6"
    # Letters that Python and the database make large in different ways
    made(invoice_number="Straße\u00a01")
    refused(DuplicateInvoice, lambda: made(invoice_number="Straße\u00a01"))


def test_a_posted_invoice_keeps_its_voucher_until_that_is_reversed(books: Books) -> None:
    voucher = books.post()
    invoice = factories.SupplierInvoiceFactory.create(company=books.company, voucher=voucher, status="approved")
    taken_back = books.post()
    reverse_voucher(voucher=taken_back)
    losses: list[dict[str, Any]] = [
        {"status": "cancelled"},
        {"status": "rejected"},
        {"voucher": None},
        {"voucher": taken_back},
        {"status": "paid", "voucher": books.post()},
    ]
    acts: list[Callable[[], Any]] = [partial(rows.change, row=invoice, values=values) for values in losses]
    acts.append(partial(rows.delete, row=invoice))
    for act in acts:
        assert f"posted by voucher {voucher}" in str(refused(Posted, act))
    rows.change(row=invoice, values={"status": "paid", "voucher": voucher})
    reversal = reverse_voucher(voucher=voucher)
    again = reverse_voucher(voucher=reversal)
    refused(Posted, lambda: rows.delete(row=invoice))
    reverse_voucher(voucher=again)
    rows.change(row=invoice, values={"status": "cancelled"})
    rows.delete(row=invoice)


def test_an_entry_of_one_row_only_is_no_voucher(books: Books) -> None:
    refused(Unbalanced, lambda: books.post([Entry(account=books.cash, amount=Decimal(1))]))
    refused(LedgerError, lambda: changed_to_nothing(books))


def changed_to_nothing(books: Books) -> Any:
    """Take all rows of a voucher away."""
    voucher = books.post()
    return change_voucher(voucher=voucher, header=factories.header_of(voucher), entries=[])
