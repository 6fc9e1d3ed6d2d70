"""The desk: the queue of invoices that came, and the page on which one is registered, posted or rejected."""

from collections.abc import Sequence
from decimal import Decimal
from functools import partial
from typing import Any, ClassVar, cast

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import DatabaseError
from django.db.models import Model, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import NoReverseMatch, URLPattern, path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.text import capfirst
from django.utils.translation import gettext, ngettext, pgettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from access import scope
from access.http.admin import ReadOnlyAdmin
from access.http.admin.amounts import plain as plain_amount
from access.http.admin.amounts import shown
from access.http.admin.confirmation import Confirmation, ask_about_form, is_confirmed
from access.http.admin.filters import DayFilter, SearchFilter
from access.http.admin.links import Link, links_from
from access.http.admin.moments import moment
from access.http.admin.refusals import refusal_of
from history.models import Change
from history.rendering import who
from inbox import addresses, entering, handling, posting, replies, storage, suppliers
from inbox.accounts import Difference, account_of, accounts_of, compare, known_of
from inbox.admin import findings, originals, suggestions
from inbox.admin.forms import InvoiceForm, RejectionForm, next_supplier_number
from inbox.admin.posting_form import HeadForm, ProposedRows, RateForm, rows_of
from inbox.admin.queue import OF_QUEUE, InvoiceList, place_of, tab_of
from inbox.exceptions import ChangedMeanwhile, InboxError
from inbox.models import IncomingInvoice, MailFile, Portal
from inbox.rules import SUPPLIER_UNKNOWN
from ledger.exceptions import DuplicateInvoice, LedgerError
from ledger.models import Supplier, SupplierInvoice, Voucher

State = IncomingInvoice.State
Status = SupplierInvoice.Status

VIEW, CHANGE = "inbox.view_incominginvoice", "inbox.change_incominginvoice"
APPROVE = "inbox.approve_incominginvoice"
REFUSALS = (InboxError, LedgerError, ValidationError, DatabaseError)
MOST_ADDRESSES = 5
MOST_TOLD = 8
SEEN = "seen"
TO_ENTER, DUPLICATE = "to_enter", "duplicate"
LABELS = {
    TO_ENTER: "warning",
    Status.RECEIVED: "info",
    Status.REGISTERED: "info",
    Status.APPROVED: "success",
    Status.PAID: "success",
    Status.REJECTED: "danger",
    Status.CANCELLED: "danger",
    DUPLICATE: "default",
}
FOUND_BY = {
    "organisation_number": _("organisation number"),
    "vat_number": _("VAT number"),
    "vat": _("VAT number"),
    "bankgiro": _("bankgiro"),
    "plusgiro": _("plusgiro"),
    "iban": _("IBAN"),
    "endpoint": _("Peppol ID"),
    "peppol": _("Peppol ID"),
    "gln": _("GLN"),
    "email": _("e-mail address"),
}


