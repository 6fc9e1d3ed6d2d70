"""The page that starts what a subscription is missing: asks first, with the rows of each type."""

from typing import Any, cast

from django.contrib import messages
from django.contrib.admin import site
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import Sum
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from access.scope import visible
from information_types import registry
from information_types.definition import InformationType
from onetime_transfer.estimates import estimate
from onetime_transfer.missing import request_missing, wanted
from onetime_transfer.models import Transfer
from subscriptions.models import Subscription

REQUEST = "onetime_transfer.add_transfer"


def start(request: HttpRequest) -> HttpResponse:
    """Ask, then start every transfer that is missing, of one type or of all."""
    subscription, types = _asked_for(request)
    if request.method == "POST":
        return _start(request, subscription, types)
    context = {
        **site.each_context(request),
        "title": _("Transfer what is missing"),
        "opts": Transfer._meta,
        "subscription": subscription,
        "lines": _lines(subscription, types),
        "back_url": _back(subscription),
    }
    return TemplateResponse(request, "admin/onetime_transfer/transfer/missing.html", context)


def row(request: HttpRequest) -> HttpResponse:
    """One type with its rows and how long they take; asked for by the page, since counting takes a moment."""
    subscription, types = _asked_for(request)
    context: dict[str, Any] = {"label": types[0].label if types else ""}
    for one in wanted(subscription, types[:1] if types else []):
        context["one"] = one
        context["found"] = found = estimate(
            subscription=subscription,
            information_type=one.information_type,
            companies=one.companies,
            parameters=one.parameters,
        )
        context["minutes"] = -(-found.seconds // 60)
    return TemplateResponse(request, "admin/onetime_transfer/transfer/missing_row.html", context)


def _lines(subscription: Subscription, types: list[InformationType] | None) -> list[dict[str, Any]]:
    """The types that stand in `resync`, from the kept counters; each line asks for its rows by itself."""
    counts = dict(subscription.missing_counts.values_list("information_type").annotate(Sum("companies")))
    return [
        {
            "label": known.label,
            "companies": counts[known.number],
            "url": f"{reverse('missing_transfer_row')}?"
            + urlencode({"subscription": str(subscription.pk), "information_type": known.name}),
        }
        for known in types or registry.all_types()
        if known.number in counts
    ]


def _asked_for(request: HttpRequest) -> tuple[Subscription, list[InformationType] | None]:
    if not request.user.has_perm(REQUEST):
        raise PermissionDenied
    number = request.GET.get("subscription", "")
    chosen = Subscription.objects.filter(pk=int(number)) if number.isdecimal() and len(number) < 19 else None
    subscription = visible(chosen, request.user).first() if chosen is not None else None
    if subscription is None:
        raise Http404
    if not request.user.has_perm(REQUEST, subscription):
        raise PermissionDenied
    names = request.GET.getlist("information_type")
    return subscription, [known for known in registry.all_types() if known.name in names] if names else None


def _start(request: HttpRequest, subscription: Subscription, types: list[InformationType] | None) -> HttpResponse:
    transfers = request_missing(subscription=subscription, types=types, user=cast(User, request.user))
    if not transfers:
        messages.info(request, _("There is nothing to do."))
    elif len(transfers) == 1:
        return HttpResponseRedirect(reverse("admin:onetime_transfer_transfer_change", args=[transfers[0].pk]))
    else:
        messages.success(request, _told(subscription, len(transfers)))
    return HttpResponseRedirect(_back(subscription))


def _told(subscription: Subscription, count: int) -> str:
    text = ngettext(
        "%(count)s transfer is started; they run one after the other.",
        "%(count)s transfers are started; they run one after the other.",
        count,
    )
    address = f"{reverse('admin:onetime_transfer_transfer_changelist')}?subscription__id__exact={subscription.pk}"
    shown = {"count": number_format(count, force_grouping=True)}
    return format_html('{} <a class="row-link" href="{}">{}</a>', text % shown, address, _("Follow them"))


def _back(subscription: Subscription) -> str:
    return reverse("admin:subscriptions_subscription_change", args=[subscription.pk])
