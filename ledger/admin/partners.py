"""Suppliers and customers."""

from typing import Any

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from access.http.admin.filters import SearchFilter
from access.http.admin.owned import OwnedAdmin
from ledger.admin.storing import StoringAdmin
from ledger.models import Customer, Supplier

WHO: tuple[Any, ...] = ("company", "number", "name", "organisation_number", "active")
WHERE: tuple[Any, ...] = ("email", "phone", "address", ("postal_code", "city"), "country")
TERMS: tuple[Any, ...] = ("currency", "payment_terms_days")


class PartnerAdmin(StoringAdmin, OwnedAdmin):
    list_display = ("number", "name", "organisation_number", "city", "active", "of_company")
    list_filter = (("company", SearchFilter), "active")
    search_fields = ("number__startswith", "name", "organisation_number")
    ordering = ("company_id", "number")
    fieldsets: tuple[Any, ...] = (
        (None, {"fields": WHO}),
        (_("Address"), {"fields": WHERE}),
        (_("Payment"), {"fields": TERMS}),
    )


@admin.register(Supplier)
class SupplierAdmin(PartnerAdmin):
    fieldsets = (
        (None, {"fields": WHO}),
        (_("Address"), {"fields": WHERE}),
        (_("Payment"), {"fields": (*TERMS, ("bankgiro", "plusgiro"), "iban", "bic")}),
    )


@admin.register(Customer)
class CustomerAdmin(PartnerAdmin):
    pass