@admin.register(IncomingInvoice)
class IncomingInvoiceAdmin(ReadOnlyAdmin):
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
        "sender": lambda row: name_of(row),  # noqa: PLW0108 (it stands below)
        "dated": lambda row: row.supplier_invoice and row.supplier_invoice.invoice_date,
        "due": lambda row: row.supplier_invoice and row.supplier_invoice.due_date,
        "amount": lambda row: row.supplier_invoice and row.supplier_invoice.amount,
        "warnings": lambda row: ", ".join(text for _kind, text in warnings_of(row)),
        "of_company": lambda row: str(row.company),
        "standing": lambda row: word_of(row),  # noqa: PLW0108 (it stands below)
    }

    # The list

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

    @display(description=_("to look at"))
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
            "url": _page("inbox_portal_changelist") if request.user.has_perm("inbox.view_portal") else None,
            "may_switch_on": request.user.has_perm("inbox.change_portal"),
        }

    # Addresses

    def get_urls(self) -> list[URLPattern]:
        """Add the parts of an invoice's page, and what can be done with it."""
        views = {
            "reject": ("reject/", self.reject_view),
            "take_back": ("take-back/", self.take_back_view),
            "original": ("original/<int:file>/", self.original_view),
            "file": ("file/<int:file>/", self.file_view),
            "say_original": ("not-a-duplicate/", self.say_original_view),
        }
        own = [
            path(f"<int:pk>/{route}", self.admin_site.admin_view(view), name=f"inbox_incominginvoice_{name}")
            for name, (route, view) in views.items()
        ]
        return [*own, *super().get_urls()]

    # One invoice

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show one beside its original; take its fields, register it, post it."""
        if not object_id.isdecimal() or len(object_id) > 18:
            raise Http404
        incoming = self._find(request, int(object_id))
        if request.method != "POST":
            return self._page(request, incoming)
        action = request.POST.get("do", "")
        if action in {"save", "register", "register_on"}:
            return self._take_fields(request, incoming, action)
        if action in {"approve", "rate"}:
            return self._take_posting(request, incoming, action)
        raise PermissionDenied

    def _take_fields(self, request: HttpRequest, incoming: IncomingInvoice, action: str) -> HttpResponse:
        self._refuse_unless(request, CHANGE, incoming)
        form = InvoiceForm(incoming, request.user, request.POST)
        if not form.is_valid():
            return self._page(request, incoming, form=form)
        seen = request.POST.get(SEEN, "")
        try:
            by = cast(User, request.user)
            if action == "save":
                saved = handling.correct(incoming=incoming, fields=form.content(), seen=seen, user=by)
            else:
                wish = form.wish()
                saved = handling.register(incoming=incoming, fields=form.content(), wish=wish, seen=seen, user=by)
        except REFUSALS as error:
            return self._refused(request, incoming, error, form)
        self.log_change(request, saved, [{"changed": {"object": word_of(saved)}}])
        if action == "save":
            messages.success(request, gettext("The fields of %(invoice)s are saved.") % {"invoice": name_of(saved)})
            return HttpResponseRedirect(self._url("change", saved.pk))
        number = saved.supplier_invoice.number if saved.supplier_invoice else ""
        text = gettext("%(invoice)s is registered as number %(number)s.")
        return self._go_on(
            request, saved, text % {"invoice": name_of(saved), "number": number}, stays=action == "register_on"
        )

    def _refused(
        self, request: HttpRequest, incoming: IncomingInvoice, error: Exception, form: InvoiceForm
    ) -> HttpResponse:
        """Show the page again with what was typed, and why it wasn't taken."""
        known = refusal_of(error, (InboxError,))
        if known is None:
            raise error
        # Nothing is held of what the failed try had found.
        incoming = self._find(request, incoming.pk)
        if isinstance(error, DuplicateInvoice):
            form.refuse("invoice_number", self._told_duplicate(request, error.existing))
        elif isinstance(error, ChangedMeanwhile):
            form.refuse(None, known.message)
        else:
            for told in (known, *known.further):
                form.refuse(told.field, told.message)
        return self._page(request, incoming, form=form, is_stale=isinstance(error, ChangedMeanwhile))

    def _told_duplicate(self, request: HttpRequest, existing: SupplierInvoice) -> str:
        told = str(DuplicateInvoice(existing))
        url = self._url_of(request, existing)
        if url is None:
            return told
        link = format_html('<a class="row-link" href="{}">{}</a>', url, gettext("See it"))
        return format_html("{} {}", told, link)

    def _take_posting(self, request: HttpRequest, incoming: IncomingInvoice, action: str) -> HttpResponse:
        self._refuse_unless(request, APPROVE, incoming)
        rate = RateForm(request.POST) if "exchange_rate" in request.POST else None
        if action == "rate":
            return self._page(request, incoming, rate=rate)
        head, rows = HeadForm(request.POST), rows_of(incoming, request.user, data=request.POST)
        if not (head.is_valid() & rows.is_valid()):
            return self._page(request, incoming, head=head, rows=rows, rate=rate)
        try:
            voucher = handling.approve(
                incoming=incoming,
                entries=rows.entries(),
                seen=request.POST.get(SEEN, ""),
                user=cast(User, request.user),
                **head.cleaned_data,
            )
        except REFUSALS as error:
            known = refusal_of(error, (InboxError,))
            if known is None:
                raise
            for told in (known, *known.further):
                head.add_error(told.field if told.field in head.fields else None, told.message)
            fresh, is_stale = self._find(request, incoming.pk), isinstance(error, ChangedMeanwhile)
            return self._page(request, fresh, head=head, rows=rows, rate=rate, is_stale=is_stale)
        self.log_change(request, incoming, [{"changed": {"object": gettext("approved")}}])
        url = self._url_of(request, voucher)
        link = format_html('<a class="row-link" href="{}">{}</a>', url, voucher) if url else str(voucher)
        text = gettext("%(invoice)s is approved and posted as voucher")
        told_text = format_html("{} {}.", text % {"invoice": name_of(incoming)}, link)
        return self._go_on(request, incoming, told_text)

    # Its further pages

    def reject_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask why, and what the sender is told."""
        incoming = self._find(request, pk)
        self._refuse_unless(request, CHANGE, incoming)
        if not handling.is_waiting(incoming):
            return self._gone(request, incoming)
        form = RejectionForm(incoming, replies.address_of(incoming.mail), request.POST or None)
        if form.is_valid():
            try:
                rejected = handling.reject(
                    incoming=incoming,
                    reason=form.cleaned_data["reason"],
                    letter=form.letter(),
                    seen=request.POST.get(SEEN, ""),
                    user=cast(User, request.user),
                )
            except REFUSALS as error:
                known = refusal_of(error, (InboxError,))
                if known is None:
                    raise
                form.add_error(None, known.message)
                incoming = self._find(request, pk)
            else:
                self.log_change(request, rejected, [{"changed": {"object": word_of(rejected)}}])
                text = gettext("%(invoice)s is rejected.") % {"invoice": name_of(rejected)}
                if form.cleaned_data.get("replies"):
                    text += " " + gettext("A reply is on its way to %(address)s.") % {"address": form.address}
                return self._go_on(request, rejected, text)
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("Reject %(invoice)s?") % {"invoice": name_of(incoming)},
            "opts": self.opts,
            "incoming": incoming,
            "form": form,
            "seen": handling.mark_of(incoming),
            "templates": {code: replies.proposed(incoming, code) for code in replies.LANGUAGES},
            "reason_mark": replies.REASON,
            "answers_to": cast(User, request.user).email,
            "back_url": self._url("change", pk),
        }
        return TemplateResponse(request, "admin/inbox/reject.html", context, status=400 if form.errors else 200)

    def take_back_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask, and take the last step back."""
        incoming = self._find(request, pk)
        standing = standing_of(incoming)
        self._refuse_unless(request, APPROVE if standing == Status.APPROVED else CHANGE, incoming)
        if standing not in {Status.REJECTED, Status.REGISTERED, Status.APPROVED}:
            return self._gone(request, incoming)
        if request.method != "POST" or not is_confirmed(request):
            asked = self._asked_back(incoming, standing)
            return ask_about_form(request, asked, IncomingInvoice, further=[(SEEN, handling.mark_of(incoming))])
        try:
            reversal = handling.take_back(
                incoming=incoming, seen=request.POST.get(SEEN, ""), user=cast(User, request.user)
            )
        except REFUSALS as error:
            self._tell(request, error)
            return HttpResponseRedirect(self._url("change", pk))
        fresh = self._find(request, pk)
        self.log_change(request, fresh, [{"changed": {"object": word_of(fresh)}}])
        text = gettext("%(invoice)s is back: %(state)s.") % {"invoice": name_of(fresh), "state": word_of(fresh).lower()}
        if reversal is not None:
            text += " " + gettext("Its voucher is reversed by %(voucher)s.") % {"voucher": reversal}
        messages.success(request, text)
        return HttpResponseRedirect(self._url("change", pk))

    def _asked_back(self, incoming: IncomingInvoice, standing: str) -> Confirmation:
        lead = {
            Status.REJECTED: gettext("It goes back to the queue. A reply that is already sent stays sent."),
            Status.REGISTERED: gettext("Its fields can be corrected again, and it has to be registered anew."),
            Status.APPROVED: gettext("Its voucher is reversed by another, and the invoice is registered again."),
        }
        return Confirmation(
            title=gettext("Take %(invoice)s back?") % {"invoice": name_of(incoming)},
            button=pgettext("a message or an invoice", "Take back"),
            lead=[lead[Status(standing)]],
            back_url=self._url("change", incoming.pk),
        )

    def say_original_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask, and let what was taken for a duplicate wait like any other."""
        incoming = self._find(request, pk)
        self._refuse_unless(request, CHANGE, incoming)
        if incoming.state != State.DUPLICATE:
            return self._gone(request, incoming)
        if request.method != "POST" or not is_confirmed(request):
            asked = Confirmation(
                title=gettext("%(invoice)s is not a duplicate?") % {"invoice": name_of(incoming)},
                button=gettext("It is not a duplicate"),
                lead=[gettext("It goes to the queue like any other invoice, and can be registered and paid.")],
                back_url=self._url("change", pk),
            )
            return ask_about_form(request, asked, IncomingInvoice, further=[(SEEN, handling.mark_of(incoming))])
        try:
            said = handling.say_original(
                incoming=incoming, seen=request.POST.get(SEEN, ""), user=cast(User, request.user)
            )
        except REFUSALS as error:
            self._tell(request, error)
        else:
            self.log_change(request, said, [{"changed": {"object": word_of(said)}}])
            messages.success(request, gettext("%(invoice)s is in the queue.") % {"invoice": name_of(said)})
        return HttpResponseRedirect(self._url("change", pk))

    def original_view(self, request: HttpRequest, pk: int, file: int) -> HttpResponse:
        """What the frame shows."""
        incoming = self._find(request, pk)
        found = None if file == originals.MESSAGE else self._file(incoming, file)
        return originals.frame(request, incoming, found)

    def file_view(self, request: HttpRequest, pk: int, file: int) -> HttpResponse:
        """A file as it came, to be saved."""
        incoming = self._find(request, pk)
        found = None if file == originals.MESSAGE else self._file(incoming, file)
        try:
            content = storage.content_of(found.digest if found else incoming.mail.digest)
        except (OSError, ValueError) as error:
            raise Http404 from error
        return originals.download(content, (found.name or found.part) if found else f"{incoming.mail.uid}.eml")

    def _file(self, incoming: IncomingInvoice, key: int) -> MailFile:
        found = next((file for file in originals.files_of(incoming) if file.pk == key), None)
        if found is None:
            raise Http404
        return found

    # The page

    def _page(
        self,
        request: HttpRequest,
        incoming: IncomingInvoice,
        *,
        form: InvoiceForm | None = None,
        head: HeadForm | None = None,
        rows: ProposedRows | None = None,
        rate: RateForm | None = None,
        is_stale: bool = False,
    ) -> HttpResponse:
        may_change = request.user.has_perm(CHANGE, incoming)
        standing = standing_of(incoming)
        if form is None and may_change and handling.is_open(incoming):
            form = InvoiceForm(incoming, request.user)
            if "new_number" in form.fields:
                form.initial["new_number"] = next_supplier_number(Supplier.objects.filter(company=incoming.company_id))
        may_approve = request.user.has_perm(APPROVE, incoming)
        context = {
            **self.admin_site.each_context(request),
            "title": name_of(incoming),
            "opts": self.opts,
            "original": incoming,
            "incoming": incoming,
            "invoice": incoming.supplier_invoice,
            "standing": standing,
            "word": word_of(incoming),
            "label": LABELS.get(standing, "default"),
            "seen": request.POST.get(SEEN) if form and form.is_bound and not is_stale else handling.mark_of(incoming),
            "form": form,
            "is_stale": is_stale,
            "changes": self._changes(incoming),
            **self._of_findings(incoming),
            "may_change": may_change,
            "may_approve": may_approve,
            "media": form.media if form else "",
            **self._of_queue(request, incoming),
            **self._of_original(request, incoming),
            **self._of_account(incoming, form),
            **self._of_links(request, incoming),
        }
        if form is not None:
            found = [] if form.fields.get("supplier") is None else self._suppliers(request, incoming)
            if found:
                # It was, as the invoice came: now the supplier is there, and proposed.
                context["others"] = [one for one in context["others"] if one.rule != SUPPLIER_UNKNOWN]
            offered = suggestions.of(incoming, found)
            shown_at = {
                name: [one for one in some if one.value != str(form[name].value() or "")]
                for name, some in offered.items()
                if name in form.fields
            }
            context["suggestions"] = shown_at
            context["new_supplier"] = [(field, shown_at.get(field.name)) for field in form.of_new_supplier]
        if standing == Status.REGISTERED and may_approve:
            context |= self._of_posting(request, incoming, head, rows, rate)
        refused = any(part is not None and part.is_bound and not part.is_valid() for part in (form, head, rows))
        return TemplateResponse(request, "admin/inbox/invoice.html", context, status=400 if refused else 200)

    def _suppliers(self, request: HttpRequest, incoming: IncomingInvoice) -> list[Supplier]:
        if incoming.supplier_invoice is not None and incoming.supplier_invoice.supplier_id is not None:
            return []
        invoice = entering.content_of(incoming)
        if invoice is None:
            found = suppliers.suggest(incoming=incoming)
        else:
            found = list(suppliers.find(company=incoming.company, invoice=invoice).suppliers)
        may_know = scope.visible(Supplier.objects.filter(pk__in=[one.pk for one in found]), request.user)
        known = set(may_know.values_list("pk", flat=True)) if found else set()
        return [one for one in found if one.pk in known]

    def _of_findings(self, incoming: IncomingInvoice) -> dict[str, Any]:
        found = findings.told(incoming)
        grave = [one for one in found if one.severity == "error"]
        return {"errors": grave, "others": [one for one in found if one not in grave]}

    def _of_queue(self, request: HttpRequest, incoming: IncomingInvoice) -> dict[str, Any]:
        place = place_of(self.get_queryset(request), incoming)
        is_waiting = handling.is_waiting(incoming)
        return {
            "place": place if is_waiting else None,
            "before_url": self._url("change", place.before) if place.before else None,
            "after_url": self._url("change", place.after) if place.after else None,
            "list_url": self._url("changelist"),
        }

    def _of_original(self, request: HttpRequest, incoming: IncomingInvoice) -> dict[str, Any]:
        asked = request.GET.get("file", "")
        files = originals.files_of(incoming)
        tabs = originals.tabs_of(incoming, files, int(asked) if asked.isdecimal() and len(asked) < 18 else None)
        chosen = next(tab for tab in tabs if tab.is_chosen)
        return {
            "tabs": tabs,
            "chosen": chosen,
            "frame_url": self._url("original", incoming.pk, chosen.key),
            "file_url": self._url("file", incoming.pk, chosen.key),
        }

    def _of_account(self, incoming: IncomingInvoice, form: InvoiceForm | None) -> dict[str, Any]:
        supplier = incoming.supplier_invoice.supplier if incoming.supplier_invoice else None
        if form is not None and form.is_bound and hasattr(form, "cleaned_data"):
            supplier = form.cleaned_data.get("supplier") or supplier
        account = account_of(incoming)
        difference = compare(accounts_of(incoming), supplier)
        is_confirmed_now = bool(incoming.confirmed_account) and incoming.confirmed_account == account.plain
        return {
            "account": account,
            "supplier": supplier,
            "supplier_accounts": known_of(supplier) if supplier else [],
            "account_is_changed": difference == Difference.CHANGED and not is_confirmed_now,
            "account_is_confirmed": difference == Difference.CHANGED and is_confirmed_now,
            "account_is_new": difference == Difference.NEW and supplier is not None,
            "found_by": FOUND_BY.get(incoming.found_by, ""),
        }

    def _of_links(self, request: HttpRequest, incoming: IncomingInvoice) -> dict[str, Any]:
        first = incoming.duplicate_of
        return {
            "invoice_url": self._url_of(request, incoming.supplier_invoice),
            "voucher_url": self._url_of(request, incoming.supplier_invoice and incoming.supplier_invoice.voucher),
            "supplier_url": self._url_of(request, incoming.supplier_invoice and incoming.supplier_invoice.supplier),
            "first_url": self._url("change", first.pk) if first is not None else None,
            "repeats_url": self._url_of(request, incoming.repeats),
        }

    def _of_posting(
        self,
        request: HttpRequest,
        incoming: IncomingInvoice,
        head: HeadForm | None,
        rows: ProposedRows | None,
        rate: RateForm | None,
    ) -> dict[str, Any]:
        exchange = rate.cleaned_data["exchange_rate"] if rate is not None and rate.is_valid() else None
        proposal = posting.propose(incoming, exchange_rate=exchange)
        if rate is None and (proposal.needs_rate or proposal.exchange_rate != 1):
            rate = RateForm(initial={"exchange_rate": proposal.exchange_rate})
        if rows is None:
            rows = rows_of(incoming, request.user, proposal=proposal)
        if head is None:
            names = ("voucher_date", "series", "voucher_text")
            head = HeadForm(initial={name: getattr(proposal, name) for name in names})
        return {
            "proposal": proposal,
            "head": head,
            "rows": None if proposal.needs_rate and not rows.is_bound else rows,
            "rate": rate,
            "media": rows.media,
        }

    def _changes(self, incoming: IncomingInvoice) -> list[dict[str, Any]]:
        """What was done with it, the latest first."""
        entries = Change.objects.filter(subject=IncomingInvoice._meta.label_lower, object_id=incoming.pk).order_by(
            "-id"
        )
        return [{"at": entry.at, "who": who(entry), "told": _told_change(entry)} for entry in entries[:MOST_TOLD]]

    # Finding it, and what may be done

    def _find(self, request: HttpRequest, pk: int) -> IncomingInvoice:
        if not self.has_view_permission(request):
            raise PermissionDenied
        known = self.get_queryset(request).select_related(
            "company",
            "mail",
            "supplier_invoice__supplier",
            "supplier_invoice__voucher",
            "supplier_invoice__company",
            "duplicate_of",
            "repeats__company",
            "settled_by",
        )
        found = known.filter(pk=pk).first()
        if found is None:
            raise Http404
        return cast(IncomingInvoice, found)

    def _refuse_unless(self, request: HttpRequest, permission: str, incoming: IncomingInvoice) -> None:
        if not request.user.has_perm(permission, incoming):
            raise PermissionDenied

    def _gone(self, request: HttpRequest, incoming: IncomingInvoice) -> HttpResponse:
        """Say that there is nothing to do any more, and show what became of it."""
        messages.warning(
            request,
            gettext("Somebody has handled the invoice meanwhile: it is %(state)s.")
            % {"state": word_of(incoming).lower()},
        )
        return HttpResponseRedirect(self._url("change", incoming.pk))

    def _go_on(
        self, request: HttpRequest, incoming: IncomingInvoice, text: str, *, stays: bool = False
    ) -> HttpResponse:
        """To the next one that waits; to the list where none does."""
        place = place_of(self.get_queryset(request), incoming)
        own = self._url("change", incoming.pk)
        if stays:
            messages.success(request, text)
            return HttpResponseRedirect(f"{own}#posting")
        back = format_html('{} <a class="row-link" href="{}">{}</a>', text, own, gettext("Back to it"))
        messages.success(request, back)
        if place.after is None:
            messages.info(request, gettext("That was the last one: nothing else waits."))
            return HttpResponseRedirect(self._url("changelist"))
        return HttpResponseRedirect(self._url("change", place.after))

    def _url_of(self, request: HttpRequest, row: Model | None) -> str | None:
        """A row's own page, for who may look at it."""
        if row is None:
            return None
        right = scope.view_right(type(row))
        if right is None or not request.user.has_perm(right, row):
            return None
        return _page(f"{row._meta.app_label}_{row._meta.model_name}_change", row.pk)


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


