"""Companies that an integration passes over: named with their queued rows, and taken out of the selection."""

from collections.abc import Sequence
from typing import cast

from django.contrib import messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from access.http.admin.question import Question, ask
from access.scope import within
from ledger.models import Company
from revisions.unfetched import PassedOver, cut_companies, passed_over
from subscriptions.models import Subscription
from subscriptions.selection import Selection
from subscriptions.services import change_parts

MOST_NAMED = 5
MOST_LISTED = 50


def notice(request: HttpRequest, pk: int) -> HttpResponse:
    """The warning on the subscription's page; nothing where no company is passed over."""
    subscription = _find(request, pk, "view")
    found = _selected(subscription)
    context = {
        "subscription": subscription,
        "companies": found[:MOST_NAMED],
        "more": len(found) - MOST_NAMED,
        "count": len(found),
        "rows": sum(company.rows for company in found),
        "may_change": request.user.has_perm("subscriptions.change_subscription", subscription),
    }
    return TemplateResponse(request, "admin/revisions/choice/passed_over.html", context)


def take_out(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask, then take them out of the selection; whether their rows go as well is asked."""
    subscription = _find(request, pk, "change")
    found = _selected(subscription)
    if request.method == "POST":
        return _take_out(request, subscription, found)
    return ask(request, _question(subscription, found), Subscription)


def _find(request: HttpRequest, pk: int, right: str) -> Subscription:
    permission = f"subscriptions.{right}_subscription"
    if not request.user.has_perm(permission):
        raise PermissionDenied
    subscription = within(
        Subscription.objects.filter(pk=pk), request.user, f"subscriptions.{right}_subscription"
    ).first()
    if subscription is None:
        raise Http404
    if not request.user.has_perm(permission, subscription):
        raise PermissionDenied
    return subscription


def _selected(subscription: Subscription) -> Sequence[PassedOver]:
    """Those of the passed over that are in the selection; others are on their way out already."""
    found = passed_over(subscription)
    if not found:
        return found
    selected = set(
        subscription.selected_companies().filter(pk__in=[company.pk for company in found]).values_list("pk", flat=True)
    )
    return [company for company in found if company.pk in selected]


def _question(subscription: Subscription, found: Sequence[PassedOver]) -> Question:
    back_url = reverse("admin:subscriptions_subscription_change", args=[subscription.pk])
    if not found:
        return Question(title=_("There is nothing to do."), back_url=back_url)
    lead = [_("The integration has never fetched rows of them, though it fetched rows queued later.")]
    if len(found) > MOST_LISTED:
        lead.append(_("The %(count)s with most rows are shown.") % {"count": MOST_LISTED})
    return Question(
        title=ngettext(
            "Take %(count)s company out of the subscription?",
            "Take %(count)s companies out of the subscription?",
            len(found),
        )
        % {"count": _grouped(len(found))},
        lead=lead,
        headings=[_("Company"), _("Queued rows")],
        lines=[(f"{company.number} {company.name}", [company.rows]) for company in found[:MOST_LISTED]],
        asks=_("What is to become of their queued rows?"),
        choices=[
            ("keep", _("Keep them in the queue; the integration may still fetch them")),
            ("empty", _("Take them out of the queue; then the epoch rises")),
        ],
        button=_("Take them out of the subscription"),
        back_url=back_url,
    )


def _take_out(request: HttpRequest, subscription: Subscription, found: Sequence[PassedOver]) -> HttpResponse:
    companies = frozenset(company.pk for company in found)
    left = Selection.of(subscription).without(companies)
    if left is None:
        messages.error(
            request,
            _("Then no company would be left. Deactivate or delete the subscription instead, or choose others."),
        )
    elif companies:
        with transaction.atomic():
            if request.POST.get("choice") == "empty":
                cut_companies(subscription=subscription, companies=companies, by=cast(User, request.user))
            chosen = list(Company.objects.filter(pk__in=left.companies))
            change_parts(subscription=subscription, companies=chosen, negative_selection=left.negative)
        text = ngettext(
            "%(count)s company is no longer in the subscription.",
            "%(count)s companies are no longer in the subscription.",
            len(companies),
        )
        messages.success(request, text % {"count": _grouped(len(companies))})
    return HttpResponseRedirect(reverse("admin:subscriptions_subscription_change", args=[subscription.pk]))


def _grouped(count: int) -> str:
    return str(number_format(count, force_grouping=True))
