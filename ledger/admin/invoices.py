"""Invoices and payments, numbered by us."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from access.http.admin.amounts import column
from access.http.admin.filters import DayFilter, SearchFilter
from access.http.admin.owned import OwnedAdmin
from ledger.admin.filters import AmountFilter
from ledger.admin.storing import StoringAdmin
from ledger.models import CustomerInvoice, CustomerPayment, SupplierInvoice, SupplierPayment
from ledger.models.invoices import Invoice, Numbered, Payment


class SameCompanyForm(forms.ModelForm[Numbered]):
    """What a row refers to is of the row's own company."""

    def clean(self) -> dict[str, Any]:
        """Say at its field what is of another company."""
        values: dict[str, Any] = super().clean() or self.cleaned_data
        company = values.get("company") or (self.instance.company if self.instance.pk else None)
        for name in ("supplier", "customer", "invoice", "voucher"):
            referred = values.get(name)
            if company and referred and referred.company_id != company.pk:
                self.add_error(name, _("It is of another company."))
        return values


class InvoiceForm(SameCompanyForm):
    """An invoice whose balance, left empty, is what is to be paid; the service fills it in."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        for name in ("vat_amount", "balance"):
            if name in self.fields:
                self.fields[name].required = False

    def clean_vat_amount(self) -> Decimal:
        """Left empty: none."""
        return self.cleaned_data["vat_amount"] or Decimal(0)


class NumberedAdmin(StoringAdmin, OwnedAdmin):
    """Rows with our own running number, given when they are made."""

    form = SameCompanyForm
    ordering = ("-id",)

    def get_ordering(self, request: HttpRequest) -> Sequence[str]:
        """The newest first; of one company by date, along the index of each."""
        return self.by_date if "company__id__exact" in request.GET else self.ordering

    by_date: Sequence[str] = ("-id",)

    def get_fieldsets(self, request: HttpRequest, obj: Model | None = None) -> list[tuple[Any, dict[str, Any]]]:
        """Show the number once there is one."""
        found: list[tuple[Any, dict[str, Any]]] = super().get_fieldsets(request, obj)
        if obj:
            return found
        return [(name, {**rest, "fields": [f for f in rest["fields"] if f != "number"]}) for name, rest in found]

    @display(description=_("amount"), ordering="amount")
    def amount_column(self, row: Invoice | Payment) -> str:
        """The amount, lined up."""
        return column(row.amount)


class InvoiceAdmin(NumberedAdmin):
    form = InvoiceForm
    by_date = ("-invoice_date", "-id")
    search_fields = ("number", "invoice_number", "payment_reference")

    @display(description=_("balance"), ordering="balance")
    def balance_column(self, invoice: Invoice) -> str:
        """What is left to pay, lined up."""
        return column(invoice.balance)


def _invoice_filters(partner: str) -> tuple[Any, ...]:
    return (
        ("company", SearchFilter),
        (partner, SearchFilter),
        ("status", ChoicesDropdownFilter),
        ("invoice_date", DayFilter),
        ("due_date", DayFilter),
        ("amount", AmountFilter),
    )


def _invoice_columns(partner: str) -> tuple[str, ...]:
    days = ("invoice_date", "due_date")
    return ("number", "invoice_number", partner, *days, "amount_column", "balance_column", "status", "of_company")


def _invoice_fields(partner: str) -> tuple[Any, ...]:
    return (
        (None, {"fields": ("company", "number", partner, "invoice_number", "status")}),
        (_("Dates"), {"fields": (("invoice_date", "due_date"),)}),
        (_("Amounts"), {"fields": ("currency", "amount", "vat_amount", "balance")}),
        (_("Payment and bookkeeping"), {"fields": ("payment_reference", "voucher")}),
    )


@admin.register(SupplierInvoice)
class SupplierInvoiceAdmin(InvoiceAdmin):
    list_display = _invoice_columns("supplier")
    list_filter = _invoice_filters("supplier")
    list_select_related = ("company", "supplier")
    autocomplete_fields = ("company", "supplier", "voucher")
    fieldsets = _invoice_fields("supplier")


@admin.register(CustomerInvoice)
class CustomerInvoiceAdmin(InvoiceAdmin):
    list_display = _invoice_columns("customer")
    list_filter = _invoice_filters("customer")
    list_select_related = ("company", "customer")
    autocomplete_fields = ("company", "customer", "voucher")
    fieldsets = _invoice_fields("customer")


class PaymentAdmin(NumberedAdmin):
    by_date = ("-payment_date", "-id")
    search_fields = ("number", "invoice__number", "invoice__invoice_number")
    list_filter = (
        ("company", SearchFilter),
        ("payment_date", DayFilter),
        ("amount", AmountFilter),
    )
    autocomplete_fields = ("company", "invoice")
    fields = ("company", "number", "invoice", "payment_date", "amount", "currency")


@admin.register(SupplierPayment)
class SupplierPaymentAdmin(PaymentAdmin):
    list_display = ("number", "invoice", "supplier", "payment_date", "amount_column", "currency", "of_company")
    list_select_related = ("company", "invoice__supplier")

    @display(description=_("supplier"))
    def supplier(self, payment: SupplierPayment) -> str:
        """Who was paid."""
        return str(payment.invoice.supplier or "")


@admin.register(CustomerPayment)
class CustomerPaymentAdmin(PaymentAdmin):
    list_display = ("number", "invoice", "customer", "payment_date", "amount_column", "currency", "of_company")
    list_select_related = ("company", "invoice__customer")

    @display(description=_("customer"))
    def customer(self, payment: CustomerPayment) -> str:
        """Who paid."""
        return str(payment.invoice.customer)