def sender_of(incoming: IncomingInvoice) -> str:
    """The supplier, or else who sent it."""
    invoice = incoming.supplier_invoice
    return invoice.supplier.name if invoice and invoice.supplier else incoming.sender_name or gettext("Unknown sender")


def name_of(incoming: IncomingInvoice) -> str:
    """An invoice by its sender and number."""
    return f"{sender_of(incoming)} {incoming.invoice_number}".strip()


def standing_of(incoming: IncomingInvoice) -> str:
    """How far it has got, in one word."""
    if incoming.state == State.ENTERED:
        return incoming.supplier_invoice.status if incoming.supplier_invoice else TO_ENTER
    return str(incoming.state)


def word_of(incoming: IncomingInvoice) -> str:
    """The same as people call it."""
    standing = standing_of(incoming)
    words = {TO_ENTER: _("To enter"), DUPLICATE: _("Duplicate")}
    return str(words.get(standing) or capfirst(Status(standing).label))


def warnings_of(incoming: IncomingInvoice) -> list[tuple[str, str]]:
    """What is odd about one that isn't done with, in few words."""
    if not handling.is_waiting(incoming):
        return []
    found = []
    supplier = incoming.supplier_invoice.supplier if incoming.supplier_invoice else None
    account = account_of(incoming)
    if compare(accounts_of(incoming), supplier) == Difference.CHANGED and incoming.confirmed_account != account.plain:
        found.append(("bad", gettext("Changed bank account")))
    if errors := findings.count(incoming, "error"):
        found.append(("bad", ngettext("%(count)s error", "%(count)s errors", errors) % {"count": errors}))
    if warned := findings.count(incoming, "warning"):
        found.append(("warn", ngettext("%(count)s warning", "%(count)s warnings", warned) % {"count": warned}))
    return found


def _told_change(entry: Change) -> str:
    """What was done, in a few words."""
    for field in ("status", "state"):
        pair = entry.changes.get(field)
        if pair:
            words = {TO_ENTER: _("To enter"), DUPLICATE: _("Duplicate"), "entered": _("Received")}
            return str(words.get(pair[1]) or capfirst(dict(Status.choices).get(pair[1], pair[1])))
    if "confirmed_account" in entry.changes:
        return gettext("Bank account confirmed")
    return gettext("Fields corrected")


def _day(day: Any) -> str:
    return date_format(day, "SHORT_DATE_FORMAT")


def _page(name: str, *arguments: Any) -> str | None:
    try:
        return reverse(f"admin:{name}", args=arguments)
    except NoReverseMatch:
        return None
