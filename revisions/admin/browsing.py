"""What waits in a subscription's queue: its rows in order, and one of them as the integration gets it. Read-only."""

from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from access.scope import reach_of, visible, visible_companies, within
from information_types import registry
from revisions.admin.fields import CompanyField
from revisions.admin.rows import lines_of
from revisions.batch import Choice
from revisions.browsing import extent_of, read_page, read_row
from subscriptions.models import Subscription

VIEW = "subscriptions.view_subscription"


class LookForm(forms.Form):
    """Where to look, and for what."""

    sequence = forms.IntegerField(
        label=_("From sequence"),
        required=False,
        min_value=1,
        widget=UnfoldAdminTextInputWidget({"inputmode": "numeric", "autocomplete": "off"}),
    )
    type = forms.ChoiceField(
        label=_("Information type"),
        required=False,
        choices=lambda: [("", _("All")), *registry.choices()],
        widget=UnfoldAdminSelectWidget,
    )
    company = CompanyField(required=False)

    def __init__(self, request: HttpRequest) -> None:
        super().__init__(request.GET)
        known = within(visible_companies(request.user), request.user, VIEW)
        self.fields["company"].queryset = known  # type: ignore[attr-defined]


@require_safe
def outbox(request: HttpRequest, pk: int) -> HttpResponse:
    """A page of the queue."""
    subscription = _subscription(request, pk)
    form = LookForm(request)
    wanted = form.cleaned_data if form.is_valid() else {}
    extent = extent_of(subscription)
    place = wanted.get("sequence") or extent.first or 1
    page = read_page(subscription=subscription, choice=_choice(request, wanted), place=place)
    context = _context(request, subscription) | {
        "title": _("The outbox of %(integration)s") % {"integration": subscription.integration_id},
        "form": form,
        "extent": extent,
        "is_filtered": bool(wanted.get("type") or wanted.get("company")),
        "lines": lines_of(page.rows),
        "url": reverse("outbox", args=[subscription.pk]),
        "first_url": page.previous and _turned(request),
        "previous_url": page.previous and _turned(request, sequence=page.previous),
        "next_url": page.next and _turned(request, sequence=page.next),
    }
    return TemplateResponse(request, "admin/revisions/outbox.html", context)


@require_safe
def outbox_row(request: HttpRequest, pk: int, sequence: int) -> HttpResponse:
    """One row of the queue."""
    subscription = _subscription(request, pk)
    row = read_row(subscription=subscription, choice=_choice(request, {}), sequence=sequence)
    context = _context(request, subscription) | {
        "title": _("Sequence %(sequence)s of %(integration)s")
        % {"sequence": sequence, "integration": subscription.integration_id},
        "sequence": sequence,
        "line": lines_of([row])[0] if row else None,
        "trace_url": f"{reverse('trace')}?{urlencode({'subscription': subscription.pk, 'sequence': sequence})}",
    }
    return TemplateResponse(request, "admin/revisions/outbox_row.html", context)


def _subscription(request: HttpRequest, pk: int) -> Subscription:
    if not request.user.has_perm(VIEW):
        raise PermissionDenied
    known = visible(Subscription.objects.select_related("queue", "departure"), request.user)
    subscription = known.filter(pk=pk).first()
    if subscription is None:
        raise Http404
    return subscription


def _choice(request: HttpRequest, wanted: dict[str, Any]) -> Choice:
    reach = reach_of(request.user, VIEW).companies
    return Choice(
        types=frozenset({registry.get(wanted["type"]).number}) if wanted.get("type") else None,
        companies=frozenset({wanted["company"].pk}) if wanted.get("company") else None,
        readable=None if reach is None else frozenset(reach.values_list("pk", flat=True)),
    )


def _context(request: HttpRequest, subscription: Subscription) -> dict[str, Any]:
    return {
        **admin.site.each_context(request),
        "subscription": subscription,
        "subscription_url": reverse("admin:subscriptions_subscription_change", args=[subscription.pk]),
        "outbox_url": reverse("outbox", args=[subscription.pk]),
    }


def _turned(request: HttpRequest, **place: int) -> str:
    """The address of another page of the same choice."""
    kept = {name: value for name, value in request.GET.items() if name in {"type", "company"} and value}
    return f"{request.path}?{urlencode(kept | place)}"
