"""The desk: what is done with an invoice that came: registered, posted, rejected, taken back."""

from typing import Any, cast

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import DatabaseError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.html import format_html
from django.utils.translation import gettext

from access.http.admin.confirmation import Confirmation, ask_about_form, is_confirmed
from access.http.admin.refusals import refusal_of
from inbox import handling, replies, storage
from inbox.admin import originals
from inbox.admin.forms import DuplicateForm, InvoiceForm, RejectionForm
from inbox.admin.invoice_page import APPROVE, CHANGE, SEEN, PageOfInvoice
from inbox.admin.links import url_of
from inbox.admin.posting_form import HeadForm, RateForm, rows_of
from inbox.admin.queue import kept_of, listed, place_of
from inbox.admin.wording import State, Status, name_of, standing_of, word_of
from inbox.exceptions import ChangedMeanwhile, InboxError
from inbox.models import IncomingInvoice, MailFile
from inbox.waiting import WAITING
from ledger.exceptions import DuplicateInvoice, LedgerError
from ledger.models import SupplierInvoice
from ledger.services.repeats import posted_by

REFUSALS = (InboxError, LedgerError, ValidationError, DatabaseError)


@admin.register(IncomingInvoice)
class IncomingInvoiceAdmin(PageOfInvoice):
    def get_urls(self) -> list[URLPattern]:
        """Add the parts of an invoice's page, and what can be done with it."""
        views = {
            "reject": ("reject/", self.reject_view),
            "take_back": ("take-back/", self.take_back_view),
            "original": ("original/<int:file>/", self.original_view),
            "file": ("file/<int:file>/", self.file_view),
            "mark_duplicate": ("duplicate/", self.mark_duplicate_view),
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
            return HttpResponseRedirect(self._way(request, "change", saved.pk))
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
        url = url_of(request, existing)
        if url is None:
            return told
        link = format_html('<a class="row-link" href="{}">{}</a>', url, gettext("See the first one"))
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
        url = url_of(request, voucher)
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
                _refuse(form, error)
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
            "back_url": self._way(request, "change", pk),
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
            asked = self._asked_back(request, incoming, standing)
            return ask_about_form(request, asked, IncomingInvoice, further=[(SEEN, handling.mark_of(incoming))])
        try:
            reversal = handling.take_back(
                incoming=incoming, seen=request.POST.get(SEEN, ""), user=cast(User, request.user)
            )
        except REFUSALS as error:
            self._tell(request, error)
            return HttpResponseRedirect(self._way(request, "change", pk))
        fresh = self._find(request, pk)
        self.log_change(request, fresh, [{"changed": {"object": word_of(fresh)}}])
        text = gettext("%(invoice)s is back: %(state)s.") % {"invoice": name_of(fresh), "state": word_of(fresh).lower()}
        if reversal is not None:
            text += " " + gettext("Its voucher is reversed by %(voucher)s.") % {"voucher": reversal}
        messages.success(request, text)
        return HttpResponseRedirect(self._way(request, "change", pk))

    def _asked_back(self, request: HttpRequest, incoming: IncomingInvoice, standing: str) -> Confirmation:
        title, button, lead = {
            Status.REJECTED: (
                gettext("Put %(invoice)s back into the queue?"),
                gettext("Put it back"),
                gettext("It goes back to the queue. A reply that is already sent stays sent."),
            ),
            Status.REGISTERED: (
                gettext("Correct the fields of %(invoice)s?"),
                gettext("Correct the fields"),
                gettext("Its fields can be corrected again, and it has to be registered anew."),
            ),
            Status.APPROVED: (
                gettext("Take the approval of %(invoice)s back?"),
                gettext("Take the approval back"),
                gettext("Its voucher is reversed by another, and the invoice is registered again."),
            ),
        }[Status(standing)]
        invoice = incoming.supplier_invoice
        if standing == Status.APPROVED and invoice is not None and posted_by(invoice) is None:
            lead = gettext("Its voucher is reversed already. The invoice is registered again.")
        return Confirmation(
            title=title % {"invoice": name_of(incoming)},
            button=button,
            lead=[lead],
            back_url=self._way(request, "change", incoming.pk),
        )

    def mark_duplicate_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask which invoice it repeats, and link it to that."""
        incoming = self._find(request, pk)
        self._refuse_unless(request, CHANGE, incoming)
        if not handling.is_waiting(incoming):
            return self._gone(request, incoming)
        form = DuplicateForm(incoming, request.user, request.POST or None)
        if form.is_valid():
            repeats, by = form.cleaned_data["repeats"], cast(User, request.user)
            try:
                marked = handling.mark_duplicate(
                    incoming=incoming, repeats=repeats, seen=request.POST.get(SEEN, ""), user=by
                )
            except REFUSALS as error:
                _refuse(form, error)
                incoming = self._find(request, pk)
            else:
                self.log_change(request, marked, [{"changed": {"object": word_of(marked)}}])
                text = gettext("%(invoice)s is marked as a duplicate of number %(number)s.")
                return self._go_on(request, marked, text % {"invoice": name_of(marked), "number": repeats.number})
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("Mark %(invoice)s as a duplicate?") % {"invoice": name_of(incoming)},
            "opts": self.opts,
            "incoming": incoming,
            "invoice": incoming.supplier_invoice,
            "form": form,
            "seen": handling.mark_of(incoming),
            "back_url": self._way(request, "change", pk),
        }
        return TemplateResponse(request, "admin/inbox/mark_duplicate.html", context, status=400 if form.errors else 200)

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
                back_url=self._way(request, "change", pk),
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
        return HttpResponseRedirect(self._way(request, "change", pk))

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
        return HttpResponseRedirect(self._way(request, "change", incoming.pk))

    def _go_on(
        self, request: HttpRequest, incoming: IncomingInvoice, text: str, *, stays: bool = False
    ) -> HttpResponse:
        """To the next one that waits in the list that somebody came from; to the list where none does."""
        own = self._way(request, "change", incoming.pk)
        if stays:
            messages.success(request, text)
            return HttpResponseRedirect(f"{own}#posting")
        place = place_of(listed(self, request).filter(WAITING), incoming)
        back = format_html('{} <a class="row-link" href="{}">{}</a>', text, own, gettext("Back to it"))
        messages.success(request, back)
        if place.after is not None:
            return HttpResponseRedirect(self._way(request, "change", place.after))
        if kept_of(request):
            messages.info(request, gettext("That was the last one: nothing else in this list waits."))
        else:
            messages.info(request, gettext("That was the last one: nothing else waits."))
        return HttpResponseRedirect(self._list_url(request))


def _refuse(form: RejectionForm | DuplicateForm, error: Exception) -> None:
    """Say on the form why it wasn't done; raises what nobody has words for."""
    known = refusal_of(error, (InboxError,))
    if known is None:
        raise error
    form.add_error(None, known.message)
