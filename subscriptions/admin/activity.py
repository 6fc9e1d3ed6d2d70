"""Activating and deactivating subscriptions: each asks first and says what it means in rows and registers."""

from collections.abc import Sequence

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from access.http.admin import RegisterAdmin
from access.http.admin.question import Question, ask, ids_in, way_back, with_ids
from access.scope import within
from subscriptions.models import Subscription
from subscriptions.services import change_parts


def activate(request: HttpRequest, model_admin: RegisterAdmin) -> HttpResponse:
    """Ask, then let changes be queued from now on."""
    chosen = _chosen(request, model_admin, active=False)
    if request.method == "POST":
        return _switch(request, chosen, active=True)
    lead = [
        _("Changes are queued from now on."),
        _("What has changed meanwhile isn't queued: it needs a one-off transfer, which the page then offers."),
    ]
    title = ngettext("Activate the subscription?", "Activate the subscriptions?", len(chosen))
    return ask(request, _question(request, chosen, title=title, lead=lead, button=_("Activate")), Subscription)


def deactivate(request: HttpRequest, model_admin: RegisterAdmin) -> HttpResponse:
    """Ask, then queue nothing more."""
    chosen = _chosen(request, model_admin, active=True)
    if request.method == "POST":
        return _switch(request, chosen, active=False)
    lead = [
        _("What changes from now on isn't queued and is lost for the integration until it is transferred."),
        _("Rows that are queued stay and can be fetched. One-off transfers work."),
    ]
    title = ngettext("Deactivate the subscription?", "Deactivate the subscriptions?", len(chosen))
    return ask(request, _question(request, chosen, title=title, lead=lead, button=_("Deactivate")), Subscription)


def _chosen(request: HttpRequest, model_admin: RegisterAdmin, *, active: bool) -> Sequence[Subscription]:
    if not model_admin.has_change_permission(request):
        raise PermissionDenied
    asked = Subscription.objects.filter(pk__in=ids_in(request))
    found: QuerySet[Subscription] = within(asked, request.user, "subscriptions.change_subscription")
    return list(found.filter(active=active).select_related("queue", "departure").prefetch_related("types"))


def _question(
    request: HttpRequest, chosen: Sequence[Subscription], *, title: str, lead: Sequence[str], button: str
) -> Question:
    if not chosen:
        return Question(title=_("There is nothing to do."), back_url=way_back(request, Subscription))
    return Question(
        title=title,
        lead=lead,
        button=button,
        back_url=way_back(request, Subscription),
        headings=[_("Subscription"), _("Queued rows"), _("Companies"), _("Registers to transfer on activation")],
        lines=[(str(subscription), numbers) for subscription, numbers in _numbers(chosen)],
    )


def _numbers(chosen: Sequence[Subscription]) -> list[tuple[Subscription, list[int]]]:
    companies_of = Subscription.objects.filter(pk__in=[one.pk for one in chosen]).count_companies()
    found = []
    for subscription in chosen:
        companies = companies_of[subscription.pk]
        queued = subscription.queue.last_sequence - subscription.departure.rows
        found.append((subscription, [queued, companies, companies * len(subscription.information_types)]))
    return found


def _switch(request: HttpRequest, chosen: Sequence[Subscription], *, active: bool) -> HttpResponse:
    with transaction.atomic():
        for subscription in chosen:
            change_parts(subscription=subscription, active=active)
    if chosen:
        messages.success(request, _told(chosen, active=active))
    return HttpResponseRedirect(way_back(request, Subscription))


def _told(chosen: Sequence[Subscription], *, active: bool) -> str:
    names = ", ".join(subscription.integration_id for subscription in chosen)
    text = (
        ngettext("%(names)s is active.", "%(names)s are active.", len(chosen))
        if active
        else ngettext("%(names)s is inactive.", "%(names)s are inactive.", len(chosen))
    )
    label = _("Deactivate again") if active else _("Activate again")
    other = reverse(f"admin:subscriptions_subscription_{'deactivate' if active else 'activate'}")
    address = with_ids(other, [subscription.pk for subscription in chosen])
    return format_html('{} <a class="row-link" href="{}">{}</a>', text % {"names": names}, address, label)
