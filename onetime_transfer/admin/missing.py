"""The page that starts what a subscription is missing: asks first, with the rows of each type."""

from typing import cast

from django.contrib import messages
from django.contrib.admin import site
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.html import format_html
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
        "wanted": wanted(subscription, types),
        "rows_url": f"{reverse('missing_transfer_rows')}?{request.GET.urlencode()}",
        "back_url": _back(subscription),
    }
    return TemplateResponse(request, "admin/onetime_transfer/transfer/missing.html", context)


def rows(request: HttpRequest) -> HttpResponse:
    """The types with their rows; asked for by the page, since counting takes a moment."""
    subscription, types = _asked_for(request)
    lines = [
        (
            one,
            estimate(
                subscription=subscription,
                information_type=one.information_type,
                companies=one.companies,
                parameters=one.parameters,
            ),
        )
        for one in wanted(subscription, types)
    ]
    context = {
        "lines": lines,
        "total": sum(found.rows for _one, found in lines),
        "is_about": any(found.is_about for _one, found in lines),
        "minutes": -(-sum(found.seconds for _one, found in lines) // 60),
    }
    return TemplateResponse(request, "admin/onetime_transfer/transfer/missing_rows.html", context)


def _asked_for(request: HttpRequest) -> tuple[Subscription, list[InformationType] | None]:
    if not request.user.has_perm(REQUEST):
        raise PermissionDenied
    number = request.GET.get("subscription", "")
    chosen = Subscription.objects.filter(pk=int(number)) if number.isdecimal() and len(number) < 19 else None
    subscription = visible(chosen, request.user).first() if chosen is not None else None
    if subscription is None:
        raise Http404
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
