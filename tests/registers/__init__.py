"""Registers filled for tests with some rows of every type."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

from django.db.models import BigIntegerField, CharField, Model

from information_types.definition import InformationType
from ledger.models import Company, DimensionValue
from ledger.services.vouchers import Entry
from tests import factories
from timesheets.models import LEVELS, TimeTransaction


def _dimension(number: int) -> Callable[..., Model]:
    return lambda **fields: factories.DimensionValueFactory.create(
        dimension=number, valid_from=date(2024, 1, 1), **fields
    )


def _full_voucher(books: factories.Books) -> None:
    values: dict[str, Any] = {
        dimension.name.lower(): factories.DimensionValueFactory.create(company=books.company, dimension=dimension)
        for dimension in DimensionValue.Dimension
    }
    full = Entry(
        account=books.cash,
        amount=Decimal("12.30"),
        quantity=Decimal("1.5"),
        text="Row",
        other_dimensions={"7": "121"},
        signature="AB",
        **values,
    )
    books.post([full, Entry(account=books.sales, amount=Decimal("-12.30"))], text="Text")


def make_some_of_each(books: factories.Books) -> None:
    """At least two rows of every registered type: a bare one, and one with every field filled."""
    company = books.company
    _full_voucher(books)
    voucher = books.post()
    supplier = factories.SupplierFactory.create(
        company=company, city="Åre", country="SE", currency="SEK", payment_terms_days=30, bankgiro="1-2", active=False
    )
    customer = factories.CustomerFactory.create(company=company, email="a@example.com")
    filled: dict[str, Any] = {"due_date": date(2024, 3, 1), "payment_reference": "123", "voucher": voucher}
    for number in (1, 2, 3, 4):
        _dimension(number)(company=company)
    factories.SupplierPaymentFactory.create(company=company)
    factories.CustomerPaymentFactory.create(company=company)
    invoice = factories.SupplierInvoiceFactory.create(company=company, supplier=supplier, **filled)
    factories.SupplierPaymentFactory.create(company=company, invoice=invoice)
    bare = factories.SupplierInvoiceFactory.create(company=company, supplier=None, invoice_number="")
    factories.SupplierPaymentFactory.create(company=company, invoice=bare)
    factories.CustomerPaymentFactory.create(
        company=company,
        invoice=factories.CustomerInvoiceFactory.create(company=company, customer=customer, **filled),
    )
    factories.TimeTransactionFactory.create(company=company)
    _full_hours(company)


def _full_hours(company: Company) -> None:
    """The registration of the seed's example, with everything that it leaves empty."""
    now = datetime(2024, 7, 11, 9, 25, 0, 500000, tzinfo=UTC)
    approved: dict[str, Any] = {
        f"approved_level_{level}{part}": value
        for level in LEVELS
        for part, value in (("", 1), ("_by", "ineg"), ("_on", now))
    }
    numbers = {
        field.name: n
        for n, field in enumerate(TimeTransaction._meta.fields, start=20)
        if field.name.endswith("_id") and isinstance(field, BigIntegerField)
    }
    texts = {
        field.name: f"Text {field.name}"
        for field in TimeTransaction._meta.fields
        if isinstance(field, CharField) and field.blank and not field.name.startswith("approved")
    }
    factories.TimeTransactionFactory.create(
        company=company,
        time_in=time(21, 57),
        date_out=date(2024, 7, 11),
        time_out=time(7, 1, 0, 250000),
        **{**texts, **numbers, **approved},
    )


def widest(known: InformationType) -> dict[str, Any]:
    """The parameters that a transfer of everything has to be given."""
    ends = {
        "month_from": "2024-01",
        "month_to": "2024-12",
        "date_from": "2024-01-01",
        "date_to": "2024-12-31",
    }
    return {parameter.name: ends[parameter.kind] for parameter in known.parameters if parameter.required}
