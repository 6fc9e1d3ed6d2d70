"""What the register holds of a subscription's type by company and month, beside what the integration says it has."""

import dataclasses
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Max, Min
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django.views.decorators.http import require_http_methods
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget

from access.http.admin.amounts import shown
from access.http.admin.months import MonthField, MonthInput
from access.scope import reach_of, visible, visible_companies, within
from information_types import registry
from information_types.definition import InformationType
from ledger.models import FinancialYear
from revisions import comparing, reconciliation
from revisions.admin.fields import CompanyField
from revisions.comparing import Compared
from revisions.exceptions import CannotReconcile
from revisions.reconciliation import Figures, OfCompany, Period
from subscriptions.models import Subscription

VIEW, TRANSFER = "subscriptions.view_subscription", "onetime_transfer.add_transfer"
MOST_SHOWN = 500
MOST_NAMED = 5
STATES = {
    "equal": (_("Equal"), "is-good", "check_circle"),
    "different": (_("Differs"), "is-bad", "error"),
    "only_register": (_("Missing at the integration"), "is-bad", "error"),
    "only_copy": (_("Not in the register"), "is-bad", "error"),
}


class ChoiceForm(forms.Form):
    """What to look at: a type of the subscription, one company or all, and some months."""

    information_type = forms.ChoiceField(label=_("Information type"), widget=UnfoldAdminSelectWidget)
    company = CompanyField(required=False, none=_("All companies"))

    def __init__(self, request: HttpRequest, subscription: Subscription) -> None:
        self.subscription, self.user = subscription, request.user
        is_asked = "information_type" in request.GET
        super().__init__(request.GET if is_asked else None)
        self.types = subscription.information_types
        choices: Any = self.fields["information_type"]
        choices.choices = [(known.name, known.label) for known in self.types]
        self.initial["information_type"] = next((known.name for known in self.types if known.unit), None)
        known = within(visible_companies(request.user), request.user, VIEW)
        self.fields["company"].queryset = known  # type: ignore[attr-defined]
        for name, label in (("period_from", _("From period")), ("period_to", _("To period"))):
            widget = MonthInput(end=name.removeprefix("period_"), label=str(label), years=lambda: self._years)
            self.fields[name] = MonthField(label=label, required=False, widget=widget)

    @property
    def chosen_type(self) -> InformationType:
        """The chosen type."""
        return registry.get(self.cleaned_data["information_type"])

    @property
    def period(self) -> Period:
        """The chosen months; a type without date has none, whatever was left in the fields."""
        if self.chosen_type.date is None:
            return Period()
        return Period(self.cleaned_data["period_from"] or None, self.cleaned_data["period_to"] or None)

    def companies(self) -> Mapping[str, int]:
        """The companies to look at: their ids by number."""
        selected = dict(self.subscription.selected_companies().order_by("number").values_list("number", "pk"))
        if company := self.cleaned_data["company"]:
            reconciliation.check_selected({company.pk}, selected.values())
            return {company.number: company.pk}
        reach = reach_of(self.user, VIEW).companies
        readable = None if reach is None else set(reach.values_list("pk", flat=True))
        return {number: pk for number, pk in selected.items() if readable is None or pk in readable}

    def clean(self) -> dict[str, Any]:
        """Say at its field which month is none."""
        values: dict[str, Any] = super().clean() or self.cleaned_data
        for name in ("period_from", "period_to"):
            if (month := values.get(name)) and not reconciliation.is_month(month):
                self.add_error(name, _("A month has the form YYYY-MM."))
        return values

    @cached_property
    def _years(self) -> Sequence[int]:
        """The years that there may be something of."""
        years = visible(FinancialYear.objects.all(), self.user).aggregate(first=Min("first_day"), last=Max("last_day"))
        known = [day.year for day in years.values() if day] + [timezone.localdate().year]
        return range(min(known), max(known) + 1)


class CopyForm(forms.Form):
    """What the integration has, pasted."""

    figures = forms.CharField(
        label=_("The integration's figures"),
        strip=False,
        widget=UnfoldAdminTextareaWidget({"rows": 6, "spellcheck": "false", "autocomplete": "off"}),
        help_text=_(
            "Paste what the integrator has computed: JSON in the form of the API's answer, or lines from a "
            "spreadsheet with company, period, rows, debit, credit and hash, the last three if there are any."
        ),
    )


@dataclasses.dataclass(frozen=True)
class Shown:
    """A line of the page: the register's value of each column, and the integration's where it differs."""

    company: str
    period: str | None
    cells: Sequence[tuple[Any, str, str | None]]
    hash: tuple[str, str | None]
    state: tuple[Any, str, str] | None
    transfer_url: str | None


