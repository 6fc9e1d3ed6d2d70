"""One box for everything: companies, vouchers, suppliers, customers, invoices, subscriptions and pages.

Each kind is one query along an index, and is asked for only if the user may see it and what is typed can be one.
"""

import dataclasses
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from django.apps import apps
from django.contrib.admin import site
from django.db import connection
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.http import urlencode
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from access import scope
from access.http.admin.amounts import plain, shown
from ledger.models import Company, Customer, CustomerInvoice, Supplier, SupplierInvoice, Voucher

MOST_OF_A_KIND = 6
LONGEST = 100
VOUCHER = re.compile(r"([^\W\d_]{0,8})[ -]?(\d{1,12})(?:\s+([1-9]\d{3}))?")
AMOUNT = re.compile(r"-?\d{1,13}\.\d{1,2}")
NOT_OF_A_NUMBER = re.compile(r"[\s-]")


@dataclasses.dataclass(frozen=True)
class Found:
    """One thing found, and its page."""

    icon: str
    title: str
    detail: str
    url: str


@dataclasses.dataclass(frozen=True)
class Group:
    """What was found of one kind."""

    label: str
    found: Sequence[Found]


@dataclasses.dataclass(frozen=True)
class Kind:
    """One kind of thing: how it is looked for, and what is shown of it."""

    model: type[Model]
    icon: str
    look: Callable[[QuerySet[Any], str], QuerySet[Any] | None]
    detail: Callable[[Any], str]

    def find(self, request: HttpRequest, text: str) -> Group | None:
        """Return what the user may see of what the text means; None for nothing."""
        meta = self.model._meta
        if not request.user.has_perm(f"{meta.app_label}.view_{meta.model_name}"):
            return None
        rows = self.look(scope.visible(self.model._default_manager.all(), request.user), text)
        if rows is None:
            return None
        page = f"admin:{meta.app_label}_{meta.model_name}_change"
        found = [
            Found(self.icon, str(row), self.detail(row), reverse(page, args=[row.pk])) for row in rows[:MOST_OF_A_KIND]
        ]
        return Group(capfirst(str(meta.verbose_name_plural)), found) if found else None


def _companies(rows: QuerySet[Company], text: str) -> QuerySet[Company]:
    number = NOT_OF_A_NUMBER.sub("", text)
    written = {number, text, f"{number[:-4]}-{number[-4:]}"}
    named = Q(number__startswith=text) | Q(name__istartswith=text) | Q(organisation_number__in=written)
    return rows.filter(named).order_by("number")


def _vouchers(rows: QuerySet[Voucher], text: str) -> QuerySet[Voucher] | None:
    told = VOUCHER.fullmatch(text)
    if told is None:
        return None
    series, number, year = told.groups()
    rows = rows.filter(number=number)
    if series:
        rows = rows.filter(series__in={series, series.upper(), series.lower()})
    if year:
        rows = rows.filter(financial_year__first_day__year=int(year))
    return rows.select_related("company").order_by("-id")


def _partners(rows: QuerySet[Any], text: str) -> QuerySet[Any]:
    number = NOT_OF_A_NUMBER.sub("", text)
    written = {number, text, f"{number[:-4]}-{number[-4:]}"}
    rows = rows.select_related("company").order_by()
    # Each part goes along its own index; together, the planner would rather read the whole register.
    parts = (Q(number=text), Q(organisation_number__in=written), Q(name__istartswith=text))
    if not connection.features.supports_slicing_ordering_in_compound:
        return rows.filter(parts[0] | parts[1] | parts[2])
    by_number, by_registration, by_name = (rows.filter(part)[:MOST_OF_A_KIND] for part in parts)
    return by_number.union(by_registration, by_name)


def _supplier_invoices(rows: QuerySet[SupplierInvoice], text: str) -> QuerySet[SupplierInvoice] | None:
    return _invoices(rows, text, "supplier")


def _customer_invoices(rows: QuerySet[CustomerInvoice], text: str) -> QuerySet[CustomerInvoice] | None:
    return _invoices(rows, text, "customer")


def _invoices(rows: QuerySet[Any], text: str, partner: str) -> QuerySet[Any] | None:
    if not any(letter.isdigit() for letter in text):
        return None
    numbered = Q(invoice_number=text) | Q(payment_reference=NOT_OF_A_NUMBER.sub("", text))
    return rows.filter(numbered).select_related("company", partner)


def _subscriptions(rows: QuerySet[Any], text: str) -> QuerySet[Any]:
    return rows.filter(Q(integration_id__icontains=text) | Q(name__icontains=text)).order_by("integration_id")


def _of_invoice(invoice: Any) -> str:
    partner = getattr(invoice, "supplier", None) or getattr(invoice, "customer", None)
    return _joined(invoice.invoice_number, str(partner or ""), shown(invoice.amount), invoice.company.number)


def _joined(*parts: str) -> str:
    return " · ".join(part for part in parts if part)


KINDS: tuple[Kind, ...] = (
    Kind(Company, "domain", _companies, lambda company: company.organisation_number),
    Kind(
        Voucher,
        "receipt_long",
        _vouchers,
        lambda voucher: _joined(date_format(voucher.voucher_date), voucher.text, str(voucher.company)),
    ),
    Kind(Supplier, "local_shipping", _partners, lambda supplier: str(supplier.company)),
    Kind(Customer, "groups", _partners, lambda customer: str(customer.company)),
    Kind(SupplierInvoice, "request_quote", _supplier_invoices, _of_invoice),
    Kind(CustomerInvoice, "description", _customer_invoices, _of_invoice),
)
if apps.is_installed("subscriptions"):  # a working copy that is worked in offline has none
    subscription: Any = apps.get_model("subscriptions", "Subscription")
    KINDS = (*KINDS, Kind(subscription, "outbox", _subscriptions, lambda found: found.name))


@never_cache
def find(request: HttpRequest) -> HttpResponse:
    """Show what was found, in the box or, without its script, on a page of its own."""
    text = " ".join(request.GET.get("q", "").replace("\0", "").split())[:LONGEST]
    context = {"text": text, "groups": list(groups_of(request, text)) if text else []}
    if request.headers.get("HX-Request"):
        return TemplateResponse(request, "admin/find_results.html", context)
    title = {"title": _("Search")}
    return TemplateResponse(request, "admin/find.html", {**site.each_context(request), **title, **context})


def groups_of(request: HttpRequest, text: str) -> Iterator[Group]:
    """Yield what was found, a kind at a time: pages first, since a word names one at most."""
    pages = [page for page in _pages(request) if text.casefold() in page.title.casefold()]
    if pages:
        yield Group(_("Pages"), pages[:MOST_OF_A_KIND])
    amount = plain(text)
    if AMOUNT.fullmatch(amount) and request.user.has_perm("ledger.view_ledgerentry"):
        yield Group(_("Amounts"), [_entries_of(text)])
        return
    for kind in KINDS:
        if group := kind.find(request, text):
            yield group


def _entries_of(text: str) -> Found:
    bounds = urlencode({"amount_from": text, "amount_to": text})
    title = _("Ledger entries of %(amount)s") % {"amount": text}
    return Found("table_rows", title, "", f"{reverse('admin:ledger_ledgerentry_changelist')}?{bounds}")


def _pages(request: HttpRequest) -> Iterator[Found]:
    for group in site.get_sidebar_list(request):  # type: ignore[attr-defined] # Unfold's site
        for item in group["items"]:
            if item["has_permission"]:
                yield Found(item["icon"], str(item["title"]), str(group.get("title") or ""), str(item["link"]))
