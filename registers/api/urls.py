"""The addresses of registers, below `/api/v1/`: two for each, from the registry."""

from collections.abc import Mapping

from django.db.models import Model
from django.urls import path

from ledger.models import Company, SupplierInvoice
from registers.api import master_data
from registers.api.addresses import name_of, route_of
from registers.api.hours import NewHours
from registers.api.reading import RegisterItem, RegisterList
from registers.api.supplier_invoices import NewSupplierInvoices
from registers.api.vouchers import ReversalView, VoucherItem, VoucherList
from registers.register import Register, all_registers
from timesheets.models import TimeTransaction

# Views of registers that are written in ways of their own, by their model
LISTS: Mapping[type[Model], type[RegisterList]] = {
    Company: master_data.NewCompanies,
    SupplierInvoice: NewSupplierInvoices,
    TimeTransaction: NewHours,
}
ITEMS: Mapping[type[Model], type[RegisterItem]] = {Company: master_data.ChangedCompany}


def list_of(register: Register) -> type[RegisterList]:
    """Return the view of a register's collection."""
    usual = master_data.NewRows if register.is_master_data else RegisterList
    return LISTS.get(register.model, usual).of(register)


def item_of(register: Register) -> type[RegisterItem]:
    """Return the view of one of a register's rows."""
    usual = master_data.MasterDataRow if register.is_master_data else RegisterItem
    return ITEMS.get(register.model, usual).of(register)


VOUCHER = "vouchers/<str:company>/<str:financial_year>/<path:series>/<path:number>"

urlpatterns = [
    path("vouchers", VoucherList.as_view(), name="vouchers"),
    path(f"{VOUCHER}/reverse", ReversalView.as_view()),
    path(VOUCHER, VoucherItem.as_view()),
]
urlpatterns += [
    address
    for register in all_registers()
    for address in (
        path(register.slug, list_of(register).as_view(), name=name_of(register)),
        path(route_of(register), item_of(register).as_view()),
    )
]