@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the lines; a POST compares them with what is pasted, and changes nothing."""
    subscription = _subscription(request, pk)
    form = ChoiceForm(request, subscription)
    copy_form = CopyForm(request.POST if request.method == "POST" else None)
    context = {
        **admin.site.each_context(request),
        "title": _("Reconciliation of %(integration)s") % {"integration": subscription.integration_id},
        "subscription": subscription,
        "subscription_url": reverse("admin:subscriptions_subscription_change", args=[subscription.pk]),
        "form": form,
        "copy_form": copy_form,
        "url": request.get_full_path(),
        "dated": " ".join(known.name for known in form.types if known.date),
    }
    if form.is_bound and form.is_valid():
        context |= _result(request, form, copy_form)
    return TemplateResponse(request, "admin/revisions/reconciliation.html", context)


def _result(request: HttpRequest, form: ChoiceForm, copy_form: CopyForm) -> dict[str, Any]:
    """The figures as the page tells them; what can't be had is told at its field."""
    try:
        companies = form.companies()
        figures = reconciliation.figures(
            subscription=form.subscription,
            information_type=form.chosen_type,
            companies=[*companies.values()],
            period=form.period,
        )
    except CannotReconcile as error:
        form.add_error(error.field, str(error))
        return {}
    copy: Mapping[comparing.Place, comparing.Given] = {}
    is_compared = copy_form.is_bound and copy_form.is_valid()
    if is_compared:
        try:
            copy = comparing.read(copy_form.cleaned_data["figures"])
        except CannotReconcile as error:
            copy_form.add_error("figures", str(error))
            is_compared = False
    lines, beyond = comparing.compare(figures, copy, form.period)
    different = [line for line in lines if line.state != "equal"]
    wanted = different if is_compared else lines
    may_transfer = is_compared and request.user.has_perm(TRANSFER, form.subscription)
    shower = _Shower(form, companies if may_transfer else {}, is_compared=is_compared)
    return {
        "figures": figures,
        "lines": [shower.show(line) for line in wanted[:MOST_SHOWN]],
        "not_shown": max(len(wanted) - MOST_SHOWN, 0),
        "line_count": len(lines),
        "rows": sum(line.register.rows for line in lines if line.register),
        "is_compared": is_compared,
        "equal": len(lines) - len(different),
        "different": len(different),
        "beyond": beyond,
        "has_amounts": form.chosen_type.amount is not None,
        "has_periods": form.chosen_type.date is not None,
        **_on_their_way(figures),
    }


def _on_their_way(figures: Figures) -> dict[str, Any]:
    """The companies where a difference may be no fault."""

    def named(companies: Sequence[OfCompany]) -> dict[str, Any]:
        numbers = [company.company for company in companies]
        return {"numbers": ", ".join(numbers[:MOST_NAMED]), "more": max(len(numbers) - MOST_NAMED, 0)}

    waiting = [company for company in figures.companies if company.queued or company.unqueued]
    missing = [company for company in figures.companies if company.resync]
    return {
        "waiting": {**named(waiting), "rows": sum(one.queued + one.unqueued for one in waiting)} if waiting else None,
        "missing": named(missing) if missing else None,
    }


class _Shower:
    """Makes lines of the page, each with the link to a transfer of just that month."""

    def __init__(self, form: ChoiceForm, transferable: Mapping[str, int], *, is_compared: bool) -> None:
        self._type, self._subscription = form.chosen_type, form.subscription
        self._keys, self._is_compared = transferable, is_compared

    def show(self, line: Compared) -> Shown:
        """One line."""
        copy = line.copy
        sums = ("debit", "credit") if self._type.amount else ()
        cells = [(pgettext_lazy("counted", "Rows"), *self._cell(line, "rows", copy and copy.rows))]
        cells += [(label, *self._cell(line, name, getattr(copy, name, None))) for name, label in _labels(sums)]
        return Shown(
            company=line.company,
            period=line.period,
            cells=cells,
            hash=(
                line.register.hash if line.register else "–",
                copy.hash if copy and self._tells(line, "hash") else None,
            ),
            state=STATES[line.state] if self._is_compared else None,
            # where the register has nothing there is nothing to bring
            transfer_url=self._transfer(line) if line.state in ("different", "only_register") else None,
        )

    def _cell(self, line: Compared, name: str, theirs: Any) -> tuple[str, str | None]:
        ours = getattr(line.register, name) if line.register else None
        return _number(ours), _number(theirs) if theirs is not None and self._tells(line, name) else None

    def _tells(self, line: Compared, name: str) -> bool:
        return name in line.differing or line.state == "only_copy"

    def _transfer(self, line: Compared) -> str | None:
        """The page that asks for a transfer, filled in."""
        if line.company not in self._keys:
            return None
        chosen: dict[str, Any] = {
            "subscription": self._subscription.pk,
            "company": self._keys[line.company],
            "information_type": self._type.name,
        }
        if line.period:
            first, last = reconciliation.days_of(line.period)
            ends = {
                "month_from": line.period,
                "month_to": line.period,
                "date_from": first.isoformat(),
                "date_to": last.isoformat(),
            }
            chosen |= {one.name: ends[one.kind] for one in self._type.parameters if one.kind in ends}
        return f"{reverse('admin:onetime_transfer_transfer_add')}?{urlencode(chosen)}"


def _labels(names: Sequence[str]) -> list[tuple[str, Any]]:
    known = {"debit": _("Debit"), "credit": _("Credit")}
    return [(name, known[name]) for name in names]


def _number(value: Any) -> str:
    match value:
        case None:
            return "–"
        case int():
            return shown(Decimal(value), 0)
        case _:
            return shown(Decimal(value))


def _subscription(request: HttpRequest, pk: int) -> Subscription:
    if not request.user.has_perm(VIEW):
        raise PermissionDenied
    known = visible(Subscription.objects.select_related("office").prefetch_related("types"), request.user)
    subscription = known.filter(pk=pk).first()
    if subscription is None:
        raise Http404
    return subscription
