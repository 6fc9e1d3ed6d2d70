"""The page of an invoice that came: its fields beside its original, what is odd, and what may be done."""

from typing import Any, cast

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.template.response import TemplateResponse

from access import scope
from access.http.admin.listing import PRESERVED
from history.models import Change
from history.rendering import who
from inbox import entering, handling, posting, suppliers
from inbox.accounts import Difference, account_of, accounts_of, compare, known_of
from inbox.admin import findings, originals, suggestions
from inbox.admin.forms import InvoiceForm, next_supplier_number
from inbox.admin.invoice_list import ListOfInvoices
from inbox.admin.links import url_of
from inbox.admin.posting_form import HeadForm, ProposedRows, RateForm, rows_of
from inbox.admin.queue import kept_of, listed, place_of
from inbox.admin.wording import FOUND_BY, LABELS, Status, name_of, standing_of, told_change, word_of
from inbox.models import IncomingInvoice
from inbox.rules import SUPPLIER_UNKNOWN
from ledger.models import Supplier

CHANGE, APPROVE = "inbox.change_incominginvoice", "inbox.approve_incominginvoice"
SEEN = "seen"
MOST_TOLD = 8
FURTHER = ("reject", "take_back", "mark_duplicate", "say_original")


class PageOfInvoice(ListOfInvoices):
    """What is shown of one invoice."""

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
        place = place_of(listed(self, request), incoming)
        return {
            "place": place if place.number else None,
            "before_url": self._way(request, "change", place.before) if place.before else None,
            "after_url": self._way(request, "change", place.after) if place.after else None,
            "list_url": self._list_url(request),
            "kept": kept_of(request),
        }

    def _way(self, request: HttpRequest, page: str, *arguments: Any) -> str:
        """The address of a page that goes on knowing the list that somebody came from."""
        address, kept = self._url(page, *arguments), kept_of(request)
        return f"{address}?{kept}" if kept else address

    def _list_url(self, request: HttpRequest) -> str:
        """The list that somebody came from."""
        filters = QueryDict(request.GET.get(PRESERVED, "")).urlencode()
        return f"{self._url('changelist')}?{filters}" if filters else self._url("changelist")

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
            "invoice_url": url_of(request, incoming.supplier_invoice),
            "voucher_url": url_of(request, incoming.supplier_invoice and incoming.supplier_invoice.voucher),
            "supplier_url": url_of(request, incoming.supplier_invoice and incoming.supplier_invoice.supplier),
            "first_url": self._way(request, "change", first.pk) if first is not None else None,
            **{f"{page}_url": self._way(request, page, incoming.pk) for page in FURTHER},
            "repeats_url": url_of(request, incoming.repeats),
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
        return [{"at": entry.at, "who": who(entry), "told": told_change(entry)} for entry in entries[:MOST_TOLD]]

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
