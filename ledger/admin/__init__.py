"""The registers' pages: lists and forms."""

from ledger.admin.chart import AccountAdmin, BalanceAdmin, DimensionValueAdmin, OtherDimensionAdmin
from ledger.admin.companies import CompanyAdmin, FinancialYearAdmin
from ledger.admin.entries import LedgerEntryAdmin
from ledger.admin.invoices import (
    CustomerInvoiceAdmin,
    CustomerPaymentAdmin,
    SupplierInvoiceAdmin,
    SupplierPaymentAdmin,
)
from ledger.admin.partners import CustomerAdmin, SupplierAdmin
from ledger.admin.vouchers import VoucherAdmin

__all__ = [
    "AccountAdmin",
    "BalanceAdmin",
    "CompanyAdmin",
    "CustomerAdmin",
    "CustomerInvoiceAdmin",
    "CustomerPaymentAdmin",
    "DimensionValueAdmin",
    "FinancialYearAdmin",
    "LedgerEntryAdmin",
    "OtherDimensionAdmin",
    "SupplierAdmin",
    "SupplierInvoiceAdmin",
    "SupplierPaymentAdmin",
    "VoucherAdmin",
]
