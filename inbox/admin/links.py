"""The ways from a row to its page, and from what is posted to what came."""

from typing import Any

from django.db.models import Model
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext

from access import scope
from access.http.admin.links import Link, links_from
from inbox.models import IncomingInvoice
from ledger.models import SupplierInvoice, Voucher

VIEW = "inbox.view_incominginvoice"


@links_from(SupplierInvoice, Voucher)
def to_originals(request: HttpRequest, row: Model) -> list[Link]:
    """The way from a supplier invoice, and from its voucher, to what came."""
    if not request.user.has_perm(VIEW, row):
        return []
    of_row = {"supplier_invoice": row.pk} if isinstance(row, SupplierInvoice) else {"supplier_invoice__voucher": row.pk}
    keys = IncomingInvoice.objects.filter(**of_row).order_by("pk").values_list("pk", flat=True)[:1]
    return [
        Link(gettext("The invoice as it came"), reverse("admin:inbox_incominginvoice_change", args=[key]), "mail")
        for key in keys
    ]


def url_of(request: HttpRequest, row: Model | None) -> str | None:
    """A row's own page, for who may look at it."""
    if row is None:
        return None
    right = scope.view_right(type(row))
    if right is None or not request.user.has_perm(right, row):
        return None
    return page_of(f"{row._meta.app_label}_{row._meta.model_name}_change", row.pk)


def page_of(name: str, *arguments: Any) -> str | None:
    """A page of the admin, where the installation has it."""
    try:
        return reverse(f"admin:{name}", args=arguments)
    except NoReverseMatch:
        return None
