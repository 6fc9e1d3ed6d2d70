"""The queue of invoices that came, as a list."""

from collections.abc import Sequence
from decimal import Decimal
from functools import partial
from typing import Any, ClassVar

from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from access import scope
from access.http.admin import ReadOnlyAdmin
from access.http.admin.amounts import plain as plain_amount
from access.http.admin.amounts import shown
from access.http.admin.filters import DayFilter, SearchFilter
from access.http.admin.moments import moment
from inbox import addresses, handling
from inbox.admin import findings
from inbox.admin.links import VIEW, page_of
from inbox.admin.queue import OF_QUEUE, InvoiceList, tab_of
from inbox.admin.wording import LABELS, name_of, sender_of, standing_of, warnings_of, word_of
from inbox.exceptions import InboxError
from inbox.models import IncomingInvoice, Portal

MOST_ADDRESSES = 5


class ListOfInvoices(ReadOnlyAdmin):
    """The list's columns, search and tabs."""

    list_display = ("sender", "dated", "due", "amount", "warnings", "standing", "of_company")
    list_select_related = ("company", "document", "supplier_invoice__supplier")
    list_filter = (
        ("company", SearchFilter),
        ("received_at", DayFilter),
        ("supplier_invoice__due_date", DayFilter),
    )
    search_fields = (
        "invoice_number",
        "sender_name",
        "supplier_invoice__number",
        "supplier_invoice__supplier__name",
        "supplier_invoice__payment_reference",
    )
    search_help_text = _("Number, sender, supplier or amount")
    list_before_template = "admin/inbox/tabs.html"
    list_empty_template = "admin/inbox/empty.html"
    known_refusals: ClassVar = (InboxError,)
    exported: ClassVar = {
        "sender": name_of,
        "dated": lambda row: row.supplier_invoice and row.supplier_invoice.invoice_date,
        "due": lambda row: row.supplier_invoice and row.supplier_invoice.due_date,
        "amount": lambda row: row.supplier_invoice and row.supplier_invoice.amount,
        "warnings": lambda row: ", ".join(text for _kind, text in warnings_of(row)),
        "of_company": lambda row: str(row.company),
        "standing": word_of,
    }

    def get_changelist(self, request: HttpRequest, **options: Any) -> type[InvoiceList]:
        """One with tabs."""
        return InvoiceList

    def get_ordering(self, request: HttpRequest) -> Sequence[str]:
        """What waits from the oldest on, as it is worked through; what is done from the newest on."""
        return ("id",) if tab_of(request) in OF_QUEUE else ("-id",)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Search; an amount finds invoices and credit notes of it as well."""
        found, may_repeat = super().get_search_results(request, queryset, search_term)
        text = plain_amount(search_term)
        if text.lstrip("-").replace(".", "", 1).isdecimal() and len(text) < 18:
            amount = abs(Decimal(text))
            found = found | queryset.filter(Q(supplier_invoice__amount__in=[amount, -amount]))
        return found, may_repeat

    @display(description=capfirst(_("supplier or sender")), ordering="sender_name")
    def sender(self, row: IncomingInvoice) -> str:
        """The supplier; who isn't known yet, as the sender says; the invoice's number, else its file, below."""
        known = row.supplier_invoice is not None and row.supplier_invoice.supplier_id is not None
        named = row.invoice_number or (row.document.name if row.document else "")
        further = [named, "" if known else gettext("no supplier chosen")]
        return format_html(
            '<span class="cut invoice-sender" title="{0}">{0}</span><span class="quiet-line invoice-named">{1}</span>',
            sender_of(row),
            " · ".join(filter(None, further)),
        )

    @display(description=_("invoice date"), ordering="supplier_invoice__invoice_date")
    def dated(self, row: IncomingInvoice) -> str:
        """The invoice's day, and since when it has been here."""
        return format_html(
            '<span class="nowrap">{}</span><span class="quiet-line">{}</span>',
            _day(row.supplier_invoice.invoice_date) if row.supplier_invoice else "–",
            format_html(gettext("came {}"), moment(row.received_at)),
        )

    @display(description=_("due date"), ordering="supplier_invoice__due_date")
    def due(self, row: IncomingInvoice) -> str:
        """When it is to be paid, and whether that has passed."""
        invoice = row.supplier_invoice
        if invoice is None or invoice.due_date is None:
            return ""
        if handling.is_waiting(row) and invoice.due_date < timezone.localdate():
            return format_html(
                '<span class="nowrap is-bad">{}<span class="quiet-line is-bad">{}</span></span>',
                _day(invoice.due_date),
                gettext("overdue"),
            )
        return format_html('<span class="nowrap">{}</span>', _day(invoice.due_date))

    @display(description=_("amount"), ordering="supplier_invoice__amount")
    def amount(self, row: IncomingInvoice) -> str:
        """With its currency."""
        invoice = row.supplier_invoice
        if invoice is None:
            return ""
        return format_html(
            '<span class="amount">{} <span class="invoice-currency">{}</span></span>',
            shown(invoice.amount),
            invoice.currency,
        )

    @display(description=_("to check"))
    def warnings(self, row: IncomingInvoice) -> str:
        """What is odd, by a sign and in words."""
        signs = [
            (f"is-{kind}", findings.ICONS["error" if kind == "bad" else "warning"], text)
            for kind, text in warnings_of(row)
        ]
        return format_html_join(
            "",
            '<span class="invoice-sign {}">'
            '<span class="material-symbols-outlined" aria-hidden="true">{}</span>{}</span>',
            signs,
        )

    @display(description=_("company"), ordering="company__number")
    def of_company(self, row: IncomingInvoice) -> str:
        """Whose invoice it is."""
        return format_html('<span class="cut" title="{}">{}</span>', row.company, row.company.name)

    @display(description=_("state"), label=LABELS)
    def standing(self, row: IncomingInvoice) -> tuple[str, str]:
        """How far it has got."""
        return standing_of(row), word_of(row)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """With the addresses to tell suppliers, where nothing has come yet."""
        context = {"portals": partial(self._portals, request), **(extra_context or {})}
        return super().changelist_view(request, context)

    def _portals(self, request: HttpRequest) -> dict[str, Any]:
        portals = scope.within(Portal.objects.filter(active=True), request.user, VIEW).select_related("company")
        found = list(portals.order_by("company__number")[: MOST_ADDRESSES + 1])
        return {
            "addresses": [(portal.company, addresses.current(portal)) for portal in found[:MOST_ADDRESSES]],
            "has_more": len(found) > MOST_ADDRESSES,
            "url": page_of("inbox_portal_changelist") if request.user.has_perm("inbox.view_portal") else None,
            "may_switch_on": request.user.has_perm("inbox.change_portal"),
        }


def _day(day: Any) -> str:
    return date_format(day, "SHORT_DATE_FORMAT")
