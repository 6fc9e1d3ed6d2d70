"""A voucher's button “Reverse”: a page that asks for the day and the text, and posts by the service."""

from typing import Any, cast

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action
from unfold.widgets import UnfoldAdminTextInputWidget

from access import scope
from access.http.admin.amounts import shown
from access.http.admin.days import DayInput
from access.http.admin.owned import OwnedAdmin
from ledger.exceptions import LedgerError, PeriodLocked
from ledger.models import LedgerEntry, Voucher
from ledger.services.reversals import day_of_reversal, reverse_voucher, text_of_reversal

POSTS = "ledger.add_voucher"
MOST_SHOWN = 50


class ReversalForm(forms.Form):
    """What may be said of a reversal."""

    voucher_date = forms.DateField(label=capfirst(_("voucher date")), widget=DayInput)
    series = forms.CharField(
        label=capfirst(_("series")), max_length=32, required=False, widget=UnfoldAdminTextInputWidget
    )
    text = forms.CharField(label=capfirst(_("text")), max_length=500, required=False, widget=UnfoldAdminTextInputWidget)

    def refuse(self, error: LedgerError) -> None:
        """Say what was refused, at its field."""
        self.add_error(error.field if error.field in self.fields else None, str(error))


class ReversingAdmin(OwnedAdmin):
    """The part of the vouchers' admin that takes a voucher back by another."""

    actions_detail = ("reverse",)

    def has_reverse_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        """Whoever may post vouchers somewhere; whether in the voucher's company, the page asks once it has found it."""
        return bool(request.user.has_perm(POSTS))

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        """Not for a voucher that is reversed already, nor for who may not post in its company."""
        found: list[Any] = super().get_actions_detail(request, object_id)
        asked = str(object_id)  # the library gives a number or its text
        key = int(asked) if asked.isdecimal() and len(asked) < 19 else None
        if key is None or not scope.may_by_key(cast(Any, request.user), POSTS, Voucher, key):
            return []
        return [] if reversal_of(request, key) else found

    @action(description=_("Reverse"), url_path="reverse", icon="undo", permissions=("reverse",))
    def reverse(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask; then post a voucher with all signs turned."""
        voucher = cast(Voucher | None, self.get_object(request, object_id))
        if voucher is None:
            raise Http404
        if not request.user.has_perm(POSTS, voucher):
            raise PermissionDenied
        if voucher.reversal is not None:
            messages.error(
                request, _("The voucher is reversed already, by %(voucher)s.") % {"voucher": voucher.reversal}
            )
            return HttpResponseRedirect(self._url("change", voucher.pk))
        form = ReversalForm(request.POST or None, initial=_proposed(voucher))
        if form.is_valid():
            try:
                reversal = reverse_voucher(voucher=voucher, **form.cleaned_data)
            except LedgerError as error:
                form.refuse(error)
            else:
                self.log_addition(request, reversal, [{"added": {}}])
                text = _("%(voucher)s is reversed by %(reversal)s.") % {"voucher": voucher, "reversal": reversal}
                messages.success(request, text)
                return HttpResponseRedirect(self._url("change", reversal.pk))
        return self._page(request, voucher, form)

    def _page(self, request: HttpRequest, voucher: Voucher, form: ReversalForm) -> HttpResponse:
        rows = voucher.rows.select_related("account").order_by("row")
        context = {
            **self.admin_site.each_context(request),
            "title": _("Reverse %(voucher)s?") % {"voucher": voucher},
            "opts": self.opts,
            "voucher": voucher,
            "form": form,
            "lines": [_line(row) for row in rows[:MOST_SHOWN]],
            "more": max(voucher.rows.count() - MOST_SHOWN, 0),
            "moved_from": _moved_from(voucher, form),
            "back_url": self._url("change", voucher.pk),
        }
        status = 400 if form.errors else 200
        return TemplateResponse(request, "admin/ledger/voucher/reverse.html", context, status=status)


def reversal_of(request: HttpRequest, voucher: int) -> Voucher | None:
    """Return the voucher that reverses another; asked for once in a request."""
    found: dict[int, Voucher | None] = request.__dict__.setdefault("_reversals", {})
    if voucher not in found:
        found[voucher] = Voucher.objects.filter(reverses=voucher).first()
    return found[voucher]


def _proposed(voucher: Voucher) -> dict[str, Any]:
    try:
        day = day_of_reversal(voucher)
    except PeriodLocked:
        day = voucher.voucher_date
    return {"voucher_date": day, "series": voucher.series, "text": text_of_reversal(voucher)}


def _moved_from(voucher: Voucher, form: ReversalForm) -> str:
    """The voucher's own day, where the reversal can't be posted on it."""
    own = voucher.voucher_date
    return "" if form.initial["voucher_date"] == own else date_format(own, "SHORT_DATE_FORMAT")


def _line(row: LedgerEntry) -> tuple[str, str, str]:
    """The account, debit and credit of the row that takes a row back."""
    turned = -row.amount
    return (str(row.account), shown(turned) if turned >= 0 else "", shown(-turned) if turned < 0 else "")
