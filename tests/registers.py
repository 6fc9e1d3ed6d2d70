"""Registers filled for tests with some rows of every type."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Model

from information_types.definition import InformationType
from ledger.models import DimensionValue
from ledger.services.vouchers import Entry
from tests import factories


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


def widest(known: InformationType) -> dict[str, Any]:
    """The parameters that a transfer of everything has to be given."""
    months = {"month_from": "2024-01", "month_to": "2024-12"}
    return {parameter.name: months[parameter.kind] for parameter in known.parameters if parameter.required}
