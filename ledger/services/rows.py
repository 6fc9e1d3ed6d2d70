"""The service of each register by its model, for whoever handles rows of all of them alike."""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

from django.db.models import Model

from ledger.models import (
    Account,
    Company,
    Customer,
    DimensionValue,
    FinancialYear,
    OtherDimension,
    OtherDimensionValue,
    Supplier,
)
from ledger.models.invoices import Invoice, Payment
from ledger.services.financial_years import change_year, create_year, delete_year
from ledger.services.invoices import (
    change_invoice,
    change_payment,
    create_invoice,
    create_payment,
    delete_invoice,
    delete_payment,
)
from ledger.services.master_data import change_row, create_row, delete_row


@dataclasses.dataclass(frozen=True)
class Services:
    """What makes, changes and deletes a row of one register; all take `row`, the first two `values` too."""

    create: Callable[..., Any]
    change: Callable[..., Any]
    delete: Callable[..., None]


MASTER_DATA = Services(create_row, change_row, delete_row)
BY_MODEL: dict[type[Model], Services] = {
    Company: MASTER_DATA,
    FinancialYear: Services(create_year, change_year, delete_year),
    Account: MASTER_DATA,
    DimensionValue: MASTER_DATA,
    OtherDimension: MASTER_DATA,
    OtherDimensionValue: MASTER_DATA,
    Supplier: MASTER_DATA,
    Customer: MASTER_DATA,
    **dict.fromkeys(Invoice.__subclasses__(), Services(create_invoice, change_invoice, delete_invoice)),
    **dict.fromkeys(Payment.__subclasses__(), Services(create_payment, change_payment, delete_payment)),
}


def create(*, row: Model, values: Mapping[str, Any]) -> Any:
    """Store a new row of any register but vouchers. Raises what the register's own service does."""
    return BY_MODEL[type(row)].create(row=row, values=values)


def change(*, row: Model, values: Mapping[str, Any]) -> Any:
    """Give a row of any register but vouchers the values. Raises what the register's own service does."""
    return BY_MODEL[type(row)].change(row=row, values=values)


def delete(*, row: Model) -> None:
    """Delete a row of any register but vouchers. Raises what the register's own service does."""
    BY_MODEL[type(row)].delete(row=row)
