"""The registers' tables, by subject, and the information types that they are."""

from ledger.models.chart import Account, Balance, DimensionValue, OtherDimension, OtherDimensionValue
from ledger.models.company import Company, FinancialYear, NumberSeries
from ledger.models.invoices import CustomerInvoice, CustomerPayment, SupplierInvoice, SupplierPayment
from ledger.models.partners import Customer, Supplier
from ledger.models.vouchers import LedgerEntry, UnbalancedVoucher, Voucher, VoucherSeries

from ledger.models import registrations  # isort: skip  # fills the registry, from the models above

__all__ = [
    "Account",
    "Balance",
    "Company",
    "Customer",
    "CustomerInvoice",
    "CustomerPayment",
    "DimensionValue",
    "FinancialYear",
    "LedgerEntry",
    "NumberSeries",
    "OtherDimension",
    "OtherDimensionValue",
    "Supplier",
    "SupplierInvoice",
    "SupplierPayment",
    "UnbalancedVoucher",
    "Voucher",
    "VoucherSeries",
    "registrations",
]
